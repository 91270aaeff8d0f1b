"""Load files: LSE in batches that each are one transaction, Green Button through `espi.intake.green_button`.

A batch's transaction also moves the file's checkpoint, so a load that was cut off, even by `kill -9`, goes on at the
next batch: the blocks before it are read again (for what they say about repeated days), not stored again. While the
database takes one batch the next is read, and only that one: batches go in one after the other, in order. A file is
known by its name and SHA-256; loading it a second time does nothing and gives the same report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from espi import log
from espi.clock import zone
from espi.config import Settings
from espi.errors import BadInput
from espi.formats import lse
from espi.formats.market_events import is_market_events
from espi.intake import inbox, lse_stream, parking
from espi.intake.ahead import ahead
from espi.intake.batch import Batch, adopt_usage_points, without_repeats
from espi.intake.check import Rules
from espi.intake.cut import Piece, in_order
from espi.intake.green_button import load_green_button
from espi.intake.market.load import load_events
from espi.intake.meters import known_meters
from espi.intake.permit import may_put
from espi.intake.report import Counts, FileReport
from espi.intake.retention import years_kept
from espi.intake.seen import Seen
from espi.store import directory, queue
from espi.store.channels import add_interval_channels, reading_type_for_lse
from espi.store.database import Conn, Database
from espi.store.queue import ReceivedFile

BATCH_BLOCKS = 8192
ADOPTED_ZONE = "America/Chicago"
KIND = "lse"

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes there are."""


def load_file(
    database: Database,
    source: Path | BinaryIO,
    name: str,
    *,
    settings: Settings,
    adopt: bool = False,
    progress: Progress | None = None,
    sender: directory.Utility | None = None,
) -> FileReport:
    """Load a file by its name: `.xml` is Green Button, `<DUNS>MarketEvents…` market events, all else LSE.

    adopt: make the utility, usage points and channels that an LSE file speaks of and nobody knows. sender: the utility
    the file came from, where that is known otherwise than by its name; it may not load for another one.
    """
    with inbox.opened(source) as stream:
        if name.lower().endswith(".xml"):
            return load_green_button(database, stream, name, settings=settings)
        if is_market_events(name):
            return load_events(database, stream, name, settings=settings, sender=sender)
        found = inbox.survey(stream)
        now_s = settings.clock.now_s()
        with database.write() as conn:
            try:
                utility = _utility(conn, name, found, settings, sender, adopt=adopt)
            except FileRefusedError as refusal:
                return _refuse(conn, name, found, refusal, now_s, sender)
            may_put(conn, utility, name, settings)
            file = queue.take_file(conn, name, found.sha256, utility.id, KIND, now_s)
            if adopt:
                _adopt_parked(conn, utility, now_s)
            parking.load_parked(conn, utility, now_s=now_s)
            if file.state == queue.LOADED:
                return FileReport.of(conn, file, again=True)
        log.record(log.Event.FILE_TAKEN, file=name, bytes=found.size, blocks=found.records)
        _load(database, stream, file, utility, found, settings=settings, adopt=adopt, progress=progress)
        with database.read() as conn:
            report = FileReport.of(conn, queue.file(conn, file.id))
        log.record(log.Event.FILE_DONE, file=name, **asdict(report.counts))
        return report


