"""Change requests of the demonstration market: one in each state that somebody who tries it out wants to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from espi.access import Principal, Role
from espi.clock import DAY_S, Clock
from espi.demo.roster import BAYOU, BLUE_SPRING, CAPROCK, MESQUITE, RETAILERS
from espi.helpdesk import change_control
from espi.helpdesk.change_control import Written
from espi.store import change_requests

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.store.database import Conn

COMMISSION = Principal(Role.regulator, 0, "password and code", "commission")
UTILITIES = (CAPROCK.duns, BAYOU.duns, MESQUITE.duns, BLUE_SPRING.duns)


@dataclass(frozen=True)
class Wish:
    """A request. days: how long ago. votes: of the utilities in order, "" for none. state: what came of it."""

    written: Written
    days: int
    comment: str = ""
    votes: tuple[str, ...] = ()
    state: str = ""
    reason: str = ""


WISHES = (
    Wish(
        Written(
            "Send the readings of a day by six in the morning",
            "Readings of a day come at eleven in the evening of the next day. Customers look in the morning and find "
            "nothing.",
            "Each utility sends the file of a day by six in the morning. Late values follow in a second file.",
            "Utilities change when they send. Companies get their daily file five hours earlier.",
        ),
        120,
        "We can do that from April on.",
        ("yes", "yes", "yes", "no"),
        change_requests.ACCEPTED,
        "Three of four utilities said yes. It begins in April, and the deadline in the completeness report moves then.",
    ),
    Wish(
        Written(
            "Show customers the name of the meter reader",
            "Nobody knows who reads a dial by hand where a meter has no radio.",
            "The page of a meter names who read the dial.",
        ),
        90,
        "Names of our people are nobody's business.",
        ("no", "no", "abstain", "no"),
        change_requests.REJECTED,
        "Names of people are not shown on any page. The day of the read is enough.",
    ),
    Wish(
        Written(
            "Tell companies of a meter exchange on the same day",
            "We learn of an exchanged meter when its readings stop.",
            "An event with the old and the new meter number, on the day of the exchange.",
            "All who get events. No page changes.",
        ),
        20,
        "Please send the last read of the old meter with it.",
        ("yes", "", "abstain", ""),
    ),
    Wish(
        Written(
            "A file of the holidays that prices know",
            "Each company keeps its own list of holidays, and they differ.",
            "One list of holidays for the market, as a file and on a page.",
        ),
        3,
    ),
)


def add(conn: Conn, settings: Settings, reps: Mapping[str, int], utilities: Mapping[str, int]) -> None:
    """Put them there. reps: ids by name. utilities: ids by DUNS."""
    author = Principal(Role.rep, reps[RETAILERS[0].name], "password and code", "lantern")
    voters = [Principal(Role.tdsp, utilities[duns], "password and code", duns) for duns in UTILITIES]
    for wish in WISHES:
        then = _ago(settings, wish.days)
        found = change_control.submit(conn, wish.written, settings=then, actor=author)
        if wish.comment:
            change_control.comment(conn, found, wish.comment, settings=_ago(settings, wish.days - 2), actor=voters[0])
        if wish.votes:
            _vote(conn, found.id, wish, voters, settings)


def _vote(conn: Conn, key: int, wish: Wish, voters: list[Principal], settings: Settings) -> None:
    called = _ago(settings, wish.days - 7)
    change_control.call_vote(conn, change_requests.request(conn, key), 21, settings=called, actor=COMMISSION)
    found = change_requests.request(conn, key)
    for voter, choice in zip(voters, wish.votes, strict=True):
        if choice:
            reason = wish.comment if choice == change_requests.NO else ""
            change_control.vote(conn, found, choice, reason, settings=_ago(settings, wish.days - 9), actor=voter)
    if wish.state:
        when = _ago(settings, wish.days - 30)
        change_control.decide(conn, found, wish.state, wish.reason, settings=when, actor=COMMISSION)


def _ago(settings: Settings, days: int) -> Settings:
    return replace(settings, clock=Clock(fixed_s=settings.clock.now_s() - days * DAY_S))
