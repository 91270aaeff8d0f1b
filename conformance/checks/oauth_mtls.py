"""Tokens bound to a client's certificate (RFC 8705), where the metadata announce them and the settings have one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.client.exchange import Exchange, Http
from conformance.suite import Finding, Omit, Skip, server_check
from conformance.third_party.expect import REFUSED, answered, status
from conformance.third_party.roads import announced

if TYPE_CHECKING:
    from conformance.client.server import Server

FORM = ("Content-Type", "application/x-www-form-urlencoded")


@server_check("OAU064")
def bound_token_needs_its_certificate(server: Server) -> Iterator[Finding]:
    """The client's token got with the certificate of the settings; then a resource without the certificate."""
    if (
        not announced(server, "tls_client_certificate_bound_access_tokens")
        or not server.settings.tls.client_certificate
    ):
        raise Omit("The settings have no client certificate ([tls] client_certificate).")
    got = _token(server)
    token = str(got.json().get("access_token") or "")
    if answered(got).status != 200 or not token:
        raise Skip(f"No token was given to the certificate: {got.status}.")
    if "x5t#S256" not in str(_facts(server, token).get("cnf", "")):
        raise Omit("The client is not registered for tokens bound to its certificate: introspection shows no x5t#S256.")
    url = f"{server.settings.resource_endpoint}/ReadServiceStatus"
    exchange = _bare(server).send("GET", url, token=token, headers=[("Accept", "application/atom+xml")])
    if not exchange.status:
        return
    remedy = "Compare the certificate of the connection with x5t#S256 of the token."
    yield from status(exchange, REFUSED, "A bound token without its certificate", remedy)


def _token(server: Server) -> Exchange:
    aliases = announced(server, "mtls_endpoint_aliases")
    settings = server.settings
    pair = (settings.admin_client_id, settings.admin_client_secret)
    basic = pair if all(pair) else (settings.client_id, settings.client_secret)
    url = str(aliases.get("token_endpoint") or server.endpoint("token"))
    return server.http.send("POST", url, basic=basic, headers=[FORM], body="grant_type=client_credentials")


def _facts(server: Server, token: str) -> dict[str, object]:
    """What introspection says of a token."""
    settings = server.settings
    url = str(announced(server, "introspection_endpoint"))
    basic = (settings.admin_client_id or settings.client_id, settings.admin_client_secret or settings.client_secret)
    return server.http.send("POST", url, basic=basic, headers=[FORM], body=f"token={token}").json()


def _bare(server: Server) -> Http:
    """A client that shows no certificate."""
    tls = dataclasses.replace(server.settings.tls, client_certificate="", client_key="")
    return Http(dataclasses.replace(server.settings, tls=tls), server.recorder)
