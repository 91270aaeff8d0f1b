"""A meter is read when it is asked, once, and time-outs and old values end as what they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from espi import jobs, usage
from espi.clock import Clock
from espi.config import Settings
from espi.han import gateway, reading, sending
from espi.han.gateway import Register, Report, ReportKind
from espi.han.simulated import CELLULAR, MESH
from espi.store import directory, on_demand
from espi.store import jobs as outbox
from espi.store.database import Conn, Database
from espi.store.on_demand import OnDemandRead
from espi.store.tables import on_demand_read
from tests import factories
from tests.factories import NOW_S
from tests.unit.han.conftest import Home, connected

WATCHED = (reading.TIME_OUT, sending.CARRY)


@pytest.fixture(params=[CELLULAR, MESH], ids=lambda profile: profile.name)
def asked(request: pytest.FixtureRequest, database: Database, settings: Settings) -> Iterator[Home]:
    with database.write() as conn:
        home = Home(conn, settings, request.param)
    with connected(home):
        yield home


def _ask(database: Database, home: Home) -> OnDemandRead:
    """What the button asks for, of a utility that takes such requests."""
    reach = factories.reach_of_utility(home.utility)
    with database.write() as conn:
        point = directory.usage_point(conn, reach, esiid=home.esiid)
        able = replace(point.utility, dialect={**point.utility.dialect, "on_demand": True})
        return usage.ask_now(conn, reach, replace(point, utility=able), home.now_s())


def _work(database: Database, home: Home, later_s: int) -> None:
    home.settings = replace(home.settings, clock=Clock(fixed_s=home.now_s() + later_s))
    with database.write() as conn:
        for kind in WATCHED:
            outbox.wake_job(conn, kind, kind, {}, now_s=home.now_s())
    jobs.run_due(jobs.Context(home.settings, database))


def _now(database: Database, home: Home) -> OnDemandRead:
    reach = factories.reach_of_utility(home.utility)
    with database.read() as conn:
        (found,) = on_demand.reads(conn, reach, home.point, 10)
    return found


def _finish(database: Database, home: Home) -> OnDemandRead:
    for _ in range(30):
        _work(database, home, 60)
        if not _now(database, home).under_way:
            break
    return _now(database, home)


def test_a_meter_answers_with_what_it_shows_after_it_was_asked(database: Database, asked: Home) -> None:
    made = _ask(database, asked)
    _work(database, asked, 0)
    assert _now(database, asked).state == on_demand.SENT
    assert _ask(database, asked).number == made.number
    done = _finish(database, asked)
    assert (done.state, done.uom, done.power_of_ten) == (on_demand.COMPLETED, gateway.KWH_UOM, 0)
    assert done.value is not None
    assert done.read_s is not None
    assert done.closed_s is not None
    assert made.asked_s <= done.read_s <= done.closed_s <= made.asked_s + on_demand.ANSWER_WITHIN_S
    said = [each for each in asked.network.reports(0, 1000) if each.kind == ReportKind.REGISTER]
    assert [each.register.value for each in said if each.register] == [done.value]


def test_a_meter_out_of_reach_has_failed(database: Database, asked: Home) -> None:
    asked.network.meters[asked.esiid].unreachable = True
    _ask(database, asked)
    failed = _finish(database, asked)
    assert (failed.state, failed.value) == (on_demand.FAILED, None)


def test_without_a_head_end_the_request_fails_at_once(database: Database, asked: Home) -> None:
    gateway.disconnect(asked.network.name)
    _ask(database, asked)
    _work(database, asked, 0)
    assert _now(database, asked).state == on_demand.FAILED


def test_nobody_waits_longer_than_a_quarter_of_an_hour(database: Database, asked: Home) -> None:
    _ask(database, asked)
    _work(database, asked, 0)
    gateway.disconnect(asked.network.name)
    _work(database, asked, on_demand.ANSWER_WITHIN_S + 1)
    assert _now(database, asked).state == on_demand.TIMED_OUT
    gateway.connect(asked.network)
    _work(database, asked, 60)
    late = _now(database, asked)
    assert (late.state, late.value) == (on_demand.TIMED_OUT, None)


@pytest.mark.parametrize(
    ("read_after_s", "said_after_s", "state"),
    [
        (-1, 60, on_demand.FAILED),
        (0, 60, on_demand.COMPLETED),
        (60, on_demand.ANSWER_WITHIN_S + 1, on_demand.TIMED_OUT),
    ],
)
def test_old_values_and_late_answers_are_none(home: Home, read_after_s: int, said_after_s: int, state: str) -> None:
    made = on_demand.ask(home.conn, home.point, "reach of the tests", NOW_S)
    register = Register(7000, gateway.KWH_UOM, 0, NOW_S + read_after_s)
    correlation = f"read/{home.point}/{made.number}"
    said = Report(1, ReportKind.REGISTER, NOW_S + said_after_s, home.esiid, correlation=correlation, register=register)
    reading.take(home.conn, replace(said, esiid="another meter"))
    assert _state(home.conn, home, made) == on_demand.REQUESTED
    reading.take(home.conn, said)
    assert _state(home.conn, home, made) == state
    reading.take(home.conn, replace(said, kind=ReportKind.READ_FAILED, register=None))
    reading.take(home.conn, replace(said, correlation="read/7"))
    assert _state(home.conn, home, made) == state


def _state(conn: Conn, home: Home, made: OnDemandRead) -> str:
    if found := on_demand.under_way(conn, home.point, made.number):
        return found[0].state
    done = on_demand.completed_since(conn, home.point, 0)
    if done:
        return on_demand.COMPLETED
    return str(conn.scalar(select(on_demand_read.c.state).where(on_demand_read.c.number == made.number)))
