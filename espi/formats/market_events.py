"""Market events as files: who supplies a usage point and who lives there, which meter hangs there, what befalls it.

A file is CSV with a heading row, or JSON with a list `events`; the names in JSON are the CSV's in small letters. An
event is known by its ESIID and EVENT_ID: sent once more with a later SENT it takes the place of what was sent before,
and as `cancel` it takes it back.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from espi.clock import Zone, instant_s, instant_text, parse_day
from espi.errors import BadInput


class Kind(StrEnum):
    """What can happen."""

    SWITCH = "switch"
    DROP = "drop"
    MOVE_IN = "move-in"
    MOVE_OUT = "move-out"
    EXCHANGE = "meter-exchange"
    REMOVE = "meter-remove"
    ENERGIZE = "energize"
    DE_ENERGIZE = "de-energize"
    OUTAGE = "outage"
    DRIFT = "clock-drift"
    TEST = "test-mode"
    TAMPER = "tamper"
    CANCEL = "cancel"


class Row(NamedTuple):
    """What one kind of event says. needs, may: columns beside EVENT_ID, SENT, ESIID, EVENT and FROM."""

    kind: Kind
    says: str
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


KINDS = (
    Row(Kind.SWITCH, "the REP is REP of record from that day on", ("REP",)),
    Row(Kind.DROP, "whoever is REP of record, or this REP, is so until that day, and nobody follows", (), ("REP",)),
    Row(Kind.MOVE_IN, "the customer lives there from that day on, with that REP", ("CUSTOMER",), ("REP",)),
    Row(Kind.MOVE_OUT, "whoever lives there, or this customer, does so until that day", (), ("CUSTOMER",)),
    Row(Kind.EXCHANGE, "the meter hangs there from that day on; no other does", ("METER",), ("OLD_METER",)),
    Row(Kind.REMOVE, "the meter that hangs there, or this one, does so until that day", (), ("METER",)),
    Row(Kind.ENERGIZE, "there is power from that instant on"),
    Row(Kind.DE_ENERGIZE, "there is no power from that instant on"),
    Row(Kind.OUTAGE, "power failed from FROM until UNTIL", ("UNTIL",)),
    Row(Kind.DRIFT, "the meter's clock was off by SECONDS from FROM until UNTIL", ("UNTIL", "SECONDS")),
    Row(Kind.TEST, "the meter was in test mode from FROM until UNTIL", ("UNTIL",)),
    Row(Kind.TAMPER, "the meter was tampered with from FROM until UNTIL", ("UNTIL",)),
    Row(Kind.CANCEL, "what was sent with this EVENT_ID is taken back"),
)  # fmt: skip

ALWAYS = ("EVENT_ID", "SENT", "ESIID", "EVENT", "FROM")
SOMETIMES = ("UNTIL", "REP", "CUSTOMER", "METER", "OLD_METER", "SECONDS")
COLUMNS = (*ALWAYS, *SOMETIMES)
DAY_KINDS = frozenset({Kind.SWITCH, Kind.DROP, Kind.MOVE_IN, Kind.MOVE_OUT, Kind.EXCHANGE, Kind.REMOVE})
"""Kinds that happen as a local day begins, whatever instant of it is given."""

CODES = {
    "01": "A value is missing or invalid.",
    "02": "Bad format.",
    "04": "It was sent in the future.",
    "06": "It contradicts what is known, or another event.",
}

LONGEST = 64
MOST_SECONDS = 10_000_000
_FILE_NAME = re.compile(r"(\d{13}|\d{9})MarketEvents(\d{14})(\d{3})\.(csv|json)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_BY_KIND = {row.kind: row for row in KINDS}


@dataclass(frozen=True, slots=True)
class MarketEvent:
    """An event as it was sent. at_s, until_s, sent_s: epoch seconds UTC; the first of a local day for `DAY_KINDS`.

    rep: DUNS or certificate number. customer: his number here. Empty or 0 where it is not said.
    """

    event_id: str
    sent_s: int
    esiid: str
    kind: Kind
    at_s: int
    until_s: int = 0
    rep: str = ""
    customer: str = ""
    meter: str = ""
    old_meter: str = ""
    seconds: int = 0

    @property
    def text(self) -> str:
        """All of it but the ESIID, always in the same way."""
        said = {name: value for name in _SAID if (value := getattr(self, name))}
        return json.dumps(said, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """What tells it from every other event of its usage point."""
        return digest_of(self.text)


_SAID = sorted(set(MarketEvent.__dataclass_fields__) - {"esiid"})


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that is no event. code: of `CODES`. The rest as the file has it."""

    code: str
    reason: str
    esiid: str = ""
    kind: str = ""
    from_text: str = ""


