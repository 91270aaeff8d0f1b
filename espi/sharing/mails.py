"""Mails about sharing, put into the outbox with the change that they tell of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from espi.clock import day_date, zone
from espi.config import Settings
from espi.sharing import texts
from espi.store import grants, invitations, jobs, people
from espi.store.third_parties import own_program

if TYPE_CHECKING:
    from espi.store.database import Conn

KIND = "mail.send"
ZONE = "America/Chicago"
"""Where the dates of mails are those of."""


def ask(conn: Conn, found: invitations.Invitation, kind: str, settings: Settings) -> None:
    """Put the mail of an invitation that waits, "invitation" or "reminder", into the outbox, with a fresh link."""
    facts = {
        "meters": texts.meters(found.language, [str(premise["esiid"])[-4:] for premise in found.premises]),
        "months": found.months,
        "until": _date(found.expires_s),
        "link": f"{settings.base_url}/invitations/{invitations.add_link(conn, found.id)}",
    }
    name = grants.third_party(conn, found.third_party_id).name
    _post(conn, name, (found.email, found.language), kind, settings, facts)


def tell(
    conn: Conn, authorization: grants.Authorization, kind: str, settings: Settings, fours: Iterable[str] = ()
) -> None:
    """Put a mail about a grant, "accepted", "expiring" or "ended", into the outbox, if the customer's address is known.

    Its page is that of his apps; of an agreement that came of an invitation, one behind a fresh link. fours: the last
    four digits of each meter, where the mail names them. Of a program of his own the words are others.
    """
    own = own_program(authorization.terms)
    found = invitations.invitation_of(conn, authorization.id)
    to = people.mail_address(conn, "customer", authorization.customer_id)
    page = "own-tokens" if own else f"apps/{authorization.path_id}"
    if found is not None:
        to = (found.email, found.language)
        fours = [str(premise["esiid"])[-4:] for premise in found.premises]
        page = f"invitations/{invitations.add_link(conn, found.id)}" if kind != "ended" else ""
    if to is not None:
        facts = {
            "meters": texts.meters(to[1], list(fours)),
            "until": _date(authorization.ends_s - 1),
            "link": f"{settings.base_url}/{page}",
        }
        name = own or grants.third_party(conn, authorization.third_party_id).name
        _post(conn, name, to, f"own-{kind}" if own else kind, settings, facts, authorization.customer_id)


def _post(
    conn: Conn,
    name: str,
    to: tuple[str, str],
    kind: str,
    settings: Settings,
    facts: Mapping[str, object],
    customer_id: int = 0,
) -> None:
    mail = texts.mail(kind, to[1], name=name, **facts)
    payload = {"to": to[0], "subject": mail.subject, "text": mail.text, "language": to[1], "customer": customer_id}
    jobs.add_job(conn, KIND, payload, now_s=settings.clock.now_s())


def _date(instant: int) -> str:
    return day_date(zone(ZONE).day_of(instant)).isoformat()
