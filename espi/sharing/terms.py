"""What a customer agrees to, for how long he may, and which days of which meters come of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from espi.clock import DAY_S, day_date, day_number, next_month, zone
from espi.config import Settings
from espi.errors import BadInput

if TYPE_CHECKING:
    from espi.scope import Scope
    from espi.store.directory import UsagePoint

TEXT_VERSION = "2026-1"
"""Which words the consent pages had; it changes with them."""

MONTHS = (1, 3, 6, 9, 12, 24, 36)
"""How long a third party may ask for."""

RESIDENTIAL = "residential"
MONTHS_A_YEAR = 12

_EUI64 = re.compile(r"[0-9A-F]{16}")


@dataclass(frozen=True)
class Terms:
    """What a customer agrees to.

    scope: what is granted, single choices. usage_point_ids: of which usage points. ends_s: until when. from_day: no
    day before it, where the customer wants less history than the scope has. personal: his name and address too.
    language and text_version: of the words that he read. address: where he was on the network; a hash of it is kept.
    words: the kinds of data in the words that he read. device: the address (EUI-64) of the one device that may be let
    join and removed (In-Home Device). services: whether enrolled devices may be sent to (In-Home Device Services).
    """

    scope: Scope
    usage_point_ids: tuple[int, ...]
    ends_s: int
    from_day: int | None = None
    personal: bool = False
    language: str = "en"
    text_version: str = TEXT_VERSION
    address: str = ""
    words: tuple[str, ...] = ()
    device: str = ""
    services: bool = False


def longest_months(kind: str, settings: Settings) -> int:
    """How long a customer of a kind can share for before he must say so again (PUCT Docket 47472)."""
    return settings.grant_months if kind == RESIDENTIAL else max(settings.grant_months, MONTHS[-1])


def end_after(now_s: int, months: int, zone_name: str) -> int:
    """The instant at which a grant of so many months ends: when the local day begins that has today's date then."""
    where = zone(zone_name)
    return where.day_start_s(_later(where.day_of(now_s), months))


def check_end(ends_s: int, now_s: int, months: int) -> None:
    """Raise `BadInput` unless a grant that begins now and ends then is neither over nor too long."""
    if ends_s <= now_s:
        raise BadInput("The last day of sharing must be later than today.")
    if ends_s > end_after(now_s, months, "UTC") + 2 * DAY_S:
        raise BadInput(f"You can share for {months} months at most; after that you are asked again.")


def check_devices(terms: Terms) -> None:
    """Raise `BadInput` unless what terms say of devices is of one home, and the device's address is one."""
    if terms.device and not _EUI64.fullmatch(terms.device):
        raise BadInput("The address of a device (EUI-64) has 16 digits and capitals from A to F.")
    if (terms.device or terms.services) and len(set(terms.usage_point_ids)) != 1:
        raise BadInput("What is agreed of devices is about one meter.")


def history_from_day(history_s: int | None, point: UsagePoint, now_s: int) -> int:
    """The first day that a history of so many seconds opens, looking back from now; None: all since he moved in."""
    moved_in = point.spans[0][0]
    if history_s is None:
        return moved_in
    return max(moved_in, zone(point.utility.zone).day_of(max(0, now_s - history_s)))


def days_of(point: UsagePoint, terms: Terms, now_s: int) -> tuple[int, int]:
    """The days of a usage point that terms open: within the tenancy, the history granted and the grant's end.

    point: with the tenancy that runs as its days.
    """
    first = history_from_day(terms.scope.history_s, point, now_s)
    if terms.from_day is not None:
        first = max(first, terms.from_day)
    until = until_day(point, terms.ends_s)
    if first >= until:
        raise BadInput("The first day to share must be before the last.")
    return first, until


def until_day(point: UsagePoint, ends_s: int) -> int:
    """The first day of a usage point that a grant does not cover any more, which ends at an instant."""
    return min(point.spans[-1][1], zone(point.utility.zone).day_of(ends_s - 1) + 1)


def _later(day: int, months: int) -> int:
    """The day of the same date some months on, or the last day of a month that is too short for it."""
    date = day_date(day)
    month = date.year * MONTHS_A_YEAR + date.month - 1 + months
    first = date.replace(year=month // MONTHS_A_YEAR, month=month % MONTHS_A_YEAR + 1, day=1)
    last = next_month(day_number(first)) - day_number(first)
    return day_number(first.replace(day=min(date.day, last)))
