"""The fixed text of an interval block's entry, cut out of what the writer makes of the declarations.

Rows of telling numbers are written with `espi.atom.write`, and the text between those numbers is kept. So the
declaration stays the only place that knows the elements and their order, and a day is written by filling in numbers.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from espi.atom.links import Link
from espi.atom.names import PREFIXES
from espi.atom.write import content, entry_head
from espi.clock import instant_text
from espi.resources.interval_block import INTERVAL_BLOCK

VALUE_DIGITS: Final = 5
"""A shorter value is followed by blanks after its closing tag, so that readings of a day are equally long."""

_MARKS: Final = {
    "cost": 111_111_111_111,
    "quality": 22_222,
    "duration": 333_333_333,
    "start": 4_444_444_444,
    "value": 55_555_555_555,
    "consumptionTier": 6_666,
    "tou": 7_777,
    "cpp": 8_888,
}
_SLOT: Final = re.compile(b"(?<!%)%[bd]")
_BLOCK_DURATION: Final = 999_999_999
_BLOCK_START: Final = 9_090_909_090


@dataclass(frozen=True, slots=True)
class Form:
    """Text with slots. text: for `%`. names: what goes into the slots, in their order: bytes or whole numbers."""

    text: bytes
    names: tuple[str, ...]

    def filled(self, values: Mapping[str, bytes | int]) -> bytes:
        """The text with a value in each slot."""
        return self.text % tuple([values[name] for name in self.names])


class Row(NamedTuple):
    """Text of fixed length. places: where what changes begins, by name."""

    text: bytes
    places: dict[str, int]


@dataclass(frozen=True, slots=True)
class BlockForm:
    """An interval block in three pieces. head: slots `duration` and `start` of the block. reading: one reading.

    value_end: the closing tag after the digits of a value, which belongs to its slot: that takes `value_text`, all
    other slots take numbers.
    """

    head: Form
    reading: Form
    tail: bytes
    value_end: bytes

    @property
    def value_width(self) -> int:
        """How long a value with its closing tag and blanks is, unless it has more than `VALUE_DIGITS` digits."""
        return VALUE_DIGITS + len(self.value_end)

    def value_text(self, value: int) -> bytes:
        """A value with its closing tag and the blanks after it."""
        return (b"%d%b" % (value, self.value_end)).ljust(self.value_width)


@lru_cache(maxsize=64)
def block_form(parts: frozenset[str] = frozenset()) -> BlockForm:
    """The form of a block whose readings have, beside period and value, these parts.

    parts: any of `quality`, `cost`, `consumptionTier`, `tou`, `cpp`.
    """
    reading: dict[str, object] = {name: _MARKS[name] for name in parts if name != "quality"}
    reading["timePeriod"] = {"duration": _MARKS["duration"], "start": _MARKS["start"]}
    reading["value"] = _MARKS["value"]
    if "quality" in parts:
        reading["ReadingQuality"] = [{"quality": _MARKS["quality"]}]
    interval = {"duration": _BLOCK_DURATION, "start": _BLOCK_START}
    text = content(INTERVAL_BLOCK, {"interval": interval, "IntervalReading": [reading]})
    prefix = PREFIXES[INTERVAL_BLOCK.namespace].encode()
    first = text.index(b"<%b:IntervalReading>" % prefix)
    closing = b"</%b:IntervalReading>" % prefix
    last = text.index(closing) + len(closing)
    value_end = _tag_after(text, b"%d" % _MARKS["value"])
    marks = {name: b"%d" % _MARKS[name] for name in {"duration", "start", *parts}}
    marks["value"] = b"%d%b" % (_MARKS["value"], value_end)
    head_marks = {"duration": b"%d" % _BLOCK_DURATION, "start": b"%d" % _BLOCK_START}
    return BlockForm(_cut(text[:first], head_marks), _cut(text[first:last], marks, {"value"}), text[last:], value_end)


def head_form(uuid: str, self_href: str, links: Iterable[Link], title: str, day_digits: int) -> Form:
    """The form of an entry up to its content, for blocks of one channel.

    uuid, self_href: of one block; their ends, eight and `day_digits` characters, become the slots `uuid` and `path`.
    The slots `published` and `updated` take instants as text.
    """
    published_s, updated_s = -1, -2
    text = entry_head(id=uuid, links=links, title=title, published_s=published_s, updated_s=updated_s)
    cut = f'{self_href}"'.encode()
    text = _only(text, cut, cut[: -day_digits - 1] + b"\x00path" + b'"')
    text = _only(text, uuid.encode(), uuid[:-8].encode() + b"\x00uuid")
    marks = {"path": b"\x00path", "uuid": b"\x00uuid"}
    marks["published"] = instant_text(published_s).encode()
    marks["updated"] = instant_text(updated_s).encode()
    return _cut(text, marks, set(marks))


def _tag_after(text: bytes, mark: bytes) -> bytes:
    start = text.index(mark) + len(mark)
    return text[start : text.index(b">", start) + 1]


def _only(text: bytes, old: bytes, new: bytes) -> bytes:
    if text.count(old) != 1:
        raise ValueError(f"{old!r} does not stand in the text exactly once")
    return text.replace(old, new)


def _cut(text: bytes, marks: Mapping[str, bytes], texts: Container[str] = ()) -> Form:
    text = text.replace(b"%", b"%%")
    names = sorted(marks, key=lambda name: text.index(marks[name]))
    for name in names:
        text = _only(text, marks[name], b"%b" if name in texts else b"%d")
    return Form(text, tuple(names))


def spaced(form: Form, fixed: Mapping[str, int], lengths: Mapping[str, int]) -> Row:
    """The form with its fixed numbers filled in, and blanks of these lengths in the other slots."""
    pieces = [piece.replace(b"%%", b"%") for piece in _SLOT.split(form.text)]
    row = bytearray(pieces[0])
    places = {}
    for name, piece in zip(form.names, pieces[1:], strict=True):
        if name not in fixed:
            places[name] = len(row)
        row += b"%d" % fixed[name] if name in fixed else b" " * lengths[name]
        row += piece
    return Row(bytes(row), places)
