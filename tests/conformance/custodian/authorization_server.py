"""The played custodian's OAuth: the customer's road in the browser, tokens, withdrawal, registration."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from tests.conformance.custodian import facts
from tests.conformance.custodian.book import Code, Grant
from tests.conformance.custodian.exchange import Answer, Request, members, moved, page, refused

if TYPE_CHECKING:
    from tests.conformance.custodian.server import Custodian

OWN = {facts.UPLOADER: "upload"}
SCOPE_FORM = re.compile(r"FB=\d+(_\d+)*(;[A-Za-z]+=[A-Za-z0-9_-]+)*;?")


def answer(custodian: Custodian, request: Request) -> Answer | None:
    """The answer to a request at one of these addresses; None where it is for somebody else."""
    found = ROADS.get(request.path)
    return found(custodian, request) if found else None


def authorize(custodian: Custodian, request: Request) -> Answer:
    """The authorization endpoint: what is wrong is said before anybody has to log in."""
    asked = dict(request.parameters)
    if asked.get("client_id") != facts.CLIENT:
        return refused(401, "unknown client")
    if asked.get("redirect_uri") != custodian.redirect_uri:
        return refused(403, "unregistered redirect_uri")
    wrong = _wrong_with(asked)
    if wrong:
        return _back(asked, error=wrong)
    if request.session not in custodian.book.sessions:
        return moved(f"/login?next={quote(f'{request.path}?{request.query}', safe='')}")
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in asked.items()
    )
    return page(
        f'<h1>Please Confirm</h1><form method="post" action="/oauth/confirm">{hidden}'
        f'<input type="checkbox" name="usage_point" value="{facts.POINT}" checked>'
        '<button name="answer" value="yes">Authorize</button><button name="answer" value="no">Deny</button></form>'
    )


def confirm(custodian: Custodian, request: Request) -> Answer:
    """What the customer said on the page of consent."""
    asked = request.form
    if request.method != "POST" or request.session not in custodian.book.sessions:
        return refused(403)
    if asked.get("answer") != "yes":
        return _back(asked, error="access_denied")
    has_personal = "_51" in asked["scope"]
    resource = f"/Batch/RetailCustomer/{facts.SUBSCRIPTION}" if has_personal else ""
    grant = custodian.book.add(
        "A", asked["scope"], f"/Batch/Subscription/{facts.SUBSCRIPTION}", customer_resource=resource
    )
    code = secrets.token_urlsafe(18)
    challenge = asked.get("code_challenge", "")
    custodian.book.codes[code] = Code(grant.name, asked["client_id"], asked["redirect_uri"], challenge, time.time())
    return _back(asked, code=code)


def _wrong_with(asked: dict[str, str]) -> str:
    kind = asked.get("response_type")
    if kind != "code":
        return "unsupported_response_type" if kind else "invalid_request"
    return "" if _is_offered(asked.get("scope", "")) else "invalid_scope"


def _is_offered(scope: str) -> bool:
    if not SCOPE_FORM.fullmatch(scope):
        return False
    blocks = scope.partition(";")[0].removeprefix("FB=").split("_")
    return set(blocks) <= set(facts.SCOPE.partition(";")[0].removeprefix("FB=").split("_"))


def _back(asked: dict[str, str], **told: str) -> Answer:
    """To the third party, with the state last."""
    words = urlencode(told) + (f"&state={quote(asked['state'])}" if "state" in asked else "")
    return moved(f"{asked['redirect_uri']}?{words}")


def login(custodian: Custodian, request: Request) -> Answer:
    """The page on which the customer says who he is."""
    onwards = request.form.get("next", "/")
    if request.method == "POST" and (request.form.get("login"), request.form.get("password")) == (
        facts.LOGIN,
        facts.PASSWORD,
    ):
        session = secrets.token_urlsafe(18)
        custodian.book.sessions.add(session)
        return moved(onwards, Set_Cookie=f"session={session}; Path=/; Secure; HttpOnly; SameSite=Lax")
    return page(
        '<form method="post" action="/login"><input name="login"><input name="password" type="password">'
        f'<input type="hidden" name="next" value="{escape(onwards)}"><button>Log in</button></form>'
    )


def select_scope(custodian: Custodian, request: Request) -> Answer:
    """The custodian's page of scopes, and back to the third party with them."""
    if request.session not in custodian.book.sessions:
        return moved(f"/login?next={quote(f'{request.path}?{request.query}', safe='')}")
    return moved(
        f"{custodian.third_party}/ThirdParty/RetailCustomer/ScopeSelection?scope={facts.SCOPE}&DataCustodianID=springfield"
    )


def token(custodian: Custodian, request: Request) -> Answer:
    """The token endpoint. What is asked may stand in the address or in the body."""
    client = _client(request)
    if client is None:
        return _challenge()
    asked = request.form
    give = GRANTS.get(asked.get("grant_type", ""))
    if give is None:
        return _wrong("unsupported_grant_type" if asked.get("grant_type") else "invalid_request")
    if request.method != "POST":
        return _wrong("invalid_request")
    return give(custodian, client, asked)


