"""Gathering facts from the elements of a document as they begin and end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from conformance.document.block_facts import BlockFacts
from conformance.document.blocks import MOST_KINDS, BlockSummary, Starts, number
from conformance.document.names import ATOM, ENTRY, ESPI, FEED, full, split
from conformance.document.not_xml import TooMuch
from conformance.document.records import Child, Document, Entry, FeedFacts, Link, LinkForm, LinkKinds, Shape

MOST_ENTRIES = 2_000_000
MOST_REPEATED = 1000
"""Texts of a repeated leaf that are kept, and children of a feed or an entry that Atom does not name."""
MOST_PATHS = 20_000
"""Different paths of elements in a document."""
MOST_FACTS = 2000
"""Different elements of an entry."""
MOST_LINKS = 10_000
"""Links of a feed or an entry that are kept."""

_READING = "IntervalBlock/IntervalReading"
_ENVELOPE = frozenset({"id", "title", "published", "updated"})

Attributes = Mapping[str, str]
_Counts = TypeVar("_Counts", Mapping[int, int], Mapping[str, int])
Finish = Callable[["Place", str | None], None]


class Place:
    """Where an element stands; places are shared by all elements of the same path.

    `begin` is called with the element's attributes, `finish` with its text, or None if it has children; where there is
    a `field`, the text is that field of a reading.
    """

    __slots__ = ("begin", "below", "field", "finish", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.below: dict[str, Place] = {}
        self.begin: Callable[[Place, Attributes], None] | None = None
        self.finish: Finish | None = None
        self.field: int | None = None


class _OpenEntry:
    """What is known so far of the entry that is being read."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.envelope: dict[str, str] = {}
        self.links: list[Link] = []
        self.kinds: list[tuple[str, str]] = []
        self.found: dict[str, str | None] = {}
        self.repeated: dict[str, list[str]] = {}
        self.blocks: list[BlockFacts] = []
        self.children: list[Child] = []
        self.starts = Starts()


FIELDS = {_READING + "/timePeriod/start": 0, _READING + "/timePeriod/duration": 1, _READING + "/value": 2}
"""The fields of a reading, by the path of their elements."""


