"""Ending tokens: by revocation (RFC 7009), and with the authorization that they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.client.tokens import TokenAnswer
from conformance.suite import Finding, Skip, server_check
from conformance.third_party.consent import own_grant
from conformance.third_party.expect import BAD, OK, UNPROVEN, answered, fault, status
from conformance.third_party.roads import announced, changed, opens_no_more

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

FORM = ("Content-Type", "application/x-www-form-urlencoded")


def revoke(server: Server, token: str, basic: tuple[str, str] | None, hint: str = "access_token") -> Exchange:
    """A revocation request. `Omit` where there is no such endpoint."""
    url = str(announced(server, "revocation_endpoint"))
    server.recorder.mask.learn(token)
    return server.http.send("POST", url, basic=basic, headers=[FORM], body=f"token={token}&token_type_hint={hint}")


def _own(server: Server) -> tuple[str, str]:
    return server.settings.client_id, server.settings.client_secret


@server_check("OAU032")
def revoked_access_token_is_dead(server: Server) -> Iterator[Finding]:
    """A customer's access token, before and after its revocation."""
    grant, exchange = revoked_grant(server)
    yield from status(exchange, OK, "A revocation", "Answer 200.")
    yield from opens_no_more(server, grant.resourceURI, grant.access_token, "its revocation")


def revoked_grant(server: Server) -> tuple[TokenAnswer, Exchange]:
    """A grant whose access token was good and then revoked, and the answer to that; done once in a run."""
    announced(server, "revocation_endpoint")
    if "revoked" not in server.memo:
        grant = own_grant(server)
        before = server.get(grant.resourceURI, grant.access_token)
        if answered(before).status not in {200, 202}:
            raise Skip(f"The token opened nothing even before it was revoked: {before.status}.")
        server.memo["revoked"] = grant, revoke(server, grant.access_token, _own(server))
    found: tuple[TokenAnswer, Exchange] = server.memo["revoked"]
    return found


@server_check("OAU033")
def revoked_refresh_token_takes_its_grant_along(server: Server) -> Iterator[Finding]:
    """A customer's refresh token revoked; then a refresh, and the access token."""
    announced(server, "revocation_endpoint")
    grant = own_grant(server)
    exchange = revoke(server, grant.refresh_token, _own(server), "refresh_token")
    yield from status(exchange, OK, "The revocation of a refresh token", "Answer 200.")
    again = server.tokens.refresh(grant.refresh_token)
    yield from status(again, BAD, "A refresh token after its revocation", "Answer 400, invalid_grant.")
    yield from opens_no_more(server, grant.resourceURI, grant.access_token, "the revocation of its refresh token")


@server_check("OAU034")
def unknown_token_is_no_error(server: Server) -> Iterator[Finding]:
    """The revocation of a token that was never given."""
    exchange = revoke(server, "never-given-to-anybody", _own(server))
    yield from status(exchange, OK, "The revocation of an unknown token", "Answer 200: it is dead, as was asked.")


@server_check("OAU035")
def revocation_wants_a_client(server: Server) -> Iterator[Finding]:
    """A revocation without credentials."""
    exchange = revoke(server, "never-given-to-anybody", None)
    yield from status(exchange, {400, 401}, "A revocation without credentials", "Answer 401, invalid_client.")


@server_check("OAU036")
def tokens_of_others_stay(server: Server) -> Iterator[Finding]:
    """A customer's token, revoked with the credentials of another client."""
    settings = server.settings
    other = (settings.registration_client_id, settings.registration_client_secret)
    if not all(other):
        raise Skip("The settings know of no other client than the one that asks customers.")
    own = server.tokens.customer()
    exchange = answered(revoke(server, own.access_token, other))
    after = server.get(own.resourceURI, own.access_token)
    if answered(after).status == 401:
        server.tokens.forget()
        yield fault("Another client revoked the customer's token. Refuse it, and let the token be.", exchange, after)


@server_check("OAU060")
def deleted_authorization_takes_its_tokens_along(server: Server) -> Iterator[Finding]:
    """A customer's authorization, deleted with the client token; then its access token and its refresh token."""
    grant = own_grant(server)
    exchange = changed(server, "DELETE", grant.authorizationURI, server.tokens.client().access_token)
    if answered(exchange).status not in {200, 202, 204}:
        raise Skip(f"The authorization could not be deleted: {exchange.status}.")
    yield from _ended(server, grant)


def _ended(server: Server, grant: TokenAnswer) -> Iterator[Finding]:
    after = server.get(grant.resourceURI, grant.access_token)
    yield from status(after, UNPROVEN, "The access token of a deleted authorization", "Answer 401, invalid_token.")
    again = server.tokens.refresh(grant.refresh_token)
    yield from status(again, BAD, "The refresh token of a deleted authorization", "Answer 400, invalid_grant.")
