"""An LSE file from its beginning to its end, in pieces of bounded size that are whole blocks.

What the fast readers leave (`espi.intake.lse_shapes`) goes to the exact one, which they must always equal. The pieces
depend on the file alone, so a load that was cut off finds the same bounds again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from espi.formats import lse
from espi.intake.check import Rules
from espi.intake.cut import Blocks, Cut, Piece, Refusal, in_order
from espi.intake.lse import read_block
from espi.intake.lse_grid import Rest
from espi.intake.lse_shapes import Found, by_shape

PIECE_BYTES = 1 << 20
LONGEST_BLOCK = 8 << 20
LONGEST_LINE = 4096  # all that is kept of a line that is as long as no block can be
FEWEST_ALIKE = 16  # below, `lse_grid` is as fast
_HEADER = lse.HEADER_CODES[0].encode("ascii")  # also where the comma after it is lost: the block before it stays whole
_LINE_OF_HEADER = b"\n" + _HEADER


def read(
    stream: BinaryIO,
    rules: Rules,
    *,
    piece_bytes: int = PIECE_BYTES,
    fewest_alike: int = FEWEST_ALIKE,
    exact: bool = False,
) -> Iterator[Piece]:
    """The good blocks and the refusals of a file. exact: read every block by the exact reader, for comparison."""
    row = 1
    for text, end in _texts(stream, piece_bytes):
        if exact:
            found, rows = Found([], _by_block(text, row)), text.count(b"\n")
        else:
            found, rows = by_shape(text, row, rules, fewest_alike)
        yield _piece(text, found, rules, end)
        row += rows


def _piece(text: bytes, found: Found, rules: Rules, end: int) -> Piece:
    """What the fast readers found and what the exact one makes of the rest, by row."""
    items: list[Cut | Refusal] = []
    for rest in found.rest:
        items += read_block(text[rest.start : rest.stop].decode("latin-1"), rest.row, rules)
    cuts = [item for item in items if isinstance(item, Cut)]
    parts = [*found.blocks, Blocks.of(cuts)] if cuts or not found.blocks else found.blocks
    return Piece(in_order(parts), [item for item in items if isinstance(item, Refusal)], end)


def _texts(stream: BinaryIO, piece_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Whole lines of whole blocks, with line feeds only, and how many bytes of the file lie before their end."""
    held, end, first = b"", 0, True
    while chunk := stream.read(piece_bytes):
        end += len(chunk)
        cut = chunk.rfind(_LINE_OF_HEADER) + 1
        if cut:
            text, held = b"".join((held, memoryview(chunk)[:cut])), chunk[cut:]
        else:
            text, held = _parted(held + chunk)
        if text:
            yield _plain_lines(text, first=first), end - len(held)
            first = False
    if held:
        text = _plain_lines(held, first=first).removesuffix(b"\r")
        yield text if text.endswith(b"\n") else text + b"\n", end


def _parted(held: bytes) -> tuple[bytes, bytes]:
    """Before and from the last header row 1 on; before and from the last row on where no block can be as long."""
    cut = held.rfind(_LINE_OF_HEADER) + 1
    if len(held) > LONGEST_BLOCK and not cut:
        cut = held.rfind(b"\n") + 1
        held = held if cut else held[:LONGEST_LINE]
    return held[:cut], held[cut:]


def _plain_lines(text: bytes, *, first: bool) -> bytes:
    if first:
        text = text.removeprefix(lse.BYTE_ORDER_MARK)
    return text.replace(b"\r\n", b"\n") if b"\r" in text else text


def _by_block(text: bytes, row: int) -> list[Rest]:
    found = []
    start = 0
    while start < len(text):
        stop = text.find(_LINE_OF_HEADER, start) + 1 or len(text)
        found.append(Rest(start, stop, row))
        row += text.count(b"\n", start, stop)
        start = stop
    return found
