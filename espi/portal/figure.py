"""A usage view in the reader's words: heading, sums, chart, and the table behind the chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from espi import usage
from espi.clock import Zone, zone
from espi.formats import units
from espi.portal import chart, periods, words
from espi.portal.beside import Beside, degrees_text, facts_beside, label_beside, notes_beside, warmth
from espi.portal.language import count, say
from espi.portal.periods import DASH, days_of_bars

if TYPE_CHECKING:
    from espi.store.directory import UsagePoint

ELECTRIC = 72
LATE_DAYS = 7
"""What is missing for so long is no longer said to be on its way."""

WHOLE = frozenset({"measured", "estimated"})
"""The states of bars of which everything is known."""


@dataclass(frozen=True)
class Row:
    """A line of the table. period, day: the view to go to from here, where there is a finer one."""

    name: str
    used: str
    sent_back: str
    before: str
    state: str
    cost: str = ""
    degrees: str = ""
    period: str = ""
    day: str = ""


@dataclass(frozen=True)
class Figure:
    """What the page shows of one period. outside, empty: the sentence that stands instead of a chart."""

    heading: str
    unit: str = ""
    is_electric: bool = True
    outside: str = ""
    empty: str = ""
    total: str = ""
    facts: Sequence[tuple[str, str]] = ()
    drawing: Markup | None = None
    has_estimates: bool = False
    estimated_name: str = ""
    has_surplus: bool = False
    has_gaps: bool = False
    has_costs: bool = False
    has_corrected: bool = False
    warmth: Markup | None = None
    before_name: str = ""
    compare_name: str = ""
    zone_note: str = ""
    notes: Sequence[str] = ()
    column: str = ""
    rows: Sequence[Row] = ()


@dataclass(frozen=True)
class Measure:
    """The unit on the page, and how the view's amounts become thousandths of it."""

    unit: str
    exponent: int

    @classmethod
    def of(cls, shown: usage.View | usage.Meter) -> Measure:
        """The measure of a view, or of all views of a meter."""
        unit, power = units.NAMES.get(shown.unit, ("", 0))
        return cls(unit, shown.power_of_ten - power + 3)

    def thousandths(self, value: int) -> int:
        """An amount of the view in thousandths of the unit."""
        if self.exponent >= 0:
            return value * int(10**self.exponent)
        grain = int(10**-self.exponent)
        return (2 * value + grain) // (2 * grain)

    def text(self, value: int) -> str:
        """An amount in a sentence: with its unit, and no more places than it deserves."""
        thousandths = self.thousandths(value)
        return f"{words.amount(thousandths, 1 if abs(thousandths) >= 100_000 else 2)}\N{NO-BREAK SPACE}{self.unit}"


def make(point: UsagePoint, view: usage.View, before: usage.View | None, beside: Beside, today: int) -> Figure:
    """The figure of a view. before: the period before it, where the two are compared. beside: what else is known."""
    where = zone(point.utility.zone)
    title = periods.heading(view.kind, view.from_day, view.until_day)
    shell = Figure(title, is_electric=view.unit in (ELECTRIC, 0), before_name=periods.before_name(view.kind))
    if outside := _outside(point, view, today):
        return replace(shell, outside=outside)
    if view.is_empty:
        late = say("Nothing was received for this time. The utility sends the readings of a day one or two days later.")
        return replace(shell, empty=late)
    measure = Measure.of(view)
    names = list(_names(view, where))
    states = [_state(view, bar, days, point, today) for bar, days in zip(view.bars, days_of_bars(view), strict=True)]
    earlier = list(_aligned(view, before))
    state_names = _said(states, view, beside, where, today)
    drawing = chart.draw(
        _chart(view, measure, title, names, states, state_names, earlier, beside, where), words.axis_amount
    )
    return replace(
        shell,
        unit=measure.unit,
        total=measure.text(view.total).split("\N{NO-BREAK SPACE}")[0],
        facts=(*_facts(view, measure, names, states), *facts_beside(beside)),
        drawing=drawing,
        has_costs=beside.has_costs,
        has_corrected=view.kind != "day" and any(beside.corrected_s),
        warmth=warmth(beside),
        has_estimates=any(bar.estimated for bar in view.bars),
        estimated_name=say("Used, estimated") if view.kind == "day" else say("Used, estimated or partly so"),
        has_surplus=view.has_surplus,
        has_gaps="gap" in states,
        compare_name=periods.compare_name(view.kind),
        zone_note=_zone_note(where, view),
        notes=(*_notes(point, view, where), *notes_beside(view, beside, where)),
        column={"day": say("Time"), "year": say("Month")}.get(view.kind, say("Day")),
        rows=tuple(_rows(view, measure, names, states, state_names, earlier, beside)),
    )


def _outside(point: UsagePoint, view: usage.View, today: int) -> str:
    """The sentence for a period of which the reader may see nothing."""
    if view.from_day > today:
        return say("These days are still to come.")
    if any(start < view.until_day and view.from_day < stop for start, stop in point.spans):
        return ""
    return say("You cannot see these days. %(which)s", which=reach_sentence(point, today))


