"""Third parties that ask: an invitation by ESIID, meter number and REP, and what the customer answers.

A third party never learns which of the three was wrong, nor whether there is such a premise; who guesses is blocked for
the day. The link in the mail opens no data, counts once and is kept as a hash.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from espi import access, log
from espi import scope as scopes
from espi.access import Principal, Role
from espi.clock import DAY_S
from espi.config import Settings
from espi.errors import BadInput, Conflict, EspiError, NotFound
from espi.sharing import mails
from espi.sharing.granting import BY_INVITATION, end, grant, renew
from espi.sharing.terms import MONTHS, Terms, end_after, longest_months
from espi.sharing.texts import LANGUAGES
from espi.store import audit, clients, events, grants, quotas
from espi.store import invitations as stored
from espi.store.invitations import Invitation, Premise
from espi.store.turns import take_turn

if TYPE_CHECKING:
    from espi.scope import Scope
    from espi.store.database import Conn

ENERGY_DATA = "energy-data"
LATER_KINDS = frozenset({"in-home-device", "in-home-device-services"})
MOST_PREMISES = 100
QUIET_DAYS = 30
"""How long a premise whose customer said no is not asked again by the same third party."""

MOST_WRONG_FACTS = 5
PROOF = "invitation link"
SMT_CODES = {
    stored.PENDING: "PEN",
    **dict.fromkeys((stored.REJECTED, stored.LAPSED, stored.WITHDRAWN), "NACOM"),
    **dict.fromkeys(stored.LIVE, "ACT"),
    **dict.fromkeys(stored.OVER, "COM"),
}
"""The states in the codes that programs of the Texas market know."""

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9.-]{1,190}")


class NoSuchPremise(BadInput):
    """A premise was not named rightly, or cannot be asked for; which and why stays with us."""

    code = "premise_not_confirmed"
    public = (
        "A premise could not be confirmed. Check ESIID, meter number and REP (its name or certificate number) of each."
    )


class Blocked(EspiError):
    """Too many premises were named wrongly today."""

    status = 429
    code = "too_many_failed_checks"
    public = "Too many premises could not be confirmed today. Ask again tomorrow, or call the operator."


class WrongFact(EspiError):
    """Who opened the link does not know the meter."""

    status = 403
    code = "wrong_fact"
    public = "Those are not the last four characters of the meter number. Look at the meter or at a bill and try again."


@dataclass(frozen=True)
class Asked:
    """What a third party asks for. premises: ESIID, meter number and REP (name or certificate number) of each."""

    premises: tuple[tuple[str, str, str], ...]
    email: str
    months: int
    language: str = "en"
    kind: str = ENERGY_DATA
    scope: str = ""


def invite(conn: Conn, asker: Principal, asked: Asked, settings: Settings) -> Invitation:
    """Ask a customer for access to his premises: the invitation, whose mail is in the outbox.

    Raises `NoSuchPremise` (always the same) unless each premise is named rightly and all are one customer's, `Blocked`
    after too many of those, `Conflict` where he has said no of late or has not answered yet, `BadInput` for the rest.
    """
    access.require(conn, asker, "grant:invite", settings=settings, target="invitation")
    now_s = settings.clock.now_s()
    third_party = grants.third_party(conn, asker.id)
    if third_party.status != grants.PRODUCTION:
        raise Conflict("This application is not in production, so it cannot ask customers yet.")
    _check(asked)
    wanted = offered(third_party, asked.scope, settings)
    premises = _premises(conn, asker, asked, settings)
    longest = min(longest_months(premise.customer_kind, settings) for premise in premises)
    if asked.months > longest:
        raise BadInput(f"months: this customer can agree to {longest} months at most, and then again.")
    _check_open(conn, third_party.id, premises, now_s)
    number = stored.add_invitation(
        conn,
        third_party.id,
        premises,
        kind=asked.kind,
        email=asked.email,
        language=asked.language,
        scope=wanted.text,
        months=asked.months,
        now_s=now_s,
        expires_s=now_s + settings.invitation_days * DAY_S,
    )
    made = stored.invitation_by_number(conn, third_party.id, number)
    mails.ask(conn, made, "invitation", settings)
    _note(conn, made, "invitation:send", str(asker), settings)
    return made


def accept(
    conn: Conn,
    invitation: Invitation,
    customer: Principal,
    *,
    settings: Settings,
    months: int = 0,
    from_day: int | None = None,
    language: str = "",
    address: str = "",
    words: tuple[str, ...] = (),
) -> grants.Authorization:
    """Say yes to an invitation: the same grant as by the consent page. months, from_day: where he wants it shorter.

    `NotFound` if he is not the customer who was asked, `Conflict` if it has been answered or has lapsed.
    """
    take_turn(conn)
    now_s = settings.clock.now_s()
    _check_answer(invitation, customer, now_s)
    if not 0 <= months <= invitation.months:
        raise BadInput(f"You can share for {invitation.months} months at most, as {invitation.number} says.")
    third_party = grants.third_party(conn, invitation.third_party_id)
    if not stored.set_state(conn, invitation, stored.ACTIVE, now_s):
        raise Conflict("This invitation has been answered already.")
    terms = Terms(
        scope=offered(third_party, invitation.scope, settings),
        usage_point_ids=tuple(int(premise["usage_point_id"]) for premise in invitation.premises),
        ends_s=end_after(now_s, months or invitation.months, mails.ZONE),
        from_day=from_day,
        language=language or invitation.language,
        address=address,
        words=words,
    )
    made = grant(
        conn,
        customer,
        third_party,
        terms,
        settings=settings,
        client_id=main_client_id(conn, third_party.id),
        by=BY_INVITATION,
    )
    stored.set_authorization(conn, invitation.id, made.id)
    _tell(conn, invitation, "invitation.accepted", settings, made)
    mails.tell(conn, made, "accepted", settings)
    return made


def reject(conn: Conn, invitation: Invitation, customer: Principal, *, settings: Settings) -> None:
    """Say no to an invitation; the third party is told so, and may not ask for these premises for a while."""
    now_s = settings.clock.now_s()
    _check_answer(invitation, customer, now_s)
    access.reach(conn, customer, "grant:reject", settings=settings, target=f"invitation {invitation.number}")
    if not stored.set_state(conn, invitation, stored.REJECTED, now_s):
        raise Conflict("This invitation has been answered already.")
    _tell(conn, invitation, "invitation.rejected", settings)
    _note(conn, invitation, "invitation:reject", str(customer), settings)


def withdraw(conn: Conn, asker: Principal, number: str, settings: Settings) -> Invitation:
    """Take an invitation back: its link dies. `Conflict` if it has been answered."""
    access.require(conn, asker, "grant:invite", settings=settings, target=f"invitation {number}")
    found = stored.invitation_by_number(conn, asker.id, number)
    if not stored.set_state(conn, found, stored.WITHDRAWN, settings.clock.now_s()):
        raise Conflict("This invitation has been answered, or has ended.")
    _note(conn, found, "invitation:withdraw", str(asker), settings)
    return stored.invitation_by_number(conn, asker.id, number)


def terminate(conn: Conn, asker: Principal, number: str, settings: Settings) -> Invitation:
    """End the agreement that came of a third party's own invitation, by that third party."""
    access.require(conn, asker, "grant:invite", settings=settings, target=f"invitation {number}")
    found = stored.invitation_by_number(conn, asker.id, number)
    if found.authorization_id is None or found.state not in stored.LIVE:
        raise Conflict("There is no agreement to end: it has ended, or there was none.")
    end(conn, grants.authorization(conn, found.authorization_id), "third_party", settings=settings, actor=asker)
    return stored.invitation_by_number(conn, asker.id, number)


