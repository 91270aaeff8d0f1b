"""Which process loads which file: a claim for a time, which its loader renews as it gets on.

A file is known by a fingerprint that is the same on every machine. What was claimed by a process that died is claimed
by another when the time is over, or at once where that process is known to have ended. Who fails again and again at
the same place of a file has found one that cannot be loaded: it is set aside, with the reason, until it is retried.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

from espi.errors import Conflict
from espi.store.database import Conn
from espi.store.tables import file_claim as table
from espi.store.tables import received_file

WAITING, LOADING, DONE, SET_ASIDE = "waiting", "loading", "done", "set-aside"
STATES = (WAITING, LOADING, DONE, SET_ASIDE)
CHUNK = 500
CLASHES = ("40001", "40P01")
"""What servers call transactions that could not be as if one after the other, and those in a deadlock."""


@dataclass(frozen=True)
class Claim:
    """A file that somebody wants loaded.

    claim: the token of who loads it, `process`, until claimed_until_s. began_s, told_s: when that one began and last
    was heard of. done: the bytes it has read of `size`. checkpoint: the bytes that were stored when it began. failures:
    how often in a row it failed without getting further; error: why the last time. file_id: what it was loaded as.
    """

    id: int
    key: str
    name: str
    size: int
    state: str
    claim: str
    process: str
    claimed_until_s: int
    began_s: int
    told_s: int
    done: int
    checkpoint: int
    failures: int
    error: str
    file_id: int | None


class ClaimLost(Conflict):
    """The file is no longer this process's: it was silent for too long, and another has it."""


@dataclass(frozen=True)
class Terms:
    """How claims are made. lease_s: how long a process may be silent. failures: so many set a file aside.

    ended: tells of a process whether it is certain that it has ended.
    """

    process: str
    lease_s: int
    failures: int
    ended: Callable[[str], bool] = lambda _process: False


def want(conn: Conn, files: Iterable[tuple[str, str, int]], now_s: int) -> None:
    """Note files that are to be loaded: key, name and size of each. Those that are known already stay as they are."""
    rows = [{"key": key, "name": name, "size": size, "state": WAITING, "told_s": now_s} for key, name, size in files]
    if rows:
        conn.execute(_insert(conn).on_conflict_do_nothing(index_elements=["key"]), rows)


def claim(conn: Conn, key: str, terms: Terms, now_s: int, *, again_before_s: int) -> Claim | None:
    """Take a file, unless another has it or it is set aside.

    again_before_s: one that is done is taken if it was done before then, to see whether it is really the same.
    """
    found = _one(conn, key, lock=True)
    if found is None or not claimable(found, terms, now_s, again_before_s=again_before_s):
        return None
    reached = _reached(conn, found.name)
    failures = found.failures
    if found.state == LOADING:
        failures = 1 if reached > found.checkpoint else failures + 1
        if failures >= terms.failures:
            error = f"The process that loads it died {failures} times without getting further than byte {reached}."
            _change(conn, found.id, state=SET_ASIDE, failures=failures, error=error, told_s=now_s, **_FREE)
            return None
    _change(
        conn,
        found.id,
        state=LOADING,
        claim=secrets.token_hex(16),
        process=terms.process,
        claimed_until_s=now_s + terms.lease_s,
        began_s=now_s,
        told_s=now_s,
        done=0,
        checkpoint=reached,
        failures=failures,
    )
    return _one(conn, key)


def claimable(found: Claim, terms: Terms, now_s: int, *, again_before_s: int) -> bool:
    """Whether a file may be taken now."""
    if found.state == LOADING:
        return found.claimed_until_s <= now_s or terms.ended(found.process)
    return found.state == WAITING or (found.state == DONE and found.told_s < again_before_s)


def renew(conn: Conn, own: Claim, done: int, terms: Terms, now_s: int) -> None:
    """Note how far a load is and renew its claim. `ClaimLost` if another has it by now."""
    _settle(conn, own, {"done": done, "told_s": now_s, "claimed_until_s": now_s + terms.lease_s})


def finish(conn: Conn, own: Claim, file_id: int, now_s: int) -> None:
    """Note that a file is loaded, or refused, and answered."""
    values = {"state": DONE, "done": own.size, "told_s": now_s, "failures": 0, "error": "", "file_id": file_id}
    _settle(conn, own, values | _FREE)


