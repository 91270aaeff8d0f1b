"""Shapes of JSON values, declared once: what is sent is read by them, and JSON Schema is made of them.

A shape reads a value and notes every fault that it finds with the place where it is, so that a caller learns all at
once. Text is checked for what no database takes: control characters and halves of surrogate pairs.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from espi.clock import instant_s
from espi.errors import BadInput

MOST_WHOLE: Final = 2**53 - 1
"""The largest whole number that every reader of JSON keeps exactly (RFC 8259, section 6)."""

LINE: Final = r"[^\x00-\x1f\x7f]*"
"""The pattern of a text of one line: what a caller sends may hold no control characters anywhere."""

_WHOLE = re.compile(r"-?(0|[1-9]\d{0,15})", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

_EMAIL = re.compile(r"[^\s@\"<>(),;:\\\[\]]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a value. where: `body.premises[0].esiid`, `query.limit`, `path.id`."""

    where: str
    message: str


Faults = list[Fault]


class Shape(Protocol):
    """What a value must be like."""

    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema (2020-12, as OpenAPI 3.1 has it)."""
        ...

    def read(self, value: Any, where: str, faults: Faults) -> Any:
        """The value, if it has this shape; faults get what is wrong with it."""
        ...


@dataclass(frozen=True)
class Text:
    """A text. pattern: of the whole of it, in words that JSON Schema and Python share.

    form: email, date, date-time or uri. choices: the only ones there are. most: the greatest length in characters.
    """

    doc: str = ""
    least: int = 0
    most: int = 256
    pattern: str = ""
    form: str = ""
    choices: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        """A string."""
        told: dict[str, Any] = {"type": "string"} | _told(self.doc)
        if self.choices:
            return told | {"enum": list(self.choices)}
        if self.form:
            told["format"] = self.form
        if self.form != "date":
            told |= {"minLength": self.least} if self.least else {}
            told["maxLength"] = self.most
        return told | ({"pattern": f"^{self.pattern}$"} if self.pattern else {})

    def read(self, value: Any, where: str, faults: Faults) -> Any:
        """The text."""
        if not isinstance(value, str):
            return _wrong(faults, where, "must be a text")
        complaint = self._complaint(value)
        return _wrong(faults, where, complaint) if complaint else value

    def _complaint(self, value: str) -> str:
        if self.choices:
            return "" if value in self.choices else f"must be one of {', '.join(self.choices)}"
        if not self.least <= len(value) <= self.most:
            return f"must have {self.least} to {self.most} characters"
        if _CONTROLS.search(value):
            return "must not hold control characters"
        if self.pattern and not re.fullmatch(self.pattern, value, re.ASCII):
            return f"must look like {self.pattern}"
        return _FORM_WORDS[self.form] if self.form and not _FORMS[self.form](value) else ""


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    doc: str = ""
    least: int = 0
    most: int = MOST_WHOLE

    def schema(self) -> dict[str, Any]:
        """An integer."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most} | _told(self.doc)

    def read(self, value: Any, where: str, faults: Faults) -> Any:
        """The number; `1.0` is one too, as JSON Schema has it."""
        number = int(value) if isinstance(value, float) and value.is_integer() else value
        if isinstance(number, bool) or not isinstance(number, int):
            return _wrong(faults, where, "must be a whole number")
        if not self.least <= number <= self.most:
            return _wrong(faults, where, f"must be {self.least} to {self.most}")
        return number


@dataclass(frozen=True)
class Truth:
    """True or false."""

    doc: str = ""

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"} | _told(self.doc)

    def read(self, value: Any, where: str, faults: Faults) -> Any:
        """The truth value."""
        return value if isinstance(value, bool) else _wrong(faults, where, "must be true or false")


@dataclass(frozen=True)
class Nullable:
    """A value or null."""

    of: Text | Whole

    def schema(self) -> dict[str, Any]:
        """As the value's, or null."""
        inner = self.of.schema()
        choices = {"enum": [*inner["enum"], None]} if "enum" in inner else {}
        return {**inner, "type": [inner["type"], "null"], **choices}

    def read(self, value: Any, where: str, faults: Faults) -> Any:
        """The value, or None."""
        return None if value is None else self.of.read(value, where, faults)


