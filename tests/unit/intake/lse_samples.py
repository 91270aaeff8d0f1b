"""Makers of LSE text for the tests of intake."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from espi.clock import parse_day, zone
from espi.intake.check import Rules

CENTRAL = zone("America/Chicago")
NOW_S = CENTRAL.day_start_s(parse_day("2014-11-20")) + 12 * 3600
RULES = Rules(CENTRAL, NOW_S, 7)
NORMAL, SPRING, AUTUMN = "20140702", "20140309", "20141102"
INTERVALS = {NORMAL: 96, SPRING: 92, AUTUMN: 100}
ESIID = "10443720000000000"


def block_text(
    esiid: str = ESIID,
    day: str = NORMAL,
    *,
    channel: str = "4",
    values: list[str] | None = None,
    status: str = "A",
    per_row: int = 12,
    sent: str = "20141103050000",
    **header: str,
) -> str:
    """The text of one block; header: stop, dst, invalid, spi and unit, where they differ from the rule."""
    cells = values if values is not None else [f"0.{at:03d}" for at in range(INTERVALS.get(day, 96))]
    stop = header.get("stop", day + "235959")
    lines = [
        f"00000001,{esiid},{channel},{day}000000,{stop},{header.get('dst', 'Y')},{header.get('invalid', 'N')}",
        f"00000002,,,1,,,,{header.get('spi', '900')},{header.get('unit', '01')},,,,",
        "00000003,",
        f"00000004,{sent},M",
    ]
    for row, at in enumerate(range(0, len(cells), per_row)):
        lines.append(f"{10_000_000 + row}" + "".join(f",{cell},{status}," for cell in cells[at : at + per_row]))
    return "\n".join(lines) + "\n"


@st.composite
def good_texts(draw: st.DrawFn) -> str:
    """A good block in any of the forms that utilities write."""
    day = draw(st.sampled_from([NORMAL, SPRING, AUTUMN, "20140703"]))
    count, triples = INTERVALS.get(day, 96), []
    top = draw(st.sampled_from([200, 1_000, 60_000, 900_000, 5_000_000]))
    numbers = draw(st.lists(st.integers(0, top), min_size=count, max_size=count))
    statuses = draw(st.sampled_from(["A", "E", "AE", "AAAAAAAAE", ""]))
    for at, number in enumerate(numbers):
        status = statuses[at % len(statuses)] if statuses else ""
        triples.append(f",{number // 1000}.{number % 1000:03d},{status},")
    lines, row = block_text(draw(st.sampled_from([ESIID, "1008901000000000000042", "A"])), day).split("\n")[:4], 0
    lines[0] = lines[0].replace(",4,", f",{draw(st.sampled_from('14'))},")
    extra = draw(st.sampled_from(["", "", "", ","]))
    widths = draw(st.lists(st.sampled_from([1, 12, 4, 7]), min_size=1, max_size=3))
    while triples:
        width = widths[row % len(widths)]
        lines.append(f"{10_000_000 + row}{''.join(triples[:width])}{extra}")
        triples, row = triples[width:], row + 1
    return draw(st.sampled_from(["\n", "\n", "\r\n"])).join([*lines, ""])


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """A few good blocks, then some bytes changed, lost, doubled or moved."""
    text = bytearray("".join(draw(st.lists(good_texts(), min_size=1, max_size=3))).encode())
    if draw(st.booleans()):
        text[:0] = b"\xef\xbb\xbf"
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, max(0, len(text) - 1)))
        length = draw(st.sampled_from([1, 1, 1, 3, 18, 200]))
        new = draw(
            st.sampled_from(
                [b"", b"A", b"E", b",", b"\n", b"\r", b"0", b"9", b".", b"00000001,", b",,", b"\n\n", b"\xff"]
            )
            | st.just(bytes(text[at : at + length]) * 2)
        )
        text[at : at + length] = new
    return bytes(text)


def local(text: str) -> dt.datetime:
    """A naive local time, as file names bear it."""
    return dt.datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007 - local time of the sender
