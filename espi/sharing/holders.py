"""Joint holders and friends: inviting somebody to see a home, the answer, and the end of it by either.

A friend looks, and takes files along only where he may. A joint holder does what the customer does, but lets nobody in.
What a joint holder has shared ends with his holding.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from espi import access, jobs
from espi.clock import DAY_S, FOREVER, day_date, zone
from espi.errors import BadInput, Conflict, NotFound
from espi.sharing import holder_texts, mails
from espi.sharing.granting import JOINTLY
from espi.sharing.granting import end as end_grant
from espi.sharing.terms import MONTHS_A_YEAR, end_after
from espi.store import audit, directory, grants, holdings, people, quotas
from espi.store.holdings import EVERY_HOME, FRIEND, JOINT, KINDS, Holding
from espi.store.turns import take_turn

if TYPE_CHECKING:
    from espi.access import Principal
    from espi.config import Settings
    from espi.store.database import Conn
    from espi.store.jobs import Job

ACTION = "holder:invite"
JOB = "holders.look"
ANSWER_DAYS = 14
MOST = 20
"""How many of a customer's may run or wait at once."""

MOST_MAILS = 10
"""How many invitations of a customer are mailed in a day."""

BY_GIVER, BY_GUEST, BY_MOVE, BY_CLOSING, BY_TIME = "giver", "guest", "move_out", "closed", "time"
ACTOR = "system:sharing"


@dataclass(frozen=True)
class Asked:
    """Whom a customer invites. giver, name: what he calls himself and the guest. home_id: 0 for all his homes.

    last_day: until when, included; None for a joint holder's that stays open. language: of the mail.
    """

    giver: str
    name: str
    email: str
    kind: str
    home_id: int
    last_day: int | None
    downloads: bool = False
    language: str = "en"


def invite(conn: Conn, customer: Principal, asked: Asked, settings: Settings) -> Holding:
    """Mail an invitation. `BadInput` for what cannot be, `NotFound` for a home where he does not live now."""
    take_turn(conn)
    now_s = settings.clock.now_s()
    reach = access.reach(conn, customer, ACTION, settings=settings, target=f"home {asked.home_id}")
    homes = {point.id for point in directory.usage_points(conn, reach)}
    if not homes or asked.home_id not in homes | {EVERY_HOME}:
        raise NotFound(detail=f"{customer} does not live at {asked.home_id}")
    ends_s = _end(asked, now_s)
    own = [one for one in holdings.given(conn, customer.id) if one.lives(now_s) or one.waits(now_s)]
    if any(one.email == asked.email for one in own):
        raise BadInput("You have invited this address already. End that first if you want to change it.")
    day_s = now_s - now_s % DAY_S
    if len(own) >= MOST or quotas.add_use(conn, f"holders/{customer.id}", day_s) > MOST_MAILS:
        raise BadInput("That is as many people as you can invite. End one first, or wait until tomorrow.")
    link = secrets.token_urlsafe(32)
    values = {
        "customer_id": customer.id,
        "home_id": asked.home_id,
        "kind": asked.kind,
        "downloads": asked.downloads or asked.kind == JOINT,
        "giver": asked.giver,
        "name": asked.name,
        "email": asked.email,
        "language": asked.language,
        "made_s": now_s,
        "answer_by_s": min(now_s + ANSWER_DAYS * DAY_S, ends_s),
        "ends_s": ends_s,
    }
    made = holdings.holding(conn, holdings.add_holding(conn, values, link))
    until = day_date(zone(mails.ZONE).day_of(made.answer_by_s - 1)).isoformat()
    to = asked.email, asked.language
    holder_texts.post(conn, asked.kind, to, settings, f"people/answer/{link}", giver=asked.giver, until=until)
    _note(conn, made, "holder:invite", str(customer), settings)
    return made


def by_link(conn: Conn, link: str, settings: Settings) -> Holding:
    """The invitation that a mailed link opens, `NotFound` if it opens none any more."""
    found = holdings.holding_by_link(conn, link)
    if found is None or not found.waits(settings.clock.now_s()):
        raise NotFound("This link does not work any more. Ask the person who sent it for a new one.")
    return found


