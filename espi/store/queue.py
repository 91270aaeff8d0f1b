"""Files that came in: how far each is loaded, which of its blocks were refused, and which wait for their meter.

A file that is loaded gets the next number of a sequence. Third parties are told what it changed, together with what
other files change that are loaded at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import delete, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from espi.errors import Conflict, NotFound
from espi.store.database import Conn
from espi.store.jobs import add_job, wake_job
from espi.store.tables import parked_block, received_file, refused_block
from espi.store.turns import take_turn

LOADING, LOADED, REFUSED = "loading", "loaded", "refused"
GATHER = "notify.gather"
TELL = "notify.files"
CHECK = "vee.file"
COUNT = "completeness.file"
DAYS, SPANS = "days", "spans"
CHUNK = 200


@dataclass(frozen=True)
class ReceivedFile:
    """A file that came in. state: loading, loaded or refused. checkpoint: the bytes whose blocks are committed.

    sequence: its place among the loaded files, by when they were finished. told: a job tells third parties of it.
    """

    id: int
    name: str
    sha256: str
    utility_id: int | None
    kind: str
    state: str
    received_s: int
    finished_s: int | None
    checkpoint: int
    counts: Mapping[str, Any]
    sequence: int | None
    told: bool

    @property
    def days(self) -> list[int]:
        """The days on which it changed readings, ascending."""
        return [day for first, until in self.counts.get(DAYS, ()) for day in range(first, until)]

    @property
    def spans(self) -> list[tuple[int, int, int]]:
        """What else it changed: usage point, from day, until day of each summary."""
        return [(int(point), int(first), int(until)) for point, first, until in self.counts.get(SPANS, ())]


@dataclass(frozen=True, slots=True)
class RefusedBlock:
    """A block that was not loaded. code: ERCOT's result code. start_text: as the file has it."""

    row_number: int
    code: str
    esiid: str
    channel: str
    start_text: str
    reason: str


@dataclass(frozen=True, slots=True)
class ParkedBlock:
    """A good block of a meter nobody knows yet; packed and quality as in `espi.day.PackedDay`."""

    file_id: int
    row_number: int
    utility_id: int
    esiid: str
    channel: int
    day: int
    sent_s: int
    packed: bytes
    quality: bytes
    count: int


def take_file(conn: Conn, name: str, sha256: str, utility_id: int | None, kind: str, now_s: int) -> ReceivedFile:
    """Note a file once: the same name with the same SHA-256 gives the row that is there already.

    One that was refused may come again by another way: it is then of the utility that it comes from now.
    """
    same = received_file.c.name == name, received_file.c.sha256 == sha256
    values = {
        "name": name,
        "sha256": sha256,
        "utility_id": utility_id,
        "kind": kind,
        "state": LOADING,
        "received_s": now_s,
    }
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    query = select(received_file).where(*same)
    row = conn.execute(query).mappings().first()
    if row is None:  # another process may take it at the same moment: then its row is found
        conn.execute(make(received_file).values(checkpoint=0, counts={}, told=False, **values).on_conflict_do_nothing())
        row = conn.execute(query).mappings().one()
    file = ReceivedFile(**row)
    if file.state == REFUSED and utility_id not in (None, file.utility_id):
        _update(conn, file.id, utility_id=utility_id)
        return replace(file, utility_id=utility_id)
    return file


def file(conn: Conn, file_id: int) -> ReceivedFile:
    """The file of an id, or `NotFound`."""
    row = conn.execute(select(received_file).where(received_file.c.id == file_id)).mappings().first()
    if row is None:
        raise NotFound(detail=f"no file {file_id}")
    return ReceivedFile(**row)


def hold(conn: Conn, file: ReceivedFile, offset: int) -> None:
    """Be the only one who changes a file until this transaction ends; `Conflict` if it is not loaded just so far.

    That is what loads each block once, whoever else believes that the file is his to load.
    """
    query = select(received_file.c.state, received_file.c.checkpoint).where(received_file.c.id == file.id)
    row = conn.execute(query.with_for_update()).one()
    if (row.state, row.checkpoint) != (file.state, offset):
        raise Conflict(f"{file.name} is being loaded by another process; it will finish it.")


def files(
    conn: Conn, *, utility_id: int | None = None, state: str | None = None, limit: int = 100
) -> list[ReceivedFile]:
    """The files last received first."""
    query = select(received_file).order_by(received_file.c.id.desc()).limit(limit)
    if utility_id is not None:
        query = query.where(received_file.c.utility_id == utility_id)
    if state is not None:
        query = query.where(received_file.c.state == state)
    return [ReceivedFile(**row) for row in conn.execute(query).mappings()]


def files_of_name(conn: Conn, name: str) -> list[ReceivedFile]:
    """The files of a name, in order of arrival."""
    query = select(received_file).where(received_file.c.name == name).order_by(received_file.c.id)
    return [ReceivedFile(**row) for row in conn.execute(query).mappings()]


def checkpoint(conn: Conn, file_id: int, offset: int, counts: Mapping[str, Any], days: Iterable[int] = ()) -> None:
    """Note how far a file is loaded, in the transaction that loads it. days: on which it changed readings so far."""
    _update(conn, file_id, checkpoint=offset, counts=_noted(counts, days, ()))


