"""How far each login has come on the tour of the portal."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from espi.store.database import Conn
from espi.store.tables import tour


@dataclass(frozen=True)
class Progress:
    """The step that was seen last, from 0, and whether the tour is over for the login."""

    step: int
    ended: bool


def progress(conn: Conn, login_id: int) -> Progress | None:
    """How far a login has come; None if it never began nor declined."""
    row = conn.execute(select(tour.c.step, tour.c.ended).where(tour.c.login_id == login_id)).first()
    return None if row is None else Progress(row.step, row.ended)


def put_progress(conn: Conn, login_id: int, seen: Progress) -> None:
    """Note how far a login has come."""
    conn.execute(delete(tour).where(tour.c.login_id == login_id))
    conn.execute(insert(tour).values(login_id=login_id, step=seen.step, ended=seen.ended))