def release(conn: Conn, own: Claim, now_s: int) -> None:
    """Let others have a file: nothing is wrong with it."""
    state = WAITING if own.file_id is None else DONE
    _settle(conn, own, {"state": state, "done": 0, "told_s": now_s, **_FREE})


def fail(conn: Conn, own: Claim, error: str, terms: Terms, now_s: int) -> Claim:
    """Note that a load failed; after so many times at the same place the file is set aside."""
    failures = 1 if _reached(conn, own.name) > own.checkpoint else own.failures + 1
    state = SET_ASIDE if failures >= terms.failures else WAITING
    values = {"state": state, "failures": failures, "error": error[:512], "done": 0, "told_s": now_s, **_FREE}
    _settle(conn, own, values)
    found = _one(conn, own.key)
    return own if found is None else found


def retry(conn: Conn, name: str | None, now_s: int) -> list[str]:
    """Let what was set aside be loaded again: the files of a name, or all. Gives their names."""
    which = table.c.state == SET_ASIDE if name is None else (table.c.state == SET_ASIDE) & (table.c.name == name)
    names = list(conn.scalars(select(table.c.name).where(which).order_by(table.c.id)))
    conn.execute(update(table).where(which).values(state=WAITING, failures=0, told_s=now_s))
    return names


def claims(conn: Conn, *, keys: Sequence[str] | None = None, states: Sequence[str] = STATES) -> list[Claim]:
    """The files of some keys, or all, that are in one of some states, by when they were first wanted."""
    query = select(table).where(table.c.state.in_(states))
    if keys is None:
        return [Claim(**row) for row in conn.execute(query.order_by(table.c.id)).mappings()]
    found = (
        Claim(**row) for some in _chunks(keys) for row in conn.execute(query.where(table.c.key.in_(some))).mappings()
    )
    return sorted(found, key=lambda one: one.id)


def claims_of_name(conn: Conn, name: str) -> list[Claim]:
    """What is known of the files of a name."""
    query = select(table).where(table.c.name == name).order_by(table.c.id)
    return [Claim(**row) for row in conn.execute(query).mappings()]


def busy(conn: Conn, now_s: int, since_s: int) -> bool:
    """Whether files are being loaded now, or wait and were wanted since an instant."""
    loading = (table.c.state == LOADING) & (table.c.claimed_until_s > now_s)
    waiting = (table.c.state == WAITING) & (table.c.told_s >= since_s)
    return conn.scalar(select(table.c.id).where(loading | waiting).limit(1)) is not None


def forget(conn: Conn, before_s: int) -> int:
    """Forget what was done, or wanted in vain, before an instant; what is set aside stays."""
    old = table.c.state.in_((WAITING, DONE)) & (table.c.told_s < before_s)
    return conn.execute(delete(table).where(old)).rowcount


def is_outage(err: BaseException) -> bool:
    """Whether an error says that the database is away or busy, which no file is to blame for."""
    return isinstance(err, OperationalError | InterfaceError) or (
        isinstance(err, DBAPIError) and err.connection_invalidated
    )


def is_clash(err: BaseException) -> bool:
    """Whether an error says that another process stored the same at the same moment: a second try finds it there.

    A server that ends one of two that wait for each other says so by a code, as a node of a cluster does through it.
    """
    return isinstance(err, IntegrityError) or (
        isinstance(err, DBAPIError) and getattr(err.orig, "sqlstate", None) in CLASHES
    )


_FREE = {"claim": "", "process": "", "claimed_until_s": 0}


def _insert(conn: Conn) -> postgresql.Insert | sqlite.Insert:
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)


def _reached(conn: Conn, name: str) -> int:
    return int(conn.scalar(select(func.max(received_file.c.checkpoint)).where(received_file.c.name == name)) or 0)


def _one(conn: Conn, key: str, *, lock: bool = False) -> Claim | None:
    query = select(table).where(table.c.key == key)
    row = conn.execute(query.with_for_update() if lock else query).mappings().first()
    return Claim(**row) if row else None


def _settle(conn: Conn, own: Claim, values: dict[str, object]) -> None:
    which = (table.c.id == own.id) & (table.c.claim == own.claim) & (table.c.state == LOADING)
    if not own.claim or conn.execute(update(table).where(which).values(**values)).rowcount == 0:
        raise ClaimLost(f"{own.name} is being loaded by another process; it will finish it.")


def _change(conn: Conn, key: int, **values: object) -> None:
    conn.execute(update(table).where(table.c.id == key).values(**values))


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))
