"""What a new REP may see of the time before it: only what it asks for, and never more than the limits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from espi import access, config
from espi.access import Principal, Role
from espi.clock import Clock, day_date, parse_day
from espi.config import Settings
from espi.errors import Conflict, EspiError
from espi.intake.market.history import ask_history, months_before
from espi.store import directory, parties
from espi.store.database import Conn, Database
from tests import databases, factories
from tests.factories import NOW_S, TODAY

ESIID = "10443720000000042"
FIRST = parse_day("2025-06-01")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return config.load(databases.environment(tmp_path), home=tmp_path, clock=Clock(fixed_s=NOW_S), log_level="ERROR")


@pytest.fixture
def point(database: Database) -> int:
    with database.write() as conn:
        return factories.usage_point(conn, factories.utility(conn), esiid=ESIID)


def rep(conn: Conn, point: int) -> Principal:
    """A REP of record since June."""
    key = factories.rep(conn)
    parties.switch_rep(conn, point, key, FIRST)
    return Principal(Role.rep, key, "test")


def seen(conn: Conn, principal: Principal, settings: Settings) -> list[tuple[str, str]]:
    """The days of the usage point within the REP's reach."""
    reach = access.reach(conn, principal, "usage:read", settings=settings)
    spans = directory.usage_point(conn, reach, esiid=ESIID).spans
    return [(str(day_date(first)), str(day_date(min(until, TODAY)))) for first, until in spans]


@pytest.mark.parametrize(
    ("kind", "moved_in", "since"),
    [
        ("residential", "2020-01-01", "2024-06-01"),
        ("commercialIndustrial", "2020-01-01", "2023-06-01"),
        ("residential", "2025-02-03", "2025-02-03"),
    ],
)
def test_history_goes_back_to_the_limit_or_the_move_in(
    database: Database, settings: Settings, point: int, kind: str, moved_in: str, since: str
) -> None:
    with database.write() as conn:
        new = rep(conn, point)
        parties.add_tenancy(conn, point, factories.customer(conn, kind=kind), parse_day(moved_in))
        assert seen(conn, new, settings) == [("2025-06-01", "2025-06-15")]
        ask_history(conn, new, ESIID, settings=settings)
        assert seen(conn, new, settings) == [(since, "2025-06-15")]


def test_a_late_move_in_closes_what_is_no_longer_the_customers(
    database: Database, settings: Settings, point: int
) -> None:
    with database.write() as conn:
        new = rep(conn, point)
        parties.add_tenancy(conn, point, factories.customer(conn), parse_day("2020-01-01"))
        ask_history(conn, new, ESIID, settings=settings)
        parties.add_tenancy(conn, point, factories.customer(conn, "Ben"), parse_day("2025-06-10"))
        assert seen(conn, new, settings) == [("2025-06-01", "2025-06-15")]


def test_the_months_are_settings(database: Database, settings: Settings, point: int) -> None:
    with database.write() as conn:
        new = rep(conn, point)
        parties.add_tenancy(conn, point, factories.customer(conn), parse_day("2020-01-01"))
        shorter = replace(settings, rep_history_months=1)
        assert ask_history(conn, new, ESIID, settings=shorter) == (parse_day("2025-05-01"), FIRST)


@pytest.mark.parametrize("moved_in", ["", "2025-06-02"])
def test_there_is_no_history_of_somebody_who_was_not_yet_there(
    database: Database, settings: Settings, point: int, moved_in: str
) -> None:
    with database.write() as conn:
        new = rep(conn, point)
        if moved_in:
            parties.add_tenancy(conn, point, factories.customer(conn), parse_day(moved_in))
        with pytest.raises(Conflict, match="there is no history"):
            ask_history(conn, new, ESIID, settings=settings)


def test_who_serves_it_no_more_cannot_ask(database: Database, settings: Settings, point: int) -> None:
    with database.write() as conn:
        old = rep(conn, point)
        parties.switch_rep(conn, point, factories.rep(conn, "Next"), TODAY)
        with pytest.raises(EspiError) as refused:
            ask_history(conn, old, ESIID, settings=settings)
    assert refused.value.status == 404


def test_the_request_is_in_the_audit(database: Database, settings: Settings, point: int) -> None:
    with database.write() as conn:
        new = rep(conn, point)
        parties.add_tenancy(conn, point, factories.customer(conn), parse_day("2020-01-01"))
        ask_history(conn, new, ESIID, settings=settings)
        rows = conn.exec_driver_sql("SELECT target, rule FROM audit WHERE action = 'history:ask'").fetchall()
    assert [tuple(row) for row in rows] == [
        (ESIID, "rep/history:ask/served-now"),
        (f"usage point {point}", "rep/history:ask/served-now"),
    ]


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [("2024-02-29", 12, "2023-02-28"), ("2025-03-31", 1, "2025-02-28"), ("2025-01-15", 24, "2023-01-15")],
)
def test_months_are_those_of_the_calendar(day: str, months: int, before: str) -> None:
    assert months_before(parse_day(day), months) == parse_day(before)
