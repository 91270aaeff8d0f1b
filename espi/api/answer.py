"""Answers of readings: conditional, packed, in one piece where they are small, streamed where they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Request, Response
from werkzeug.datastructures import Headers
from werkzeug.http import http_date

from espi.api.kept import Kept, Key
from espi.web.packing import chosen_encoding, packed_stream, packed_whole

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ATOM = "application/atom+xml; charset=utf-8"
WHOLE_BYTES = 640 * 1024
"""An answer that is no longer, such as a month of one meter, is sent whole."""
PIECE_BYTES = 128 * 1024
"""Of a longer one: what is on its way to a slow caller stays in memory."""
VARY = "Authorization, Accept, Accept-Encoding"
CACHING = "private, no-cache"


@dataclass(frozen=True)
class Stamp:
    """What tells an answer from an older one. tag: of what it says. changed_s: when that last changed."""

    tag: str
    changed_s: int


def answer(
    request: Request,
    stamp: Stamp,
    body: Iterable[bytes],
    content_type: str = ATOM,
    kept: Kept | None = None,
    gzip: Callable[[], Iterable[bytes]] | None = None,
) -> Response:
    """The answer, or 304 for who has it already. body: is gone through only if it is sent and not in `kept`.

    gzip: gives the body packed by gzip, where that takes less than to pack it.
    """
    headers = [("ETag", f'W/"{stamp.tag}"'), ("Cache-Control", CACHING), ("Vary", VARY)]
    if stamp.changed_s:
        headers.append(("Last-Modified", _http_date(stamp.changed_s)))
    if _has_it(request, stamp):
        response = Whole(status=304, headers=headers)
        response.headers.pop("Content-Type", None)
        return response
    headers.append(("Content-Type", content_type))
    encoding = chosen_encoding(request.environ, zstd=True)
    if encoding:
        headers.append(("Content-Encoding", encoding))
    key = Key(stamp.tag, content_type, encoding)
    sent_before = kept.get(key) if kept and request.method == "GET" else None
    if gzip is not None and encoding == "gzip":
        pieces = sent_before or _pieces(gzip(), request.method)
    else:
        pieces = sent_before or _packed(body, request.method, encoding)
    if isinstance(pieces, bytes):
        headers.append(("Content-Length", str(len(pieces))))
        if kept and not sent_before:
            kept.put(key, pieces)
        pieces = [pieces]
    return Whole(pieces, headers=headers)


def _packed(body: Iterable[bytes], method: str, encoding: str) -> bytes | Iterable[bytes]:
    pieces = _pieces(body, method)
    if not encoding:
        return pieces
    return packed_whole(pieces, encoding) if isinstance(pieces, bytes) else packed_stream(pieces, encoding)


class Whole(Response):
    """An answer whose headers are complete, so that nobody looks through them again."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:  # noqa: ARG002  (of its base)
        """Its headers as they are."""
        return self.headers


@lru_cache(maxsize=1024)
def _http_date(at_s: int) -> str:
    return http_date(at_s)


def _has_it(request: Request, stamp: Stamp) -> bool:
    """Whether the caller's copy is still good (RFC 9110, section 13.2.2: the tag counts before the time)."""
    if "HTTP_IF_NONE_MATCH" in request.environ:
        return request.if_none_match.contains_weak(stamp.tag)
    if "HTTP_IF_MODIFIED_SINCE" in request.environ and stamp.changed_s:
        since = request.if_modified_since
        return since is not None and since.timestamp() >= stamp.changed_s
    return False


def _pieces(body: Iterable[bytes], method: str) -> bytes | Iterable[bytes]:
    """The whole body if it is short, else its pieces."""
    if method == "HEAD":
        return iter(())
    texts = iter(body)
    first = _gathered(texts, WHOLE_BYTES)
    return first if len(first) < WHOLE_BYTES else _after(first, texts)


def _after(first: bytes, texts: Iterator[bytes]) -> Iterator[bytes]:
    while first:
        yield first
        first = _gathered(texts, PIECE_BYTES)


def _gathered(texts: Iterator[bytes], most: int) -> bytes:
    """The next texts, put together until they are so long; empty if there are none left."""
    waiting: list[bytes] = []
    length = 0
    for text in texts:
        waiting.append(text)
        length += len(text)
        if length >= most:
            break
    return b"".join(waiting)
