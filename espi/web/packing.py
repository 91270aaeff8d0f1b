"""Answers packed as their reader can unpack them: zstd, gzip or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import zstandard
from flask import Request, Response
from isal import isal_zlib

GZIP_WBITS = 31
ZSTD_LEVEL = 3


def pack(request: Request, response: Response, *, zstd: bool = False) -> None:
    """Pack an answer for who can unpack it. zstd: offer it beside gzip."""
    response.vary.add("Accept-Encoding")
    if "Content-Encoding" in response.headers:
        return
    known = request.accept_encodings
    if zstd and known["zstd"] > 0:
        chosen, packed = "zstd", _zstd(response.iter_encoded())
    elif known["gzip"] > 0:
        chosen, packed = "gzip", _gzip(response.iter_encoded())
    else:
        return
    response.headers["Content-Encoding"] = chosen
    response.headers.pop("Content-Length", None)
    response.response = packed


def _gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = isal_zlib.compressobj(isal_zlib.ISAL_DEFAULT_COMPRESSION, wbits=GZIP_WBITS)
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
