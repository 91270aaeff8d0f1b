"""Days and times on pages that are about no single meter: those of the zone that mails about sharing name."""

from __future__ import annotations

from espi.clock import zone
from espi.portal import words
from espi.sharing import mails


def day_of(instant: int) -> int:
    """The local day that the pages about sharing call an instant by."""
    return zone(mails.ZONE).day_of(instant)


def moment(instant: int) -> str:
    """A day and time as the pages about sharing show it."""
    where = zone(mails.ZONE)
    return f"{words.day(where.day_of(instant), 'medium')}, {words.time_of_day(where, instant)}"
