"""What loaded files mean to third parties: one event for each grant that they changed something of.

Files that are loaded at the same time are told of together. The address in an event gives exactly the change: what was
updated since the files' first block of that grant was stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from espi import jobs
from espi.clock import instant_text
from espi.jobs import Context
from espi.store import claims, events, grants, queue
from espi.store import jobs as outbox
from espi.store.database import Conn
from espi.store.jobs import Job
from espi.store.touched import Touched, touched

GRANTS_A_TRANSACTION = 200
FILES_A_JOB = 200
BULK_ONLY = "bulk_notify"
"""In a third party's content: tell of its bulk feed alone, not of each subscription."""


@jobs.handler(queue.GATHER)
def gather(context: Context, job: Job) -> None:
    """Let what was loaded be told of: once nothing more is being loaded, or the first of it has waited long enough."""
    now_s, wait_s = context.now_s(), context.settings.notify_gather_s
    with context.database.write() as conn:
        files = queue.untold(conn)
        first_s = min((file.finished_s or 0 for file in files), default=now_s)
        waits = bool(files) and first_s + wait_s > now_s and claims.busy(conn, now_s, now_s - wait_s)
        for start in range(0, 0 if waits else len(files), FILES_A_JOB):
            queue.tell(conn, files[start : start + FILES_A_JOB], now_s)
        outbox.rest(conn, job, first_s + wait_s if waits else None, now_s)


@jobs.handler(queue.TELL)
def tell_of_files(context: Context, job: Job) -> Mapping[str, Any]:
    """Tell whom files concern; each transaction also notes how far that is, so nobody is told twice."""
    with context.database.read() as conn:
        found = _touched(conn, job.payload["file_ids"], context.now_s())
        whole = {one.id for one in grants.third_parties(conn) if one.content.get(BULK_ONLY)}
    singly = [one for one in found if one.third_party_id not in whole and one.authorization_id > job.done]
    for start in range(0, len(singly), GRANTS_A_TRANSACTION):
        some = singly[start : start + GRANTS_A_TRANSACTION]
        with context.database.write() as conn:
            for one in some:
                _tell(conn, one, f"Batch/Subscription/{one.subscription_path_id}", context, one.authorization_id)
            last = some[-1].authorization_id
            outbox.progress(conn, job, last, job.total, now_s=context.now_s())
    with context.database.write() as conn:
        bulk = _bulk(conn, [one for one in found if one.bulk_id or one.third_party_id in whole])
        for path, one in bulk.items():
            _tell(conn, one, path, context, None)
        result = {"grants": len(found), "bulk": len(bulk)}
        outbox.finish(conn, job, result, context.now_s())
    return result


def _touched(conn: Conn, file_ids: Sequence[int], now_s: int) -> list[Touched]:
    """What files changed of each grant, by the grants' ids."""
    found: dict[int, Touched] = {}
    for file_id in file_ids:
        for one in touched(conn, queue.file(conn, file_id), now_s):
            known = found.get(one.authorization_id)
            found[one.authorization_id] = one if known is None else _united(known, one)
    return [found[key] for key in sorted(found)]


def _bulk(conn: Conn, found: Sequence[Touched]) -> dict[str, Touched]:
    """What bulk feeds changed, by their paths; a third party's own number where its grants name no bulk id."""
    feeds: dict[str, Touched] = {}
    for one in found:
        bulk_id = one.bulk_id or str(grants.third_party(conn, one.third_party_id).path_id)
        path = f"Batch/Bulk/{bulk_id}"
        known = feeds.get(path)
        feeds[path] = one if known is None else _united(known, one)
    return feeds


def _united(one: Touched, other: Touched) -> Touched:
    return Touched(
        one.authorization_id,
        one.third_party_id,
        one.subscription_path_id,
        one.bulk_id,
        min(one.first_s, other.first_s),
        one.days + other.days,
        one.corrected + other.corrected,
    )


def _tell(conn: Conn, one: Touched, path: str, context: Context, authorization_id: int | None) -> None:
    kind = "usage.corrected" if one.corrected else "usage.new"
    events.add_event(
        conn,
        one.third_party_id,
        kind,
        [f"{path}?updated-min={instant_text(one.first_s)}"],
        now_s=context.now_s(),
        authorization_id=authorization_id,
        detail={"days": one.days, "corrected": one.corrected},
    )
