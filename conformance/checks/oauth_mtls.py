"""Tokens bound to a client's certificate (RFC 8705), where the metadata announce them and the settings have one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode

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
    got = _asked(server, "token_endpoint", {"grant_type": "client_credentials"})
    token = str(got.json().get("access_token") or "")
    if answered(got).status != 200 or not token:
        raise Skip(f"No token was given to the certificate: {got.status}.")
    facts = _asked(server, "introspection_endpoint", {"token": token}).json()
    if "x5t#S256" not in str(facts.get("cnf", "")):
        raise Omit("The client is not registered for tokens bound to its certificate: introspection shows no x5t#S256.")
    url = f"{server.settings.resource_endpoint}/ReadServiceStatus"
    exchange = _bare(server).send("GET", url, token=token, headers=[("Accept", "application/atom+xml")])
    if not exchange.status:
        return
    remedy = "Compare the certificate of the connection with x5t#S256 of the token."
    yield from status(exchange, REFUSED, "A bound token without its certificate", remedy)


def _asked(server: Server, endpoint: str, form: dict[str, str]) -> Exchange:
    """A request of the client at an endpoint for certificates; the certificate alone proves one without a secret."""
    aliases = announced(server, "mtls_endpoint_aliases")
    settings = server.settings
    pair = (settings.admin_client_id, settings.admin_client_secret)
    user, secret = pair if all(pair) else (settings.client_id, settings.client_secret)
    body = urlencode(form if secret else form | {"client_id": user})
    url = str(aliases.get(endpoint) or announced(server, endpoint))
    return server.http.send("POST", url, basic=(user, secret) if secret else None, headers=[FORM], body=body)


def _bare(server: Server) -> Http:
    """A client that shows no certificate."""
    tls = dataclasses.replace(server.settings.tls, client_certificate="", client_key="")
    return Http(dataclasses.replace(server.settings, tls=tls), server.recorder)
