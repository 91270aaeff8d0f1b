"""The inside of the reader: from the events within a resource to its row, as the declarations have it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final

from espi.errors import BadInput
from espi.resources.catalogue import REGISTRY
from espi.resources.declare import Field, Kind, Simple, Struct

MOST_DEPTH: Final = 32
"""How many elements may stand inside each other where nobody knows them."""

_TEXT_LENGTH: Final = 1 << 16
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,30}")
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})*")
_FLOAT: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}
_OLD_NAMES: Final = {"batchItemInfo": "BatchItemInfo"}
"""Elements that ESPI 1.x spelt otherwise, by their present names."""


@dataclass(frozen=True, slots=True, eq=False)
class Child:
    """An element that may come. plan: for its own children; without one, convert makes its value or says why not."""

    name: str
    repeats: bool
    plan: Plan | None
    convert: Callable[[str], Any]


Plan = Mapping[str, Child]
"""Children by `namespace local-name`."""


class ResourceReader:
    """Takes the parser's events from the start of a resource to its end.

    resource: the element's name. row: what has come. report: called with the path of an element and what is wrong.
    done: called at the resource's end.
    """

    __slots__ = ("_child", "_done", "_frames", "_inside", "_plan", "_report", "_text", "resource", "row")

    def __init__(self, resource: str, plan: Plan, report: Callable[[str, str], None], done: Callable[[], None]) -> None:
        self.resource = resource
        self.row: dict[str, Any] = {}
        self._report = report
        self._done = done
        self._frames: list[tuple[str, Plan, dict[str, Any]]] = [(resource, plan, self.row)]
        self._plan: Plan | None = plan
        self._child: Child | None = None
        self._text = ""
        self._inside = 0

    def start(self, name: str, _: object) -> None:
        """An element begins. In one without declared children, and in unknown ones, what begins is only counted."""
        if self._plan is None:
            self._inside += 1
            if self._inside > MOST_DEPTH:
                raise BadInput(f"The document has more than {MOST_DEPTH} unknown elements inside each other.")
            return
        child = self._plan.get(name)
        if child is None or child.plan is None:
            self._plan = None
            self._child = child
            self._text = ""
            return
        row: dict[str, Any] = {}
        self._keep(child, self._frames[-1][2], row)
        self._frames.append((child.name, child.plan, row))
        self._plan = child.plan

    def end(self, _: str) -> None:
        """An element ends."""
        if self._plan is not None:
            self._frames.pop()
            if self._frames:
                self._plan = self._frames[-1][1]
            else:
                self._done()
        elif self._inside:
            self._inside -= 1
        else:
            _, self._plan, row = self._frames[-1]
            child = self._child
            if child is not None:
                self._child = None
                try:
                    self._keep(child, row, child.convert(self._text.strip()))
                except ValueError as err:
                    self._fault(child, str(err))

    def characters(self, text: str) -> None:
        """Text came: of an element that wants it, or none that matters."""
        if self._child is not None and not self._inside:
            if self._text:
                text = self._text + text
                if len(text) > _TEXT_LENGTH:
                    raise BadInput("The document has a text of unusual length.")
            self._text = text

    def _keep(self, child: Child, row: dict[str, Any], value: object) -> None:
        if child.repeats:
            row.setdefault(child.name, []).append(value)
        elif child.name in row:
            self._fault(child, "stands here twice")
        else:
            row[child.name] = value

    def _fault(self, child: Child, reason: str) -> None:
        self._report("/".join([*(name for name, _, _ in self._frames), child.name]), reason)


@cache
def resource_plans() -> Mapping[str, tuple[str, Plan]]:
    """Every declared resource by `namespace local-name`: its element name and its plan."""
    return {
        f"{resource.namespace} {element}": (element, _plan(resource.struct)) for element, resource in REGISTRY.items()
    }


def _plan(struct: Struct) -> Plan:
    plan = {}
    for field in struct.fields:
        child = _child(field)
        plan[f"{struct.namespace} {field.name}"] = child
        if field.name in _OLD_NAMES:
            plan[f"{struct.namespace} {_OLD_NAMES[field.name]}"] = child
    return plan


def _child(field: Field) -> Child:
    if isinstance(field.type, Struct):
        return Child(field.name, field.repeats, _plan(field.type), str)
    return Child(field.name, field.repeats, None, _CONVERTERS[field.type.kind](field.type))


Convert = Callable[[str], Any]


def _integer(type_: Simple) -> Convert:
    low = -(10**30) if type_.low is None else type_.low
    high = 10**30 if type_.high is None else type_.high

    def convert(text: str) -> int:
        if not (text.isdigit() and text.isascii() and len(text) <= 30) and not _INTEGER.fullmatch(text):
            raise ValueError("is not a whole number")
        number = int(text)
        if not low <= number <= high:
            raise ValueError(f"is not between {low} and {high}")
        return number

    return convert


def _text(type_: Simple) -> Convert:
    def convert(text: str) -> str:
        if type_.max_length is not None and len(text) > type_.max_length:
            raise ValueError(f"is longer than {type_.max_length} characters")
        return text

    return convert


def _hex(type_: Simple) -> Convert:
    def convert(text: str) -> str:
        if not _HEX.fullmatch(text):
            raise ValueError("is not an even number of hexadecimal digits")
        if type_.max_length is not None and len(text) > 2 * type_.max_length:
            raise ValueError(f"is longer than {type_.max_length} octets")
        return text

    return convert


def _boolean(_: Simple) -> Convert:
    def convert(text: str) -> bool:
        if text not in _TRUTH:
            raise ValueError("is neither true nor false")
        return _TRUTH[text]

    return convert


def _decimal(_: Simple) -> Convert:
    def convert(text: str) -> Decimal:
        if not _FLOAT.fullmatch(text):
            raise ValueError("is not a number")
        return Decimal(text)

    return convert


_CONVERTERS: Final[Mapping[Kind, Callable[[Simple], Convert]]] = {
    Kind.INTEGER: _integer,
    Kind.TEXT: _text,
    Kind.URI: _text,
    Kind.ANY: _text,
    Kind.HEX: _hex,
    Kind.BOOLEAN: _boolean,
    Kind.DECIMAL: _decimal,
}
