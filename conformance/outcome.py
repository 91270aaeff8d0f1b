"""What can come of judging a requirement, and which outcome wins when several are rolled up."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """How a requirement was met."""

    PASS = "pass"  # noqa: S105  not a password
    FAIL = "fail"
    SKIP = "skip"
    """A prerequisite did not hold, so this could not be asked."""
    OMIT = "omit"
    """It does not apply: the block is not claimed, or there is no such data."""
    ERROR = "error"
    """The kit could not judge: its own fault, or the network's."""
    WAIT = "wait"
    """It waits for a person or an event; in a finished report: the time limit passed."""


WORST_FIRST = (Outcome.ERROR, Outcome.FAIL, Outcome.WAIT, Outcome.SKIP, Outcome.PASS, Outcome.OMIT)
"""The order in which one outcome outdoes another."""


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of the whole: the worst of its parts, and `OMIT` where there are none."""
    return min(outcomes, key=WORST_FIRST.index, default=Outcome.OMIT)
