"""Values of readings: there, not all zero, not negative where they cannot be, and registers that only go up."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.time_line import with_blocks
from conformance.document import BlockFacts, Document
from conformance.local_time import DAY_S
from conformance.naming import counted
from conformance.series import Series, all_series
from conformance.suite import Finding, Omit, at, file_check

FORWARD, REVERSE = "1", "19"
BULK = "1"
"""accumulationBehaviour of a register."""
ONE_WAY_KINDS = frozenset({"8", "12", "37", "58", "155"})
"""Demand, energy, power, volume and flow of volume."""
DISCONNECTED = frozenset({"logicallyDisconnected", "physicallyDisconnected"})


@file_check("VAL001")
def values_are_not_all_zero(document: Document) -> Iterator[Finding]:
    """Zeros delivered while the data are not there yet are taken for real by everyone."""
    with_blocks(document)
    for series in all_series(document):
        values = sum(block.value_count for _, block in series.blocks)
        zeros = sum(block.zero_count for _, block in series.blocks)
        if values and values == zeros and _expects_usage(series) and _span_s(series) >= DAY_S:
            message = (
                f"All {counted(values, 'value')} of {series} are zero, over {series.when(series.placed[0].start_s)} to"
                f" {series.when(max(one.end_s for one in series.placed))}. Leave out readings that are not there yet; a"
                " usage point that is empty says so with minimalUsageExpected."
            )
            yield Finding(message, (at(series.blocks[0][1].line),))


def _expects_usage(series: Series) -> bool:
    """Received energy may well be none, and so may that of a place that is switched off or vacant."""
    point = series.usage_point.facts if series.usage_point else {}
    idle = point.get("minimalUsageExpected", "").strip() in {"true", "1"} or point.get("status", "").strip() == "0"
    return series.fact("flowDirection") != REVERSE and not idle and point.get("connectionState", "") not in DISCONNECTED


def _span_s(series: Series) -> int:
    return sum(one.end_s - one.start_s for one in series.placed)


@file_check("VAL002")
def one_way_values_are_not_negative(document: Document) -> Iterator[Finding]:
    """What is received has flowDirection 19 and positive values; only net values have a sign."""
    with_blocks(document)
    for series in all_series(document):
        if series.fact("flowDirection") not in {FORWARD, REVERSE} or series.fact("kind") not in ONE_WAY_KINDS:
            continue
        negative = [block for _, block in series.blocks if block.negative_count]
        if negative:
            count = sum(block.negative_count for block in negative)
            message = (
                f"{series} has {counted(count, 'negative value')}, though its flowDirection"
                f" {series.fact('flowDirection')} is one way. Received energy is positive with flowDirection 19; net"
                " energy has flowDirection 4."
            )
            yield Finding(message, (at(negative[0].line),))


@file_check("VAL003")
def registers_do_not_fall(document: Document) -> Iterator[Finding]:
    """Dials only go up, save when they roll over or the meter is exchanged: then they fall a long way."""
    registers = [series for series in all_series(document) if _is_register(series)]
    if not registers:
        raise Omit("There are no registers that go one way in it.")
    for series in registers:
        before: BlockFacts | None = None
        for one in series.placed:
            block = one.block
            fall = block.least_fall or _fall_between(before, block)
            if fall and block.rising and fall * 2 < max(block.most or 0, before.most or 0 if before else 0):
                message = f"{series} is a register, and falls by {fall} from one reading to the next: dials only go up."
                yield Finding(message, (at(block.line),))
            before = block


def _is_register(series: Series) -> bool:
    one_way = series.fact("flowDirection") in {FORWARD, REVERSE}
    return bool(series.blocks) and series.fact("accumulationBehaviour") == BULK and one_way


def _fall_between(before: BlockFacts | None, block: BlockFacts) -> int:
    """By how much the first value of a block is less than the last one before."""
    if before is None or before.last_value is None or block.first_value is None:
        return 0
    return max(0, before.last_value - block.first_value)


@file_check("VAL007")
def readings_are_whole(document: Document) -> Iterator[Finding]:
    """A value, and the start and duration of its time."""
    with_blocks(document)
    for series in all_series(document):
        for _, block in series.blocks:
            lacks = {"start": block.without_start, "duration": block.without_duration, "value": block.without_value}
            said = [f"{count} without {name}" for name, count in lacks.items() if count]
            if said:
                message = (
                    f"Of the {counted(block.reading_count, 'reading')} of a block of {series}, {' and '.join(said)}."
                )
                yield Finding(message, (at(block.line),))
            elif not block.reading_count:
                yield Finding(f"A block of {series} has no readings.", (at(block.line),))
