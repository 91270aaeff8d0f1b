"""A download: what is in it, in which order, with which ids; the same each time, and only what the caller may see."""

from __future__ import annotations

import re
import tracemalloc
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from espi import feeds
from espi.atom import schema
from espi.clock import instant_s
from espi.errors import BadInput
from espi.feeds import SERIES, Question, series_of
from espi.store import channels, directory, readings, summaries
from espi.store.channels import reading_type_for_lse
from espi.store.summaries import RegisterRead
from tests import factories
from tests.function_block_rules import Element, entries, hrefs, xpath
from tests.metered import CHICAGO, FIRST_DAY, LAST_DAY, NOW_S, SCOPE, World, day_block

DAYS = LAST_DAY + 1 - FIRST_DAY
UUID_5 = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
EVERYTHING = Question(FIRST_DAY, LAST_DAY + 1, series=frozenset(SERIES))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("feeds"))
    world.fill()
    yield world
    world.database.close()


def parsed(feed: bytes) -> Element:
    return etree.fromstring(feed)


def titles(feed: Element) -> list[str]:
    """The names of the resources in a feed, repetitions counted as one."""
    names = [etree.QName(each).localname for each in xpath(feed, "atom:entry/atom:content/*")]
    return [name for index, name in enumerate(names) if index == 0 or names[index - 1] != name]


def numbers(node: Element, path: str) -> list[int]:
    return [int(each.text or "") for each in xpath(node, path)]


def values(node: Element) -> list[int]:
    return numbers(node, ".//espi:IntervalReading/espi:value")


def test_entries_stand_in_the_order_that_readers_expect(world: World) -> None:
    usage_point = ["UsagePoint", "LocalTimeParameters", "MeterReading", "ReadingType", "IntervalBlock"]
    beside = ["UsageSummary", "ElectricPowerQualitySummary"]
    assert titles(parsed(world.feed("quality"))) == [*usage_point, *beside]
    assert titles(parsed(world.feed("electricity"))) == usage_point


def test_a_usage_point_leads_to_the_summaries_that_there_are(world: World) -> None:
    for name, wanted in {"electricity": 0, "bills": 1, "quality": 2}.items():
        feed = parsed(world.feed(name))
        found = [href for href in hrefs(entries(feed, "UsagePoint")[0], "related") if href.endswith("Summary")]
        kinds = ("UsageSummary", "ElectricPowerQualitySummary")
        assert found == [href for kind in kinds for entry in entries(feed, kind) for href in hrefs(entry, "up")]
        assert len(found) == wanted


def test_a_block_a_day_an_entry_a_block_oldest_first(world: World) -> None:
    feed = parsed(world.feed("electricity"))
    starts = [numbers(entry, ".//espi:interval/espi:start") for entry in entries(feed, "IntervalBlock")]
    assert starts == [[CHICAGO.day_start_s(day)] for day in range(FIRST_DAY, LAST_DAY + 1)]
    assert numbers(feed, ".//espi:interval/espi:duration") == [86400, 86400, 90000, 86400, 86400]


def test_every_reading_of_the_store_is_in_it_with_its_value(world: World) -> None:
    stored = [value for day in range(FIRST_DAY, LAST_DAY + 1) for value in day_block(1, 4, day).values.tolist()]
    assert values(parsed(world.feed("electricity"))) == stored


def test_what_usage_points_share_stands_once(world: World) -> None:
    feed = parsed(world.feed("two points"))
    assert Counter(titles(feed)) == {
        "UsagePoint": 2,
        "LocalTimeParameters": 1,
        "MeterReading": 3,
        "ReadingType": 2,
        "IntervalBlock": 3,
    }
    assert len({each.text for each in xpath(feed, "atom:entry/atom:id")}) == len(xpath(feed, "atom:entry"))


@pytest.mark.parametrize(
    "name", ["electricity", "solar", "register", "bills", "quality", "cost", "net", "gas", "water", "odd"]
)
def test_a_feed_with_every_series_is_valid(world: World, name: str) -> None:
    assert schema.validate(world.feed(name, EVERYTHING)) == []


def test_the_same_request_gives_the_same_bytes(world: World) -> None:
    assert world.feed("solar", EVERYTHING) == world.feed("solar", EVERYTHING)


