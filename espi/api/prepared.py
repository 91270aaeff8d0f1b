"""Answers that are too large to wait for: 202 and a job that prepares them, then 200 to the same request (ESPI, 6.2).

An endpoint for a batch says how large it would be, and how to make it. What is small enough is made at once. A large
one, and any that its client asks for with `Prefer: respond-async`, is made by a job, on any machine, as one gzip stream
in parts. The job has an address where its progress is seen, and the third party is told when it is done.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Response
from werkzeug.http import http_date

from espi.access import TokenKind
from espi.api.endpoint import Asked
from espi.errors import EspiError, NotFound
from espi.store import grants, jobs, prepared
from espi.store.jobs import Job
from espi.web.packing import GZIP_WBITS

if TYPE_CHECKING:
    from espi.store.reach import Reach

KIND, FORGET = "batch.prepare", "batch.forget"
ATOM = "application/atom+xml"
FAILED_AGAIN_S = 600
"""How long after a job failed for good it is tried anew, if somebody asks."""

SOONEST_S, LATEST_S = 2, 300
ONE = "prepared"
"""The parameter that names one prepared answer: what a notification can name of a request with several parameters."""

ASYNC = "respond-async"
"""The preference of RFC 7240 for an answer that comes later."""


@dataclass(frozen=True)
class Batch:
    """What an endpoint would answer. reach: what it is about. meter_days: how many days of usage points, from above.

    points: how many usage points, for the progress. pieces: makes it. live: answers at once. stamp: differs where what
    it shows may differ. third_party_id: whose grants it is made of, 0 where it is not made of several.
    """

    reach: Reach
    meter_days: int
    points: int
    pieces: Callable[[], Iterator[bytes]]
    live: Callable[[], Response]
    stamp: str
    third_party_id: int = 0


Make = Callable[[Asked], Batch]
MAKERS: dict[str, Make] = {}


class Preparing(EspiError):
    """A job that prepares an answer has failed for good."""

    status = 503
    code = "preparation_failed"

    def __init__(self, job: Job, retry_after_s: int) -> None:
        super().__init__(f"Preparing this answer has failed: {job.error}", detail=f"job {job.path_id}")
        self.retry_after_s = retry_after_s


def batch(name: str) -> Callable[[Make], Callable[[Asked], Response]]:
    """Make an endpoint's function of one that says what it would answer. name: what jobs know it by."""

    def register(make: Make) -> Callable[[Asked], Response]:
        MAKERS[name] = make

        def read(asked: Asked) -> Response:
            return _answer(asked, name, make(asked))

        return read

    return register


def request_of(asked: Asked) -> str:
    """The path and query of a request below the resource endpoint, the same however the query was ordered."""
    arguments = sorted((name, value) for name, value in asked.request.args.items(multi=True) if name != ONE)
    query = urlencode(arguments, safe=":")
    return asked.request.path.lstrip("/") + (f"?{query}" if query else "")


def _answer(asked: Asked, name: str, made: Batch) -> Response:
    found = _found(asked, name, made)
    if found is not None and _counts(asked, found, made):
        return _stored(asked, found, made)
    if ONE in asked.request.args:
        raise NotFound("This prepared answer is no longer kept; send the request itself again.")
    if made.meter_days <= asked.settings.prepare_above_days and not _wants_to_wait(asked):
        return made.live()
    job = _queued(asked, name, made, stale=found)
    if job.state == jobs.FAILED:
        raise Preparing(job, FAILED_AGAIN_S)
    return _accepted(asked, job)


def _found(asked: Asked, name: str, made: Batch) -> Job | None:
    """The job of this request, whatever its state; the one that the request names, where it names one."""
    if ONE not in asked.request.args:
        return jobs.job_by_key(asked.conn, _key(asked, name))
    number = asked.request.args[ONE]
    found = jobs.job_by_path_id(asked.conn, int(number) if number.isdecimal() and len(number) < 18 else -1)
    if (found.kind, found.owner) != (KIND, _owner(asked)) or found.payload["path"] != asked.request.path:
        raise NotFound(detail=f"job {found.id} is not of this request of {made.reach.actor}")
    return found


