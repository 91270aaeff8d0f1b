"""What a custodian token may write of readings and of what describes them (ESPI, FB_33).

The model bounds it. A ReadingType is what it says, so one can be added but not changed; time parameters are those of a
utility's zone; usage points and MeterReadings come with files (`espi.api.upload`); nothing measured is ever deleted.
Where the standard has a verb that this cannot honestly do, the answer is 405 with those that there are.
"""

from __future__ import annotations

from flask import Response

from espi.api.endpoint import Asked
from espi.api.holder import Holder, holder_of
from espi.api.query import question_of
from espi.api.sent import entry_and_hash, entry_of
from espi.atom.links import Hrefs, block_path_id
from espi.errors import BadInput, NotFound
from espi.feeds.single import Entry, Single
from espi.intake import gb_entry
from espi.intake.green_button import plain
from espi.store import channels, directory, summaries
from espi.store.channels import Channel
from espi.store.directory import UsagePoint

ATOM = "application/atom+xml"
MEASURED = "interval"


def add_reading_type(asked: Asked) -> Response:
    """Add a ReadingType; one that says the same is the same, and is given as it is."""
    asked.require()
    sent = entry_of(asked, "ReadingType")
    if not sent.row:
        raise BadInput("ReadingType must say something.")
    now_s = asked.settings.clock.now_s()
    key = channels.add_reading_type(asked.conn, plain(sent.row), now_s=now_s, title=sent.title)
    (kind,) = [each for each in channels.reading_types(asked.conn) if each.id == key]
    single = _single(asked, Holder("", asked.reach("point:read"), None))
    return _created(single.reading_type(kind), Hrefs(asked.settings.resource_url, "").reading_type(kind.path_id))


def put_block(asked: Asked) -> Response:
    """Take in a block of readings of a series, as a file of it would."""
    holder, point = _point(asked)
    channel = _channel(asked, holder, point)
    sent, sha256 = entry_and_hash(asked, "IntervalBlock")
    day = gb_entry.put_block(asked.conn, point, channel, sent, sha256, asked.settings)
    number = block_path_id(channel.path_id, day)
    found = _single(asked, holder, point).interval_block(point, channel.path_id, number)
    href = Hrefs(asked.settings.resource_url, holder.scope).interval_block(point.path_id, channel.path_id, number)
    return _created(found, href)


def put_usage_summary(asked: Asked) -> Response:
    """Take in a bill's summary; that of the same days is replaced."""
    holder, point = _point(asked)
    span = gb_entry.put_summary(asked.conn, point, *entry_and_hash(asked, "UsageSummary"), asked.settings)
    found = summaries.usage_summaries(asked.conn, holder.reach, point.id, *span)
    (path_id,) = [each.path_id for each in found if (each.from_day, each.until_day, each.number) == (*span, 0)]
    href = Hrefs(asked.settings.resource_url, holder.scope).usage_summary(point.path_id, path_id)
    return _created(_single(asked, holder, point).usage_summary(point, path_id), href)


def put_power_quality(asked: Asked) -> Response:
    """Take in a summary of power quality; that of the same days is replaced."""
    holder, point = _point(asked)
    sent = entry_and_hash(asked, "ElectricPowerQualitySummary")
    span = gb_entry.put_summary(asked.conn, point, *sent, asked.settings)
    found = summaries.power_quality(asked.conn, holder.reach, point.id, *span)
    (path_id,) = [each.path_id for each in found if (each.from_day, each.until_day, each.number) == (*span, 0)]
    href = Hrefs(asked.settings.resource_url, holder.scope).power_quality(point.path_id, path_id)
    return _created(_single(asked, holder, point).power_quality(point, path_id), href)


def _point(asked: Asked) -> tuple[Holder, UsagePoint]:
    """The usage point of the path: of the holder that it names, and one whose readings the caller may put."""
    path_id = asked.number("usage_point_id")
    directory.usage_point(asked.conn, asked.reach(), path_id=path_id)
    holder = holder_of(asked)
    return Holder(holder.scope, holder.reach, None), directory.usage_point(asked.conn, holder.reach, path_id=path_id)


def _channel(asked: Asked, holder: Holder, point: UsagePoint) -> Channel:
    path_id = asked.number("meter_reading_id")
    for each in channels.channels(asked.conn, holder.reach, point.id):
        if each.path_id == path_id and each.series == MEASURED:
            return each
    raise NotFound(detail=f"no measured series {path_id}")


def _single(asked: Asked, holder: Holder, *points: UsagePoint) -> Single:
    question = question_of({}, None, asked.settings, points)
    return Single(asked.conn, holder.reach, question, Hrefs(asked.settings.resource_url, holder.scope))


def _created(found: Entry, href: str) -> Response:
    return Response(found.document, 201, {"Location": href}, content_type=ATOM)