def test_the_feed_has_the_title_the_id_and_the_links_of_a_download(world: World) -> None:
    feed = parsed(world.feed("solar"))
    assert feed.findtext("{*}title") == "Green Button Usage Feed"
    own = "https://localhost:8443/espi/1_1/resource/Batch/RetailCustomer/123456789012345/UsagePoint"
    assert hrefs(feed, "self") == [own]
    assert hrefs(feed, "related") == []
    assert feed.findtext("{*}id") == f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, own)}"


def test_a_certified_custodian_names_its_certificate(world: World) -> None:
    settings = replace(world.settings, certificate_id="00000000-0000-5000-8000-000000000000")
    question = Question(FIRST_DAY, LAST_DAY + 1)
    with world.database.read() as conn:
        points = world.points(conn, "gas")
        text = b"".join(feeds.download(conn, world.reach, question, points, scope=SCOPE, settings=settings))
    assert hrefs(parsed(text), "related") == [
        "https://cert.greenbuttonalliance.org/certificate/00000000-0000-5000-8000-000000000000"
    ]


def test_ids_are_version_5_and_do_not_depend_on_what_was_asked(world: World) -> None:
    feed = parsed(world.feed("register", EVERYTHING))
    ids = {each.text for each in xpath(feed, "atom:entry/atom:id")}
    assert all(UUID_5.fullmatch(each or "") for each in ids)
    part = parsed(world.feed("register", Question(FIRST_DAY, FIRST_DAY + 1), scope="RetailCustomer/999999999999999"))
    assert {each.text for each in xpath(part, "atom:entry/atom:id")} < ids


def test_usage_points_have_a_title_for_their_customer_only_and_the_rest_the_name_of_the_class(world: World) -> None:
    text = world.feed("bills")
    (esiid,) = world.names["bills"]
    assert b"Home with" not in text
    assert esiid.encode() not in text
    feed = parsed(text)
    found = [each.text for each in xpath(feed, "atom:entry/atom:title")]
    assert found == [
        f"Electricity, number ending in {esiid[-4:]}",
        "LocalTimeParameters",
        "MeterReading",
        "ReadingType",
        *["IntervalBlock"] * DAYS,
        "UsageSummary",
    ]


def test_only_a_quality_that_is_not_the_usual_one_is_written(world: World) -> None:
    feed = parsed(world.feed("odd"))
    assert xpath(parsed(world.feed("electricity")), "//espi:ReadingQuality") == []
    assert [each.text for each in xpath(feed, "//espi:ReadingQuality/espi:quality")] == ["8"] * 4 * DAYS


def test_a_missing_reading_is_left_out_and_never_zero(world: World) -> None:
    feed = parsed(world.feed("odd"))
    blocks = entries(feed, "IntervalBlock")
    assert [len(values(block)) for block in blocks] == [92, 92, 96, 92, 92]
    starts = numbers(blocks[0], ".//espi:timePeriod/espi:start")
    assert starts[20] - starts[19] == 5 * 900
    assert 0 not in values(feed)


def test_only_intervals_come_unasked(world: World) -> None:
    feed = parsed(world.feed("register", Question(FIRST_DAY, LAST_DAY + 1)))
    assert sum(values(feed)) == sum(day_block(1, 4, day).total for day in range(FIRST_DAY, LAST_DAY + 1))
    assert len(entries(feed, "MeterReading")) == 1


def series(feed: Element, **wanted: int) -> list[list[int]]:
    """The values of the meter readings whose type has these elements."""
    condition = "".join(f"[espi:{name}={value}]" for name, value in wanted.items())
    found = []
    for reading in entries(feed, "MeterReading"):
        (kind,) = led_to(feed, "ReadingType", "self", reading)
        if xpath(kind, f"*/espi:ReadingType{condition}"):
            blocks = led_to(feed, "IntervalBlock", "up", reading)
            found.append([value for block in blocks for value in values(block)])
    return found


def led_to(feed: Element, resource: str, rel: str, node: Element) -> list[Element]:
    """The entries of a resource whose link (rel) is a related link of the node."""
    return [each for each in entries(feed, resource) if set(hrefs(each, rel)) & set(hrefs(node, "related"))]