Found = tuple[int, MarketEvent | Fault]
"""A row, counted from 1 without the heading, and what it says."""


def digest_of(text: str) -> str:
    """What tells the event of a text from every other of its usage point."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def is_market_events(name: str) -> bool:
    """Whether a file's name says that it holds market events."""
    return _FILE_NAME.fullmatch(name) is not None


def duns_of(name: str) -> str:
    """The DUNS number in a file's name, `<DUNS>MarketEvents<ccyymmddhhmmss><counter>.csv` or `.json`."""
    found = _FILE_NAME.fullmatch(name)
    if found is None:
        raise BadInput(f"{name} is not named <DUNS>MarketEvents<ccyymmddhhmmss><counter>.csv or .json.")
    return found[1]


def from_text(text: str) -> MarketEvent:
    """The event of `MarketEvent.text`, of no ESIID."""
    said = json.loads(text)
    return MarketEvent(esiid="", **{"at_s": 0, "sent_s": 0, **said, "kind": Kind(said["kind"])})


def read(name: str, text: str, zone: Zone) -> list[Found]:
    """The events of a whole file. `BadInput` where it is none; a fault in a row is that row's."""
    rows = _json_rows(text) if name.endswith(".json") else _csv_rows(text)
    day_start_s = lru_cache(maxsize=4096)(lambda day: zone.day_start_s(parse_day(day)))
    return [(number, _event(row, zone, day_start_s)) for number, row in rows]


def write_csv(events: Iterable[MarketEvent], zone: Zone) -> str:
    """Events as a CSV file."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for event in events:
        said = written(event, zone)
        rows.writerow([said[name] for name in COLUMNS])
    return out.getvalue()


def write_json(events: Iterable[MarketEvent], zone: Zone) -> str:
    """Events as a JSON file."""
    said = [_named(written(event, zone)) for event in events]
    return json.dumps({"events": said}, indent=1)


def written(event: MarketEvent, zone: Zone) -> dict[str, str]:
    """What an event's row says by column."""
    return {
        "EVENT_ID": event.event_id,
        "SENT": instant_text(event.sent_s),
        "ESIID": event.esiid,
        "EVENT": str(event.kind),
        "FROM": _from_text(event, zone),
        "UNTIL": instant_text(event.until_s) if event.until_s else "",
        "REP": event.rep,
        "CUSTOMER": event.customer,
        "METER": event.meter,
        "OLD_METER": event.old_meter,
        "SECONDS": str(event.seconds) if event.seconds else "",
    }


def _named(said: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): text for name, text in said.items() if text or name in ALWAYS}


