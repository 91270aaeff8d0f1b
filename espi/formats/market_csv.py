"""The CSV of the Texas market: one row an interval, in local wall-clock time, with Smart Meter Texas' heading row.

Days on which the clocks change have 92 or 100 rows a channel; in autumn 01:00 to 01:45 stand twice, in order. A reading
that is missing has no row. Gas and water use the same columns; the amount's heading then names their unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from espi.clock import Zone
from espi.day import ABSENT, ESTIMATED_QUALITIES, DayBlock
from espi.errors import BadInput
from espi.formats.metered import MeteredChannel, MeteredPoint

MEDIA_TYPE = "text/csv; charset=utf-8"

HEADING = (
    "ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,"
    "USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION"
)
"""Smart Meter Texas' heading row, letter for letter."""

COLUMN_UNITS = {
    72: ("KWH", 3),
    169: ("THERM", 0),
    42: ("M3", 0),
    119: ("FT3", 0),
    128: ("GALLON", 0),
    132: ("BTU", 0),
}
"""ESPI unit (uom) to the unit of the column and the power of ten that lies between the two."""

FLOWS = {1: "Consumption", 19: "Surplus Generation"}
_THOUSANDTH = Decimal("0.001")


def write(points: Sequence[MeteredPoint]) -> Iterator[bytes]:
    """The heading row, then the rows of every channel that the format can say, a day at a time.

    Channels that are not an amount that flowed one way (net, demand, temperature, registers), or whose unit no column
    stands for (reactive energy), have no place in it and are left out. Raises `BadInput`, before anything is written,
    where that leaves nothing of what flowed, or two channels have different units.
    """
    columns = {COLUMN_UNITS[channel.reading_type["uom"]][0] for _, channel in _channels(points)}
    if len(columns) > 1:
        raise BadInput("A CSV file holds one unit only: ask for one usage point at a time, or for XML or JSON.")
    if not columns and any(channel.is_flow for point in points for channel in point.channels):
        raise BadInput("The CSV file has no column for the unit of these readings: ask for XML or JSON.")
    return _lines(points, columns.pop() if columns else "KWH")


def _lines(points: Sequence[MeteredPoint], column: str) -> Iterator[bytes]:
    yield (HEADING.replace("KWH", column) + "\r\n").encode("ascii")
    for point, channel in _channels(points):
        yield from _rows(point.esiid, point.zone, channel)


def _channels(points: Sequence[MeteredPoint]) -> Iterator[tuple[MeteredPoint, MeteredChannel]]:
    for point in points:
        for channel in point.channels:
            if channel.is_flow and channel.reading_type.get("uom") in COLUMN_UNITS:
                yield point, channel


def amount_text(value: int, exponent: int) -> str:
    """`value` times ten to the `exponent` with three decimals, rounded half to even where there are more."""
    return f"{Decimal(value).scaleb(exponent).quantize(_THOUSANDTH):f}"


def _rows(esiid: str, zone: Zone, channel: MeteredChannel) -> Iterator[bytes]:
    exponent = channel.reading_type.get("powerOfTenMultiplier", 0) - COLUMN_UNITS[channel.reading_type["uom"]][1]
    flow = FLOWS[channel.reading_type["flowDirection"]]
    for block in channel.blocks:
        yield "".join(_block_rows(esiid, zone, block, exponent, flow)).encode("ascii")


def _block_rows(esiid: str, zone: Zone, block: DayBlock, exponent: int, flow: str) -> Iterator[str]:
    revised = zone.local(block.updated_s).strftime("%m/%d/%Y %H:%M:%S")
    walls = [zone.local(block.start_s + index * block.interval_s) for index in range(len(block.values) + 1)]
    for index, (value, quality) in enumerate(zip(block.values.tolist(), block.qualities.tolist(), strict=True)):
        if quality == ABSENT:
            continue
        mark = "E" if quality in ESTIMATED_QUALITIES else "A"
        start, end = walls[index], walls[index + 1]
        amount = amount_text(value, exponent)
        yield f"'{esiid},{start:%m/%d/%Y},{revised},{start:%H:%M},{end:%H:%M},{amount},{mark},{flow}\r\n"
