"""Every row of roles.csv: a role, an action, a usage point and a day, tried against real reads of a real store.

seen: the day is there. hidden: the usage point is there, the day is not. 403, 404: the usage point is refused. done: an
action about no meter. denied: no rule lets the role do it at all. Days count from today.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from espi import access, config
from espi.access import RULES, Principal, Role
from espi.clock import FOREVER, Clock
from espi.config import Settings
from espi.errors import Denied, EspiError
from espi.store import cases, devices, directory, grants, holdings, readings
from espi.store.database import Conn, Database
from espi.store.grants import ACTIVE, DENIED, ON_HOLD, PRODUCTION, REVIEW, REVOKED, WITHDRAWN
from espi.store.history_requests import put_history_request
from espi.store.reach import Reach
from espi.store.readings import RegisterRead
from tests import databases, factories
from tests.factories import NOW_S, TODAY

FIRST = -620
REGISTER = 3004
OF_DEVICES: dict[str, Any] = {
    "helper": {"eui64": "00124B0000000001", "services": True},
    "fitter": {"eui64": "00124B0000000002"},
    "helped": {"services": True},
}
"""What the grants of third parties say of devices."""
POINTS = ("home", "shop", "cabin", "neighbour", "edge", "verge", "back", "coast", "farm", "mill", "ranch", "barn")


class Row(NamedTuple):
    role: str
    who: str
    action: str
    usage_point: str
    day: str
    span: str
    expected: str


with (Path(__file__).parent / "roles.csv").open(newline="") as file:
    ROWS = [Row(**row) for row in csv.DictReader(file)]


@dataclass
class World:
    """The usage points and people that roles.csv names."""

    settings: Settings
    database: Database
    esiids: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    path_ids: dict[str, int] = field(default_factory=dict)
    people: dict[tuple[str, str], Principal] = field(default_factory=dict)

    def principal(self, row: Row) -> Principal:
        """Who asks: `active`, or `active/client token` for him with that proof."""
        who, _, proof = row.who.partition("/")
        found = self.people[row.role, who]
        return replace(found, proof=proof) if proof else found

    def add_person(self, role: Role, who: str, party_id: int, proof: str = "test") -> int:
        self.people[role, who] = Principal(role, party_id, proof, who)
        return party_id

    def id_of(self, role: Role, who: str) -> int:
        return self.people[role, who].id


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("roles")
    settings = config.load(databases.environment(home), home=home, clock=Clock(fixed_s=NOW_S), log_level="ERROR")
    database = databases.empty(home)
    made = World(settings, database)
    with database.write() as conn:
        _usage_points(conn, made)
        _tenancies(conn, made)
        _reps(conn, made)
        _third_parties(conn, made)
        _holdings(conn, made)
        paula = made.id_of(Role.customer, "paula")
        about = {"ticket": "", "reason": "She asked why a day is empty", "sought_by": "esiid"}
        cases.open_case(conn, "desk", paula, **about, now_s=NOW_S, ends_s=NOW_S + 60)
    yield made
    database.close()


@pytest.fixture(scope="module")
def conn(world: World) -> Iterator[Conn]:
    """One transaction for all rows: the audit of hundreds of decisions need not reach the disk."""
    with world.database.write() as opened:
        yield opened


def _usage_points(conn: Conn, world: World) -> None:
    lone_star = world.add_person(Role.tdsp, "lone star", factories.utility(conn))
    coastal = world.add_person(Role.tdsp, "coastal", factories.utility(conn, "Coastal Wires", "957877905"))
    for job in ("command line", "intake", "nightly"):
        world.add_person(Role.system, job, lone_star, proof=job)
    world.add_person(Role.regulator, "puc", 1)
    world.add_person(Role.operator, "desk", 1)
    for number, name in enumerate(POINTS):
        world.esiids[name] = f"1044372{number:010d}"
        utility = coastal if name == "coast" else lone_star
        point = factories.usage_point(conn, utility, esiid=world.esiids[name])
        found = directory.usage_point(conn, factories.reach_of_utility(utility), esiid=world.esiids[name])
        world.ids[name], world.path_ids[name] = point, found.path_id
        days = _days_asked_for(name)
        readings.put_blocks(conn, [factories.block(point, day) for day in days], file_id=1, now_s=NOW_S)
        reads = [RegisterRead(day, point, REGISTER, day, day, 17) for day in days]
        readings.put_register_reads(conn, reads, now_s=NOW_S)
        for day in days:
            readings.put_usage_summary(conn, point, day, day + 1, {}, now_s=NOW_S)


def _days_asked_for(name: str) -> list[int]:
    """The days of the table's rows about a usage point, and their neighbours: all of them have readings."""
    asked = {TODAY + int(row.day) for row in ROWS if row.usage_point == name}
    return sorted({day + step for day in asked for step in (-1, 0, 1)})


