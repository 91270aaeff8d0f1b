"""How findings call the things they speak of, and how the texts of a document become numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.suite import Evidence, at

if TYPE_CHECKING:
    from conformance.document import Entry

LONGEST_TEXT = 60


def called(entry: Entry) -> str:
    """`The IntervalBlock “2024-03-10” (line 63)`, to begin a sentence."""
    return f"The {named(entry)}"


def named(entry: Entry) -> str:
    """`IntervalBlock “2024-03-10” (line 63)`."""
    return f"{thing(entry)} (line {entry.line})"


def thing(entry: Entry) -> str:
    """`IntervalBlock “2024-03-10”`: kind and title."""
    kind = entry.kind or "entry"
    title = short(entry.title or "")
    return f"{kind} “{title}”" if title else kind


def short(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text on one line, cut where it is long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


def here(entry: Entry, text: str = "", path: str = "") -> tuple[Evidence, ...]:
    """Evidence that points at the entry."""
    return (at(entry.line, text, path=path),)


def whole(text: str | None) -> int | None:
    """The whole number a text is; None where there is none."""
    try:
        return int((text or "").strip())
    except ValueError:
        return None


def counted(count: int, one: str, many: str = "") -> str:
    """`1 reading`, `3 readings`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
