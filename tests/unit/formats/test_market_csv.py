"""The market's CSV: Smart Meter Texas' columns, wall-clock time, 92, 96 and 100 rows."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from espi.clock import parse_day, zone
from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY, DayBlock
from espi.errors import BadInput
from espi.formats import market_csv
from espi.formats.metered import MeteredChannel, MeteredPoint

CHICAGO = zone("America/Chicago")
ENERGY = {"accumulationBehaviour": 4, "flowDirection": 1, "powerOfTenMultiplier": 0, "uom": 72}
SURPLUS = {**ENERGY, "flowDirection": 19}


def block(day: str, values: list[int] | None = None, channel: int = 4, qualities: list[int] | None = None) -> DayBlock:
    number = parse_day(day)
    values = values if values is not None else list(range(CHICAGO.quarter_hours(number)))
    codes = np.full(len(values), ACTUAL_QUALITY, np.uint8) if qualities is None else np.array(qualities, np.uint8)
    return DayBlock(
        1, channel, number, CHICAGO.day_start_s(number), 900, np.array(values, np.int64), codes, updated_s=1_700_000_000
    )


def point(*channels: MeteredChannel, esiid: str = "10443720001234567") -> MeteredPoint:
    return MeteredPoint(esiid, "Home", CHICAGO, 0, channels)


def channel(*blocks: DayBlock, reading_type: dict[str, int] | None = None) -> MeteredChannel:
    return MeteredChannel(4, "Load", reading_type or ENERGY, blocks)


def rows(*points: MeteredPoint) -> list[dict[str, str]]:
    text = b"".join(market_csv.write(points)).decode("ascii")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_heading_row_is_the_markets_letter_for_letter() -> None:
    text = b"".join(market_csv.write([point(channel(block("2014-01-20")))]))
    assert text.split(b"\r\n")[0] == (
        b"ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,"
        b"USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION"
    )


def test_a_row_says_when_how_much_and_how_sure() -> None:
    first, *_, last = rows(point(channel(block("2014-01-20", [1234] * 96, qualities=[17] * 95 + [8]))))
    assert first == {
        "ESIID": "'10443720001234567",
        "USAGE_DATE": "01/20/2014",
        "REVISION_DATE": "11/14/2023 16:13:20",
        "USAGE_START_TIME": "00:00",
        "USAGE_END_TIME": "00:15",
        "USAGE_KWH": "1.234",
        "ESTIMATED_ACTUAL": "A",
        "CONSUMPTION_SURPLUSGENERATION": "Consumption",
    }
    assert (last["USAGE_START_TIME"], last["USAGE_END_TIME"], last["ESTIMATED_ACTUAL"]) == ("23:45", "00:00", "E")
    assert last["USAGE_DATE"] == "01/20/2014"


def test_spring_has_no_hour_from_two_to_three() -> None:
    times = [row["USAGE_START_TIME"] for row in rows(point(channel(block("2014-03-09"))))]
    assert len(times) == 92
    assert times[7:9] == ["01:45", "03:00"]


def test_autumn_has_the_hour_from_one_to_two_twice_in_order() -> None:
    found = rows(point(channel(block("2014-11-02"))))
    assert len(found) == 100
    assert [row["USAGE_START_TIME"] for row in found[4:12]] == ["01:00", "01:15", "01:30", "01:45"] * 2
    assert [row["USAGE_KWH"] for row in found[4:12]] == [f"0.{n:03d}" for n in range(4, 12)]


def test_a_missing_reading_has_no_row() -> None:
    found = rows(point(channel(block("2014-01-20", [5] * 96, qualities=[17] * 10 + [ABSENT] * 4 + [17] * 82))))
    assert len(found) == 92
    assert found[10]["USAGE_START_TIME"] == "03:30"


def test_surplus_generation_follows_consumption() -> None:
    sun = channel(block("2014-01-20", channel=1), reading_type=SURPLUS)
    found = rows(point(channel(block("2014-01-20")), sun))
    kinds = [row["CONSUMPTION_SURPLUSGENERATION"] for row in found]
    assert kinds == ["Consumption"] * 96 + ["Surplus Generation"] * 96


@pytest.mark.parametrize(
    ("value", "exponent", "text"),
    [
        (1234, -3, "1.234"),
        (7, 0, "7.000"),
        (12345, -6, "0.012"),
        (2, 3, "2000.000"),
        (-5, -3, "-0.005"),
        (0, -3, "0.000"),
    ],
)
def test_amounts_have_three_decimals(value: int, exponent: int, text: str) -> None:
    assert market_csv.amount_text(value, exponent) == text


def test_gas_names_its_unit_in_the_heading() -> None:
    therms = {**ENERGY, "commodity": 7, "powerOfTenMultiplier": -3, "uom": 169}
    (first, *_) = rows(point(channel(block("2014-01-20", [1500] * 96), reading_type=therms)))
    assert first["USAGE_THERM"] == "1.500"


def test_two_units_are_refused_before_anything_is_written() -> None:
    water = channel(block("2014-01-20"), reading_type={**ENERGY, "uom": 42})
    with pytest.raises(BadInput, match="one unit"):
        market_csv.write([point(channel(block("2014-01-20"))), point(water)])


def test_a_unit_without_a_column_is_refused() -> None:
    with pytest.raises(BadInput, match="no column"):
        market_csv.write([point(channel(block("2014-01-20"), reading_type={**ENERGY, "uom": 6}))])


def test_reactive_energy_beside_energy_is_left_out() -> None:
    reactive = channel(block("2014-01-20"), reading_type={**ENERGY, "uom": 73})
    assert len(rows(point(channel(block("2014-01-20")), reactive))) == 96


def test_what_is_no_flow_is_left_out() -> None:
    demand = channel(block("2014-01-20"), reading_type={**ENERGY, "accumulationBehaviour": 12, "uom": 38})
    assert len(rows(point(demand, channel(block("2014-01-20", [ESTIMATED_QUALITY] * 96))))) == 96
    assert rows(point(demand)) == []
