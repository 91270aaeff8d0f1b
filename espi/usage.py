"""What the charts show: the bars of a day, week, month or year of one usage point, within a caller's reach.

Amounts are whole numbers of the channel's own unit (Wh for electricity) times ten to the view's `power_of_ten`.
Labels are neutral (`00:15`, `2014-02-01`, `2014-02`); a face puts them into its reader's language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from espi.clock import QUARTER_HOUR_S, Zone, day_date, day_number, month_start, next_month, zone
from espi.day import ABSENT, ESTIMATED_QUALITIES, DayBlock, unpack_values
from espi.errors import BadInput
from espi.resources.codes import Flow
from espi.store import channels, jobs, on_demand, readings

if TYPE_CHECKING:
    from espi.store.channels import Channel
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.on_demand import OnDemandRead
    from espi.store.reach import Reach

DAYS_OF_WEEK = 7
HOUR_S = 3600
ASK_NOW = "meter.read-now"
ANSWERS_AN_HOUR = 2
ANSWER_WITHIN_S = on_demand.ANSWER_WITHIN_S
FORWARD, NET, REVERSE = Flow.FORWARD, Flow.NET, Flow.REVERSE


@dataclass(frozen=True)
class Bar:
    """One bar: a quarter hour (or what the meter's interval is), a day or a month.

    kwh_wh: what was delivered, in the view's unit (Wh for electricity). surplus_wh: what was received from the
    customer. used_known and surplus_known: whether anything of each was received; what was not is no zero.
    estimated: some of it is estimated. partial: some of it is missing.
    """

    label: str
    start_s: int
    kwh_wh: int = 0
    surplus_wh: int = 0
    used_known: bool = False
    surplus_known: bool = False
    estimated: bool = False
    partial: bool = False

    @property
    def absent(self) -> bool:
        """Whether nothing of it is known."""
        return not (self.used_known or self.surplus_known)


@dataclass(frozen=True)
class View:
    """A chart's content, and the words and sums around it.

    kind: day, week, month or year. until_day is not included. unit: the ESPI uom code of every amount. count and
    estimated_count: known readings, and how many of them are estimates. previous_total: what was delivered in the
    period before, None where nothing of it is known; previous_partial: some of that period is missing.
    """

    kind: str
    title: str
    from_day: int
    until_day: int
    unit: int
    power_of_ten: int
    bars: tuple[Bar, ...]
    has_used: bool
    has_surplus: bool
    count: int
    estimated_count: int
    previous_total: int | None
    previous_partial: bool

    @property
    def total(self) -> int:
        """What was delivered in the period, as far as it is known."""
        return sum(bar.kwh_wh for bar in self.bars)

    @property
    def surplus_total(self) -> int:
        """What was received from the customer in the period, as far as it is known."""
        return sum(bar.surplus_wh for bar in self.bars)

    @property
    def estimated_percent(self) -> int:
        """The share of the known readings that are estimates, in whole per cent; above 0 as soon as there is one."""
        return -(-100 * self.estimated_count // self.count) if self.count else 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known of the period."""
        return all(bar.absent for bar in self.bars)


@dataclass(frozen=True)
class Meter:
    """The channels that a chart is drawn from: what was delivered (or net), and the surplus where there is one."""

    used: Channel | None
    surplus: Channel | None

    @property
    def unit(self) -> int:
        """The ESPI uom code of its amounts; 0 where it measures nothing."""
        shown = self.used or self.surplus
        return int(shown.reading_type.content.get("uom", 0)) if shown else 0

    @property
    def power_of_ten(self) -> int:
        """The power of ten of its amounts."""
        shown = self.used or self.surplus
        return int(shown.reading_type.content.get("powerOfTenMultiplier", 0)) if shown else 0


@dataclass
class _Counts:
    count: int = 0
    estimated: int = 0


def day(conn: Conn, reach: Reach, usage_point: UsagePoint, day: int) -> View:
    """Every interval of a local day: 92, 96 or 100 bars for a quarter-hour meter."""
    where = zone(usage_point.utility.zone)
    meter = meter_of(conn, reach, usage_point)
    used, surplus = (_one_block(conn, reach, usage_point, channel, day) for channel in (meter.used, meter.surplus))
    bars = _interval_bars(where, day, used, surplus)
    counts = _Counts()
    for block in (used, surplus):
        if block is not None:
            counts.count += len(block.values) - block.absent
            counts.estimated += block.estimated
    view = _view("day", str(day_date(day)), (day, day + 1), meter, bars, counts)
    return _compared(view, conn, reach, usage_point, meter, (day - 1, day))


def week(conn: Conn, reach: Reach, usage_point: UsagePoint, day: int) -> View:
    """The seven days, Sunday to Saturday, that a day is in."""
    first = day - day_date(day).isoweekday() % DAYS_OF_WEEK
    span = (first, first + DAYS_OF_WEEK)
    return _of_days("week", str(day_date(first)), conn, reach, usage_point, span, (first - DAYS_OF_WEEK, first))


def month(conn: Conn, reach: Reach, usage_point: UsagePoint, day: int) -> View:
    """The days of the calendar month that a day is in."""
    first = month_start(day)
    span = (first, next_month(first))
    return _of_days("month", _month_label(first), conn, reach, usage_point, span, (month_start(first - 1), first))


def year(conn: Conn, reach: Reach, usage_point: UsagePoint, day: int) -> View:
    """The twelve months of the calendar year that a day is in."""
    january = day_date(day).replace(month=1, day=1)
    first, until = day_number(january), day_number(january.replace(year=january.year + 1))
    before = (day_number(january.replace(year=january.year - 1)), first)
    meter = meter_of(conn, reach, usage_point)
    where = zone(usage_point.utility.zone)
    counts = _Counts()
    bars = []
    daily = _daily_bars(conn, reach, usage_point, where, meter, (first, until), counts)
    for month_first in _months(first, until):
        days = [next(daily) for _ in range(next_month(month_first) - month_first)]
        bars.append(_sum(_month_label(month_first), days))
    view = _view("year", str(january.year), (first, until), meter, bars, counts)
    return _compared(view, conn, reach, usage_point, meter, before)


VIEWS: dict[str, Callable[[Conn, Reach, UsagePoint, int], View]] = {
    "day": day,
    "week": week,
    "month": month,
    "year": year,
}
"""Every kind of view by its name."""


def costs(conn: Conn, reach: Reach, usage_point: UsagePoint, meter: Meter, span: tuple[int, int]) -> dict[int, int]:
    """What each day of a span cost, in hundred-thousandths of the currency, of those where the intervals tell it."""
    if meter.used is None:
        return {}
    days = readings.packed_blocks(conn, reach, usage_point.id, meter.used.number, *span)
    return {each.day: int(unpack_values(each.costs, each.count).sum()) for each in days if each.costs is not None}


def reads_on_demand(usage_point: UsagePoint) -> bool:
    """Whether its utility takes requests to read a meter now (`on_demand` in its dialect)."""
    return bool(usage_point.utility.dialect.get("on_demand"))


def ask_now(conn: Conn, reach: Reach, usage_point: UsagePoint, now_s: int) -> OnDemandRead:
    """Ask a meter for what it shows now; whoever asks while that is under way gets the same request.

    Two answers an hour are enough: a third request is taken down as `limited`. The job of `ASK_NOW` carries it to the
    utility. Raises `BadInput` where the utility takes no such requests.
    """
    if not reads_on_demand(usage_point):
        raise BadInput("This meter cannot be read on request.")
    on_demand.time_out(conn, now_s - ANSWER_WITHIN_S, now_s)
    if under_way := on_demand.on_its_way(conn, usage_point.id, now_s - ANSWER_WITHIN_S):
        return under_way
    answered = on_demand.completed_since(conn, usage_point.id, now_s - HOUR_S)
    if len(answered) >= ANSWERS_AN_HOUR:
        return on_demand.ask(conn, usage_point.id, reach.actor, now_s, on_demand.LIMITED)
    made = on_demand.ask(conn, usage_point.id, reach.actor, now_s)
    payload = {"usage_point": usage_point.id, "number": made.number}
    jobs.add_job(conn, ASK_NOW, payload, now_s=now_s, key=f"{ASK_NOW}/{made.number}")
    return made


def _of_days(
    kind: str,
    title: str,
    conn: Conn,
    reach: Reach,
    usage_point: UsagePoint,
    span: tuple[int, int],
    before: tuple[int, int],
) -> View:
    meter = meter_of(conn, reach, usage_point)
    counts = _Counts()
    where = zone(usage_point.utility.zone)
    bars = list(_daily_bars(conn, reach, usage_point, where, meter, span, counts))
    view = _view(kind, title, span, meter, bars, counts)
    return _compared(view, conn, reach, usage_point, meter, before)


def _view(kind: str, title: str, span: tuple[int, int], meter: Meter, bars: Sequence[Bar], counts: _Counts) -> View:
    return View(
        kind=kind,
        title=title,
        from_day=span[0],
        until_day=span[1],
        unit=meter.unit,
        power_of_ten=meter.power_of_ten,
        bars=tuple(bars),
        has_used=meter.used is not None,
        has_surplus=meter.surplus is not None,
        count=counts.count,
        estimated_count=counts.estimated,
        previous_total=None,
        previous_partial=False,
    )


def _compared(
    view: View, conn: Conn, reach: Reach, usage_point: UsagePoint, meter: Meter, before: tuple[int, int]
) -> View:
    if meter.used is None:
        return view
    known, total, partial = 0, 0, False
    for each in readings.day_totals(conn, reach, usage_point.id, meter.used.number, *before):
        if each.absent < each.count:
            known += 1
        total += each.total
        partial = partial or each.absent > 0
    if not known:
        return view
    return replace(view, previous_total=total, previous_partial=partial or known < before[1] - before[0])


def meter_of(conn: Conn, reach: Reach, usage_point: UsagePoint) -> Meter:
    """The channels of a usage point that charts are drawn from."""
    used: dict[int, Channel] = {}
    for channel in channels.channels(conn, reach, usage_point.id):
        content = channel.reading_type.content
        if channel.series == "interval" and content.get("accumulationBehaviour") == 4:
            used.setdefault(content.get("flowDirection", 0), channel)
    return Meter(used=used.get(FORWARD) or used.get(NET), surplus=used.get(REVERSE))


def _one_block(conn: Conn, reach: Reach, usage_point: UsagePoint, channel: Channel | None, day: int) -> DayBlock | None:
    if channel is None:
        return None
    return next(iter(readings.blocks(conn, reach, usage_point.id, channel.number, day, day + 1)), None)


def _interval_bars(where: Zone, day: int, used: DayBlock | None, surplus: DayBlock | None) -> list[Bar]:
    shown = used or surplus
    step = shown.interval_s if shown else QUARTER_HOUR_S
    starts = range(where.day_start_s(day), where.day_start_s(day + 1), step)
    labels = _clock_labels(where, starts)
    bars = {start: Bar(label, start) for start, label in zip(starts, labels, strict=True)}
    for block, flow in ((used, FORWARD), (surplus, REVERSE)):
        if block is None:
            continue
        for index, (value, quality) in enumerate(zip(block.values.tolist(), block.qualities.tolist(), strict=True)):
            start = block.start_s + index * block.interval_s
            if quality == ABSENT:
                continue
            bar = bars.get(start) or Bar(f"{where.local(start):%H:%M}", start)
            bar = replace(bar, estimated=bar.estimated or quality in ESTIMATED_QUALITIES)
            bars[start] = _with(bar, flow, value)
    return [bars[start] for start in sorted(bars)]


def _clock_labels(where: Zone, starts: Iterable[int]) -> list[str]:
    """Wall-clock times; the hour that autumn repeats bears the name of its time, so that no two labels are equal."""
    walls = [where.local(start) for start in starts]
    times = Counter(f"{wall:%H:%M}" for wall in walls)
    return [f"{wall:%H:%M}" if times[f"{wall:%H:%M}"] == 1 else f"{wall:%H:%M %Z}" for wall in walls]


def _daily_bars(
    conn: Conn,
    reach: Reach,
    usage_point: UsagePoint,
    where: Zone,
    meter: Meter,
    span: tuple[int, int],
    counts: _Counts,
) -> Iterator[Bar]:
    """A bar a day of the span, in order; adds to the counts what the bars consist of."""
    bars = {day: Bar(str(day_date(day)), where.day_start_s(day)) for day in range(*span)}
    for channel, flow in ((meter.used, FORWARD), (meter.surplus, REVERSE)):
        if channel is None:
            continue
        for each in readings.day_totals(conn, reach, usage_point.id, channel.number, *span):
            counts.count += each.count - each.absent
            counts.estimated += each.estimated
            if each.absent == each.count:
                continue
            bar = bars[each.day]
            bar = replace(bar, estimated=bar.estimated or each.estimated > 0, partial=bar.partial or each.absent > 0)
            bars[each.day] = _with(bar, flow, each.total)
    yield from bars.values()


def _with(bar: Bar, flow: Flow, amount: int) -> Bar:
    if flow is REVERSE:
        return replace(bar, surplus_wh=amount, surplus_known=True)
    return replace(bar, kwh_wh=amount, used_known=True)


def _sum(label: str, days: Sequence[Bar]) -> Bar:
    known = [each for each in days if not each.absent]
    return Bar(
        label=label,
        start_s=days[0].start_s,
        kwh_wh=sum(each.kwh_wh for each in known),
        surplus_wh=sum(each.surplus_wh for each in known),
        used_known=any(each.used_known for each in known),
        surplus_known=any(each.surplus_known for each in known),
        estimated=any(each.estimated for each in known),
        partial=bool(known) and (len(known) < len(days) or any(each.partial for each in known)),
    )


def _months(first: int, until: int) -> Iterator[int]:
    while first < until:
        yield first
        first = next_month(first)


def _month_label(day: int) -> str:
    return f"{day_date(day):%Y-%m}"
