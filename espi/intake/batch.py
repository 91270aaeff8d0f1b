"""A run of an LSE file's blocks into the store, within one transaction: meters looked up, days put, the rest noted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from espi.clock import QUARTER_HOUR_S
from espi.intake.cut import Cut, Refusal
from espi.intake.report import Counts
from espi.intake.seen import Seen
from espi.intake.vee.arriving import check_arrived
from espi.intake.vee.thresholds import thresholds_of
from espi.store import directory, queue
from espi.store.channels import add_interval_channels, channel_numbers, reading_type_for_lse
from espi.store.database import Conn
from espi.store.queue import ParkedBlock, RefusedBlock
from espi.store.readings import DayRows, put_day_rows

REPEATED = "this file has the ESIID, channel and day already, in an earlier row"
NOT_PROVISIONED = "the ESIID has no such channel"
OLDER = "there already is a more recent read, or an actual where this is an estimate; this one is kept as a version"


def without_repeats(items: Sequence[Cut | Refusal], seen: Seen) -> tuple[list[Cut], list[Refusal]]:
    """Part good blocks from refused ones; a second block for a day that the file has had is refused too."""
    cuts = [item for item in items if isinstance(item, Cut)]
    refusals = [item for item in items if isinstance(item, Refusal)]
    repeated = seen.add((cut.esiid, cut.channel, cut.day) for cut in cuts)
    if any(repeated):
        refusals += [_refusal(cut, "01", REPEATED) for cut, again in zip(cuts, repeated, strict=True) if again]
        cuts = [cut for cut, again in zip(cuts, repeated, strict=True) if not again]
    return cuts, refusals


class Batch:
    """Stores batches of one file of one utility. adopt: make the usage points and channels that are not there.

    days: on which readings were changed.
    """

    def __init__(
        self, file_id: int, utility: directory.Utility, *, adopt: bool, now_s: int, days: Iterable[int] = ()
    ) -> None:
        self.file_id = file_id
        self.days = set(days)
        self.utility = utility
        self.adopt = adopt
        self.now_s = now_s
        self.thresholds = thresholds_of(utility.dialect)

    def store(self, conn: Conn, cuts: list[Cut], refusals: list[Refusal], counts: Counts) -> None:
        """Put good blocks, park those of unknown meters, note the refused, and count it all."""
        points = self._usage_points(conn, cuts)
        channels = channel_numbers(conn, points.values())
        known, parked = [], []
        for cut in cuts:
            usage_point_id = points.get(cut.esiid)
            if usage_point_id is None:
                parked.append(cut)
            elif cut.channel in channels.get(usage_point_id, ()):
                known.append(cut)
            else:
                refusals.append(_refusal(cut, "01", NOT_PROVISIONED))
        result = put_day_rows(conn, _day_rows(known, points), file_id=self.file_id, now_s=self.now_s)
        check_arrived(conn, known, points, result, self.thresholds, self.now_s)
        self.days |= {known[place].day for place in chain(result.created, result.replaced, result.merged)}
        older = [_refusal(known[place], "05", OLDER) for place in result.older]
        queue.park_blocks(conn, (self._parked(cut) for cut in parked))
        queue.refuse_blocks(conn, self.file_id, (_refused(refusal) for refusal in [*refusals, *older]))
        counts.blocks += len(known) + len(parked) + len(refusals)
        counts.loaded += len(result.created)
        counts.replaced += len(result.replaced) + len(result.merged)
        counts.unchanged += len(result.unchanged)
        counts.older += len(older)
        counts.parked += len(parked)
        counts.refused += len(refusals)
        for good in (known, parked):
            counts.rounded += sum(cut.rounded for cut in good)
            counts.values += sum(cut.intervals for cut in good)
            counts.wh += sum(cut.total for cut in good)

    def _usage_points(self, conn: Conn, cuts: Iterable[Cut]) -> dict[str, int]:
        esiids = list(dict.fromkeys(cut.esiid for cut in cuts))
        points = directory.usage_point_ids(conn, self.utility.id, esiids)
        if self.adopt:
            missing = [esiid for esiid in esiids if esiid not in points]
            points |= adopt_usage_points(conn, self.utility, missing, now_s=self.now_s)
            for number in {cut.channel for cut in cuts}:
                ids = list(dict.fromkeys(points[cut.esiid] for cut in cuts if cut.channel == number))
                add_interval_channels(conn, ids, number, reading_type_for_lse(number), self.now_s)
        return points

    def _parked(self, cut: Cut) -> ParkedBlock:
        return ParkedBlock(
            file_id=self.file_id,
            row_number=cut.row,
            utility_id=self.utility.id,
            esiid=cut.esiid,
            channel=cut.channel,
            day=cut.day,
            sent_s=cut.sent_s,
            packed=cut.packed,
            quality=cut.quality,
            count=cut.intervals,
        )


def adopt_usage_points(conn: Conn, utility: directory.Utility, esiids: Sequence[str], *, now_s: int) -> dict[str, int]:
    """Make usage points of a utility for ESIIDs that have none, and give their ids."""
    directory.add_usage_points(conn, utility.id, esiids, now_s=now_s, service_kind=utility.service_kind)
    return directory.usage_point_ids(conn, utility.id, esiids)


def _day_rows(cuts: Sequence[Cut], points: dict[str, int]) -> DayRows:
    _, esiid, channel, day, start_s, count, sent_s, packed, quality, total, estimated, _ = (
        zip(*cuts, strict=True) if cuts else ((),) * len(Cut._fields)
    )
    return DayRows(
        day=day,
        usage_point_id=[points[name] for name in esiid],
        channel=channel,
        start_s=start_s,
        interval_s=[QUARTER_HOUR_S] * len(cuts),
        count=count,
        packed=packed,
        quality=quality,
        total=total,
        estimated=estimated,
        absent=[0] * len(cuts),
        sent_s=sent_s,
    )


def _refusal(cut: Cut, code: str, reason: str) -> Refusal:
    return Refusal(cut.row, code, cut.esiid, str(cut.channel), "", reason)


def _refused(refusal: Refusal) -> RefusedBlock:
    row, code, esiid, channel, start, reason = refusal
    return RefusedBlock(row, code, esiid, channel, start, reason)