def accept(conn: Conn, found: Holding, guest: Principal, settings: Settings) -> None:
    """Say yes. `BadInput` of the giver himself, `Conflict` if it was answered meanwhile."""
    if not access.may(guest, ACTION):
        raise BadInput("Only a customer's account can see another's home. Log in with one, or make one here.")
    if guest.id == found.customer_id:
        raise BadInput("This is your own invitation. Log out, and let the person you invited open the link.")
    now_s = settings.clock.now_s()
    if not holdings.accept(conn, found.id, guest.id, guest.name, now_s):
        raise Conflict("This invitation has been answered already, or it has ended.")
    _note(conn, found, "holder:accept", str(guest), settings)
    _tell_giver(conn, found, "accepted", settings, guest=guest.name)


def refuse(conn: Conn, found: Holding, settings: Settings) -> None:
    """Say no; the link alone is enough for that."""
    if holdings.end(conn, found.id, BY_GUEST, settings.clock.now_s(), state=holdings.REFUSED):
        _note(conn, found, "holder:refuse", "nobody", settings)
        _tell_giver(conn, found, "refused", settings)


def end(conn: Conn, found: Holding, by: str, *, settings: Settings, actor: str) -> None:
    """End it at once, and what a joint holder has shared by it; the other side is told."""
    take_turn(conn)
    if not holdings.end(conn, found.id, by, settings.clock.now_s()):
        return
    _note(conn, found, "holder:end", actor, settings, by=by)
    if found.state != holdings.ACTIVE:
        return
    for grant in grants.running_of_customer(conn, found.customer_id):
        if grant.terms.get(JOINTLY) == found.guest_id:
            end_grant(conn, grant, "customer", settings=settings, actor=actor)
    if by != BY_GIVER:
        _tell_giver(conn, found, "over-giver", settings)
    to = people.mail_address(conn, "customer", found.guest_id)
    if by != BY_GUEST and to is not None:
        holder_texts.post(conn, "over-guest", to, settings, "", giver=found.giver)


def end_of_account(conn: Conn, customer_ids: list[int], *, settings: Settings, actor: str) -> None:
    """End all that customers gave and all that they were given, as when their account closes."""
    for one in holdings.running_of(conn, customer_ids):
        end(conn, one, BY_CLOSING, settings=settings, actor=actor)


def own(conn: Conn, customer: Principal, number: int) -> tuple[Holding, str]:
    """A holding that somebody gave or was given, and which he is, or `NotFound`."""
    found = holdings.holding(conn, number)
    if customer.id == found.customer_id:
        return found, BY_GIVER
    if found.guest_id and customer.id == found.guest_id:
        return found, BY_GUEST
    raise NotFound(detail=f"{customer} has no holding {number}")


def _end(asked: Asked, now_s: int) -> int:
    """The instant at which it ends."""
    if asked.kind not in KINDS:
        raise BadInput("Choose what the person may do.")
    if asked.last_day is None:
        if asked.kind == FRIEND:
            raise BadInput("Choose the last day, 12 months from now at most.")
        return FOREVER * DAY_S
    where = zone(mails.ZONE)
    ends_s = where.day_start_s(asked.last_day + 1)
    if asked.last_day <= where.day_of(now_s) or ends_s > end_after(now_s, MONTHS_A_YEAR, mails.ZONE) + DAY_S:
        raise BadInput("The last day must be after today, and 12 months from now at most.")
    return ends_s


def _tell_giver(conn: Conn, found: Holding, kind: str, settings: Settings, **facts: object) -> None:
    to = people.mail_address(conn, "customer", found.customer_id)
    if to is not None:
        holder_texts.post(conn, kind, to, settings, "people", name=found.name, **facts)


def _note(conn: Conn, found: Holding, action: str, actor: str, settings: Settings, **detail: str) -> None:
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=actor,
        action=action,
        target=f"holding {found.id}",
        rule="espi.sharing",
        allowed=True,
        detail=detail,
    )


@jobs.handler(JOB)
def look(context: jobs.Context, job: Job) -> dict[str, int]:
    """The hourly look: what is over ends, and what those gave who have moved out."""
    del job
    now_s = context.now_s()
    with context.database.write() as conn:
        late, left = holdings.over(conn, now_s), holdings.unfounded(conn, now_s)
        for one in late:
            end(conn, one, BY_TIME, settings=context.settings, actor=ACTOR)
        for one in left:
            end(conn, one, BY_MOVE, settings=context.settings, actor=ACTOR)
    return {"over": len(late), "left": len(left)}


jobs.every(JOB, 3600)
