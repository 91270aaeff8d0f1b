"""Green Button files of any maker import: whatever the order, the links and the oddities of their readings."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from espi.clock import instant_s, parse_day, zone
from espi.config import Settings
from espi.day import ABSENT, pack_values
from espi.intake.load import load_file
from espi.intake.report import FileReport
from espi.store.database import Database
from espi.store.form import heads, packed_days
from tests import databases

START = instant_s("2025-01-02T06:00:00Z")  # midnight in Texas
POINT = "3f2b0c9e-58a7-4a7c-9e58-0d9f6f1f6a01"

LOCAL_TIME = """
  <LocalTimeParameters xmlns="http://naesb.org/espi"><dstEndRule>B40E2000</dstEndRule><dstOffset>3600</dstOffset>
  <dstStartRule>360E2000</dstStartRule><tzOffset>-21600</tzOffset></LocalTimeParameters>"""
READING_TYPE = """
  <ReadingType xmlns="http://naesb.org/espi"><commodity>1</commodity><flowDirection>1</flowDirection>
  <intervalLength>3600</intervalLength><powerOfTenMultiplier>0</powerOfTenMultiplier><uom>72</uom></ReadingType>"""
USAGE_POINT = """
  <UsagePoint xmlns="http://naesb.org/espi"><ServiceCategory><kind>0</kind></ServiceCategory></UsagePoint>"""
METER_READING = '<MeterReading xmlns="http://naesb.org/espi"/>'
SUMMARY = """
  <ElectricPowerUsageSummary xmlns="http://naesb.org/espi"><billingPeriod><duration>2678400</duration>
  <start>1735711200</start></billingPeriod><billLastPeriod>5000</billLastPeriod></ElectricPowerUsageSummary>"""


def entry(content: str, self_href: str, up: str, *related: str, id_: str = "") -> str:
    links = f'<link rel="self" href="{self_href}"/><link rel="up" href="{up}"/>'
    links += "".join(f'<link rel="related" href="{href}"/>' for href in related)
    return f"""<entry><id>urn:uuid:{id_ or POINT}</id>{links}<title>A house</title><content>{content}</content>
      <published>2025-02-01T00:00:00Z</published><updated>2025-02-01T00:00:00Z</updated></entry>"""


def reading(start_s: int, value: int, duration: int | None = 3600, extra: str = "", cost: int | None = None) -> str:
    length = "" if duration is None else f"<duration>{duration}</duration>"
    paid = "" if cost is None else f"<cost>{cost}</cost>"
    return f"""<IntervalReading>{paid}{extra}<timePeriod>{length}<start>{start_s}</start></timePeriod>
      <value>{value}</value></IntervalReading>"""


def block(*readings: str) -> str:
    inner = "".join(readings)
    return f"""<IntervalBlock xmlns="http://naesb.org/espi"><interval><duration>86400</duration><start>{START}</start>
      </interval>{inner}</IntervalBlock>"""


def parts(readings: Sequence[str], root: str = "") -> list[str]:
    """The entries of a feed of one house, in the usual order."""
    point = f"{root}RetailCustomer/1/UsagePoint/7"
    return [
        entry(
            USAGE_POINT,
            point,
            f"{root}RetailCustomer/1/UsagePoint",
            f"{point}/MeterReading",
            f"{root}LocalTimeParameters/1",
        ),
        entry(LOCAL_TIME, f"{root}LocalTimeParameters/1", f"{root}LocalTimeParameters"),
        entry(
            METER_READING,
            f"{point}/MeterReading/2",
            f"{point}/MeterReading",
            f"{point}/MeterReading/2/IntervalBlock",
            f"{root}ReadingType/3",
        ),
        entry(READING_TYPE, f"{root}ReadingType/3", f"{root}ReadingType"),
        entry(block(*readings), f"{point}/MeterReading/2/IntervalBlock/4", f"{point}/MeterReading/2/IntervalBlock"),
        entry(SUMMARY, f"{point}/ElectricPowerUsageSummary/5", f"{point}/ElectricPowerUsageSummary"),
    ]


def feed(entries: Sequence[str]) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:uuid:{POINT}</id>{"".join(entries)}</feed>'


def take(database: Database, settings: Settings, text: str, name: str = "house.xml") -> FileReport:
    return load_file(database, io.BytesIO(text.encode()), name, settings=settings)


def lanes(settings: Settings) -> list[tuple[int, int, int, list[int | None]]]:
    """Day, start, interval and values (None for a gap) of every day block, by day and channel."""
    rows = databases.rows(settings, "SELECT day, updated_s, content FROM day_block ORDER BY day, channel")
    blocks = [day.block(0, 0) for day in packed_days(rows)]
    return [
        (
            block.day,
            block.start_s,
            block.interval_s,
            [
                None if code == ABSENT else value
                for value, code in zip(block.values.tolist(), block.qualities.tolist(), strict=True)
            ],
        )
        for block in blocks
    ]


HOURS = [reading(START + hour * 3600, hour) for hour in range(24)]
DAY = parse_day("2025-01-02")


@pytest.mark.parametrize("root", ["", "https://example.org/espi/1_1/resource/", "/x/"])
@pytest.mark.parametrize("backwards", [False, True])
def test_entries_find_each_other_in_any_order(
    database: Database, settings: Settings, root: str, backwards: bool
) -> None:
    entries = parts(HOURS, root)
    report = take(database, settings, feed(entries[::-1] if backwards else entries))
    assert (report.counts.values, report.counts.wh, report.refused) == (24, 276, ())
    assert lanes(settings) == [(DAY, START, 3600, list(range(24)))]
    assert databases.rows(settings, "SELECT esiid, title FROM usage_point") == [
        (f"GB{POINT.replace('-', '').upper()}", "A house")
    ]
    assert databases.rows(settings, "SELECT zone FROM utility") == [("America/Chicago",)]
    assert databases.rows(settings, "SELECT series FROM channel ORDER BY number") == [
        ("interval",),
        ("daily",),
        ("monthly",),
    ]


def test_summaries_are_kept_for_the_days_they_cover(database: Database, settings: Settings) -> None:
    take(database, settings, feed(parts(HOURS)))
    ((from_day, until_day, content),) = databases.rows(
        settings, "SELECT from_day, until_day, content FROM usage_summary"
    )
    assert (from_day, until_day) == (parse_day("2025-01-01"), parse_day("2025-02-01"))
    assert json.loads(content)["billLastPeriod"] == 5000


def test_a_block_is_found_through_the_related_link_of_its_meter_reading(database: Database, settings: Settings) -> None:
    entries = parts(HOURS)
    point = "RetailCustomer/1/UsagePoint/7"
    entries[4] = entry(block(*HOURS), "Blocks/4", "Blocks")
    entries[2] = entry(METER_READING, f"{point}/MeterReading/2", f"{point}/MeterReading", "Blocks/4", "ReadingType/3")
    other = entry(METER_READING, f"{point}/MeterReading/9", f"{point}/MeterReading", id_=POINT.replace("3f2b", "aaaa"))
    report = take(database, settings, feed([*entries, other]))
    assert (report.counts.values, report.refused) == (24, ())


def test_what_belongs_to_nothing_is_refused_and_the_rest_is_loaded(database: Database, settings: Settings) -> None:
    entries = parts(HOURS)
    point = "RetailCustomer/1/UsagePoint/7"
    other = entry(METER_READING, f"{point}/MeterReading/9", f"{point}/MeterReading", id_=POINT.replace("3f2b", "aaaa"))
    stray = entry(block(*HOURS), "Elsewhere/4", "Elsewhere")
    report = take(database, settings, feed([*entries, other, stray]))
    assert report.counts.values == 24
    assert [block.code for block in report.refused] == ["02"]
    assert report.exit_code == 3


def test_a_gap_is_a_gap_and_no_zero(database: Database, settings: Settings) -> None:
    take(database, settings, feed(parts([HOURS[0], HOURS[1], HOURS[4]])))
    assert lanes(settings) == [(DAY, START, 3600, [0, 1, None, None, 4])]


def test_readings_that_overlap_are_all_kept(database: Database, settings: Settings) -> None:
    readings = [*HOURS[:3], reading(START + 3600, 50), reading(START + 3 * 3600, 70, 7200)]
    report = take(database, settings, feed(parts(readings)))
    assert (report.counts.values, report.counts.wh) == (5, 123)
    assert lanes(settings) == [
        (DAY, START, 3600, [0, 1, 2]),
        (DAY, START + 3600, 3600, [50]),
        (DAY, START + 3 * 3600, 7200, [70]),
    ]


def test_a_length_of_nought_is_the_reading_type_s(database: Database, settings: Settings) -> None:
    take(database, settings, feed(parts([reading(START, 5, 0), reading(START + 3600, 6, None)])))
    assert lanes(settings) == [(DAY, START, 3600, [5, 6])]


def test_months_are_single_values_on_the_day_they_begin(database: Database, settings: Settings) -> None:
    month_s = 31 * 86400
    take(database, settings, feed(parts([reading(START, 5, month_s), reading(START + month_s, 6, month_s - 9)])))
    next_day = zone("America/Chicago").day_of(START + month_s)
    assert lanes(settings) == [(DAY, START, month_s, [5]), (next_day, START + month_s, month_s - 9, [6])]
    assert databases.rows(settings, "SELECT series FROM channel") == [("interval",)]


def test_costs_qualities_and_buckets_are_kept(database: Database, settings: Settings) -> None:
    quality = "<ReadingQuality><quality>8</quality></ReadingQuality>"
    first = reading(START, 5, extra=quality, cost=740).replace("</value>", "</value><tou>2</tou>")
    take(database, settings, feed(parts([first, reading(START + 3600, 6)])))
    ((day, content),) = databases.rows(settings, "SELECT day, content FROM day_block")
    (found,), (head,) = packed_days([(day, 0, content)]), heads([(day, content)])
    assert (list(found.quality), found.costs, found.tou) == ([8, 16], pack_values(np.array([740, 0])), bytes([2, 0]))
    assert head.estimated == 1


def test_the_same_readings_in_a_file_of_another_name_change_nothing(database: Database, settings: Settings) -> None:
    take(database, settings, feed(parts(HOURS)))
    assert take(database, settings, feed(parts(HOURS)), "copy.xml").counts.unchanged == 1
    assert take(database, settings, feed(parts(HOURS))).again
    assert len(lanes(settings)) == 1


def test_usage_points_that_share_a_uuid_stay_apart(database: Database, settings: Settings) -> None:
    first = parts(HOURS)
    second = [text.replace("UsagePoint/7", "UsagePoint/8") for text in first]
    report = take(database, settings, feed([*first, *second]))
    assert report.counts.values == 48
    assert databases.rows(settings, "SELECT count(DISTINCT usage_point_id) FROM day_block") == [(2,)]


def test_a_usage_point_without_local_time_counts_its_days_in_utc(database: Database, settings: Settings) -> None:
    entries = parts(HOURS)
    del entries[1]
    take(database, settings, feed(entries))
    assert databases.rows(settings, "SELECT zone FROM utility") == [("UTC",)]
    assert [len(values) for _, _, _, values in lanes(settings)] == [18, 6]


@pytest.mark.parametrize(
    "text",
    ["", "no XML", "<feed xmlns='http://www.w3.org/2005/Atom'/>", "<!DOCTYPE x><feed/>", feed(parts(HOURS))[:900]],
)
def test_what_is_no_green_button_file_is_refused_whole(database: Database, settings: Settings, text: str) -> None:
    report = take(database, settings, text)
    assert (report.code, report.exit_code) == ("F2", 1)
    assert lanes(settings) == []


def test_a_file_that_is_too_long_is_refused_whole(database: Database, settings: Settings) -> None:
    assert take(database, replace(settings, max_upload_mb=0), feed(parts(HOURS))).code == "F2"


def test_a_reading_that_comes_twice_is_one(database: Database, settings: Settings) -> None:
    report = take(database, settings, feed(parts([*HOURS, *HOURS[:5]])))
    assert (report.counts.values, report.refused) == (24, ())


def test_readings_of_no_use_are_listed(database: Database, settings: Settings) -> None:
    odd = [reading(START, 1).replace("<value>1</value>", ""), reading(1 << 45, 2), reading(START, 3, 1 << 31)]
    report = take(database, settings, feed(parts([*odd, *HOURS])))
    assert report.counts.values == 24
    assert [block.reason for block in report.refused] == ["3 readings of 'A house' have no value, time or length"]


def test_more_readings_for_one_time_than_there_are_lanes_are_listed(database: Database, settings: Settings) -> None:
    report = take(database, settings, feed(parts([reading(START, value) for value in range(6)])))
    assert (report.counts.values, report.counts.blocks) == (4, 4)
    assert [block.reason for block in report.refused] == ["2 readings of 'A house' overlap more than 3 others"]


def test_a_summary_without_its_period_is_listed(database: Database, settings: Settings) -> None:
    entries = parts(HOURS)
    entries[5] = entries[5].replace("<start>1735711200</start>", "")
    assert [block.code for block in take(database, settings, feed(entries)).refused] == ["02"]


@pytest.mark.parametrize(
    ("standard_s", "daylight_s", "expected"),
    [
        (-18000, 3600, "America/New_York"),
        (-28800, 3600, "America/Los_Angeles"),
        (-25200, 0, "America/Phoenix"),
        (-10800, 0, "Etc/GMT+3"),
        (3600, 0, "Etc/GMT-1"),
        (1800, 0, "UTC"),
    ],
)
def test_the_zone_is_the_one_with_the_offsets_of_the_file(
    database: Database, settings: Settings, standard_s: int, daylight_s: int, expected: str
) -> None:
    entries = parts(HOURS)
    entries[1] = entries[1].replace(">3600<", f">{daylight_s}<").replace(">-21600<", f">{standard_s}<")
    take(database, settings, feed(entries))
    assert databases.rows(settings, "SELECT zone FROM utility") == [(expected,)]


def test_several_summaries_of_the_same_days_are_all_kept_and_once_each(database: Database, settings: Settings) -> None:
    entries = parts(HOURS)
    second = entries[5].replace("Summary/5", "Summary/6").replace(">5000<", ">7000<")
    report = take(database, settings, feed([*entries, second]))
    take(database, settings, feed([*entries, second, "<!-- again -->"]))
    kept = databases.rows(settings, "SELECT content FROM usage_summary ORDER BY number")
    assert [json.loads(content)["billLastPeriod"] for (content,) in kept] == [5000, 7000]
    assert report.exit_code == 0


def test_power_quality_is_kept(database: Database, settings: Settings) -> None:
    quality = SUMMARY.replace("ElectricPowerUsageSummary", "ElectricPowerQualitySummary")
    quality = quality.replace("billingPeriod", "summaryInterval").replace("billLastPeriod", "flickerPlt")
    entries = [*parts(HOURS)]
    entries[5] = entries[5].replace(SUMMARY, quality)
    take(database, settings, feed(entries))
    ((content,),) = databases.rows(settings, "SELECT content FROM power_quality_summary")
    assert json.loads(content)["flickerPlt"] == 5000
