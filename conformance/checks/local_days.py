"""Local time: the rules of a usage point, the days on which the clocks change, blocks cut at local midnight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from conformance.checks.time_line import with_blocks
from conformance.clock_changes import clock_faults
from conformance.document import ESPI, Document, Entry
from conformance.local_time import DAY_S, DISABLED, LocalTime, NoRule, Rule, is_sane, rule
from conformance.naming import called, counted, here, whole
from conformance.series import all_series, local_time, profiles
from conformance.suite import Finding, Omit, at, file_check

RULES = ("dstStartRule", "dstEndRule")
MOST_WEST_S, MOST_EAST_S = -43_200, 50_400
QUARTER_S = 900
NORTHERN_START, NORTHERN_END = "360E2000", "B40E2000"
"""The rules of the United States and Canada."""
MOST_SUMMER_S = 7200
NORTH_AMERICA = range(-36_000, -17_999)
"""Standard offsets of Hawaii to the east coast: nowhere there does summer begin in the second half of the year."""
LENGTHS_OF_A_DAY_S = frozenset({DAY_S - 3600, DAY_S, DAY_S + 3600})


def _local_times(document: Document) -> Sequence[Entry]:
    found = document.of("LocalTimeParameters", namespace=ESPI)
    if not found:
        raise Omit("There are no LocalTimeParameters in it.")
    return found


def _digits(entry: Entry, name: str) -> str:
    return entry.facts.get(name, "").strip()


def _decoded(entry: Entry, name: str) -> Rule | None:
    """The rule, or None where it is switched off or makes no sense (TIM001 says so)."""
    try:
        return rule(_digits(entry, name))
    except NoRule:
        return None


@file_check("TIM008")
def rules_can_be_read(document: Document) -> Iterator[Finding]:
    """Eight hexadecimal digits that make a month, a day and an hour, or all F."""
    for entry in _local_times(document):
        for name in RULES:
            if not entry.present(name):
                continue
            try:
                rule(_digits(entry, name))
            except NoRule as why:
                message = (
                    f"{called(entry)} has {name} {_digits(entry, name)}, which is no rule: {why}. In the United States"
                    " and Canada dstStartRule is 360E2000 and dstEndRule B40E2000."
                )
                yield Finding(message, here(entry))


@file_check("TIM009")
def rules_fit_together(document: Document) -> Iterator[Finding]:
    """Both on or both off, not the same, not exchanged; the offset says by how much where they are on, else nothing."""
    for entry in _local_times(document):
        start, end = (_digits(entry, name).upper() for name in RULES)
        wrong = _pair_fault(start, end) or _offset_fault(entry, start) or _exchanged(entry)
        if wrong:
            yield Finding(f"{called(entry)} {wrong}", here(entry))


def _pair_fault(start: str, end: str) -> str:
    if start and end and (start == DISABLED) != (end == DISABLED):
        return f"has dstStartRule {start} and dstEndRule {end}: one is switched off and the other is not."
    if start == end and start not in {"", DISABLED}:
        return f"has {start} for both rules: summer would end when it begins."
    return ""


def _offset_fault(entry: Entry, start: str) -> str:
    added_s = whole(entry.facts.get("dstOffset"))
    if added_s is None:
        return ""
    if _decoded(entry, "dstStartRule") and not 0 < added_s <= MOST_SUMMER_S:
        return (
            f"has rules for daylight saving, but dstOffset {added_s}; it is the seconds that the clocks go forward,"
            f" 3600 in most places. Without daylight saving both rules are {DISABLED}."
        )
    if start == DISABLED and added_s:
        return f"has no daylight saving, but dstOffset {added_s}; it is 0 then."
    return ""


def _exchanged(entry: Entry) -> str:
    """In North America summer time begins in spring; the end rule stands first in the document, which misleads."""
    start, end = (_decoded(entry, name) for name in RULES)
    if start and end and start.month > end.month and whole(entry.facts.get("tzOffset")) in NORTH_AMERICA:
        return (
            f"says that daylight saving begins on the {start} and ends on the {end}; at tzOffset"
            f" {entry.facts.get('tzOffset')} the rules are most likely exchanged (dstEndRule comes first in the"
            " document)."
        )
    return ""


@file_check("TIM010")
def offset_is_of_this_world(document: Document) -> Iterator[Finding]:
    """Seconds, a multiple of a quarter of an hour, from 12 hours west to 14 hours east."""
    for entry in _local_times(document):
        offset_s = whole(entry.facts.get("tzOffset"))
        if offset_s is None:
            continue
        if not MOST_WEST_S <= offset_s <= MOST_EAST_S or offset_s % QUARTER_S:
            hint = ""
            if offset_s and MOST_WEST_S <= offset_s * 3600 <= MOST_EAST_S:
                hint = f" Hours, perhaps? Then it is {offset_s * 3600}."
            elif offset_s and MOST_WEST_S <= offset_s * 60 <= MOST_EAST_S:
                hint = f" Minutes, perhaps? Then it is {offset_s * 60}."
            message = (
                f"{called(entry)} has tzOffset {offset_s}; it is the seconds that are added to UTC for standard time,"
                f" west of Greenwich negative.{hint}"
            )
            yield Finding(message, here(entry))


@file_check("TIM006")
def days_of_23_and_25_hours_are_right(document: Document) -> Iterator[Finding]:
    """The local day in spring has 92 quarter hours and the one in autumn 100, none doubled, none left out."""
    with_blocks(document)
    found = [clock_faults(series) for series in profiles(document)]
    if not any(one.changes for one in found):
        raise Omit("No change of the clocks lies within its readings.")
    for one in found:
        yield from one.findings


Suspect = tuple[str, Callable[[int], bool]]


def _suspects(local: LocalTime) -> Iterator[Suspect]:
    """Ways to be wrong about midnight, the likeliest first: what to say, and whether an instant fits it."""
    swapped = LocalTime(local.tz_offset_s, local.dst_offset_s, local.end, local.start)
    turned = LocalTime(-local.tz_offset_s, local.dst_offset_s, local.start, local.end)
    yield "at midnight of UTC; cut them at local midnight, or correct tzOffset", LocalTime(0).is_midnight
    if local.start:
        standard, summer = LocalTime(local.tz_offset_s), LocalTime(local.tz_offset_s + local.dst_offset_s)
        earlier = LocalTime(local.tz_offset_s - local.dst_offset_s, local.dst_offset_s, local.start, local.end)
        said = "at midnight of standard time the whole year; let them follow the clock, or switch daylight saving off"
        yield said, standard.is_midnight
        said = "at midnight of summer time the whole year: tzOffset is for standard time, without daylight saving"
        yield said, summer.is_midnight
        yield "at local midnight if dstStartRule and dstEndRule are swapped", swapped.is_midnight
        yield (
            "at local midnight if daylight saving is taken out of tzOffset, where it does not belong",
            earlier.is_midnight,
        )
    else:
        summers = LocalTime(local.tz_offset_s, 3600, rule(NORTHERN_START), rule(NORTHERN_END))
        yield "at local midnight if there is daylight saving, of which the rules say nothing", summers.is_midnight
    yield "at local midnight if the sign of tzOffset is turned: west of Greenwich it is negative", turned.is_midnight


@file_check("TIM007")
def blocks_of_a_day_begin_at_local_midnight(document: Document) -> Iterator[Finding]:
    """Blocks of a day that all begin at some other midnight than the one LocalTimeParameters tells."""
    judged = False
    for series in all_series(document):
        local = series.local
        days = [one for one in series.placed if one.cover[1] - one.cover[0] in LENGTHS_OF_A_DAY_S]
        if local is None or not days:
            continue
        judged = True
        starts = [one.cover[0] for one in days]
        wrong = [one for one in days if not local.is_midnight(one.cover[0])]
        said = _explained(local, starts) if wrong else ""
        if said:
            message = (
                f"{counted(len(wrong), 'block')} of {series} of a day's length do not begin at local midnight, the"
                f" first on {series.when(wrong[0].cover[0])}: they begin {said}."
            )
            yield Finding(message, (at(wrong[0].block.line),))
    if not judged:
        raise Omit("There are no blocks of a day, or it is not known where.")


def _explained(local: LocalTime, starts: Sequence[int]) -> str:
    return next((said for said, fits in _suspects(local) if all(map(fits, starts))), "")


@file_check("TIM013")
def bills_begin_at_local_midnight(document: Document) -> Iterator[Finding]:
    """Billing periods that begin and end at midnight of UTC, where the usage point lives by another clock."""
    summaries = document.of("UsageSummary", "ElectricPowerUsageSummary", namespace=ESPI)
    if not summaries:
        raise Omit("There are no usage summaries in it.")
    times = {entry.self: entry for entry in document.of("LocalTimeParameters", namespace=ESPI)}
    for point in document.of("UsagePoint", namespace=ESPI):
        local = next((local_time(times[href]) for href in point.related if href in times), None)
        own = [summary for summary in summaries if summary.up in point.related]
        if local is None or not own:
            continue
        for summary in own:
            start_s = whole(summary.facts.get("billingPeriod/start"))
            duration_s = whole(summary.facts.get("billingPeriod/duration"))
            if start_s is None or duration_s is None or not (is_sane(start_s) and is_sane(start_s + duration_s)):
                continue
            if not start_s % DAY_S and not duration_s % DAY_S and not local.is_midnight(start_s):
                message = (
                    f"The billing period of {called(summary)} begins at midnight of UTC, {local.text(start_s)} local"
                    " time; bills run from local midnight to local midnight."
                )
                yield Finding(message, here(summary))