def reach_sentence(point: UsagePoint, today: int) -> str:
    """Which days of a usage point the reader may see."""
    first, until = point.spans[0][0], point.spans[-1][1]
    if until > today:
        return say("You can see this meter from %(first)s on.", first=words.day(first))
    return say("You can see this meter from %(first)s to %(last)s.", first=words.day(first), last=words.day(until - 1))


def _state(view: usage.View, bar: usage.Bar, days: tuple[int, int], point: UsagePoint, today: int) -> str:
    if view.has_used and bar.surplus_known and not bar.used_known:
        return "gap"
    if not bar.absent:
        return "partial" if bar.partial else "estimated" if bar.estimated else "measured"
    if days[0] >= today:
        return "to come"
    if any(start < days[1] and days[0] < stop for start, stop in point.spans):
        return "gap"
    return "outside"


def _state_names() -> dict[str, str]:
    return {
        "measured": say("measured"),
        "estimated": say("estimated"),
        "partial": say("part of it not received"),
        "gap": say("not received"),
        "to come": say("still to come"),
        "outside": say("outside the days you may see"),
    }


def _said(states: Sequence[str], view: usage.View, beside: Beside, where: Zone, today: int) -> list[str]:
    """The states in words: what is missing of the last days may still come, and a day was corrected on a day."""
    names = _state_names()
    found = []
    for state, changed_s, (first, _until) in zip(states, beside.corrected_s, days_of_bars(view), strict=True):
        name = names[state]
        if state == "gap" and today - first <= LATE_DAYS:
            name = say("not received yet")
        elif changed_s and view.kind != "day" and state not in {"gap", "to come", "outside"}:
            name = say("%(state)s, corrected on %(day)s", state=name, day=words.day(where.day_of(changed_s), "medium"))
        found.append(name)
    return found


def _names(view: usage.View, where: Zone) -> Iterator[str]:
    """What each bar is called in a sentence and in the table."""
    if view.kind == "day":
        step = view.bars[1].start_s - view.bars[0].start_s if len(view.bars) > 1 else 900
        for bar in view.bars:
            twice = " " in bar.label
            start = words.time_of_day(where, bar.start_s, named=twice)
            yield f"{start} {DASH} {words.time_of_day(where, bar.start_s + step, named=twice)}"
        return
    for first, _until in days_of_bars(view):
        yield words.month(first) if view.kind == "year" else words.skeleton(first, "MMMEd")


def _ticks(view: usage.View, where: Zone) -> Iterator[tuple[str, bool]]:
    """What the axis says at each bar, and whether a narrow screen leaves it out."""
    for place, (bar, (first, _until)) in enumerate(zip(view.bars, days_of_bars(view), strict=True)):
        if view.kind == "day":
            local = where.local(bar.start_s)
            shown = local.minute == 0 and local.hour % 3 == 0
            yield (words.hour(local) if shown else ""), local.hour % 6 != 0
        elif view.kind == "week":
            yield words.day(first, "EEE d"), False
        elif view.kind == "month":
            yield str(place + 1), place % 7 != 0
        else:
            yield words.skeleton(first, "MMM"), place % 2 == 1


def _aligned(view: usage.View, before: usage.View | None) -> Iterator[int | None]:
    """What was used at the same place of the period before: at the same time of day, or as far into the period."""
    if before is None:
        yield from (None for _ in view.bars)
        return
    by_key = {(bar.label if view.kind == "day" else str(place)): bar for place, bar in enumerate(before.bars)}
    for place, bar in enumerate(view.bars):
        other = by_key.get(bar.label if view.kind == "day" else str(place))
        yield None if other is None or other.absent else other.kwh_wh


def _chart(
    view: usage.View,
    measure: Measure,
    title: str,
    names: Sequence[str],
    states: Sequence[str],
    state_names: Sequence[str],
    earlier: Sequence[int | None],
    beside: Beside,
    where: Zone,
) -> chart.Chart:
    bars = [
        chart.Bar(
            label=_label(bar, measure, name, state, said) + label_beside(cost, degrees),
            used=None if bar.absent or state == "gap" else measure.thousandths(bar.kwh_wh),
            sent_back=measure.thousandths(bar.surplus_wh),
            estimated=bar.estimated,
            gap=state == "gap",
            before=None if past is None else measure.thousandths(past),
            corrected=bool(changed_s) and view.kind != "day" and state in {*WHOLE, "partial"},
            tick=tick,
            minor=minor,
        )
        for bar, name, state, said, past, cost, degrees, changed_s, (tick, minor) in zip(
            view.bars,
            names,
            states,
            state_names,
            earlier,
            beside.costs,
            beside.degrees,
            beside.corrected_s,
            _ticks(view, where),
            strict=True,
        )
    ]
    return chart.Chart(
        title, _description(view, measure, names, states), measure.unit, bars, between=view.kind == "day"
    )


