"""Hourly statistics: a running total in full hours, no two rows of one hour, nothing where something is missing."""

from __future__ import annotations

import csv
import io
from itertools import pairwise

import numpy as np
import pytest

from espi.clock import parse_day, zone
from espi.day import ABSENT, ACTUAL_QUALITY, DayBlock
from espi.errors import BadInput
from espi.formats import home_statistics
from espi.formats.metered import MeteredChannel, MeteredPoint

CHICAGO = zone("America/Chicago")
ENERGY = {"accumulationBehaviour": 4, "flowDirection": 1, "powerOfTenMultiplier": 0, "uom": 72}


def rows(*days: str, value: int = 250, absent: int | None = None, **reading_type: int) -> list[dict[str, str]]:
    blocks = []
    for day in days:
        number = parse_day(day)
        count = CHICAGO.quarter_hours(number)
        qualities = np.full(count, ACTUAL_QUALITY, np.uint8)
        if absent is not None:
            qualities[absent] = ABSENT
        values = np.full(count, value, np.int64)
        blocks.append(DayBlock(1, 4, number, CHICAGO.day_start_s(number), 900, values, qualities))
    channel = MeteredChannel(4, "=cmd()", {**ENERGY, **reading_type}, blocks)
    point = MeteredPoint("10443720001230017", "=cmd()", CHICAGO, 0, (channel,))
    text = b"".join(home_statistics.write([point])).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_total_goes_on_from_hour_to_hour_and_day_to_day() -> None:
    found = rows("2014-02-01", "2014-02-02")
    assert found[0] == {
        "statistic_id": "greenbutton:electricity_0017_used",
        "unit": "kWh",
        "start": "01.02.2014 00:00",
        "state": "1.000",
        "sum": "1.000",
    }
    assert [float(row["sum"]) for row in found] == [float(hour) for hour in range(1, 49)]


@pytest.mark.parametrize(("day", "count", "last"), [("2014-03-09", 23, "23.000"), ("2014-11-02", 24, "25.000")])
def test_no_hour_comes_twice_and_nothing_is_lost_where_the_clocks_change(day: str, count: int, last: str) -> None:
    found = rows(day)
    assert len({row["start"] for row in found}) == len(found) == count
    assert found[-1]["sum"] == last


def test_an_hour_with_a_gap_has_no_row() -> None:
    found = rows("2014-02-01", absent=5)
    assert "01.02.2014 01:00" not in {row["start"] for row in found}
    assert found[-1]["sum"] == "23.000"


def test_what_was_sent_back_is_a_statistic_of_its_own() -> None:
    assert rows("2014-02-01", flowDirection=19)[0]["statistic_id"] == "greenbutton:electricity_0017_sent_back"


def test_no_cell_begins_a_formula_in_a_spreadsheet() -> None:
    cells = [cell for row in rows("2014-02-01") for cell in row.values()]
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r"]


def test_what_does_not_add_up_is_refused_before_anything_is_written() -> None:
    with pytest.raises(BadInput):
        rows("2014-02-01", accumulationBehaviour=12)


def test_totals_never_fall() -> None:
    sums = [float(row["sum"]) for row in rows("2014-02-01", value=7)]
    assert all(low <= high for low, high in pairwise(sums))
