"""`espi events`: what the market said of a usage point, and what follows from it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from espi import access
from espi.access import Principal, Role
from espi.cli.directory import utility_named
from espi.cli.opened import reading, writing
from espi.cli.words import Do, Words
from espi.clock import FOREVER, day_date, instant_text, zone
from espi.config import Settings
from espi.errors import NotFound
from espi.formats.market_events import SOMETIMES, from_text, written
from espi.intake.market.history import ask_history
from espi.store import directory, market_events, parties
from espi.store.database import Conn
from espi.store.directory import Utility

if TYPE_CHECKING:
    from espi.store.reach import Reach

PROOF = "command line"
FAR_S = FOREVER * 86_400


def add(words: Words) -> None:
    """Add the group."""
    group = words.group("events", "Market events: switches, moves, meters, power.")
    _at_a_point(group, "list", list_events, "What was sent about a usage point, and whether it has an effect.")
    _at_a_point(group, "spans", list_spans, "Who supplied a usage point, who lived there, which meter, what power.")
    what = "Open the months before a REP's first day to it, because it asks; the customer's move-in bounds them."
    parser = _at_a_point(group, "history", open_history, what)
    parser.add_argument("--rep", required=True, metavar="NAME", help="the REP of record, by name")


def _at_a_point(words: Words, name: str, do: Do, what: str) -> argparse.ArgumentParser:
    parser = words.command(name, do, what)
    parser.add_argument("esiid", help="the ESIID")
    parser.add_argument("--utility", required=True, metavar="NAME", help="whose it is")
    return parser


def list_events(settings: Settings, given: argparse.Namespace) -> int:
    """One line an event: from, kind, EVENT_ID, when sent, what else it says, and why it has no effect."""
    with reading(settings) as conn:
        utility, reach, point = _point(conn, settings, given)
        for event in market_events.events_of(conn, reach, point):
            said = written(from_text(event.text), zone(utility.zone))
            more = " ".join(f"{name}={said[name]}" for name in SOMETIMES if said[name])
            cells = said["FROM"], said["EVENT"], event.event_id, said["SENT"], more, event.refusal or "in force"
            print("\t".join(cells))
    return 0


def list_spans(settings: Settings, given: argparse.Namespace) -> int:
    """One line a span: of what, from, until (not included; empty: it goes on), and of whom."""
    with reading(settings) as conn:
        _, reach, point = _point(conn, settings, given)
        names = {rep.id: rep.name for rep in parties.reps(conn)}
        for span in parties.reps_of_record(conn, reach, point):
            _tell("rep", span.from_day, span.until_day, names[span.of_id])
        for span in parties.tenancies(conn, reach, point):
            _tell("customer", span.from_day, span.until_day, str(span.of_id))
        for meter in parties.meters(conn, reach, point):
            _tell("meter", meter.from_day, meter.until_day, meter.serial_number)
        for each in market_events.happenings(conn, reach, 0, FAR_S, point, point).get(point, ()):
            until = "" if each.until_s >= FAR_S else instant_text(each.until_s)
            print(f"{each.kind}\t{instant_text(each.from_s)}\t{until}\t{each.seconds or ''}")
    return 0


def open_history(settings: Settings, given: argparse.Namespace) -> int:
    """Ask for a REP, and print from which day until which, not included, it may read now."""
    with writing(settings) as conn:
        utility_named(conn, given.utility)
        rep = next((one for one in parties.reps(conn) if one.name == given.rep), None)
        if rep is None:
            raise NotFound(f"There is no REP {given.rep!r}; `espi rep list` names them.")
        principal = Principal(Role.rep, rep.id, PROOF, rep.name)
        since, until = ask_history(conn, principal, given.esiid, settings=settings)
    print(f"{day_date(since)}\t{day_date(until)}")
    return 0


def _point(conn: Conn, settings: Settings, given: argparse.Namespace) -> tuple[Utility, Reach, int]:
    utility = utility_named(conn, given.utility)
    principal = Principal(Role.system, utility.id, PROOF)
    reach = access.reach(conn, principal, "directory:read", settings=settings, target=f"events of {given.esiid}")
    return utility, reach, directory.usage_point(conn, reach, esiid=given.esiid).id


def _tell(subject: str, from_day: int, until_day: int, of: str) -> None:
    until = "" if until_day >= FOREVER else day_date(until_day).isoformat()
    print(f"{subject}\t{day_date(from_day)}\t{until}\t{of}")
