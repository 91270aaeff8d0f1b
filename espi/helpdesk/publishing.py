"""Notices are published in both languages; a planned outage in time, or as a stated emergency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espi import access
from espi.access import Principal
from espi.config import Settings
from espi.errors import BadInput
from espi.helpdesk.outbox import post
from espi.jobs import Context, handler
from espi.store import audit, jobs, notices
from espi.store.notices import COMPONENTS, INCIDENT, KINDS, OUTAGE, Notice, Written

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.jobs import Job

JOB = "notices.mail"
HOUR_S = 3600
AT_ONCE = 500


def publish(conn: Conn, written: Written, *, settings: Settings, actor: Principal, uuid: str = "") -> Notice:
    """Publish a notice and let a job mail it to those who chose that. `BadInput` says what is not right about it."""
    access.require(conn, actor, "notice:publish", settings=settings, target=f"notice: {written.kind}")
    now_s = settings.clock.now_s()
    _check(written, now_s, settings)
    key = notices.add_notice(conn, written, actor.name, now_s, uuid=uuid)
    jobs.add_job(conn, JOB, {"notice_id": key}, now_s=now_s, key=f"{JOB}/{key}")
    _note(conn, "notice:publish", key, actor, settings)
    return notices.notice(conn, key)


def withdraw(conn: Conn, notice_id: int, *, settings: Settings, actor: Principal) -> None:
    """Let a notice stand no longer: it is over, or was wrong. It stays in the archive."""
    access.require(conn, actor, "notice:publish", settings=settings, target=f"notice {notice_id}")
    notices.notice(conn, notice_id)
    notices.end_notice(conn, notice_id, settings.clock.now_s())
    _note(conn, "notice:end", notice_id, actor, settings)


def _check(written: Written, now_s: int, settings: Settings) -> None:
    if written.kind not in KINDS or written.component not in {"", *COMPONENTS}:
        raise BadInput("Choose what kind of notice it is.")
    if not all(each.strip() for each in (written.title_en, written.title_es, written.text_en, written.text_es)):
        raise BadInput("Write the title and the text in English and in Spanish.")
    if any(len(each) > 160 for each in (written.title_en, written.title_es)):
        raise BadInput("A title has 160 letters at most.")
    if written.ends_s <= max(written.starts_s, now_s):
        raise BadInput("A notice ends after it begins, and not in the past.")
    if written.kind in {OUTAGE, INCIDENT} and not written.component:
        raise BadInput("Say which part of the system is concerned.")
    soon = written.starts_s - now_s < settings.notice_hours * HOUR_S
    if written.kind == OUTAGE and soon and not written.emergency:
        raise BadInput(
            "A planned outage is told at least 72 hours ahead. If it cannot wait, tick “Emergency” and say why."
        )


@handler(JOB)
def mail_out(context: Context, job: Job) -> dict[str, int]:
    """Queue a mail for everybody who chose to get notices so; each once, however often the job runs."""
    after = told = 0
    while True:
        with context.database.write() as conn:
            found = notices.notice(conn, int(job.payload["notice_id"]))
            some = notices.readers(conn, after, AT_ONCE)
            for login_id, address, language in some:
                told += _mail(conn, found, login_id, (address, language), context.settings)
        if len(some) < AT_ONCE:
            return {"told": told}
        after = some[-1][0]


def _mail(conn: Conn, found: Notice, login_id: int, to: tuple[str, str], settings: Settings) -> bool:
    facts = {
        "title": found.title(to[1]),
        "text": found.text(to[1]),
        "link": f"{settings.base_url}/notices/{found.id}",
    }
    return post(conn, to, "notice", settings, key=f"notice/{found.id}/{login_id}", **facts)


def _note(conn: Conn, action: str, notice_id: int, actor: Principal, settings: Settings) -> None:
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=str(actor),
        action=action,
        target=f"notice {notice_id}",
        rule="espi.helpdesk",
        allowed=True,
    )
