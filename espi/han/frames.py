"""Frames of the ZigBee Cluster Library: the header, commands of the clusters, and reading and reporting attributes.

Which cluster a frame is of does not stand in it: the network below says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from espi.han import fields
from espi.han.fields import U8, U16, U24, U32, U48, BadFrame, Kind, Number, Octets, Text, Time, unsigned
from espi.han.sep1 import ATTRIBUTES, COMMANDS, Attribute, Cluster, Command

GLOBAL, CLUSTER = 0, 1
"""Frame types: a command of every cluster, or one of its own."""

_TYPE, _MANUFACTURER, _FROM_SERVER, _QUIET, _RESERVED = 0x03, 0x04, 0x08, 0x10, 0xE0

SUCCESS, UNSUPPORTED_COMMAND, MALFORMED, UNSUPPORTED_ATTRIBUTE = 0x00, 0x81, 0x80, 0x86


@dataclass(frozen=True, slots=True)
class Header:
    """The beginning of a frame. quiet: no default response is wanted where all is well. manufacturer: whose own it is.

    type: `GLOBAL` or `CLUSTER`. from_server: sent by the meter.
    """

    type: int
    from_server: bool
    sequence: int
    command: int
    quiet: bool = False
    manufacturer: int | None = None

    def write(self) -> bytes:
        """3 bytes, or 5 with a manufacturer; `BadFrame` for what is out of bounds."""
        if self.type not in {GLOBAL, CLUSTER}:
            raise BadFrame(f"{self.type!r} is not 0 or 1", "Header.type")
        own = b"" if self.manufacturer is None else U16.write(self.manufacturer, "Header.manufacturer")
        control = self.type | _MANUFACTURER * bool(own) | _FROM_SERVER * self.from_server | _QUIET * self.quiet
        rest = U8.write(self.sequence, "Header.sequence") + U8.write(self.command, "Header.command")
        return bytes([control]) + own + rest

    @classmethod
    def read(cls, data: bytes) -> tuple[Header, int]:
        """The header, and the place of the byte after it."""
        if not data:
            raise BadFrame("the frame is empty", "Header")
        control = data[0]
        if control & _RESERVED or control & _TYPE > CLUSTER:
            raise BadFrame(f"{control:#04x} is no frame control", "Header.control")
        at, manufacturer = 1, None
        if control & _MANUFACTURER:
            manufacturer, at = U16.read(data, at, "Header.manufacturer")
        if at + 2 > len(data):
            raise BadFrame(f"it ends after {len(data)} bytes", "Header")
        found = cls(
            control & _TYPE,
            bool(control & _FROM_SERVER),
            data[at],
            data[at + 1],
            bool(control & _QUIET),
            manufacturer,
        )
        return found, at + 2


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame, read. body: a structure of `espi.han.sep1`, or one of those below."""

    cluster: Cluster
    header: Header
    body: Any


