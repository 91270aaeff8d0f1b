"""How often something was done within a window of time: calls of a client, wrong answers of whoever guesses."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select, text

from espi.store.database import Conn, transaction_of
from espi.store.tables import quota as table

HOUR_S = 3600

_ADD = text(
    "INSERT INTO quota (subject, window_s, used) VALUES (:subject, :window_s, :amount) "
    "ON CONFLICT (subject, window_s) DO UPDATE SET used = quota.used + excluded.used RETURNING used"
)


def add_use(conn: Conn, subject: str, window_s: int, amount: int = 1, *, lasting: bool = False) -> int:
    """Count something done by or to a subject in the window that begins at an instant; how often it was done by now.

    lasting: it counts even if the transaction of the caller is rolled back.
    """
    values = {"subject": subject, "window_s": window_s, "amount": amount}
    if lasting:

        def again(other: Conn) -> None:
            other.execute(_ADD, values)

        transaction_of(conn).after_rollback.append(again)
    return int(conn.execute(_ADD, values).scalar_one())


def used(conn: Conn, subject: str, window_s: int) -> int:
    """How often it was done in the window that begins at an instant."""
    query = select(table.c.used).where(table.c.subject == subject, table.c.window_s == window_s)
    return int(conn.scalar(query) or 0)


def fullest_by_hour(conn: Conn, subjects: Collection[str], since_s: int) -> dict[int, int]:
    """How often it was done in the fullest window of each hour since an instant, by the hour's beginning."""
    query = select(table.c.window_s, table.c.used).where(table.c.subject.in_(subjects), table.c.window_s >= since_s)
    found: dict[int, int] = {}
    for window_s, used_there in conn.execute(query):
        hour_s = window_s - window_s % HOUR_S
        found[hour_s] = max(int(used_there), found.get(hour_s, 0))
    return found


def forget_windows(conn: Conn, before_s: int) -> int:
    """Drop the windows that began before an instant; how many they were."""
    return conn.execute(delete(table).where(table.c.window_s < before_s)).rowcount
