"""Query parameters of feeds: bounds, paging, and what is refused (ESPI, function block 37)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from lxml import etree

from espi.clock import instant_text
from espi.store import readings
from tests.function_block_rules import Element, entries, hrefs
from tests.metered import CHICAGO, FIRST_DAY, LAST_DAY, NOW_S, day_block
from tests.reading_world import ALL_BLOCKS, ReadingWorld, path_of, valid

START_S = CHICAGO.day_start_s(FIRST_DAY)
STRUCTURE = ("UsagePoint", "LocalTimeParameters", "MeterReading", "ReadingType")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingWorld]:
    world = ReadingWorld(tmp_path_factory.mktemp("query"))
    yield world
    world.database.close()


@pytest.fixture(scope="module")
def subscription(world: ReadingWorld) -> str:
    return world.share(ALL_BLOCKS, "electricity")


def bounds(feed: Element) -> list[tuple[int, int]]:
    """Where the blocks of a feed begin and end."""
    found = []
    for block in entries(feed, "IntervalBlock"):
        start_s = int(block.findtext(".//{*}interval/{*}start") or "")
        found.append((start_s, start_s + int(block.findtext(".//{*}interval/{*}duration") or "")))
    return found


def ids(feed: Element) -> list[str | None]:
    return [entry.findtext("{*}id") for entry in feed.iter("{*}entry")]


def test_published_bounds_are_included_and_leave_the_structure(world: ReadingWorld, subscription: str) -> None:
    whole = bounds(world.batch(subscription))
    low, high = instant_text(whole[1][0]), instant_text(whole[-2][1])
    feed = world.batch(subscription, f"?published-min={low}&published-max={high}")
    assert bounds(feed) == whole[1:-1]
    assert [len(entries(feed, kind)) for kind in STRUCTURE] == [1, 1, 1, 1]


@pytest.mark.parametrize(("step_s", "left_out"), [(0, 0), (1, 1), (-1, 0)])
def test_a_block_is_whole_or_not_there(world: ReadingWorld, subscription: str, step_s: int, left_out: int) -> None:
    whole = bounds(world.batch(subscription))
    assert bounds(world.batch(subscription, f"?published-min={START_S + step_s}")) == whole[left_out:]
    end_s = whole[-1][1]
    kept = len(whole) - left_out
    assert bounds(world.batch(subscription, f"?published-max={end_s - step_s}")) == whole[:kept]


@pytest.mark.parametrize(
    "text",
    [
        str(START_S),
        "2014-10-31T05:00:00Z",
        "2014-10-31T05:00:00.000Z",
        "2014-10-31T00:00:00-05:00",
        "2014-10-31T10:30:00%2B05:30",
        "2014-10-31T10:30:00+05:30",
    ],
)
def test_instants_may_be_written_in_every_usual_way(world: ReadingWorld, subscription: str, text: str) -> None:
    day_s = CHICAGO.day_start_s(FIRST_DAY + 1)
    assert bounds(world.batch(subscription, f"?published-min={text}&published-max={day_s}")) == [(START_S, day_s)]


def test_a_bound_in_the_future_is_as_good_as_none(world: ReadingWorld, subscription: str) -> None:
    whole = bounds(world.batch(subscription))
    assert bounds(world.batch(subscription, "?published-max=9999999999")) == whole
    assert bounds(world.batch(subscription, "?published-max=9999-12-31T23:59:59Z")) == whole
    assert bounds(world.batch(subscription, "?published-min=9999-12-31T23:59:59Z")) == []


def test_a_bound_before_all_time_is_as_good_as_none(world: ReadingWorld, subscription: str) -> None:
    whole = bounds(world.batch(subscription))
    assert bounds(world.batch(subscription, "?published-min=0001-01-01T00:00:00Z")) == whole
    assert bounds(world.batch(subscription, "?published-max=0001-01-01T00:00:00Z")) == []


def test_bills_are_bounded_by_their_period(world: ReadingWorld) -> None:
    billed = world.share(ALL_BLOCKS, "quality")
    for query, seen in (("", 1), (f"?published-min={START_S}", 1), (f"?published-min={START_S + 1}", 0)):
        feed = world.batch(billed, query)
        assert [len(entries(feed, kind)) for kind in ("UsageSummary", "ElectricPowerQualitySummary")] == [seen, seen]


def test_updated_min_gives_what_changed_since_and_corrections_once(world: ReadingWorld) -> None:
    subscription = world.share(ALL_BLOCKS, "odd")
    with world.database.write() as conn:
        (point,) = world.points(conn, "odd")
        corrected = replace(day_block(point.id, 4, FIRST_DAY + 2, least=5000), sent_s=NOW_S + 60)
        readings.put_blocks(conn, [corrected], file_id=2, now_s=NOW_S + 60)
    since = world.batch(subscription, f"?updated-min={NOW_S + 1}")
    assert [start for start, _ in bounds(since)] == [CHICAGO.day_start_s(FIRST_DAY + 2)]
    assert [len(entries(since, kind)) for kind in STRUCTURE] == [1, 1, 1, 1]
    assert bounds(world.batch(subscription, f"?updated-min={NOW_S + 61}")) == []
    before = world.batch(subscription, f"?updated-max={NOW_S}")
    assert len(bounds(before)) == LAST_DAY - FIRST_DAY
    assert len(bounds(world.batch(subscription, f"?updated-min={NOW_S}&updated-max={NOW_S + 60}"))) == 5


BAD = [
    *((name, text) for name in ("published-min", "published-max", "updated-min", "updated-max")
      for text in ("All", "03/01/2016", "2016-02-30T00:00:00Z", "2016-03-01", "2016-03-01T25:00:00Z", "-5", "")),
    *((name, text) for name in ("start-index", "max-results", "depth") for text in ("All", "-1", "1.5", "", "1" * 10)),
    ("start-index", "0"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), BAD)
def test_what_cannot_be_read_is_refused_with_its_name(
    world: ReadingWorld, subscription: str, name: str, text: str
) -> None:
    for path in (f"Batch/{subscription}", f"{subscription}/UsagePoint"):
        answer = world.get(f"{path}?{name}={text}", subscription)
        assert answer.status_code == 400
        assert answer.content_type == "application/problem+xml"
        assert (etree.fromstring(answer.data).findtext("{*}title") or "").startswith(name)


@pytest.mark.parametrize("kind", ["published", "updated"])
def test_a_least_after_the_greatest_is_refused(world: ReadingWorld, subscription: str, kind: str) -> None:
    answer = world.get(f"Batch/{subscription}?{kind}-min=200&{kind}-max=100", subscription)
    assert answer.status_code == 400
    assert f"{kind}-min".encode() in answer.data


def test_unknown_parameters_are_passed_over(world: ReadingWorld, subscription: str) -> None:
    assert ids(world.batch(subscription, "?colour=blue")) == ids(world.batch(subscription))


def test_pages_put_together_are_the_whole_feed(world: ReadingWorld) -> None:
    subscription = world.share(ALL_BLOCKS, "quality", "solar")
    whole = world.batch(subscription)
    found: list[str | None] = []
    path, seen = f"Batch/{subscription}?max-results=4", 0
    while path:
        page = valid(world.get(path, subscription))
        assert len(ids(page)) <= 4
        assert hrefs(page, "self") == hrefs(whole, "self")
        assert len(hrefs(page, "first")) == 1
        assert len(hrefs(page, "previous")) == (1 if seen else 0)
        found += ids(page)
        following = hrefs(page, "next")
        path, seen = (path_of(following[0]) if following else "", seen + 1)
    assert found == ids(whole)
    assert seen == 7


def test_a_page_that_ends_with_the_feed_has_no_next(world: ReadingWorld, subscription: str) -> None:
    count = len(ids(world.batch(subscription)))
    assert hrefs(world.batch(subscription, f"?max-results={count}"), "next") == []
    assert len(hrefs(world.batch(subscription, f"?max-results={count - 1}"), "next")) == 1
    assert hrefs(world.batch(subscription), "next") == []


def test_depth_is_a_limit_too_and_none_may_be_asked_for(world: ReadingWorld, subscription: str) -> None:
    assert len(ids(world.batch(subscription, "?depth=2"))) == 2
    assert len(ids(world.batch(subscription, "?depth=3&max-results=5"))) == 3
    assert ids(world.batch(subscription, "?max-results=0")) == []
    assert ids(world.batch(subscription, "?start-index=1000")) == []


def test_a_page_keeps_the_bounds_of_time(world: ReadingWorld, subscription: str) -> None:
    page = world.batch(subscription, f"?max-results=2&published-min={START_S + 1}")
    (following,) = hrefs(page, "next")
    assert f"published-min={START_S + 1}" in following
    assert "start-index=3" in following


def test_collections_are_filtered_and_paged_as_feeds_are(world: ReadingWorld, subscription: str) -> None:
    (up,) = {hrefs(block, "up")[0] for block in entries(world.batch(subscription), "IntervalBlock")}
    whole = bounds(valid(world.get(path_of(up), subscription)))
    assert bounds(valid(world.get(f"{path_of(up)}?published-min={START_S + 1}", subscription))) == whole[1:]
    assert bounds(valid(world.get(f"{path_of(up)}?start-index=2&max-results=2", subscription))) == whole[1:3]
