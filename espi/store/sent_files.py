"""The files of one utility, whichever way they came, and the meters that nobody knew when they did."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, or_, select

from espi.store import claims, queue
from espi.store.claims import Claim
from espi.store.database import Conn
from espi.store.queue import ReceivedFile
from espi.store.tables import file_claim, parked_block, parked_event, received_file, upload, usage_point

OPEN = (claims.WAITING, claims.LOADING, claims.SET_ASIDE)
NAMED = ("IntervalData", "MarketEvents")
"""What follows the DUNS number in the names of files."""
OWN_KINDS = ("lse", "market-events", "green-button")
"""Kinds of files that utilities send; others stand for what was done here."""


@dataclass(frozen=True)
class ParkedMeter:
    """An ESIID that nobody knows, or whose channel nobody does, and what waits for it.

    days: blocks. events: market events. since_s: when the first of them came. known: there is such a usage point.
    """

    esiid: str
    days: int
    events: int
    channels: tuple[int, ...]
    first_day: int | None
    last_day: int | None
    since_s: int
    known: bool


def received(conn: Conn, utility_id: int, *, since_s: int = 0, limit: int = 100) -> list[ReceivedFile]:
    """A utility's files that came in since an instant, the last first."""
    query = select(received_file).where(_own(utility_id), received_file.c.kind.in_(OWN_KINDS))
    query = query.where(received_file.c.received_s >= since_s).order_by(received_file.c.id.desc()).limit(limit)
    return [ReceivedFile(**row) for row in conn.execute(query).mappings()]


def loaded_since(conn: Conn, utility_id: int, since_s: int) -> list[ReceivedFile]:
    """A utility's files that were done with since an instant, in order, those of parked blocks too."""
    query = select(received_file).where(_own(utility_id), received_file.c.finished_s >= since_s)
    return [ReceivedFile(**row) for row in conn.execute(query.order_by(received_file.c.finished_s)).mappings()]


def is_own(conn: Conn, utility_id: int, file_id: int) -> bool:
    """Whether a file came from a utility."""
    query = select(received_file.c.id).where(_own(utility_id), received_file.c.id == file_id)
    return conn.scalar(query) is not None


def open_claims(conn: Conn, duns: str) -> list[Claim]:
    """The files that bear a DUNS number in their names and wait, are being loaded or are set aside."""
    named = or_(*(file_claim.c.name.startswith(f"{duns}{word}", autoescape=True) for word in NAMED))
    query = select(file_claim).where(named, file_claim.c.state.in_(OPEN)).order_by(file_claim.c.id)
    return [Claim(**row) for row in conn.execute(query).mappings()]


def parked_meters(conn: Conn, utility_id: int, esiid: str = "") -> list[ParkedMeter]:
    """The meters that something waits for, the longest waiting first. esiid: this one alone."""
    blocks = _parked_blocks(conn, utility_id, esiid)
    events = _parked_events(conn, utility_id, esiid)
    channels: dict[str, set[int]] = defaultdict(set)
    table = parked_block
    query = select(table.c.esiid, table.c.channel).where(table.c.utility_id == utility_id).distinct()
    for name, number in conn.execute(query.where(table.c.esiid == esiid) if esiid else query):
        channels[name].add(number)
    names = sorted(set(blocks) | set(events))
    known = set(_known(conn, utility_id, names))
    found = []
    for name in names:
        days, first, last, since_s = blocks.get(name, (0, None, None, None))
        count, told_s = events.get(name, (0, None))
        began = [each for each in (since_s, told_s) if each is not None]
        numbers = tuple(sorted(channels.get(name, ())))
        found.append(ParkedMeter(name, days, count, numbers, first, last, min(began, default=0), name in known))
    return sorted(found, key=lambda each: (each.since_s, each.esiid))


def dismiss(conn: Conn, utility_id: int, esiid: str) -> tuple[int, int]:
    """Forget what waits for a meter; how many days and how many events."""
    counts = [
        conn.execute(delete(table).where(table.c.utility_id == utility_id, table.c.esiid == esiid)).rowcount
        for table in (parked_block, parked_event)
    ]
    return counts[0], counts[1]


def _own(utility_id: int) -> ColumnElement[bool]:
    sent = select(upload.c.file_id).where(upload.c.utility_id == utility_id, upload.c.file_id.is_not(None))
    return or_(received_file.c.utility_id == utility_id, received_file.c.id.in_(sent))


def _parked_blocks(conn: Conn, utility_id: int, esiid: str) -> dict[str, tuple[int, int, int, int]]:
    table = parked_block
    joined = table.outerjoin(received_file, received_file.c.id == table.c.file_id)
    columns = func.count(), func.min(table.c.day), func.max(table.c.day), func.min(received_file.c.received_s)
    query = select(table.c.esiid, *columns).select_from(joined).where(table.c.utility_id == utility_id)
    query = query.where(table.c.esiid == esiid) if esiid else query
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in conn.execute(query.group_by(table.c.esiid))}


def _parked_events(conn: Conn, utility_id: int, esiid: str) -> dict[str, tuple[int, int]]:
    table = parked_event
    joined = table.outerjoin(received_file, received_file.c.id == table.c.file_id)
    query = select(table.c.esiid, func.count(), func.min(received_file.c.received_s)).select_from(joined)
    query = query.where(table.c.utility_id == utility_id)
    query = query.where(table.c.esiid == esiid) if esiid else query
    return {row[0]: (row[1], row[2]) for row in conn.execute(query.group_by(table.c.esiid))}


def _known(conn: Conn, utility_id: int, names: list[str]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(names), queue.CHUNK):
        some = names[start : start + queue.CHUNK]
        query = select(usage_point.c.esiid).where(usage_point.c.utility_id == utility_id)
        found += conn.scalars(query.where(usage_point.c.esiid.in_(some)))
    return found
