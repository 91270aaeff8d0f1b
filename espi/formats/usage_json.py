"""Usage as JSON, for programs that want plain numbers.

    {"format": "green-button-usage", "version": 1,
     "usage_points": [
      {"esiid": "...", "title": "...", "zone": "America/Chicago", "service": "electricity",
       "channels": [
        {"number": 4, "title": "...", "unit": "Wh", "power_of_ten": 0, "flow": "forward", "interval_seconds": 900,
         "readings": [
          {"start": "2014-02-01T06:00:00Z", "local": "2014-02-01T00:00:00-06:00", "seconds": 900, "value": 123,
           "quality": 17, "estimated": false}]}]}]}

The amount of a reading is `value`, always a whole number, times ten to the `power_of_ten`, in `unit`. `start` is UTC,
`local` the same instant on the meter's wall clock. `quality` is ESPI's QualityOfReading. A reading that is missing does
not appear. `esiid` is null where the reader may not know it. Further keys that may appear in a reading:
`cost_hundred_thousandths`, `tou`, `tier`, `cpp`. Before `usage_points` may stand facts of the whole, such as `quality`;
after the readings of a channel `versions`: every version of a day, with when it was in force.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from espi.clock import Zone, day_date, instant_text
from espi.day import ABSENT, ESTIMATED_QUALITIES, DayBlock
from espi.formats.metered import MeteredChannel, MeteredPoint, MeteredVersion
from espi.resources import codes

MEDIA_TYPE = "application/json"

_ESTIMATED = {False: "false", True: "true"}


def write(points: Iterable[MeteredPoint], facts: Mapping[str, Any] | None = None) -> Iterator[bytes]:
    """The document in pieces, a day of readings at most in each. facts: what is told of the whole."""
    head = {"format": "green-button-usage", "version": 1, **(facts or {})}
    yield _open(head, "usage_points")
    comma = b"\n"
    for point in points:
        yield comma
        yield from _point(point)
        comma = b",\n"
    yield b"\n]}\n"


def service(kind: int) -> str:
    """The name of an ESPI ServiceKind."""
    return _meaning(codes.SERVICE_KIND, kind)


def _point(point: MeteredPoint) -> Iterator[bytes]:
    facts = {
        "esiid": point.esiid or None,
        "title": point.title,
        "zone": point.zone.name,
        "service": service(point.service_kind),
    }
    yield _open(facts, "channels")
    comma = b"\n "
    for channel in point.channels:
        yield comma
        yield from _channel(channel, point.zone)
        comma = b",\n "
    yield b"]}"


def _channel(channel: MeteredChannel, zone: Zone) -> Iterator[bytes]:
    reading_type = channel.reading_type
    facts: dict[str, Any] = {
        "number": channel.number,
        "title": channel.title,
        "unit": _meaning(codes.UNIT_SYMBOL_KIND, reading_type.get("uom", 0)),
        "power_of_ten": reading_type.get("powerOfTenMultiplier", 0),
        "flow": _meaning(codes.FLOW_DIRECTION_KIND, reading_type.get("flowDirection", 0)),
        "interval_seconds": reading_type.get("intervalLength"),
    }
    yield _open(facts, "readings")
    comma = "\n  "
    for block in channel.blocks:
        rows = list(_readings(block, zone))
        if rows:
            yield (comma + ",\n  ".join(rows)).encode()
            comma = ",\n  "
    if channel.versions is not None:
        yield b'],\n  "versions": ['
        comma = "\n  "
        for version in channel.versions:
            yield (comma + _version(version, zone)).encode()
            comma = ",\n  "
    yield b"]}"


def _version(version: MeteredVersion, zone: Zone) -> str:
    block = version.block
    facts = {
        "day": str(day_date(block.day)),
        "revision": block.revision,
        "in_force_from": None if version.from_s is None else instant_text(version.from_s),
        "in_force_until": None if version.until_s is None else instant_text(version.until_s),
        "received": version.received,
        "sent": instant_text(block.sent_s),
        "file": version.file,
    }
    return f"{_open(facts, 'readings').decode()}{', '.join(_readings(block, zone))}]}}"


def _readings(block: DayBlock, zone: Zone) -> Iterator[str]:
    """Each reading as text: there are so many that an encoder for anything takes half as long again."""
    extras = {"cost_hundred_thousandths": block.costs, "tou": block.tou, "tier": block.tier, "cpp": block.cpp}
    more = [(name, given.tolist()) for name, given in extras.items() if given is not None]
    start_s, step_s = block.start_s, block.interval_s
    for index, (value, quality) in enumerate(zip(block.values.tolist(), block.qualities.tolist(), strict=True)):
        if quality != ABSENT:
            rest = "".join(f', "{name}": {numbers[index]}' for name, numbers in more)
            yield (
                f'{{"start": "{instant_text(start_s)}", "local": "{zone.local(start_s).isoformat()}", '
                f'"seconds": {step_s}, "value": {value}, "quality": {quality}, '
                f'"estimated": {_ESTIMATED[quality in ESTIMATED_QUALITIES]}{rest}}}'
            )
        start_s += step_s


def _open(facts: Mapping[str, Any], last: str) -> bytes:
    return json.dumps(facts, ensure_ascii=False)[:-1].encode() + f', "{last}": ['.encode()


def _meaning(meanings: Mapping[int, str], code: int) -> str:
    """The name of a code: what stands before the colon of its meaning."""
    return meanings.get(code, f"code {code}").partition(":")[0]
