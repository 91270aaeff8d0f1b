"""A run of an LSE file's blocks into the store, within one transaction: meters looked up, days put, the rest noted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from espi.day import DayColumns, pack_codes, pack_values
from espi.intake.cut import Blocks, Refusal
from espi.intake.meters import Found, KnownMeters
from espi.intake.report import Counts
from espi.intake.seen import Seen, keys_of
from espi.intake.vee.arriving import check_arrived
from espi.intake.vee.thresholds import thresholds_of
from espi.store import directory, queue
from espi.store.channels import add_interval_channels, reading_type_for_lse
from espi.store.database import Conn
from espi.store.queue import ParkedBlock, RefusedBlock
from espi.store.readings import PutResult, put_days

REPEATED = "this file has the ESIID, channel and day already, in an earlier row"
NOT_PROVISIONED = "the ESIID has no such channel"
OLDER = "there already is a more recent read, or an actual where this is an estimate; this one is kept as a version"


def without_repeats(blocks: Blocks, seen: Seen) -> tuple[Blocks, list[Refusal]]:
    """The blocks without those for a day that the file has had; and the refusals of these."""
    repeated = seen.add(keys_of(blocks))
    if not repeated.any():
        return blocks, []
    return blocks.where(~repeated), [*_refusals(blocks.where(repeated), "01", REPEATED)]


class Batch:
    """Stores batches of one file of one utility. adopt: make the usage points and channels that are not there.

    meters: those of the utility that are known. days: on which readings were changed.
    """

    def __init__(
        self,
        file_id: int,
        utility: directory.Utility,
        meters: KnownMeters,
        *,
        adopt: bool,
        now_s: int,
        days: Iterable[int] = (),
    ) -> None:
        self.file_id = file_id
        self.days = set(days)
        self.utility = utility
        self.meters = meters
        self.adopt = adopt
        self.now_s = now_s
        self.thresholds = thresholds_of(utility.dialect)

    def store(self, conn: Conn, blocks: Blocks, refusals: Sequence[Refusal], counts: Counts) -> None:
        """Put good blocks, park those of unknown meters, note the refused, and count it all."""
        found = self.meters.find(conn, blocks)
        if self.adopt and not found.provisioned.all():
            found = self._adopted(conn, blocks, found)
        parked = blocks.where(found.usage_point_id == 0)
        strange = blocks.where((found.usage_point_id != 0) & ~found.provisioned)
        known = blocks.where(found.provisioned)
        days = replace(known.days, usage_point_id=found.usage_point_id[found.provisioned])
        result = put_days(conn, days, file_id=self.file_id, now_s=self.now_s)
        check_arrived(conn, days, result, self.thresholds, self.now_s)
        self._note_days(days, result)
        older = [*_refusals(known.take(np.array(result.older, np.intp)), "05", OLDER)]
        refused = [*refusals, *_refusals(strange, "01", NOT_PROVISIONED)]
        queue.park_blocks(conn, self._parked(parked))
        queue.refuse_blocks(conn, self.file_id, map(_refused, [*refused, *older]))
        counts.blocks += len(known) + len(parked) + len(refused)
        counts.loaded += len(result.created)
        counts.replaced += len(result.replaced) + len(result.merged)
        counts.unchanged += len(result.unchanged)
        counts.older += len(older)
        counts.parked += len(parked)
        counts.refused += len(refused)
        for good in (known, parked):
            counts.rounded += int(good.rounded.sum())
            counts.values += int(good.days.count.sum())
            counts.wh += int(good.days.total.sum())

    def _note_days(self, days: DayColumns, result: PutResult) -> None:
        if len(result.created) == len(days):
            self.days |= set(np.unique(days.day).tolist())
        else:
            changed = [*result.created, *result.replaced, *result.merged]
            self.days |= set(days.day[np.array(changed, np.intp)].tolist())

    def _adopted(self, conn: Conn, blocks: Blocks, found: Found) -> Found:
        """Make the usage points and channels that blocks lack."""
        lacking = np.flatnonzero(~found.provisioned)
        names = [esiid.decode("ascii") for esiid in blocks.esiid[lacking].tolist()]
        ids = dict(zip(names, found.usage_point_id[lacking].tolist(), strict=True))
        missing = [esiid for esiid, usage_point_id in ids.items() if not usage_point_id]
        ids |= adopt_usage_points(conn, self.utility, missing, now_s=self.now_s)
        channels = blocks.days.channel[lacking].tolist()
        for number in set(channels):
            mine = {ids[esiid]: None for esiid, channel in zip(names, channels, strict=True) if channel == number}
            add_interval_channels(conn, list(mine), number, reading_type_for_lse(number), self.now_s)
        usage_point_id = found.usage_point_id.copy()
        usage_point_id[lacking] = [ids[esiid] for esiid in names]
        return Found(usage_point_id, np.ones(len(blocks), bool))

    def _parked(self, blocks: Blocks) -> Iterator[ParkedBlock]:
        for place, (values, codes) in enumerate(_readings(blocks.days)):
            yield ParkedBlock(
                file_id=self.file_id,
                row_number=int(blocks.row[place]),
                utility_id=self.utility.id,
                esiid=blocks.esiid[place].decode("ascii"),
                channel=int(blocks.days.channel[place]),
                day=int(blocks.days.day[place]),
                sent_s=int(blocks.days.sent_s[place]),
                packed=values,
                quality=codes,
                count=int(blocks.days.count[place]),
            )


def adopt_usage_points(conn: Conn, utility: directory.Utility, esiids: Sequence[str], *, now_s: int) -> dict[str, int]:
    """Make usage points of a utility for ESIIDs that have none, and give their ids."""
    directory.add_usage_points(conn, utility.id, esiids, now_s=now_s, service_kind=utility.service_kind)
    return directory.usage_point_ids(conn, utility.id, esiids)


def _readings(days: DayColumns) -> Iterator[tuple[bytes, bytes]]:
    """The values and qualities of days, packed."""
    for first, count in zip(days.first.tolist(), days.count.tolist(), strict=True):
        yield pack_values(days.values[first : first + count]), pack_codes(days.codes[first : first + count])


def _refusals(blocks: Blocks, code: str, reason: str) -> Iterator[Refusal]:
    columns = blocks.row.tolist(), blocks.esiid.tolist(), blocks.days.channel.tolist()
    for row, esiid, channel in zip(*columns, strict=True):
        yield Refusal(row, code, esiid.decode("ascii"), str(channel), "", reason)


def _refused(refusal: Refusal) -> RefusedBlock:
    row, code, esiid, channel, start, reason = refusal
    return RefusedBlock(row, code, esiid, channel, start, reason)