def renew_agreement(
    conn: Conn, invitation: Invitation, customer: Principal, months: int, *, settings: Settings
) -> grants.Authorization:
    """Let the agreement of an invitation go on for so many months from now, because the customer says so."""
    if invitation.authorization_id is None or customer.id != invitation.customer_id:
        raise NotFound(detail=f"{customer} has no agreement {invitation.number}")
    if months not in MONTHS:
        raise BadInput(f"months: {', '.join(map(str, MONTHS))} are possible.")
    found = grants.authorization(conn, invitation.authorization_id)
    ends_s = end_after(settings.clock.now_s(), months, mails.ZONE)
    return renew(conn, found, ends_s, settings=settings, actor=customer)


def by_link(conn: Conn, link: str, settings: Settings) -> Invitation:
    """The invitation that a mailed link opens, `NotFound` if it opens none any more."""
    found = stored.invitation_by_link(conn, link)
    lapsed = found is not None and found.state == stored.PENDING and found.expires_s <= settings.clock.now_s()
    if found is None or lapsed:
        raise NotFound("This link does not work any more. If you got a newer mail, use the link in that one.")
    return found


def prove(conn: Conn, invitation: Invitation, last_four: str, settings: Settings) -> Principal:
    """The customer, if whoever has the link knows the last four characters of the meter number too.

    `WrongFact` if not, and for the rest of the day after too many of those.
    """
    subject = f"wrong facts/invitation/{invitation.number}"
    window_s = _day(settings)
    known = str(invitation.premises[0]["meter"])[-4:].casefold()
    right = hmac.compare_digest(known.encode(), last_four.strip().casefold().encode())
    if quotas.used(conn, subject, window_s) >= MOST_WRONG_FACTS:
        raise WrongFact("That was wrong too often. Try again tomorrow.")
    if not right:
        quotas.add_use(conn, subject, window_s, lasting=True)
        raise WrongFact
    return customer_of(invitation)


def customer_of(invitation: Invitation) -> Principal:
    """The customer as whom somebody acts who has proved to be the one that was asked."""
    return Principal(Role.customer, invitation.customer_id, PROOF)


