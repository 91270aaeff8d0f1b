"""Ways to spoil a good answer, for faults to be put together from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tests.conformance.custodian.exchange import Answer, Request, moved

if TYPE_CHECKING:
    from tests.conformance.custodian.server import Custodian

Spoil = Callable[["Custodian", Request, Answer], Answer]

NO_TOKEN, UNKNOWN = "none", "unknown"


def when(
    spoil: Spoil,
    *,
    method: str = "",
    path: str = "",
    words: str = "",
    lacks: str = "",
    kind: str = "",
    status: int = 0,
) -> Spoil:
    """Spoil only some answers.

    path: a regular expression to be found in the path. words: the same in the query and the body together; lacks: one
    that must not be found there. kind: letters of the tokens that the request may have, or `NO_TOKEN`. status: what the
    good answer has.
    """

    def spoilt(custodian: Custodian, request: Request, found: Answer) -> Answer:
        said = f"{request.query}&{request.body.decode('utf-8', 'replace')}"
        fits = (
            (not method or request.method == method)
            and re.search(path, request.path)
            and re.search(words, said)
            and not (lacks and re.search(lacks, said))
            and (not kind or kind_of(custodian, request) == kind or kind_of(custodian, request) in set(kind))
            and status in {0, found.status}
        )
        return spoil(custodian, request, found) if fits else found

    return spoilt


def kind_of(custodian: Custodian, request: Request) -> str:
    """The letter of a request's token, while it counts."""
    if not request.credentials[1]:
        return NO_TOKEN
    grant = custodian.book.grant_of(request.credentials[1])
    return grant.kind if grant else UNKNOWN


def answers(status: int, text: str = "", **headers: str) -> Spoil:
    """This, whatever the good answer is."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _custodian, _request, _found: Answer(status, text.encode(), named)


def says(error: str, status: int = 400) -> Spoil:
    """An error of the authorization server."""
    return answers(status, json.dumps({"error": error}), Content_Type="application/json", Cache_Control="no-store")


def edits(old: str, new: str, count: int = 0) -> Spoil:
    """Replace a regular expression in the body."""
    form = re.compile(old, re.DOTALL)

    def spoilt(_custodian: Custodian, _request: Request, found: Answer) -> Answer:
        return replace(found, body=form.sub(new, found.text, count=count).encode())

    return spoilt


def drops(name: str, count: int = 0) -> Spoil:
    """Leave out elements of a name."""
    return edits(rf"<(\w+:)?{name}(\s[^>]*)?(/>|>.*?</(\w+:)?{name}>)", "", count)


def members(*dropped: str, **changed: object) -> Spoil:
    """Leave out or set members of the JSON object."""

    def spoilt(_custodian: Custodian, _request: Request, found: Answer) -> Answer:
        kept = {name: value for name, value in json.loads(found.body).items() if name not in dropped}
        return replace(found, body=json.dumps(kept | changed).encode())

    return spoilt


def headers(*dropped: str, **changed: str) -> Spoil:
    """Leave out or set headers."""

    def spoilt(_custodian: Custodian, _request: Request, found: Answer) -> Answer:
        named = {name.replace("_", "-"): value for name, value in changed.items()}
        kept = {name: value for name, value in found.headers.items() if name not in dropped}
        return replace(found, headers=kept | named)

    return spoilt


def redirects(old: str, new: str) -> Spoil:
    """Change where a redirect leads."""

    def spoilt(_custodian: Custodian, _request: Request, found: Answer) -> Answer:
        location = re.sub(old, new, found.headers.get("Location", ""))
        return replace(found, headers=found.headers | {"Location": location})

    return spoilt


def opens(custodian: Custodian, request: Request, _found: Answer) -> Answer:
    """Serve it as if the custodian itself had asked."""
    return custodian.opened(request)


def to_log_in(_custodian: Custodian, _request: Request, _found: Answer) -> Answer:
    """Have the browser log in first, whatever it asks for."""
    return moved("/login")


def asks_without(*names: str, **changed: str) -> Spoil:
    """Serve it as if these parameters of the form or the address had not been there, or had been others."""

    def spoilt(custodian: Custodian, request: Request, _found: Answer) -> Answer:
        kept = {name: value for name, value in request.form.items() if name not in names} | changed
        text = urlencode(kept)
        if request.method == "GET":
            return custodian.good(replace(request, query=text))
        return custodian.good(replace(request, query="", body=text.encode()))

    return spoilt


def both(first: Spoil, second: Spoil) -> Spoil:
    """One after the other."""
    return lambda custodian, request, found: second(custodian, request, first(custodian, request, found))
