"""Looking a customer up: never without a reason, never for long, and the customer sees that it was done and why.

The desk never has a password and never acts as the customer. What it does for him he is told by mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from espi import access
from espi.access import Principal
from espi.clock import day_date
from espi.config import Settings
from espi.errors import BadInput, Conflict, NotFound
from espi.helpdesk.outbox import post
from espi.store import audit, cases, desk, grants, invitations, jobs, people, staff
from espi.store.cases import RELEASE, RESEND, UNLOCK, Candidate, Case
from espi.store.market_events import MOVED

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.invitations import Invitation

LEAST_LETTERS, MOST_LETTERS = 10, 512
MINUTE_S = 60
CUSTOMER = "customer"


def look_up(
    conn: Conn,
    operator: Principal,
    way: str,
    text: str,
    *,
    ticket: str,
    reason: str,
    settings: Settings,
    chosen: int | None = None,
) -> tuple[Case | None, list[Candidate]]:
    """Find who is meant and open a case about him; where several may be, the case is opened of the one `chosen`.

    Gives the case, or who may be meant. `BadInput` without a reason; the search itself is on record too.
    """
    why, number = checked(reason), ticket.strip().upper()
    access.require(conn, operator, "case:open", settings=settings, target=f"look-up by {way}: {why[:80]}")
    if way not in cases.WAYS or not text.strip():
        raise BadInput("Say whom you look for, and by what.")
    if number:
        desk.ticket(conn, number)
    found = cases.find(conn, way, text)
    meant = [each for each in found if chosen in (None, each.customer_id)]
    if len(meant) != 1:
        return None, found
    now_s = settings.clock.now_s()
    ends_s = now_s + settings.case_minutes * MINUTE_S
    key = cases.open_case(
        conn,
        operator.name,
        meant[0].customer_id,
        ticket=number,
        reason=why,
        sought_by=way,
        now_s=now_s,
        ends_s=ends_s,
    )
    opened = cases.open_case_of(conn, operator.name, key, now_s)
    _note(conn, opened, "case:open", operator, settings, {"reason": why, "ticket": number, "by": way})
    return opened, found


def unlock(conn: Conn, case: Case, operator: Principal, login_id: int, reason: str, *, settings: Settings) -> None:
    """Let a login of the case's customer be tried again. The password stays as it is; nobody here knows it."""
    why, login = checked(reason), _own_login(conn, case, login_id)
    staff.unlock_login(conn, login.id)
    _did(conn, case, operator, UNLOCK, login.name, why, settings)


def resend(conn: Conn, case: Case, operator: Principal, number: str, reason: str, *, settings: Settings) -> Invitation:
    """Note that the mail of an invitation that waits for the case's customer is sent again; gives the invitation."""
    why = checked(reason)
    waiting = next((one for one in invitations.waiting_for(conn, case.customer_id) if one.number == number), None)
    if waiting is None:
        raise Conflict("No mail about that waits for an answer.")
    name = grants.third_party(conn, waiting.third_party_id).name
    _did(conn, case, operator, RESEND, name[:64], why, settings)
    return waiting


def release(
    conn: Conn,
    case: Case,
    operator: Principal,
    point: UsagePoint,
    reason: str,
    *,
    settings: Settings,
    today: int,
    never: bool = False,
) -> None:
    """Take a meter out of the customer's account: from today on, or as if it never was his (a wrong claim).

    What he shared of it ends by the job that ends what movers shared.
    """
    why, now_s = checked(reason), settings.clock.now_s()
    if not cases.end_claim(conn, point.id, case.customer_id, 0 if never else today):
        raise Conflict("This meter is not in the customer's account today.")
    jobs.add_job(conn, MOVED, {}, now_s=now_s, key=f"{MOVED}/case/{case.id}/{point.id}")
    about = f"…{point.esiid[-4:]}"
    _did(conn, case, operator, RELEASE, about, why, settings)
    detail = {"usage_point": point.id, "from": "ever" if never else day_date(today).isoformat()}
    _note(conn, case, "case:release", operator, settings, detail)


def checked(reason: str) -> str:
    """A reason that says something, or `BadInput`."""
    why = " ".join(reason.split())
    if len(why) < LEAST_LETTERS:
        raise BadInput("Give a reason in a sentence. The customer can read it.")
    return why[:MOST_LETTERS]


def _own_login(conn: Conn, case: Case, login_id: int) -> staff.Known:
    found = [each for each in staff.logins(conn, role=CUSTOMER, party_id=case.customer_id) if each.id == login_id]
    if not found:
        raise NotFound(detail=f"login {login_id} is not of the customer of case {case.id}")
    return found[0]


def _did(conn: Conn, case: Case, operator: Principal, what: str, about: str, why: str, settings: Settings) -> None:
    """Note what was done, and tell the customer."""
    cases.add_act(conn, case.id, what, about, why, settings.clock.now_s())
    _note(conn, case, f"case:{what}", operator, settings, {"about": about, "reason": why})
    to = people.mail_address(conn, CUSTOMER, case.customer_id)
    if to is not None:
        page = "contact" if what == RELEASE else "apps#desk"
        post(conn, to, what, settings, about=about.removeprefix("…"), reason=why, link=f"{settings.base_url}/{page}")


def _note(
    conn: Conn, case: Case, action: str, operator: Principal, settings: Settings, detail: dict[str, object]
) -> None:
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=str(operator),
        action=action,
        target=f"customer {case.customer_id}, case {case.id}",
        rule="espi.helpdesk",
        allowed=True,
        detail=detail,
    )
