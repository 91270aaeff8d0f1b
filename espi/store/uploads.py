"""Files that utilities send in the browser: their parts, until they are loaded, and what became of each.

Parts are in the database, so whoever works on jobs can load a file, on whatever machine. How far its load is says the
file's claim (`espi.store.claims`), as for every file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from espi.errors import NotFound
from espi.store import claims
from espi.store.claims import Claim
from espi.store.database import Conn, inserted_id
from espi.store.jobs import wake_job
from espi.store.tables import file_claim, upload_piece
from espi.store.tables import upload as table

ARRIVING, WANTED, DONE, REFUSED, CANCELLED = "arriving", "wanted", "done", "refused", "cancelled"
KIND = "intake.upload"
"""The job that loads an upload."""


@dataclass(frozen=True)
class Upload:
    """A file that a utility sent. size: its bytes, unpacked. sent_by: the login. file_id: what it was loaded as.

    problem: why it was refused at the door, as `espi.intake.door` names it; reason: in the words of its response file.
    """

    id: int
    utility_id: int
    name: str
    size: int
    sent_by: str
    state: str
    sent_s: int
    done_s: int | None
    file_id: int | None
    problem: str
    reason: str

    @property
    def key(self) -> str:
        """What its claim is known by."""
        return key_of(self.id)


def key_of(upload_id: int) -> str:
    """What the claim of an upload is known by."""
    return hashlib.sha256(f"upload/{upload_id}".encode()).hexdigest()


def begin(conn: Conn, utility_id: int, name: str, sent_by: str, now_s: int) -> int:
    """Note a file that is arriving and return its number."""
    return inserted_id(conn, insert(table).values(**_fresh(utility_id, name, sent_by, now_s), state=ARRIVING))


def put_piece(conn: Conn, upload_id: int, number: int, content: bytes) -> None:
    """Keep a part of a file that is arriving."""
    conn.execute(insert(upload_piece).values(upload_id=upload_id, number=number, content=content))


def refuse(conn: Conn, upload_id: int, problem: str, reason: str, now_s: int) -> None:
    """Note that a file was not taken in at all, and why; its parts go."""
    _end(conn, upload_id, REFUSED, now_s, problem=problem, reason=reason[:512])


def want(conn: Conn, upload_id: int, size: int, now_s: int) -> None:
    """Note that a file has arrived as a whole, and let it be loaded."""
    conn.execute(update(table).where(table.c.id == upload_id).values(state=WANTED, size=size))
    found = upload(conn, upload_id)
    claims.want(conn, [(found.key, found.name, size)], now_s)
    _wake(conn, upload_id, now_s)


def finish(conn: Conn, upload_id: int, file_id: int | None, problem: str, reason: str, now_s: int) -> None:
    """Note what an upload was loaded as; its parts go."""
    _end(conn, upload_id, DONE, now_s, file_id=file_id, problem=problem, reason=reason[:512])


def cancel(conn: Conn, upload_id: int, now_s: int) -> bool:
    """Take back a file that nobody has begun to load, or that is set aside; false where it is too late."""
    waits = file_claim.c.key == key_of(upload_id), file_claim.c.state.in_((claims.WAITING, claims.SET_ASIDE))
    if not conn.execute(delete(file_claim).where(*waits)).rowcount:
        return False
    _end(conn, upload_id, CANCELLED, now_s)
    return True


def retry(conn: Conn, upload_id: int, now_s: int) -> bool:
    """Let a file that was set aside be loaded again; false where it is not set aside."""
    aside = file_claim.c.key == key_of(upload_id), file_claim.c.state == claims.SET_ASIDE
    again = update(file_claim).where(*aside).values(state=claims.WAITING, failures=0, told_s=now_s)
    if not conn.execute(again).rowcount:
        return False
    _wake(conn, upload_id, now_s)
    return True


def upload(conn: Conn, upload_id: int) -> Upload:
    """The upload of a number, or `NotFound`."""
    row = conn.execute(select(table).where(table.c.id == upload_id)).mappings().first()
    if row is None:
        raise NotFound(detail=f"no upload {upload_id}")
    return Upload(**row)


def uploads_of(conn: Conn, utility_id: int, limit: int) -> list[Upload]:
    """A utility's uploads, the last first."""
    query = select(table).where(table.c.utility_id == utility_id).order_by(table.c.id.desc()).limit(limit)
    return [Upload(**row) for row in conn.execute(query).mappings()]


def claims_of(conn: Conn, ids: Iterable[int]) -> dict[int, Claim]:
    """How far the loads of uploads are, by number."""
    keys = {key_of(each): each for each in ids}
    return {keys[found.key]: found for found in claims.claims(conn, keys=list(keys))}


def pieces(conn: Conn, upload_id: int) -> Iterator[bytes]:
    """The parts of a file in order."""
    numbers = select(upload_piece.c.number).where(upload_piece.c.upload_id == upload_id)
    for number in conn.scalars(numbers.order_by(upload_piece.c.number)).all():
        one = upload_piece.c.upload_id == upload_id, upload_piece.c.number == number
        yield bytes(conn.execute(select(upload_piece.c.content).where(*one)).scalar_one())


def forget_unfinished(conn: Conn, before_s: int) -> int:
    """Forget files that began to arrive before an instant and never did; how many."""
    stale = select(table.c.id).where(table.c.state == ARRIVING, table.c.sent_s < before_s)
    ids = list(conn.scalars(stale))
    conn.execute(delete(upload_piece).where(upload_piece.c.upload_id.in_(ids)))
    return conn.execute(delete(table).where(table.c.id.in_(ids))).rowcount


def _fresh(utility_id: int, name: str, sent_by: str, now_s: int) -> dict[str, object]:
    return {"utility_id": utility_id, "name": name, "size": 0, "sent_by": sent_by, "sent_s": now_s}


def _end(conn: Conn, upload_id: int, state: str, now_s: int, **values: object) -> None:
    conn.execute(update(table).where(table.c.id == upload_id).values(state=state, done_s=now_s, **values))
    conn.execute(delete(upload_piece).where(upload_piece.c.upload_id == upload_id))


def _wake(conn: Conn, upload_id: int, now_s: int) -> None:
    wake_job(conn, KIND, f"{KIND}/{upload_id}", {"upload_id": upload_id}, now_s=now_s)
