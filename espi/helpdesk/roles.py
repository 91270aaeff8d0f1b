"""Four eyes: one operator proposes that somebody gets a login of a role, another approves; never oneself.

A new login begins with a link in a mail: its owner chooses the password and sets up the app that makes codes, so that
nobody else ever knows either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyotp

from espi import access
from espi.access import LOGIN_ROLES, Principal, needs_second_factor
from espi.clock import day_date, zone
from espi.config import Settings
from espi.errors import BadInput, Conflict
from espi.helpdesk.looking import checked
from espi.helpdesk.outbox import post
from espi.helpdesk.standing import ZONE
from espi.store import audit, companies, one_time, people, staff

if TYPE_CHECKING:
    from espi.store.database import Conn

WELCOME = "welcome"
LASTS_S = 3 * 86_400
ROLES = tuple(role for role in LOGIN_ROLES if needs_second_factor(role))
"""Roles that are given: customers make their own logins."""
LEAST_PASSWORD, MOST_PASSWORD = 12, 128


def propose(
    conn: Conn,
    name: str,
    *,
    email: str,
    language: str,
    role: str,
    party_id: int,
    reason: str,
    settings: Settings,
    actor: Principal,
) -> int:
    """Propose that a login, new or there already, gets a role; gives the proposal's id."""
    access.require(conn, actor, "role:grant", settings=settings, target=f"login {name}")
    why, wanted = checked(reason), name.strip()
    if not wanted or role not in ROLES:
        raise BadInput("Say which login gets which role.")
    if "@" not in email and not staff.is_login(conn, wanted):
        raise BadInput("A new login needs a mail address: its owner gets a link there to choose a password.")
    if wanted == actor.name:
        raise Conflict("Nobody gives himself a role. Ask another operator.")
    key = staff.add_proposal(
        conn,
        wanted,
        email=email.strip(),
        language=language,
        role=role,
        party_id=party_id,
        reason=why,
        by=actor.name,
        now_s=settings.clock.now_s(),
    )
    _note(conn, "role:propose", wanted, settings, actor, {"role": role, "party": party_id, "reason": why})
    return key


def decide(conn: Conn, proposal_id: int, *, approved: bool, answer: str, settings: Settings, actor: Principal) -> None:
    """Approve or refuse what another operator proposed. `Conflict` for one's own, and where it is decided."""
    access.require(conn, actor, "role:grant", settings=settings, target=f"proposal {proposal_id}")
    found, now_s = staff.proposal(conn, proposal_id), settings.clock.now_s()
    if actor.name in {found.proposed_by, found.login_name}:
        raise Conflict("Another operator must decide this: nobody approves his own proposal, or his own role.")
    state = staff.APPROVED if approved else staff.REFUSED
    if not staff.finish_proposal(conn, found.id, state, actor.name, answer.strip()[:512], now_s):
        raise Conflict("This has been decided already.")
    _note(conn, f"role:{state}", found.login_name, settings, actor, {"role": found.role, "party": found.party_id})
    if not approved:
        return
    if staff.is_login(conn, found.login_name):
        staff.change_role(conn, found.login_name, found.role, found.party_id)
    else:
        _welcome(conn, found, settings)


def welcome(conn: Conn, token: str, now_s: int) -> one_time.OneTime | None:
    """What a link of a welcome mail stands for, while it counts."""
    return one_time.look(conn, WELCOME, token, now_s)


def begin(conn: Conn, token: str, password: str, code: str, *, settings: Settings) -> None:
    """Make the login of a welcome link with the password that its owner chose; the code proves that his app is set."""
    now_s = settings.clock.now_s()
    found = welcome(conn, token, now_s)
    if found is None:
        raise Conflict("This link is over or was used. Ask for a new one.")
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise BadInput("A password has 12 to 128 letters.")
    data = found.data
    if not pyotp.TOTP(str(data["secret"])).verify("".join(code.split()), valid_window=1):
        raise BadInput("That code is not right, or it is too old. Type the one the app shows now.")
    invited = data.get("invited")
    taken_back = invited is not None and not companies.finish_invitation(conn, int(invited), companies.ACCEPTED)
    if taken_back or one_time.use_up(conn, WELCOME, token, now_s) is None:
        raise Conflict("This link is over or was used. Ask for a new one.")
    people.add_login(
        conn,
        str(data["name"]),
        password,
        str(data["role"]),
        int(data["party_id"]),
        totp_secret=str(data["secret"]),
        language=str(data["language"]),
        email=str(data["email"]),
        position=str(data.get("position", "")),
    )
    name = str(data["name"])
    audit.record(
        conn,
        at_s=now_s,
        actor=name[:128],
        action="role:begin",
        target=f"login {name}",
        rule="espi.helpdesk",
        allowed=True,
    )


def _welcome(conn: Conn, found: staff.Proposal, settings: Settings) -> None:
    now_s = settings.clock.now_s()
    data = {
        "name": found.login_name,
        "email": found.email,
        "role": found.role,
        "party_id": found.party_id,
        "language": found.language,
        "secret": pyotp.random_base32(),
    }
    token = one_time.add(conn, WELCOME, now_s=now_s, lasts_s=LASTS_S, data=data)
    until = day_date(zone(ZONE).day_of(now_s + LASTS_S)).isoformat()
    link = f"{settings.base_url}/staff/{token}"
    post(conn, (found.email, found.language), "welcome", settings, name=found.login_name, link=link, until=until)


def _note(conn: Conn, action: str, login: str, settings: Settings, actor: Principal, detail: dict[str, object]) -> None:
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=str(actor),
        action=action,
        target=f"login {login}",
        rule="espi.helpdesk",
        allowed=True,
        detail=detail,
    )
