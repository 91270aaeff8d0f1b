"""What is kept of a document: its envelope, its entries with their facts, and a summary of every interval block.

No reading is kept. Texts are as they stand in the document, untrimmed; None says that an element or attribute is not
there, an empty text that it is there and empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from conformance.document.names import CUSTOMER, ESPI

NOTHING: Mapping[int, int] = {}
NO_TEXTS: Mapping[str, int] = {}


class SchemaError(NamedTuple):
    """A place where the document is not what its schema says; `message` says what was found and what was expected.

    `line` and `column` count from 1; `path` is like `/feed/entry[3]/content/IntervalBlock/interval/duration`.
    """

    line: int
    column: int
    path: str
    message: str


class Link(NamedTuple):
    """An `atom:link`; None for an attribute that is absent."""

    rel: str | None
    href: str | None
    type: str | None
    line: int


class Child(NamedTuple):
    """A child element of a feed or entry: its name as `{namespace}name`, its text, its line."""

    name: str
    text: str
    line: int


@dataclass(slots=True)
class BlockFacts:
    """The summary of one IntervalBlock element.

    Times are epoch seconds, durations seconds. Lists hold the first few of what their `_count` counts. What is not a
    whole number in the document counts as absent here (the schema rules report it), but for `has_…`, which say whether
    the element is there at all.
    """

    line: int
    start_s: int | None = None
    duration_s: int | None = None
    has_start: bool = False
    has_duration: bool = False
    reading_count: int = 0
    first_start_s: int | None = None
    """The earliest start of a reading."""
    last_start_s: int | None = None
    """The latest start of a reading."""
    end_s: int | None = None
    """When the last reading to end ends."""
    rising: bool = True
    """Whether every reading starts after the one before it in the document."""
    starts_at_block: bool = False
    """Whether a reading starts when the block does."""
    duplicates: tuple[int, ...] = ()
    """Starts that an earlier reading of the block has already."""
    duplicate_count: int = 0
    overlaps: tuple[tuple[int, int], ...] = ()
    """(start, end) of time that two readings of different starts share, by time."""
    overlap_count: int = 0
    holes: tuple[tuple[int, int], ...] = ()
    """(start, end) of time between two readings, or between a reading and an end of the block, that none covers."""
    hole_count: int = 0
    hole_s: int = 0
    """Seconds in all holes together."""
    outside: tuple[int, ...] = ()
    """Starts of readings that are not wholly within the block."""
    outside_count: int = 0
    order_known: bool = True
    """False where so many readings are out of order that duplicates, overlaps and holes were not all looked for."""
    durations: Mapping[int, int] = field(default_factory=lambda: NOTHING)
    """How many readings have each duration (the first 50 durations)."""
    value_count: int = 0
    zero_count: int = 0
    negative_count: int = 0
    least: int | None = None
    most: int | None = None
    total: int = 0
    """Least, most and sum of the values as they stand: whole numbers before any multiplier."""
    first_value: int | None = None
    last_value: int | None = None
    fall_count: int = 0
    """How many values are less than the one before in the document."""
    least_fall: int | None = None
    """By how much, where it is least."""
    cost_count: int = 0
    cost_total: int = 0
    """Readings with a cost, and its sum: hundred-thousandths of the currency."""
    buckets: frozenset[tuple[str, str]] = frozenset()
    """(consumptionTier, tou or cpp, code) of the readings (the first 50)."""
    has_cost: bool = False
    has_quality: bool = False
    has_tier: bool = False
    has_tou: bool = False
    without_start: int = 0
    without_duration: int = 0
    without_value: int = 0
    qualities: Mapping[str, int] = field(default_factory=lambda: NO_TEXTS)
    """How many readings have each ReadingQuality/quality (the first 50 codes)."""

    @property
    def has_reading_start(self) -> bool:
        """Whether any reading has a start."""
        return self.reading_count > self.without_start

    @property
    def has_reading_duration(self) -> bool:
        """Whether any reading has a duration."""
        return self.reading_count > self.without_duration

    @property
    def has_value(self) -> bool:
        """Whether any reading has a value."""
        return self.reading_count > self.without_value


class Shape(NamedTuple):
    """What entries that look alike share: which elements their resources have, in paths from the resource element."""

    kinds: tuple[tuple[str, str], ...]
    """(namespace, local name) of each resource in the entry, in order."""
    paths: frozenset[str]
    """Every element, each with the name of its resource before it: `UsagePoint/ServiceCategory/kind`.

    A resource that is not in the entry's content but in another child has a `!` before its name.
    """
    leaves: tuple[str, ...]
    """Those that have text and no children, in the order of the entry's values."""