def _label(bar: usage.Bar, measure: Measure, name: str, state: str, state_name: str) -> str:
    if bar.absent:
        return f"{name}: {state_name}"
    used = f"{words.amount(measure.thousandths(bar.kwh_wh))} {measure.unit}"
    text = f"{name}: {state_name if state == 'gap' else used}"
    if bar.surplus_wh:
        text += " · " + say(
            "sent back %(much)s", much=f"{words.amount(measure.thousandths(bar.surplus_wh))} {measure.unit}"
        )
    return text if state_name == say("measured") or state == "gap" else f"{text} ({state_name})"


def _description(view: usage.View, measure: Measure, names: Sequence[str], states: Sequence[str]) -> str:
    each = {"day": say("One bar for each reading."), "year": say("One bar for each month.")}
    parts = [
        each.get(view.kind, say("One bar for each day.")),
        say("Used in all: %(much)s.", much=measure.text(view.total)),
    ]
    if view.has_surplus:
        parts.append(say("Sent back in all: %(much)s.", much=measure.text(view.surplus_total)))
    parts.append(say("Highest: %(much)s, %(when)s.", **_highest(view, measure, names)))
    if estimated := sum(bar.estimated for bar in view.bars):
        parts.append(
            count("%(num)s bar is estimated or partly so.", "%(num)s bars are estimated or partly so.", estimated)
        )
    if missing := states.count("gap"):
        parts.append(count("%(num)s bar was not received.", "%(num)s bars were not received.", missing))
    return " ".join((*parts, say("The table below has every number.")))


def _highest(view: usage.View, measure: Measure, names: Sequence[str]) -> dict[str, str]:
    place = max(range(len(view.bars)), key=lambda each: view.bars[each].kwh_wh)
    return {"much": measure.text(view.bars[place].kwh_wh), "when": names[place]}


def _facts(
    view: usage.View, measure: Measure, names: Sequence[str], states: Sequence[str]
) -> Iterator[tuple[str, str]]:
    if view.has_surplus:
        yield say("Power you sent back"), measure.text(view.surplus_total)
    if view.total:
        highest = _highest(view, measure, names)
        yield say("Highest"), f"{highest['much']}, {highest['when']}"
    if view.previous_total is not None:
        yield periods.before_name(view.kind), _compared(view, measure, states)
    if view.estimated_count:
        yield say("Estimated"), f"{view.estimated_percent}%"


def _compared(view: usage.View, measure: Measure, states: Sequence[str]) -> str:
    """What the period before used; how much more or less this is only where both are known in whole."""
    past = view.previous_total or 0
    text = measure.text(past)
    if view.previous_partial or not past or not WHOLE.issuperset(states):
        return text
    percent = (200 * abs(view.total - past) + past) // (2 * past)
    if percent == 0:
        return f"{text} ({say('about the same')})"
    much = (
        say("now %(percent)s%% more", percent=percent)
        if view.total > past
        else say("now %(percent)s%% less", percent=percent)
    )
    return f"{text} ({much})"


def _zone_note(where: Zone, view: usage.View) -> str:
    name = where.name.split("/")[-1].replace("_", " ")
    letters = dict.fromkeys(where.local(bar.start_s).tzname() or "" for bar in view.bars)
    return say(
        "All times are local to the meter: %(place)s time (%(letters)s).", place=name, letters=", ".join(letters)
    )


def _notes(point: UsagePoint, view: usage.View, where: Zone) -> Iterator[str]:
    if view.kind == "day" and where.day_length_s(view.from_day) < 86_400:
        yield say("The clocks went forward on this day: it has 23 hours.")
    if view.kind == "day" and where.day_length_s(view.from_day) > 86_400:
        yield say("The clocks went back on this day: it has 25 hours, and one hour comes twice.")
    first, until = point.spans[0][0], point.spans[-1][1]
    if view.from_day < first:
        yield say("You can see this meter from %(first)s on.", first=words.day(first))
    if until < view.until_day:
        yield say("You can see this meter until %(last)s.", last=words.day(until - 1))


def _rows(
    view: usage.View,
    measure: Measure,
    names: Sequence[str],
    states: Sequence[str],
    state_names: Sequence[str],
    earlier: Sequence[int | None],
    beside: Beside,
) -> Iterator[Row]:
    finer = {"week": "day", "month": "day", "year": "month"}.get(view.kind, "")
    own = zip(view.bars, names, states, state_names, earlier, strict=True)
    further = zip(beside.costs, beside.degrees, days_of_bars(view), strict=True)
    for (bar, name, state, said, past), (cost, degrees, (first, _until)) in zip(own, further, strict=True):
        yield Row(
            name=name,
            used=DASH if bar.absent or state == "gap" else words.amount(measure.thousandths(bar.kwh_wh)),
            sent_back=DASH if not bar.surplus_known else words.amount(measure.thousandths(bar.surplus_wh)),
            before=DASH if past is None else words.amount(measure.thousandths(past)),
            state=said,
            cost=DASH if cost is None else words.money(cost),
            degrees=DASH if degrees is None else degrees_text(degrees),
            period=finer,
            day=words.iso(first) if finer and not bar.absent else "",
        )
