"""Rules that ask what befell a meter find it in market events, whether those come before the readings or after."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from espi import config, jobs
from espi.clock import QUARTER_HOUR_S, Clock, parse_day, zone
from espi.config import Settings
from espi.day import ACTUAL_QUALITY, LOAD
from espi.delivery import handlers as deliveries
from espi.formats.market_events import Kind, MarketEvent
from espi.intake import handlers
from espi.intake.load import load_file
from espi.intake.market.put import Sender, put
from espi.intake.vee.meters import Given, Span, meters_of_store
from espi.intake.vee.premise import Event, Happening
from espi.intake.vee.rules import Check
from espi.intake.vee.stored import premise_of
from espi.store import directory, readings, vee
from espi.store.channels import REGISTER, add_channel, register_type
from espi.store.database import Database
from tests import databases, factories
from tests.unit.intake.lse_samples import block_text

DAY = parse_day("2025-06-11")
ESIID = "10443720000000042"
LOCAL = zone(factories.ZONE)
START_S = LOCAL.day_start_s(DAY)
ASKED = {Check.CLOCK_DRIFT, Check.SUM, Check.USE_WHILE_OFF, Check.TEST_OR_TAMPER}

Tell = Callable[..., None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return config.load(
        databases.environment(tmp_path), home=tmp_path, clock=Clock(fixed_s=factories.NOW_S), log_level="ERROR"
    )


@pytest.fixture
def point(database: Database) -> int:
    """Its dial of whole kWh was read at both ends of the day, and says 7 kWh more than the intervals will."""
    with database.write() as conn:
        key = factories.usage_point(conn, factories.utility(conn), esiid=ESIID)
        kind = register_type(directory.reading_type_for_lse(LOAD)) | {"powerOfTenMultiplier": 3}
        add_channel(conn, key, REGISTER + LOAD, kind, now_s=1, series="register", of_number=LOAD, title="dial")
        reads = [
            readings.RegisterRead(day, key, REGISTER + LOAD, LOCAL.day_start_s(day), kwh, ACTUAL_QUALITY)
            for day, kwh in ((DAY, 500), (DAY + 1, 521))
        ]
        readings.put_register_reads(conn, reads, now_s=1)
    return key


@pytest.fixture
def tell(database: Database, settings: Settings, point: int) -> Tell:
    """Tell an event of the usage point, and do what it gives rise to."""

    def told(kind: Kind, at_s: int, until_s: int = 0, **more: object) -> None:
        with database.write() as conn:
            (utility,) = directory.utilities(conn)
            event_id = str(more.pop("event_id", factories.count()))
            sent_s = factories.count()
            event = MarketEvent(event_id, sent_s, ESIID, kind, at_s, until_s, **more)  # type: ignore[arg-type]
            assert not put(conn, utility, [event], Sender("test", factories.NOW_S)).refused
        work(database, settings)

    return told


def work(database: Database, settings: Settings) -> None:
    assert handlers.MODULES
    assert deliveries.MODULES
    jobs.run_due(jobs.Context(settings, database))


def read_day(database: Database, settings: Settings) -> None:
    """The day's readings come in: 14 kWh, in 96 different values."""
    text = block_text(ESIID, "20250611", values=[f"0.{100 + at}" for at in range(96)])
    name = f"{factories.DUNS}IntervalData20250615050000001.lse"
    assert not load_file(database, io.BytesIO(text.encode()), name, settings=settings).refused
    work(database, settings)


def found(database: Database) -> dict[Check, int]:
    """How many intervals of the day each rule found, of those that are looked at here."""
    with database.read() as conn:
        (utility,) = directory.utilities(conn)
        rows = vee.results(conn, factories.reach_of_utility(utility.id), DAY)
    return {Check(row.rule): row.intervals for _, row in rows if row.rule in ASKED}


def quarter(number: int) -> int:
    return START_S + number * QUARTER_HOUR_S


def all_that_may_befall(tell: Tell) -> None:
    tell(Kind.DE_ENERGIZE, quarter(90))
    tell(Kind.TEST, quarter(0), quarter(2))
    tell(Kind.TAMPER, quarter(1), quarter(4) + 1)
    tell(Kind.DRIFT, quarter(10), quarter(14), seconds=-181)
    tell(Kind.DRIFT, quarter(20), quarter(24), seconds=180)


WHAT_BEFELL = {Check.CLOCK_DRIFT: 4, Check.SUM: 0, Check.USE_WHILE_OFF: 6, Check.TEST_OR_TAMPER: 5}


def test_events_that_came_before_the_readings(database: Database, settings: Settings, tell: Tell) -> None:
    all_that_may_befall(tell)
    read_day(database, settings)
    assert found(database) == WHAT_BEFELL


def test_events_that_come_after_the_readings_and_are_taken_back(
    database: Database, settings: Settings, tell: Tell
) -> None:
    read_day(database, settings)
    assert found(database) == {Check.SUM: 0}
    all_that_may_befall(tell)
    assert found(database) == WHAT_BEFELL
    tell(Kind.ENERGIZE, quarter(93))
    assert found(database)[Check.USE_WHILE_OFF] == 3


@pytest.mark.parametrize(("days", "reconciles"), [(-1, True), (0, False), (1, False), (2, True)])
def test_an_exchange_at_either_end_of_a_day_leaves_the_dials_unreconciled(
    database: Database, settings: Settings, tell: Tell, days: int, reconciles: bool
) -> None:
    read_day(database, settings)
    tell(Kind.EXCHANGE, LOCAL.day_start_s(DAY - 30), meter="M1")
    assert Check.SUM in found(database), "the first meter is no exchange"
    tell(Kind.EXCHANGE, LOCAL.day_start_s(DAY + days), meter="M2", event_id="exchange")
    assert (Check.SUM in found(database)) is reconciles
    tell(Kind.CANCEL, 0, event_id="exchange")
    assert Check.SUM in found(database)


@pytest.mark.parametrize(("days", "advance"), [(-1, 21_000), (0, None), (1, None), (2, 21_000)])
def test_the_tool_takes_no_advance_over_an_exchange(
    database: Database, tell: Tell, point: int, days: int, advance: int | None
) -> None:
    tell(Kind.EXCHANGE, LOCAL.day_start_s(DAY - 30), meter="M1")
    tell(Kind.EXCHANGE, LOCAL.day_start_s(DAY + days), meter="M2")
    with database.read() as conn:
        (utility,) = directory.utilities(conn)
        reach = factories.reach_of_utility(utility.id)
        premise = premise_of(conn, reach, point, LOAD, DAY, DAY + 1, LOCAL)
    assert premise.advance(DAY, DAY + 1) == advance


def test_the_tool_adds_what_it_is_given_to_what_is_stored(
    database: Database, settings: Settings, tell: Tell, point: int
) -> None:
    read_day(database, settings)
    tell(Kind.OUTAGE, quarter(1), quarter(2))
    given = Event(Happening.TEST, quarter(3), quarter(4))
    with database.read() as conn:
        (utility,) = directory.utilities(conn)
        span = Span(DAY, DAY + 1, ESIID)
        (meter,) = meters_of_store(conn, utility, span, Given(events={ESIID: (given,)}), settings=settings)
    assert meter.premise.events == (Event(Happening.OUTAGE, quarter(1), quarter(2)), given)