def test_days_and_months_are_series_of_their_own(world: World) -> None:
    feed = parsed(world.feed("electricity", EVERYTHING))
    totals = [day_block(1, 4, day).total for day in range(FIRST_DAY, LAST_DAY + 1)]
    assert series(feed, timeAttribute=11, intervalLength=86400) == [totals]
    assert series(feed, timeAttribute=13) == [[totals[0], sum(totals[1:])]]


def test_registers_are_a_series_and_so_are_days_that_they_tell_otherwise(world: World) -> None:
    feed = parsed(world.feed("register", EVERYTHING))
    totals = [day_block(1, 4, day).total for day in range(FIRST_DAY, LAST_DAY + 1)]
    ((first, *_),) = series(feed, accumulationBehaviour=1)
    assert first == 1_000_000
    from_intervals, from_registers = series(feed, timeAttribute=11)
    assert from_intervals == totals
    assert from_registers == [totals[0], totals[1] + 900, *totals[2:]]


def test_a_register_without_daily_values_has_no_days_of_its_own(tmp_path: Path) -> None:
    world = World(tmp_path)
    with world.database.write() as conn:
        directory.add_usage_point(conn, world.utility, "1", now_s=NOW_S)
        point = directory.usage_point_ids(conn, world.utility, ["1"])["1"]
        kind = channels.register_type(reading_type_for_lse(4))
        channels.add_channel(conn, point, 3004, kind, now_s=NOW_S, series="register", of_number=4)
        reads = [
            RegisterRead(day, point, 3004, CHICAGO.day_start_s(day), 100 * day, 17)
            for day in (FIRST_DAY, FIRST_DAY + 1)
        ]
        summaries.put_register_reads(conn, reads, now_s=NOW_S)
    world.names["1"] = ["1"]
    feed = parsed(world.feed("1", EVERYTHING))
    assert series(feed, accumulationBehaviour=1) == [[100 * FIRST_DAY, 100 * (FIRST_DAY + 1)]]
    assert len(entries(feed, "MeterReading")) == 1
    world.database.close()


def test_a_months_block_is_the_same_whichever_of_its_days_was_asked_for(world: World) -> None:
    blocks = set()
    for day in (FIRST_DAY + 1, LAST_DAY):
        feed = parsed(world.feed("solar", Question(day, day + 1, series=series_of("daily"))))
        blocks.add(etree.tostring(entries(feed, "IntervalBlock")[0]))
    assert len(blocks) == 1


def test_a_series_without_a_reading_in_the_span_is_left_out(world: World) -> None:
    feed = parsed(world.feed("solar", Question(FIRST_DAY - 9, FIRST_DAY)))
    assert titles(feed) == ["UsagePoint", "LocalTimeParameters"]


def test_children_are_named_only_for_clients_that_need_it(world: World) -> None:
    plain = parsed(world.feed("solar", EVERYTHING))
    named = parsed(world.feed("solar", replace(EVERYTHING, child_links=True)))
    blocks = {href for entry in entries(named, "IntervalBlock") for href in hrefs(entry, "self")}
    known = {href for entry in entries(named, "MeterReading") for href in hrefs(entry, "related")}
    assert blocks <= known
    readings_ = {href for entry in entries(named, "MeterReading") for href in hrefs(entry, "self")}
    assert readings_ <= set(hrefs(entries(named, "UsagePoint")[0], "related"))
    assert not readings_ & set(hrefs(entries(plain, "UsagePoint")[0], "related"))
    assert schema.validate(etree.tostring(named)) == []


def test_a_meter_reading_does_not_link_back_to_its_usage_point(world: World) -> None:
    feed = parsed(world.feed("solar"))
    points = {href for entry in entries(feed, "UsagePoint") for href in hrefs(entry, "self")}
    assert not any(points & set(hrefs(entry, "related")) for entry in entries(feed, "MeterReading"))


def test_days_out_of_reach_are_not_in_it(world: World) -> None:
    with world.database.read() as conn:
        (point,) = world.points(conn, "bills")
        reach = factories.reach_of((point.id, FIRST_DAY + 1, FIRST_DAY + 3))
        text = b"".join(feeds.download(conn, reach, EVERYTHING, [point], scope=SCOPE, settings=world.settings))
    feed = parsed(text)
    allowed = [day_block(1, 4, day) for day in (FIRST_DAY + 1, FIRST_DAY + 2)]
    assert len(values(feed)) == 96 + 100 + 2 + 1
    assert series(feed, timeAttribute=11) == [[each.total for each in allowed]]
    assert series(feed, timeAttribute=13) == [[sum(each.total for each in allowed)]]
    assert entries(feed, "UsageSummary") == []


