"""Managing an Authorization with the client token (MGA001 to MGA003): block 44 of today's list, 41 of the older one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.client.server import document
from conformance.suite import Finding, Skip, server_check
from conformance.third_party.consent import own_grant
from conformance.third_party.expect import OK, answered, fault, only, status, texts_of
from conformance.third_party.roads import changed, kept_from

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

WHAT = "the Authorization"
RESTORE = "Keep what was deleted, and take it back from a PUT."


def _saved(server: Server, uri: str) -> Exchange:
    """The authorization as the client token reads it. `Skip` if it cannot be read, as nothing could be put back."""
    exchange = server.get(uri, server.tokens.client().access_token)
    if answered(exchange).status != 200 or document(exchange).broken:
        raise Skip(f"The authorization cannot be read: {exchange.status}.")
    return exchange


@server_check("MGA001")
def authorization_can_be_put_back(server: Server) -> Iterator[Finding]:
    """GET, and PUT of the very body."""
    uri, token = server.tokens.customer().authorizationURI, server.tokens.client().access_token
    saved = _saved(server, uri)
    found = only(saved, "Authorization")
    count = len(texts_of(saved, "Authorization", "authorizedPeriod")) if found else 0
    if count != 1:
        yield fault(f"Expected one authorizedPeriod in the Authorization, and there are {count}. Show one.", saved)
    put = changed(server, "PUT", uri, token, saved.body)
    yield from status(put, OK, f"PUT of {WHAT} with the client token", "Take what was read back unchanged.")


@server_check("MGA002")
def authorization_can_be_deleted_and_restored(server: Server) -> Iterator[Finding]:
    """GET, DELETE, and PUT of what was there, at an authorization of its own."""
    uri, token = own_grant(server).authorizationURI, server.tokens.client().access_token
    saved = _saved(server, uri)
    gone = changed(server, "DELETE", uri, token)
    yield from status(gone, OK, f"DELETE of {WHAT} with the client token", "Answer 200, not 204.")
    back = changed(server, "PUT", uri, token, saved.body)
    yield from status(back, OK, f"PUT of {WHAT} after its DELETE", RESTORE)
    if back.status == 200:
        again = server.get(uri, token)
        yield from status(again, OK, f"GET of {WHAT} after it was put back", RESTORE)


@server_check("MGA003")
def authorization_is_kept_from_others(server: Server) -> Iterator[Finding]:
    """DELETE and PUT with the registration token, a customer's, an empty header; then PUT with the client token."""
    uri, token = server.tokens.customer().authorizationURI, server.tokens.client().access_token
    saved = _saved(server, uri)
    for method in ("DELETE", "PUT"):
        yield from kept_from(server, method, uri, saved.body, ("registration", "customer", "none"), WHAT)
    put = changed(server, "PUT", uri, token, saved.body)
    yield from status(put, OK, f"PUT of {WHAT} with the client token", "Take what was read back unchanged.")