def finish(
    conn: Conn,
    file_id: int,
    state: str,
    now_s: int,
    counts: Mapping[str, Any],
    days: Iterable[int] = (),
    spans: Iterable[tuple[int, int, int]] = (),
) -> None:
    """Note that a file is done with: loaded or refused; a loaded one's changes can be followed from now on.

    days: on which it changed readings. spans: usage point, from day, until day of what else it changed.
    """
    noted = _noted(counts, days, spans)
    _update(conn, file_id, state=state, finished_s=now_s, counts=noted)
    if state == LOADED:
        take_turn(conn)
        last = conn.scalar(select(func.max(received_file.c.sequence))) or 0
        _update(conn, file_id, sequence=int(last) + 1)
        gather(conn, now_s)
        if DAYS in noted:
            add_job(conn, CHECK, {"file_id": file_id}, now_s=now_s, key=f"{CHECK}/{file_id}")
            add_job(conn, COUNT, {"file_id": file_id}, now_s=now_s, key=f"{COUNT}/{file_id}")


def gather(conn: Conn, now_s: int) -> None:
    """Let the job look for files that third parties are to be told of."""
    wake_job(conn, GATHER, GATHER, {}, now_s=now_s)


def untold(conn: Conn) -> list[ReceivedFile]:
    """The loaded files that no job tells third parties of yet, as they were finished."""
    query = select(received_file).where(received_file.c.told.is_(False), received_file.c.state == LOADED)
    return [ReceivedFile(**row) for row in conn.execute(query.order_by(received_file.c.sequence)).mappings()]


def tell(conn: Conn, files: Sequence[ReceivedFile], now_s: int) -> None:
    """Queue one job that tells third parties of files."""
    ids = [file.id for file in files]
    add_job(conn, TELL, {"file_ids": ids}, now_s=now_s)
    conn.execute(update(received_file).where(received_file.c.id.in_(ids)).values(told=True))


def refuse_blocks(conn: Conn, file_id: int, rows: Iterable[RefusedBlock]) -> None:
    """Keep blocks that were not loaded."""
    values = [{"file_id": file_id, **_values(row)} for row in rows]
    if values:
        conn.execute(insert(refused_block), values)


def refused(conn: Conn, file_id: int) -> list[RefusedBlock]:
    """The blocks of a file that were not loaded, by row number."""
    columns = [refused_block.c[field.name] for field in fields(RefusedBlock)]
    query = select(*columns).where(refused_block.c.file_id == file_id).order_by(refused_block.c.row_number)
    return [RefusedBlock(**row) for row in conn.execute(query).mappings()]


def park_blocks(conn: Conn, rows: Iterable[ParkedBlock]) -> None:
    """Keep good blocks of unknown meters; one that is parked already (same file and row) stays as it is."""
    wanted = {(row.file_id, row.row_number): row for row in rows}
    for some in _chunks(list(wanted)):
        key = tuple_(parked_block.c.file_id, parked_block.c.row_number)
        for known in conn.execute(select(parked_block.c.file_id, parked_block.c.row_number).where(key.in_(some))):
            wanted.pop((known.file_id, known.row_number))
    if wanted:
        conn.execute(insert(parked_block), [_values(row) for row in wanted.values()])


def parked(conn: Conn, utility_id: int, esiid: str) -> list[ParkedBlock]:
    """The blocks that wait for a meter, in order of arrival."""
    of_meter = parked_block.c.utility_id == utility_id, parked_block.c.esiid == esiid
    query = select(parked_block).where(*of_meter).order_by(parked_block.c.file_id, parked_block.c.row_number)
    return [ParkedBlock(**row) for row in conn.execute(query).mappings()]


def parked_esiids(conn: Conn, utility_id: int) -> list[str]:
    """The unknown meters of a utility that blocks wait for."""
    query = select(parked_block.c.esiid).where(parked_block.c.utility_id == utility_id).distinct()
    return sorted(conn.scalars(query))


def unpark(conn: Conn, rows: Iterable[ParkedBlock]) -> None:
    """Forget parked blocks that are loaded now."""
    key = tuple_(parked_block.c.file_id, parked_block.c.row_number)
    for some in _chunks([(row.file_id, row.row_number) for row in rows]):
        conn.execute(delete(parked_block).where(key.in_(some)))


def _noted(counts: Mapping[str, Any], days: Iterable[int], spans: Iterable[tuple[int, int, int]]) -> dict[str, Any]:
    """Counts as they are kept, the days as runs of (first, until)."""
    runs: list[list[int]] = []
    for day in sorted(set(days)):
        if runs and runs[-1][1] == day:
            runs[-1][1] = day + 1
        else:
            runs.append([day, day + 1])
    more = {DAYS: runs, SPANS: sorted(map(list, set(spans)))}
    return {**counts, **{name: found for name, found in more.items() if found}}


def _update(conn: Conn, file_id: int, **values: object) -> None:
    conn.execute(update(received_file).where(received_file.c.id == file_id).values(**values))


def _values(row: RefusedBlock | ParkedBlock) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


def _chunks(keys: Sequence[tuple[int, int]]) -> Iterable[Sequence[tuple[int, int]]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))
