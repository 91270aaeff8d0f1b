"""The fast path equals its plain twin byte for byte, and the declaration-driven writer after parsing."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espi.atom import grid, write
from espi.atom.grid import BlockRenderer
from espi.atom.links import Hrefs, block_path_id, block_uuid
from espi.atom.read import Entry, entries
from espi.clock import zone
from espi.day import ABSENT, PackedDay, pack_codes, pack_values
from espi.errors import BadInput
from espi.resources.interval_block import INTERVAL_BLOCK
from tests.plain_twins.interval_blocks import interval_blocks

CHICAGO = zone("America/Chicago")
HREFS = Hrefs("https://dc.example.com/espi/1_1/resource", "RetailCustomer/900000000000001")
FEED_ID = "471c43c2-043f-5434-bf1f-1eba5a13b748"
FIRST_DAY = 16_071  # 2014-01-01


@dataclass(frozen=True)
class Thing:
    path_id: int
    uuid: str = "3030ac7c-9588-50c4-b8fa-c793d18f9157"


POINT, CHANNEL = Thing(123_456_789_012_345), Thing(223_456_789_012_345)


def day(number: int, values: list[int], qualities: Any = 17, **more: Any) -> PackedDay:
    """A day of as many readings as there are values, at the interval that fills the day."""
    codes = np.full(len(values), qualities, np.uint8)
    start_s = CHICAGO.day_start_s(number)
    length_s = CHICAGO.day_length_s(number)
    times = {"published_s": start_s + length_s + 7_200, "updated_s": start_s + length_s + 90_000, **more}
    packed = pack_values(np.array(values, np.int64))
    return PackedDay(number, start_s, length_s // len(values), len(values), packed, pack_codes(codes), **times)


def quarter_hours(number: int, value: int = 250, **more: Any) -> PackedDay:
    return day(number, [value] * CHICAGO.quarter_hours(number), **more)


def rendered(days: list[PackedDay], default: int | None = 17) -> bytes:
    return b"".join(BlockRenderer(HREFS, POINT, CHANNEL, default).render(iter(days)))


def twin(days: list[PackedDay], default: int | None = 17) -> bytes:
    collection = HREFS.interval_blocks(POINT.path_id, CHANNEL.path_id)
    reading = HREFS.meter_reading(POINT.path_id, CHANNEL.path_id)
    return b"".join(interval_blocks(collection, reading, CHANNEL.uuid, CHANNEL.path_id, default, days))


def read(blocks: bytes) -> list[Entry]:
    feed = write.feed_head(FEED_ID, "t", 0, [HREFS.batch()]) + blocks + write.FEED_TAIL
    return list(entries(io.BytesIO(feed)))


def written(packed: PackedDay, default: int | None = 17) -> bytes:
    """The day as the writer puts it."""
    block = packed.block(0, 0)
    present = [index for index in range(block.values.size) if block.qualities[index] != ABSENT]
    rows = []
    for index in present:
        start_s = block.start_s + index * block.interval_s
        row: dict[str, Any] = {"timePeriod": {"start": start_s, "duration": block.interval_s}}
        row["value"] = int(block.values[index])
        if block.qualities[index] != default:
            row["ReadingQuality"] = [{"quality": int(block.qualities[index])}]
        extras = {"cost": block.costs, "consumptionTier": block.tier, "tou": block.tou, "cpp": block.cpp}
        row |= {name: int(column[index]) for name, column in extras.items() if column is not None}
        rows.append(row)
    first_s, last_s = (rows[place]["timePeriod"]["start"] for place in (0, -1))
    ids = {"UsagePoint": POINT.path_id, "MeterReading": CHANNEL.path_id}
    ids["IntervalBlock"] = block_path_id(CHANNEL.path_id, packed.day)
    return write.entry(
        INTERVAL_BLOCK,
        {"interval": {"start": first_s, "duration": last_s + block.interval_s - first_s}, "IntervalReading": rows},
        id=block_uuid(CHANNEL.uuid, packed.day),
        links=HREFS.for_row(INTERVAL_BLOCK, ids),
        title="IntervalBlock",
        published_s=packed.published_s,
        updated_s=packed.updated_s,
    )


COUNTS = {82_800: (23, 92), 86_400: (24, 96), 90_000: (25, 100)}


def span(seed: int) -> list[PackedDay]:
    """Days of a channel in order, with the gaps, qualities and extras that a channel may have."""
    random = np.random.default_rng(seed)
    first, coarse = int(random.integers(FIRST_DAY, FIRST_DAY + 800)), int(random.integers(2))
    days = []
    for number in range(first, first + 70):
        count = COUNTS[CHICAGO.day_length_s(number)][1 - coarse]
        if random.random() < 0.06:
            days.append(strange_day(random, number, count))
        elif random.random() > 0.02:
            days.append(day(number, random.integers(0, random.choice([9, 200, 5_000, 70_000]), count).tolist()))
    return days


def strange_day(random: np.random.Generator, number: int, count: int) -> PackedDay:
    most = int(random.choice([70_000, 2**47]))
    values = random.integers(-most, most, count).tolist() if random.random() < 0.5 else [most] * count
    qualities = random.choice([17, 17, 8, 9, ABSENT], count if random.random() < 0.6 else 1).astype(np.uint8)
    extras: dict[str, Any] = {}
    if random.random() < 0.4:
        extras["costs"] = pack_values(np.arange(count) * random.choice([-7, 1, 70_000]))
    for name in ("tou", "tier", "cpp"):
        if random.random() < 0.3:
            extras[name] = pack_codes(np.arange(count, dtype=np.uint8) % random.choice(np.array([1, 4], np.uint8)))
    return day(number, values, qualities, **extras)


SEEDS = st.integers(0, 2**32)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from([17, 8, None]))
def test_the_fast_path_equals_the_plain_twin(seed: int, default: int | None) -> None:
    days = span(seed)
    assert rendered(days, default) == twin(days, default)


@settings(max_examples=5, deadline=None)
@given(SEEDS, st.sampled_from([17, None]))
def test_the_fast_path_says_what_the_declared_writer_says(seed: int, default: int | None) -> None:
    days = span(seed)[:20]
    shown = [packed for packed in days if packed.block(0, 0).absent < packed.count]
    assert read(rendered(days, default)) == read(b"".join(written(packed, default) for packed in shown))


@pytest.mark.parametrize("first", ["spring", "autumn"])
def test_days_of_92_and_100_quarter_hours_are_whole(first: str) -> None:
    number = {"spring": 16_138, "autumn": 16_376}[first]
    days = [quarter_hours(number + offset) for offset in range(-1, 2)]
    counts = {"spring": [96, 92, 96], "autumn": [96, 100, 96]}[first]
    assert [len(entry.row["IntervalReading"]) for entry in read(rendered(days))] == counts
    ends = [sum(entry.row["interval"].values()) for entry in read(rendered(days))]
    assert ends[:2] == [packed.start_s for packed in days[1:]]


def test_a_year_comes_in_few_pieces() -> None:
    days = [quarter_hours(FIRST_DAY + offset) for offset in range(365)]
    assert len(list(BlockRenderer(HREFS, POINT, CHANNEL, 17).render(days))) < 20


def test_a_sheet_shows_nothing_of_the_one_before() -> None:
    renderer = BlockRenderer(HREFS, POINT, CHANNEL, 17)
    before = [quarter_hours(FIRST_DAY + offset, value=65_535) for offset in range(40)]
    after = [quarter_hours(FIRST_DAY + 400 + offset, value=1) for offset in range(40)]
    list(renderer.render(before))
    assert b"".join(renderer.render(after)) == twin(after)


def test_gaps_are_left_out_and_the_block_spans_what_is_there() -> None:
    qualities = [ABSENT] * 8 + [17] * 40 + [ABSENT] * 4 + [17] * 40 + [ABSENT] * 4
    packed = day(FIRST_DAY, [100] * 96, qualities)
    (entry,) = read(rendered([packed]))
    starts = [reading["timePeriod"]["start"] for reading in entry.row["IntervalReading"]]
    assert len(starts) == 80
    assert entry.row["interval"] == {"start": packed.start_s + 8 * 900, "duration": 84 * 900}
    assert entry.row["interval"]["start"] == starts[0]


def test_a_day_without_any_reading_is_no_entry() -> None:
    assert rendered([day(FIRST_DAY, [0] * 96, ABSENT)]) == b""


def test_qualities_are_stated_only_where_they_are_not_the_default() -> None:
    mixed = day(FIRST_DAY, [5] * 96, [17] * 95 + [8])
    qualities = [reading.get("ReadingQuality") for reading in read(rendered([mixed]))[0].row["IntervalReading"]]
    assert [known for known, _ in groupby(qualities)] == [None, [{"quality": 8}]]
    estimated = [quarter_hours(FIRST_DAY + offset, qualities=8) for offset in range(3)]
    assert rendered(estimated).count(b"<espi:quality>8</espi:quality>") == 3 * 96
    assert b"quality>" not in rendered(estimated, default=8)


@pytest.mark.parametrize("count", [1, 24, 288, 1_440])
def test_readings_may_be_of_any_length(count: int) -> None:
    days = [day(FIRST_DAY + offset, [offset] * count) for offset in range(67)]
    assert rendered(days) == twin(days)


@pytest.mark.parametrize("number", [-1, 100_000])
def test_days_that_ids_cannot_name_are_an_error(number: int) -> None:
    with pytest.raises(ValueError, match="day"):
        rendered([quarter_hours(FIRST_DAY)._replace(day=number)])


@pytest.mark.parametrize("start_s", [0, 999_999_000, 9_999_999_000, 12_000_000_000])
def test_times_of_other_than_ten_digits_take_the_slow_way(start_s: int) -> None:
    days = [quarter_hours(FIRST_DAY)._replace(start_s=start_s)]
    assert rendered(days) == twin(days)


def test_bytes_that_do_not_fit_the_count_are_refused() -> None:
    with pytest.raises(BadInput):
        rendered([quarter_hours(FIRST_DAY)._replace(packed=bytes(100))])
    with pytest.raises(BadInput):
        rendered([quarter_hours(FIRST_DAY)._replace(quality=bytes(3))])


def test_percent_signs_in_hrefs_stay() -> None:
    hrefs = Hrefs("https://dc.example.com/a%20b%d/resource", "RetailCustomer/9")
    days = [quarter_hours(FIRST_DAY), day(FIRST_DAY + 1, [1] * 96, [8] + [17] * 95)]
    for entry in read(b"".join(BlockRenderer(hrefs, POINT, CHANNEL, 17).render(days))):
        assert all(href.startswith("https://dc.example.com/a%20b%d/resource/") for href in entry.hrefs("self"))


def test_sheets_begin_at_fixed_days_so_that_all_meters_share_texts() -> None:
    grid._start_texts.cache_clear()
    for first in (FIRST_DAY, FIRST_DAY + 3):
        rendered([quarter_hours(number) for number in range(first, FIRST_DAY + 28)])
    assert grid._start_texts.cache_info().misses <= 2
