"""The mails of the desk: put into the outbox with the change that they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espi.config import Settings
from espi.helpdesk import texts
from espi.store import jobs

if TYPE_CHECKING:
    from espi.store.database import Conn

KIND = "mail.send"


def post(conn: Conn, to: tuple[str, str], kind: str, settings: Settings, *, key: str = "", **facts: object) -> bool:
    """Queue a mail of a kind to an address in a language; false where there is no address. key: it is sent once."""
    address, language = to
    if "@" not in address:
        return False
    mail = texts.mail(kind, language, **facts)
    payload = {"to": address, "subject": mail.subject, "text": mail.text, "language": language}
    jobs.add_job(conn, KIND, payload, now_s=settings.clock.now_s(), key=key)
    return True
