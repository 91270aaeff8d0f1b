"""Usage as JSON: whole numbers, UTC beside local time, nothing where nothing is known."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from espi.clock import parse_day, zone
from espi.day import ABSENT, ACTUAL_QUALITY, DayBlock
from espi.formats import usage_json
from espi.formats.metered import MeteredChannel, MeteredPoint

CHICAGO = zone("America/Chicago")
ENERGY = {"accumulationBehaviour": 4, "flowDirection": 1, "powerOfTenMultiplier": 0, "uom": 72, "intervalLength": 900}


def block(day: str, **extras: Any) -> DayBlock:
    number = parse_day(day)
    count = CHICAGO.quarter_hours(number)
    qualities = extras.pop("qualities", np.full(count, ACTUAL_QUALITY, np.uint8))
    return DayBlock(1, 4, number, CHICAGO.day_start_s(number), 900, np.arange(count), qualities, **extras)


def document(*blocks: DayBlock) -> dict[str, Any]:
    channel = MeteredChannel(4, "Load", ENERGY, blocks)
    points = [MeteredPoint("10443720001234567", "Casa “Ñ”", CHICAGO, 0, [channel, channel]), point_without_channels()]
    found: dict[str, Any] = json.loads(b"".join(usage_json.write(points)))
    return found


def point_without_channels() -> MeteredPoint:
    return MeteredPoint("2", "Empty", CHICAGO, 1, [])


def readings(*blocks: DayBlock) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document(*blocks)["usage_points"][0]["channels"][0]["readings"]
    return found


def test_a_usage_point_says_what_it_is_and_how_it_is_measured() -> None:
    first, second = document(block("2014-01-20"))["usage_points"]
    assert {key: first[key] for key in ("esiid", "title", "zone", "service")} == {
        "esiid": "10443720001234567",
        "title": "Casa “Ñ”",
        "zone": "America/Chicago",
        "service": "electricity",
    }
    channel = first["channels"][0]
    assert (channel["unit"], channel["power_of_ten"], channel["flow"], channel["interval_seconds"]) == (
        "Wh",
        0,
        "forward",
        900,
    )
    assert (second["service"], second["channels"]) == ("gas", [])


def test_a_reading_has_both_times_its_value_and_its_quality() -> None:
    assert readings(block("2014-01-20"))[1] == {
        "start": "2014-01-20T06:15:00Z",
        "local": "2014-01-20T00:15:00-06:00",
        "seconds": 900,
        "value": 1,
        "quality": 17,
        "estimated": False,
    }


def test_the_days_on_which_clocks_change_are_told_apart_by_utc() -> None:
    found = readings(block("2014-03-09"), block("2014-11-02"))
    assert len(found) == 192
    assert len({row["start"] for row in found}) == 192
    assert found[8]["local"] == "2014-03-09T03:00:00-05:00"
    assert [found[92 + n]["local"] for n in (4, 8)] == ["2014-11-02T01:00:00-05:00", "2014-11-02T01:00:00-06:00"]


def test_a_missing_reading_does_not_appear() -> None:
    qualities = np.full(96, ACTUAL_QUALITY, np.uint8)
    qualities[:90] = ABSENT
    qualities[95] = 9
    found = readings(block("2014-01-20", qualities=qualities))
    assert [row["value"] for row in found] == [90, 91, 92, 93, 94, 95]
    assert [row["estimated"] for row in found] == [False] * 5 + [True]


def test_a_day_that_is_missing_altogether_leaves_good_json() -> None:
    nothing = np.full(96, ABSENT, np.uint8)
    assert readings(block("2014-01-20", qualities=nothing)) == []
    assert len(readings(block("2014-01-20", qualities=nothing), block("2014-01-21"))) == 96


def test_costs_and_buckets_appear_where_they_are_known() -> None:
    found = readings(block("2014-01-20", costs=np.arange(96), tou=np.full(96, 2, np.uint8)))
    assert (found[5]["cost_hundred_thousandths"], found[5]["tou"]) == (5, 2)
    assert "tier" not in found[5]
