"""What a feed holds is bounded by the scope that was granted: kinds of series, how fine, costs, summaries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from espi.feeds import contents_of
from espi.feeds.contents import kind_of
from espi.scope import parse
from espi.store.channels import reading_type_for_lse, register_type
from tests import function_block_rules
from tests.function_block_rules import Element, entries, hrefs, xpath
from tests.metered import CHICAGO, FIRST_DAY, GAS, LAST_DAY, NET, WATER, day_block
from tests.reading_world import ReadingWorld, path_of, valid

MIXTURE = ("electricity", "solar", "net", "gas", "water", "register", "bills", "quality", "cost")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingWorld]:
    world = ReadingWorld(tmp_path_factory.mktemp("bounds"))
    yield world
    world.database.close()


def types(feed: Element) -> list[dict[str, int]]:
    """The reading types of a feed, each as often as a series is of it."""
    by_href = {hrefs(each, "self")[0]: each for each in entries(feed, "ReadingType")}
    found = []
    for series in entries(feed, "MeterReading"):
        (kind,) = [by_href[href] for href in hrefs(series, "related") if href in by_href]
        content = xpath(kind, "atom:content/espi:ReadingType")[0]
        found.append({etree.QName(each).localname: int(each.text or 0) for each in content if not len(each)})
    return found


def flows(feed: Element) -> set[tuple[int, int]]:
    """The commodities and flow directions of a feed."""
    return {(kind["commodity"], kind["flowDirection"]) for kind in types(feed)}


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ("4", {(1, 1), (1, 19), (1, 4), (7, 1), (9, 1)}),
        ("4_5", {(1, 1)}),
        ("4_7", {(1, 1), (1, 4)}),
        ("4_8", {(1, 1), (1, 19)}),
        ("4_10", {(7, 1)}),
        ("4_11", {(9, 1)}),
        ("4_10_11", {(7, 1), (9, 1)}),
        ("15", set()),
        ("4_29", set()),
    ],
)
def test_function_blocks_name_the_series(world: ReadingWorld, blocks: str, expected: set[tuple[int, int]]) -> None:
    feed = world.batch(world.share(f"FB=1_3_{blocks};IntervalDuration=900", *MIXTURE))
    assert flows(feed) == expected
    assert len(entries(feed, "UsagePoint")) == len(MIXTURE)


def test_surplus_stays_hidden_at_every_address_where_blocks_are_named_and_8_is_not(world: ReadingWorld) -> None:
    both = world.share("FB=1_3_4_5_8;IntervalDuration=900", "solar")
    delivered = world.share("FB=1_3_4_5;IntervalDuration=900", "solar")
    paths = {}
    for subscription in (both, delivered):
        feed = world.batch(subscription)
        readings = entries(feed, "MeterReading")
        paths[subscription] = [path_of(hrefs(each, "self")[0]).removeprefix(subscription) for each in readings]
    (surplus,) = set(paths[both]) - set(paths[delivered])
    for below in (surplus, f"{surplus}/IntervalBlock"):
        assert world.get(f"{both}{below}", both).status_code == 200
    assert world.get(f"{delivered}{surplus}", delivered).status_code == 404
    listed = valid(world.get(f"{delivered}{surplus}/IntervalBlock", delivered))
    assert entries(listed, "IntervalBlock") == []
    (block,) = [each for each in entries(world.batch(both), "IntervalBlock") if surplus in hrefs(each, "up")[0]][:1]
    path = path_of(hrefs(block, "self")[0]).removeprefix(both)
    assert world.get(f"{delivered}{path}", delivered).status_code == 404


def test_hours_are_made_of_quarters_as_a_series_of_their_own(world: ReadingWorld) -> None:
    subscription = world.share("FB=1_3_4_5;IntervalDuration=3600", "electricity")
    feed = world.batch(subscription)
    (kind,) = types(feed)
    assert (kind["intervalLength"], kind["measuringPeriod"]) == (3600, 7)
    found = [int(each.text or 0) for each in xpath(feed, ".//espi:IntervalReading/espi:value")]
    with world.database.read() as conn:
        (point,) = world.points(conn, "electricity")
    wanted = []
    for day in range(FIRST_DAY, LAST_DAY + 1):
        values = day_block(point.id, 4, day).values
        wanted += values.reshape(-1, 4).sum(axis=1).tolist()
    assert found == wanted
    assert [len(xpath(each, ".//espi:IntervalReading")) for each in entries(feed, "IntervalBlock")] == [
        24,
        24,
        25,
        24,
        24,
    ]
    fine = world.batch(world.share("FB=1_3_4_5;IntervalDuration=900", "electricity"))
    ids = [{entry.findtext("{*}id") for entry in each.iter("{*}entry")} for each in (feed, fine)]
    shared = [entries(feed, name)[0].findtext("{*}id") for name in ("UsagePoint", "LocalTimeParameters")]
    assert ids[0] & ids[1] == set(shared)
    assert function_block_rules.failures(feed, 1, 4, 5) == []


def test_an_hour_s_entries_are_at_their_addresses(world: ReadingWorld) -> None:
    subscription = world.share("FB=1_3_4_5;IntervalDuration=3600", "odd")
    feed = world.batch(subscription)
    for name in ("MeterReading", "ReadingType", "IntervalBlock"):
        entry = entries(feed, name)[0]
        alone = valid(world.get(path_of(hrefs(entry, "self")[0]), subscription))
        assert alone.findtext("{*}id") == entry.findtext("{*}id")
    qualities = [int(each.text or 0) for each in xpath(feed, ".//espi:ReadingQuality/espi:quality")]
    assert set(qualities) == {13, 10} or set(qualities) == {13}


def test_intervals_that_are_longer_already_stay(world: ReadingWorld) -> None:
    feed = world.batch(world.share("FB=1_3_4_10;IntervalDuration=3600", "gas"))
    fine = world.batch(world.share("FB=1_3_4_10;IntervalDuration=900", "gas"))
    ids = [[entry.findtext("{*}id") for entry in each.iter("{*}entry")] for each in (feed, fine)]
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("duration", "length_s"),
    [("daily", 86400), ("86400", 86400), ("7200", 86400), ("monthly", 2592000), ("billingPeriod", 2592000)],
)
def test_days_and_months_are_all_that_a_coarse_scope_shows(world: ReadingWorld, duration: str, length_s: int) -> None:
    subscription = world.share(f"FB=1_3_4_5;IntervalDuration={duration}", "electricity")
    feed = world.batch(subscription)
    assert [kind["intervalLength"] for kind in types(feed)] == [length_s]
    assert len(entries(feed, "IntervalBlock")) == 2, "a block a month"
    for name in ("MeterReading", "IntervalBlock"):
        entry = entries(feed, name)[0]
        alone = valid(world.get(path_of(hrefs(entry, "self")[0]), subscription))
        assert alone.findtext("{*}updated") == entry.findtext("{*}updated")


def test_costs_of_intervals_need_their_block(world: ReadingWorld) -> None:
    with_costs = world.batch(world.share("FB=1_3_4_5_12;IntervalDuration=3600", "cost"))
    without = world.batch(world.share("FB=1_3_4_5;IntervalDuration=3600", "cost"))
    assert [len(xpath(feed, ".//espi:cost")) > 0 for feed in (with_costs, without)] == [True, False]
    values = [[each.text for each in xpath(feed, ".//espi:value")] for feed in (with_costs, without)]
    assert values[0] == values[1]
    assert function_block_rules.failures(with_costs, 1, 4, 12) == []


def test_registers_need_their_block(world: ReadingWorld) -> None:
    with_dial = world.batch(world.share("FB=1_3_4_5_9;IntervalDuration=900", "register"))
    without = world.batch(world.share("FB=1_3_4_5;IntervalDuration=900", "register"))
    accumulated = [{kind["accumulationBehaviour"] for kind in types(feed)} for feed in (with_dial, without)]
    assert [1 in each for each in accumulated] == [True, False]
    assert function_block_rules.failures(with_dial, 9) == []


@pytest.mark.parametrize(
    ("blocks", "parts"),
    [
        ("4", None),
        ("4_15", set()),
        ("4_16", {"billLastPeriod", "costAdditionalLastPeriod"}),
        ("4_15_26", {"costAdditionalDetailLastPeriod"}),
        ("4_15_16_26", {"billLastPeriod", "costAdditionalLastPeriod", "costAdditionalDetailLastPeriod"}),
    ],
)
def test_summaries_and_their_parts_need_their_blocks(world: ReadingWorld, blocks: str, parts: set[str] | None) -> None:
    subscription = world.share(f"FB=1_3_{blocks};IntervalDuration=900", "bills")
    feed = world.batch(subscription)
    found = entries(feed, "UsageSummary")
    assert len(found) == (0 if parts is None else 1)
    collection = [href for href in hrefs(entries(feed, "UsagePoint")[0], "related") if href.endswith("UsageSummary")]
    assert bool(collection) == (parts is not None)
    for bill in found:
        alone = valid(world.get(path_of(hrefs(bill, "self")[0]), subscription))
        for each in (bill, alone):
            names = {etree.QName(child).localname for child in xpath(each, "atom:content/*/*")}
            hidden = {"billLastPeriod", "costAdditionalLastPeriod", "costAdditionalDetailLastPeriod"}
            assert names & hidden == parts
            assert "overallConsumptionLastPeriod" in names


def test_power_quality_needs_its_block(world: ReadingWorld) -> None:
    for blocks, count in (("4_17", 1), ("4_15", 0)):
        feed = world.batch(world.share(f"FB=1_3_{blocks};IntervalDuration=900", "quality"))
        assert len(entries(feed, "ElectricPowerQualitySummary")) == count


def test_a_scope_that_cannot_be_read_opens_no_series(world: ReadingWorld) -> None:
    assert types(world.batch(world.share("nonsense", *MIXTURE))) == []


@pytest.mark.parametrize(
    ("reading_type", "kind"),
    [
        (reading_type_for_lse(4), "delivered"),
        (reading_type_for_lse(1), "received"),
        (NET, "net"),
        (GAS, "gas"),
        (WATER, "water"),
        ({**NET, "accumulationBehaviour": 12}, "demand"),
        ({**NET, "kind": 46, "uom": 6}, "temperature"),
        ({**NET, "commodity": 10}, "other"),
        (register_type(reading_type_for_lse(4)), "delivered"),
        ({}, "delivered"),
    ],
)
def test_a_series_is_of_one_kind(reading_type: dict[str, Any], kind: str) -> None:
    assert kind_of(reading_type) == kind


def test_the_finest_of_several_durations_counts() -> None:
    assert contents_of(parse("FB=4;IntervalDuration=daily_3600")).series == {"hourly"}
    assert contents_of(parse("FB=4")).series == {"interval"}
    assert contents_of(parse("FB=4_9;IntervalDuration=daily")).series == {"daily", "register"}


def test_json_too_shows_days_only_where_days_were_granted(world: ReadingWorld) -> None:
    subscription = world.share("FB=1_3_4_5;IntervalDuration=daily", "electricity")
    answer = world.get(f"Batch/{subscription}?format=json", subscription)
    (point,) = json.loads(answer.data)["usage_points"]
    readings = [each for channel in point["channels"] for each in channel["readings"]]
    lengths = {each["seconds"] for each in readings}
    assert lengths == {CHICAGO.day_length_s(day) for day in range(FIRST_DAY, LAST_DAY + 1)}
    assert len(readings) == LAST_DAY + 1 - FIRST_DAY


@pytest.mark.parametrize("wanted", ["json", "csv"])
def test_no_format_tells_an_application_a_meter_s_number(world: ReadingWorld, wanted: str) -> None:
    subscription = world.share("FB=1_3_4_5;IntervalDuration=900", "electricity")
    text = world.get(f"Batch/{subscription}?format={wanted}", subscription).data.decode()
    assert text.count("\n") > 5
    assert world.names["electricity"][0] not in text
    assert "Home with" not in text


def test_market_files_are_not_for_applications(world: ReadingWorld) -> None:
    subscription = world.share("FB=1_3_4_5;IntervalDuration=900", "electricity")
    assert world.get(f"Batch/{subscription}?format=lse", subscription).status_code == 400
    token, own = world.rep_token("electricity")
    assert world.get(f"Batch/{own}?format=lse", token).status_code == 200
