"""Faults of the authorization server: consent, codes, tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from tests.conformance.custodian.aims import AUTHORIZE, CODE, CONFIRM, OWN, REFRESH, REGISTRATION, TOKEN, sent
from tests.conformance.custodian.exchange import Answer, Request, moved
from tests.conformance.custodian.exchange import members as told
from tests.conformance.custodian.faults import Fault, manners
from tests.conformance.custodian.spoiling import (
    Spoil,
    asks_without,
    edits,
    headers,
    members,
    redirects,
    says,
    to_log_in,
    when,
)

if TYPE_CHECKING:
    from tests.conformance.custodian.server import Custodian

GIVEN = {"access_token": "a-token-that-nobody-needs-1", "token_type": "Bearer", "expires_in": 3600}


def badly_proven(credentials: str) -> Spoil:
    """These credentials are answered with 400."""

    def spoilt(custodian: Custodian, request: Request, found: Answer) -> Answer:
        wrong = says("invalid_request")(custodian, request, found)
        return wrong if request.headers.get("authorization", "").strip() == credentials else found

    return spoilt


def wider(custodian: Custodian, request: Request, _found: Answer) -> Answer:
    """Whatever scope a refresh asks for, it gets."""
    good = asks_without("scope")(custodian, request, _found)
    return members(scope=request.form["scope"])(custodian, request, good)


def unproven(custodian: Custodian, request: Request, found: Answer) -> Answer:
    """A bound token needs no proof."""
    access = custodian.book.tokens.get(request.credentials[1])
    return custodian.opened(request) if access and access.key and "dpop" not in request.headers else found


def accepts_more_of_redirects(custodian: Custodian, request: Request, found: Answer) -> Answer:
    """It is enough that a redirect_uri begins like the registered one."""
    asked = dict(parse_qsl(request.query))
    uri = asked.get("redirect_uri", "")
    return moved("/login") if found.status == 403 and uri.startswith(f"{custodian.redirect_uri}/") else found


FAULTS = [
    Fault("OAD001a", "no response_type leads to the log-in", sent(to_log_in, lacks="response_type=|request_uri=")),
    Fault("OAD001b", "no client_id leads to the log-in", sent(to_log_in, lacks="client_id=")),
    Fault(
        "OAD001c",
        "an unknown response_type leads to the log-in",
        sent(to_log_in, words="response_type=bad", lacks="state=a"),
    ),
    Fault("OAD001d", "an unknown client leads to the log-in", sent(to_log_in, words="client_id=invalid")),
    Fault("OAD001e", "any redirect_uri will do", sent(to_log_in, words="redirect_uri=https://services")),
    Fault("OAD001f", "a malformed scope leads to the log-in", sent(to_log_in, words=r"scope=FB=\?")),
    Fault(
        "OAD002",
        "a denial is told by an error of its own",
        when(redirects("access_denied", "no"), path=CONFIRM),
    ),
    Fault("OAD003a", "empty credentials are a bad request", when(badly_proven("Basic"), path=TOKEN)),
    Fault("OAD003b", "malformed credentials are a bad request", when(badly_proven("Basic bad value"), path=TOKEN)),
    Fault(
        "OAD003c",
        "no grant_type is a server's error",
        when(says("server_error", 500), path=TOKEN, words="code=", lacks="grant_type"),
    ),
    Fault(
        "OAD003d",
        "no code is a server's error",
        when(says("invalid_request", 500), path=TOKEN, words=CODE, lacks="[^_]code="),
    ),
    Fault(
        "OAD003e",
        "redirect_uri need not come again",
        when(says("invalid_request", 422), path=TOKEN, words=CODE, lacks="redirect_uri"),
    ),
    Fault(
        "OAD003f",
        "a query behind redirect_uri is a server's error",
        when(says("invalid_grant", 500), path=TOKEN, words="client_id"),
    ),
    Fault(
        "OAD003g",
        "another redirect_uri is refused with 403",
        when(says("invalid_grant", 403), path=TOKEN, words="services"),
    ),
    Fault(
        "OAD003h",
        "an unknown code is not found",
        when(says("invalid_grant", 404), path=TOKEN, words="badauthorizationcode"),
    ),
    Fault(
        "OAD004",
        "a code works twice",
        begins=manners(code_works_once=False),
        also_fails=(
            "OAU015",
            "OAU065",
        ),
    ),
    Fault(
        "OAD005",
        "the answer to a code does not say how long it counts",
        when(members("expires_in"), path=TOKEN, words=CODE, status=200),
        also_fails=("OAU056",),
    ),
    Fault(
        "OAD011a",
        "a refresh without grant_type is unproven",
        when(says("invalid_client", 401), path=TOKEN, words="refresh_token=", lacks="grant_type"),
    ),
    Fault(
        "OAD011b",
        "a refresh of nothing is unproven",
        when(
            says("invalid_request", 401),
            path=TOKEN,
            words=REFRESH,
            lacks="refresh_token=[^&]*&?.*refresh_token=|[&]refresh_token=[^&]",
        ),
    ),
    Fault("OAD011c", "any scope is refreshed", when(asks_without("scope"), path=TOKEN, words="Read(/|%2F)Write")),
    Fault(
        "OAD012",
        "a refresh does not name its scope",
        when(members("scope"), path=TOKEN, words=REFRESH, status=200),
        also_fails=("OAU037",),
    ),
    Fault(
        "OAD014a",
        "no grant_type is unproven",
        when(says("invalid_request", 401), path=TOKEN, words="scope=FB", lacks="grant_type|code=|refresh"),
    ),
    Fault(
        "OAD014b",
        "client_credentials is not registered",
        when(edits("<espi:grant_types>client_credentials</espi:grant_types>", ""), path=REGISTRATION),
    ),
    Fault(
        "OAD015",
        "the client token does not say how long it counts",
        when(members("expires_in"), path=TOKEN, words=OWN, lacks="scope=", status=200),
    ),
    Fault("OAU001", "a state is decoded twice", when(redirects("%2B", "%20"), path=CONFIRM)),
    Fault("OAU002", "a state is decoded twice in errors", when(redirects("%2B", "%20"), path=AUTHORIZE)),
    Fault("OAU003", "the issuer is not named", when(redirects("&iss=[^&]*", ""), path=CONFIRM)),
    Fault("OAU004", "more may follow a redirect_uri", accepts_more_of_redirects),
    Fault(
        "OAU005",
        "tokens are given in addresses",
        sent(
            lambda c, _r, _f: moved(f"{c.redirect_uri}#access_token=t-that-nobody-needs"),
            words="response_type=token",
        ),
    ),
    Fault(
        "OAU006",
        "passwords are taken",
        when(lambda _c, _r, _f: told(dict(GIVEN)), path=TOKEN, words="grant_type=password"),
    ),
    Fault(
        "OAU007",
        "an unknown grant_type is an invalid request",
        when(says("invalid_request"), path=TOKEN, words="unheard_of"),
    ),
    Fault("OAU008", "wrong credentials are not challenged", when(headers("WWW-Authenticate"), path=TOKEN, status=401)),
    Fault(
        "OAU009",
        "an unknown code is an invalid request",
        when(says("invalid_request"), path=TOKEN, words="badauthorizationcode"),
    ),
    Fault(
        "OAU010",
        "a missing grant_type is an unsupported one",
        when(says("unsupported_grant_type"), path=TOKEN, lacks="grant_type", status=400),
    ),
    Fault(
        "OAU011",
        "a malformed scope is an invalid request",
        when(says("invalid_request"), path=TOKEN, words="read(/|%2F)write"),
    ),
    Fault("OAU012", "tokens come as text", when(headers(Content_Type="text/plain"), path=TOKEN)),
    Fault("OAU013", "tokens may be kept by caches", when(headers("Cache-Control"), path=TOKEN, status=200)),
    Fault("OAU014", "old caches are told nothing", when(headers("Pragma"), path=TOKEN, status=200)),
    Fault("OAU015", "tokens outlive the theft of their code", begins=manners(code_reuse_ends_tokens=False)),
    Fault("OAU016", "a code works for any client", begins=manners(code_is_for_one_client=False)),
    Fault("OAU017", "a refresh token works for any client", begins=manners(refresh_is_for_one_client=False)),
    Fault(
        "OAU018",
        "a refresh token that was used works again",
        when(
            lambda c, r, f: (
                told(dict(GIVEN)) if r.form.get("refresh_token") in c.book.replaced and f.status == 400 else f
            ),
            path=TOKEN,
            words=REFRESH,
        ),
        also_fails=("OAU019",),
    ),
    Fault("OAU019", "tokens outlive the theft of their refresh token", begins=manners(refresh_reuse_ends_tokens=False)),
    Fault("OAU020", "a refresh widens the scope", when(wider, path=TOKEN, words="scope=FB(=|%3D)2_")),
    Fault(
        "OAU021",
        "a refresh names another address",
        when(edits(r"(/Authorization/\w+)", r"\1/"), path=TOKEN, words=REFRESH, status=200),
    ),
]
