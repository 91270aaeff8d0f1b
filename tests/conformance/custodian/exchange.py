"""Requests as they came in, and what is answered."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl

ATOM = "application/atom+xml"


@dataclass(frozen=True)
class Request:
    """A request. Names of headers are in small letters."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    certificate: str = ""
    """The fingerprint of the certificate that the client showed."""

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Of the address; a semicolon is a letter like any other."""
        return parse_qsl(self.query, keep_blank_values=True)

    @property
    def form(self) -> dict[str, str]:
        """Of the address and the body together; the body's win."""
        return dict(self.parameters) | dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def bearer(self) -> str:
        """The token, or nothing."""
        return self.credentials[1] if self.credentials[0] == "bearer" else ""

    @property
    def credentials(self) -> tuple[str, str]:
        """The scheme, in small letters, and what follows."""
        scheme, _, given = self.headers.get("authorization", "").partition(" ")
        return scheme.lower(), given.strip()

    @property
    def session(self) -> str:
        """The value of the cookie that says who is logged in."""
        found = SimpleCookie(self.headers.get("cookie", "")).get("session")
        return found.value if found else ""


@dataclass(frozen=True)
class Answer:
    """An answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.body.decode()


def document(text: str, status: int = 200) -> Answer:
    return Answer(status, text.encode(), {"Content-Type": f"{ATOM}; charset=utf-8"})


def page(text: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    usual = {"Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY", "Cache-Control": "no-store"}
    return Answer(200, f"<!doctype html><title>Springfield Power</title>{text}".encode(), usual | named)


def moved(location: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(302, b"", {"Location": location, **named})


def members(content: dict[str, object], status: int = 200) -> Answer:
    """JSON of the authorization server, never kept."""
    headers = {"Content-Type": "application/json;charset=UTF-8", "Cache-Control": "no-store", "Pragma": "no-cache"}
    return Answer(status, json.dumps(content).encode(), headers)


def refused(status: int, text: str = "", *, error: str = "", scheme: str = "Bearer") -> Answer:
    """A refusal of the resource server. error: why, for the challenge."""
    headers = {"Content-Type": "text/plain"}
    if status == 401 or error:
        headers["WWW-Authenticate"] = f'{scheme} realm="espi"' + (f', error="{error}"' if error else "")
    return Answer(status, text.encode(), headers)
