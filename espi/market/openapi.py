"""The description of the JSON interface (OpenAPI 3.1), made of its operations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from espi import __version__
from espi.market.operation import PREFIX, Operation, Parameter
from espi.market.shapes import Listing, Record, Shape, Text, Whole, records
from espi.web.problem import JSON as PROBLEM

JSON = "application/json"

INTRODUCTION = """\
The JSON side of this Data Custodian: what changed, what happened, what was shared, and readings as plain numbers.
The Green Button resources themselves are Atom, under `/espi/1_1/resource`.

Every call but `/status` and this description needs a bearer token of `/oauth/token`. Which kind of token opens which
operation stands with it. Failures are problem documents (RFC 9457) with the request's id; quote it when
you ask for help. A cursor is given back as it came. Instants are UTC, days are days of the meter's own time zone."""

FAULT = Record(
    "Fault",
    {"where": Text("Where it is: `body.premises[0].esiid`.", most=512), "message": Text("What is wrong.", most=512)},
)
PROBLEM_SHAPE = Record(
    "Problem",
    {
        "type": Text("Always about:blank.", most=32),
        "status": Whole("The status of HTTP.", least=400, most=599),
        "title": Text("What went wrong, in a sentence.", most=2000),
        "code": Text("The same as a word for programs.", most=64),
        "request_id": Text("What to quote when asking for help.", most=64),
        "errors": Listing(FAULT, "What is wrong with what was sent, one by one."),
    },
    may=frozenset({"errors"}),
    doc="What went wrong (RFC 9457).",
)

_RATE = {
    "RateLimit-Limit": "How many calls the present window allows.",
    "RateLimit-Remaining": "How many of them are left.",
    "RateLimit-Reset": "How many seconds the window still runs.",
}
_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {"description": "The request's id.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}},
    "WWW-Authenticate": {"description": "What was wrong with the token (RFC 6750).", "schema": {"type": "string"}},
    **{name: {"description": told, "schema": {"type": "integer", "minimum": 0}} for name, told in _RATE.items()},
}
_TEXT = {"type": "string"}
_OF_STATUS = {401: ["WWW-Authenticate"], 429: ["Retry-After", *_RATE]}


def document(operations: Sequence[Operation], base_url: str) -> dict[str, Any]:
    """The whole description. base_url: what addresses start with."""
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Green Button Data Custodian, market interface",
            "version": __version__,
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_url + PREFIX}],
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in operations)],
        "paths": paths,
        "components": {
            "schemas": _definitions(operations),
            "headers": _HEADERS,
            "responses": {f"Problem{status}": _problem(status) for status in _failures(operations)},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An access token of /oauth/token; with what it is bound to, if it is.",
                }
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.doc,
        "parameters": [_parameter(each) for each in operation.parameters],
        "responses": {
            str(status): _success(operation, operation.answers[status])
            if status in operation.answers
            else {"$ref": f"#/components/responses/Problem{status}"}
            for status in (*operation.statuses, 500)
        },
        "security": [{"token": []}] if operation.action else [],
    }
    if operation.body:
        told["requestBody"] = {
            "required": bool(set(operation.body.members) - operation.body.may),
            "content": {JSON: {"schema": operation.body.schema()}},
        }
    return {name: value for name, value in told.items() if value not in ("", []) or name == "security"}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = parameter.shape.schema()
    doc = schema.pop("description", "")
    if parameter.default is not None:
        schema["default"] = parameter.default
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": doc,
        "schema": schema,
    }


def _success(operation: Operation, shape: Shape) -> dict[str, Any]:
    names = ["X-Request-Id", *(_RATE if operation.action else ())]
    return {
        "description": operation.summary,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {media: {"schema": shape.schema() if media == JSON else _TEXT} for media in operation.media},
    }


def _problem(status: int) -> dict[str, Any]:
    names = ["X-Request-Id", *_OF_STATUS.get(status, ())]
    return {
        "description": HTTPStatus(status).phrase,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {PROBLEM: {"schema": PROBLEM_SHAPE.schema()}},
    }


def _failures(operations: Iterable[Operation]) -> list[int]:
    found = {500, *(status for each in operations for status in each.statuses if status not in each.answers)}
    return sorted(found)


def _definitions(operations: Iterable[Operation]) -> dict[str, Any]:
    shapes: list[Shape] = [PROBLEM_SHAPE]
    for each in operations:
        shapes += [*each.answers.values(), *([each.body] if each.body else [])]
    return {name: shape.definition() for name, shape in sorted(records(shapes).items())}