@dataclass(frozen=True)
class Listing:
    """Values in order."""

    of: Shape
    doc: str = ""
    least: int = 0
    most: int = 0

    def schema(self) -> dict[str, Any]:
        """An array."""
        bounds = {"minItems": self.least, "maxItems": self.most}
        given = {name: bound for name, bound in bounds.items() if bound}
        return {"type": "array", "items": self.of.schema()} | given | _told(self.doc)

    def read(self, value: Any, where: str, faults: Faults) -> Any:
        """The list."""
        if not isinstance(value, list):
            return _wrong(faults, where, "must be a list")
        if len(value) < self.least or (self.most and len(value) > self.most):
            return _wrong(faults, where, f"must have {self.least} to {self.most or 'any number of'} members")
        return [self.of.read(each, f"{where}[{place}]", faults) for place, each in enumerate(value)]


@dataclass(frozen=True)
class Record:
    """An object of these members and no others. name: what the description calls it. may: those that may be absent."""

    name: str
    members: Mapping[str, Shape]
    may: frozenset[str] = frozenset()
    doc: str = ""

    def schema(self) -> dict[str, Any]:
        """A reference to the schema, which is `definition`."""
        return {"$ref": f"#/components/schemas/{self.name}"}

    def definition(self) -> dict[str, Any]:
        """An object."""
        required = [name for name in self.members if name not in self.may]
        return {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in self.members.items()},
            "required": required,
            "additionalProperties": False,
        } | _told(self.doc)

    def read(self, value: Any, where: str, faults: Faults) -> Any:
        """The members that are there."""
        if not isinstance(value, dict):
            return _wrong(faults, where, "must be an object")
        unknown = [name for name in value if name not in self.members]
        faults.extend(Fault(f"{where}.{shown(name)}", "is not known here") for name in unknown)
        faults.extend(
            Fault(f"{where}.{name}", "is missing")
            for name in self.members
            if name not in value and name not in self.may
        )
        return {
            name: shape.read(value[name], f"{where}.{name}", faults)
            for name, shape in self.members.items()
            if name in value
        }


@dataclass(frozen=True)
class Free:
    """An object of whatever is in it; for answers."""

    doc: str = ""
    example: Mapping[str, Any] = field(default_factory=dict)

    def schema(self) -> dict[str, Any]:
        """Any object."""
        return {"type": "object"} | _told(self.doc)

    def read(self, value: Any, where: str, faults: Faults) -> Any:
        """The object."""
        return value if isinstance(value, dict) else _wrong(faults, where, "must be an object")


def parsed(shape: Shape, text: str) -> Any:
    """What a text of an address stands for, to be read by its shape: a whole number where that is asked for."""
    return int(text) if isinstance(shape, Whole) and _WHOLE.fullmatch(text) else text


def records(shapes: Sequence[Shape]) -> dict[str, Record]:
    """Every record that shapes consist of, by its name."""
    found: dict[str, Record] = {}
    for shape in shapes:
        if isinstance(shape, Record):
            found[shape.name] = shape
            found |= records(list(shape.members.values()))
        elif isinstance(shape, Listing):
            found |= records([shape.of])
    return found


def _told(doc: str) -> dict[str, Any]:
    return {"description": doc} if doc else {}


def shown(name: str) -> str:
    """A stranger's name of a member or parameter, fit to be shown."""
    return "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in name[:40])


def _wrong(faults: Faults, where: str, message: str) -> None:
    faults.append(Fault(where, message))


def _is_day(value: str) -> bool:
    try:
        return bool(_DAY.fullmatch(value) and dt.date.fromisoformat(value))
    except ValueError:
        return False


def _is_instant(value: str) -> bool:
    try:
        return instant_s(value) is not None
    except BadInput:
        return False


_FORMS: Mapping[str, Callable[[str], bool]] = {
    "email": lambda text: bool(_EMAIL.fullmatch(text)),
    "date": _is_day,
    "date-time": _is_instant,
}
_FORM_WORDS = {
    "email": "must be a mail address",
    "date": "must be a day such as 2025-06-15",
    "date-time": "must be an instant such as 2025-06-15T12:00:00Z (write + as %2B)",
}
