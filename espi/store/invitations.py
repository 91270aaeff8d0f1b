"""What third parties have asked of customers, and the states of the agreements that came of it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, select, update

from espi.clock import zone
from espi.errors import NotFound
from espi.store.database import Conn, inserted_id
from espi.store.tables import customer, meter, meter_installation, rep, rep_of_record, tenancy, usage_point, utility
from espi.store.tables import invitation as table

PENDING, REJECTED, LAPSED, WITHDRAWN = "PENDING", "REJECTED", "LAPSED", "WITHDRAWN"
ACTIVE, EXPIRING, RENEWED, EXPIRED = "ACTIVE", "EXPIRING", "RENEWED", "EXPIRED"
TERMINATED_BY_CUSTOMER, TERMINATED_BY_CSP = "TERMINATED_BY_CUSTOMER", "TERMINATED_BY_CSP"
TERMINATED_BY_OPERATOR, TERMINATED_MOVE_OUT = "TERMINATED_BY_OPERATOR", "TERMINATED_MOVE_OUT"

LIVE = (ACTIVE, EXPIRING, RENEWED)
"""States in which data may be read."""

OVER = (EXPIRED, TERMINATED_BY_CUSTOMER, TERMINATED_BY_CSP, TERMINATED_BY_OPERATOR, TERMINATED_MOVE_OUT)
"""States in which they may not any more."""

STATES = (PENDING, REJECTED, LAPSED, WITHDRAWN, *LIVE, *OVER)

FOLLOWING: Mapping[str, Collection[str]] = {
    PENDING: {REJECTED, LAPSED, WITHDRAWN, ACTIVE},
    **{state: {EXPIRING, RENEWED, *OVER} for state in LIVE},
    TERMINATED_BY_CSP: {ACTIVE},
}
"""Which state may follow which; the others are for good. A third party may take back its own end of an agreement."""


@dataclass(frozen=True)
class Premise:
    """A point of delivery that a third party has named rightly, and whose it is."""

    usage_point_id: int
    esiid: str
    meter: str
    rep: str
    customer_id: int
    customer_kind: str

    def noted(self) -> dict[str, Any]:
        """As an invitation keeps it."""
        named = {"usage_point_id": self.usage_point_id, "esiid": self.esiid, "meter": self.meter, "rep": self.rep}
        return dict(named)


@dataclass(frozen=True)
class Invitation:
    """A third party's request for an agreement. number: what both sides call it. premises: those it is about.

    link_hash: of the link that was mailed, None once it has been used. authorization_id: what came of it.
    reminders: how many were sent.
    """

    id: int
    number: str
    third_party_id: int
    kind: str
    state: str
    customer_id: int
    email: str
    language: str
    scope: str
    months: int
    premises: Sequence[Mapping[str, Any]]
    link_hash: str | None
    authorization_id: int | None
    reason: str
    created_s: int
    expires_s: int
    decided_s: int | None
    reminders: int


def add_invitation(
    conn: Conn,
    third_party_id: int,
    premises: Sequence[Premise],
    *,
    kind: str,
    email: str,
    language: str,
    scope: str,
    months: int,
    now_s: int,
    expires_s: int,
) -> str:
    """Note an invitation that waits, and return its number."""
    values = {
        "number": f"{secrets.randbelow(9 * 10**14) + 10**14}",
        "third_party_id": third_party_id,
        "kind": kind,
        "state": PENDING,
        "customer_id": premises[0].customer_id,
        "email": email,
        "language": language,
        "scope": scope,
        "months": months,
        "premises": [premise.noted() for premise in premises],
        "created_s": now_s,
        "expires_s": expires_s,
    }
    inserted_id(conn, insert(table).values(values))
    return str(values["number"])


def add_link(conn: Conn, invitation_id: int) -> str:
    """Give an invitation a fresh link, which is shown this once; the one that it had counts no more."""
    link = secrets.token_urlsafe(32)
    conn.execute(update(table).where(table.c.id == invitation_id).values(link_hash=_hash(link)))
    return link


def set_state(conn: Conn, found: Invitation, state: str, now_s: int, *, reason: str = "") -> bool:
    """Move an invitation to a state that may follow its own; False if it was in another by now, and nothing changed."""
    if state not in FOLLOWING.get(found.state, ()):
        return False
    changes: dict[str, Any] = {"state": state, "reason": reason[:256]}
    if found.state == PENDING:
        changes |= {"link_hash": None, "decided_s": now_s, "reminders": 0}
    if state in OVER:
        changes["link_hash"] = None
    still = and_(table.c.id == found.id, table.c.state == found.state)
    return conn.execute(update(table).where(still).values(**changes)).rowcount == 1


def set_agreement_state(conn: Conn, authorization_id: int, state: str, now_s: int, *, reason: str = "") -> bool:
    """Move the invitation that an authorization came of to a state, if it came of one."""
    found = _found(conn, table.c.authorization_id == authorization_id)
    return bool(found) and set_state(conn, found[0], state, now_s, reason=reason)


def set_authorization(conn: Conn, invitation_id: int, authorization_id: int) -> None:
    """Note which authorization came of an invitation."""
    conn.execute(update(table).where(table.c.id == invitation_id).values(authorization_id=authorization_id))


def set_reminders(conn: Conn, found: Invitation, reminders: int) -> bool:
    """Note that a reminder was sent; False if another process was first."""
    still = and_(table.c.id == found.id, table.c.reminders == found.reminders, table.c.state == found.state)
    return conn.execute(update(table).where(still).values(reminders=reminders)).rowcount == 1


def invitation_by_link(conn: Conn, link: str) -> Invitation | None:
    """The invitation that a mailed link opens: while it waits, or the agreement that came of it while that lives."""
    found = _found(conn, table.c.link_hash == _hash(link))
    return found[0] if found else None


def invitation_by_number(conn: Conn, third_party_id: int, number: str) -> Invitation:
    """A third party's own invitation, or `NotFound`."""
    found = _found(conn, and_(table.c.third_party_id == third_party_id, table.c.number == number))
    if not found:
        raise NotFound(detail=f"third party {third_party_id} has no invitation {number}")
    return found[0]


