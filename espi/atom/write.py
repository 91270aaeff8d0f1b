"""The Atom writer: rows to bytes, driven by the declarations.

A row is a mapping by element name; a nested type is a mapping, a repeated element a sequence. Elements are written in
the declared order, whatever the order of the row. What the schema would refuse is refused here with `BadInput`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from espi.atom.links import Link
from espi.atom.names import ATOM, MEDIA_TYPES, PREFIXES
from espi.clock import instant_text
from espi.errors import BadInput
from espi.resources.declare import ESPI, Field, Kind, Resource, Simple, Struct

Row = Mapping[str, Any]

DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
FEED_TAIL: Final = b"</feed>\n"
ENTRY_TAIL: Final = b"</content></entry>\n"

_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP: Final = re.compile('[&<>"\t\n\r]')
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_HEX: Final = re.compile("(?:[0-9A-Fa-f]{2})*")
_DECIMAL: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)


def escape(text: str) -> str:
    """Text as it may stand in an element or a quoted attribute. `BadInput` for characters that XML cannot carry."""
    if _FORBIDDEN.search(text):
        raise BadInput("A text holds a control character, which XML cannot carry.")
    return _MARKUP.sub(lambda found: _ESCAPES[found[0]], text)


def feed_head(
    id: str,  # noqa: A002 - the element's name
    title: str,
    updated_s: int,
    links: Iterable[Link],
    *,
    namespace: str = ESPI,
    declaration: bool = True,
) -> bytes:
    """The beginning of a feed, up to its first entry. id: a UUID. namespace: of the contents of its entries.

    declaration: whether the XML declaration goes first. `FEED_TAIL` ends the feed.
    """
    text = (
        f"<feed {_declarations(namespace)}><id>urn:uuid:{escape(id)}</id><title>{escape(title)}</title>"
        f"<updated>{instant_text(updated_s)}</updated>{_links(links)}\n"
    )
    return (DECLARATION if declaration else b"") + text.encode()


def entry(
    resource: Resource,
    row: Row,
    *,
    id: str,  # noqa: A002 - the element's name
    links: Iterable[Link],
    title: str,
    published_s: int,
    updated_s: int,
) -> bytes:
    """One entry of a feed. id: a UUID. `BadInput` when the schema would refuse the row."""
    head = entry_head(id=id, links=links, title=title, published_s=published_s, updated_s=updated_s)
    return head + content(resource, row) + ENTRY_TAIL


def entry_head(*, id: str, links: Iterable[Link], title: str, published_s: int, updated_s: int) -> bytes:  # noqa: A002
    """An entry up to its content, which `ENTRY_TAIL` follows."""
    return f"<entry>{_entry_start(id, links, title, published_s, updated_s)}".encode()


def document(
    resource: Resource,
    row: Row,
    *,
    id: str,  # noqa: A002 - the element's name
    links: Iterable[Link],
    title: str,
    published_s: int,
    updated_s: int,
) -> bytes:
    """One entry as a document of its own: the answer to a request for a single resource."""
    start = f"<entry {_declarations(resource.namespace)}>{_entry_start(id, links, title, published_s, updated_s)}"
    return DECLARATION + start.encode() + content(resource, row) + ENTRY_TAIL


def bare(resource: Resource, row: Row) -> bytes:
    """A document of the resource alone, without Atom: `ServiceStatus`, and the `BatchList` of a notification."""
    name = f"{PREFIXES[resource.namespace]}:{resource.element}"
    inner = _children(resource.struct, row, resource.element)
    xmlns = f'xmlns:{PREFIXES[resource.namespace]}="{resource.namespace}"'
    return DECLARATION + f"<{name} {xmlns}>{inner}</{name}>\n".encode()


def content(resource: Resource, row: Row) -> bytes:
    """The resource's element with its children. The prefix must be declared above it, as `feed_head` does."""
    return _element(PREFIXES[resource.namespace], resource.element, resource.struct, row, resource.element).encode()


def links(of: Iterable[Link]) -> bytes:
    """Links, for the end of a feed."""
    return _links(of).encode()


def as_document(text: bytes, namespace: str = ESPI) -> bytes:
    """An entry of a feed as a document of its own. namespace: of its content."""
    begin = b"<entry>"
    if not text.startswith(begin):
        raise ValueError("this is no entry")
    return DECLARATION + f"<entry {_declarations(namespace)}>".encode() + text[len(begin) :]


