"""ESPI scope strings: their grammar, their terms, and whether one is within another."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 256
"""Characters of a scope (String256)."""
_PERIOD = r"(?:\d+|billingPeriod|daily|monthly|seasonal|weekly)"
_TERM = re.compile(
    rf"FB=[1-9]\d*(?:_[1-9]\d*)*|(?:IntervalDuration|BlockDuration|SubscriptionFrequency)={_PERIOD}(?:_{_PERIOD})*"
    r"|HistoryLength=\d+|(?:Bulk)?AccountCollection=\d+|BR=[A-Za-z0-9-]+",
    re.IGNORECASE,
)
_KNOWN = re.compile(r"(FB|IntervalDuration|BlockDuration|SubscriptionFrequency|HistoryLength|AccountCollection|BR)=")
CUSTOMER_BLOCKS = frozenset({46, 47, 48, 49, 50, *range(51, 72)})
"""Blocks of the retail customer's data."""
MONTHS_BELOW, MONTH_S = 1000, 2_629_800


@dataclass(frozen=True)
class Scope:
    """A scope in its terms: names in lower case, values as they stand."""

    text: str
    terms: dict[str, tuple[str, ...]]

    @property
    def blocks(self) -> frozenset[int]:
        """The function blocks it names."""
        return frozenset(int(number) for number in self.terms.get("fb", ()) if number.isdigit())


def parse(text: str) -> Scope:
    """The terms of a scope, whatever stands there; `faults` says what is wrong with it."""
    terms: dict[str, tuple[str, ...]] = {}
    for part in filter(None, text.split(";")):
        name, _, values = part.partition("=")
        terms[name.strip().lower()] = tuple(values.split("_"))
    return Scope(text, terms)


def blocks_of(text: str) -> frozenset[int]:
    """The function blocks of a scope."""
    return parse(text).blocks


def faults(text: str) -> list[str]:
    """What is against the grammar (REQ.21, as the guidance writes it); terms of other names are let pass."""
    found = []
    if len(text) > LONGEST:
        found.append(f"it has {len(text)} characters, and {LONGEST} is the most")
    if " " in text:
        found.append("it has a space, which parts one scope from another")
    if not text.startswith("FB="):
        found.append("it does not begin with FB=")
    wrong = [term for term in text.split(";") if _KNOWN.match(term) and not _TERM.fullmatch(term)]
    found += [f"{term!r} is malformed" for term in wrong]
    return found


def within(inner: str, outer: str) -> list[str]:
    """Why one scope is not within another; nothing if it is."""
    narrow, wide = parse(inner), parse(outer)
    found = []
    if extra := sorted(narrow.blocks - wide.blocks):
        found.append(f"the blocks {', '.join(map(str, extra))} were not asked for")
    if _history_s(narrow) > _history_s(wide) > 0:
        found.append("its HistoryLength is longer than was asked for")
    return found


def _history_s(scope: Scope) -> int:
    """How far back, in seconds; a small number means months. 0 where nothing is said."""
    value = scope.terms.get("historylength", ("0",))[0]
    length = int(value) if value.isdigit() else 0
    return length * MONTH_S if length < MONTHS_BELOW else length
