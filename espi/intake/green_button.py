"""Green Button files come in: usage points, their series, readings and summaries, whoever made the file.

The usage points belong to a utility that stands for files of their time zone. Their ESIIDs are made of their entries'
UUIDs, so that the same file, or a later one of the same meter, finds them again. All of a file is one transaction.
"""

from __future__ import annotations

import uuid
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from itertools import chain
from typing import Any, BinaryIO

from espi import log
from espi.clock import DAY_S, Zone, zone
from espi.config import Settings
from espi.errors import BadInput
from espi.intake import gb_days, inbox
from espi.intake.gb_feed import Feed, MeterReading, UsagePoint, read_feed
from espi.intake.permit import may_put
from espi.intake.report import Counts, FileReport
from espi.store import directory, queue, summaries
from espi.store.channels import add_channel, add_interval_channel, channel_numbers_by_uuid
from espi.store.database import Conn, Database
from espi.store.queue import RefusedBlock
from espi.store.readings import put_blocks

KIND = "green-button"
FIRST_CHANNEL = 10
SERIES = 247  # of four lanes each, below the numbers of daily and monthly series (from 1000 on)
ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "Pacific/Honolulu", "America/Halifax", "America/St_Johns", "America/Regina",
)  # fmt: skip


def load_green_button(
    database: Database, stream: BinaryIO, name: str, *, settings: Settings, utility_id: int = 0
) -> FileReport:
    """Load a Green Button file. In the report blocks are days, values are readings and `wh` is their sum.

    What belongs to nothing or cannot be understood is listed as refused, code 02. A file that is not Green Button at
    all is refused whole, F2. utility_id: the utility that sends it; usage points and series of its own are known by the
    UUIDs that our feeds give them, and others become its own. 0: of a utility that stands for such files.
    """
    found = inbox.survey(stream)
    now_s = settings.clock.now_s()
    try:
        feed = read_feed(stream, limit_bytes=settings.max_upload_mb << 20)
    except BadInput as err:
        with database.write() as conn:
            file = queue.take_file(conn, name, found.sha256, None, KIND, now_s)
            queue.finish(conn, file.id, queue.REFUSED, now_s, {"code": "F2", "reason": err.public})
        log.warn(log.Event.FILE_FAILED, file=name, code="F2", reason=err.public)
        return FileReport(name, file.id, code="F2", reason=err.public)
    with database.write() as conn:
        file = queue.take_file(conn, name, found.sha256, None, KIND, now_s)
        again = file.state == queue.LOADED
        points: tuple[int, ...] = ()
        if not again:
            sender = directory.utility(conn, utility_id) if utility_id else None
            loader = _Loader(conn, file, settings, sender)
            counts = loader.load(feed)
            queue.finish(conn, file.id, queue.LOADED, now_s, asdict(counts), loader.days, loader.spans)
            points = tuple(loader.points)
        report = FileReport(
            name,
            file.id,
            Counts.of(queue.file(conn, file.id).counts),
            refused=tuple(queue.refused(conn, file.id)),
            again=again,
            usage_points=points,
        )
    log.record(log.Event.FILE_DONE, file=name, **asdict(report.counts))
    return report