class FileRefusedError(Exception):
    """A file is refused whole: F1 or F2, and why."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def _utility(
    conn: Conn, name: str, found: inbox.Survey, settings: Settings, sender: directory.Utility | None, *, adopt: bool
) -> directory.Utility:
    try:
        duns = lse.parse_file_name(name).duns
    except BadInput as err:
        raise FileRefusedError("F2", err.public) from err
    if sender and sender.duns != duns:
        raise FileRefusedError("F2", f"The name bears the DUNS number {duns}, but the sender is {sender.name}.")
    if not found.records:
        raise FileRefusedError("F2", "There is no header row 1 in it.")
    if 0 < settings.max_file_records < found.records:
        raise FileRefusedError("F1", f"It has {found.records} records; {settings.max_file_records} are the limit.")
    utility = directory.utility_by_duns(conn, duns)
    if utility is None and adopt:
        utility = directory.utility(conn, directory.add_utility(conn, f"Utility {duns}", duns, ADOPTED_ZONE))
    if utility is None:
        raise FileRefusedError("F2", f"No utility has the DUNS number {duns}.")
    return utility


def _refuse(
    conn: Conn,
    name: str,
    found: inbox.Survey,
    refusal: FileRefusedError,
    now_s: int,
    sender: directory.Utility | None,
) -> FileReport:
    file = queue.take_file(conn, name, found.sha256, sender.id if sender else None, KIND, now_s)
    if file.state == queue.LOADED:
        return FileReport.of(conn, file, again=True)
    if sender is None or file.utility_id == sender.id:  # not one that another utility's loader is at
        queue.finish(conn, file.id, queue.REFUSED, now_s, {"code": refusal.code, "reason": refusal.reason})
    log.warn(log.Event.FILE_FAILED, file=name, code=refusal.code, reason=refusal.reason)
    return FileReport(name, file.id, code=refusal.code, reason=refusal.reason)


def _adopt_parked(conn: Conn, utility: directory.Utility, now_s: int) -> None:
    """Make the usage points and channels that parked blocks wait for."""
    waiting = queue.parked_esiids(conn, utility.id)
    known = directory.usage_point_ids(conn, utility.id, waiting) if waiting else {}
    known |= adopt_usage_points(conn, utility, [esiid for esiid in waiting if esiid not in known], now_s=now_s)
    for esiid, usage_point_id in known.items():
        for number in {row.channel for row in queue.parked(conn, utility.id, esiid)}:
            add_interval_channels(conn, [usage_point_id], number, reading_type_for_lse(number), now_s)


def _load(
    database: Database,
    stream: BinaryIO,
    file: ReceivedFile,
    utility: directory.Utility,
    found: inbox.Survey,
    *,
    settings: Settings,
    adopt: bool,
    progress: Progress | None,
) -> None:
    now_s = settings.clock.now_s()
    rules = Rules(zone(utility.zone), now_s, years_kept(utility, settings))
    meters = known_meters(database, utility.id)
    with database.read() as conn:
        meters.expect(conn, found.records)
    batch = Batch(file.id, utility, meters, adopt=adopt, now_s=now_s, days=file.days)
    counts, done = Counts.of(file.counts), file.checkpoint
    with closing(ahead(_runs(lse_stream.read(stream, rules)))) as runs:
        for run in runs:
            if run.end > file.checkpoint:
                with database.write() as conn:
                    queue.hold(conn, file, done)
                    batch.store(conn, run.blocks, run.refusals, counts)
                    queue.checkpoint(conn, file.id, run.end, asdict(counts), batch.days)
                done = run.end
            if progress:
                progress(run.end, found.size)
    with database.write() as conn:
        queue.hold(conn, file, done)
        queue.finish(conn, file.id, queue.LOADED, settings.clock.now_s(), asdict(counts), batch.days)


def _runs(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Pieces joined to runs of some thousand blocks, without repeats; their bounds depend on the file alone."""
    seen = Seen()
    run: list[Piece] = []
    for piece in pieces:
        run.append(piece)
        if sum(len(each.blocks) + len(each.refusals) for each in run) >= BATCH_BLOCKS:
            yield _joined(run, seen)
            run = []
    if run:
        yield _joined(run, seen)


def _joined(pieces: Sequence[Piece], seen: Seen) -> Piece:
    blocks, repeats = without_repeats(in_order([piece.blocks for piece in pieces]), seen)
    refusals = chain.from_iterable(piece.refusals for piece in pieces)
    return Piece(blocks, [*refusals, *repeats], pieces[-1].end)
