"""What would be shared, shown before it is: the reader's own last days as the grant would give them.

The values come by the way on which a third party gets them (`espi.feeds.plain`, with the contents of the scope), so a
reading that the sample does not show would not be sent either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from markupsafe import Markup

from espi.clock import Zone, zone
from espi.day import ABSENT, ESTIMATED_QUALITIES
from espi.feeds import plain
from espi.feeds.contents import contents_of, kind_of
from espi.feeds.question import DAILY, MONTHLY
from espi.formats.metered import MeteredChannel
from espi.portal import chart, customer, words
from espi.portal.language import count, say
from espi.resources import codes
from espi.scope import Scope

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

SHOWN = 4
FROM_HOUR = 12
DAYS, MONTHS_DAYS = 7, 180
THOUSAND_POWER = 3
WATT_HOURS = 72


@dataclass(frozen=True)
class Part:
    """One series of a sample. title: what it is. bars: all its values as small bars. rows: when, how much, how known.

    first: those of the rows that are shown at once.
    """

    title: str
    bars: Markup
    rows: Sequence[tuple[str, str, str]]
    first: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Sample:
    """What would be sent of a meter. of: which meter and when. parts: its series. said: how many values there are."""

    of: str
    parts: Sequence[Part]
    said: str


@dataclass(frozen=True)
class _Value:
    start_s: int
    amount: int
    estimated: bool
    cost: int | None


def sample(conn: Conn, reach: Reach, point: UsagePoint, scope: Scope) -> Sample | None:
    """The last day of a meter, its last week or months, as a scope opens them; None where nothing is known of them."""
    contents = contents_of(scope)
    series = plain.finest(contents)
    where = zone(point.utility.zone)
    last = customer.latest_day(conn, reach, point, customer.Window.of(point))
    back = {DAILY: DAYS, MONTHLY: MONTHS_DAYS}.get(series, 1)
    span = max(point.spans[0][0], last - back + 1), last + 1
    found = plain.metered(conn, reach, point, series, span, contents)
    name = _namer(series, where)
    parts = [part for each in found.channels if (part := _part(each, where, name, whole_day=back == 1))]
    if not parts:
        return None
    of = [customer.title_of(point)]
    if back == 1:
        of.append(words.day(last))
    values = sum(len(part.rows) for part in parts)
    said = count("%(num)s value in all for this time.", "%(num)s values in all for this time.", values)
    return Sample(", ".join(of), parts, said)


def _part(channel: MeteredChannel, where: Zone, name: Callable[[int], str], *, whole_day: bool) -> Part | None:
    values = list(_values(channel))
    if not values:
        return None
    rows = [(name(each.start_s), _amount(channel, each.amount), _known(each)) for each in values]
    later = [
        row
        for each, row in zip(values, rows, strict=True)
        if not whole_day or where.local(each.start_s).hour >= FROM_HOUR
    ]
    first = (later or rows)[:SHOWN] if whole_day else rows[-SHOWN:]
    bars = chart.sparkline([abs(each.amount) for each in values])
    return Part(_title(channel), bars, rows, first)


def _values(channel: MeteredChannel) -> list[_Value]:
    return [
        _Value(
            block.start_s + place * block.interval_s,
            int(value),
            int(quality) in ESTIMATED_QUALITIES,
            None if block.costs is None else int(block.costs[place]),
        )
        for block in channel.blocks
        for place, (value, quality) in enumerate(zip(block.values, block.qualities, strict=True))
        if quality != ABSENT
    ]


def _known(value: _Value) -> str:
    known = say("Estimated") if value.estimated else say("Measured")
    return known if value.cost is None else f"{known}, {words.money(value.cost)}"


def _amount(channel: MeteredChannel, value: int) -> str:
    """An amount with its unit: energy in kWh, all else as the reading type has it."""
    power = int(channel.reading_type.get("powerOfTenMultiplier", 0))
    unit = int(channel.reading_type.get("uom", 0))
    exact = Decimal(value).scaleb(power)
    if unit == WATT_HOURS:
        return f"{words.amount(int(exact), THOUSAND_POWER)}\N{NO-BREAK SPACE}kWh"
    meaning = codes.UNIT_SYMBOL_KIND.get(unit, "").partition(":")[0]
    return f"{exact:,f}\N{NO-BREAK SPACE}{meaning}".rstrip()


def _title(channel: MeteredChannel) -> str:
    said = {
        "delivered": say("Power you used"),
        "received": say("Power you sent back"),
        "net": say("Power you used, less what you sent back"),
        "demand": say("The most power you drew"),
        "gas": say("Gas you used"),
        "water": say("Water you used"),
        "temperature": say("Temperature"),
    }
    return said.get(kind_of(channel.reading_type), channel.title)


def _namer(series: str, where: Zone) -> Callable[[int], str]:
    """What values are called: by their time, their day or their month."""
    if series == MONTHLY:
        return lambda start_s: words.month(where.day_of(start_s))
    if series == DAILY:
        return lambda start_s: words.day(where.day_of(start_s))
    return lambda start_s: words.time_of_day(where, start_s)
