"""Mails about sharing, put into the outbox with the change that they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espi.clock import day_date, zone
from espi.config import Settings
from espi.sharing import texts
from espi.store import grants, invitations, jobs

if TYPE_CHECKING:
    from espi.store.database import Conn

KIND = "mail.send"
ZONE = "America/Chicago"
"""Where the dates of mails are those of."""


def send(
    conn: Conn, found: invitations.Invitation, kind: str, settings: Settings, *, until_s: int = 0, link: str = ""
) -> None:
    """Put a mail about an invitation, or the agreement that came of it, into the outbox.

    link: the secret in its page's address; it is in the mail alone.
    """
    third_party = grants.third_party(conn, found.third_party_id)
    facts = {
        "name": third_party.name,
        "meters": texts.meters(found.language, [str(premise["esiid"])[-4:] for premise in found.premises]),
        "months": found.months,
        "until": day_date(zone(ZONE).day_of(until_s)).isoformat(),
        "link": f"{settings.base_url}/invitations/{link}",
    }
    mail = texts.mail(kind, found.language, **facts)
    payload = {"to": found.email, "subject": mail.subject, "text": mail.text, "language": found.language}
    jobs.add_job(conn, KIND, payload, now_s=settings.clock.now_s())