class Entry:
    """An `atom:entry` and what is in it."""

    __slots__ = (
        "_links", "_repeated", "_values", "blocks", "children", "id", "line", "published", "shape",
        "starts_match", "title", "updated",
    )  # fmt: skip

    def __init__(
        self,
        line: int,
        shape: Shape,
        *,
        id: str | None = None,  # noqa: A002  the element's name
        title: str | None = None,
        published: str | None = None,
        updated: str | None = None,
        links: Sequence[Link] = (),
        values: Sequence[str] = (),
        blocks: Sequence[BlockFacts] = (),
        repeated: Mapping[str, tuple[str, ...]] | None = None,
        children: Sequence[Child] = (),
        starts_match: bool = False,
    ) -> None:
        self.line = line
        self.shape = shape
        self.id = id
        self.title = title
        self.published = published
        self.updated = updated
        self.blocks = tuple(blocks)
        self.children = tuple(children)
        """Children that are none of id, title, published, updated, link and content."""
        self.starts_match = starts_match
        """Whether any of its blocks starts when any of its readings does, by the texts, in whichever block."""
        self._links = tuple(part for link in links for part in link)
        self._values = tuple(values)
        self._repeated = repeated

    @property
    def kind(self) -> str:
        """The local name of the (first) resource in it; empty if there is none."""
        return self.shape.kinds[0][1] if self.shape.kinds else ""

    @property
    def namespace(self) -> str:
        """The namespace of the (first) resource in it."""
        return self.shape.kinds[0][0] if self.shape.kinds else ""

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        """(namespace, local name) of every resource in it, in order."""
        return self.shape.kinds

    @property
    def links(self) -> tuple[Link, ...]:
        """All links, in order."""
        parts = iter(self._links)
        return tuple(map(Link._make, zip(parts, parts, parts, parts, strict=True)))

    def hrefs(self, rel: str) -> tuple[str, ...]:
        """Where the links of a relation lead, in order; links without href left out."""
        return tuple(link.href for link in self.links if link.rel == rel and link.href is not None)

    @property
    def self(self) -> str | None:
        """The href of the first `self` link."""
        return next(iter(self.hrefs("self")), None)

    @property
    def up(self) -> str | None:
        """The href of the first `up` link."""
        return next(iter(self.hrefs("up")), None)

    @property
    def related(self) -> tuple[str, ...]:
        """The hrefs of all `related` links."""
        return self.hrefs("related")

    @property
    def facts(self) -> dict[str, str]:
        """The first text of each leaf of the first resource: `{"ServiceCategory/kind": "0"}`."""
        return self.facts_of(self.kind)

    def facts_of(self, kind: str) -> dict[str, str]:
        """The first text of each leaf of the resource of that name."""
        skip = len(kind) + 1
        pairs = zip(self.shape.leaves, self._values, strict=True)
        return {path[skip:]: value for path, value in pairs if path.startswith(kind + "/")}

    def present(self, path: str, kind: str = "") -> bool:
        """Whether there is an element at that path of the (first) resource, or of the resource of that name."""
        return f"{kind or self.kind}/{path}" in self.shape.paths

    def every(self, path: str, kind: str = "") -> tuple[str, ...]:
        """All texts of a leaf of the first resource, or of those of that name (of readings the first only)."""
        full = f"{kind or self.kind}/{path}"
        if self._repeated and full in self._repeated:
            return self._repeated[full]
        try:
            return (self._values[self.shape.leaves.index(full)],)
        except ValueError:
            return ()


@dataclass(slots=True)
class FeedFacts:
    """The `atom:feed` itself."""

    line: int
    id: str | None = None
    title: str | None = None
    updated: str | None = None
    links: list[Link] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    """Children that are none of id, title, updated, link and entry (the first hundred)."""

    def hrefs(self, rel: str) -> tuple[str, ...]:
        """Where the links of a relation lead, in order."""
        return tuple(link.href for link in self.links if link.rel == rel and link.href is not None)

    @property
    def self(self) -> str | None:
        """The href of the first `self` link."""
        return next(iter(self.hrefs("self")), None)


