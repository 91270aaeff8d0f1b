"""From the marks of an article to HTML: bold, code and links, nothing else. Every other character is escaped.

A link leads to another article (`help:chart`, `help:glossary#esiid`) or to a page of the portal (`page:apps.overview`).
One that leads nowhere for its reader is shown as plain words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from markupsafe import Markup, escape

from espi.portal.guide.articles import Block

Leads = Callable[[str], str]
"""The address that the target of a link has for the reader; "" for none."""

_MARK = re.compile(r"\*\*(?P<bold>[^*]+)\*\*|`(?P<code>[^`]+)`|\[(?P<text>[^\]]+)\]\((?P<target>[^)\s]+)\)")


def html(blocks: Sequence[Block], leads: Leads) -> Markup:
    """The blocks of a section."""
    return Markup("\n").join(_block(block, leads) for block in blocks)


def plain(blocks: Sequence[Block]) -> str:
    """The words of a section without their marks."""
    return " ".join(_MARK.sub(lambda mark: next(filter(None, mark.groups())), text) for text in _texts(blocks))


def links(blocks: Sequence[Block]) -> list[str]:
    """What a section links to."""
    return [mark["target"] for text in _texts(blocks) for mark in _MARK.finditer(text) if mark["target"]]


def _texts(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        yield from block.texts


def _block(block: Block, leads: Leads) -> Markup:
    if block.kind == "p":
        return Markup("<p>{}</p>").format(_line(block.texts[0], leads))
    items = Markup("").join(Markup("<li>{}</li>").format(_line(text, leads)) for text in block.texts)
    return Markup("<ol>{}</ol>").format(items) if block.kind == "ol" else Markup("<ul>{}</ul>").format(items)


def _line(text: str, leads: Leads) -> Markup:
    parts, at = list[Markup](), 0
    for mark in _MARK.finditer(text):
        parts += [escape(text[at : mark.start()]), _marked(mark, leads)]
        at = mark.end()
    return Markup("").join([*parts, escape(text[at:])])


def _marked(mark: re.Match[str], leads: Leads) -> Markup:
    if mark["bold"]:
        return Markup("<strong>{}</strong>").format(mark["bold"])
    if mark["code"]:
        return Markup("<code>{}</code>").format(mark["code"])
    address = leads(mark["target"])
    return Markup('<a href="{}">{}</a>').format(address, mark["text"]) if address else escape(mark["text"])
