"""Homes that a reader sees because somebody who lives there lets him: whose, and what he may do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from espi import access
from espi.clock import DAY_S, FOREVER
from espi.portal import words
from espi.portal.language import say
from espi.portal.moments import day_of
from espi.portal.session import principal
from espi.sharing import holders
from espi.store import holdings
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.holdings import Holding


@dataclass(frozen=True)
class Held:
    """How a page speaks of such a home. said: whose it is and until when he sees it."""

    said: str
    joint: bool
    downloads: bool


def whose(conn: Conn) -> dict[int, Held]:
    """The homes of others that the reader may look at, by usage point; none for whoever is no customer."""
    me = principal()
    if not access.may(me, holders.ACTION):
        return {}
    return {key: _held(one) for key, one in holdings.looked_at(conn, me.id, site().now_s()).items()}


def _held(one: Holding) -> Held:
    if one.ends_s >= FOREVER * DAY_S:
        said = say("This is the home of %(name)s. You see it as joint holder.", name=one.giver)
    else:
        day = words.day(day_of(one.ends_s - 1))
        said = say("This is the home of %(name)s. You see it until %(day)s.", name=one.giver, day=day)
    return Held(said, one.joint, one.joint or one.downloads)
