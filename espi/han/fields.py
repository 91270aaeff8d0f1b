"""The small language that frames are declared in: kinds of fields, and structures of them to bytes and back.

A structure is a dataclass whose fields are `Annotated` with their kind, in the order of their bytes. The same bounds
hold in both directions, so what can be read can be written again, byte for byte. Whole numbers are little-endian.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard

from espi.errors import BadInput

EPOCH_2000_S = 946_684_800
"""2000-01-01T00:00:00Z, from which a UTCTime counts."""

NOW = 0
"""As a time: at once."""


class BadFrame(BadInput):
    """Bytes that are no frame of ours, or values that none can hold. what: the matter. where: the field or the byte."""

    code = "bad_frame"

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{where}: {what}.")
        self.what = what
        self.where = where


def is_whole(value: Any) -> TypeGuard[int]:
    """Whether a value is a whole number, and none of the two truths."""
    return isinstance(value, int) and not isinstance(value, bool)


class Kind(Protocol):
    """What a field may hold, as bytes."""

    def write(self, value: Any, where: str) -> bytes:
        """The bytes of a value; `BadFrame` if it is out of bounds."""
        ...

    def read(self, data: bytes, at: int, where: str) -> tuple[Any, int]:
        """The value whose bytes begin at a place, and the place after them; `BadFrame` if there is none."""
        ...


@dataclass(frozen=True)
class Number:
    """A whole number of `size` bytes within bounds. unused: the number that says that there is none (None in Python).

    among: the only numbers that have a meaning; any within bounds where there are none.
    """

    size: int
    least: int
    most: int
    unused: int | None = None
    among: frozenset[int] = frozenset()

    def write(self, value: Any, where: str) -> bytes:
        """As `Kind` has it."""
        if value is None and self.unused is not None:
            return self._bytes(self.unused)
        if not is_whole(value):
            raise BadFrame(f"{value!r} is no whole number", where)
        self._check(value, where)
        return self._bytes(value)

    def read(self, data: bytes, at: int, where: str) -> tuple[int | None, int]:
        """As `Kind` has it."""
        end = at + self.size
        if end > len(data):
            raise BadFrame(f"{self.size} bytes are wanted at byte {at}, and the frame has {len(data)}", where)
        value = int.from_bytes(data[at:end], "little", signed=self.least < 0)
        if value == self.unused:
            return None, end
        self._check(value, where)
        return value, end

    def _bytes(self, value: int) -> bytes:
        return value.to_bytes(self.size, "little", signed=self.least < 0)

    def _check(self, value: int, where: str) -> None:
        if not self.least <= value <= self.most:
            raise BadFrame(f"{value} is not from {self.least} to {self.most}", where)
        if self.among and value not in self.among:
            raise BadFrame(f"{value} has no meaning", where)


def unsigned(size: int, most: int | None = None, *, least: int = 0, unused: int | None = None) -> Number:
    """A number without sign; up to what the bytes hold, where nothing is said."""
    return Number(size, least, (1 << 8 * size) - 1 if most is None else most, unused)


U8, U16, U24, U32, U48 = (unsigned(size) for size in (1, 2, 3, 4, 6))


@dataclass(frozen=True)
class Bitmap:
    """A set of bits, as a number. known: the bits that have a meaning; no other may be set."""

    size: int
    known: int

    def write(self, value: Any, where: str) -> bytes:
        """As `Kind` has it."""
        if not is_whole(value) or value < 0:
            raise BadFrame(f"{value!r} is no set of bits", where)
        self._check(value, where)
        return value.to_bytes(self.size, "little")

    def read(self, data: bytes, at: int, where: str) -> tuple[int, int]:
        """As `Kind` has it."""
        value, end = unsigned(self.size).read(data, at, where)
        self._check(value or 0, where)
        return value or 0, end

    def _check(self, value: int, where: str) -> None:
        if value & ~self.known:
            raise BadFrame(f"the bits {value & ~self.known:#x} have no meaning", where)


@dataclass(frozen=True)
class Time:
    """A UTCTime, as epoch seconds; `NOW` is 0 on both sides. The number of ones alone is no time."""

    def write(self, value: Any, where: str) -> bytes:
        """As `Kind` has it."""
        if not is_whole(value):
            raise BadFrame(f"{value!r} is no whole number of seconds", where)
        seconds = value if value == NOW else value - EPOCH_2000_S
        if value != NOW and not 0 < seconds < 0xFFFFFFFF:
            raise BadFrame(f"{value} is no second from the year 2000 to 2136", where)
        return seconds.to_bytes(4, "little")

    def read(self, data: bytes, at: int, where: str) -> tuple[int, int]:
        """As `Kind` has it."""
        seconds, end = unsigned(4, 0xFFFFFFFE).read(data, at, where)
        return (seconds + EPOCH_2000_S if seconds else NOW), end


@dataclass(frozen=True)
class Octets:
    """An octet string: a byte that says how many follow. Length 255 means that there is none, which we have not."""

    most: int = 254

    def write(self, value: Any, where: str) -> bytes:
        """As `Kind` has it."""
        if not isinstance(value, bytes):
            raise BadFrame(f"{value!r} is no string of bytes", where)
        if len(value) > self.most:
            raise BadFrame(f"it has {len(value)} bytes and may have {self.most}", where)
        return bytes([len(value)]) + value

    def read(self, data: bytes, at: int, where: str) -> tuple[bytes, int]:
        """As `Kind` has it."""
        if at >= len(data):
            raise BadFrame(f"its length is wanted at byte {at}, and the frame has {len(data)}", where)
        length = data[at]
        if length > self.most:
            raise BadFrame(f"it has {length} bytes and may have {self.most}", where)
        end = at + 1 + length
        if end > len(data):
            raise BadFrame(f"{length} bytes are wanted at byte {at + 1}, and the frame has {len(data)}", where)
        return data[at + 1 : end], end


@dataclass(frozen=True)
class Text:
    """A character string: a byte that says how many bytes of UTF-8 follow. most: of these, not of characters."""

    most: int = 254

    def write(self, value: Any, where: str) -> bytes:
        """As `Kind` has it."""
        if not isinstance(value, str):
            raise BadFrame(f"{value!r} is no text", where)
        try:
            return Octets(self.most).write(value.encode(), where)
        except UnicodeEncodeError as err:
            raise BadFrame(f"character {err.start} cannot be written as UTF-8", where) from err

    def read(self, data: bytes, at: int, where: str) -> tuple[str, int]:
        """As `Kind` has it."""
        found, end = Octets(self.most).read(data, at, where)
        try:
            return found.decode(), end
        except UnicodeDecodeError as err:
            raise BadFrame(f"byte {at + 1 + err.start} is no UTF-8", where) from err


@dataclass(frozen=True)
class Fixed:
    """Exactly so many bytes."""

    size: int

    def write(self, value: Any, where: str) -> bytes:
        """As `Kind` has it."""
        if not isinstance(value, bytes) or len(value) != self.size:
            raise BadFrame(f"exactly {self.size} bytes are wanted", where)
        return value

    def read(self, data: bytes, at: int, where: str) -> tuple[bytes, int]:
        """As `Kind` has it."""
        end = at + self.size
        if end > len(data):
            raise BadFrame(f"{self.size} bytes are wanted at byte {at}, and the frame has {len(data)}", where)
        return data[at:end], end


@dataclass(frozen=True)
class Part:
    """Some bits of a byte that several fields share: they stand one after the other, the last one `ends` it.

    A part of one bit is true or false. Bits that no part has are 0.
    """

    shift: int
    width: int
    most: int | None = None
    ends: bool = False

    @property
    def greatest(self) -> int:
        """The greatest number that it may hold."""
        return (1 << self.width) - 1 if self.most is None else self.most


@dataclass(frozen=True)
class Tail:
    """A field that may be missing at the end (None), and then all after it are."""

    kind: Kind


class _Step(Protocol):
    """One or several fields that lie together."""

    names: tuple[str, ...]
    may_lack: bool

    def write(self, values: tuple[Any, ...]) -> bytes: ...

    def read(self, data: bytes, at: int, into: list[Any]) -> int: ...


class _Single:
    def __init__(self, name: str, kind: Kind, *, may_lack: bool, where: str) -> None:
        self.names: tuple[str, ...] = (name,)
        self.may_lack = may_lack
        self._kind = kind
        self._where = f"{where}.{name}"

    def write(self, values: tuple[Any, ...]) -> bytes:
        return self._kind.write(values[0], self._where)

    def read(self, data: bytes, at: int, into: list[Any]) -> int:
        value, end = self._kind.read(data, at, self._where)
        into.append(value)
        return end


class _Shared:
    may_lack = False

    def __init__(self, parts: list[tuple[str, Part]], where: str) -> None:
        self.names = tuple(name for name, _ in parts)
        self._parts = [part for _, part in parts]
        self._where = where
        known = sum(((1 << part.width) - 1) << part.shift for part in self._parts)
        self._byte = Bitmap(1, known)

    def write(self, values: tuple[Any, ...]) -> bytes:
        byte = 0
        for name, part, value in zip(self.names, self._parts, values, strict=True):
            self._check(name, part, value)
            byte |= int(value) << part.shift
        return bytes([byte])

    def read(self, data: bytes, at: int, into: list[Any]) -> int:
        byte, end = self._byte.read(data, at, f"{self._where}.{self.names[0]}")
        for name, part in zip(self.names, self._parts, strict=True):
            value = byte >> part.shift & (1 << part.width) - 1
            into.append(bool(value) if part.width == 1 else value)
            self._check(name, part, into[-1])
        return end

    def _check(self, name: str, part: Part, value: Any) -> None:
        single = part.width == 1
        fits = isinstance(value, bool) if single else is_whole(value)
        if not fits or not 0 <= value <= part.greatest:
            shown = "true or false" if single else f"from 0 to {part.greatest}"
            raise BadFrame(f"{value!r} is not {shown}", f"{self._where}.{name}")


def write(body: Any) -> bytes:
    """The bytes of a structure; `BadFrame` if a value of it is out of bounds."""
    found = []
    lacking = ""
    for step in _steps(type(body)):
        values = tuple(getattr(body, name) for name in step.names)
        if step.may_lack and values[0] is None:
            lacking = lacking or step.names[0]
            continue
        if lacking:
            raise BadFrame(f"it cannot be there without {lacking}", f"{type(body).__name__}.{step.names[0]}")
        found.append(step.write(values))
    return b"".join(found)


def read(structure: type[Any], data: bytes, at: int = 0) -> Any:
    """The structure that bytes hold from a place to their end; `BadFrame` if they are too few, too many or wrong."""
    values: list[Any] = []
    for step in _steps(structure):
        if step.may_lack and at == len(data):
            values.append(None)
            continue
        at = step.read(data, at, values)
    if at != len(data):
        raise BadFrame(f"{len(data) - at} bytes too many from byte {at} on", structure.__name__)
    return structure(*values)


def _steps(structure: type[Any]) -> tuple[_Step, ...]:
    found = _KNOWN.get(structure)
    if found is None:
        found = _KNOWN[structure] = tuple(_declared(structure))
    return found


def _declared(structure: type[Any]) -> Iterable[_Step]:
    hints = typing.get_type_hints(structure, include_extras=True)
    named = [(field.name, hints[field.name].__metadata__[0]) for field in dataclasses.fields(structure)]
    return _grouped(named, structure.__name__)


def _grouped(named: Iterable[tuple[str, Any]], where: str) -> Iterable[_Step]:
    parts: list[tuple[str, Part]] = []
    for name, kind in named:
        if isinstance(kind, Part):
            parts.append((name, kind))
            if kind.ends:
                yield _Shared(parts, where)
                parts = []
        elif isinstance(kind, Tail):
            yield _Single(name, kind.kind, may_lack=True, where=where)
        else:
            yield _Single(name, kind, may_lack=False, where=where)


_KNOWN: dict[type[Any], tuple[_Step, ...]] = {}