def _from_text(event: MarketEvent, zone: Zone) -> str:
    if event.kind in DAY_KINDS:
        return f"{zone.local(event.at_s):%Y-%m-%d}"
    return "" if event.kind is Kind.CANCEL else instant_text(event.at_s)


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heading = [name.strip().upper() for name in next(rows, [])]
        lacking = [name for name in ALWAYS if name not in heading]
        if lacking:
            raise BadInput(f"The file has no column {lacking[0]}; it needs {','.join(ALWAYS)}.")
        for number, cells in enumerate(rows, start=1):
            if cells:
                yield number, dict(zip(heading, map(str.strip, cells), strict=False))
    except csv.Error as err:
        raise BadInput(f"The file is no CSV: {err}, at line {rows.line_num}.") from err


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        events = json.loads(text)["events"]
    except (ValueError, TypeError, KeyError, RecursionError) as err:
        raise BadInput('The file is no JSON object with a list "events".') from err
    if not isinstance(events, list):
        raise BadInput('"events" is no list.')
    for number, event in enumerate(events, start=1):
        said = event.items() if isinstance(event, dict) else ()
        yield number, {name.upper(): str(value).strip() for name, value in said if isinstance(value, str | int)}


def _event(row: Mapping[str, str], zone: Zone, day_start_s: Callable[[str], int]) -> MarketEvent | Fault:
    def fault(code: str, reason: str) -> Fault:
        return Fault(code, reason, _esiid(row)[:LONGEST], row.get("EVENT", "")[:16], row.get("FROM", "")[:32])

    lacking = [name for name in ALWAYS if name not in row]
    if lacking:
        return fault("02", f"It has no {lacking[0]}.")
    try:
        return _parsed(row, zone, day_start_s)
    except BadInput as err:
        return fault("01", err.public[:512])


def _parsed(row: Mapping[str, str], zone: Zone, day_start_s: Callable[[str], int]) -> MarketEvent:
    kind = _kind(row["EVENT"])
    declared = _BY_KIND[kind]
    for name in ("EVENT_ID", "ESIID", *declared.needs):
        if not row.get(name):
            raise BadInput(f"{kind} needs {name}.")
    said = {name: row[name] for name in (*declared.needs, *declared.may) if row.get(name)}
    if other := next((name for name in SOMETIMES if row.get(name) and name not in said), ""):
        raise BadInput(f"{kind} has no {other}.")
    at_s = 0 if kind is Kind.CANCEL else _at_s(row["FROM"], day_start_s)
    if kind in DAY_KINDS:
        at_s = zone.day_start_s(zone.day_of(at_s))
    until_s = _at_s(said["UNTIL"], day_start_s) if "UNTIL" in said else 0
    if until_s and until_s <= at_s:
        raise BadInput("UNTIL is not after FROM.")
    return MarketEvent(
        event_id=_short("EVENT_ID", row["EVENT_ID"]),
        sent_s=instant_s(row["SENT"]),
        esiid=_short("ESIID", _esiid(row)),
        kind=kind,
        at_s=at_s,
        until_s=until_s,
        rep=_short("REP", said.get("REP", "")),
        customer=_number("CUSTOMER", said.get("CUSTOMER", "")),
        meter=_short("METER", said.get("METER", "")),
        old_meter=_short("OLD_METER", said.get("OLD_METER", "")),
        seconds=_seconds(said.get("SECONDS", "0")),
    )


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError as err:
        raise BadInput(f"{text[:32]!r} is no kind of event; there are {', '.join(Kind)}.") from err


def _at_s(text: str, day_start_s: Callable[[str], int]) -> int:
    return day_start_s(text) if _DAY.fullmatch(text) else instant_s(text)


def _esiid(row: Mapping[str, str]) -> str:
    """Spreadsheets are kept from making a number of it by an apostrophe."""
    return row.get("ESIID", "").removeprefix("'")


def _short(name: str, text: str) -> str:
    if len(text) > LONGEST:
        raise BadInput(f"{name} is longer than {LONGEST} characters.")
    return text


def _number(name: str, text: str) -> str:
    if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadInput(f"{name} is no number.")
    if text and not text.strip("0"):
        raise BadInput(f"{name} is 0.")
    return text.lstrip("0")


def _seconds(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 8 and int(digits) <= MOST_SECONDS):
        raise BadInput("SECONDS is no number of seconds.")
    return int(text)
