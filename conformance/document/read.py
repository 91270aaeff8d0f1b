"""Reading a document as a stream, in bounded memory, and refusing what no honest feed is made of.

The parser is expat. Entities of the document's own are refused where they are declared; nothing is ever fetched; depth,
names, attributes and the length of texts and tags are bounded. Whatever is wrong becomes the document's
`fault`, never an exception.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import IO
from xml.parsers import expat

from conformance.document.follow import ending, starting
from conformance.document.gather import Gatherer
from conformance.document.names import local
from conformance.document.not_xml import TooMuch, explained, looks_like
from conformance.document.records import Document, SchemaError
from conformance.document.validity import Validator

CHUNK_BYTES = 1 << 16
LONGEST_TEXT = 1 << 20
"""Characters of text between two tags."""
LONGEST_TAG_BYTES = 1 << 20
"""Bytes of a tag or a comment."""
LEAST_ENTRY_BYTES = 150
"""Bytes of an entry on the average: a file of nothing but empty entries would take many times its size in memory."""
MOST_NAMES = 50_000
"""Different names of elements and attributes."""
DEEPEST = 64
"""Elements within elements."""
MOST_SCHEMA_ERRORS = 200
"""Places of one document that are not what the schemas say and are kept; all are counted."""


def read(source: str | os.PathLike[str] | IO[bytes] | bytes, *, name: str = "") -> Document:
    """Read a document: a file by its path, an open binary file, or bytes.

    `name` is what reports call it (by default the file's name). Never raises for what is in the document: a document
    that cannot be read to its end has a `fault`.

    Raises:
        OSError: the file cannot be opened or read.
    """
    if isinstance(source, bytes):
        return _Reader(name).read(io.BytesIO(source))
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        with path.open("rb") as stream:
            return _Reader(name or path.name).read(stream)
    return _Reader(name).read(source)


class _Reader:
    """One reading of one document."""

    def __init__(self, name: str) -> None:
        self.document = Document(name=name)
        self.parser = expat.ParserCreate(namespace_separator="}", intern={})
        self.gatherer = Gatherer(self.document, lambda: self.parser.CurrentLineNumber)
        self.validator = Validator(self._note, DEEPEST)
        self.texts: list[str] = []
        self.parser.buffer_text = True
        self.parser.buffer_size = CHUNK_BYTES
        self.parser.StartElementHandler = starting(self.gatherer, self.validator, self.texts)
        self.parser.EndElementHandler = ending(self.gatherer, self.validator, self.texts)
        self.parser.CharacterDataHandler = self.texts.append
        self.parser.XmlDeclHandler = self._declared
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._refuse_entity

    def read(self, stream: IO[bytes]) -> Document:
        document = self.document
        first = stream.read(CHUNK_BYTES)
        chunk = first
        try:
            while chunk:
                document.size_bytes += len(chunk)
                self.parser.Parse(chunk, False)
                self._bound()
                chunk = stream.read(CHUNK_BYTES)
            self.parser.Parse(b"", True)
        except TooMuch as much:
            self._fault(f"reading was stopped: {much}; no Green Button file needs that")
        except (expat.ExpatError, ValueError, LookupError) as error:
            has_root = document.root and local(document.root).lower() != "html"
            self._fault(explained(error, self.validator.path) if has_root else looks_like(first, error))
        document.namespaces = frozenset(self.gatherer.namespaces)
        return document

    def _fault(self, message: str) -> None:
        line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        self.document.fault = SchemaError(line, column, self.validator.path, message)

    def _note(self, path: str, message: str) -> None:
        document = self.document
        document.schema_error_count += 1
        if len(document.schema_errors) < MOST_SCHEMA_ERRORS:
            line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
            document.schema_errors.append(SchemaError(line, column, path, message))

    def _bound(self) -> None:
        """Stop at what would fill the memory without a single event."""
        if self.document.size_bytes - max(self.parser.CurrentByteIndex, 0) > LONGEST_TAG_BYTES + CHUNK_BYTES:
            raise TooMuch(f"a tag, comment or text of more than {LONGEST_TAG_BYTES:,} bytes")
        if len(self.texts) > 1 and sum(map(len, self.texts)) > LONGEST_TEXT:
            raise TooMuch(f"a text of more than {LONGEST_TEXT:,} characters")
        if len(self.document.entries) > 1000 + self.document.size_bytes // LEAST_ENTRY_BYTES:
            raise TooMuch("entries with nothing in them by the thousand")
        if len(self.parser.intern) > MOST_NAMES:
            raise TooMuch(f"more than {MOST_NAMES:,} different names")

    def _declared(self, _: str, encoding: str | None, __: int) -> None:
        self.document.encoding = encoding or ""

    def _doctype(self, *_: object) -> None:
        self.document.doctype_line = self.parser.CurrentLineNumber

    def _refuse_entity(self, name: str, *_: object) -> None:
        raise TooMuch(f"the document type declares an entity ({name[:40]}), which is how entity bombs are made")
