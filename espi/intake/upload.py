"""Files that utilities send in the browser: taken in part by part, and loaded by a job as any other file is."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from espi import jobs
from espi.clock import DAY_S
from espi.intake import door
from espi.intake.claim import Loader, NotLoadedError, Progress
from espi.intake.door import Problem, TurnedAwayError
from espi.intake.green_button import load_green_button
from espi.intake.load import load_file
from espi.intake.report import FileReport
from espi.jobs import Context
from espi.store import claims, directory, uploads
from espi.store import jobs as outbox
from espi.store.database import Database
from espi.store.directory import Utility
from espi.store.jobs import Job
from espi.store.uploads import Upload

FORGET = "nightly.uploads"
PIECE_BYTES = 1 << 20
PIECES_AT_ONCE = 8
UNPACKED_TIMES = 8
"""So many times as large as a file may be on its way, it may be when it is unpacked."""
PATIENCE_S = 60
AGAIN_S = 60
RENEW_EVERY_S = 60


def receive(
    database: Database, utility: Utility, file: BinaryIO, name: str, *, sent_by: str, most: int, now_s: int
) -> int:
    """Take in a file, `most` bytes at most, and have it loaded; its number. What is wrong at the door is kept there."""
    plain = door.plain_name(name)
    with database.write() as conn:
        number = uploads.begin(conn, utility.id, plain, sent_by, now_s)
    try:
        door.check_name(plain, utility)
        size = _keep(database, number, door.unpacked(_read(file), UNPACKED_TIMES * most))
    except TurnedAwayError as err:
        with database.write() as conn:
            uploads.refuse(conn, number, err.problem, err.reason, now_s)
        return number
    with database.write() as conn:
        uploads.want(conn, number, size, now_s)
    return number


@jobs.handler(uploads.KIND)
def load_upload(context: Context, job: Job) -> None:
    """Load a file that was sent; one that fails is tried again, until it is set aside."""
    with context.database.read() as conn:
        found = uploads.upload(conn, int(job.payload["upload_id"]))
    loader = Loader(context.database, context.settings, patience_s=PATIENCE_S)
    claim = loader.claim(found.key) if found.state == uploads.WANTED else None
    if claim is not None:
        try:
            report = loader.load(claim, lambda beat: _load(context, job, found, beat))
        except NotLoadedError:
            pass
        else:
            _finish(context, found, report)
    with context.database.write() as conn:
        outbox.rest(conn, job, _due_s(context, found, conn_claims=uploads.claims_of(conn, [found.id])), context.now_s())


@jobs.handler(FORGET)
def forget(context: Context, _job: Job) -> Mapping[str, int]:
    """Forget files that began to arrive a day ago and never did."""
    with context.database.write() as conn:
        return {"forgotten": uploads.forget_unfinished(conn, context.now_s() - DAY_S)}


jobs.every(FORGET, DAY_S)


def _read(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(PIECE_BYTES):
        yield chunk


def _keep(database: Database, number: int, chunks: Iterator[bytes]) -> int:
    """Keep the parts of a file, some at a time; the size of all."""
    size = place = 0
    done = False
    while not done:
        with database.write() as conn:
            for _ in range(PIECES_AT_ONCE):
                chunk = next(chunks, b"")
                if not chunk:
                    done = True
                    break
                uploads.put_piece(conn, number, place, chunk)
                size, place = size + len(chunk), place + 1
    return size


def _due_s(context: Context, found: Upload, conn_claims: Mapping[int, claims.Claim]) -> int | None:
    """When the job is to look at the file once more; None: not before it is woken."""
    known = conn_claims.get(found.id)
    if known is None or known.state in {claims.DONE, claims.SET_ASIDE}:
        return None
    if known.state == claims.LOADING:
        return known.claimed_until_s
    return context.now_s() + AGAIN_S


def _load(context: Context, job: Job, found: Upload, beat: Progress) -> FileReport:
    last = time.monotonic()

    def progress(done: int, size: int) -> None:
        nonlocal last
        beat(done, size)
        if time.monotonic() - last > RENEW_EVERY_S:
            last = time.monotonic()
            with context.database.write() as conn:
                outbox.renew(conn, job, context.now_s())

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        with context.database.read() as conn, path.open("wb") as file:
            utility = directory.utility(conn, found.utility_id)
            file.writelines(uploads.pieces(conn, found.id))
        if not found.name.lower().endswith(door.XML_END):
            return load_file(
                context.database, path, found.name, settings=context.settings, sender=utility, progress=progress
            )
        with path.open("rb") as stream:  # files of others may bear the same name
            name = f"{utility.duns} {found.name}"
            return load_green_button(context.database, stream, name, settings=context.settings, utility_id=utility.id)


def _finish(context: Context, found: Upload, report: FileReport) -> None:
    problem = Problem.CONTENT if report.code else Problem.AGAIN if report.again else ""
    with context.database.write() as conn:
        uploads.finish(conn, found.id, report.file_id, str(problem), report.reason, context.now_s())
