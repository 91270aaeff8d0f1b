"""What the LSE readers make of a file: cuts (one meter, channel and local day) and refusals, in file order."""

from __future__ import annotations

from typing import NamedTuple


class Cut(NamedTuple):
    """A good block. Values are watt-hours as `espi.day.pack_values` packs them, qualities as `pack_codes` does."""

    row: int
    esiid: str
    channel: int
    day: int
    start_s: int
    intervals: int
    sent_s: int
    packed: bytes
    quality: bytes
    total: int
    estimated: int
    rounded: int


class Refusal(NamedTuple):
    """A block or line that is not loaded: the row the fault is in, ERCOT's code, what the block says it is, and why."""

    row: int
    code: str
    esiid: str
    channel: str
    start: str
    reason: str


class Fault(NamedTuple):
    """What is wrong with a block, as ERCOT's code and in words."""

    code: str
    reason: str


class Piece(NamedTuple):
    """A run of whole blocks: what was made of them, and how many bytes of the file lie before their end."""

    items: list[Cut | Refusal]
    end: int
