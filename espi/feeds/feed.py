"""A feed of readings: which entries go into it, and in which order.

For each usage point: UsagePoint, LocalTimeParameters, then for each series MeterReading, ReadingType and its
IntervalBlocks, oldest first, then UsageSummary and ElectricPowerQualitySummary. What usage points share stands once.
The feed is made as it is read, so its size costs no memory, and the same request gives the same bytes while the data
stay.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from espi.atom import write
from espi.atom.links import Hrefs, Link, certificate_link
from espi.feeds import fragments
from espi.feeds.entries import Entries
from espi.feeds.fragments import Fragment, Fragments
from espi.feeds.holding import Holding
from espi.feeds.question import Page, Question
from espi.feeds.series import Measured, Series
from espi.feeds.window import Window

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.day import PackedDay
    from espi.feeds.derived import MonthBlock
    from espi.store.channels import Channel
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

Piece = TypeVar("Piece", bound=bytes | Fragment)

TITLE = "Green Button Usage Feed"
FEW_POINTS = 16
"""Of so many usage points what was read for the stamp is kept for the entries."""


@dataclass(frozen=True)
class Head:
    """The beginning of a feed. own: its address. title. page_href: the address of the page that begins at an entry."""

    own: Link
    title: str = TITLE
    page_href: Callable[[int], str] | None = None

    def text(self, updated_s: int, page: Page, settings: Settings) -> bytes:
        """The text up to the first entry."""
        links = [self.own, *certificate_link(settings.certificate_id)]
        if self.page_href and not page.is_whole:
            links.append(Link("first", self.page_href(1), self.own.type))
            if page.start > 1:
                links.append(Link("previous", self.page_href(max(1, page.start - (page.most or 1))), self.own.type))
        return _head_text(self.own.href, self.title, updated_s, tuple(links))

    def tail(self, page: Page, *, more: bool) -> bytes:
        """The text after the last entry; with a link to what follows, if there is more."""
        if more and self.page_href and page.most:
            return write.links((Link("next", self.page_href(page.start + page.most), self.own.type),)) + write.FEED_TAIL
        return write.FEED_TAIL


@functools.lru_cache(maxsize=1024)
def _head_text(href: str, title: str, updated_s: int, links: tuple[Link, ...]) -> bytes:
    return write.feed_head(str(uuid.uuid5(uuid.NAMESPACE_URL, href)), title, updated_s, links)


class PointEntries:
    """Writes the entries of usage points one after the other, and knows which shared ones were written.

    shared: the path ids of those, for a feed that several write one after the other.
    """

    def __init__(
        self, conn: Conn, reach: Reach, hrefs: Hrefs, window: Window | None = None, shared: set[int] | None = None
    ) -> None:
        self._conn = conn
        self._reach = reach
        self._entries = Entries(hrefs)
        self._shared: set[int] = set() if shared is None else shared
        self.window = window or Window(Page())

    def of(self, point: UsagePoint, question: Question) -> Iterator[bytes]:
        """The entries of a usage point with all that hangs on it."""
        return self.held(Holding.of(self._conn, self._reach, question, point))

    def held(self, holding: Holding) -> Iterator[bytes]:
        """The entries of a usage point whose holding is known."""
        return self._held(holding, self._series)

    def by_month(self, holding: Holding, kept: Fragments) -> Iterator[bytes | Fragment]:
        """The same, whole months of blocks as fragments: those that were packed before and have not changed since."""
        return self._held(holding, functools.partial(self._series_by_month, kept))

    def _held(
        self, holding: Holding, write: Callable[[UsagePoint, Series, Sequence[int]], Iterator[Piece]]
    ) -> Iterator[bytes | Piece]:
        point, entries, take = holding.point, self._entries, self.window.take
        named = {}
        if holding.question.child_links:
            named = {each.channel.path_id: each.first_days() for each in holding.series}
        if take():
            yield entries.usage_point(point, holding.there, [path_id for path_id, days in named.items() if days])
        if self._is_new(point.utility.local_time_path_id) and take():
            yield entries.local_time(point.utility)
        for series in holding.series:
            yield from write(point, series, named.get(series.channel.path_id, ()))
            if self.window.more:
                return
        yield from map(functools.partial(entries.usage_summary, point), self.window.taken(iter(holding.bills)))
        yield from map(functools.partial(entries.power_quality, point), self.window.taken(iter(holding.qualities)))

    def _series(self, point: UsagePoint, series: Series, named: Sequence[int]) -> Iterator[bytes]:
        """A series with its blocks; nothing if it has none."""
        days, months = iter(series.days or ()), iter(series.months or ())
        first_days, first_months = list(itertools.islice(days, 1)), list(itertools.islice(months, 1))
        if not first_days and not first_months:
            return
        yield from self._opening(point, series.channel, named)
        yield from self._blocks(point, series, itertools.chain(first_days, days), itertools.chain(first_months, months))

    def _series_by_month(
        self, kept: Fragments, point: UsagePoint, series: Series, named: Sequence[int]
    ) -> Iterator[bytes | Fragment]:
        days = series.days
        if not isinstance(days, Measured) or not days.parts:
            yield from self._series(point, series, named)
            return
        pieces = self._pieces(kept, point, series.channel, days)
        first = next(pieces, None)
        if first is not None:
            yield from self._opening(point, series.channel, named)
            yield first
            yield from pieces

    def _pieces(
        self, kept: Fragments, point: UsagePoint, channel: Channel, days: Measured
    ) -> Iterator[bytes | Fragment]:
        """The blocks of a channel; no piece is empty."""
        key = self._entries.blocks_key(point, channel)
        for part in days.parts:
            blocks = self._entries.blocks(point, channel, days.within(part))
            if not part.is_month:
                yield from blocks
            elif (found := kept.get((key, days.told_by(part)), blocks)).length:
                yield found

    def _opening(self, point: UsagePoint, channel: Channel, named: Sequence[int]) -> Iterator[bytes]:
        """What stands before the blocks of a series."""
        if self.window.take():
            yield self._entries.meter_reading(point, channel, named)
        if self._is_new(channel.reading_type.path_id) and self.window.take():
            yield self._entries.reading_type(channel.reading_type)

    def _blocks(
        self, point: UsagePoint, series: Series, days: Iterator[PackedDay], months: Iterator[MonthBlock]
    ) -> Iterator[bytes]:
        yield from self._entries.blocks(point, series.channel, self.window.taken(days))
        made = functools.partial(self._entries.made_block, point, series.channel)
        yield from map(made, self.window.taken(months))

    def _is_new(self, path_id: int) -> bool:
        """Whether something shared is not in the feed yet; it is from now on."""
        known = path_id in self._shared
        self._shared.add(path_id)
        return not known


@dataclass(frozen=True)
class OneKind:
    """The entries of one kind of resource alone, as a collection has them. meter_reading: of that one alone, if any."""

    element: str
    meter_reading: int | None = None


class KindEntries(PointEntries):
    """Writes the entries of one kind."""

    def __init__(self, conn: Conn, reach: Reach, hrefs: Hrefs, window: Window, kind: OneKind) -> None:
        super().__init__(conn, reach, hrefs, window)
        self._kind = kind

    def held(self, holding: Holding) -> Iterator[bytes]:
        """The entries of that kind of a usage point."""
        point, entries, window = holding.point, self._entries, self.window
        element = self._kind.element
        if element == "UsagePoint":
            if window.take():
                yield entries.usage_point(point, holding.there)
        elif element == "UsageSummary":
            yield from map(functools.partial(entries.usage_summary, point), window.taken(iter(holding.bills)))
        elif element == "ElectricPowerQualitySummary":
            yield from map(functools.partial(entries.power_quality, point), window.taken(iter(holding.qualities)))
        else:
            wanted = self._kind.meter_reading
            for series in holding.series:
                if wanted is None or series.channel.path_id == wanted:
                    yield from self._of_series(point, series)

    def _of_series(self, point: UsagePoint, series: Series) -> Iterator[bytes]:
        if self._kind.element == "IntervalBlock":
            yield from self._blocks(point, series, iter(series.days or ()), iter(series.months or ()))
        elif self.window.take():
            yield self._entries.meter_reading(point, series.channel)


class Feed:
    """A feed of usage points, whose stamp is known before it is made.

    only: that kind of entries, all that belongs together if there is none.
    scope: whose feed it is in hrefs, such as `Subscription/100000000000001`. head: how it begins, where that is not the
    scope's own batch. updated_s: when something that it shows last changed, 0 where there is nothing. tag: differs
    where what it shows may differ. kept: where months that were packed before are.
    """

    def __init__(
        self,
        conn: Conn,
        reach: Reach,
        question: Question,
        usage_points: Sequence[UsagePoint],
        *,
        scope: str,
        settings: Settings,
        head: Head | None = None,
        only: OneKind | None = None,
        kept: Fragments | None = None,
    ) -> None:
        self._conn = conn
        self._reach = reach
        self._question = question
        self._points = usage_points
        self._settings = settings
        self._hrefs = Hrefs(settings.resource_url, scope)
        self._head = head or Head(self._hrefs.batch())
        self._only = only
        self._fragments = kept if only is None else None
        self._kept = [self._holding(each) for each in usage_points] if len(usage_points) <= FEW_POINTS else None
        self.updated_s, self.tag = self._stamp()

    def _holding(self, point: UsagePoint) -> Holding:
        return Holding.of(self._conn, self._reach, self._question, point)

    def _holdings(self) -> Iterator[Holding]:
        return iter(self._kept) if self._kept is not None else map(self._holding, self._points)

    def _stamp(self) -> tuple[int, str]:
        digest = hashlib.blake2b(digest_size=12)
        updated_s = 0
        for holding in self._holdings():
            found = holding.newest(self._conn, self._reach)
            updated_s = max(updated_s, found.updated_s)
            digest.update(repr((holding.point.id, holding.point.spans, *found)).encode())
        question = self._question
        asked: tuple[object, ...] = (
            question.from_day,
            question.until_day,
            sorted(question.series),
            question.times,
            question.page,
        )
        if question.as_of_s is not None:
            asked = *asked, question.as_of_s
        allowed = question.contents.tag if question.contents else ""
        digest.update(repr((asked, allowed, self._head.own.href, self._settings.certificate_id)).encode())
        return updated_s, digest.hexdigest()

    @property
    def has_months(self) -> bool:
        """Whether whole months of it may be there already, packed."""
        return self._fragments is not None and any(each.days.parts for each in self._kept or ())

    def gzip(self) -> Iterator[bytes]:
        """The feed packed by gzip, in pieces, with months that were packed before; read them as those of the feed."""
        return fragments.gzip(self._by_month())

    def _by_month(self) -> Iterator[bytes | Fragment]:
        """Only a whole feed is made of months."""
        page, entries = self._question.page, PointEntries(self._conn, self._reach, self._hrefs)
        kept = Fragments(0) if self._fragments is None else self._fragments
        yield self._head.text(self.updated_s, page, self._settings)
        for holding in self._holdings():
            yield from entries.by_month(holding, kept)
        yield self._head.tail(page, more=False)

    def __iter__(self) -> Iterator[bytes]:
        """The feed in pieces; read them while the connection is open."""
        question = self._question
        window = Window(question.page)
        entries = PointEntries(self._conn, self._reach, self._hrefs, window)
        if self._only:
            entries = KindEntries(self._conn, self._reach, self._hrefs, window, self._only)
        yield self._head.text(self.updated_s, question.page, self._settings)
        for holding in self._holdings():
            yield from entries.held(holding)
            if window.more:
                break
        yield self._head.tail(question.page, more=window.more)
