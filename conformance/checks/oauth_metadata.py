"""What the authorization server says of itself (RFC 8414), and the endpoints for clients with certificates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.suite import Finding, Skip, server_check
from conformance.third_party.expect import OK, answered, fault, status
from conformance.third_party.roads import WELL_KNOWN, announced, metadata_of

if TYPE_CHECKING:
    from conformance.client.server import Server

ENDPOINTS = {
    "authorization_endpoint": "authorizationServerAuthorizationEndpoint",
    "token_endpoint": "authorizationServerTokenEndpoint",
}
NEEDED = {
    "response_types_supported": ("code",),
    "grant_types_supported": ("authorization_code", "refresh_token", "client_credentials"),
    "token_endpoint_auth_methods_supported": ("client_secret_basic",),
}
OF_OPENID = "/.well-known/openid-configuration"
"""Where servers that speak OpenID Connect have the same; behind the issuer's path."""
DEFAULTS = {
    "grant_types_supported": ("authorization_code", "implicit"),
    "token_endpoint_auth_methods_supported": ("client_secret_basic",),
}
"""What counts where a member is left out (RFC 8414 section 2)."""


@server_check("OAU022")
def server_describes_itself(server: Server) -> Iterator[Finding]:
    """The well-known address."""
    exchange = metadata_of(server).exchange
    wrong = list(status(exchange, OK, "The metadata", "Serve them, so that programs need no hand-made settings."))
    yield from wrong
    if not wrong and not exchange.json():
        yield fault("Expected the metadata to be a JSON object, and they are none.", exchange)


@server_check("OAU023", needs=("OAU022",))
def issuer_is_the_address(server: Server) -> Iterator[Finding]:
    """The member issuer, against the address that the metadata came from."""
    told = metadata_of(server)
    issuer = str(announced(server, "issuer"))
    parts = urlsplit(issuer)
    if parts.scheme != "https" or parts.query or parts.fragment:
        yield fault(f"Expected issuer to be an https address without query, and it is {issuer}.", told.exchange)
    wanted = f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}{parts.path.rstrip('/')}"
    if told.exchange.address not in {wanted, f"{issuer.rstrip('/')}{OF_OPENID}"}:
        message = (
            f"The issuer {issuer} has its metadata at {wanted}, and they were asked for at {told.exchange.address}."
        )
        yield fault(f"{message} Make the two agree: clients refuse them otherwise.", told.exchange)


@server_check("OAU024", needs=("OAU022",))
def endpoints_are_those_of_the_registration(server: Server) -> Iterator[Finding]:
    """The metadata beside ApplicationInformation."""
    told = metadata_of(server)
    for member, element in ENDPOINTS.items():
        here, there = told.members.get(member), server.application.get(element, "").strip()
        if here != there:
            message = f"Expected {member} to be {element} of ApplicationInformation, {there}, and it is {here}."
            yield fault(f"{message} Name the same address in both.", told.exchange)


@server_check("OAU025", needs=("OAU022",))
def what_the_standard_needs_is_listed(server: Server) -> Iterator[Finding]:
    """The lists of response types, grant types and ways to prove a client."""
    told = metadata_of(server)
    for member, wanted in NEEDED.items():
        listed = told.members.get(member, DEFAULTS.get(member, ()))
        missing = [value for value in wanted if not isinstance(listed, list | tuple) or value not in listed]
        if missing:
            yield fault(f"Expected {', '.join(missing)} in {member} of the metadata. Add it.", told.exchange)


@server_check("OAU052")
def endpoints_for_certificates_answer(server: Server) -> Iterator[Finding]:
    """Each of mtls_endpoint_aliases, without any credentials: the answer may be any but a fault of the server."""
    aliases = announced(server, "mtls_endpoint_aliases")
    if not isinstance(aliases, dict):
        raise Skip("mtls_endpoint_aliases is no object.")
    for name, url in aliases.items():
        if not str(url).startswith("https://"):
            yield fault(f"Expected {name} of mtls_endpoint_aliases to be https, and it is {url}.")
            continue
        exchange = server.http.send("POST", str(url), body=b"")
        if answered(exchange).status >= 500 or exchange.status == 404:
            yield fault(
                f"{name} of mtls_endpoint_aliases answers {exchange.status}. Serve the endpoint there.", exchange
            )
