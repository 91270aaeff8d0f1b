"""The played custodian's token endpoint."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.conformance.custodian import dpop, facts
from tests.conformance.custodian.book import Book, Code, Grant, Manners
from tests.conformance.custodian.exchange import Answer, Request, members

if TYPE_CHECKING:
    from tests.conformance.custodian.server import Custodian

OWN = {facts.UPLOADER: "upload"}


def token(custodian: Custodian, request: Request) -> Answer:
    """The token endpoint. What is asked may stand in the address or in the body."""
    client = client_of(custodian, request)
    if client is None:
        return challenge()
    asked = request.form
    give = GRANTS.get(asked.get("grant_type", ""))
    if give is None:
        return _wrong("unsupported_grant_type" if asked.get("grant_type") else "invalid_request")
    if request.method != "POST":
        return _wrong("invalid_request")
    try:
        key = dpop.key_of(request, f"{custodian.site}{request.path}") if "dpop" in request.headers else ""
    except dpop.Unproven:
        return _wrong("invalid_dpop_proof")
    certificate = request.certificate if request.path.startswith("/mtls/") else ""
    return give(custodian, client, asked | {"": key, "certificate": certificate})


def _by_code(custodian: Custodian, client: str, asked: dict[str, str]) -> Answer:
    if "code" not in asked or "redirect_uri" not in asked:
        return _wrong("invalid_request")
    book = custodian.book
    manners = book.manners
    found = book.codes.get(asked["code"])
    if found is None or asked["redirect_uri"] != found.redirect_uri:
        return _wrong("invalid_grant")
    if (client != found.client and manners.code_is_for_one_client) or not _is_verified(manners, found, asked):
        return _wrong("invalid_grant")
    if time.time() - found.made_s > manners.code_lives_s:
        return _wrong("invalid_grant")
    if _was_used(book, found) and manners.code_works_once:
        if manners.code_reuse_ends_tokens:
            book.end_tokens(found.grant)
        return _wrong("invalid_grant")
    return _with_refresh(custodian, book.grants[found.grant], asked[""])


def _was_used(book: Book, found: Code) -> bool:
    """Whether the code was used before; from now on it was."""
    late_s = book.manners.code_is_marked_after_s
    if late_s:
        was_used = found.is_used
        time.sleep(late_s)
        found.is_used = True
        return was_used
    with book.lock:
        was_used, found.is_used = found.is_used, True
    return was_used


def _is_verified(manners: Manners, found: Code, asked: dict[str, str]) -> bool:
    """Who brings the code is who asked for it."""
    verifier = asked.get("code_verifier", "")
    if not found.challenge:
        return not verifier or not manners.code_refuses_needless_verifier
    if not verifier:
        return not manners.code_needs_verifier
    return found.challenge == _hash_of(verifier) or not manners.code_knows_its_verifier


def _by_refresh(custodian: Custodian, client: str, asked: dict[str, str]) -> Answer:
    book = custodian.book
    if "refresh_token" not in asked:
        return _wrong("invalid_request")
    refresh = asked["refresh_token"]
    grant = book.grants.get(book.refresh.get(refresh, ""))
    if refresh in book.replaced and book.manners.refresh_reuse_ends_tokens:
        book.end_tokens(book.replaced[refresh])
        book.end_refresh(book.replaced[refresh])
    if grant is None or (client != facts.CLIENT and book.manners.refresh_is_for_one_client):
        return _wrong("invalid_grant")
    if asked.get("scope", grant.scope) != grant.scope:
        return _wrong("invalid_scope")
    if book.manners.refresh_replaces_itself:
        book.replaced[refresh] = book.refresh.pop(refresh)
    if book.manners.refresh_ends_old_token:
        book.end_tokens(grant.name)
    return _with_refresh(custodian, grant, asked[""])


def _by_client(custodian: Custodian, client: str, asked: dict[str, str]) -> Answer:
    scope = asked.get("scope", "")
    if scope and not re.fullmatch(r"FB=\d+(_\d+)*.*", scope):
        return _wrong("invalid_scope")
    is_registration = client == facts.REGISTRATION or (client == facts.CLIENT and scope == "FB=36_40")
    name = "registration" if is_registration else OWN.get(client, "client")
    grant = custodian.book.grants[facts.path_id(f"authorization of {name}")]
    return members(_members(custodian, grant, asked[""], asked["certificate"]))


GRANTS: dict[str, Callable[[Custodian, str, dict[str, str]], Answer]] = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh,
    "client_credentials": _by_client,
}


def _with_refresh(custodian: Custodian, grant: Grant, key: str) -> Answer:
    refresh = secrets.token_urlsafe(24)
    custodian.book.refresh[refresh] = grant.name
    return members(_members(custodian, grant, key) | {"refresh_token": refresh})


def _members(custodian: Custodian, grant: Grant, key: str, certificate: str = "") -> dict[str, object]:
    found: dict[str, object] = {
        "access_token": custodian.book.issue(grant, key, certificate),
        "token_type": "DPoP" if key else "Bearer",
        "expires_in": custodian.book.manners.token_lives_s,
        "scope": grant.scope,
        "resourceURI": custodian.root + grant.resource,
        "authorizationURI": custodian.root + grant.path,
    }
    if grant.customer_resource:
        found["customerResourceURI"] = custodian.root + grant.customer_resource
    return found


def client_of(custodian: Custodian, request: Request) -> str | None:
    """Which client proves itself; None if none does."""
    known = facts.SECRETS | custodian.book.clients
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        client, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return client if scheme.lower() == "basic" and secret and known.get(client) == secret else None


def _hash_of(verifier: str) -> str:
    if not verifier:
        return ""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def challenge() -> Answer:
    """Whoever asks has to prove that he is a client."""
    wrong = members({"error": "invalid_client"}, 401)
    wrong.headers["WWW-Authenticate"] = 'Basic realm="espi"'
    return wrong


def _wrong(error: str) -> Answer:
    return members({"error": error, "error_description": "The request cannot be met."}, 400)
