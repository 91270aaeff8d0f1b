"""The series that are made of others, as the store keeps what they are made of: days, months, registers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from espi.clock import zone
from espi.feeds import derived
from espi.feeds.derived import MonthBlock
from espi.feeds.question import DAILY, MONTHLY, REGISTER, Question
from espi.store import readings, summaries
from espi.store.identity import path_id_for, uuid_for

if TYPE_CHECKING:
    from espi.store.channels import Channel
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

FROM_REGISTER = 4000
"""What is added to a channel's number for the days that its register's differences make."""

Made = tuple["Channel", Iterator[MonthBlock]]


def made(
    conn: Conn, reach: Reach, question: Question, point: UsagePoint, channels: Sequence[Channel]
) -> Iterator[Made]:
    """The wanted series of a usage point that are not intervals, each with its blocks, a calendar month each."""
    span = derived.whole_months(question.from_day, question.until_day)
    for channel in channels:
        if channel.series in question.series and channel.series in (DAILY, MONTHLY) and channel.of_number is not None:
            totals = readings.day_totals(conn, reach, point.id, channel.of_number, *span)
            sums = derived.daily if channel.series == DAILY else derived.monthly
            yield channel, derived.month_blocks(sums(totals))
        if channel.series == REGISTER and REGISTER in question.series:
            reads = summaries.register_reads(conn, reach, point.id, channel.number, *span)
            default_quality = channel.reading_type.content.get("defaultQuality")
            yield channel, derived.month_blocks(derived.registers(reads, default_quality))
            yield from _register_days(conn, reach, point, channel, channels, span)


def _register_days(
    conn: Conn, reach: Reach, point: UsagePoint, register: Channel, channels: Sequence[Channel], span: tuple[int, int]
) -> Iterator[Made]:
    """The days that a register's differences make, if they differ from the days that the intervals make."""
    days = {each.of_number: each for each in channels if each.series == DAILY}.get(register.of_number)
    if days is None or days.of_number is None:
        return
    place = zone(point.utility.zone)
    exponent = _exponent(register) - _exponent(days)

    def differences() -> Iterator[derived.Made]:
        reads = summaries.register_reads(conn, reach, point.id, register.number, span[0], span[1] + 1)
        made_days = derived.register_days(reads, place, exponent)
        return (each for each in made_days if each.day < span[1])

    sums = derived.daily(readings.day_totals(conn, reach, point.id, days.of_number, *span))
    if derived.differs(differences(), sums, exponent):
        number = FROM_REGISTER + days.of_number
        name = f"channel/{point.utility.duns}/{point.esiid}/{number}"
        own = replace(days, number=number, uuid=uuid_for(conn, name), path_id=path_id_for(conn, name))
        yield own, derived.month_blocks(differences())


def _exponent(channel: Channel) -> int:
    return int(channel.reading_type.content.get("powerOfTenMultiplier", 0))
