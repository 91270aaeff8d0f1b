"""The time line of readings: in order, within their blocks, none over another, and no hole in a local day."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.envelope import moment
from conformance.clock_changes import clock_faults
from conformance.document import BlockFacts, Document
from conformance.local_time import DAY_S, Day, LocalTime, is_sane
from conformance.naming import counted
from conformance.series import Placed, Series, Span, all_series, profiles
from conformance.suite import Finding, Omit, at, file_check

EPOCH_FROM_S, EPOCH_TO_S = 631_152_000, 4_102_444_800
"""From 1990 to 2100: where start times of meter readings lie."""
HOUR_S = 3600
PROJECTED = "12"
"""The quality of a forecast: the only readings that may lie ahead."""
MONTH_S = 28 * DAY_S


def with_blocks(document: Document) -> None:
    """Leave the check where there is nothing for it.

    Raises:
        Omit: the document has no interval blocks.
    """
    if not any(True for _ in document.blocks()):
        raise Omit("There are no interval blocks in it.")


@file_check("TIM015")
def starts_are_seconds_since_1970(document: Document) -> Iterator[Finding]:
    """Not milliseconds, not a date written as a number, not zero."""
    with_blocks(document)
    for _, block in document.blocks():
        for what, start_s in (("The start of a block", block.start_s), ("The start of a reading", block.first_start_s)):
            if start_s is not None and not EPOCH_FROM_S <= start_s <= EPOCH_TO_S:
                yield Finding(f"{what}, {start_s}, {_mistaken(start_s)}.", (at(block.line),))
                break


def _mistaken(start_s: int) -> str:
    if EPOCH_FROM_S <= start_s // 1000 <= EPOCH_TO_S:
        return "looks like milliseconds; ESPI counts whole seconds since 1970, in UTC"
    if 19_900_101 <= start_s <= 21_001_231:
        return "looks like a calendar date; ESPI counts seconds since 1970, in UTC"
    if start_s in {0, -1}:
        return "is a filler, no time; give the seconds since 1970, in UTC"
    if not is_sane(start_s):
        return "is no time between 1900 and 2200; ESPI counts seconds since 1970, in UTC"
    return f"would be {LocalTime(0).text(start_s)} UTC; ESPI counts seconds since 1970, in UTC"


@file_check("TIM004")
def readings_lie_within_their_block(document: Document) -> Iterator[Finding]:
    """`interval` says what the block covers."""
    with_blocks(document)
    for series in all_series(document):
        for _, block in series.blocks:
            if block.outside_count:
                message = (
                    f"{counted(block.outside_count, 'reading')} of {series} not wholly within the interval of the"
                    f" block, the first at {series.when(block.outside[0])}; the block covers {_bounds(series, block)}."
                )
                yield Finding(message, (at(block.line),))


def _bounds(series: Series, block: BlockFacts) -> str:
    start_s, duration_s = block.start_s or 0, block.duration_s or 0
    return f"{series.when(start_s)} to {series.when(start_s + duration_s)}"


@file_check("TIM002")
def readings_do_not_overlap(document: Document) -> Iterator[Finding]:
    """Time that two readings of one block claim is counted twice."""
    with_blocks(document)
    for series in profiles(document):
        explained = clock_faults(series).explained
        for _, block in series.blocks:
            spans = [span for span in block.overlaps if span not in explained]
            if not spans:
                continue
            count = block.overlap_count - len(block.overlaps) + len(spans)
            message = (
                f"Readings of {series} overlap {counted(count, 'time')} within a block, first from"
                f" {series.when(spans[0][0])} to {series.when(spans[0][1])}: one begins before the one before it ends."
            )
            yield Finding(message, (at(block.line),))


@file_check("TIM003")
def blocks_do_not_overlap(document: Document) -> Iterator[Finding]:
    """Time that two blocks of one MeterReading claim is counted twice."""
    with_blocks(document)
    for series in profiles(document):
        yield from _overlaps_between(series)


def _overlaps_between(series: Series) -> Iterator[Finding]:
    """A block whose readings begin before an earlier block's end, unless it fills a hole or D146 speaks of both."""
    last: Placed | None = None
    for one in series.placed:
        if last and one.start_s < last.end_s and one.block.start_s != last.block.start_s and not _fills(one, last):
            message = (
                f"Two blocks of {series} both cover {series.when(one.start_s)} to"
                f" {series.when(min(one.end_s, last.end_s))}: readers count that time twice."
            )
            yield Finding(message, (at(last.block.line, "The earlier block"), at(one.block.line, "The later block")))
        if last is None or one.end_s > last.end_s:
            last = one


def _fills(one: Placed, last: Placed) -> bool:
    return any(start_s <= one.start_s and one.end_s <= end_s for start_s, end_s in last.block.holes)


@file_check("TIM001")
def readings_are_in_the_order_of_time(document: Document) -> Iterator[Finding]:
    """Readers that go through a block once rely on it."""
    with_blocks(document)
    for series in all_series(document):
        for _, block in series.blocks:
            if not block.rising and not block.duplicate_count:
                yield Finding(f"Readings of {series} are not in the order of time in their block.", (at(block.line),))


