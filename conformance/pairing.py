"""Which entry of a file is the same thing as which entry of an earlier file, whatever their ids say.

By address first, taken from the usage point downwards, since a download and a grant differ above it. Then blocks by the
readings they belong to and their start. Where the two files share no address of a kind, by what the resources say, if
that is unmistakable in both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable

from conformance.document import Document, Entry
from conformance.paths import KNOWN, USAGE_FAMILIES, parts

Pair = tuple[Entry, Entry]
KeyOf = Callable[[Entry], Hashable]
SPEAKING = frozenset({"UsagePoint", "ReadingType", "LocalTimeParameters", "MeterReading"})
"""Kinds that are told by their title and what they say."""


def pairs(document: Document, previous: Document) -> list[Pair]:
    """(new, old) entries that are the same thing, each entry at most once."""
    found = _matched(document, previous, _by_address)
    taken = {id(entry) for pair in found for entry in pair}
    found += [pair for pair in _matched(document, previous, _by_start) if taken.isdisjoint(map(id, pair))]
    kinds = {new.kind for new, _ in found}
    found += [pair for pair in _matched(document, previous, _by_content) if pair[0].kind not in kinds]
    return found


def _matched(document: Document, previous: Document, key_of: KeyOf) -> list[Pair]:
    old, new = _alone(previous.entries, key_of), _alone(document.entries, key_of)
    return [(entry, old[key]) for key, entry in new.items() if key in old]


def _alone(entries: Iterable[Entry], key_of: KeyOf) -> dict[Hashable, Entry]:
    """The entries by their key, as far as it is theirs alone."""
    groups: dict[Hashable, list[Entry]] = defaultdict(list)
    for entry in entries:
        key = key_of(entry)
        if key is not None:
            groups[key].append(entry)
    return {key: group[0] for key, group in groups.items() if len(group) == 1}


def _by_address(entry: Entry) -> Hashable:
    return (entry.kind, _below_family(entry.self)) if entry.self else None


def _by_start(entry: Entry) -> Hashable:
    if len(entry.blocks) != 1 or entry.blocks[0].start_s is None or not entry.up:
        return None
    return _below_family(entry.up), entry.blocks[0].start_s


def _by_content(entry: Entry) -> Hashable:
    if entry.kind in SPEAKING:
        facts = sorted((path, text.strip()) for path, text in entry.facts.items())
        return entry.kind, (entry.title or "").strip(), tuple(facts)
    if len(entry.blocks) == 1:
        block = entry.blocks[0]
        return entry.kind, block.start_s, block.duration_s, block.reading_count, block.total
    return None


def _below_family(href: str) -> tuple[str, ...]:
    """The segments of the address from the first resource that is no grant and no download."""
    segments = parts(href)
    for place, segment in enumerate(segments):
        if segment in KNOWN and segment not in USAGE_FAMILIES:
            return tuple(segments[place:])
    return tuple(segments)