class _Loader:
    """Loads one feed within one transaction."""

    def __init__(
        self, conn: Conn, file: queue.ReceivedFile, settings: Settings, sender: directory.Utility | None
    ) -> None:
        self.conn = conn
        self.sender = sender
        self.points: list[int] = []
        self.file = file
        self.file_id = file.id
        self.settings = settings
        self.now_s = settings.clock.now_s()
        self.counts = Counts()
        self.days: set[int] = set()
        self.spans: set[tuple[int, int, int]] = set()

    def load(self, feed: Feed) -> Counts:
        """Everything in it; gives what became of it."""
        ids = [point.entry.id for point in feed.usage_points]
        for point in feed.usage_points:
            esiid = _esiid(point, alone=ids.count(point.entry.id) == 1)
            local = zone(self.sender.zone if self.sender else _zone_name(point.local_time))
            usage_point_id = self._usage_point(point, esiid, local)
            self.points.append(usage_point_id)
            own = channel_numbers_by_uuid(self.conn, usage_point_id)
            for number, reading in _numbered(point.meter_readings):
                known = own.get(reading.entry.id, number)
                if known is not None:  # else it is made of another series, which is what to send
                    self._series(reading, known, usage_point_id, local, feed.lost)
            self._summaries(point, usage_point_id, local, feed.lost)
        lost = [RefusedBlock(row, "02", "", "", "", reason[:512]) for row, reason in enumerate(feed.lost, 1)]
        queue.refuse_blocks(self.conn, self.file_id, lost)
        self.counts.refused += len(lost)
        return self.counts

    def _usage_point(self, point: UsagePoint, esiid: str, local: Zone) -> int:
        utility = self.sender or _utility(self.conn, local)
        may_put(self.conn, utility, self.file.name, self.settings)
        by_uuid = directory.usage_point_id_by_uuid(self.conn, utility.id, point.entry.id) if self.sender else None
        if by_uuid is not None:
            return by_uuid
        known = directory.usage_point_ids(self.conn, utility.id, [esiid])
        if esiid in known:
            return known[esiid]
        kind = point.entry.row.get("ServiceCategory", {}).get("kind", 0)
        content = {name: value for name, value in point.entry.row.items() if name != "ServiceCategory"}
        return directory.add_usage_point(
            self.conn, utility.id, esiid,
            now_s=self.now_s, title=point.entry.title, service_kind=int(kind), content=plain(content),
        )  # fmt: skip

    def _series(self, reading: MeterReading, number: int, usage_point_id: int, local: Zone, lost: list[str]) -> None:
        of_series, useless = gb_days.readings(reading.blocks, reading.reading_type)
        laid, crowded = gb_days.day_blocks(of_series, local, usage_point_id, number)
        title = reading.entry.title or "Readings"
        if useless:
            lost.append(f"{useless} readings of {title!r} have no value, time or length")
        if crowded:
            lost.append(f"{crowded} readings of {title!r} overlap more than {gb_days.LANES - 1} others")
        reading_type = {"defaultQuality": gb_days.UNSTATED_QUALITY} | reading.reading_type
        longest_s = max((block.interval_s for _, block in laid), default=0)
        for lane in sorted({lane for lane, _ in laid} | {0}):
            if lane == 0 and longest_s <= DAY_S:
                add_interval_channel(self.conn, usage_point_id, number, plain(reading_type), self.now_s, title=title)
            else:
                of_lane = title if lane == 0 else f"{title} (overlapping, {lane})"
                add_channel(
                    self.conn, usage_point_id, number + lane, plain(reading_type), now_s=self.now_s, title=of_lane
                )
        result = put_blocks(self.conn, [block for _, block in laid], file_id=self.file_id, now_s=self.now_s)
        changed = chain(result.created, result.replaced, result.merged)
        self.days |= {laid[place][1].day for place in changed}
        self.counts.blocks += len(laid)
        self.counts.loaded += len(result.created)
        self.counts.replaced += len(result.replaced) + len(result.merged)
        self.counts.unchanged += len(result.unchanged)
        self.counts.older += len(result.older)
        self.counts.values += sum(block.values.size - block.absent for _, block in laid)
        self.counts.wh += sum(block.total for _, block in laid)

    def _summaries(self, point: UsagePoint, usage_point_id: int, local: Zone, lost: list[str]) -> None:
        kinds = (
            (point.usage_summaries, "billingPeriod", summaries.put_usage_summary),
            (point.power_quality, "summaryInterval", summaries.put_power_quality),
        )
        for rows, period, put in kinds:
            taken: Counter[tuple[int, int]] = Counter()
            for row in rows:
                span = days_of(row.get(period, {}), local)
                if span is None:
                    lost.append(f"a summary has no {period}")
                else:
                    put(self.conn, usage_point_id, *span, plain(row), now_s=self.now_s, number=taken[span])
                    taken[span] += 1
                    self.spans.add((usage_point_id, *span))


def plain(value: Any) -> Any:
    """A row as JSON can keep it: decimals and the like as text."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def days_of(period: Mapping[str, Any], local: Zone) -> tuple[int, int] | None:
    """The local days of an ESPI period; None where it says none that can be."""
    start_s, duration_s = period.get("start"), period.get("duration") or 0
    if start_s is None or not 0 <= start_s <= start_s + duration_s < gb_days.END_S:
        return None
    return local.day_of(start_s), local.day_of(max(start_s, start_s + duration_s - 1)) + 1


def _numbered(series: list[MeterReading]) -> list[tuple[int, MeterReading]]:
    """Each series with its channel number, which its own UUID and link give: another file of it finds it again."""
    taken: set[int] = set()
    numbered = []
    keyed = [(f"{reading.entry.id}{''.join(reading.entry.hrefs('self')[:1])}", reading) for reading in series]
    for key, reading in sorted(keyed, key=lambda item: item[0]):
        place = zlib.crc32(key.encode()) % SERIES
        while place in taken:
            place = (place + 1) % SERIES
        taken.add(place)
        numbered.append((FIRST_CHANNEL + gb_days.LANES * place, reading))
    return numbered


def _esiid(point: UsagePoint, *, alone: bool) -> str:
    """Of the entry's UUID; some files give all usage points the same one, then of that and the link."""
    try:
        made = uuid.UUID(point.entry.id) if alone else uuid.uuid5(uuid.NAMESPACE_URL, point.entry.id + point.path)
    except ValueError:
        made = uuid.uuid5(uuid.NAMESPACE_URL, point.entry.id + point.path)
    return f"GB{made.hex.upper()}"


def _utility(conn: Conn, local: Zone) -> directory.Utility:
    duns = f"{zlib.crc32(local.name.encode()) % 10**9:09d}"
    known = directory.utility_by_duns(conn, duns)
    if known:
        return known
    name = f"Green Button files, {local.name}"
    return directory.utility(conn, directory.add_utility(conn, name, duns, local.name, esiid_lengths="34"))


def _zone_name(local_time: Mapping[str, Any] | None) -> str:
    """The zone with the offsets of a LocalTimeParameters; UTC where there is none."""
    if not local_time:
        return "UTC"
    offsets = local_time.get("tzOffset", 0), local_time.get("dstOffset", 0)
    for name in ZONES:
        rule = zone(name).dst_rule()
        if (rule.tz_offset_s, rule.dst_offset_s) == offsets:
            return name
    hours, rest = divmod(-offsets[0], 3600)
    return f"Etc/GMT{hours:+d}" if not rest and hours and -14 <= hours <= 12 else "UTC"
