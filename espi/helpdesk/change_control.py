"""Change requests: companies write them and about them, utilities vote, and somebody decides, as the vote allows.

A request can be accepted only where at least half of the utilities voted and more of them said yes than no: they own
the system. Each step is on record, and those whom it concerns are told by mail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from espi import access
from espi.access import Principal
from espi.clock import DAY_S, day_date
from espi.config import Settings
from espi.errors import BadInput, Conflict
from espi.helpdesk.outbox import post
from espi.jobs import Context, handler
from espi.store import audit, jobs
from espi.store import change_requests as stored
from espi.store.change_requests import (
    ABSTAIN,
    ACCEPTED,
    CHOICES,
    DONE,
    NO,
    OPEN,
    REJECTED,
    VOTING,
    WITHDRAWN,
    YES,
    Request,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from espi.store.change_requests import Vote
    from espi.store.database import Conn
    from espi.store.jobs import Job

JOB = "changes.mail"
AT_ONCE = 500
MOST_TITLE, MOST_TEXT = 160, 4000
LEAST_DAYS, USUAL_DAYS, MOST_DAYS = 3, 14, 60
WRITE, VOTE, DECIDE = "proposal:write", "proposal:vote", "proposal:decide"
OTHERS = {"regulator": "Regulator", "operator": "Operator"}
"""What those are called who speak for no company."""

_AUDIENCES = {
    "submitted": (VOTE, DECIDE),
    "voting": (VOTE,),
    "comment": (),
    ACCEPTED: (VOTE,),
    REJECTED: (VOTE,),
    DONE: (VOTE,),
    WITHDRAWN: (VOTE,),
}
"""Who is told of what, beside the author: those who may do an action."""


@dataclass(frozen=True)
class Written:
    """A request as somebody wrote it."""

    title: str
    need: str
    wish: str
    impact: str = ""


@dataclass(frozen=True)
class Tally:
    """How the utilities voted. waiting: those without a vote."""

    yes: int
    no: int
    abstain: int
    waiting: int

    @property
    def quorum(self) -> bool:
        """Whether at least half of them voted."""
        return 2 * (self.yes + self.no + self.abstain) >= self.yes + self.no + self.abstain + self.waiting

    @property
    def carried(self) -> bool:
        """Whether the request may be accepted."""
        return self.quorum and self.yes > self.no


def tally(votes: Sequence[Vote]) -> Tally:
    """Count votes."""
    given = [each.choice for each in votes]
    return Tally(given.count(YES), given.count(NO), given.count(ABSTAIN), given.count(""))


def submit(conn: Conn, written: Written, *, settings: Settings, actor: Principal, login_id: int = 0) -> Request:
    """Put a request on the public list. `BadInput` says what is missing."""
    access.require(conn, actor, WRITE, settings=settings, target="change request")
    title = " ".join(written.title.split())
    if not title or len(title) > MOST_TITLE:
        raise BadInput("Give it a title of 160 letters at most.")
    now_s = settings.clock.now_s()
    key = stored.add_request(
        conn,
        title=title,
        need=_text(written.need),
        wish=_text(written.wish),
        impact=written.impact.strip()[:MOST_TEXT],
        company=_company(conn, actor),
        login_id=login_id,
        year=day_date(now_s // DAY_S).year,
        now_s=now_s,
    )
    return _told(conn, key, "submitted", settings, actor)


def comment(conn: Conn, found: Request, text: str, *, settings: Settings, actor: Principal, login_id: int = 0) -> None:
    """Write something about a request that is not decided yet."""
    access.require(conn, actor, WRITE, settings=settings, target=found.number)
    if found.state not in {OPEN, VOTING}:
        raise Conflict("This request is decided. Nothing more is written about it.")
    now_s = settings.clock.now_s()
    number = stored.add_comment(conn, found.id, _company(conn, actor), login_id, _text(text), now_s)
    _told(conn, found.id, "comment", settings, actor, number)


def call_vote(conn: Conn, found: Request, days: int, *, settings: Settings, actor: Principal) -> None:
    """Ask the utilities to vote within some days, for the first time or again where too few did."""
    access.require(conn, actor, DECIDE, settings=settings, target=found.number)
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise BadInput("A vote takes 3 to 60 days.")
    now_s = settings.clock.now_s()
    if found.state not in {OPEN, VOTING} or (found.state == VOTING and not is_over(conn, found, now_s)):
        raise Conflict("The utilities are voting already, or it is decided.")
    _move(conn, found, VOTING, settings, voting_until_s=now_s + days * DAY_S)
    _told(conn, found.id, "voting", settings, actor, now_s)


def vote(
    conn: Conn, found: Request, choice: str, reason: str, *, settings: Settings, actor: Principal, login_id: int = 0
) -> None:
    """Take the one vote of a utility; until the end it may give another instead. A no has a reason."""
    access.require(conn, actor, VOTE, settings=settings, target=found.number)
    now_s, why = settings.clock.now_s(), reason.strip()[:MOST_TEXT]
    if found.state != VOTING or now_s >= (found.voting_until_s or 0):
        raise Conflict("The utilities are not voting on this request now.")
    if choice not in CHOICES:
        raise BadInput("Choose yes, no or abstain.")
    if choice == NO and not why:
        raise BadInput("Say why not, so that the request can be made better.")
    stored.put_vote(conn, found.id, actor.id, choice, why, login_id, now_s)
    _note(conn, found, f"proposal:vote-{choice}", settings, actor)


def is_over(conn: Conn, found: Request, now_s: int) -> bool:
    """Whether all have voted, or the time is over."""
    over = now_s >= (found.voting_until_s or 0)
    return found.state == VOTING and (over or not tally(stored.votes(conn, found.id)).waiting)


def decide(conn: Conn, found: Request, state: str, reason: str, *, settings: Settings, actor: Principal) -> None:
    """Accept or reject a request after the vote, with a reason; or say that what was accepted works."""
    access.require(conn, actor, DECIDE, settings=settings, target=found.number)
    now_s = settings.clock.now_s()
    if state == DONE:
        if found.state != ACCEPTED:
            raise Conflict("Only what was accepted can be done.")
        _move(conn, found, DONE, settings)
    elif state in {ACCEPTED, REJECTED}:
        if not is_over(conn, found, now_s):
            raise Conflict("A request is decided when the vote is over.")
        if state == ACCEPTED and not tally(stored.votes(conn, found.id)).carried:
            raise Conflict("It can be accepted only if half of the utilities voted, and more said yes than no.")
        named = {"decided_s": now_s, "decided_by": _company(conn, actor), "reason": _text(reason)}
        _move(conn, found, state, settings, **named)
    else:
        raise BadInput("Choose what is decided.")
    _told(conn, found.id, state, settings, actor)


def withdraw(conn: Conn, found: Request, *, settings: Settings, actor: Principal) -> None:
    """Take a request back: its own company may, until it is decided."""
    access.require(conn, actor, WRITE, settings=settings, target=found.number)
    if found.company != _company(conn, actor) or found.state not in {OPEN, VOTING}:
        raise Conflict("Only the company that wrote it may take it back, and only until it is decided.")
    _move(conn, found, WITHDRAWN, settings)
    _told(conn, found.id, WITHDRAWN, settings, actor)


def is_own(conn: Conn, found: Request, actor: Principal) -> bool:
    """Whether somebody speaks for the company that wrote it."""
    return found.company == _company(conn, actor)


@handler(JOB)
def mail_out(context: Context, job: Job) -> dict[str, int]:
    """Queue a mail for everybody whom a step concerns; each once, however often the job runs."""
    what, key, step = str(job.payload["what"]), int(job.payload["request_id"]), int(job.payload["step"])
    kinds = {rule.role.value for rule in access.RULES if rule.action in _AUDIENCES[what]}
    after = told = 0
    while True:
        with context.database.write() as conn:
            found = stored.request(conn, key)
            some = stored.concerned(conn, key, kinds, writers=what != "submitted", after=after, limit=AT_ONCE)
            for login_id, address, language in some:
                once = f"change/{key}/{what}/{step}/{login_id}"
                facts = _facts(conn, found, context.settings)
                told += post(conn, (address, language), f"change-{what}", context.settings, key=once, **facts)
        if len(some) < AT_ONCE:
            return {"told": told}
        after = some[-1][0]


def _facts(conn: Conn, found: Request, settings: Settings) -> dict[str, object]:
    written = stored.comments(conn, found.id)
    return {
        "number": found.number,
        "title": found.title,
        "company": found.company,
        "until": str(day_date((found.voting_until_s or 0) // DAY_S)),
        "reason": found.reason,
        "text": written[-1].text if written else "",
        "who": written[-1].company if written else "",
        "link": f"{settings.base_url}/change-requests/{found.id}",
    }


def _text(text: str) -> str:
    said = text.strip()
    if not said:
        raise BadInput("Write something first.")
    if len(said) > MOST_TEXT:
        raise BadInput("Write 4,000 letters at most.")
    return said


def _company(conn: Conn, actor: Principal) -> str:
    return stored.company(conn, actor.role.value, actor.id, OTHERS)


def _move(conn: Conn, found: Request, state: str, settings: Settings, **values: object) -> None:
    if not stored.change_state(conn, found, state, settings.clock.now_s(), **values):
        raise Conflict("Somebody else was quicker. Look at the request again.")


def _told(conn: Conn, key: int, what: str, settings: Settings, actor: Principal, step: int = 0) -> Request:
    found = stored.request(conn, key)
    payload = {"request_id": key, "what": what, "step": step}
    jobs.add_job(conn, JOB, payload, now_s=settings.clock.now_s(), key=f"{JOB}/{key}/{what}/{step}")
    _note(conn, found, f"proposal:{what}", settings, actor)
    return found


def _note(conn: Conn, found: Request, action: str, settings: Settings, actor: Principal) -> None:
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=str(actor),
        action=action,
        target=found.number,
        rule="espi.helpdesk",
        allowed=True,
    )