def _by_code(custodian: Custodian, client: str, asked: dict[str, str]) -> Answer:
    if "code" not in asked or "redirect_uri" not in asked:
        return _wrong("invalid_request")
    book = custodian.book
    found = book.codes.get(asked["code"])
    if found is None or (client, asked["redirect_uri"]) != (found.client, found.redirect_uri):
        return _wrong("invalid_grant")
    if found.challenge and found.challenge != _challenge_of(asked.get("code_verifier", "")):
        return _wrong("invalid_grant")
    if found.is_used and book.manners.code_works_once:
        book.end_tokens(found.grant)
        return _wrong("invalid_grant")
    if time.time() - found.made_s > book.manners.code_lives_s:
        return _wrong("invalid_grant")
    found.is_used = True
    return _with_refresh(custodian, book.grants[found.grant])


def _by_refresh(custodian: Custodian, client: str, asked: dict[str, str]) -> Answer:
    book = custodian.book
    if "refresh_token" not in asked:
        return _wrong("invalid_request")
    grant = book.grants.get(book.refresh.get(asked["refresh_token"], ""))
    if grant is None or client != facts.CLIENT:
        return _wrong("invalid_grant")
    if asked.get("scope", grant.scope) != grant.scope:
        return _wrong("invalid_scope")
    del book.refresh[asked["refresh_token"]]
    if book.manners.refresh_ends_old_token:
        book.end_tokens(grant.name)
    return _with_refresh(custodian, grant)


def _by_client(custodian: Custodian, client: str, asked: dict[str, str]) -> Answer:
    scope = asked.get("scope", "")
    if scope and not re.fullmatch(r"FB=\d+(_\d+)*.*", scope):
        return _wrong("invalid_scope")
    is_registration = client == facts.REGISTRATION or (client == facts.CLIENT and scope == "FB=36_40")
    name = "registration" if is_registration else OWN.get(client, "client")
    return members(_members(custodian, custodian.book.grants[facts.path_id(f"authorization of {name}")]))


GRANTS: dict[str, Callable[[Custodian, str, dict[str, str]], Answer]] = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh,
    "client_credentials": _by_client,
}


def _with_refresh(custodian: Custodian, grant: Grant) -> Answer:
    refresh = secrets.token_urlsafe(24)
    custodian.book.refresh[refresh] = grant.name
    return members(_members(custodian, grant) | {"refresh_token": refresh})


def _members(custodian: Custodian, grant: Grant) -> dict[str, object]:
    found: dict[str, object] = {
        "access_token": custodian.book.issue(grant),
        "token_type": "Bearer",
        "expires_in": custodian.book.manners.token_lives_s,
        "scope": grant.scope,
        "resourceURI": custodian.root + grant.resource,
        "authorizationURI": custodian.root + grant.path,
    }
    if grant.customer_resource:
        found["customerResourceURI"] = custodian.root + grant.customer_resource
    return found


def revoke(custodian: Custodian, request: Request) -> Answer:
    """Withdrawal of a token, and of the authorization with it; a token nobody knows is no error."""
    if _client(request) is None:
        return _challenge()
    text = request.form.get("token", "")
    access = custodian.book.tokens.get(text)
    name = access.grant if access else custodian.book.refresh.get(text, "")
    if name:
        custodian.book.end_tokens(name)
        custodian.book.withdraw(name)
    return Answer(200)


def register(_custodian: Custodian, request: Request) -> Answer:
    """Registration by the third party itself."""
    try:
        asked = dict(json.loads(request.body))
    except ValueError:
        return _wrong("invalid_client_metadata")
    addresses = asked.get("redirect_uris")
    if not addresses or not all(urlsplit(str(each)).scheme == "https" for each in addresses):
        return _wrong("invalid_redirect_uri")
    made = {"client_id": secrets.token_hex(8), "client_secret": secrets.token_urlsafe(24)}
    return members(asked | made | {"client_id_issued_at": int(time.time()), "client_secret_expires_at": 0}, 201)


def _client(request: Request) -> str | None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        client, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return client if scheme.lower() == "basic" and secret and facts.SECRETS.get(client) == secret else None


def _challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _challenge() -> Answer:
    wrong = members({"error": "invalid_client"}, 401)
    wrong.headers["WWW-Authenticate"] = 'Basic realm="espi"'
    return wrong


def _wrong(error: str) -> Answer:
    return members({"error": error, "error_description": "The request cannot be met."}, 400)


ROADS: dict[str, Callable[[Custodian, Request], Answer]] = {
    "/oauth/authorize": authorize,
    "/oauth/confirm": confirm,
    "/login": login,
    "/RetailCustomer/ScopeSelectionList": select_scope,
    "/oauth/token": token,
    "/oauth/revoke": revoke,
    "/oauth/register": register,
}
