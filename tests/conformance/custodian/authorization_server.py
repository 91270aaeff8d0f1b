"""The played custodian's OAuth: where each request goes, and what is neither consent nor the token endpoint."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.conformance.custodian import consent, facts
from tests.conformance.custodian.exchange import Answer, Request, members
from tests.conformance.custodian.token_endpoint import challenge, client_of, token

if TYPE_CHECKING:
    from tests.conformance.custodian.server import Custodian


def answer(custodian: Custodian, request: Request) -> Answer | None:
    """The answer to a request at one of these addresses; None where it is for somebody else."""
    found = ROADS.get(request.path)
    return found(custodian, request) if found else None


def metadata(custodian: Custodian, _request: Request) -> Answer:
    """What the authorization server says of itself."""
    site = custodian.site
    found: dict[str, object] = {
        "issuer": site,
        "authorization_endpoint": f"{site}/oauth/authorize",
        "token_endpoint": f"{site}/oauth/token",
        "registration_endpoint": f"{site}/oauth/register",
        "revocation_endpoint": f"{site}/oauth/revoke",
        "introspection_endpoint": f"{site}/oauth/introspect",
        "pushed_authorization_request_endpoint": f"{site}/oauth/par",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": True,
        "tls_client_certificate_bound_access_tokens": True,
        "mtls_endpoint_aliases": {"token_endpoint": f"{site}/mtls/token"},
    }
    return members(found)


def introspect(custodian: Custodian, request: Request) -> Answer:
    """What a token is, to a client that proves itself."""
    if client_of(custodian, request) is None:
        return challenge()
    grant = custodian.book.grant_of(request.form.get("token", ""))
    if grant is None or grant.status != 1:
        return members({"active": False})
    found: dict[str, object] = {"active": True, "scope": grant.scope, "client_id": grant.client}
    access = custodian.book.tokens[request.form["token"]]
    return members(found | ({"cnf": {"x5t#S256": access.certificate}} if access.certificate else {}))


def revoke(custodian: Custodian, request: Request) -> Answer:
    """Withdrawal of a token, and of the authorization with it; a token nobody knows is no error."""
    client = client_of(custodian, request)
    book = custodian.book
    if client is None:
        return challenge()
    if client != facts.CLIENT and book.manners.revocation_is_for_one_client:
        return Answer(200)
    text = request.form.get("token", "")
    access = book.tokens.get(text)
    name = access.grant if access else book.refresh.get(text, "")
    works = book.manners.revocation_ends_access if access else book.manners.revocation_ends_refresh
    if name and works:
        book.end_tokens(name)
        book.withdraw(name)
    return Answer(200)


def register(custodian: Custodian, request: Request) -> Answer:
    """Registration by the third party itself."""
    try:
        asked = dict(json.loads(request.body))
    except ValueError:
        return members({"error": "invalid_client_metadata"}, 400)
    addresses = asked.get("redirect_uris")
    if not addresses or not all(_is_good(str(each)) for each in addresses):
        return members({"error": "invalid_redirect_uri"}, 400)
    made = {"client_id": secrets.token_hex(8), "client_secret": secrets.token_urlsafe(24)}
    custodian.book.clients[made["client_id"]] = made["client_secret"]
    return members(asked | made | {"client_id_issued_at": int(time.time()), "client_secret_expires_at": 0}, 201)


def _is_good(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" and not parts.fragment


ROADS: dict[str, Callable[[Custodian, Request], Answer]] = {
    "/.well-known/oauth-authorization-server": metadata,
    "/oauth/authorize": consent.authorize,
    "/oauth/confirm": consent.confirm,
    "/login": consent.login,
    "/RetailCustomer/ScopeSelectionList": consent.select_scope,
    "/oauth/par": consent.push,
    "/oauth/token": token,
    "/mtls/token": token,
    "/oauth/revoke": revoke,
    "/oauth/introspect": introspect,
    "/oauth/register": register,
}
