"""A company's users: its administrator invites colleagues by mail, gives them positions and lets them go.

Somebody who comes chooses the password and sets up a second factor himself (`espi.helpdesk.roles.begin`). One
administrator always stays, so that a company cannot lock itself out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyotp

from espi import access
from espi.access import Position, Principal
from espi.clock import DAY_S, day_date, zone
from espi.config import Settings
from espi.errors import BadInput, Conflict, NotFound
from espi.helpdesk.outbox import post
from espi.helpdesk.roles import WELCOME
from espi.helpdesk.standing import ZONE
from espi.store import audit, companies, one_time, people, quotas, staff
from espi.store.companies import Colleague

if TYPE_CHECKING:
    from espi.store.database import Conn

LASTS_S = 7 * DAY_S
MOST_A_DAY = 30
LONGEST_ADDRESS = 254


def invite(
    conn: Conn, actor: Principal, email: str, position: str, *, company: str, language: str, settings: Settings
) -> None:
    """Ask somebody by mail to work at the company's desk.

    An address that has an account already gets a mail that says so; the answer here is the same, for nobody is told
    who has an account. Raises `BadInput` for what is no address, and after `MOST_A_DAY`.
    """
    _require(conn, actor, settings, f"invite {position}")
    address, now_s = email.strip().casefold(), settings.clock.now_s()
    name, _, host = address.partition("@")
    if not name or "." not in host or len(address) > LONGEST_ADDRESS or any(each.isspace() for each in address):
        raise BadInput("That is not a mail address.")
    _known(position)
    sent = quotas.add_use(conn, f"colleagues/{actor.role}/{actor.id}", now_s - now_s % DAY_S)
    if sent > MOST_A_DAY:
        raise BadInput("That is enough for one day. Go on tomorrow.")
    until_s = now_s + LASTS_S
    whose = (conn, str(actor.role), actor.id)
    key = companies.add_invited(*whose, email=address, position=position, by=actor.name, now_s=now_s, expires_s=until_s)
    _note(conn, actor, "colleague:invite", address, settings, position)
    facts = {"name": actor.name, "company": company}
    if staff.is_login(conn, address):
        post(conn, (address, language), "colleague_known", settings, **facts, link=settings.base_url)
        return
    data = {
        "name": address,
        "email": address,
        "role": str(actor.role),
        "party_id": actor.id,
        "language": language,
        "secret": pyotp.random_base32(),
        "position": position,
        "invited": key,
    }
    link = f"{settings.base_url}/staff/{one_time.add(conn, WELCOME, now_s=now_s, lasts_s=LASTS_S, data=data)}"
    until = day_date(zone(ZONE).day_of(until_s)).isoformat()
    post(conn, (address, language), "colleague", settings, **facts, link=link, until=until)


def withdraw(conn: Conn, actor: Principal, invited_id: int, *, settings: Settings) -> None:
    """Take an invitation back before it is used. `NotFound` where there is none."""
    _require(conn, actor, settings, f"invitation {invited_id}")
    companies.end_invitation(conn, str(actor.role), actor.id, invited_id)
    _note(conn, actor, "colleague:withdraw", str(invited_id), settings, "")


def change(conn: Conn, actor: Principal, login_id: int, position: str, *, settings: Settings) -> Colleague:
    """Give a colleague another position. `Conflict` for the last administrator, `NotFound` for another company's."""
    _require(conn, actor, settings, f"login {login_id}")
    _known(position)
    found = _one(conn, actor, login_id)
    if not _administers(actor, position):
        _another(conn, actor, login_id)
    companies.set_position(conn, login_id, position)
    _note(conn, actor, "colleague:change", found.name, settings, position)
    _tell(conn, found, "colleague_changed", settings)
    return found


def end(conn: Conn, actor: Principal, login_id: int, *, settings: Settings) -> Colleague:
    """Shut a colleague's login out at once. `Conflict` for the last administrator, `NotFound` for another company's."""
    _require(conn, actor, settings, f"login {login_id}")
    found = _one(conn, actor, login_id)
    _another(conn, actor, login_id)
    people.disable_login(conn, login_id)
    _note(conn, actor, "colleague:end", found.name, settings, found.position)
    _tell(conn, found, "colleague_ended", settings)
    return found


def position_of(colleague: Colleague) -> str:
    """His position; whoever was there before there were positions administers."""
    return colleague.position or Position.administrator


def _one(conn: Conn, actor: Principal, login_id: int) -> Colleague:
    own = companies.colleagues(conn, str(actor.role), actor.id, held=True)
    found = next((each for each in own if each.id == login_id), None)
    if found is None:
        raise NotFound(detail=f"{actor} has no colleague {login_id}")
    return found


def _another(conn: Conn, actor: Principal, login_id: int) -> None:
    """Raise `Conflict` unless somebody else administers the company too."""
    own = companies.colleagues(conn, str(actor.role), actor.id, held=True)
    if not any(_administers(actor, position_of(each)) for each in own if each.id != login_id):
        raise Conflict("There must be one administrator at least. Make somebody else one first.")


def _administers(actor: Principal, position: str) -> bool:
    return access.may(replace(actor, position=position), "colleague:manage")


def _known(position: str) -> None:
    if position not in set(Position):
        raise BadInput("Choose what your colleague may do.")


def _tell(conn: Conn, about: Colleague, kind: str, settings: Settings) -> None:
    post(conn, (about.email or about.name, about.language), kind, settings, name=about.name, link=settings.base_url)


def _require(conn: Conn, actor: Principal, settings: Settings, target: str) -> None:
    access.require(conn, actor, "colleague:manage", settings=settings, target=target)


def _note(conn: Conn, actor: Principal, action: str, target: str, settings: Settings, position: str) -> None:
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=str(actor),
        action=action,
        target=f"login {target}"[:128],
        rule="espi.helpdesk",
        allowed=True,
        detail={"position": position, "company": f"{actor.role} {actor.id}"},
    )