def test_a_usage_point_wholly_out_of_reach_gives_nothing_but_its_frame(world: World) -> None:
    with world.database.read() as conn:
        (point,) = world.points(conn, "bills")
        reach = factories.reach_of((point.id + 1, FIRST_DAY, LAST_DAY + 1))
        text = b"".join(feeds.download(conn, reach, EVERYTHING, [point], scope=SCOPE, settings=world.settings))
    assert values(parsed(text)) == []


def test_a_correction_keeps_the_id_and_moves_the_times(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.fill()
    before = parsed(world.feed("electricity"))
    with world.database.write() as conn:
        (point,) = world.points(conn, "electricity")
        corrected = replace(day_block(point.id, 4, FIRST_DAY, least=5000), sent_s=9)
        readings.put_blocks(conn, [corrected], file_id=2, now_s=NOW_S + 60)
    after = parsed(world.feed("electricity"))
    old, new = (entries(feed, "IntervalBlock")[0] for feed in (before, after))
    for name in ("{*}id", "{*}published"):
        assert new.findtext(name) == old.findtext(name)
    assert instant_s(new.findtext("{*}updated") or "") == NOW_S + 60
    assert instant_s(after.findtext("{*}updated") or "") == NOW_S + 60
    assert instant_s(before.findtext("{*}updated") or "") == NOW_S
    world.database.close()


def test_the_stamp_covers_what_months_are_made_of(world: World) -> None:
    question = Question(FIRST_DAY + 1, FIRST_DAY + 2)
    with world.database.read() as conn:
        points = world.points(conn, "register")
        assert feeds.stamp(conn, world.reach, question, points) == NOW_S
        assert feeds.stamp(conn, world.reach, replace(question, series=frozenset(SERIES)), points) == NOW_S
        assert feeds.stamp(conn, world.reach, question, []) == 0


@pytest.mark.parametrize(
    ("text", "series"),
    [("", {"interval"}), ("all", set(SERIES)), ("daily", {"daily"}), (" monthly, interval", {"interval", "monthly"})],
)
def test_series_are_asked_for_by_name(text: str, series: set[str]) -> None:
    assert series_of(text) == series


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(BadInput, match="hourly"):
        series_of("hourly")
    with pytest.raises(BadInput, match="first day"):
        Question(5, 5)
    with pytest.raises(BadInput, match="Series"):
        Question(5, 6, series=frozenset({"weekly"}))


def peak(world: World, days: int) -> tuple[int, int]:
    """The memory that a feed of so many days takes at most while it is made, and its size."""
    with world.database.read() as conn:
        points = [directory.usage_point(conn, world.reach, esiid="1")]
        question = Question(FIRST_DAY, FIRST_DAY + days, series=frozenset(SERIES))
        tracemalloc.start()
        try:
            chunks = feeds.download(conn, world.reach, question, points, scope=SCOPE, settings=world.settings)
            size = sum(map(len, chunks))
            return tracemalloc.get_traced_memory()[1], size
        finally:
            tracemalloc.stop()


def test_seven_years_take_no_more_memory_than_one(tmp_path: Path) -> None:
    world = World(tmp_path)
    with world.database.write() as conn:
        directory.add_usage_point(conn, world.utility, "1", now_s=NOW_S)
        point = directory.usage_point_ids(conn, world.utility, ["1"])["1"]
        channels.add_interval_channel(conn, point, 4, reading_type_for_lse(4), NOW_S)
        blocks = [day_block(point, 4, day) for day in range(FIRST_DAY, FIRST_DAY + 7 * 365)]
        readings.put_blocks(conn, blocks, file_id=1, now_s=NOW_S)
    peak(world, 7 * 365)  # fills the caches, which are bounded
    (one_year, small), (seven_years, large) = peak(world, 365), peak(world, 7 * 365)
    world.database.close()
    assert large > 6.5 * small
    assert seven_years < one_year + 500_000
