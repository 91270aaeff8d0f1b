"""The hardened reader: Green Button documents to plain rows, as the stream comes in.

It takes what is in the field: any prefix, entries and their children in any order, several resources in one entry,
upper-case UUIDs, relative links, names of ESPI 1.x, elements it does not know. It takes no document type, no entity, no
depth and no length that such files do not need. A value that cannot be understood is left out of its row and named in
the entry's `faults`; a document that is not well-formed is refused as a whole.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from xml.parsers import expat

from espi.atom.links import Link
from espi.atom.names import ATOM
from espi.atom.read_resource import MOST_DEPTH, ResourceReader, resource_plans
from espi.clock import instant_s
from espi.errors import BadInput

LIMIT_BYTES: Final = 1 << 30
"""How long a document may be unless the caller says otherwise."""

MOST_FAULTS: Final = 100
_CHUNK: Final = 1 << 16
_TOKEN_BYTES: Final = 1 << 20
_TEXT_LENGTH: Final = 1 << 16
_ENTRY_BYTES: Final = 1 << 26

_UUID: Final = re.compile(r"urn:uuid:\s*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource as it was read.

    resource: its element name; row: its values, as `espi.atom.write` takes them. id: the UUID in lower case without
    `urn:uuid:`, or another id as it stands; empty without Atom. hrefs of links are as they stand, relative ones too.
    faults: what could not be understood, at most `MOST_FAULTS`.
    """

    resource: str
    row: dict[str, Any]
    id: str = ""
    links: tuple[Link, ...] = ()
    title: str = ""
    published_s: int | None = None
    updated_s: int | None = None
    faults: tuple[str, ...] = ()

    def hrefs(self, rel: str) -> tuple[str, ...]:
        """The targets of its links of one kind: `self`, `up`, `related`."""
        return tuple(link.href for link in self.links if link.rel == rel)


def entries(stream: BinaryIO, *, limit_bytes: int = LIMIT_BYTES) -> Iterator[Entry]:
    """The resources of a feed, of one entry, or of a bare element such as BatchList, in the document's order.

    `BadInput` when the document is not well-formed XML, has a document type, is too long or too deep. Entries that came
    before are out by then: a caller that wants all or nothing must wait for the end.
    """
    reader = _Reader()
    length = 0
    while chunk := stream.read(_CHUNK):
        length += len(chunk)
        if length > limit_bytes:
            raise BadInput(f"The document is longer than {limit_bytes} bytes.")
        reader.feed(chunk, length)
        yield from reader.take()
    reader.feed(b"", length, last=True)
    yield from reader.take()


