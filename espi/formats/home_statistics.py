"""Hourly statistics as CSV, in the columns that Home Assistant's file imports read.

    statistic_id,unit,start,state,sum
    greenbutton:electricity_0017_used,kWh,01.02.2014 00:00,0.480,0.480

`start` is a full hour on the meter's wall clock (day.month.year), `sum` what has added up since the first row, and
`state` the same. An hour of which something is missing has no row. The hour that comes twice in autumn is one row with
both; no two rows have the same start. Amounts are kWh for electricity, else the unit that the meter is read in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from espi.day import ABSENT
from espi.errors import BadInput
from espi.formats import units
from espi.formats.metered import MeteredChannel, MeteredPoint

MEDIA_TYPE = "text/csv; charset=utf-8"
HEADING = "statistic_id,unit,start,state,sum\r\n"
SERVICES = {1: "gas", 2: "water"}
FLOWS = {1: "used", 19: "sent_back"}


def write(points: Sequence[MeteredPoint]) -> Iterator[bytes]:
    """The heading row, then the hours of every channel of an amount that flowed one way.

    Raises `BadInput`, before anything is written, where no channel is one whose unit is known.
    """
    chosen = [
        (point, channel)
        for point in points
        for channel in point.channels
        if channel.is_flow and channel.reading_type.get("uom") in units.NAMES
    ]
    if not chosen:
        raise BadInput("There is nothing here that adds up by the hour: ask for XML or JSON.")
    return _lines(chosen)


def _lines(chosen: Sequence[tuple[MeteredPoint, MeteredChannel]]) -> Iterator[bytes]:
    yield HEADING.encode("ascii")
    for point, channel in chosen:
        yield from _channel(point, channel)


def _channel(point: MeteredPoint, channel: MeteredChannel) -> Iterator[bytes]:
    uom = int(channel.reading_type["uom"])
    power = int(channel.reading_type.get("powerOfTenMultiplier", 0))
    last = re.sub(r"[^0-9a-z]", "", point.esiid.lower())[-4:] or "meter"
    service = SERVICES.get(point.service_kind, "electricity")
    name = f"greenbutton:{service}_{last}_{FLOWS[int(channel.reading_type['flowDirection'])]}"
    unit = units.NAMES[uom][0]
    total = 0
    for block in channel.blocks:
        hours: dict[str, int | None] = {}
        for index, (value, quality) in enumerate(zip(block.values.tolist(), block.qualities.tolist(), strict=True)):
            local = point.zone.local(block.start_s + index * block.interval_s)
            hour = f"{local:%d.%m.%Y %H:00}"
            known = hours.get(hour, 0)
            hours[hour] = None if quality == ABSENT or known is None else known + value
        rows = []
        for hour, amount in hours.items():
            if amount is not None:
                total += amount
                text = _text(units.thousandths(total, uom, power))
                rows.append(f"{name},{unit},{hour},{text},{text}\r\n")
        yield "".join(rows).encode("utf-8")


def _text(thousandths: int) -> str:
    whole, rest = divmod(abs(thousandths), 1000)
    return f"{'-' if thousandths < 0 else ''}{whole}.{rest:03d}"
