"""One file of a bulk delivery: the feed of one day of some usage points, packed by gzip, and what it holds.

The same data give the same bytes, on any machine and at any time.
"""

from __future__ import annotations

import functools
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from operator import add
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
from isal import isal_zlib

from espi import access
from espi.access import Principal, Role
from espi.atom import write
from espi.atom.links import Hrefs, Link
from espi.day import ABSENT, PackedDay
from espi.feeds import Contents, Head, Page, PointEntries, Question, Receipt, contents_of, receipt, receipt_of
from espi.feeds.holding import Holding
from espi.feeds.one_day import DayEntries, Measured, measured
from espi.scope import BadScope, Scope, parse
from espi.store import bulk_requests, day_reads, directory, grants
from espi.store.day_reads import Range
from espi.store.identity import path_id_for

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.store.channels import ReadingTypeRow
    from espi.store.database import Conn
    from espi.store.grants import Authorization
    from espi.store.reach import Reach

ACTION: Final = "usage:download"
PROOF: Final = "command line"
LEVEL: Final = 1
GZIP_WBITS: Final = 31
MOST_POINTS: Final = 5000
"""Usage points, or grants, of one file: 100 MB of feed, of which a twentieth is left when it is packed."""

_WIDE: Final = 2

Unit = tuple[int, int, int]
"""Of a reading type: unit (ESPI uom), power of ten, direction of flow."""


@dataclass(frozen=True)
class Order:
    """What is to be delivered: to whom, of which local day. role: rep, tdsp or third_party. party_id: its id.

    request: the id of the request in the browser that it is for, which may name some of its usage points; 0: none.
    """

    role: Role
    party_id: int
    day: int
    request: int = 0

    @property
    def principal(self) -> Principal:
        """For whom the files are made, for the gate and the audit."""
        return Principal(self.role, self.party_id, PROOF)

    def reach(self, conn: Conn, settings: Settings) -> Reach:
        """What the recipient may see, and has asked for; audited. Raises `Denied`."""
        reach = access.reach(conn, self.principal, ACTION, settings=settings, target="bulk files")
        return bulk_requests.reach_of(conn, reach, self.request) if self.request else reach

    def slices(self, conn: Conn, settings: Settings, size: int = MOST_POINTS) -> Iterator[tuple[int, int]]:
        """Its files: each has the usage points, or a third party's grants, from an id to another, both included."""
        return _SLICES.get(self.role, _point_slices)(conn, settings, self, size)


def receipts_from(files: Iterable[Mapping[str, Any]]) -> Receipt | None:
    """What may be thought of files together, from what their jobs keep; None if nothing is in them."""
    kept = [_receipt_from(file["quality"]) for file in files if file["quality"]]
    return functools.reduce(add, kept) if kept else None


def _receipt_from(kept: Mapping[str, Any]) -> Receipt:
    failures = {int(rule): (days, intervals) for rule, (days, intervals) in kept["failures"].items()}
    return Receipt(**{**kept, "failures": failures})


@dataclass
class Facts:
    """What a file holds. totals: sums of its intervals, in whole units of each kind. quality: receipts of its parts.

    grants: the authorizations that it holds something by.
    """

    usage_points: int = 0
    blocks: int = 0
    readings: int = 0
    totals: Counter[Unit] = field(default_factory=Counter)
    quality: list[Receipt] = field(default_factory=list)
    grants: set[int] = field(default_factory=set)

    def count(self, kind: Mapping[str, Any], days: Sequence[PackedDay]) -> None:
        """Count days of one reading type."""
        self.blocks += len(days)
        unit = kind.get("uom", 0), kind.get("powerOfTenMultiplier", 0), kind.get("flowDirection", 0)
        narrow = [day for day in days if len(day.quality) == 1 and len(day.packed) == _WIDE * day.count]
        self.readings += sum(day.count for day in narrow)
        packed = np.frombuffer(b"".join([day.packed for day in narrow]), "<u2")
        self.totals[unit] += int(packed.sum(dtype=np.int64))
        for day in days:
            if len(day.quality) > 1 or len(day.packed) != _WIDE * day.count:
                block = day.block(0, 0)
                self.readings += int((block.qualities != ABSENT).sum())
                self.totals[unit] += block.total

    def as_json(self) -> dict[str, Any]:
        """As it stands in manifests; totals by ESPI's numbers of the unit."""
        names = "uom", "powerOfTenMultiplier", "flowDirection"
        totals = [
            {**dict(zip(names, unit, strict=True)), "total": total} for unit, total in sorted(self.totals.items())
        ]
        counted = {"usage_points": self.usage_points, "blocks": self.blocks, "readings": self.readings}
        return {
            **counted,
            "grants": sorted(self.grants),
            "totals": totals,
            "quality": asdict(functools.reduce(add, self.quality)) if self.quality else None,
        }


class Sink:
    """Packs what is written, and knows the size and the SHA-256 of what came of it."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._packer = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, GZIP_WBITS)
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, text: bytes | memoryview) -> None:
        """Add text."""
        self._keep(self._packer.compress(text))

    def close(self) -> str:
        """End the file, and give its SHA-256 in hexadecimal digits."""
        self._keep(self._packer.flush())
        return self._digest.hexdigest()

    def _keep(self, packed: bytes) -> None:
        self._digest.update(packed)
        self.size += len(packed)
        self._out.write(packed)


def write_part(
    conn: Conn,
    settings: Settings,
    order: Order,
    first: int,
    last: int,
    out: BinaryIO,
    beat: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Write the file of one of `Order.slices`, and tell what is in it: bytes, sha256 and `Facts`.

    beat: called all the while, so that others know that it is being written.
    """
    reach, facts, sink = order.reach(conn, settings), Facts(), Sink(out)
    write_feed = _FEEDS.get(order.role, _of_points)
    for text in write_feed(conn, settings, order, reach, Range(first, last, order.day), facts):
        sink.write(text)
        beat()
    sha256 = sink.close()
    return {"bytes": sink.size, "sha256": sha256, **facts.as_json()}


