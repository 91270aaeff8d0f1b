"""Articles as they are written: a title, words to find it by, what it opens with, and sections with anchors.

    # Read your chart
    Words: bar, graph

    What the chart tells at a glance.

    ## What is a bar? {bar}
    - **Each bar** is 15 minutes.

The first lines are title and words. A section's anchor, in braces, is the same in every language. What a page has as a
button or a heading stands between `==` in English, as in the code, and is read in the article's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from espi.errors import BadInput
from espi.portal.guide.contents import CONTENTS, Entry
from espi.portal.language import catalogue

FOLDER = Path(__file__).parent / "articles"
LANGUAGES = ("en", "es")

_HEADING = re.compile(r"## (?P<heading>.+) \{(?P<anchor>[a-z0-9-]+)\}")
_ITEM = re.compile(r"(?P<mark>-|\d+\.) (?P<text>.+)")
_LABEL = re.compile(r"(?P<link>\[?)==(?P<label>[^=]+)==")
_KINDS = {"-": "ul"}


@dataclass(frozen=True)
class Block:
    """A paragraph (`p`, one text) or a list (`ul`, `ol`, a text for each item), with its marks still in it."""

    kind: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A part of an article that can be linked to. The first has no heading and no anchor: the article opens with it."""

    anchor: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Article:
    """An article in one language. words: what else readers may call its matter."""

    entry: Entry
    language: str
    title: str
    words: str
    sections: tuple[Section, ...]

    @property
    def id(self) -> str:
        """What addresses call it."""
        return self.entry.id

    @property
    def lead(self) -> Section:
        """What it opens with."""
        return self.sections[0]


@cache
def shelf(language: str) -> dict[str, Article]:
    """Every article of a language by its id, in the order of the contents."""
    return {entry.id: _read(entry, language) for entry in CONTENTS}


def read(entry: Entry, language: str, text: str) -> Article:
    """The article that a text is. Raises `BadInput` where it is not written as articles are."""
    lines = text.splitlines()
    if len(lines) < 4 or not lines[0].startswith("# ") or not lines[1].startswith("Words: "):
        raise BadInput(f"Help article {entry.id} ({language}) does not begin with a title and its words.")
    return Article(entry, language, lines[0][2:], lines[1][7:], tuple(_sections(lines[2:])))


def labels(text: str) -> list[str]:
    """The buttons and headings of pages that a text names, in English."""
    return [found["label"] for found in _LABEL.finditer(text)]


def _read(entry: Entry, language: str) -> Article:
    text = (FOLDER / language / f"{entry.id}.md").read_text("utf-8")
    sentences = catalogue(language)

    def said(found: re.Match[str]) -> str:
        label = sentences.ugettext(found["label"])
        return f"[{label}" if found["link"] else f"**{label}**"

    return read(entry, language, _LABEL.sub(said, text))


def _sections(lines: Sequence[str]) -> Iterator[Section]:
    anchor, heading, inside = "", "", list[str]()
    for line in lines:
        if not line.startswith("#"):
            inside.append(line)
            continue
        found = _HEADING.fullmatch(line)
        if found is None:
            raise BadInput(f"A heading of a help article has no anchor: {line}.")
        yield Section(anchor, heading, tuple(_blocks(inside)))
        anchor, heading, inside = found["anchor"], found["heading"], []
    yield Section(anchor, heading, tuple(_blocks(inside)))


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Paragraphs and lists, apart by empty lines; an item or a paragraph is one line or more."""
    for chunk in "\n".join(lines).split("\n\n"):
        texts = list[str]()
        kind = "p"
        for line in filter(None, chunk.split("\n")):
            item = _ITEM.fullmatch(line)
            if item:
                kind = _KINDS.get(item["mark"], "ol")
                texts.append(item["text"])
            elif texts:
                texts[-1] += f" {line.strip()}"
            else:
                texts.append(line)
        if texts:
            yield Block(kind, tuple(texts))
