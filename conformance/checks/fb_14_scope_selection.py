"""Agreeing on a scope beforehand, on the custodian's page and the third party's (FB_14; deprecated in REQ.21 4.0)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.checks.fb_03_connect_my_data import registration
from conformance.suite import Finding, Omit, Skip, server_check
from conformance.third_party.consent import mind_the_kept_grant
from conformance.third_party.expect import fault, texts_of

if TYPE_CHECKING:
    from conformance.client.listener import Received
    from conformance.client.server import Server


@server_check("BLK014", needs=("FND001",))
def scope_is_agreed_on_first(server: Server) -> Iterator[Finding]:
    """The custodian's page; our page, where it leads with the scopes; the consent that follows; our callback."""
    shown = registration(server)
    page = next(iter(texts_of(shown, "ApplicationInformation", "dataCustodianScopeSelectionScreenURI")), "")
    if not page:
        raise Omit("The registration names no page for scope selection.")
    mark = server.listener.mark()
    visit = server.browser.run("consent", page)
    received = server.listener.wait_for("scope_selection", server.patience_s, since=mark)
    if received is None:
        told = f"Expected {page} to lead to the third party's page with scopes, and the browser did not come there."
        yield fault(f"{told} Redirect to thirdPartyScopeSelectionScreenURI.", *visit.exchanges[-1:])
        return
    yield from _parameters(server, received)
    back = server.listener.wait_for("callback", server.patience_s, since=mark)
    if back is None:
        raise Skip("The browser came to scope selection, and not to the callback after it.")
    mind_the_kept_grant(server)
    if "code" not in back.query:
        yield fault(f"Expected a code after scope selection, and {sorted(back.query)} came.", back.exchange)


def _parameters(server: Server, received: Received) -> Iterator[Finding]:
    """The scopes are registered ones, and the custodian says who he is."""
    shown = registration(server)
    scopes = received.parameters.get("scope", [])
    registered = texts_of(shown, "ApplicationInformation", "scope")
    if not scopes:
        yield fault("Expected scope= at least once at the third party's page, and there is none.", received.exchange)
    for scope in scopes:
        if scope not in registered:
            told = f"Expected a registered scope at the third party's page, and {scope!r} came."
            yield fault(f"{told} Write it as registered, each in a parameter of its own.", received.exchange)
    own = next(iter(texts_of(shown, "ApplicationInformation", "dataCustodianId")), "")
    came = received.query.get("DataCustodianID")
    if came != own:
        yield fault(f"Expected DataCustodianID={own} at the third party's page, and {came!r} came.", received.exchange)
