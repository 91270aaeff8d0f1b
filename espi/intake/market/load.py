"""Load a file of market events, in batches of whole usage points that each are one transaction.

A file is held in memory. Its events go in by ESIID, so that those of one usage point take effect at once or not at all.
A load that was cut off goes on at the next batch.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import BinaryIO

from espi import access, log
from espi.access import Principal, Role
from espi.clock import DAY_S, zone
from espi.config import Settings
from espi.errors import BadInput, Conflict
from espi.formats import market_events as format_
from espi.formats.market_events import Fault, Found, MarketEvent
from espi.intake.market import parked
from espi.intake.market.derive import SUPERSEDED
from espi.intake.market.put import Outcome, Sender, put
from espi.intake.report import Counts, FileReport
from espi.store import directory, queue
from espi.store.database import Conn, Database
from espi.store.queue import ReceivedFile, RefusedBlock

KIND = "market-events"
PROOF = "intake"
BATCH_EVENTS = 5000
MOST_BYTES = 256 << 20
MOST_AHEAD_S = DAY_S
"""So far ahead a sender's clock may be: whoever sends last is believed, so nobody may send from the future."""


def load_events(
    database: Database, stream: BinaryIO, name: str, *, settings: Settings, sender: directory.Utility | None = None
) -> FileReport:
    """Load a file once; `sender`: the utility that it came from, where that is known otherwise than by its name."""
    data = stream.read(MOST_BYTES + 1)
    sha256, now_s = hashlib.sha256(data).hexdigest(), settings.clock.now_s()
    with database.write() as conn:
        try:
            utility = _utility(conn, name, sender)
            found = _read(name, data, utility)
        except BadInput as refusal:
            return _refuse(conn, name, sha256, refusal.public, now_s, sender)
        principal = Principal(Role.system, utility.id, PROOF)
        access.reach(conn, principal, "directory:put", settings=settings, target=f"file {name}")
        file = queue.take_file(conn, name, sha256, utility.id, KIND, now_s)
        parked.put_parked(conn, utility, now_s=now_s)
        if file.state == queue.LOADED:
            return _report(conn, file, again=True)
    log.record(log.Event.FILE_TAKEN, file=name, bytes=len(data), blocks=len(found))
    _load(database, file, utility, found, settings)
    with database.read() as conn:
        report = _report(conn, queue.file(conn, file.id))
    log.record(log.Event.FILE_DONE, file=name, **asdict(report.counts))
    return report


def _utility(conn: Conn, name: str, sender: directory.Utility | None) -> directory.Utility:
    duns = format_.duns_of(name)
    if sender and sender.duns != duns:
        raise BadInput(f"The name bears the DUNS number {duns}, but the sender is {sender.name}.")
    utility = directory.utility_by_duns(conn, duns)
    if utility is None:
        raise BadInput(f"No utility has the DUNS number {duns}.")
    return utility


def _read(name: str, data: bytes, utility: directory.Utility) -> list[Found]:
    if len(data) > MOST_BYTES:
        raise BadInput(f"It is larger than {MOST_BYTES} bytes; send it in parts.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise BadInput(f"It is not UTF-8: {err.reason} at byte {err.start}.") from err
    return format_.read(name, text, zone(utility.zone))


def _refuse(
    conn: Conn, name: str, sha256: str, reason: str, now_s: int, sender: directory.Utility | None
) -> FileReport:
    file = queue.take_file(conn, name, sha256, sender.id if sender else None, KIND, now_s)
    if file.state == queue.LOADED:
        return _report(conn, file, again=True)
    if sender is None or file.utility_id == sender.id:  # not one that another utility's loader is at
        queue.finish(conn, file.id, queue.REFUSED, now_s, {"code": "F2", "reason": reason})
    log.warn(log.Event.FILE_FAILED, file=name, code="F2", reason=reason)
    return FileReport(name, file.id, code="F2", reason=reason)


def _report(conn: Conn, file: ReceivedFile, *, again: bool = False) -> FileReport:
    refused = tuple(queue.refused(conn, file.id))
    return FileReport(file.name, file.id, Counts.of(file.counts), refused=refused, again=again)


def _load(
    database: Database, file: ReceivedFile, utility: directory.Utility, found: Sequence[Found], settings: Settings
) -> None:
    now_s = settings.clock.now_s()
    counts, done = Counts.of(file.counts), file.checkpoint
    sender = Sender(f"system:{utility.id}:{PROOF}", now_s, file.id)
    at = 0
    for batch in _batches(found):
        at += len(batch)
        if at > file.checkpoint:
            with database.write() as conn:
                if queue.file(conn, file.id).checkpoint != done:
                    raise Conflict(f"{file.name} is being loaded by another process; it will finish it.")
                _take(conn, utility, batch, counts, sender)
                queue.checkpoint(conn, file.id, at, asdict(counts))
            done = at
    with database.write() as conn:
        queue.finish(conn, file.id, queue.LOADED, settings.clock.now_s(), asdict(counts))


def _batches(found: Sequence[Found]) -> Iterator[list[Found]]:
    """Runs of whole usage points with some thousand events; faults go with the first."""
    by_esiid: dict[str, list[Found]] = defaultdict(list)
    batch: list[Found] = []
    for row in found:
        if isinstance(row[1], Fault):
            batch.append(row)
        else:
            by_esiid[row[1].esiid].append(row)
    for esiid in sorted(by_esiid):
        batch += by_esiid[esiid]
        if len(batch) >= BATCH_EVENTS:
            yield batch
            batch = []
    if batch:
        yield batch


def _take(conn: Conn, utility: directory.Utility, batch: Sequence[Found], counts: Counts, sender: Sender) -> None:
    refused, good = [], []
    for number, event in batch:
        if isinstance(event, Fault):
            said = event.esiid, event.kind, event.from_text
            refused.append(RefusedBlock(number, event.code, *said, event.reason))
        elif event.sent_s > sender.now_s + MOST_AHEAD_S:
            refused.append(_refused(number, event, "04", format_.CODES["04"], utility))
        else:
            good.append((number, event))
    outcome = put(conn, utility, [event for _, event in good], sender)
    parked.park(conn, utility, [good[place][1] for place in outcome.parked], sender.file_id)
    for place, (number, event) in enumerate(good):
        refusal = outcome.refused.get(place)
        effect = outcome.effects.get(place, "")
        if refusal is None and effect and effect != SUPERSEDED:
            refusal = "06", effect
        if refusal:
            refused.append(_refused(number, event, *refusal, utility))
    queue.refuse_blocks(conn, sender.file_id, refused)
    _count(counts, outcome, len(batch), len(refused))


def _count(counts: Counts, outcome: Outcome, rows: int, refused: int) -> None:
    older = sum(effect == SUPERSEDED for effect in outcome.effects.values())
    known = sum(not outcome.effects[place] for place in outcome.known)
    counts.blocks += rows
    counts.refused += refused
    counts.parked += len(outcome.parked)
    counts.older += older
    counts.unchanged += known
    counts.loaded += rows - refused - len(outcome.parked) - older - known


def _refused(number: int, event: MarketEvent, code: str, reason: str, utility: directory.Utility) -> RefusedBlock:
    said = format_.written(event, zone(utility.zone))
    return RefusedBlock(number, code, event.esiid, str(event.kind), said["FROM"], reason)
