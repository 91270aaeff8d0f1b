"""What `espi.atom.grid` writes, said plainly: one formatted string after another. Slow, and easy to believe."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from espi.day import ABSENT, DayBlock, PackedDay


def interval_blocks(
    collection: str, meter_reading: str, uuid: str, path_id: int, default_quality: int | None, days: Iterable[PackedDay]
) -> Iterator[bytes]:
    """The entries of a channel's days. collection, meter_reading: hrefs; uuid, path_id: of the channel."""
    for packed in days:
        block = packed.block(0, 0)
        readings = list(_readings(block, default_quality))
        if readings:
            yield _entry(collection, meter_reading, uuid, path_id, block, readings).encode()


def _entry(
    collection: str, meter_reading: str, uuid: str, path_id: int, block: DayBlock, readings: list[tuple[int, str]]
) -> str:
    first_s, last_s = readings[0][0], readings[-1][0]
    own_path_id = int(f"{path_id // 100_000}{block.day:05d}")
    return (
        f"<entry><id>urn:uuid:{uuid[:-8]}{block.day:08x}</id>"
        f'<link rel="self" type="espi-entry/IntervalBlock" href="{collection}/{own_path_id}"/>'
        f'<link rel="up" type="espi-feed/IntervalBlock" href="{collection}"/>'
        f'<link rel="related" type="espi-entry/MeterReading" href="{meter_reading}"/>'
        f"<title>IntervalBlock</title><published>{_instant(block.published_s)}</published>"
        f"<updated>{_instant(block.updated_s)}</updated>"
        '<content type="application/xml"><espi:IntervalBlock>'
        f"<espi:interval><espi:duration>{last_s + block.interval_s - first_s}</espi:duration>"
        f"<espi:start>{first_s}</espi:start></espi:interval>"
        f"{''.join(text for _, text in readings)}"
        "</espi:IntervalBlock></content></entry>\n"
    )


def _readings(block: DayBlock, default_quality: int | None) -> Iterator[tuple[int, str]]:
    for index, value in enumerate(block.values.tolist()):
        quality = int(block.qualities[index])
        if quality == ABSENT:
            continue
        start_s = block.start_s + index * block.interval_s
        text = "<espi:IntervalReading>"
        if block.costs is not None:
            text += f"<espi:cost>{block.costs[index]}</espi:cost>"
        if quality != default_quality:
            text += f"<espi:ReadingQuality><espi:quality>{quality}</espi:quality></espi:ReadingQuality>"
        text += f"<espi:timePeriod><espi:duration>{block.interval_s}</espi:duration>"
        text += f"<espi:start>{start_s}</espi:start></espi:timePeriod>"
        text += f"<espi:value>{value}</espi:value>{' ' * (5 - len(str(value)))}"
        if block.tier is not None:
            text += f"<espi:consumptionTier>{block.tier[index]}</espi:consumptionTier>"
        if block.tou is not None:
            text += f"<espi:tou>{block.tou[index]}</espi:tou>"
        if block.cpp is not None:
            text += f"<espi:cpp>{block.cpp[index]}</espi:cpp>"
        yield start_s, text + "</espi:IntervalReading>"


def _instant(instant: int) -> str:
    return dt.datetime.fromtimestamp(instant, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
