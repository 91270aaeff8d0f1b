"""ESPI scope strings: read, compared with what is offered, and put into words (ESPI REQ.21, authorization scope).

A scope is one word without spaces: `FB=4_5_15;IntervalDuration=3600;BlockDuration=daily;HistoryLength=34128000`.
What a custodian offers lists alternatives; what a customer grants has a single one of each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from espi.errors import BadInput

LONGEST = 256
MONTH_S = 365 * 86_400 // 12
MONTHS_BELOW = 1000
"""A HistoryLength below this is in months, as older programs send it; from it on it is in seconds."""

PERSONAL = frozenset({46, 47, 49, 50, *range(51, 72)})
"""Function blocks about the customer himself: names, addresses, accounts."""

SPECIFIC = frozenset({5, 6, 7, 8, 9, 10, 11, 29})
"""Function blocks that name one kind of series; without any of them block 4 stands for all."""

SUMMARIES = frozenset({15, 16, 26, 27, 28})

_FINEST = ("900", "1800", "3600", "daily", "weekly", "monthly", "billingperiod", "seasonal")
_NAMED = frozenset({"daily", "weekly", "monthly", "billingperiod", "seasonal"})
_SAME = {"86400": "daily", "604800": "weekly"}
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_BULK = re.compile(r"[A-Za-z0-9-]{1,64}")


class BadScope(BadInput):
    """A scope that cannot be read or is not offered: the message names the part and says why."""

    code = "invalid_scope"


@dataclass(frozen=True)
class Scope:
    """A scope string, read.

    text: as it was sent. blocks: function blocks. interval_durations and block_durations: seconds or names, in lower
    case. history_s: how far back, None where it does not say. subscription_frequency: how often news comes.
    account_collection: how many usage points. bulk_id: the bulk feed it belongs to. unknown: terms of others.
    """

    text: str
    blocks: frozenset[int] = frozenset()
    interval_durations: tuple[str, ...] = ()
    block_durations: tuple[str, ...] = ()
    history_s: int | None = None
    subscription_frequency: str = ""
    account_collection: int | None = None
    bulk_id: str = ""
    unknown: tuple[str, ...] = ()

    def allows_block(self, *numbers: int) -> bool:
        """Whether it has one of these function blocks."""
        return not self.blocks.isdisjoint(numbers)

    @property
    def personal(self) -> bool:
        """Whether it asks for data about the customer himself."""
        return not self.blocks.isdisjoint(PERSONAL)

    @property
    def words(self) -> list[str]:
        """Its function blocks as the string has them, in order."""
        return [str(number) for number in sorted(self.blocks)]


class Said(NamedTuple):
    """One thing that a scope opens, for a page to put into words. key: which sentence. value: what goes into it."""

    key: str
    value: str = ""


@lru_cache(maxsize=1024)
def parse(text: str) -> Scope:
    """Read a scope string. `BadScope` says which part is wrong and why."""
    if not text:
        raise BadScope("The scope is empty; it looks like FB=1_3_4_5;IntervalDuration=3600.")
    if len(text) > LONGEST:
        raise BadScope(f"The scope is longer than {LONGEST} characters.")
    for bad, why in ((" ", "a space"), (",", "a comma; parts are apart by ; and values by _"), ('"', "a quote")):
        if bad in text:
            raise BadScope(f"The scope holds {why}.")
    if not (text.isascii() and text.isprintable()) or "\\" in text:
        raise BadScope("The scope holds a character that no scope may hold.")
    found: dict[str, Any] = {}
    unknown = []
    for part in text.removesuffix(";").split(";"):
        name, value = _split(part)
        known = _TERMS.get(name.lower())
        if known is None:
            unknown.append(part)
            continue
        if known.field in found:
            raise BadScope(f"{part}: {name} is given twice.")
        found[known.field] = known.read(part, value)
    return Scope(text, unknown=tuple(unknown), **found)


def within(asked: Scope, offered: Sequence[Scope]) -> None:
    """Make sure that all that is asked for is in one of the scopes offered, else `BadScope` with the first reason."""
    if not asked.blocks:
        raise BadScope("FB: the scope names no function block.")
    refused = [_refusal(asked, scope) for scope in offered] or ["No scope is offered here."]
    if all(refused):
        raise BadScope(refused[0])


def single(asked: Scope, offered: Sequence[Scope]) -> Scope:
    """What is granted of what is asked: one value of each choice, the finest; the text unchanged if nothing is.

    `BadScope` if it is not within what is offered. A history that was left open ends where the offer's does.
    """
    within(asked, offered)
    granted = asked
    if len(asked.interval_durations) > 1:
        granted = _changed(granted, "IntervalDuration", _finest(asked.interval_durations))
    if len(asked.block_durations) > 1:
        granted = _changed(granted, "BlockDuration", _finest(asked.block_durations))
    if granted.history_s is None:
        fitting = [scope.history_s for scope in offered if not _refusal(asked, scope)]
        known = [history_s for history_s in fitting if history_s is not None]
        granted = replace(granted, history_s=max(known) if len(known) == len(fitting) else None)
    return granted


def narrowed(granted: Scope, *, history_s: int | None = None, personal: bool = True) -> Scope:
    """The scope with a shorter history, or without the blocks about the customer himself."""
    if granted.personal and not personal:
        kept = sorted(granted.blocks - PERSONAL)
        granted = replace(_changed(granted, "FB", "_".join(map(str, kept))), history_s=granted.history_s)
    if history_s is not None and (granted.history_s is None or history_s < granted.history_s):
        granted = _changed(granted, "HistoryLength", str(max(history_s, MONTHS_BELOW)))
    return granted


def explain(scope: Scope) -> list[Said]:
    """What a scope opens, in the order in which a person wants to know it."""
    every = scope.allows_block(4) and scope.blocks.isdisjoint(SPECIFIC)
    said = [Said(key) for key, numbers in _SERIES if scope.allows_block(*numbers) or (every and key in _OF_EVERY)]
    said += [Said("interval", duration) for duration in scope.interval_durations]
    said += [Said(key) for key, numbers in _BESIDE if scope.allows_block(*numbers)]
    if scope.history_s is not None:
        said.append(Said("history", str(max(1, round(scope.history_s / MONTH_S)))))
    if scope.subscription_frequency:
        said.append(Said("frequency", scope.subscription_frequency))
    return said


_SERIES = (
    ("electricity", (5, 7, 8)),
    ("returned", (7, 8)),
    ("demand", (6,)),
    ("register", (9,)),
    ("gas", (10,)),
    ("water", (11,)),
    ("temperature", (29,)),
)
_OF_EVERY = frozenset({"electricity", "returned", "gas", "water"})
_BESIDE = (("cost", (12,)), ("bills", tuple(sorted(SUMMARIES))), ("quality", (17,)))
_REFUSALS: tuple[tuple[str, Callable[[Scope], Iterable[str]]], ...] = (
    ("FB", lambda scope: scope.words),
    ("IntervalDuration", lambda scope: scope.interval_durations),
    ("BlockDuration", lambda scope: scope.block_durations),
)


def _refusal(asked: Scope, offered: Scope) -> str:
    """Why an offer does not hold what is asked; empty if it does."""
    for name, values in _REFUSALS:
        there = set(values(offered))
        if missing := [value for value in values(asked) if value not in there and (there or name == "FB")]:
            return f"{name}: {'_'.join(missing)} is not offered here."
    if asked.history_s and offered.history_s and asked.history_s > offered.history_s:
        return f"HistoryLength: at most {offered.history_s} seconds are offered here."
    frequency = offered.subscription_frequency
    if frequency and asked.subscription_frequency not in {"", frequency}:
        return f"SubscriptionFrequency: {asked.subscription_frequency} is not offered here."
    if asked.bulk_id and offered.bulk_id and asked.bulk_id != offered.bulk_id:
        return f"BR: {asked.bulk_id} is not offered here."
    return ""


def _finest(durations: Iterable[str]) -> str:
    def rank(duration: str) -> tuple[bool, int, int]:
        named = duration in _NAMED
        return named, _FINEST.index(duration) if named else 0, 0 if named else int(duration)

    return min(durations, key=rank)


def _changed(scope: Scope, name: str, value: str) -> Scope:
    """The scope with another value for a term; a term of no value is left out."""
    parts = scope.text.removesuffix(";").split(";")
    kept = [part for part in parts if part.partition("=")[0].lower() != name.lower()]
    place = next((number for number, part in enumerate(parts) if part not in kept), len(kept))
    if value:
        kept.insert(place, f"{name}={value}")
    text = ";".join(kept)
    if text and len(text) <= LONGEST:
        return replace(parse(text), history_s=parse(text).history_s or scope.history_s)
    known = _TERMS[name.lower()]
    return replace(scope, **{known.field: known.read(name, value)}) if value else replace(scope, blocks=frozenset())


def _split(part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals or not _NAME.fullmatch(name):
        raise BadScope(f"{_shown(part)}: a part of a scope is NAME=VALUE, such as FB=4_5.")
    if not value:
        raise BadScope(f"{name}: there is no value.")
    return name, value


def _shown(part: str) -> str:
    return part or "(an empty part)"


def _read_number(part: str, value: str) -> int:
    if not _NUMBER.fullmatch(value):
        raise BadScope(f"{part}: {value} is not a whole number without leading zeros.")
    return int(value)


def _read_blocks(part: str, value: str) -> frozenset[int]:
    return frozenset(_read_number(part, number) for number in value.split("_"))


def _read_durations(part: str, value: str) -> tuple[str, ...]:
    found = [_read_duration(part, word) for word in value.split("_")]
    return tuple(dict.fromkeys(found))


def _read_duration(part: str, value: str) -> str:
    word = value.lower()
    if word not in _NAMED and not _NUMBER.fullmatch(word):
        raise BadScope(f"{part}: {value} is no number of seconds, nor daily, weekly, monthly, billingPeriod, seasonal.")
    return _SAME.get(word, word)


def _read_history(part: str, value: str) -> int:
    number = _read_number(part, value)
    return number * MONTH_S if number < MONTHS_BELOW else number


def _read_bulk(part: str, value: str) -> str:
    if not _BULK.fullmatch(value):
        raise BadScope(f"{part}: the id of a bulk is letters, digits and -, 64 at most.")
    return value


class _Term(NamedTuple):
    field: str
    read: Callable[[str, str], Any]


_TERMS = {
    "fb": _Term("blocks", _read_blocks),
    "intervalduration": _Term("interval_durations", _read_durations),
    "blockduration": _Term("block_durations", _read_durations),
    "historylength": _Term("history_s", _read_history),
    "subscriptionfrequency": _Term("subscription_frequency", _read_duration),
    "accountcollection": _Term("account_collection", _read_number),
    "bulkaccountcollection": _Term("account_collection", _read_number),
    "br": _Term("bulk_id", _read_bulk),
}
