"""The job that prepares a batch: asks its endpoint again, as the same client, and keeps the answer in parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from flask import Request
from isal import isal_zlib
from werkzeug.test import EnvironBuilder

from espi.access import TokenKind
from espi.api.endpoint import Asked, Endpoint
from espi.api.prepared import FORGET, KIND, MAKERS, ONE
from espi.errors import NotFound
from espi.jobs import Context, every, handler
from espi.oauth.tokens import Bearer, principal_of, scope_of
from espi.store import clients, events, grants, jobs, prepared
from espi.store.database import Conn
from espi.store.jobs import Job
from espi.web.packing import GZIP_WBITS

PART_BYTES = 1 << 20
FORGET_EVERY_S = 600
MARK = b"<espi:UsagePoint>"
"""What stands once in each UsagePoint's entry and nowhere else, for the progress."""


@handler(KIND, attempts=3)
def prepare(context: Context, job: Job) -> Mapping[str, Any] | None:
    """Prepare the answer of a job; its third party is told in the transaction in which it is done."""
    with context.database.write() as conn:
        prepared.drop_parts(conn, job.id)
        jobs.progress(conn, job, 0, job.total, now_s=context.now_s())
    with context.database.read() as conn:
        asked = _asked_again(context, conn, job)
        made = MAKERS[job.payload["name"]](asked)
        keeper = _Keeper(context, job, made.points)
        for part in _packed(made.pieces(), keeper):
            keeper.keep(part)
    with context.database.write() as conn:
        result = {"href": _href(job), "bytes": keeper.length, "stamp": made.stamp}
        if party := asked.bearer.authorization.third_party_id:
            of = asked.bearer.authorization.id
            now_s = context.now_s()
            events.add_event(conn, party, "batch.ready", [_named(job)], now_s=now_s, authorization_id=of)
        jobs.progress(conn, job, made.points, made.points, now_s=context.now_s())
        jobs.finish(conn, job, result, context.now_s())
    return None


@handler(FORGET)
def forget(context: Context, _job: Job) -> Mapping[str, Any]:
    """Drop prepared answers that are kept no longer, and those that hold what a customer has taken back since."""
    now_s = context.now_s()
    before_s = now_s - context.settings.prepared_hours * 3600
    dropped = 0
    with context.database.write() as conn:
        for each in prepared.finished(conn, KIND):
            party = int(each.payload.get("third_party_id", 0))
            is_old = (each.finished_s or 0) <= before_s
            if is_old or (party and prepared.grants_changed(conn, party, each.created_s, now_s)):
                jobs.drop_job(conn, each.id)
                dropped += 1
    return {"dropped": dropped}


every(FORGET, FORGET_EVERY_S)


class _Keeper:
    """Keeps the parts, a transaction each, and notes how far the job is."""

    def __init__(self, context: Context, job: Job, total: int) -> None:
        self.context = context
        self.job = job
        self.total = total
        self.seen = 0
        self.length = 0
        self.number = 0

    def keep(self, part: bytes) -> None:
        with self.context.database.write() as conn:
            prepared.add_part(conn, self.job.id, self.number, part)
            done = min(self.seen, self.total)
            jobs.progress(conn, self.job, done, self.total, now_s=self.context.now_s())
        self.number += 1
        self.length += len(part)


def _packed(pieces: Iterator[bytes], keeper: _Keeper) -> Iterator[bytes]:
    """One gzip stream in parts of about PART_BYTES."""
    packer = isal_zlib.compressobj(isal_zlib.ISAL_DEFAULT_COMPRESSION, wbits=GZIP_WBITS)
    waiting: list[bytes] = []
    length = 0
    for piece in pieces:
        keeper.seen += piece.count(MARK)
        packed = packer.compress(piece)
        waiting.append(packed)
        length += len(packed)
        if length >= PART_BYTES:
            yield b"".join(waiting)
            waiting, length = [], 0
    yield b"".join([*waiting, packer.flush()])


def _asked_again(context: Context, conn: Conn, job: Job) -> Asked:
    """The request as it was, by the same client; `NotFound` if what it was asked with has ended."""
    payload = job.payload
    authorization = grants.authorization(conn, payload["authorization_id"])
    client = clients.client(conn, payload["client_id"])
    now_s = context.now_s()
    if authorization.status != grants.ACTIVE or authorization.ends_s <= now_s or client.disabled:
        raise NotFound("What this answer was asked for with has ended.")
    kind = TokenKind[authorization.kind]
    principal = principal_of(client, kind)
    if kind is TokenKind.customer:
        principal = replace(principal, grant=authorization.id, points=tuple(authorization.usage_point_ids))
    environ = EnvironBuilder(path=payload["path"], query_string=payload["query"]).get_environ()
    endpoint = Endpoint(("GET",), payload["pattern"], payload["action"], lambda _: NotImplemented)
    bearer = Bearer(principal, kind, client, authorization, scope_of(authorization))
    request_id = f"job-{job.path_id}"
    return Asked(
        Request(environ), endpoint, bearer, conn, context.database, context.settings, request_id, payload["ids"]
    )


def _href(job: Job) -> str:
    path, query = str(job.payload["path"]).lstrip("/"), job.payload["query"]
    return f"{path}?{query}" if query else path


def _named(job: Job) -> str:
    """The request, as a notification can name it."""
    if "&" not in job.payload["query"]:
        return _href(job)
    return f"{job.payload['path'].lstrip('/')}?{ONE}={job.path_id}"
