"""Days, weeks, months and years: what they are called, and which days the bars of one stand for."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from espi import usage
from espi.clock import next_month
from espi.portal import words
from espi.portal.language import say

DASH = "\N{EN DASH}"


def heading(kind: str, from_day: int, until_day: int) -> str:
    """A period in words."""
    if kind == "day":
        return words.heading(from_day, "full")
    if kind == "week":
        return f"{words.day(from_day, 'medium')} {DASH} {words.day(until_day - 1, 'medium')}"
    if kind == "month":
        return words.month(from_day)
    return words.iso(from_day)[:4]


def before_name(kind: str) -> str:
    """What the period before one of this kind is called."""
    return {
        "day": say("The day before"),
        "week": say("The week before"),
        "month": say("The month before"),
        "year": say("The year before"),
    }[kind]


def after_name(kind: str) -> str:
    """What the period after one of this kind is called."""
    return {
        "day": say("The day after"),
        "week": say("The week after"),
        "month": say("The month after"),
        "year": say("The year after"),
    }[kind]


def compare_name(kind: str) -> str:
    """What the link says that draws the period before beside this one."""
    return {
        "day": say("Compare with the day before"),
        "week": say("Compare with the week before"),
        "month": say("Compare with the month before"),
        "year": say("Compare with the year before"),
    }[kind]


def days_of_bars(view: usage.View) -> Sequence[tuple[int, int]]:
    """The first day that each bar stands for, and the day after its last."""
    if view.kind == "day":
        return [(view.from_day, view.until_day)] * len(view.bars)
    if view.kind != "year":
        return [(day, day + 1) for day in range(view.from_day, view.until_day)]
    months = [view.from_day]
    while len(months) <= len(view.bars):
        months.append(next_month(months[-1]))
    return list(itertools.pairwise(months))