@file_check("TIM005")
def local_days_are_complete(document: Document) -> Iterator[Finding]:
    """No hole in a block: a day has 96 quarter hours, 92 and 100 when the clocks change; 24 hours, 23 and 25."""
    with_blocks(document)
    for series in profiles(document):
        explained = clock_faults(series).explained
        for _, block in series.blocks:
            left = [span for span in block.holes if span not in explained]
            for span in left:
                yield Finding(_hole(series, block, span), (at(block.line),))
            more = block.hole_count - len(block.holes)
            if left and more:
                message = (
                    f"The same block of {series} has {counted(more, 'more hole')}; {block.hole_s} s are missing in all."
                )
                yield Finding(message, (at(block.line),))


def _hole(series: Series, block: BlockFacts, span: Span) -> str:
    length_s, interval_s = span[1] - span[0], series.interval_s
    missing = f"{length_s} s"
    if interval_s and length_s % interval_s == 0:
        missing = counted(length_s // interval_s, f"interval of {interval_s} s", f"intervals of {interval_s} s")
    message = f"{series} has no reading from {series.when(span[0])} to {series.when(span[1])}: {missing} missing"
    return message + _day_count(series, block, span) + "."


def _day_count(series: Series, block: BlockFacts, span: Span) -> str:
    """`; 92 of the 96 of 2024-03-12 are there`, where the hole is within one local day that the block covers."""
    interval_s = series.interval_s or DAY_S
    known = block.start_s is not None and block.duration_s is not None and block.hole_count == len(block.holes)
    if series.local is None or not known or interval_s >= DAY_S or not all(map(is_sane, span)):
        return ""
    day = series.local.day(span[0])
    starts_s, ends_s = block.start_s or 0, (block.start_s or 0) + (block.duration_s or 0)
    if span[1] > day.end_s or starts_s > day.start_s or ends_s < day.end_s or day.length_s % interval_s:
        return ""
    expected = day.length_s // interval_s
    lost = sum(_within(day, hole) for hole in block.holes) // interval_s
    return f"; {expected - lost} of the {expected} of {day.date} are there"


def _within(day: Day, span: Span) -> int:
    """Seconds of the span that fall on the day."""
    return max(0, min(span[1], day.end_s) - max(span[0], day.start_s))


@file_check("TIM012")
def blocks_follow_each_other(document: Document) -> Iterator[Finding]:
    """No gap between the blocks of a MeterReading; a feed of changes only may have some."""
    with_blocks(document)
    for series in profiles(document):
        explained = clock_faults(series).explained
        for span, after in series.gaps:
            if span not in explained:
                message = f"No block of {series} covers {series.when(span[0])} to {series.when(span[1])}."
                yield Finding(message, (at(after.block.line, "The block after the gap"),))


@file_check("UNI005")
def durations_are_the_interval_length(document: Document) -> Iterator[Finding]:
    """`intervalLength` is what readings of the type last; days and months may differ as the calendar does."""
    with_blocks(document)
    for series in profiles(document):
        declared = series.number("intervalLength")
        if not declared:
            continue
        for _, block in series.blocks:
            odd = {seconds: count for seconds, count in block.durations.items() if not _agrees(seconds, declared)}
            if odd:
                seconds, count = max(odd.items(), key=lambda pair: pair[1])
                message = (
                    f"The reading type of {series} has intervalLength {declared}, but {counted(count, 'reading')} of"
                    f" this block {'lasts' if count == 1 else 'last'} {seconds} s."
                )
                yield Finding(message, (at(block.line),))


def _agrees(seconds: int, declared: int) -> bool:
    """Whether readings of this duration belong to a type of that interval length."""
    if seconds == declared:
        return True
    if declared >= MONTH_S - HOUR_S:
        return 0 < seconds <= declared * 4 // 3  # the first and the last month may be cut
    return declared >= DAY_S and abs(seconds - declared) == HOUR_S


@file_check("TIM016")
def intervals_begin_on_the_hour(document: Document) -> Iterator[Finding]:
    """Quarter hours begin at :00, :15, :30 and :45, hours at :00, by the local clock."""
    with_blocks(document)
    for series in profiles(document):
        interval_s = series.interval_s
        if not interval_s or interval_s > HOUR_S or HOUR_S % interval_s:
            continue
        shift_s = series.local.tz_offset_s if series.local else 0
        odd = [one for one in series.placed if (one.start_s + shift_s) % interval_s]
        if odd:
            message = (
                f"Intervals of {interval_s} s of {series} begin at odd times in {counted(len(odd), 'block')}: the first"
                f" at {series.when(odd[0].start_s)}, {(odd[0].start_s + shift_s) % interval_s} s late."
            )
            yield Finding(message, (at(odd[0].block.line),))


@file_check("TIM011")
def readings_are_of_the_past(document: Document) -> Iterator[Finding]:
    """No reading ends more than a day after its entry was last changed, unless it is a forecast."""
    with_blocks(document)
    for series in all_series(document):
        for one in series.placed:
            changed = moment(one.entry.updated)
            if changed is None or PROJECTED in one.block.qualities or series.fact("defaultQuality") == PROJECTED:
                continue
            if one.end_s > changed.timestamp() + DAY_S:
                message = (
                    f"A block of {series} has readings up to {series.when(one.end_s)}, but was last updated"
                    f" {one.entry.updated}: nobody can have read them yet. Forecasts have the quality {PROJECTED}."
                )
                yield Finding(message, (at(one.block.line),))
