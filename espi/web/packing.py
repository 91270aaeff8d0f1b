"""Answers packed as their reader can unpack them: zstd, gzip or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import zstandard
from flask import Request, Response
from isal import isal_zlib
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

GZIP_WBITS = 31
LEVEL = 1
"""Of ISA-L's gzip: the second of four. Readings pack as well as with the higher ones, in less time."""
ZSTD_LEVEL = 3


def pack(request: Request, response: Response, *, zstd: bool = False) -> None:
    """Pack an answer for who can unpack it. zstd: offer it beside gzip."""
    response.vary.add("Accept-Encoding")
    if "Content-Encoding" in response.headers:
        return
    chosen = chosen_encoding(request.environ, zstd=zstd)
    if not chosen:
        return
    response.headers["Content-Encoding"] = chosen
    if response.is_sequence:
        response.set_data(packed_whole(response.get_data(), chosen))
    else:
        response.headers.pop("Content-Length", None)
        response.response = packed_stream(response.iter_encoded(), chosen)


def chosen_encoding(environ: Mapping[str, str], *, zstd: bool = False) -> str:
    """The best way to pack an answer for who asks; empty for none. zstd: offer it beside gzip."""
    return _chosen(environ.get("HTTP_ACCEPT_ENCODING", ""), "zstd" if zstd else "gzip")


def packed_whole(text: bytes, encoding: str) -> bytes:
    """A text packed by one of the ways of `chosen_encoding`."""
    return _WHOLE[encoding](text)


def packed_stream(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Chunks packed by one of the ways of `chosen_encoding`, as they come."""
    return _STREAMED[encoding](chunks)


@lru_cache(maxsize=256)
def _chosen(header: str, best: str) -> str:
    """The best way to pack that an Accept-Encoding names; empty for none."""
    known = parse_accept_header(header, Accept)
    return next((name for name in (best, "gzip") if known[name] > 0), "")


def _gzip_whole(text: bytes) -> bytes:
    return bytes(isal_zlib.compress(text, LEVEL, GZIP_WBITS))


def _zstd_whole(text: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(text)


def _gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = isal_zlib.compressobj(LEVEL, wbits=GZIP_WBITS)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def _zstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj()
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


_WHOLE = {"gzip": _gzip_whole, "zstd": _zstd_whole}
_STREAMED = {"gzip": _gzip, "zstd": _zstd}
