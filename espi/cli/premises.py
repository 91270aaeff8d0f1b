"""`espi usage-point`, `customer` and `switch`: which meters there are, who lives there and which REP serves them."""

from __future__ import annotations

import argparse

from espi import sharing
from espi.cli.directory import utility_named
from espi.cli.opened import writing
from espi.cli.words import Do, Words
from espi.clock import parse_day, zone
from espi.config import Settings
from espi.day import GENERATION, LOAD
from espi.errors import NotFound
from espi.formats.market_events import Kind
from espi.intake.market import command
from espi.intake.parking import load_parked
from espi.store import directory, parties
from espi.store.channels import add_interval_channel, reading_type_for_lse
from espi.store.database import Conn

CHANNELS = {"load": LOAD, "generation": GENERATION}


def add(words: Words) -> None:
    """Add the two groups and the command."""
    group = words.group("usage-point", "Points of delivery (ESIIDs).")
    parser = _at_a_point(group, "add", add_usage_point, "Add a usage point, and load what was parked for it.")
    parser.add_argument("--title", default="", help="what its owner calls it, an address for instance")
    parser.add_argument(
        "--channel", choices=CHANNELS, action="append", help="what its meter measures; may be given twice (load)"
    )
    parser.add_argument("--meter", metavar="SERIAL", help="the meter that hangs there from --from on")
    parser.add_argument("--from", dest="from_day", metavar="DAY", help="the first day of the meter (today)")
    group = words.group("customer", "Retail customers and where they live.")
    parser = group.command("add", add_customer, "Add a customer and print his number.")
    parser.add_argument("name", help="his name")
    parser.add_argument("--kind", default="residential", help="the ESPI kind of customer (residential)")
    parser.add_argument("--language", choices=("en", "es"), default="en", help="the language he reads (en)")
    parser = _at_a_point(group, "move-in", move_in, "A customer moves in; whoever lived there has moved out.")
    parser.add_argument("--customer", type=int, required=True, metavar="NUMBER", help="his number")
    parser.add_argument("--from", dest="from_day", metavar="DAY", help="his first day (today)")
    parser = _at_a_point(group, "move-out", move_out, "Whoever lives there moves out.")
    parser.add_argument("--until", dest="until_day", metavar="DAY", help="the first day he lives there no more (today)")
    parser = _at_a_point(words, "switch", switch, "A REP becomes the REP of record of a usage point.")
    parser.add_argument("--rep", required=True, metavar="NAME", help="its name")
    parser.add_argument("--from", dest="from_day", metavar="DAY", help="its first day (today)")


def _at_a_point(words: Words, name: str, do: Do, what: str) -> argparse.ArgumentParser:
    parser = words.command(name, do, what)
    parser.add_argument("esiid", help="the ESIID")
    parser.add_argument("--utility", required=True, metavar="NAME", help="whose it is")
    return parser


def add_usage_point(settings: Settings, given: argparse.Namespace) -> int:
    """Add a usage point with its channels and meter."""
    now_s = settings.clock.now_s()
    with writing(settings) as conn:
        utility = utility_named(conn, given.utility)
        point = directory.add_usage_point(
            conn, utility.id, given.esiid, now_s=now_s, title=given.title, service_kind=utility.service_kind
        )
        for name in given.channel or ["load"]:
            number = CHANNELS[name]
            add_interval_channel(conn, point, number, reading_type_for_lse(number), now_s)
        if given.meter:
            day = _day(given.from_day, utility, now_s)
            command.happen(conn, utility, given.esiid, Kind.EXCHANGE, day, now_s=now_s, meter=given.meter)
        loaded = load_parked(conn, utility, now_s=now_s, esiids=[given.esiid])
    print(f"{loaded} parked blocks loaded")
    return 0


def add_customer(settings: Settings, given: argparse.Namespace) -> int:
    """Add a customer."""
    with writing(settings) as conn:
        print(parties.add_customer(conn, given.name, given.kind, language=given.language))
    return 0


def move_in(settings: Settings, given: argparse.Namespace) -> int:
    """Begin a tenancy."""
    with writing(settings) as conn:
        point, utility = _point(conn, given)
        now_s = settings.clock.now_s()
        day = _day(given.from_day, utility, now_s)
        if not parties.has_customer(conn, given.customer):
            raise NotFound(f"There is no customer {given.customer}; `espi customer add` adds one.")
        command.happen(conn, utility, given.esiid, Kind.MOVE_IN, day, now_s=now_s, customer=str(given.customer))
        sharing.end_left(conn, settings, point)
    return 0


def move_out(settings: Settings, given: argparse.Namespace) -> int:
    """End a tenancy."""
    with writing(settings) as conn:
        point, utility = _point(conn, given)
        now_s = settings.clock.now_s()
        day = _day(given.until_day, utility, now_s)
        command.happen(conn, utility, given.esiid, Kind.MOVE_OUT, day, now_s=now_s)
        sharing.end_left(conn, settings, point)
    return 0


def switch(settings: Settings, given: argparse.Namespace) -> int:
    """Begin a REP-of-record span."""
    with writing(settings) as conn:
        _, utility = _point(conn, given)
        now_s = settings.clock.now_s()
        chosen = next((one for one in parties.reps(conn) if one.name == given.rep), None)
        if chosen is None:
            raise NotFound(f"There is no REP {given.rep!r}; `espi rep list` names them.")
        day = _day(given.from_day, utility, now_s)
        command.happen(conn, utility, given.esiid, Kind.SWITCH, day, now_s=now_s, rep=chosen.duns)
    return 0


def _point(conn: Conn, given: argparse.Namespace) -> tuple[int, directory.Utility]:
    utility = utility_named(conn, given.utility)
    found = directory.usage_point_ids(conn, utility.id, [given.esiid])
    if not found:
        raise NotFound(f"{utility.name} has no usage point {given.esiid}; `espi usage-point add` adds it.")
    return found[given.esiid], utility


def _day(text: str | None, utility: directory.Utility, now_s: int) -> int:
    return parse_day(text) if text else zone(utility.zone).day_of(now_s)