def offered(third_party: grants.ThirdParty, wanted: str, settings: Settings) -> Scope:
    """The scope that a third party gets if a customer agrees: what it asks for, else what it has registered.

    It has single choices. `espi.scope.BadScope` for what is not offered to it.
    """
    ours = [scopes.parse(text) for text in settings.scopes]
    registered = third_party.content.get("scope") or []
    theirs = [scopes.parse(text) for text in ([registered] if isinstance(registered, str) else registered)]
    asked = scopes.parse(wanted) if wanted else (theirs or ours)[0]
    return scopes.single(asked, theirs or ours)


def main_client_id(conn: Conn, third_party_id: int) -> int:
    """The row of the client that gets a third party's codes, 0 if it has none."""
    found = clients.clients_of(conn, str(Role.third_party), third_party_id)
    return next((client.id for client in found if client.kind == "main" and not client.disabled), 0)


def _check(asked: Asked) -> None:
    if asked.kind in LATER_KINDS:
        raise BadInput(f"kind: {asked.kind} is known but cannot be asked for here yet; {ENERGY_DATA} can.")
    if asked.kind != ENERGY_DATA:
        raise BadInput(f"kind: {ENERGY_DATA} is what can be asked for.")
    if asked.months not in MONTHS:
        raise BadInput(f"months: {', '.join(map(str, MONTHS))} are possible.")
    if asked.language not in LANGUAGES:
        raise BadInput("language: en and es are possible.")
    if not _EMAIL.fullmatch(asked.email):
        raise BadInput("email: this is no address of one person, such as name@example.com.")
    if not 1 <= len(asked.premises) <= MOST_PREMISES:
        raise BadInput(f"premises: give 1 to {MOST_PREMISES} of them.")


def _premises(conn: Conn, asker: Principal, asked: Asked, settings: Settings) -> list[Premise]:
    """The premises, all named rightly and of one customer; a failure is counted whatever becomes of the transaction."""
    subject, window_s = f"failed checks/{asker.role}/{asker.id}", _day(settings)
    if quotas.used(conn, subject, window_s) >= settings.failed_checks_a_day:
        raise Blocked
    now_s = settings.clock.now_s()
    named = [(_esiid(esiid), meter.strip(), rep.strip()) for esiid, meter, rep in asked.premises]
    found = [stored.premise(conn, *triple, now_s) for triple in dict.fromkeys(named)]
    right = [premise for premise in found if premise is not None]
    if len(right) == len(found) and len({premise.customer_id for premise in right}) == 1:
        return right
    wrong = max(1, len(found) - len(right))
    total = quotas.add_use(conn, subject, window_s, wrong, lasting=True)
    blocked = total >= settings.failed_checks_a_day
    audit.record(
        conn,
        at_s=now_s,
        actor=str(asker),
        action="invitation:check",
        target="premise",
        rule="ESIID, meter number and REP",
        allowed=False,
        detail={"wrong": wrong, "today": total, "blocked": blocked},
    )
    if blocked:
        log.warn(log.Event.CHECKS_BLOCKED, third_party=asker.id, today=total)
    raise NoSuchPremise


def _check_open(conn: Conn, third_party_id: int, premises: list[Premise], now_s: int) -> None:
    """That nobody has said no for one of the premises of late, and that no invitation for one waits."""
    ids = {premise.usage_point_id for premise in premises}
    for earlier in stored.invitations_of(conn, third_party_id, states=(stored.PENDING, stored.REJECTED)):
        if not ids & {premise["usage_point_id"] for premise in earlier.premises}:
            continue
        if earlier.state == stored.PENDING and earlier.expires_s > now_s:
            raise Conflict(f"Invitation {earlier.number} for one of these premises waits for its answer.")
        if earlier.state == stored.REJECTED and (earlier.decided_s or 0) > now_s - QUIET_DAYS * DAY_S:
            raise Conflict(f"The customer said no; one of these premises can be asked for {QUIET_DAYS} days later.")


def _check_answer(invitation: Invitation, customer: Principal, now_s: int) -> None:
    if customer.id != invitation.customer_id:
        raise NotFound(detail=f"{customer} was not asked by invitation {invitation.number}")
    if invitation.state != stored.PENDING or invitation.expires_s <= now_s:
        raise Conflict("This invitation has been answered already, or it has lapsed.")


def _tell(
    conn: Conn, invitation: Invitation, kind: str, settings: Settings, made: grants.Authorization | None = None
) -> None:
    events.add_event(
        conn,
        invitation.third_party_id,
        kind,
        [f"Authorization/{made.path_id}"] if made else [],
        now_s=settings.clock.now_s(),
        authorization_id=made.id if made else None,
        detail={"invitation": invitation.number},
    )


def _note(conn: Conn, invitation: Invitation, action: str, actor: str, settings: Settings) -> None:
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=actor,
        action=action,
        target=f"invitation {invitation.number}",
        rule="espi.sharing",
        allowed=True,
    )


def _esiid(text: str) -> str:
    return text.strip().removeprefix("'").strip()


def _day(settings: Settings) -> int:
    now_s = settings.clock.now_s()
    return now_s - now_s % DAY_S
