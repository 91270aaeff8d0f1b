"""LodeStar Enhanced (LSE) interval files, the comma form of the ERCOT market: their words, and the writer.

A block is one meter, channel and local day: header rows 1 to 4, then rows of (value in kWh, status, start) triples.
Source: ERCOT Retail Market Guide, section 9, appendix G. Reading them is `espi.intake`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from espi.clock import QUARTER_HOUR_S, Zone, day_date
from espi.day import ABSENT, ESTIMATED_QUALITIES, GENERATION, LOAD, DayBlock
from espi.errors import BadInput

HEADER_CODES = ("00000001", "00000002", "00000003", "00000004")
FIRST_DETAIL = 10_000_000
LAST_DETAIL = 99_999_999

CHANNELS = {GENERATION: "generation", LOAD: "load"}
ACTUAL = "A"
ESTIMATED = "E"
KILOWATT_HOURS = "01"
ADJUSTED_FOR_DST = "Y"
NOT_INVALID = "N"
DAY_START = "000000"
DAY_STOPS = ("235959", "235900")
MAX_ESIID = 64
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

MEDIA_TYPE = "text/plain; charset=us-ascii"

RESULT_CODES = {
    "F1": "The file has more records than are taken in one file; none was loaded.",
    "F2": "A mandatory element of the file is missing; nothing was loaded.",
    "00": "Loaded.",
    "01": "A mandatory element has an invalid value.",
    "02": "Bad format.",
    "03": "Not a full day.",
    "04": "In the future.",
    "05": "There already is a more recent read for this ESIID and time.",
}
"""ERCOT's codes. A day older than the retention, and a second block for a day in one file, have none: both are 01."""

_FILE_NAME = re.compile(r"(\d{13}|\d{9})IntervalData(\d{14})(\d{3})\.lse(\..*)?", re.ASCII)


@dataclass(frozen=True)
class FileName:
    """What the name of an LSE file says: who sent it (DUNS), when by his clock, and its counter."""

    duns: str
    sent_local: dt.datetime
    counter: int


def parse_file_name(name: str) -> FileName:
    """The parts of `<DUNS>IntervalData<ccyymmddhhmmss><counter>.lse<.optional>`.

    Raises BadInput for any other shape, a sending time that is none, or a name that has `csv` in it.
    """
    match = _FILE_NAME.fullmatch(name)
    if not match or "csv" in name.lower():
        raise BadInput(f"{name!r} is not named <DUNS>IntervalData<ccyymmddhhmmss><counter>.lse.")
    try:
        sent = dt.datetime.strptime(match[2], "%Y%m%d%H%M%S")  # noqa: DTZ007 - the zone is the utility's, not yet known
    except ValueError as err:
        raise BadInput(f"{name!r} bears {match[2]}, which is not a time.") from err
    return FileName(match[1], sent, int(match[3]))


def file_name(duns: str, sent_local: dt.datetime, counter: int) -> str:
    """The name of a file sent at a local time; counter 0 to 999."""
    name = f"{duns}IntervalData{sent_local:%Y%m%d%H%M%S}{counter:03d}.lse"
    parse_file_name(name)
    return name


def can_write(block: DayBlock, zone: Zone) -> bool:
    """Whether LSE has words for a block: a full day of quarter hours, load or generation, no gap, none negative."""
    return (
        block.channel in CHANNELS
        and block.interval_s == QUARTER_HOUR_S
        and block.start_s == zone.day_start_s(block.day)
        and block.values.size == zone.quarter_hours(block.day)
        and not (block.qualities == ABSENT).any()
        and not (block.values < 0).any()
    )


def write(esiid: str, zone: Zone, blocks: Iterable[DayBlock], sent_s: int, *, per_row: int = 12) -> Iterator[bytes]:
    """The LSE text of one meter's day blocks, a chunk a block.

    Days that LSE cannot say (`can_write`) are left out. sent_s goes into header row 4, on the zone's wall clock.
    """
    sent = f"{zone.local(sent_s):%Y%m%d%H%M%S}"
    for block in blocks:
        if can_write(block, zone):
            yield _block(esiid, block, sent, per_row)


def _block(esiid: str, block: DayBlock, sent: str, per_row: int) -> bytes:
    day = f"{day_date(block.day):%Y%m%d}"
    lines = [
        f"{HEADER_CODES[0]},{esiid},{block.channel},{day}{DAY_START},{day}{DAY_STOPS[0]},{ADJUSTED_FOR_DST},{NOT_INVALID}",
        f"{HEADER_CODES[1]},,,1,,,,{QUARTER_HOUR_S},{KILOWATT_HOURS},,,,",
        f"{HEADER_CODES[2]},",
        f"{HEADER_CODES[3]},{sent},M",
    ]
    triples = [
        f",{value // 1000}.{value % 1000:03d},{ESTIMATED if quality in ESTIMATED_QUALITIES else ACTUAL},"
        for value, quality in zip(block.values.tolist(), block.qualities.tolist(), strict=True)
    ]
    for row, at in enumerate(range(0, len(triples), per_row)):
        lines.append(f"{FIRST_DETAIL + row}{''.join(triples[at : at + per_row])}")
    return ("\n".join(lines) + "\n").encode("ascii")
