"""The customer's road through the played custodian: authorization, log-in, consent, and back to the third party."""

from __future__ import annotations

import re
import secrets
import time
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from tests.conformance.custodian import facts
from tests.conformance.custodian.book import Code
from tests.conformance.custodian.exchange import Answer, Request, members, moved, page, refused
from tests.conformance.custodian.token_endpoint import challenge, client_of

if TYPE_CHECKING:
    from tests.conformance.custodian.server import Custodian

SCOPE_FORM = re.compile(r"FB=\d+(_\d+)*(;[A-Za-z]+=[A-Za-z0-9_-]+)*;?")
PUSHED_LIVES_S = 60


def authorize(custodian: Custodian, request: Request) -> Answer:
    """The authorization endpoint: what is wrong is said before anybody has to log in."""
    asked = dict(request.parameters)
    if "request_uri" in asked:
        asked = custodian.book.pushed.get(asked["request_uri"], {})
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
    has_personal = "51" in re.split("[_=;]", asked["scope"])
    resource = f"/Batch/RetailCustomer/{facts.SUBSCRIPTION}" if has_personal else ""
    grant = custodian.book.add(
        "A", asked["scope"], f"/Batch/Subscription/{facts.SUBSCRIPTION}", customer_resource=resource
    )
    code = secrets.token_urlsafe(18)
    challenge = asked.get("code_challenge", "")
    custodian.book.codes[code] = Code(grant.name, asked["client_id"], asked["redirect_uri"], challenge, time.time())
    return _back(asked, code=code, iss=custodian.site)


def _wrong_with(asked: dict[str, str]) -> str:
    kind = asked.get("response_type")
    if kind != "code":
        return "unsupported_response_type" if kind else "invalid_request"
    if "code_challenge" in asked and asked.get("code_challenge_method") != "S256":
        return "invalid_request"
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


def push(custodian: Custodian, request: Request) -> Answer:
    """An authorization request that the third party hands over by itself, ahead of the browser."""
    if client_of(custodian, request) is None:
        return challenge()
    name = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(18)}"
    custodian.book.pushed[name] = request.form
    return members({"request_uri": name, "expires_in": PUSHED_LIVES_S}, 201)
