"""The page about the JSON interface's operations, made from their table."""

from __future__ import annotations

from collections.abc import Iterator

from espi import access
from espi.cli.pages import GENERATED, table
from espi.market.operation import PREFIX, Operation
from espi.market.shapes import Listing, Nullable, Record, Shape, Text, Truth, Whole
from espi.market.table import OPERATIONS

INTRODUCTION = """\
How to call them, with examples, stands in [the guide](api.md); the same as a document for programs is at
`/api/v1/openapi.json`. "Who" is who may ask at all; whose data he gets is the gate's to say ([roles](roles.md))."""


def operations() -> str:
    """Every operation: what it takes, what it gives, who may ask."""
    rows = [(f"[`{one.method} {PREFIX}{one.path}`](#{one.name})", one.summary) for one in OPERATIONS]
    parts = ["# Operations of the JSON interface", GENERATED, INTRODUCTION, table(("call", "what it does"), rows)]
    for one in OPERATIONS:
        parts += _parts(one)
    return "\n\n".join(parts) + "\n"


def _parts(operation: Operation) -> Iterator[str]:
    yield f"## {operation.name}"
    yield f"`{operation.method} {PREFIX}{operation.path}`"
    yield " ".join(filter(None, (operation.summary, operation.doc)))
    yield f"Who: {_who(operation)}."
    if operation.parameters:
        rows = [(f"`{one.name}`", one.place, *_told(one.shape), _default(one.default)) for one in operation.parameters]
        yield table(("parameter", "in", "kind", "meaning", "without it"), rows)
    if operation.body:
        yield "What is sent:"
        yield _members(operation.body)
    for status, shape in operation.answers.items():
        if isinstance(shape, Record):
            yield f"What comes with {status}:"
            yield _members(shape)
    yield f"Else: {', '.join(str(status) for status in operation.statuses if status not in operation.answers)}."


def _who(operation: Operation) -> str:
    if not operation.action:
        return "everybody"
    tokens = {str(kind) for kind in access.TokenKind}
    rules = [rule for rule in access.RULES if rule.action == operation.action]
    named = [rule for rule in rules if rule.proofs & tokens]
    if not named:
        return "; ".join(f"{rule.role} (any token of its own)" for rule in rules)
    return "; ".join(f"{rule.role} ({', '.join(sorted(rule.proofs & tokens))})" for rule in named)


def _default(value: object) -> str:
    return "" if value is None else f"`{value}`"


def _members(record: Record) -> str:
    rows = [(f"`{name}`", *_told(shape), "no" if name in record.may else "yes") for name, shape in _flat(record)]
    return table(("member", "kind", "meaning", "always there"), rows)


def _flat(record: Record, before: str = "") -> Iterator[tuple[str, Shape]]:
    """The members, those of records within them after them."""
    for name, shape in record.members.items():
        yield f"{before}{name}", shape
        inner = shape.of if isinstance(shape, Listing) else shape
        if isinstance(inner, Record):
            yield from _flat(inner, f"{before}{name}{'[]' if isinstance(shape, Listing) else ''}.")


def _told(shape: Shape) -> tuple[str, str]:
    """What kind of value it is, and what it means."""
    if isinstance(shape, Nullable):
        kind, doc = _told(shape.of)
        return f"{kind} or null", doc
    if isinstance(shape, Listing):
        return f"list of {_told(shape.of)[0]}", shape.doc
    if isinstance(shape, Text):
        return ", ".join(f"`{choice}`" for choice in shape.choices) or shape.form or "text", shape.doc
    names = {Whole: "whole number", Truth: "true or false", Record: "object"}
    return names.get(type(shape), "object"), getattr(shape, "doc", "")
