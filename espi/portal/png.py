"""PNG pictures from outside: read to the last byte, and written anew with nothing but the picture in them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from espi.errors import BadInput
from espi.portal.language import say

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_BYTES = 200_000
MOST_PX = 1200
KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples a pixel has, by colour type."""
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def checked(data: bytes) -> bytes:
    """The picture as a PNG without comments, places and whatever else a file may bear. `BadInput` for what is none."""
    if data.lstrip()[:1] == b"<":
        raise BadInput(say("An SVG picture can hold programs, so we do not take it. Save it as PNG."))
    if not data.startswith(SIGNATURE):
        raise BadInput(say("This picture is no PNG. Save it as PNG."))
    if len(data) > MOST_BYTES:
        raise BadInput(say("This picture is too large: 200 kB at most."))
    chunks = [(name, body) for name, body in _chunks(data) if name in KEPT]
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[-1] != (b"IEND", b""):
        raise _broken()
    _check_pixels(chunks[0][1], b"".join(body for name, body in chunks if name == b"IDAT"))
    if chunks[0][1][9] == 3 and b"PLTE" not in {name for name, _ in chunks}:
        raise _broken()
    return SIGNATURE + b"".join(_written(name, body) for name, body in chunks)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name, end = data[at + 4 : at + 8], at + 8 + length
        if end + 4 > len(data) or struct.unpack_from(">I", data, end)[0] != zlib.crc32(data[at + 4 : end]):
            raise _broken()
        yield name, data[at + 8 : end]
        if name == b"IEND":
            return
        at = end + 4
    raise _broken()


def _check_pixels(head: bytes, packed: bytes) -> None:
    """That there are as many bytes of pixels as the head says, no more and no less."""
    width, height, depth, kind, packing, filtering, interlaced = struct.unpack(">IIBBBBB", head)
    if not (0 < width <= MOST_PX and 0 < height <= MOST_PX):
        raise BadInput(say("This picture is too large: %(most)s by %(most)s points at most.", most=MOST_PX))
    if depth not in DEPTHS.get(kind, ()) or packing or filtering:
        raise _broken()
    if interlaced:
        raise BadInput(say("Save the PNG without interlacing."))
    size = height * (1 + (width * depth * CHANNELS[kind] + 7) // 8)
    unpack = zlib.decompressobj()
    try:
        pixels = unpack.decompress(packed, size + 1)
    except zlib.error as err:
        raise _broken() from err
    if len(pixels) != size or any(pixels[row * (size // height)] > 4 for row in range(height)):
        raise _broken()


def _written(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _broken() -> BadInput:
    return BadInput(say("This picture is broken. Save it anew as PNG."))
