"""What is kept of a document: its envelope, its entries with their facts, and a summary of every interval block.

No reading is kept. Texts are as they stand in the document, untrimmed; None says that an element or attribute is not
there, an empty text that it is there and empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from conformance.document.block_facts import BlockFacts
from conformance.document.names import CUSTOMER, ESPI

BETWEEN = "\x1f"
"""Stands between texts that are kept as one; no XML document can have it."""


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


LinkKinds = tuple[tuple[str | None, str | None, int, bool], ...]
"""(rel, type, lines after the entry's, whether it has an address) of each link."""


class LinkForm:
    """What entries with links of the same kinds share."""

    __slots__ = ("kinds", "places")

    def __init__(self, kinds: LinkKinds) -> None:
        self.kinds = kinds
        places: dict[str | None, list[int]] = {}
        for place, (rel, _, _, leads_somewhere) in enumerate(kinds):
            if leads_somewhere:
                places.setdefault(rel, []).append(place)
        self.places = {rel: tuple(found) for rel, found in places.items()}
        """Which of the links have a relation, and an address."""


class Entry:
    """An `atom:entry` and what is in it.

    There may be very many, so what many have alike is one object, and texts that are seldom asked for are one text.
    """

    __slots__ = (
        "_blocks", "_hrefs", "_link_form", "_repeated", "_values", "children", "id", "line", "published", "shape",
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
        links: LinkForm,
        hrefs: Sequence[str] = (),
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
        self._blocks = blocks[0] if len(blocks) == 1 else tuple(blocks)
        self.children = tuple(children)
        """Children that are none of id, title, published, updated, link and content."""
        self.starts_match = starts_match
        """Whether any of its blocks starts when any of its readings does, by the texts, in whichever block."""
        self._link_form = links
        self._hrefs = tuple(hrefs)
        self._values = BETWEEN.join(values)
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
        return tuple(
            [
                Link(rel, href if leads_somewhere else None, kind, self.line + line)
                for href, (rel, kind, line, leads_somewhere) in zip(self._hrefs, self._link_form.kinds, strict=True)
            ]
        )

    def hrefs(self, rel: str) -> tuple[str, ...]:
        """Where the links of a relation lead, in order; links without href left out."""
        hrefs = self._hrefs
        return tuple([hrefs[place] for place in self._link_form.places.get(rel, ())])

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
    def blocks(self) -> tuple[BlockFacts, ...]:
        """The summaries of its interval blocks, in order."""
        return self._blocks if isinstance(self._blocks, tuple) else (self._blocks,)

    @property
    def facts(self) -> dict[str, str]:
        """The first text of each leaf of the first resource: `{"ServiceCategory/kind": "0"}`."""
        return self.facts_of(self.kind)

    def facts_of(self, kind: str) -> dict[str, str]:
        """The first text of each leaf of the resource of that name."""
        skip = len(kind) + 1
        pairs = zip(self.shape.leaves, self._texts(), strict=True)
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
            return (self._texts()[self.shape.leaves.index(full)],)
        except ValueError:
            return ()

    def _texts(self) -> Sequence[str]:
        return self._values.split(BETWEEN) if self.shape.leaves else ()


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