class _Reader:
    """The handlers that expat calls outside of resources, and what they know of the present place."""

    def __init__(self) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser = parser
        self._plans = resource_plans()
        self._ready: deque[Entry] = deque()
        self._depth = 0
        self._skipped = 0
        self._begun = False
        self._text: str | None = None
        self._content = False
        self._resource: ResourceReader | None = None
        self._draft: _Draft | None = None
        self._draft_byte = 0
        self._outside()

    def _outside(self) -> None:
        self._resource = None
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def feed(self, chunk: bytes, length: int, *, last: bool = False) -> None:
        """Parse what came. length: of the document so far, this chunk included."""
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as err:
            reason = expat.ErrorString(err.code)
            raise BadInput(f"The document is not well-formed XML: {reason}, line {err.lineno}.") from err
        except (LookupError, ValueError) as err:
            if self._begun:
                raise
            raise BadInput("The document's encoding is not understood.", detail=str(err)) from err
        if length - self._parser.CurrentByteIndex > _TOKEN_BYTES and not last:
            raise BadInput("The document has a tag or comment of unusual length.")
        if self._draft is not None and length - self._draft_byte > _ENTRY_BYTES:
            raise BadInput("The document has an entry of unusual length.")

    def take(self) -> Iterator[Entry]:
        """The entries that are complete."""
        while self._ready:
            yield self._ready.popleft()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise BadInput(f"The document is nested deeper than {MOST_DEPTH} elements.")
        if self._skipped or self._text is not None:
            self._skipped += 1
        elif self._depth == 1:
            self._start_root(name)
        elif self._content:
            self._start_resource(name)
        elif self._draft is not None:
            self._start_of_entry(self._draft, name, attributes)
        elif name == f"{ATOM} entry":
            self._start_entry()
        else:
            self._skipped = 1

    def _start_root(self, name: str) -> None:
        self._begun = True
        if name == f"{ATOM} entry":
            self._start_entry()
        elif name in self._plans:
            self._start_entry()
            self._start_resource(name)
        elif name != f"{ATOM} feed":
            raise BadInput("The document is neither an Atom feed, nor an entry, nor an ESPI resource.")

    def _start_resource(self, name: str) -> None:
        if name not in self._plans or self._draft is None:
            self._skipped = 1
            return
        self._resource = ResourceReader(*self._plans[name], self._fault, self._end_resource)
        self._draft.contents.append((self._resource.resource, self._resource.row))
        self._parser.StartElementHandler = self._resource.start
        self._parser.EndElementHandler = self._resource.end
        self._parser.CharacterDataHandler = self._resource.characters

    def _end_resource(self) -> None:
        self._outside()
        self._depth -= 1
        if not self._depth:
            self._finish_entry()

    def _start_entry(self) -> None:
        self._draft = _Draft()
        self._draft_byte = self._parser.CurrentByteIndex

    def _start_of_entry(self, draft: _Draft, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if namespace == ATOM and local == "content":
            self._content = True
        elif namespace == ATOM and local in _ATOM_TEXTS:
            self._text = ""
        else:
            self._skipped = 1
            if namespace == ATOM and local == "link" and "href" in attributes:
                link = Link(attributes.get("rel", "alternate"), attributes["href"].strip(), attributes.get("type", ""))
                draft.links.append(link)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._skipped:
            self._skipped -= 1
        elif self._text is not None and self._draft is not None:
            self._draft.texts[name.rpartition(" ")[2]] = self._text.strip()
            self._text = None
        elif self._content:
            self._content = False
        elif self._draft is not None:
            self._finish_entry()

    def _characters(self, text: str) -> None:
        if self._text is not None and not self._skipped:
            self._text += text
            if len(self._text) > _TEXT_LENGTH:
                raise BadInput("The document has a text of unusual length.")

    def _fault(self, path: str, reason: str) -> None:
        if self._draft is not None and len(self._draft.faults) < MOST_FAULTS:
            self._draft.faults.append(f"{path} {reason}, line {self._parser.CurrentLineNumber}")

    def _finish_entry(self) -> None:
        if self._draft is not None:
            self._ready.extend(self._draft.entries())
        self._draft = None

    def _refuse_doctype(self, *_: object) -> None:
        raise BadInput("The document has a document type declaration, which is not taken.")


_ATOM_TEXTS: Final = frozenset({"id", "title", "published", "updated"})


class _Draft:
    """An entry while it is being read."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        self.texts: dict[str, str] = {}
        self.contents: list[tuple[str, dict[str, Any]]] = []
        self.faults: list[str] = []

    def entries(self) -> Iterator[Entry]:
        """What it comes to: an entry for each resource in its content."""
        found = _UUID.fullmatch(self.texts.get("id", ""))
        id_ = found[1].lower() if found else self.texts.get("id", "")
        published_s, updated_s = self._instant("published"), self._instant("updated")
        links, title, faults = tuple(self.links), self.texts.get("title", ""), tuple(self.faults)
        for resource, row in self.contents:
            yield Entry(resource, row, id_, links, title, published_s, updated_s, faults)

    def _instant(self, name: str) -> int | None:
        if not self.texts.get(name):
            return None
        try:
            return instant_s(self.texts[name])
        except BadInput as err:
            self.faults.append(f"{name}: {err.public}")
            return None