@dataclass(frozen=True, slots=True)
class Value:
    """The value of an attribute: its id, its ZCL data type and what it is."""

    attribute: int
    type: int
    value: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an attribute that was to be read or written. value: where it was read."""

    attribute: int
    status: int
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class ReadAttributes:
    """Global 0x00."""

    attributes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReadAttributesResponse:
    """Global 0x01."""

    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class WriteAttributes:
    """Global 0x02."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class ReportAttributes:
    """Global 0x0A."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class DefaultResponse:
    """Global 0x0B: what became of a command."""

    command: Annotated[int, U8]
    status: Annotated[int, U8]


TYPES: dict[int, Kind] = {
    0x10: unsigned(1, 1),
    0x18: U8,
    0x19: U16,
    0x1B: U32,
    0x20: U8,
    0x21: U16,
    0x22: U24,
    0x23: U32,
    0x25: U48,
    0x28: Number(1, -128, 127),
    0x29: Number(2, -32768, 32767),
    0x2B: Number(4, -(1 << 31), (1 << 31) - 1),
    0x30: U8,
    0x31: U16,
    0x41: Octets(),
    0x42: Text(),
    0xE2: Time(),
}
"""ZCL data types: truth values, bitmaps, numbers without and with sign, enumerations, strings and times."""

GLOBALS: dict[int, type[Any]] = {
    0x00: ReadAttributes,
    0x01: ReadAttributesResponse,
    0x02: WriteAttributes,
    0x0A: ReportAttributes,
    0x0B: DefaultResponse,
}
_GLOBAL_IDS = {body: number for number, body in GLOBALS.items()}
_BY_BODY = {command.body: command for command in COMMANDS}
_BY_ID = {(command.cluster, command.from_server, command.id): command for command in COMMANDS}
_ATTRIBUTES = {(each.cluster, each.at_server, each.id): each for each in ATTRIBUTES}


def encode(body: Any, sequence: int, *, quiet: bool = False) -> bytes:
    """The frame of a cluster's command; its direction is the command's. `BadFrame` if a value is out of bounds."""
    command = command_of(body)
    header = Header(CLUSTER, command.from_server, sequence, command.id, quiet)
    return header.write() + fields.write(body)


def encode_global(body: Any, sequence: int, *, from_server: bool, quiet: bool = False) -> bytes:
    """The frame of a command that every cluster has."""
    number = _GLOBAL_IDS.get(type(body))
    if number is None:
        raise BadFrame(f"{type(body).__name__} is no command of every cluster", "frame")
    header = Header(GLOBAL, from_server, sequence, number, quiet)
    return header.write() + _write_global(body)


def decode(cluster: int, data: bytes) -> Frame:
    """What a frame of a cluster says. `BadFrame` says what is wrong, and where, of anything else."""
    try:
        known = Cluster(cluster)
    except ValueError as err:
        raise BadFrame(f"{cluster:#06x} is none of ours", "cluster") from err
    header, at = Header.read(data)
    if header.manufacturer is not None:
        raise BadFrame(f"{header.manufacturer:#06x} has commands of its own, which we do not know", "Header")
    if header.type == GLOBAL:
        return Frame(known, header, _read_global(header.command, data, at))
    command = _BY_ID.get((known, header.from_server, header.command))
    if command is None:
        side = "meter" if header.from_server else "device"
        raise BadFrame(f"a {side} has no command {header.command:#04x} in cluster {cluster:#06x}", "Header.command")
    return Frame(known, header, fields.read(command.body, data, at))


def command_of(body: Any) -> Command:
    """Which command a structure is."""
    found = _BY_BODY.get(type(body))
    if found is None:
        raise BadFrame(f"{type(body).__name__} is no command of a cluster", "frame")
    return found


def attribute(cluster: Cluster, number: int, *, at_server: bool) -> Attribute:
    """What is declared of an attribute; `BadFrame` if that is not ours."""
    found = _ATTRIBUTES.get((cluster, at_server, number))
    if found is None:
        raise BadFrame(f"{number:#06x} is no attribute of cluster {cluster:#06x} that we know", "attribute")
    return found


def value_of(declared: Attribute, value: int) -> Value:
    """A value of an attribute, checked."""
    declared.kind.write(value, declared.name)
    return Value(declared.id, declared.type, value)


def _write_global(body: Any) -> bytes:
    match body:
        case ReadAttributes(attributes):
            return b"".join(U16.write(each, "ReadAttributes.attributes") for each in attributes)
        case ReadAttributesResponse(answers):
            return b"".join(map(_write_answer, answers))
        case WriteAttributes(values) | ReportAttributes(values):
            return b"".join(map(_write_value, values))
        case _:
            return fields.write(body)


def _write_answer(answer: Answer) -> bytes:
    lead = U16.write(answer.attribute, "Answer.attribute") + U8.write(answer.status, "Answer.status")
    if (answer.status == SUCCESS) != (answer.value is not None):
        raise BadFrame("there is a value exactly where the status is 0", "Answer.value")
    if answer.value is None:
        return lead
    if answer.value.attribute != answer.attribute:
        raise BadFrame("the value is of another attribute", "Answer.value")
    return lead + _write_value(answer.value)[2:]


def _write_value(value: Value) -> bytes:
    kind = _kind(value.type)
    lead = U16.write(value.attribute, "Value.attribute") + bytes([value.type])
    return lead + kind.write(value.value, f"attribute {value.attribute:#06x}")


def _read_global(number: int, data: bytes, at: int) -> Any:
    structure = GLOBALS.get(number)
    if structure is None:
        raise BadFrame(f"{number:#04x} is no command of every cluster that we know", "Header.command")
    if structure is DefaultResponse:
        return fields.read(DefaultResponse, data, at)
    found: list[Any] = []
    while at < len(data):
        one, at = _read_item(structure, data, at)
        found.append(one)
    return structure(tuple(found))


def _read_item(structure: type[Any], data: bytes, at: int) -> tuple[Any, int]:
    number, at = U16.read(data, at, f"{structure.__name__}.attribute")
    if structure is ReadAttributes:
        return number, at
    if structure is not ReadAttributesResponse:
        return _read_value(number or 0, data, at)
    status, at = U8.read(data, at, "Answer.status")
    if status != SUCCESS:
        return Answer(number or 0, status or 0), at
    value, at = _read_value(number or 0, data, at)
    return Answer(number or 0, SUCCESS, value), at


def _read_value(number: int, data: bytes, at: int) -> tuple[Value, int]:
    code, at = U8.read(data, at, "Value.type")
    found, at = _kind(code or 0).read(data, at, f"attribute {number:#06x}")
    return Value(number, code or 0, found), at


def _kind(code: int) -> Kind:
    found = TYPES.get(code)
    if found is None:
        raise BadFrame(f"{code!r} is no data type that we know", "Value.type")
    return found
