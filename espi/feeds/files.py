"""A download as a file: Green Button, CSV, LSE, JSON or hourly statistics; its name says nothing of the customer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from espi.atom.names import MEDIA_TYPES
from espi.clock import day_date, zone
from espi.day import ACTUAL_QUALITY, GENERATION, LOAD, DayBlock
from espi.errors import BadInput
from espi.feeds.download import download, stamp
from espi.feeds.entries import neutral_title
from espi.feeds.plain import as_blocks
from espi.feeds.quality import Receipt, receipt
from espi.feeds.question import HOURLY, INTERVAL, REGISTER, Question, Times
from espi.feeds.series import Series, series_in
from espi.formats import home_statistics, lse, market_csv, usage_json
from espi.formats.metered import MeteredChannel, MeteredPoint
from espi.store import readings

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

FORMATS = ("xml", "csv", "lse", "json", "ha")
"""What `download_as` can make; each but ha (hourly statistics for Home Assistant, a CSV file) is also the ending of the
file's name. LSE files are named as the market does."""


@dataclass(frozen=True)
class Download:
    """A file to be sent. chunks: its bytes, made as they are read; read them while the connection is open."""

    media_type: str
    file_name: str
    chunks: Iterator[bytes]


def download_as(
    wanted: str,
    conn: Conn,
    reach: Reach,
    question: Question,
    usage_points: Sequence[UsagePoint],
    *,
    scope: str,
    settings: Settings,
    with_receipt: bool = False,
) -> Download:
    """The usage points' data as a file of one of `FORMATS`.

    All but XML hold the interval series. with_receipt: where the format has a place for it (JSON), it says what
    the readings are worth as well. Raises `BadInput`, before anything is made, for what the format cannot say.
    """
    if wanted not in FORMATS:
        raise BadInput(f"There is no format {wanted}: give {', '.join(FORMATS)}.")
    if not usage_points:
        raise BadInput("There is no usage point to download.")
    if wanted == "xml":
        name = file_name(question, usage_points, scope, wanted)
        chunks = download(conn, reach, question, usage_points, scope=scope, settings=settings)
        return Download(MEDIA_TYPES["feed"], name, chunks)
    if wanted == "lse":
        if question.contents is not None:
            raise BadInput("LSE files are for the market: they name meters. Give xml, csv or json.")
        return _lse(conn, reach, question, usage_points)
    name = file_name(question, usage_points, scope, "hourly.csv" if wanted == "ha" else wanted)
    points = [_metered(conn, reach, question, each) for each in usage_points]
    if wanted == "ha":
        return Download(home_statistics.MEDIA_TYPE, name, home_statistics.write(points))
    if wanted == "csv":
        return Download(market_csv.MEDIA_TYPE, name, market_csv.write(points))
    facts = {"quality": receipt_for(conn, reach, question, usage_points, settings).told()} if with_receipt else {}
    return Download(usage_json.MEDIA_TYPE, name, usage_json.write(points, facts))


def receipt_for(
    conn: Conn, reach: Reach, question: Question, usage_points: Sequence[UsagePoint], settings: Settings
) -> Receipt:
    """What may be thought of the readings that a download of this question holds."""
    span = question.from_day, question.until_day
    now_s = settings.clock.now_s()
    return receipt(conn, reach, usage_points, span, now_s=now_s, contents=question.contents, as_of_s=question.as_of_s)


def file_name(question: Question, usage_points: Sequence[UsagePoint], scope: str, ending: str) -> str:
    """`GreenButton_{opaque}_{YYYYMMDD}-{YYYYMMDD}.xml`, both days included.

    opaque: the usage point's path number where it is one, else the number of the scope.
    """
    opaque = usage_points[0].path_id if len(usage_points) == 1 else scope.rpartition("/")[2]
    first, last = day_date(question.from_day), day_date(question.until_day - 1)
    return f"GreenButton_{opaque}_{first:%Y%m%d}-{last:%Y%m%d}.{ending}"


def _metered(conn: Conn, reach: Reach, question: Question, usage_point: UsagePoint) -> MeteredPoint:
    """A usage point with its intervals; with its days or months, where a grant opens nothing finer.

    To whom a grant opens it, it is called as it is in feeds: without its number and its customer's words.
    """
    asked = question
    if question.contents is None or question.series & {INTERVAL, HOURLY}:
        fine = question.series & {INTERVAL, HOURLY}
        asked = replace(question, series=fine or frozenset({INTERVAL}))
    measured = [
        MeteredChannel(
            each.source,
            each.channel.title,
            each.channel.reading_type.content,
            _blocks(conn, reach, question, usage_point, each),
        )
        for each in series_in(conn, reach, asked, usage_point)
        if each.channel.series != REGISTER
    ]
    place = zone(usage_point.utility.zone)
    named = usage_point.esiid, usage_point.title
    esiid, title = named if question.contents is None else ("", neutral_title(usage_point))
    return MeteredPoint(esiid, title, place, usage_point.service_kind, measured)


def _blocks(
    conn: Conn, reach: Reach, question: Question, usage_point: UsagePoint, series: Series
) -> Iterator[DayBlock]:
    """The days of a series; with all that is known of them, unless the question leaves something out."""
    if question.contents is None and question.times == Times():
        span = question.from_day, question.until_day
        yield from readings.blocks(conn, reach, usage_point.id, series.source, *span)
        return
    yield from (day.block(usage_point.id, series.source) for day in series.days or ())
    default = int(series.channel.reading_type.content.get("defaultQuality", ACTUAL_QUALITY))
    for month in series.months or ():
        yield from as_blocks(month.readings, usage_point.id, series.source, default)


def _lse(conn: Conn, reach: Reach, question: Question, usage_points: Sequence[UsagePoint]) -> Download:
    utilities = {each.utility.duns: each.utility for each in usage_points}
    if len(utilities) > 1:
        raise BadInput("An LSE file is one utility's: ask for the usage points of one utility at a time.")
    utility = usage_points[0].utility
    points = [_metered(conn, reach, question, each) for each in usage_points]
    sent_s = stamp(conn, reach, question, usage_points)
    chunks = itertools.chain.from_iterable(
        lse.write(point.esiid, point.zone, channel.blocks, sent_s)
        for point in points
        for channel in point.channels
        if channel.number in (LOAD, GENERATION)
    )
    return Download(lse.MEDIA_TYPE, lse.file_name(utility.duns, zone(utility.zone).local(sent_s), 1), chunks)