def _declarations(namespace: str) -> str:
    return f'xmlns="{ATOM}" xmlns:{PREFIXES[namespace]}="{namespace}"'


def _links(links: Iterable[Link]) -> str:
    texts = []
    for link in links:
        kind = f' type="{escape(link.type)}"' if link.type else ""
        texts.append(f'<link rel="{escape(link.rel)}"{kind} href="{escape(link.href)}"/>')
    return "".join(texts)


def _entry_start(id_: str, links: Iterable[Link], title: str, published_s: int, updated_s: int) -> str:
    return (
        f"<id>urn:uuid:{escape(id_)}</id>{_links(links)}<title>{escape(title)}</title>"
        f"<published>{instant_text(published_s)}</published><updated>{instant_text(updated_s)}</updated>"
        f'<content type="{MEDIA_TYPES["content"]}">'
    )


def _element(prefix: str, name: str, type_: Simple | Struct, value: object, where: str) -> str:
    inner = _children(type_, value, where) if isinstance(type_, Struct) else simple_text(type_, value, where)
    return f"<{prefix}:{name}>{inner}</{prefix}:{name}>"


def _children(struct: Struct, row: object, where: str) -> str:
    if not isinstance(row, Mapping):
        raise BadInput(f"{where} must have children.")
    prefix = PREFIXES[struct.namespace]
    texts = []
    known = 0
    for field in struct.fields:
        known += field.name in row
        inner = f"{where}/{field.name}"
        values = _values(field, row.get(field.name), where)
        texts += [_element(prefix, field.name, field.type, value, inner) for value in values]
    if known != len(row):
        unknown = row.keys() - {field.name for field in struct.fields}
        raise BadInput(f"{where} has no {', '.join(sorted(map(str, unknown)))}.")
    return "".join(texts)


def _values(field: Field, value: object, where: str) -> Sequence[object]:
    least, most = field.many
    values: Sequence[object]
    if value is None:
        values = ()
    elif not field.repeats:
        values = (value,)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        values = value
    else:
        raise BadInput(f"{where}/{field.name} must be a list.")
    if len(values) < least:
        raise BadInput(f"{where} needs {field.name}.")
    if most >= 0 and len(values) > most:
        raise BadInput(f"{where} has more than {most} {field.name}.")
    return values


def simple_text(type_: Simple, value: object, where: str) -> str:
    """The escaped text of a value without children. where: its place, for the message of the `BadInput`."""
    text = _written(type_, value, where)
    length = len(text) // 2 if type_.kind is Kind.HEX else len(text)
    if type_.max_length is not None and length > type_.max_length:
        raise BadInput(f"{where} is longer than {type_.max_length}.")
    if type_.closed and type_.codes and value not in type_.codes:
        raise BadInput(f"{where} is none of the codes of {type_.name}.")
    return escape(text)


def _written(type_: Simple, value: object, where: str) -> str:
    if type_.kind is Kind.INTEGER:
        return _integer(type_, value, where)
    if type_.kind is Kind.BOOLEAN:
        if not isinstance(value, bool):
            raise BadInput(f"{where} must be true or false.")
        return "true" if value else "false"
    if type_.kind is Kind.DECIMAL:
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else _plain(value, where)
        if not _DECIMAL.fullmatch(text):
            raise BadInput(f"{where} must be a decimal number.")
        return text
    if not isinstance(value, str):
        raise BadInput(f"{where} must be text.")
    if type_.kind is Kind.HEX and not _HEX.fullmatch(value):
        raise BadInput(f"{where} must be an even number of hexadecimal digits.")
    return value


def _integer(type_: Simple, value: object, where: str) -> str:
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise BadInput(f"{where} must be a whole number.") from None
    if isinstance(value, bool):
        raise BadInput(f"{where} must be a whole number.")
    if (type_.low is not None and number < type_.low) or (type_.high is not None and number > type_.high):
        raise BadInput(f"{where} is not between {type_.low} and {type_.high}.")
    return str(number)


def _plain(value: object, where: str) -> str:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise BadInput(f"{where} must be a decimal number.")
    return format(value, "f")
