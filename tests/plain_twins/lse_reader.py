"""The plain, slow twin of the fast LSE reader: split lines and decimal numbers, a block at a time, good blocks only."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

import numpy as np

from espi.clock import Zone, day_date, parse_day
from espi.day import pack_codes, pack_values
from espi.errors import BadInput

Good = tuple[int, str, int, int, bytes, bytes, int]
"""Row of the header, ESIID, channel, day, packed values, packed qualities, when sent."""


def good_blocks(text: bytes, zone: Zone, first_day: int, today: int) -> list[Good]:
    """The blocks of an LSE file that are to be loaded, in order."""
    lines = text.removeprefix(b"\xef\xbb\xbf").decode("latin-1").split("\n")
    numbered = [(at, line.removesuffix("\r").split(",")) for at, line in enumerate(lines, 1)]
    blocks: list[list[tuple[int, list[str]]]] = []
    for row in numbered:
        if row[1][0] == "00000001" and len(row[1]) > 1:
            blocks.append([row])
        elif blocks and re.fullmatch(r"0000000[2-4]|[1-9]\d{7}", row[1][0], re.ASCII):
            blocks[-1].append(row)
    read = (_good(block, zone, first_day, today) for block in blocks)
    return [block for block in read if block is not None]


def _good(block: list[tuple[int, list[str]]], zone: Zone, first_day: int, today: int) -> Good | None:
    try:
        (number, one), (_, two), (_, three), (_, four), *details = block
        assert [two[0], three[0], four[0]] == ["00000002", "00000003", "00000004"]
        assert len(one) == 7 or one[7:] == [""]
        esiid, channel, start, stop, dst, invalid = one[1:7]
        assert re.fullmatch(r"[A-Za-z0-9]{1,64}", esiid, re.ASCII)
        assert channel in {"1", "4"}
        assert (dst, invalid) == ("Y", "N")
        day = parse_day(f"{start[:4]}-{start[4:6]}-{start[6:8]}")
        assert first_day <= day < today
        assert start == f"{day_date(day):%Y%m%d}000000"
        assert stop in (start[:8] + "235959", start[:8] + "235900")
        assert len(two) in (13, 14)
        assert two[7:9] == ["900", "01"]
        assert all(re.fullmatch(r"-?(\d+\.?\d*|\.\d+)", field, re.ASCII) for field in two[1:7] if field)
        assert len(four) in (2, 3, 4)
        assert re.fullmatch(r"\d{14}", four[1], re.ASCII)
        triples = _triples(details)
        assert len(triples) == (zone.day_start_s(day + 1) - zone.day_start_s(day)) // 900
        for at, (_, _, begin) in enumerate(triples):
            assert not begin or begin == f"{zone.local(zone.day_start_s(day) + at * 900):%Y%m%d%H%M%S}"
        values = np.array([int((Decimal(value) * 1000).to_integral_value()) for value, _, _ in triples], np.int64)
        qualities = np.array([{"": 17, "A": 17, "E": 8}[status] for _, status, _ in triples], np.uint8)
        return (
            number,
            esiid,
            int(channel),
            day,
            pack_values(values),
            pack_codes(qualities),
            zone.parse_instant_s(four[1]),
        )
    except (AssertionError, ValueError, KeyError, InvalidOperation, BadInput):
        return None


def _triples(details: list[tuple[int, list[str]]]) -> list[tuple[str, str, str]]:
    codes = [int(fields[0]) for _, fields in details]
    assert codes == sorted(set(codes))
    assert all(code >= 10_000_000 for code in codes)
    found = []
    for _, fields in details:
        cells = fields[1:]
        if len(cells) % 3 == 1 and not cells[-1]:
            cells = cells[:-1]
        if len(cells) % 3 == 2:
            cells = [*cells, ""]
        assert cells
        assert len(cells) % 3 == 0
        for value, status, begin in zip(cells[::3], cells[1::3], cells[2::3], strict=True):
            assert re.fullmatch(r"\d{1,12}(\.\d{0,18})?|\.\d{1,18}", value, re.ASCII)
            found.append((value, status, begin))
    return found