def _point_slices(conn: Conn, settings: Settings, order: Order, size: int) -> Iterator[tuple[int, int]]:
    for each in day_reads.ranges(conn, order.reach(conn, settings), order.day, size):
        yield each.first, each.last


def _grant_slices(conn: Conn, settings: Settings, order: Order, size: int) -> Iterator[tuple[int, int]]:
    ids = [each.id for each in _live(conn, order.party_id, settings.clock.now_s())]
    for start in range(0, len(ids), size):
        some = ids[start : start + size]
        yield some[0], some[-1]


def _of_points(
    conn: Conn, settings: Settings, order: Order, reach: Reach, among: Range, facts: Facts
) -> Iterator[bytes | memoryview]:
    """The feed of a range of usage points, which are the recipient's by what it is."""
    found = measured(conn, reach, among)
    hrefs = Hrefs(settings.resource_url, f"RetailCustomer/{path_id_for(conn, f'{order.role}/{order.party_id}')}")
    yield Head(hrefs.batch()).text(max((each.updated_s for each in found), default=0), Page(), settings)
    yield from DayEntries(conn, reach, hrefs, order.day).of(found)
    yield write.FEED_TAIL
    facts.usage_points += len(found)
    facts.quality.append(_receipt(conn, settings, day_reads.on_day(reach, among), found, among.day))
    for kind, days in _by_kind(found):
        facts.count(kind.content, days)


def _receipt(conn: Conn, settings: Settings, reach: Reach, found: Sequence[Measured], day: int) -> Receipt:
    """What may be thought of a day that was read already."""
    known = [(each.point, each.channels) for each in found]
    days = [day for each in found for _, day in each.days]
    return receipt_of(conn, reach, known, days, (day, day + 1), now_s=settings.clock.now_s())


def _by_kind(found: Iterable[Measured]) -> Iterator[tuple[ReadingTypeRow, list[PackedDay]]]:
    every = sorted((pair for each in found for pair in each.days), key=_kind_id)
    for _, pairs in groupby(every, key=_kind_id):
        own = list(pairs)
        yield own[0][0].reading_type, [day for _, day in own]


def _kind_id(pair: tuple[Any, PackedDay]) -> int:
    return int(pair[0].reading_type.id)


def _of_grants(
    conn: Conn, settings: Settings, order: Order, reach: Reach, among: Range, facts: Facts
) -> Iterator[bytes | memoryview]:
    """The feed of a range of a third party's grants, each with what it lets be seen, below its own Subscription."""
    now_s = settings.clock.now_s()
    chosen = [each for each in _live(conn, order.party_id, now_s) if among.first <= each.id <= among.last]
    holdings = [(each, own, held) for each in chosen for own, held in _held(conn, reach, each, order.day)]
    updated_s = max((held.newest(conn, own).updated_s for _, own, held in holdings), default=0)
    own_id = grants.third_party(conn, order.party_id).path_id
    address = Link("self", f"{settings.resource_url}/Batch/Bulk/{own_id}", "espi-feed/Bulk")
    yield Head(address).text(updated_s, Page(), settings)
    shared = set[int]()
    facts.grants.update(each.id for each, _, _ in holdings)
    for each, own, held in holdings:
        hrefs = Hrefs(settings.resource_url, f"Subscription/{each.subscription_path_id}")
        yield from PointEntries(conn, own, hrefs, shared=shared).held(held)
        _count_held(facts, held)
        span, contents = (order.day, order.day + 1), held.question.contents
        facts.quality.append(receipt(conn, own, [held.point], span, now_s=now_s, contents=contents))
    yield write.FEED_TAIL


def _held(conn: Conn, reach: Reach, each: Authorization, day: int) -> Iterator[tuple[Reach, Holding]]:
    """What a grant opens of a day, by the usage point."""
    own, contents = access.within_grant(reach, each.third_party_id, each.id), _contents(each)
    question = Question(day, day + 1, contents.series, contents=contents)
    for point in directory.usage_points(conn, own):
        if any(start <= day < stop for start, stop in point.spans):
            yield own, Holding.of(conn, own, question, point)


def _count_held(facts: Facts, held: Holding) -> None:
    facts.usage_points += 1
    for series in held.series:
        kind = series.channel.reading_type.content
        facts.count(kind, list(series.days or ()))
        for month in series.months or ():
            facts.blocks += 1
            facts.readings += len(month.readings)


def _contents(authorization: Authorization) -> Contents:
    try:
        return contents_of(parse(authorization.scope))
    except BadScope:
        return contents_of(Scope(""))


def _live(conn: Conn, third_party_id: int, now_s: int) -> list[Authorization]:
    """A third party's live grants of customers, in order of their making."""
    every = [each for each in grants.authorizations_of(conn, third_party_id) if each.kind == grants.CUSTOMER]
    live = [each for each in every if each.status == grants.ACTIVE and each.starts_s <= now_s < each.ends_s]
    return sorted(live, key=lambda each: each.id)


_SLICES: Final = {Role.third_party: _grant_slices}
_FEEDS: Final = {Role.third_party: _of_grants}
"""What is done for those that see by grants; what others see, they see by what they are."""
