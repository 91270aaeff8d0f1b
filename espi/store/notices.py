"""Notices that everybody may read: planned outages, incidents, new features; and who gets them by mail."""

from __future__ import annotations

import uuid as uuids
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from espi.errors import NotFound
from espi.store.database import Conn, inserted_id
from espi.store.tables import login
from espi.store.tables import notice as table
from espi.store.tables import notice_reader as reader_table

OUTAGE, INCIDENT, FEATURE, CHANGE = "outage", "incident", "feature", "change"
KINDS = (OUTAGE, INCIDENT, FEATURE, CHANGE)
WEB, INTAKE, DELIVERY, JOBS = "web", "intake", "delivery", "jobs"
COMPONENTS = (WEB, INTAKE, DELIVERY, JOBS)


@dataclass(frozen=True)
class Notice:
    """A notice in both languages. It is published at once, is about the time from starts_s, and stands until ends_s.

    component: what is out, "" for none. emergency: it could not be told in time.
    """

    id: int
    uuid: str
    kind: str
    component: str
    emergency: bool
    title_en: str
    title_es: str
    text_en: str
    text_es: str
    starts_s: int
    ends_s: int
    published_s: int
    updated_s: int
    publisher: str

    def title(self, language: str) -> str:
        """Its title in a language."""
        return self.title_es if language == "es" else self.title_en

    def text(self, language: str) -> str:
        """What it says in a language."""
        return self.text_es if language == "es" else self.text_en


@dataclass(frozen=True)
class Written:
    """A notice as somebody wrote it."""

    kind: str
    title_en: str
    title_es: str
    text_en: str
    text_es: str
    starts_s: int
    ends_s: int
    component: str = ""
    emergency: bool = False


def add_notice(conn: Conn, written: Written, publisher: str, now_s: int, *, uuid: str = "") -> int:
    """Publish a notice and return its id. uuid: of its entry in feeds; drawn if empty."""
    values = {
        "uuid": uuid or str(uuids.uuid4()),
        **written.__dict__,
        "publisher": publisher,
        "published_s": now_s,
        "updated_s": now_s,
    }
    return inserted_id(conn, insert(table).values(values))


def notice(conn: Conn, notice_id: int) -> Notice:
    """The notice of an id, or `NotFound`."""
    row = conn.execute(select(table).where(table.c.id == notice_id)).mappings().first()
    if row is None:
        raise NotFound(detail=f"no notice {notice_id}")
    return Notice(**row)


def notices(conn: Conn, limit: int = 50) -> list[Notice]:
    """The notices last published first."""
    query = select(table).order_by(table.c.published_s.desc(), table.c.id.desc()).limit(limit)
    return [Notice(**row) for row in conn.execute(query).mappings()]


def standing(conn: Conn, now_s: int, limit: int = 20) -> list[Notice]:
    """The notices that have not ended, those that begin first before the others."""
    query = select(table).where(table.c.ends_s > now_s).order_by(table.c.starts_s, table.c.id).limit(limit)
    return [Notice(**row) for row in conn.execute(query).mappings()]


def end_notice(conn: Conn, notice_id: int, now_s: int) -> None:
    """Let a notice stand no longer."""
    ends = update(table).where(table.c.id == notice_id, table.c.ends_s > now_s)
    conn.execute(ends.values(ends_s=now_s, updated_s=now_s))


def set_reader(conn: Conn, login_id: int, now_s: int, *, wants: bool) -> None:
    """Note whether a login wants notices by mail."""
    conn.execute(delete(reader_table).where(reader_table.c.login_id == login_id))
    if wants:
        conn.execute(insert(reader_table).values(login_id=login_id, since_s=now_s))


def reads_by_mail(conn: Conn, login_id: int) -> bool:
    """Whether a login gets notices by mail."""
    query = select(reader_table.c.login_id).where(reader_table.c.login_id == login_id)
    return conn.scalar(query) is not None


def readers(conn: Conn, after: int = 0, limit: int = 500) -> list[tuple[int, str, str]]:
    """Who gets notices by mail: login, address and language, for the job that writes to them; after a login's id."""
    joined = reader_table.join(login, login.c.id == reader_table.c.login_id)
    query = select(login.c.id, login.c.name, login.c.email, login.c.language).select_from(joined)
    query = query.where(login.c.disabled.is_(False), login.c.id > after).order_by(login.c.id).limit(limit)
    return [(row.id, row.email or row.name, row.language) for row in conn.execute(query)]
