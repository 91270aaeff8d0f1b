"""What HTTP asks of answers beside their content: validators, coding, and HEAD."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.conformance.custodian.exchange import ATOM, Answer, Request

LAST_MODIFIED = "Thu, 06 Jun 2024 06:00:00 GMT"


def packed(request: Request, answer: Answer, notes: Mapping[str, Any]) -> Answer:
    """The answer as it goes out: Atom documents with validators, and not at all where the caller has them.

    notes: `plain` sends everything unpacked, `timeless` overlooks dates.
    """
    if answer.status == 200 and answer.headers.get("Content-Type", "").startswith(ATOM):
        answer = _validated(request, answer, is_timeless="timeless" in notes)
        answer = answer if "plain" in notes else _coded(request, answer)
    return answer


def _validated(request: Request, answer: Answer, *, is_timeless: bool) -> Answer:
    tag = f'W/"{hashlib.sha256(answer.body).hexdigest()[:16]}"'
    own = {"ETag": tag, "Last-Modified": LAST_MODIFIED, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    answer = replace(answer, headers=answer.headers | own)
    asked = request.headers.get("if-none-match")
    known = asked == tag if asked is not None else _is_same_time(request) and not is_timeless
    return Answer(304, b"", own) if known else answer


def _is_same_time(request: Request) -> bool:
    return request.headers.get("if-modified-since") == LAST_MODIFIED


def _coded(request: Request, answer: Answer) -> Answer:
    codings = [part.partition(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")]
    if answer.status != 200 or "gzip" not in codings:
        return answer
    return replace(answer, body=gzip.compress(answer.body, 1), headers=answer.headers | {"Content-Encoding": "gzip"})
