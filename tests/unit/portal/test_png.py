"""Pictures from outside, and colours that can be read."""

from __future__ import annotations

import struct
import zlib

import pytest
from flask import Flask

from espi.errors import BadInput
from espi.portal import colours, png
from espi.portal.language import attach

HEAD = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
PIXELS = b"\x00" + bytes(6) + b"\x00" + bytes(6)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def picture(*further: bytes, head: bytes = HEAD, pixels: bytes = PIXELS) -> bytes:
    ends = chunk(b"IDAT", zlib.compress(pixels)), chunk(b"IEND", b"")
    return b"".join((png.SIGNATURE, chunk(b"IHDR", head), *further, *ends))


@pytest.fixture(autouse=True)
def _in_english() -> object:
    app = Flask(__name__)
    attach(app)
    with app.test_request_context():
        yield


def test_a_picture_keeps_its_points_and_nothing_else() -> None:
    assert png.checked(picture()) == picture()
    assert png.checked(picture(chunk(b"tEXt", b"GPS\x00home")) + b"<script>") == picture()


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\n <?xml version='1.0'?><svg/>",
        b"GIF89a",
        b"",
        picture()[:-1],
        picture(head=struct.pack(">IIBBBBB", 3, 2, 8, 2, 0, 0, 0)),
        picture(head=struct.pack(">IIBBBBB", 9999, 2, 8, 2, 0, 0, 0)),
        picture(head=struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 1)),
        picture(head=struct.pack(">IIBBBBB", 2, 2, 8, 5, 0, 0, 0)),
        picture(head=struct.pack(">IIBBBBB", 2, 2, 8, 3, 0, 0, 0), pixels=b"\x00\x00\x00" * 2),
        picture(pixels=PIXELS + b"\x00"),
        picture(pixels=b"\x07" + PIXELS[1:]),
        picture().replace(b"IDAT", b"IDAU"),
        png.SIGNATURE + chunk(b"IHDR", HEAD) + chunk(b"IDAT", b"no zlib") + chunk(b"IEND", b""),
        picture(chunk(b"tEXt", bytes(png.MOST_BYTES))),
    ],
)
def test_what_is_no_sound_png_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        png.checked(data)


def test_the_nearest_shade_can_be_read_on_every_ground() -> None:
    for colour in ("#ffcc00", "#14764a", "#000000", "#ffffff", "#0055ff", "#777777"):
        assert colours.least_by_day(colours.for_day(colour)) >= colours.ENOUGH
        assert colours.least_by_night(colours.for_night(colour)) >= colours.ENOUGH
    assert colours.for_day("#14764a") == "#14764a", "what is good stays"
    assert round(colours.contrast("#000000", "#ffffff")) == 21
    assert not colours.is_colour("red")
    assert not colours.is_colour("#FFCC00")
