"""Readings as the plain formats write them: a usage point's series, measured or added up by hour, day or month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from espi.clock import zone
from espi.day import ACTUAL_QUALITY, DayBlock
from espi.feeds import derived, hourly
from espi.feeds.derived import Made
from espi.feeds.entries import neutral_title
from espi.feeds.question import DAILY, HOURLY, INTERVAL, MONTHLY
from espi.formats.metered import MeteredChannel, MeteredPoint, MeteredVersion
from espi.store import as_of, channels

if TYPE_CHECKING:
    from espi.feeds.contents import Contents
    from espi.store.channels import Channel
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

SERIES = (INTERVAL, HOURLY, DAILY, MONTHLY)
"""What can be asked for, the finest first."""


def finest(contents: Contents) -> str:
    """The finest series that may be seen; what is coarser may be too, for it can be added up."""
    return next((each for each in SERIES if each in contents.series), MONTHLY)


def metered(
    conn: Conn,
    reach: Reach,
    point: UsagePoint,
    series: str,
    span: tuple[int, int],
    contents: Contents,
    as_of_s: int | None = None,
    *,
    versions: bool = False,
) -> MeteredPoint:
    """A usage point with its channels of one of `SERIES` on the days of a span; months are whole.

    It is called as it is in feeds: without address or number. as_of_s: as it stood at that instant; None is now.
    versions: with the past of the intervals' days, as far as it was known then.
    """
    stored = INTERVAL if series == HOURLY else series
    measured = [
        MeteredChannel(
            each.number,
            each.title,
            {**each.reading_type.content, "intervalLength": hourly.HOUR_S}
            if series == HOURLY
            else each.reading_type.content,
            _shown(_blocks(conn, reach, point, each, series, span, as_of_s), contents),
            _versions(conn, reach, point, each, span, contents, as_of_s) if versions else None,
        )
        for each in channels.channels(conn, reach, point.id)
        if each.series == stored and contents.shows(each)
    ]
    return MeteredPoint("", neutral_title(point), zone(point.utility.zone), point.service_kind, measured)


def _versions(
    conn: Conn,
    reach: Reach,
    point: UsagePoint,
    channel: Channel,
    span: tuple[int, int],
    contents: Contents,
    as_of_s: int | None,
) -> Iterator[MeteredVersion]:
    found = list(as_of.stretches(conn, reach, point.id, channel.number, *span, as_of_s))
    names = as_of.file_names(conn, {each.file_id for each in found})
    for each in found:
        block = each.block if contents.costs else replace(each.block, costs=None)
        yield MeteredVersion(block, each.from_s, each.until_s, each.received, names.get(each.file_id, ""))


def _shown(blocks: Iterable[DayBlock], contents: Contents) -> Iterable[DayBlock]:
    return blocks if contents.costs else (replace(each, costs=None) for each in blocks)


def _blocks(
    conn: Conn,
    reach: Reach,
    point: UsagePoint,
    channel: Channel,
    series: str,
    span: tuple[int, int],
    as_of_s: int | None,
) -> Iterable[DayBlock]:
    if series in {INTERVAL, HOURLY}:
        days = as_of.packed_blocks(conn, reach, point.id, channel.number, *span, as_of_s)
        made = map(hourly.by_the_hour, days) if series == HOURLY else days
        return (each.block(point.id, channel.number) for each in made)
    if channel.of_number is None:
        return ()
    whole = derived.whole_months(*span) if series == MONTHLY else span
    totals = as_of.day_totals(conn, reach, point.id, channel.of_number, *whole, as_of_s)
    sums = derived.daily if series == DAILY else derived.monthly
    default = int(channel.reading_type.content.get("defaultQuality", ACTUAL_QUALITY))
    return as_blocks(sums(totals), point.id, channel.number, default)


def as_blocks(sums: Iterable[Made], usage_point_id: int, number: int, default_quality: int) -> Iterator[DayBlock]:
    """Each sum as a block of its one reading."""
    for each in sums:
        quality = default_quality if each.quality is None else each.quality
        yield DayBlock(
            usage_point_id=usage_point_id,
            channel=number,
            day=each.day,
            start_s=each.start_s,
            interval_s=each.duration_s,
            values=np.array([each.value], np.int64),
            qualities=np.array([quality], np.uint8),
            published_s=each.published_s,
            updated_s=each.updated_s,
        )
