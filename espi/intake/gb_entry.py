"""Single Green Button entries of a usage point that is known: a block of readings, a bill, a summary of quality."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from espi.atom.read import Entry
from espi.clock import zone
from espi.config import Settings
from espi.errors import BadInput
from espi.intake import gb_days
from espi.intake.green_button import KIND, days_of, plain
from espi.intake.permit import may_put
from espi.intake.report import Counts
from espi.store import queue, summaries
from espi.store.channels import Channel
from espi.store.database import Conn
from espi.store.directory import UsagePoint
from espi.store.readings import put_blocks

NAME = "entry.xml"
SUMMARIES = {
    "UsageSummary": ("billingPeriod", summaries.put_usage_summary),
    "ElectricPowerQualitySummary": ("summaryInterval", summaries.put_power_quality),
}


def put_block(conn: Conn, point: UsagePoint, channel: Channel, sent: Entry, sha256: str, settings: Settings) -> int:
    """Take in an IntervalBlock of a series, and return its first day. `BadInput` where its readings cannot be laid."""
    now_s = settings.clock.now_s()
    file = _file(conn, point, sha256, settings)
    found, useless = gb_days.readings([(sent.row, sent.updated_s or now_s)], dict(channel.reading_type.content))
    laid, crowded = gb_days.day_blocks(found, zone(point.utility.zone), point.id, channel.number)
    if useless or crowded or not laid or any(lane for lane, _ in laid):
        raise BadInput("IntervalBlock needs readings with a time, a length and a value that do not overlap.")
    blocks = [block for _, block in laid]
    result = put_blocks(conn, blocks, file_id=file.id, now_s=now_s)
    changed = (*result.created, *result.replaced, *result.merged)
    counts = Counts(blocks=len(blocks), loaded=len(result.created), values=sum(each.values.size for each in blocks))
    queue.finish(conn, file.id, queue.LOADED, now_s, asdict(counts), {blocks[place].day for place in changed})
    return min(each.day for each in blocks)


def put_summary(conn: Conn, point: UsagePoint, sent: Entry, sha256: str, settings: Settings) -> tuple[int, int]:
    """Take in a UsageSummary or ElectricPowerQualitySummary, and return its days; that of the same days is replaced."""
    now_s = settings.clock.now_s()
    file = _file(conn, point, sha256, settings)
    name, put = SUMMARIES[sent.resource]
    span = days_of(sent.row.get(name, {}), zone(point.utility.zone))
    if span is None:
        raise BadInput(f"{sent.resource} needs a {name} with a start.")
    row: dict[str, Any] = plain(sent.row)
    put(conn, point.id, *span, row, now_s=now_s)
    queue.finish(conn, file.id, queue.LOADED, now_s, asdict(Counts()), spans=[(point.id, *span)])
    return span


def _file(conn: Conn, point: UsagePoint, sha256: str, settings: Settings) -> queue.ReceivedFile:
    may_put(conn, point.utility, NAME, settings)
    return queue.take_file(conn, NAME, sha256, point.utility.id, KIND, settings.clock.now_s())
