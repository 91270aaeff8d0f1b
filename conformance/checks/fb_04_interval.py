"""Function block 4, interval metering: meter readings, their reading types and their blocks of readings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.data_rules import (
    INTERVAL_BLOCK,
    METER_READING,
    READING_TYPE,
    USAGE_POINT,
    envelope,
    fact_is,
    feed_has,
    has_elements,
    leads_to,
)
from conformance.document import Document, Entry
from conformance.naming import called, counted, here
from conformance.suite import Finding, at, file_check

LOAD_PROFILE = 4
"""accumulationBehaviour deltaData: values of intervals."""

feed_has("D027", METER_READING)
feed_has("D032", INTERVAL_BLOCK)
feed_has("D049", READING_TYPE)

envelope(
    METER_READING,
    identifier="D018", title="D019", published="D029", updated="D030", own="D020", up="D022", unique="D021",
)  # fmt: skip
leads_to("D023", METER_READING, "up", USAGE_POINT, "related")
leads_to("D024", METER_READING, "related", READING_TYPE, "self")
leads_to("D025", METER_READING, "related", INTERVAL_BLOCK, "up", exactly_one=False)

envelope(
    INTERVAL_BLOCK,
    identifier="D031", title="D033", published="D040", updated="D041", own="D034", up="D036", unique="D035",
)  # fmt: skip
leads_to("D037", INTERVAL_BLOCK, "up", METER_READING, "related")
has_elements(
    INTERVAL_BLOCK,
    {
        "D038": "interval/duration",
        "D039": "interval/start",
        "D044": "IntervalReading/timePeriod/duration",
        "D045": "IntervalReading/timePeriod/start",
        "D046": "IntervalReading/value",
    },
)

envelope(
    READING_TYPE,
    identifier="D048", title="D050", published="D069", updated="D070", own="D051", up="D053", unique="D052",
)  # fmt: skip
has_elements(
    READING_TYPE,
    {"D062": "intervalLength", "D063": "kind", "D065": "powerOfTenMultiplier", "D068": "uom"},
)


@file_check("D028")
def meter_reading_is_in_the_content(document: Document) -> Iterator[Finding]:
    """True of every entry that has one in its content; only one put into another child of the entry fails."""
    for entry in METER_READING.lacking(document, ""):
        yield Finding(f"{called(entry)} has its MeterReading outside <content>.", here(entry))


@file_check("D054")
def meter_reading_has_one_type(document: Document) -> Iterator[Finding]:
    """Counts the entry's own related links that lead to a ReadingType, where D024 counts the ReadingTypes they meet."""
    known = READING_TYPE.led_to(document, "self")
    for entry in METER_READING.entries(document):
        found = sum(href in known for href in entry.related)
        if found != 1:
            message = f"{called(entry)} has {counted(found, 'related link')} to a ReadingType; it should have one."
            yield Finding(message, here(entry, "\n".join(entry.related)))


def _blocks_of(document: Document, meter_reading: Entry) -> Iterator[Entry]:
    """The entries of blocks whose up link is among the meter reading's related links, each once, in order."""
    known = document.leading_to("up", *INTERVAL_BLOCK.names)
    found = {id(entry): entry for href in meter_reading.related for entry in known.get(href, ())}
    yield from found.values()


@file_check("D145")
def readings_start_apart(document: Document) -> Iterator[Finding]:
    """Two readings of one block never start together. Starts are compared as numbers, so that `07` repeats `7`.

    The condition itself compares texts; the difference needs a start that is written in an unusual way. Readings of
    different blocks are not compared.
    """
    for meter_reading in METER_READING.entries(document):
        for entry in _blocks_of(document, meter_reading):
            for block in entry.blocks:
                if block.duplicate_count:
                    starts = ", ".join(map(str, block.duplicates))
                    message = (
                        f"{called(entry)} has {counted(block.duplicate_count, 'reading')} that"
                        f" repeat{'s' if block.duplicate_count == 1 else ''} the start of an earlier one."
                    )
                    yield Finding(message, (at(block.line, f"start {starts}" if starts else ""),))


@file_check("D146")
def blocks_start_apart(document: Document) -> Iterator[Finding]:
    """Two blocks of one meter reading never start together; starts are compared as numbers, as in D145."""
    for meter_reading in METER_READING.entries(document):
        seen: Counter[int] = Counter()
        for entry in _blocks_of(document, meter_reading):
            for block in entry.blocks:
                if block.start_s is None:
                    continue
                seen[block.start_s] += 1
                if seen[block.start_s] > 1:
                    message = f"{called(entry)} starts when an earlier block of its MeterReading does: {block.start_s}."
                    yield Finding(message, (at(block.line),))


@file_check("D026")
def load_profile_has_blocks(document: Document) -> Iterator[Finding]:
    """The condition stands at the link to the ReadingType, so one meter reading fails once for each such link."""
    types = document.leading_to("self", *READING_TYPE.names)
    profiles = {
        href
        for href, entries in types.items()
        if any(fact_is(entry, "ReadingType", "accumulationBehaviour", LOAD_PROFILE) for entry in entries)
    }
    ups = INTERVAL_BLOCK.led_to(document, "up")
    for entry in METER_READING.entries(document):
        if profiles.isdisjoint(entry.related) or any(href in ups for href in entry.related):
            continue
        message = f"{called(entry)} has a ReadingType of interval data (accumulationBehaviour 4), and no IntervalBlock."
        yield Finding(message, here(entry))


@file_check("D042")
def block_starts_with_a_reading(document: Document) -> Iterator[Finding]:
    """Some reading starts when the block does, by the texts; in an entry of several blocks any pair will do."""
    for entry in INTERVAL_BLOCK.entries(document):
        if not entry.starts_match:
            block = entry.blocks[0] if entry.blocks else None
            starts = f" {block.start_s}" if block and block.start_s is not None else ""
            first = f" (the first starts at {block.first_start_s})" if block and block.first_start_s is not None else ""
            message = f"{called(entry)}: no reading starts at the start of the block{starts}{first}."
            yield Finding(message, (at(block.line if block else entry.line),))