def _counts(asked: Asked, job: Job, made: Batch) -> bool:
    """Whether a prepared answer may be given: no grant in it has ended, and it is new enough.

    Once fetched, it is not given again when there is newer data; before, the client shall get what it was told of.
    """
    now_s = asked.settings.clock.now_s()
    if job.state != jobs.DONE or job.finished_s is None:
        return False
    if now_s >= job.finished_s + asked.settings.prepared_hours * 3600:
        return False
    if job.result.get("stamp") != made.stamp and "fetched_s" in job.result:
        return False
    party = made.third_party_id
    return not party or not prepared.grants_changed(asked.conn, party, job.created_s, now_s)


def _wants_to_wait(asked: Asked) -> bool:
    """Whether the client would rather be told when it is ready: by this request, or by its registration for bulk."""
    if _prefers(asked):
        return True
    party = asked.bearer.authorization.third_party_id
    is_bulk = asked.bearer.kind is TokenKind.client and bool(party)
    return is_bulk and bool(grants.third_party(asked.conn, party).content.get("bulk_async"))


def _prefers(asked: Asked) -> bool:
    return ASYNC in asked.request.headers.get("Prefer", "").lower()


def _queued(asked: Asked, name: str, made: Batch, *, stale: Job | None) -> Job:
    """The job that prepares, or prepared, the answer: the one that is there, unless it is stale."""
    now_s, key = asked.settings.clock.now_s(), _key(asked, name)
    with asked.database.write() as conn:
        found = jobs.job_by_key(conn, key)
        if found is not None and _is_over(found, stale, now_s):
            jobs.drop_job(conn, found.id)
            found = None
        if found is not None:
            return found
        payload = {
            "name": name,
            "path": asked.request.path,
            "query": request_of(asked).partition("?")[2],
            "pattern": asked.endpoint.pattern,
            "action": asked.endpoint.action,
            "ids": dict(asked.ids),
            "authorization_id": asked.bearer.authorization.id,
            "client_id": asked.bearer.client.id,
            "third_party_id": made.third_party_id,
            prepared.ASKED_BY: made.reach.actor,
        }
        return jobs.add_job(conn, KIND, payload, now_s=now_s, key=key, owner=_owner(asked), total=made.points)


def _is_over(found: Job, stale: Job | None, now_s: int) -> bool:
    if found.state == jobs.FAILED:
        return now_s >= (found.finished_s or 0) + FAILED_AGAIN_S
    return found.state == jobs.DONE and stale is not None and found.id == stale.id


def _accepted(asked: Asked, job: Job) -> Response:
    address = f"{asked.settings.base_url}/api/v1/jobs/{job.path_id}"
    now_s = asked.settings.clock.now_s()
    rest_s = (now_s - job.created_s) * (job.total - job.done) // job.done if 0 < job.done <= job.total else SOONEST_S
    answer = Response(b"", 202, content_type=ATOM)
    answer.headers["Retry-After"] = str(min(max(rest_s, SOONEST_S), LATEST_S))
    answer.headers["Location"] = address
    answer.headers["Link"] = f'<{address}>; rel="monitor"'
    if _prefers(asked):
        answer.headers["Preference-Applied"] = ASYNC
    return answer


def _stored(asked: Asked, job: Job, made: Batch) -> Response:
    answer = Response(content_type=ATOM)
    answer.vary.add("Accept-Encoding")
    packed = _parts(asked, job, made)
    if asked.request.accept_encodings["gzip"] > 0:
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Content-Length"] = str(job.result["bytes"])
        answer.response = packed
    else:
        answer.response = unpacked(packed)
    if job.finished_s:
        answer.headers["Last-Modified"] = http_date(job.finished_s)
    return answer


def _parts(asked: Asked, job: Job, made: Batch) -> Iterator[bytes]:
    yield from prepared.parts(asked.conn, made.reach, job)
    if "fetched_s" not in job.result:
        with asked.database.write() as conn:
            prepared.set_fetched(conn, job, asked.settings.clock.now_s())


def unpacked(packed: Iterator[bytes]) -> Iterator[bytes]:
    """A gzip stream for who cannot unpack it."""
    unpacker = zlib.decompressobj(GZIP_WBITS)
    for part in packed:
        if plain := unpacker.decompress(part):
            yield plain
    yield unpacker.flush()


def _owner(asked: Asked) -> str:
    return f"authorization/{asked.bearer.authorization.id}"


def _key(asked: Asked, name: str) -> str:
    text = f"{name} {_owner(asked)} {request_of(asked)}"
    return "batch/" + hashlib.sha256(text.encode()).hexdigest()
