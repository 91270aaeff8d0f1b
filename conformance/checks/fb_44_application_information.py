"""Managing ApplicationInformation (MGT001 to MGT003): block 41 of today's list, 44 of the older one.

The published scripts contradict their own titles and the standard's table of interfaces: they change with the client
token. Titles and table are kept to: the registration token may, all others get 403.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.client.server import document
from conformance.suite import Finding, Skip, server_check
from conformance.third_party.expect import OK, answered, status
from conformance.third_party.roads import changed, kept_from

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

WHAT = "ApplicationInformation"
RESTORE = "Keep what was deleted, and take it back from a PUT."


def _saved(server: Server) -> tuple[str, str, Exchange]:
    """Where the registration is, its token, and what was read. `Skip` if it cannot be: nothing could be put back."""
    own = server.tokens.registration()
    exchange = server.get(own.resourceURI, own.access_token)
    if answered(exchange).status != 200 or document(exchange).broken:
        raise Skip(f"The registration cannot be read: {exchange.status}.")
    return own.resourceURI, own.access_token, exchange


@server_check("MGT001")
def registration_can_be_put_back(server: Server) -> Iterator[Finding]:
    """GET, and PUT of the very body."""
    uri, token, saved = _saved(server)
    put = changed(server, "PUT", uri, token, saved.body)
    yield from status(put, OK, f"PUT of {WHAT} with the registration token", "Take what was read back unchanged.")


@server_check("MGT002")
def registration_can_be_deleted_and_restored(server: Server) -> Iterator[Finding]:
    """GET, DELETE, and PUT of what was there: all with the registration token."""
    uri, token, saved = _saved(server)
    gone = changed(server, "DELETE", uri, token)
    yield from status(gone, OK, f"DELETE of {WHAT} with the registration token", "Answer 200, not 204.")
    back = changed(server, "PUT", uri, token, saved.body)
    yield from status(back, OK, f"PUT of {WHAT} after its DELETE", RESTORE)
    again = server.get(uri, token)
    yield from status(again, OK, f"GET of {WHAT} after it was put back", RESTORE)
    _forget_what_died(server)


def _forget_what_died(server: Server) -> None:
    """A server may end a customer's grant with the registration: then the checks that follow need a new one."""
    kept = server.tokens.kept()
    if kept is not None and server.get(kept.resourceURI, kept.access_token).status == 401:
        server.tokens.forget()


@server_check("MGT003")
def registration_is_kept_from_others(server: Server) -> Iterator[Finding]:
    """PUT and DELETE with the client token, a customer's, an empty header."""
    uri, _, saved = _saved(server)
    for method in ("PUT", "DELETE"):
        yield from kept_from(server, method, uri, saved.body, ("client", "customer", "none"), WHAT)