class Gatherer:
    """Fills a document from the elements that `follow` goes through.

    `places` are those of the open elements, `found` the facts of the open entry, `fields` those of the open reading;
    `leaf` says that the innermost element has no children so far; `line` tells the line of the tag that is being read.
    Names are as the parser gives them, `namespace}name`.
    """

    def __init__(self, document: Document, line: Callable[[], int]) -> None:
        self.document = document
        self.line = line
        self.places = [Place("")]
        self.found: dict[str, str | None] = {}
        self.fields: list[str | None] = [None, None, None]
        self.leaf = False
        self.namespaces: set[str] = set()
        self._top = self.places[0]
        self._count = 0
        self._line = 0
        self._open = _OpenEntry(0)
        self._block = BlockSummary(0, self._open.starts)
        self._shapes: dict[Shape, Shape] = {}
        self._texts: dict[str, str] = {}
        self._counts: dict[tuple[object, ...], Any] = {}
        self._link_forms: dict[LinkKinds, LinkForm] = {}
        self._finishing: dict[str, Finish] = {
            "IntervalBlock": self._end_block,
            "IntervalBlock/interval/start": self._block_start,
            "IntervalBlock/interval/duration": self._block_duration,
            _READING: self._end_reading,
            _READING + "/ReadingQuality/quality": self._quality,
            _READING + "/cost": self._cost,
            _READING + "/consumptionTier": self._bucket("consumptionTier", "has_tier"),
            _READING + "/tou": self._bucket("tou", "has_tou"),
            _READING + "/cpp": self._bucket("cpp"),
        }

    # ------------------------------------------------------------ places

    def place(self, name: str) -> Place:
        """The place of an element met for the first time in the innermost place.

        Raises:
            TooMuch: there are too many.
        """
        above = self.places[-1]
        self._count += 1
        if self._count > MOST_PATHS:
            raise TooMuch(f"more than {MOST_PATHS:,} different paths of elements")
        place = above.below[name] = Place("")
        clark = full(name)
        self.namespaces.add(split(name)[0])
        if above is self._top:
            self._root(place, clark)
        elif above.begin == self._begin_feed:
            self._in_feed(place, clark)
        elif above.begin == self._begin_entry:
            self._in_entry(place, clark)
        elif above.path.startswith("*"):
            self._resource(place, clark, content=above.path == "*content")
        elif above.path:
            self._inside(place, above, clark)
        return place

    def _root(self, place: Place, name: str) -> None:
        self.document.root = name
        if name == FEED:
            place.begin = self._begin_feed
        elif name == ENTRY:
            place.begin, place.finish = self._begin_entry, self._end_entry
        elif name.startswith(f"{{{ESPI}"):
            self._resource(place, name, root=True)
            place.begin, place.finish = self._begin_bare, self._end_bare

    def _in_feed(self, place: Place, name: str) -> None:
        namespace, local = split(name)
        place.begin, place.finish = self._note_line, self._feed_child(name)
        if name == ENTRY:
            place.begin, place.finish = self._begin_entry, self._end_entry
        elif namespace == ATOM and local == "link":
            place.begin, place.finish = self._feed_link, None

    def _in_entry(self, place: Place, name: str) -> None:
        namespace, local = split(name)
        place.path = "*" + local  # the rules look for resources in any child
        if namespace == ATOM and local == "link":
            place.begin = self._entry_link
        elif namespace == ATOM and local in _ENVELOPE:
            place.finish = self._envelope(local)
        elif namespace != ATOM or local != "content":
            place.begin, place.finish = self._note_line, self._entry_child(name)

    def _resource(self, place: Place, name: str, *, content: bool = False, root: bool = False) -> None:
        """An element that is a resource: any of another namespace in a content, elsewhere one of ESPI gone astray."""
        namespace, local = split(name)
        if namespace == ATOM or not (content or namespace.startswith(ESPI)):
            return
        stray = not (content or root)
        place.path = "!" + local if stray else local
        kind = (namespace, local)
        is_block = kind == (ESPI, "IntervalBlock") and not stray

        def begin(_: Place, __: Attributes) -> None:
            self._open.kinds.append(kind)
            if is_block:
                self._block = BlockSummary(self.line(), self._open.starts)

        place.begin = begin
        place.finish = self._finishing[local] if is_block else self._keep

    def _inside(self, place: Place, above: Place, name: str) -> None:
        namespace, local = split(name)
        place.path = f"{above.path}/{local}"
        place.finish = self._keep
        if namespace == ESPI and above.path.partition("/")[0] == "IntervalBlock":
            place.finish = self._finishing.get(place.path, self._keep_first)
            place.field = FIELDS.get(place.path)

    # ------------------------------------------------------------ envelope

    def _begin_feed(self, _: Place, __: Attributes) -> None:
        self.document.feed = FeedFacts(self.line())

    def _note_line(self, _: Place, __: Attributes) -> None:
        self._line = self.line()

    def _feed_child(self, name: str) -> Finish:
        namespace, local = split(name)
        own = namespace == ATOM and local in _ENVELOPE - {"published"}

        def finish(_: Place, text: str | None) -> None:
            feed = self.document.feed
            if feed is None:
                return
            if own and getattr(feed, local) is None:
                setattr(feed, local, text or "")
            elif len(feed.children) < MOST_REPEATED:
                feed.children.append(Child(name, text or "", self._line))

        return finish

    def _feed_link(self, _: Place, attributes: Attributes) -> None:
        if self.document.feed is not None and len(self.document.feed.links) < MOST_LINKS:
            self.document.feed.links.append(self._link(attributes))

    def _link(self, attributes: Attributes) -> Link:
        rel, href, kind = attributes.get("rel"), attributes.get("href"), attributes.get("type")
        return Link(self._same(rel), self._same(href) if rel == "up" else href, self._same(kind), self.line())

    def _same(self, text: str | None) -> str | None:
        """The text, as one object for all that are alike."""
        if text is None:
            return None
        if len(self._texts) > MOST_REPEATED:
            self._texts.clear()
        return self._texts.setdefault(text, text)

    def _begin_entry(self, _: Place, __: Attributes) -> None:
        if len(self.document.entries) >= MOST_ENTRIES:
            raise TooMuch(f"more than {MOST_ENTRIES:,} entries")
        self._begin(self.line())

    def _begin(self, line: int) -> None:
        self._open = _OpenEntry(line)
        self.found = self._open.found

    def _entry_link(self, _: Place, attributes: Attributes) -> None:
        if len(self._open.links) < MOST_LINKS:
            self._open.links.append(self._link(attributes))

    def _envelope(self, local: str) -> Finish:
        def finish(_: Place, text: str | None) -> None:
            self._open.envelope.setdefault(local, text or "")

        return finish

    def _entry_child(self, name: str) -> Finish:
        def finish(_: Place, text: str | None) -> None:
            if len(self._open.children) < MOST_REPEATED:
                self._open.children.append(Child(name, text or "", self._line))

        return finish

    def _end_entry(self, _: Place, __: str | None) -> None:
        self.document.entries.append(self._entry())

    def _entry(self) -> Entry:
        now = self._open
        leaves = tuple(path for path, text in now.found.items() if text is not None)
        shape = Shape(tuple(now.kinds), frozenset(now.found), leaves)
        if len(self._shapes) < MOST_FACTS:
            shape = self._shapes.setdefault(shape, shape)
        return Entry(
            now.line,
            shape,
            id=now.envelope.get("id"),
            title=self._same(now.envelope.get("title")),
            published=self._same(now.envelope.get("published")),
            updated=self._same(now.envelope.get("updated")),
            links=self._link_form(now),
            hrefs=[link.href or "" for link in now.links],
            values=[self._same(now.found[path]) or "" for path in leaves],
            blocks=now.blocks,
            repeated={path: tuple(texts) for path, texts in now.repeated.items()} or None,
            children=now.children,
            starts_match=now.starts.match,
        )

    def _link_form(self, entry: _OpenEntry) -> LinkForm:
        kinds = tuple([(link.rel, link.type, link.line - entry.line, link.href is not None) for link in entry.links])
        if kinds not in self._link_forms:
            if len(self._link_forms) > MOST_REPEATED:
                self._link_forms.clear()
            self._link_forms[kinds] = LinkForm(kinds)
        return self._link_forms[kinds]

    def _begin_bare(self, place: Place, _: Attributes) -> None:
        self._begin(self.line())
        self._open.kinds.append(split(self.document.root))
        if place.path == "IntervalBlock":
            self._block = BlockSummary(self.line(), self._open.starts)

    def _end_bare(self, place: Place, text: str | None) -> None:
        finish = self._finishing.get(place.path, self._keep)
        finish(place, text)
        self.document.bare = self._entry()

    # ------------------------------------------------------------ resources

    def _keep(self, place: Place, text: str | None) -> None:
        found = self.found
        path = place.path
        if path not in found:
            if len(found) >= MOST_FACTS:
                raise TooMuch(f"more than {MOST_FACTS:,} different elements in one entry")
            found[path] = text
        elif text is not None:
            first = found[path] or ""
            texts = self._open.repeated.setdefault(path, [first])
            if len(texts) < MOST_REPEATED:
                texts.append(text)

    def _keep_first(self, place: Place, text: str | None) -> None:
        if place.path not in self.found:
            self._keep(place, text)

    def _cost(self, place: Place, text: str | None) -> None:
        facts = self._block.facts
        facts.has_cost = True
        amount = number(text)
        if amount is not None:
            facts.cost_count += 1
            facts.cost_total += amount
        self.found.setdefault(place.path, text)

    def _bucket(self, name: str, flag: str = "") -> Finish:
        def finish(place: Place, text: str | None) -> None:
            facts = self._block.facts
            if flag:
                setattr(facts, flag, True)
            if text is not None and (name, text) not in facts.buckets and len(facts.buckets) < MOST_KINDS:
                facts.buckets |= {(name, text)}
            self.found.setdefault(place.path, text)

        return finish

    def _end_block(self, place: Place, text: str | None) -> None:
        self._keep_first(place, text)
        facts = self._block.done()
        facts.durations, facts.qualities = self._like(facts.durations), self._like(facts.qualities)
        self._open.blocks.append(facts)

    def _like(self, counts: _Counts) -> _Counts:
        """The counts, as one object for all that are alike."""
        if len(self._counts) > MOST_REPEATED:
            self._counts.clear()
        found: _Counts = self._counts.setdefault(tuple(counts.items()), counts)
        return found

    def _block_start(self, place: Place, text: str | None) -> None:
        self._keep_first(place, text)
        self._block.facts.has_start = True
        self._block.facts.start_s = number(text)
        self._open.starts.block(text or "")

    def _block_duration(self, place: Place, text: str | None) -> None:
        self._keep_first(place, text)
        self._block.facts.has_duration = True
        self._block.facts.duration_s = number(text)

    def _quality(self, place: Place, text: str | None) -> None:
        self._block.quality(text or "")
        self._block.facts.has_quality = True
        self.found.setdefault(place.path, text)

    def _end_reading(self, place: Place, _: str | None) -> None:
        self.found.setdefault(place.path, None)
        self._block.add(*self.fields)
        self.fields[:] = (None, None, None)
