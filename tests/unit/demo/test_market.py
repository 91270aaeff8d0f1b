"""The demonstration market: the same every time, loaded the way real files are, and with a case of everything."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from espi import access, demo, feeds
from espi.access import Principal, Role
from espi.atom import schema
from espi.clock import DAY_S, Clock, parse_day
from espi.config import Settings
from espi.demo import files
from espi.demo.period import Period, up_to
from espi.demo.points import points
from espi.errors import BadInput
from espi.feeds import SERIES, Question
from espi.store import directory, readings, summaries
from espi.store.database import Conn, Database
from espi.store.directory import UsagePoint
from espi.store.reach import Reach
from tests.function_block_rules import failures

if TYPE_CHECKING:
    from tests.unit.demo.conftest import Market

FIRST, UNTIL = parse_day("2025-10-01"), parse_day("2026-11-24")
BOTH_CHANGES = parse_day("2025-11-02"), parse_day("2026-03-08")

BLOCKS = {
    "residential": (1, 4, 5, 15, 16),
    "time-of-use": (1, 4, 5, 12, 15, 16),
    "solar": (1, 4, 5, 8, 15, 16),
    "solar-net": (1, 4, 5, 7, 8, 15, 16),
    "commercial": (1, 4, 5, 15, 16),
    "demand": (1, 4, 5, 15, 16),
    "temperature": (1, 4, 5, 15, 16),
    "gas": (1, 4, 10, 15, 16),
    "water": (1, 4, 11, 15, 16),
}
"""Which function blocks a file of each kind of point must satisfy."""


def seen(conn: Conn, market: Market, point_esiid: str) -> tuple[Reach, UsagePoint]:
    for utility in directory.utilities(conn):
        if directory.usage_point_ids(conn, utility.id, [point_esiid]):
            principal = Principal(Role.system, utility.id, "command line")
            reach = access.reach(conn, principal, "usage:download", settings=market.settings)
            return reach, directory.usage_point(conn, reach, esiid=point_esiid)
    raise AssertionError(point_esiid)


def of_kind(kind: str) -> str:
    return next(point.esiid for point in points() if point.kind == kind)


def file_of(market: Market, esiid: str, question: Question) -> bytes:
    with market.database.read() as conn:
        reach, point = seen(conn, market, esiid)
        made = feeds.download(
            conn, reach, question, [point], scope="RetailCustomer/123456789012345", settings=market.settings
        )
        return b"".join(made)


def test_it_covers_thirteen_months_up_to_yesterday_with_both_changes_of_the_clocks() -> None:
    period = up_to(Clock.parse("2026-11-24T18:00:00Z").now_s())
    assert period == Period(FIRST, UNTIL)
    assert [period.zone.quarter_hours(day) for day in BOTH_CHANGES] == [100, 92]
    assert all(FIRST < day < UNTIL for day in BOTH_CHANGES)


def test_a_later_load_goes_on_from_where_the_first_began() -> None:
    later = Clock.parse("2027-01-03T18:00:00Z").now_s()
    assert up_to(later, FIRST) == Period(FIRST, parse_day("2027-01-03"))


def test_every_kind_of_point_is_there_and_every_id_has_its_length() -> None:
    kinds = Counter(point.kind for point in points())
    assert set(kinds) == set(BLOCKS)
    assert sum(kinds.values()) == 60
    assert {len(point.esiid) for point in points() if point.company.service_kind == 0} == {17, 22}
    assert len({point.esiid for point in points()}) == 60


def test_every_point_has_every_day(market: Market) -> None:
    with market.database.read() as conn:
        for expected in points():
            reach, point = seen(conn, market, expected.esiid)
            number = 4 if expected.company.service_kind == 0 else 10
            days = [one.day for one in readings.day_totals(conn, reach, point.id, number, FIRST, UNTIL)]
            assert days == list(range(FIRST, UNTIL)), expected.esiid


@pytest.mark.parametrize("kind", BLOCKS)
def test_a_file_of_each_kind_is_valid_and_keeps_the_rules_of_its_function_blocks(market: Market, kind: str) -> None:
    document = file_of(market, of_kind(kind), Question(BOTH_CHANGES[0] - 1, BOTH_CHANGES[0] + 40))
    assert schema.validate(document) == []
    feed = etree.fromstring(document)
    assert failures(feed, *BLOCKS[kind]) == []


def test_files_of_all_points_with_all_series_are_valid(market: Market) -> None:
    question = Question(BOTH_CHANGES[1] - 1, BOTH_CHANGES[1] + 2, series=frozenset(SERIES))
    for point in points():
        assert schema.validate(file_of(market, point.esiid, question)) == [], point.esiid


def test_the_dial_of_a_meter_is_a_register_reading(market: Market) -> None:
    registered = next(point.esiid for point in points() if point.registered)
    document = file_of(market, registered, Question(FIRST, FIRST + 3, series=frozenset(SERIES)))
    assert failures(etree.fromstring(document), 9) == []


def test_estimates_of_past_months_were_replaced_and_the_last_day_still_is_one(market: Market) -> None:
    late = next(point.esiid for point in points() if point.estimated)
    with market.database.read() as conn:
        reach, point = seen(conn, market, late)
        by_day = {one.day: one for one in readings.blocks(conn, reach, point.id, 4, FIRST, UNTIL)}
    estimated = [day for day, block in by_day.items() if block.estimated]
    november = range(parse_day("2026-11-10"), parse_day("2026-11-15"))
    assert estimated == [*november, UNTIL - 1]
    assert by_day[parse_day("2026-10-10")].revision == 2


def test_the_line_items_and_interval_costs_of_a_bill_add_up(market: Market) -> None:
    with market.database.read() as conn:
        reach, point = seen(conn, market, of_kind("time-of-use"))
        bill = summaries.usage_summaries(conn, reach, point.id, FIRST, FIRST + 1)[0]
        days = list(readings.blocks(conn, reach, point.id, 4, bill.from_day, bill.until_day))
    content = bill.content
    items = sum(item["amount"] for item in content["costAdditionalDetailLastPeriod"])
    costs = sum(int(day.costs.sum()) for day in days if day.costs is not None)
    assert items == content["costAdditionalLastPeriod"]
    assert items + costs == content["billLastPeriod"]
    assert content["overallConsumptionLastPeriod"]["value"] == sum(day.total for day in days)


def test_a_bill_that_counts_demand_tells_of_its_last_days_too(market: Market) -> None:
    with market.database.read() as conn:
        reach, point = seen(conn, market, of_kind("demand"))
        bill = summaries.usage_summaries(conn, reach, point.id, FIRST, FIRST + 1)[0]
        last = list(readings.blocks(conn, reach, point.id, 4, bill.until_day - 2, bill.until_day))
    told = [bill.content[f"{day}DayOverallConsumption"]["value"] for day in ("previous", "current")]
    assert told == [day.total for day in last]
    assert bill.content["billToDate"] == 0


def test_who_moved_in_cannot_see_what_was_before(market: Market) -> None:
    moved = next(point for point in points() if len(point.stays) > 1 and point.vacant_days)
    spans = [tuple(span[1:]) for span in Period(FIRST, UNTIL).tenancies(moved)]
    assert spans[0][1] == spans[1][0] - moved.vacant_days
    named = {customer["name"]: customer for customer in market.facts["customers"]}
    own = [one["esiid"] for one in named[moved.stays[1].person.name]["usage_points"]]
    assert own == [moved.esiid]


def test_the_book_names_what_a_tester_needs(market: Market) -> None:
    book = json.loads((market.settings.home / "demo.json").read_text("utf-8"))
    assert book["base"] == "https://localhost:8443"
    assert {one["status"] for one in book["third_parties"]} == {"pending", "active", "expiring", "revoked"}
    assert {one["role"] for one in book["staff"]} == {"rep", "tdsp", "third_party", "regulator", "operator"}
    assert all(one["totp"] for one in book["staff"])
    assert set(book["registration"]) >= {"esiid", "meter", "rep"}
    assert len(book["reps"]) == 3
    assert len(book["utilities"]) == 4
    assert all((market.settings.home / name).is_file() for name in book["files"])
    with market.database.read() as conn:
        for customer in book["customers"][:2]:
            for own in customer["usage_points"]:
                assert seen(conn, market, own["esiid"])[1].path_id == own["id"]


def contents(market: Market) -> list[str]:
    question = Question(BOTH_CHANGES[0] - 5, BOTH_CHANGES[0] + 5, series=frozenset(SERIES))
    return [hashlib.sha256(file_of(market, of_kind(kind), question)).hexdigest() for kind in BLOCKS]


def test_loading_it_again_changes_nothing(market: Market) -> None:
    before = contents(market)
    assert demo.load(market.database, market.settings) == market.facts
    assert contents(market) == before


def test_the_files_are_the_same_wherever_they_are_written(market: Market, tmp_path: Path) -> None:
    period = Period(FIRST, UNTIL)
    first = list(files.shipments(period))[:4]
    for shipment in first:
        name = shipment.name(period)
        files.write(tmp_path / name, shipment, period)
        assert (tmp_path / name).read_bytes() == (market.settings.home / "demo" / name).read_bytes()
    assert [shipment.late for shipment in first] == [False, False, True, True]


def test_it_is_not_for_production(database: Database, settings: Settings) -> None:
    with pytest.raises(BadInput, match="not for production"):
        demo.load(database, dataclasses.replace(settings, production=True))


def test_a_day_later_there_is_a_day_more() -> None:
    first = Clock.parse("2026-11-24T18:00:00Z").now_s()
    period, later = up_to(first), up_to(first + DAY_S, FIRST)
    assert later.until_day == period.until_day + 1
    assert later.first_day == period.first_day