def _tenancies(conn: Conn, world: World) -> None:
    lived: dict[str, dict[str, tuple[int, int | None]]] = {
        "frida": {"home": (-400, -220), "farm": (-500, -310), "barn": (-500, -10)},
        "paula": {"home": (-200, None), "shop": (-300, -30), "cabin": (10, None)},
        "nora": {
            "neighbour": (-500, None),
            "cabin": (-500, 10),
            "farm": (-300, None),
            "mill": (-600, None),
            "ranch": (-600, None),
            "barn": (-10, None),
        },
        "carl": {"coast": (-500, None)},
        "stranger": {},
    }
    for who, places in lived.items():
        key = world.add_person(Role.customer, who, factories.customer(conn, who))
        for name, span in places.items():
            directory.add_tenancy(conn, world.ids[name], key, *_days(span))


def _reps(conn: Conn, world: World) -> None:
    for who in ("ancient", "old", "new", "other", "just", "gone", "idle", "prior", "heir"):
        world.add_person(Role.rep, who, factories.rep(conn, who))
    switches = {
        "home": (("ancient", -600), ("old", -420), ("new", -100)),
        "neighbour": (("other", -600),),
        "edge": (("just", -600), ("new", -179)),
        "verge": (("gone", -600), ("new", -180)),
        "back": (("other", -600), ("old", -400), ("other", -50)),
        "farm": (("prior", -600), ("heir", -30)),
        "mill": (("heir", -30),),
        "ranch": (("heir", -30),),
        "barn": (("heir", -30),),
    }
    for name, changes in switches.items():
        for who, day in changes:
            directory.switch_rep(conn, world.ids[name], world.id_of(Role.rep, who), TODAY + day)
    for name in ("farm", "mill", "barn"):
        asked = world.ids[name], world.id_of(Role.rep, "heir")
        put_history_request(conn, *asked, asked_day=TODAY - 20, days=365, asked_s=NOW_S)


def _third_parties(conn: Conn, world: World) -> None:
    long = (NOW_S - 10_000, NOW_S + 10_000)
    always = (FIRST, 100)
    wanted: dict[str, tuple[int, list[tuple[str, str, tuple[int, int], int, tuple[int, int]]]]] = {
        "active": (
            PRODUCTION,
            [("paula", "home", (-250, 100), ACTIVE, long), ("nora", "neighbour", (-90, -30), ACTIVE, long)],
        ),
        "lasts": (PRODUCTION, [("paula", "home", always, ACTIVE, (NOW_S - 10, NOW_S + 1))]),
        "ended": (PRODUCTION, [("paula", "home", always, ACTIVE, (NOW_S - 10, NOW_S))]),
        "starts": (PRODUCTION, [("paula", "home", always, ACTIVE, (NOW_S, NOW_S + 10))]),
        "future": (PRODUCTION, [("paula", "home", always, ACTIVE, (NOW_S + 1, NOW_S + 10))]),
        "revoked": (PRODUCTION, [("paula", "home", always, REVOKED, long)]),
        "denied": (PRODUCTION, [("paula", "home", always, DENIED, long)]),
        "pending": (REVIEW, [("paula", "home", always, ACTIVE, long)]),
        "on hold": (ON_HOLD, [("paula", "home", always, ACTIVE, long)]),
        "withdrawn": (WITHDRAWN, [("paula", "home", always, ACTIVE, long)]),
        "impostor": (PRODUCTION, [("paula", "neighbour", always, ACTIVE, long)]),
        "formers": (PRODUCTION, [("frida", "home", always, ACTIVE, long)]),
        "nobody": (PRODUCTION, []),
        "helper": (PRODUCTION, [("paula", "home", always, ACTIVE, long)]),
        "fitter": (PRODUCTION, [("paula", "home", always, ACTIVE, long)]),
        "helped": (PRODUCTION, [("paula", "home", always, REVOKED, long)]),
    }
    for who, (status, given) in wanted.items():
        key = world.add_person(Role.third_party, who, grants.add_third_party(conn, who, status))
        for customer, name, days, state, (starts_s, ends_s) in given:
            made = grants.add_authorization(
                conn,
                key,
                world.id_of(Role.customer, customer),
                [(world.ids[name], *_days(days))],
                scope="FB=4_5_15",
                starts_s=starts_s,
                ends_s=ends_s,
                now_s=NOW_S,
                status=state,
                personal=customer == "paula",
            )
            if who in OF_DEVICES:
                devices.add_agreement(conn, made, world.ids[name], **OF_DEVICES[who])


