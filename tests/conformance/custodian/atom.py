"""Entries and feeds as text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

from tests.conformance.custodian import facts

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACES = (
    ' xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi"'
    ' xmlns:cust="http://naesb.org/espi/customer"'
)


@dataclass(frozen=True)
class Entry:
    """One entry.

    path: its address below the resource endpoint. content: the text of its element. related: paths below the resource
    endpoint that it links to, or whole addresses. period: start and end in seconds of the data in it, if it has any.
    """

    path: str
    title: str
    content: str
    related: tuple[str, ...] = ()
    period: tuple[int, int] | None = None
    published_s: int = facts.PUBLISHED_S
    updated_s: int = facts.PUBLISHED_S

    @property
    def kind(self) -> str:
        """The name of the resource, which its address has before the id."""
        return self.path.split("/")[-2]

    @property
    def collection(self) -> str:
        return self.path.rpartition("/")[0]


def entry_text(root: str, entry: Entry, *, alone: bool = False) -> str:
    """An entry as a document of its own, or as it stands in a feed. root: the resource endpoint."""
    family = "cust" if "<cust:" in entry.content else "espi"
    links = [
        _link("self", f"{family}-entry/{entry.kind}", root + entry.path),
        _link("up", f"{family}-feed/{entry.kind}", root + entry.collection),
        *(_related(root, family, each) for each in entry.related),
    ]
    opened = f"{DECLARATION}<entry{NAMESPACES}>" if alone else "<entry>"
    return (
        f"{opened}<id>{facts.entry_id(entry.path)}</id>{''.join(links)}<title>{escape(entry.title)}</title>"
        f"<published>{facts.time_text(entry.published_s)}</published>"
        f"<updated>{facts.time_text(entry.updated_s)}</updated>"
        f'<content type="application/xml">{entry.content}</content></entry>\n'
    )


def feed_text(root: str, path: str, title: str, entries: list[Entry], *, certificate: bool = True) -> str:
    """A feed. path: the address that was asked for, below the resource endpoint, without the query."""
    family = "cust" if any("<cust:" in each.content for each in entries) else "espi"
    links = [_link("self", f"{family}-feed/{path.rstrip('/').split('/')[-1]}", root + path)]
    if certificate:
        links.append(certificate_link())
    head = (
        f"{DECLARATION}<feed{NAMESPACES}><id>{facts.entry_id(path)}</id><title>{escape(title)}</title>"
        f"<updated>{facts.time_text(facts.PUBLISHED_S)}</updated>{''.join(links)}\n"
    )
    return head + "".join(entry_text(root, each) for each in entries) + "</feed>\n"


def certificate_link() -> str:
    return _link("related", "text/html", f"https://cert.greenbuttonalliance.org/certificate/{facts.CERTIFICATE_ID}")


def certified(root: str, entry: Entry) -> str:
    """A stand-alone entry with the link to the certificate."""
    text = entry_text(root, entry, alone=True)
    return text.replace("<title>", f"{certificate_link()}<title>", 1)


def moved(entry: Entry, old: str, new: str) -> Entry:
    """The same entry under another address: `old` is the part of the address that `new` takes the place of."""
    paths = tuple(each.replace(old, new) for each in entry.related)
    return replace(entry, path=entry.path.replace(old, new), related=paths)


def element(name: str, *parts: str | int, prefix: str = "espi") -> str:
    """An element of text, a number, or ready-made elements."""
    made = [part if isinstance(part, str) and part.startswith("<") else escape(str(part)) for part in parts]
    return f"<{prefix}:{name}>{''.join(made)}</{prefix}:{name}>"


def _related(root: str, family: str, target: str) -> str:
    last = target.rstrip("/").split("/")
    is_collection = not _is_id(last[-1])
    kind = last[-1] if is_collection else last[-2]
    return _link("related", f"{family}-{'feed' if is_collection else 'entry'}/{kind}", root + target)


def _is_id(segment: str) -> bool:
    return len(segment) == 12 and set(segment) <= set("0123456789abcdef")


def _link(rel: str, media_type: str, href: str) -> str:
    return f"<link rel={quoteattr(rel)} type={quoteattr(media_type)} href={quoteattr(href)}/>"
