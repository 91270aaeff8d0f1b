"""The query parameters of feeds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from tests.conformance.custodian.atom import Entry

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
BOUNDS = ("published-min", "published-max", "updated-min", "updated-max")
NUMBERS = ("start-index", "max-results", "depth")
OPEN_S = 1 << 60


class Malformed(Exception):
    """A parameter has no meaning."""


def filtered(entries: list[Entry], parameters: list[tuple[str, str]]) -> list[Entry]:
    """The entries that the parameters ask for.

    Bounds of publication speak of the time of the data, those of update of the entry's own; entries without data of a
    time stay. Then the first and the number of entries are counted off.

    Raises:
        Malformed: a value that is not of its form, or a lower bound above the upper one.
    """
    bounds = {name: _time(value) for name, value in parameters if name in BOUNDS}
    numbers = {name: _number(name, value) for name, value in parameters if name in NUMBERS}
    data = _within(bounds, "published", lambda entry: entry.period or (0, 0))
    changed = _within(bounds, "updated", lambda entry: (entry.updated_s, entry.updated_s))
    kept = [entry for entry in entries if entry.period is None or (data(entry) and changed(entry))]
    first = numbers.get("start-index", 1) - 1
    most = min(numbers.get("max-results", len(kept)), numbers.get("depth", len(kept)))
    return kept[first : first + most]


def _within(bounds: dict[str, int], name: str, period: Callable[[Entry], tuple[int, int]]) -> Callable[[Entry], bool]:
    low, high = bounds.get(f"{name}-min", -OPEN_S), bounds.get(f"{name}-max", OPEN_S)
    if low > high:
        raise Malformed(name)
    return lambda entry: low <= period(entry)[0] and period(entry)[1] <= high


def _time(text: str) -> int:
    if not TIME.fullmatch(text):
        raise Malformed(text)
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise Malformed(text) from None


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or (name == "start-index" and int(text) < 1):
        raise Malformed(text)
    return int(text)