def invitation_of(conn: Conn, authorization_id: int) -> Invitation | None:
    """The invitation that an authorization came of."""
    found = _found(conn, table.c.authorization_id == authorization_id)
    return found[0] if found else None


def invitations_of(
    conn: Conn, third_party_id: int, *, states: Collection[str] = STATES, after: int = 0, limit: int = 1000
) -> list[Invitation]:
    """A third party's invitations in some states, in order of their making, from after an id on."""
    own = and_(table.c.third_party_id == third_party_id, table.c.state.in_(states), table.c.id > after)
    return _found(conn, own, limit)


def waiting_for(conn: Conn, customer_id: int) -> list[Invitation]:
    """The invitations that a customer has not answered."""
    return _found(conn, and_(table.c.customer_id == customer_id, table.c.state == PENDING))


def pending(conn: Conn, created_before_s: int) -> list[Invitation]:
    """All that wait since before an instant."""
    return _found(conn, and_(table.c.state == PENDING, table.c.created_s <= created_before_s))


def premise(conn: Conn, esiid: str, meter_number: str, rep_name: str, now_s: int) -> Premise | None:
    """The premise of an ESIID if its meter and its REP of record are these today and somebody lives there.

    rep_name: the REP's name or certificate number; where nobody is REP of record, the utility's name or DUNS number.
    """
    for candidate in conn.execute(_premises(esiid)):
        today = zone(candidate.zone).day_of(now_s)
        runs = [
            candidate.meter_from <= today < candidate.meter_until,
            candidate.lived_from <= today < candidate.lived_until,
            candidate.rep_from is None or candidate.rep_from <= today < candidate.rep_until,
        ]
        seller = (candidate.rep, candidate.certificate_number)
        if candidate.rep_from is None:
            seller = (candidate.utility, candidate.duns)
        named = rep_name.casefold() in {str(name).casefold() for name in seller}
        if all(runs) and named and candidate.serial_number.casefold() == meter_number.casefold():
            number = candidate.certificate_number or candidate.duns
            of_customer = candidate.customer_id, candidate.kind
            return Premise(candidate.id, esiid, candidate.serial_number, number, *of_customer)
    return None


def _premises(esiid: str) -> Any:
    served = rep_of_record.join(rep, rep.c.id == rep_of_record.c.rep_id)
    joined = (
        usage_point.join(utility, utility.c.id == usage_point.c.utility_id)
        .join(meter_installation, meter_installation.c.usage_point_id == usage_point.c.id)
        .join(meter, meter.c.id == meter_installation.c.meter_id)
        .join(tenancy, tenancy.c.usage_point_id == usage_point.c.id)
        .join(customer, customer.c.id == tenancy.c.customer_id)
        .join(served, rep_of_record.c.usage_point_id == usage_point.c.id, isouter=True)
    )
    return (
        select(
            usage_point.c.id,
            utility.c.zone,
            utility.c.name.label("utility"),
            utility.c.duns,
            meter.c.serial_number,
            meter_installation.c.from_day.label("meter_from"),
            meter_installation.c.until_day.label("meter_until"),
            tenancy.c.customer_id,
            customer.c.kind,
            tenancy.c.from_day.label("lived_from"),
            tenancy.c.until_day.label("lived_until"),
            rep.c.name.label("rep"),
            rep.c.certificate_number,
            rep_of_record.c.from_day.label("rep_from"),
            rep_of_record.c.until_day.label("rep_until"),
        )
        .select_from(joined)
        .where(usage_point.c.esiid == esiid)
    )


def _found(conn: Conn, condition: ColumnElement[bool], limit: int | None = None) -> list[Invitation]:
    rows = conn.execute(select(table).where(condition).order_by(table.c.id).limit(limit)).mappings()
    return [Invitation(**row) for row in rows]


def _hash(link: str) -> str:
    return hashlib.sha256(link.encode()).hexdigest()