def _holdings(conn: Conn, world: World) -> None:
    """Whom Paula lets see her homes, and Fred whatever is his."""
    long_s = NOW_S + 10_000
    wanted: dict[str, tuple[str, str, str, bool, int]] = {
        "fred": ("paula", "", holdings.FRIEND, False, long_s),
        "gus": ("paula", "home", holdings.FRIEND, True, long_s),
        "fay": ("fred", "", holdings.FRIEND, True, long_s),
        "late": ("paula", "home", holdings.FRIEND, True, NOW_S),
        "asked": ("paula", "home", holdings.FRIEND, True, long_s),
        "sent off": ("paula", "home", holdings.FRIEND, True, long_s),
        "jo": ("paula", "home", holdings.JOINT, False, long_s),
        "mover": ("paula", "shop", holdings.JOINT, False, long_s),
    }
    for who, (host, home, kind, downloads, ends_s) in wanted.items():
        guest = world.add_person(Role.customer, who, factories.customer(conn, who))
        made = factories.holding(
            conn, world.id_of(Role.customer, host), world.ids.get(home, 0), kind, downloads=downloads, ends_s=ends_s
        )
        if who != "asked":
            assert holdings.accept(conn, made, guest, who, NOW_S - 5)
        if who == "sent off":
            assert holdings.end(conn, made, "giver", NOW_S)


def _days(span: tuple[int, int | None]) -> tuple[int, int]:
    return TODAY + span[0], FOREVER if span[1] is None else TODAY + span[1]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row[:5]).replace(" ", "_"))
def test_each_row_of_the_role_table(world: World, conn: Conn, row: Row) -> None:
    assert _answer(conn, world, row) == row.expected, row.span


def _answer(conn: Conn, world: World, row: Row) -> str:
    principal = world.principal(row)
    try:
        if not row.usage_point:
            access.require(conn, principal, row.action, settings=world.settings)
            return "done"
        reach = access.reach(conn, principal, row.action, settings=world.settings, target=row.usage_point)
    except Denied as refused:
        return "denied" if refused.status == 403 else f"denied with {refused.status}"
    looked_up = {_look_up(conn, world, reach, row, by) for by in ("esiid", "path id", "list")}
    assert len(looked_up) == 1, "a list and a look-up cannot disagree"
    (status,) = looked_up
    shown = _shown(conn, reach, world.ids[row.usage_point], TODAY + int(row.day))
    assert status == "there" or not shown
    return ("seen" if shown else "hidden") if status == "there" else status


def _look_up(conn: Conn, world: World, reach: Reach, row: Row, by: str) -> str:
    name = row.usage_point
    try:
        if by == "esiid":
            directory.usage_point(conn, reach, esiid=world.esiids[name])
        elif by == "path id":
            directory.usage_point(conn, reach, path_id=world.path_ids[name])
        elif world.ids[name] not in {point.id for point in directory.usage_points(conn, reach)}:
            return str(reach.refusal)
    except EspiError as refused:
        return str(refused.status)
    return "there"


def _shown(conn: Conn, reach: Reach, point: int, day: int) -> bool:
    """Whether the day is shown; all kinds of reads must agree, asked for the day alone and for the week around it."""
    week = (day - 3, day + 4)
    answers = {
        bool(list(readings.blocks(conn, reach, point, 4, day, day + 1))),
        bool(list(readings.packed_blocks(conn, reach, point, 4, day, day + 1))),
        bool(list(readings.day_totals(conn, reach, point, 4, day, day + 1))),
        bool(readings.versions(conn, reach, point, 4, day)),
        bool(readings.register_reads(conn, reach, point, REGISTER, day, day + 1)),
        bool(readings.usage_summaries(conn, reach, point, day, day + 1)),
        day in {total.day for total in readings.day_totals(conn, reach, point, 4, *week)},
        day in {read.day for read in readings.register_reads(conn, reach, point, REGISTER, *week)},
        day in {summary.from_day for summary in readings.usage_summaries(conn, reach, point, *week)},
    }
    assert len(answers) == 1, "all reads agree"
    return answers.pop()


def test_the_table_speaks_of_every_role_and_action() -> None:
    assert {(row.role, row.action) for row in ROWS} == {(role, action) for role in Role for action in access.ACTIONS}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_table_tries_every_rule_from_within_and_from_without(rule: access.Rule) -> None:
    expected = {row.expected for row in ROWS if (row.role, row.action) == (rule.role, rule.action)}
    if rule.relation is None:
        assert expected == ({"done", "denied"} if rule.proofs else {"done"})
    else:
        assert {"seen", str(rule.refusal)} <= expected


def test_no_rule_is_written_twice() -> None:
    assert len({(rule.role, rule.action) for rule in RULES}) == len(RULES)


def test_the_horizon_of_a_rep_is_a_setting(world: World, conn: Conn) -> None:
    longer = replace(world.settings, rep_horizon_days=10_000)
    reach = access.reach(conn, world.people[Role.rep, "ancient"], "usage:read", settings=longer)
    assert _shown(conn, reach, world.ids["home"], TODAY - 500)
    assert not _shown(conn, reach, world.ids["home"], TODAY - 420)
