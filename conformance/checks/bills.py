"""Usage summaries: that their figures add up, and agree with the readings of the same time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from conformance import codes
from conformance.checks.units import code, unit
from conformance.document import ESPI, Document, Entry
from conformance.local_time import LocalTime, is_sane
from conformance.naming import called, here, named, whole
from conformance.quantities import plain, scaled
from conformance.series import DELTA, Placed, Series, Span, all_series
from conformance.suite import Finding, Omit, at, file_check

SUMMARIES = ("UsageSummary", "ElectricPowerUsageSummary")
DETAIL = "costAdditionalDetailLastPeriod"
CONSUMPTION = "overallConsumptionLastPeriod"
CENT = 1000
"""In hundred-thousandths of the currency."""
CREDITS = frozenset({"6", "7", "8"})
PAYMENT, INFORMATION = "9", "10"
FORWARD, NET, REVERSE = "1", "4", "19"


def _summaries(document: Document) -> Sequence[Entry]:
    found = document.of(*SUMMARIES, namespace=ESPI)
    if not found:
        raise Omit("There are no usage summaries in it.")
    return found


def _period(summary: Entry) -> Span | None:
    """The billing period; None where it is not told."""
    start_s, duration_s = (
        whole(summary.facts.get("billingPeriod/start")),
        whole(summary.facts.get("billingPeriod/duration")),
    )
    if start_s is None or duration_s is None or not (is_sane(start_s) and is_sane(start_s + duration_s)):
        return None
    return start_s, start_s + duration_s


@file_check("EU_FB15_DE_010")
def consumption_is_whole(document: Document) -> Iterator[Finding]:
    """A value is nothing without its unit and multiplier."""
    for summary in _summaries(document):
        if summary.present(CONSUMPTION):
            names = ("powerOfTenMultiplier", "uom", "value")
            missing = [name for name in names if not summary.present(f"{CONSUMPTION}/{name}")]
            if missing:
                yield Finding(f"{called(summary)} has {CONSUMPTION} without {' and '.join(missing)}.", here(summary))


@file_check("TIM014")
def billing_periods_do_not_overlap(document: Document) -> Iterator[Finding]:
    """Each day of a usage point is billed once."""
    bills: dict[tuple[str, str], list[tuple[Span, Entry]]] = defaultdict(list)
    for summary in _summaries(document):
        period = _period(summary)
        if period:
            bills[summary.up or "", code(summary, "commodity")].append((period, summary))
    for own in bills.values():
        last: tuple[Span, Entry] | None = None
        for period, summary in sorted(own, key=lambda pair: pair[0]):
            if last and period[0] < last[0][1]:
                message = (
                    f"The billing period of {named(summary)} begins at {LocalTime(0).text(period[0])} UTC, before that"
                    f" of {named(last[1])} ends at {LocalTime(0).text(last[0][1])} UTC."
                )
                yield Finding(message, (at(last[1].line), at(summary.line)))
            if last is None or period[1] > last[0][1]:
                last = (period, summary)


@file_check("VAL004")
def line_items_add_up(document: Document) -> Iterator[Finding]:
    """To `costAdditionalLastPeriod`, to a cent for each item, with credits as negative amounts or by their kind."""
    compared = False
    for summary in _summaries(document):
        total = whole(summary.facts.get("costAdditionalLastPeriod"))
        amounts = [whole(text) or 0 for text in summary.every(f"{DETAIL}/amount")]
        kinds = [text.strip() for text in summary.every(f"{DETAIL}/itemKind")]
        if total is None or not amounts or len(amounts) != len(kinds):
            continue
        compared = True
        sums = _ways_to_add(amounts, kinds)
        if all(abs(one - total) > CENT * len(amounts) for one in sums):
            message = (
                f"{called(summary)} has line items of {_money(sums[0])} together, but costAdditionalLastPeriod"
                f" {_money(total)}; a remainder from rounding belongs in a line item."
            )
            yield Finding(message, here(summary))
    if not compared:
        raise Omit("No usage summary has line items with a sum to compare.")


def _ways_to_add(amounts: Sequence[int], kinds: Sequence[str]) -> list[int]:
    """The sum as it stands, with credits turned negative, and each without payments and what is for information."""
    pairs = list(zip(amounts, kinds, strict=True))
    charges = [(amount, kind) for amount, kind in pairs if kind not in {PAYMENT, INFORMATION}]
    sums = []
    for items in (pairs, charges):
        sums.append(sum(amount for amount, _ in items))
        sums.append(sum(-abs(amount) if kind in CREDITS else amount for amount, kind in items))
    return sums


def _money(amount: int) -> str:
    """Hundred-thousandths as an amount: `12.50`."""
    sign, cents = "-" if amount < 0 else "", (abs(amount) + CENT // 2) // CENT
    return f"{sign}{cents // 100}.{cents % 100:02d}"


@file_check("VAL006")
def additional_costs_are_detailed(document: Document) -> Iterator[Finding]:
    """Line items, for whatever is not the cost of an interval."""
    for summary in _summaries(document):
        if not summary.present(DETAIL) and whole(summary.facts.get("costAdditionalLastPeriod")) != 0:
            message = f"{called(summary)} has no {DETAIL}: list each charge with its amount, note and itemKind."
            yield Finding(message, here(summary))


@dataclass(frozen=True)
class _Covered:
    """A bill, and the series of its usage point whose blocks cover its period exactly."""

    summary: Entry
    series: Sequence[tuple[Series, Sequence[Placed]]]


def _covered(document: Document) -> Iterator[_Covered]:
    everything = all_series(document)
    for summary in _summaries(document):
        period = _period(summary)
        if period is None:
            continue
        own = [series for series in everything if series.usage_point and _belongs(summary, series.usage_point)]
        found = [(series, blocks) for series in own if (blocks := _blocks_in(series, period))]
        if found:
            yield _Covered(summary, found)


def _belongs(summary: Entry, point: Entry) -> bool:
    return point.self in summary.related or (summary.up is not None and summary.up in point.related)


def _blocks_in(series: Series, period: Span) -> Sequence[Placed]:
    """The blocks within the period, if they cover it without hole or overlap."""
    within = [one for one in series.placed if period[0] <= one.cover[0] and one.cover[1] <= period[1]]
    covered_s = sum(one.cover[1] - one.cover[0] for one in within)
    flawed = any(one.block.hole_count or one.block.overlap_count or one.block.duplicate_count for one in within)
    return within if covered_s == period[1] - period[0] and not flawed else []


@file_check("VAL005")
def interval_costs_and_additional_cost_are_the_bill(document: Document) -> Iterator[Finding]:
    """Where the file has the costs of every interval of the period."""
    compared = False
    for bill in _covered(document):
        total = whole(bill.summary.facts.get("billLastPeriod"))
        additional = whole(bill.summary.facts.get("costAdditionalLastPeriod")) or 0
        priced = [blocks for _, blocks in bill.series if all(_has_all_costs(one) for one in blocks)]
        if total is None or not priced:
            continue
        compared = True
        costs = [sum(one.block.cost_total for one in blocks) for blocks in priced]
        count = sum(one.block.reading_count for blocks in priced for one in blocks)
        if all(abs(cost + additional - total) > CENT + count for cost in (*costs, sum(costs))):
            message = (
                f"{called(bill.summary)} has billLastPeriod {_money(total)}, but the intervals of its period cost"
                f" {_money(costs[0])} and costAdditionalLastPeriod is {_money(additional)}."
            )
            yield Finding(message, (at(bill.summary.line), at(priced[0][0].block.line)))
    if not compared:
        raise Omit("No bill has the costs of all intervals of its period in the file.")


def _has_all_costs(one: Placed) -> bool:
    return 0 < one.block.cost_count == one.block.reading_count


@file_check("VAL008")
def consumption_is_that_of_the_intervals(document: Document) -> Iterator[Finding]:
    """To a hundredth, or to the last digit of the summary, where the file has every interval of the period."""
    compared = False
    for bill in _covered(document):
        value = whole(bill.summary.facts.get(f"{CONSUMPTION}/value"))
        uom = code(bill.summary, f"{CONSUMPTION}/uom")
        multiplier = whole(bill.summary.facts.get(f"{CONSUMPTION}/powerOfTenMultiplier")) or 0
        measured = _sums(bill, uom)
        if value is None or not measured:
            continue
        compared = True
        told, digit = scaled(value, multiplier), scaled(1, multiplier)
        if all(abs(one - told) > max(abs(one) / 100, digit) for one in measured):
            message = (
                f"{called(bill.summary)} has a consumption of {plain(told)} {codes.UNIT.get(uom, uom)}, but the"
                f" intervals of its period come to {plain(measured[0])}: uom is {unit(uom)}, powerOfTenMultiplier"
                f" {multiplier}."
            )
            yield Finding(message, here(bill.summary))
    if not compared:
        raise Omit("No bill has all the intervals of its period in the file.")


def _sums(bill: _Covered, uom: str) -> list[Fraction]:
    """What the series of the bill's unit come to, each alone, and delivered less received."""
    sums: dict[str, list[Fraction]] = {FORWARD: [], NET: [], REVERSE: []}
    for series, blocks in bill.series:
        flow = series.fact("flowDirection")
        if series.fact("accumulationBehaviour") == DELTA and series.fact("uom") == uom and flow in sums:
            total = sum(one.block.total for one in blocks)
            sums[flow].append(scaled(total, series.number("powerOfTenMultiplier") or 0))
    net = [one - other for one in sums[FORWARD] for other in sums[REVERSE]]
    return [*sums[FORWARD], *sums[NET], *net]
