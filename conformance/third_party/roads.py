"""The roads of a third party through a custodian that many checks walk: tokens of each kind, refusals, metadata."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.client.tokens import TokenAnswer
from conformance.suite import Finding, Omit
from conformance.third_party.expect import FORBIDDEN, answered, fault, status

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

NAMES = {
    "registration": "the registration token",
    "client": "the client token",
    "customer": "a customer's token",
    "none": "no token",
}
WELL_KNOWN = "/.well-known/oauth-authorization-server"


def token_of(server: Server, kind: str) -> str | None:
    """The token of a kind of `NAMES`; None for none."""
    if kind == "none":
        return None
    found: TokenAnswer = getattr(server.tokens, kind)()
    return found.access_token


def refused_to(
    server: Server, url: str, kinds: Collection[str], wanted: Collection[int], what: str
) -> Iterator[Finding]:
    """A resource is refused to these kinds of tokens. what: how findings call it."""
    for kind in kinds:
        exchange = server.get(url, token_of(server, kind))
        remedy = f"Refuse {what} to {NAMES[kind]}."
        yield from status(exchange, wanted, f"{what} with {NAMES[kind]}", remedy)


def kept_from(server: Server, method: str, url: str, body: bytes, kinds: Collection[str], what: str) -> list[Finding]:
    """A change is refused with 403 to these kinds of tokens; "none" sends an empty header, as the suite does."""
    found: list[Finding] = []
    for kind in kinds:
        exchange = changed(server, method, url, token_of(server, kind) or "", body)
        remedy = "Answer 403 and change nothing."
        found += status(exchange, FORBIDDEN, f"{method} of {what} with {NAMES[kind]}", remedy)
    return found


def changed(server: Server, method: str, url: str, token: str, body: bytes = b"") -> Exchange:
    """A PUT or DELETE with the headers of the suite; an empty token sends an empty Authorization."""
    headers = [("Accept", "application/atom+xml"), ("Content-Type", "Application/atom+xml")]
    payload = body if method == "PUT" else None
    if token:
        return server.http.send(method, url, token=token, headers=headers, body=payload)
    return server.http.send(method, url, headers=[*headers, ("Authorization", "")], body=payload)


def first_answer(server: Server) -> TokenAnswer:
    """What the first code of the run was exchanged for, whatever came of it since."""
    if "first answer" not in server.memo:
        server.memo["first answer"] = server.tokens.customer()
    kept: TokenAnswer = server.memo["first answer"]
    return kept


@dataclass(frozen=True)
class Metadata:
    """What the authorization server says of itself (RFC 8414): the answer, and the members of its JSON."""

    exchange: Exchange
    members: Mapping[str, Any]


def metadata_of(server: Server) -> Metadata:
    """The metadata; got once, at the settings' address or at the origin of the token endpoint."""
    if "metadata" not in server.memo:
        url = server.settings.metadata_url
        if not url:
            parts = urlsplit(server.endpoint("token"))
            url = f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}"
        exchange = server.http.send("GET", url, headers=[("Accept", "application/json")])
        server.memo["metadata"] = Metadata(exchange, exchange.json() if exchange.status == 200 else {})
    found: Metadata = server.memo["metadata"]
    return found


def announced(server: Server, member: str) -> Any:
    """A member of the metadata.

    Raises:
        Omit: the metadata have no such member, or there are none.
    """
    found = metadata_of(server).members.get(member)
    if found in (None, "", False, []):
        raise Omit(f"The authorization server's metadata do not announce {member}.")
    return found


def opens_no_more(server: Server, url: str, token: str, after: str) -> Iterator[Finding]:
    """A token must not open a resource any more: 401. after: what happened to it."""
    exchange = server.get(url, token)
    if answered(exchange).status != 401:
        told = f"The token after {after}: expected 401, and {exchange.status} came. Refuse it from that moment on."
        yield fault(told, exchange)
