"""What a request brings, read as its operation declares: parameters, body, and what the caller takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Request

from espi.errors import EspiError
from espi.market.operation import Invalid, Operation
from espi.market.shapes import Fault, Faults, parsed, shown

JSON, CSV = "application/json", "text/csv"
BODY = "body"


class NotAcceptable(EspiError):
    """The caller takes no JSON."""

    status = 406
    code = "not_acceptable"
    public = "This interface speaks JSON only: send Accept: application/json, or no Accept at all."


class Unsupported(EspiError):
    """The body is no JSON by its own word."""

    status = 415
    code = "unsupported_media_type"
    public = "Send the body as application/json."


def media_of(request: Request, operation: Operation) -> str:
    """Of an operation's types of answers, the one the caller likes best; `NotAcceptable` where it takes none."""
    accepted = request.accept_mimetypes
    if not accepted:
        return operation.media[0]
    best = max(operation.media, key=lambda media: accepted[media])
    if not accepted[best]:
        raise NotAcceptable
    return best


def parameters_of(request: Request, operation: Operation, path: Mapping[str, str], faults: Faults) -> dict[str, Any]:
    """The parameters by name, defaults filled in; faults get what is unknown, repeated or of another shape."""
    declared = {each.name: each for each in operation.parameters}
    sent: dict[str, str] = dict(path)
    for name, values in request.args.lists():
        where = f"query.{name if name in declared else shown(name)}"
        if name not in declared or declared[name].place != "query":
            faults.append(Fault(where, "is not known here"))
        elif len(values) > 1:
            faults.append(Fault(where, "is given more than once"))
        else:
            sent[name] = values[0]
    return {
        name: each.shape.read(parsed(each.shape, sent[name]), f"{each.place}.{name}", faults)
        if name in sent
        else each.default
        for name, each in declared.items()
    }


def body_of(request: Request, operation: Operation, faults: Faults) -> dict[str, Any]:
    """The members of the body; faults get what is wrong with them."""
    if operation.body is None:
        if request.get_data():
            faults.append(Fault(BODY, "is not expected here"))
        return {}
    data = request.get_data()
    if not data and operation.body.may >= set(operation.body.members):
        return {}
    if request.mimetype != JSON:
        raise Unsupported
    try:
        found = operation.body.read(json.loads(data, parse_constant=_refuse), BODY, faults)
    except (ValueError, RecursionError):
        faults.append(Fault(BODY, "is no JSON"))
        return {}
    return found if isinstance(found, dict) else {}


def read(request: Request, operation: Operation, path: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters and body; `Invalid` with everything that is wrong."""
    faults: Faults = []
    given = parameters_of(request, operation, path, faults)
    body = body_of(request, operation, faults)
    if faults:
        raise Invalid(faults)
    return given, body


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