@dataclass
class Document:
    """A document as it was read.

    `root` is the root element as `{namespace}name`, empty if there is none. `feed` is None where the root is no
    `atom:feed`; `entries` holds the feed's entries, or the one stand-alone entry; `bare` is a root element that is
    neither, such as ServiceStatus or BatchList, seen as an entry without an envelope.
    """

    name: str = ""
    size_bytes: int = 0
    root: str = ""
    encoding: str = ""
    feed: FeedFacts | None = None
    entries: list[Entry] = field(default_factory=list)
    bare: Entry | None = None
    schema_errors: list[SchemaError] = field(default_factory=list)
    """Where it is not what the schemas say, the first `read.MOST_SCHEMA_ERRORS` places."""
    schema_error_count: int = 0
    fault: SchemaError | None = None
    """Where and why reading ended early: not XML, or XML that no honest feed is made of."""
    doctype_line: int | None = None
    """Where it has a document type declaration."""
    namespaces: frozenset[str] = frozenset()
    """All namespaces its elements are in."""
    worked_out: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """What one check worked out of it and others use, by its name."""

    @property
    def broken(self) -> str:
        """Why it cannot be read, with the line; empty where it was read to its end."""
        return f"line {self.fault.line}: {self.fault.message}" if self.fault else ""

    def of(self, *kinds: str, namespace: str = "") -> Sequence[Entry]:
        """The entries that hold a resource of one of these names, in order.

        `namespace` limits them to one; without it both of ESPI 4.0 count. What is in another namespace is found
        among `entries` only.
        """
        key = (namespace, *kinds)
        if key not in self._by_kind:
            spaces = (namespace,) if namespace else (ESPI, CUSTOMER)
            wanted = {(space, kind) for space in spaces for kind in kinds}
            shapes: dict[int, bool] = {}
            self._by_kind[key] = [entry for entry in self.entries if _holds(entry.shape, wanted, shapes)]
        return self._by_kind[key]

    def lacking(self, path: str, *kinds: str) -> Iterator[Entry]:
        """The entries of these resources, energy usage only, that have no element at that path of any of them."""
        full = [f"{kind}/{path}" if path else kind for kind in kinds]
        known: dict[int, bool] = {}
        for entry in self.of(*kinds, namespace=ESPI):
            shape = entry.shape
            if id(shape) not in known:
                known[id(shape)] = shape.paths.isdisjoint(full)
            if known[id(shape)]:
                yield entry

    def led_to(self, rel: str, *kinds: str) -> Counter[str]:
        """How many links of a relation lead to each address, from entries of these resources, energy usage only."""
        key = (rel, *kinds)
        if key not in self._led_to:
            entries = self.of(*kinds, namespace=ESPI)
            self._led_to[key] = Counter(href for entry in entries for href in entry.hrefs(rel))
        return self._led_to[key]

    def leading_to(self, rel: str, *kinds: str) -> Mapping[str, Sequence[Entry]]:
        """The entries of these resources, energy usage only, by the addresses their links of a relation lead to."""
        key = (rel, *kinds)
        if key not in self._leading_to:
            found: dict[str, list[Entry]] = {}
            for entry in self.of(*kinds, namespace=ESPI):
                for href in dict.fromkeys(entry.hrefs(rel)):
                    found.setdefault(href, []).append(entry)
            self._leading_to[key] = found
        return self._leading_to[key]

    def blocks(self) -> Iterator[tuple[Entry, BlockFacts]]:
        """Every interval block with its entry, in order."""
        for entry in self.of("IntervalBlock", namespace=ESPI):
            for block in entry.blocks:
                yield entry, block

    def __post_init__(self) -> None:
        self._by_kind: dict[tuple[str, ...], list[Entry]] = {}
        self._led_to: dict[tuple[str, ...], Counter[str]] = {}
        self._leading_to: dict[tuple[str, ...], dict[str, list[Entry]]] = {}


def _holds(shape: Shape, wanted: set[tuple[str, str]], known: dict[int, bool]) -> bool:
    found = known.get(id(shape))
    if found is None:
        found = known[id(shape)] = not wanted.isdisjoint(shape.kinds)
    return found
