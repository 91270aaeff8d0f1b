"""Faults of the authorization server: consent, codes, tokens, and what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from tests.conformance.custodian.exchange import Answer, Request, moved
from tests.conformance.custodian.exchange import members as told
from tests.conformance.custodian.faults import Fault, manners
from tests.conformance.custodian.spoiling import (
    Spoil,
    answers,
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

AUTHORIZE, TOKEN, CONFIRM = "^/oauth/authorize$", "^/oauth/token$", "^/oauth/confirm$"
METADATA = "^/.well-known/"
REVOKE, INTROSPECT, REGISTER, PUSH = "^/oauth/revoke$", "^/oauth/introspect$", "^/oauth/register$", "^/oauth/par$"
REGISTRATION = "/ApplicationInformation/"
RECORD = "/Authorization/[0-9a-f]+$"
CODE, REFRESH, OWN = "grant_type=authorization_code", "grant_type=refresh_token", "grant_type=client_credentials"
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


def by_get(custodian: Custodian, request: Request, found: Answer) -> Answer:
    """A token for a GET."""
    return custodian.good(replace(request, method="POST")) if request.method == "GET" else found


def without_credentials(custodian: Custodian, request: Request, found: Answer) -> Answer:
    """Who proves nothing is served all the same."""
    return Answer(200) if "authorization" not in request.headers else found


def active_for_all(_custodian: Custodian, request: Request, found: Answer) -> Answer:
    """Introspection for everybody."""
    return told({"active": False}) if "authorization" not in request.headers else found


def active_for_ever(custodian: Custodian, request: Request, found: Answer) -> Answer:
    """What was given once counts as active."""
    access = custodian.book.tokens.get(request.form.get("token", ""))
    return told({"active": True, "scope": custodian.book.grants[access.grant].scope}) if access else found


def unproven(custodian: Custodian, request: Request, found: Answer) -> Answer:
    """A bound token needs no proof."""
    access = custodian.book.tokens.get(request.credentials[1])
    return custodian.opened(request) if access and access.key and "dpop" not in request.headers else found


def accepts_more_of_redirects(custodian: Custodian, request: Request, found: Answer) -> Answer:
    """It is enough that a redirect_uri begins like the registered one."""
    asked = dict(parse_qsl(request.query))
    uri = asked.get("redirect_uri", "")
    return moved("/login") if found.status == 403 and uri.startswith(f"{custodian.redirect_uri}/") else found


def only_own_words(custodian: Custodian, request: Request, found: Answer) -> Answer:
    """Parameters count in the body alone."""
    return custodian.good(replace(request, query="")) if request.method == "POST" and request.query else found


def only_the_address(custodian: Custodian, request: Request, found: Answer) -> Answer:
    """Parameters count in the address alone."""
    return custodian.good(replace(request, body=b"")) if request.body else found


def unbound(custodian: Custodian, request: Request, found: Answer) -> Answer:
    """Nobody looks at the certificate of a connection."""
    access = custodian.book.tokens.get(request.credentials[1])
    return custodian.opened(request) if access and access.certificate else found


def forgotten(custodian: Custodian, _request: Request, found: Answer) -> Answer:
    """Who has just registered is forgotten."""
    custodian.book.clients.clear()
    return found


def state_in_front(_custodian: Custodian, _request: Request, found: Answer) -> Answer:
    """The state comes before the code."""
    address, _, query = found.headers.get("Location", "").partition("?")
    return moved(f"{address}?{urlencode(sorted(parse_qsl(query), reverse=True))}") if query else found


def sent(spoil: Spoil, *, words: str = "", lacks: str = "") -> Spoil:
    """Spoil the answers to some authorization requests."""
    return when(spoil, method="GET", path=AUTHORIZE, words=words, lacks=lacks)


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
    Fault(
        "OAU022",
        "the server says nothing of itself",
        when(answers(404), path=METADATA),
        also_fails=("OAU023", "OAU024", "OAU025"),
    ),
    Fault(
        "OAU023",
        "the issuer is somebody else",
        when(members(issuer="https://issuer.example"), path=METADATA),
        also_fails=("OAU003",),
    ),
    Fault(
        "OAU024",
        "the token endpoint is elsewhere",
        when(edits('/oauth/token"', '/oauth/tokens"'), path=METADATA),
    ),
    Fault(
        "OAU025",
        "how clients prove themselves is not told",
        when(members(token_endpoint_auth_methods_supported=["private_key_jwt"]), path=METADATA),
    ),
    Fault("OAU026", "a code needs no verifier", begins=manners(code_needs_verifier=False)),
    Fault("OAU027", "any verifier will do", begins=manners(code_knows_its_verifier=False)),
    Fault("OAU028", "no verifier will do", when(says("invalid_grant"), path=TOKEN, words="code_verifier=", status=200)),
    Fault("OAU029", "a challenge may be the verifier itself", sent(to_log_in, words="code_challenge_method=plain")),
    Fault(
        "OAU030", "a verifier without a challenge is overlooked", begins=manners(code_refuses_needless_verifier=False)
    ),
    Fault(
        "OAU031",
        "who lacks a challenge is told that he has no right",
        sent(
            lambda c, _r, _f: moved(f"{c.redirect_uri}?error=unauthorized_client&state=x"),
            lacks="code_challenge=",
        ),
        also_fails=("OAU030",),
    ),
    Fault(
        "OAU032",
        "a revoked access token lives on",
        begins=manners(revocation_ends_access=False),
        also_fails=("OAU040",),
    ),
    Fault("OAU033", "a revoked refresh token lives on", begins=manners(revocation_ends_refresh=False)),
    Fault(
        "OAU034", "an unknown token cannot be revoked", when(says("invalid_request"), path=REVOKE, words="never-given")
    ),
    Fault("OAU035", "anybody may revoke", when(without_credentials, path=REVOKE)),
    Fault("OAU036", "any client may revoke any token", begins=manners(revocation_is_for_one_client=False)),
    Fault(
        "OAU037",
        "a good token is not known",
        when(members("scope", active=False), path=INTROSPECT, status=200, lacks="never-given"),
    ),
    Fault(
        "OAU038",
        "an unknown token counts as active",
        when(members(active=True), path=INTROSPECT, words="never-given", status=200),
        also_fails=("OAU070",),
    ),
    Fault(
        "OAU070",
        "more is told of unknown tokens",
        when(members(reason="unknown"), path=INTROSPECT, words="never-given"),
    ),
    Fault("OAU039", "anybody may ask what a token is", when(active_for_all, path=INTROSPECT)),
    Fault("OAU040", "a revoked token counts as active", when(active_for_ever, path=INTROSPECT)),
    Fault("OAU045", "a GET gives tokens", when(by_get, path=TOKEN, method="GET")),
    Fault("OAU046", "parameters in the address do not count", when(only_own_words, path=TOKEN)),
    Fault(
        "OAU047",
        "a bound token calls itself a bearer's",
        when(
            lambda c, r, f: members(token_type="Bearer")(c, r, f) if "dpop" in r.headers else f, path=TOKEN, status=200
        ),
        also_fails=("OAU048", "OAU049", "OAU050", "OAU051"),
    ),
    Fault(
        "OAU048",
        "proofs are not understood",
        when(lambda _c, r, f: Answer(401) if "dpop" in r.headers else f, path="/resource/"),
        also_fails=("OAU049", "OAU050", "OAU051"),
    ),
    Fault("OAU049", "a bound token needs no proof", unproven),
    Fault("OAU050", "a proof counts for any request", begins=manners(proofs_are_for_one_request=False)),
    Fault("OAU051", "a proof counts twice", begins=manners(proofs_count_once=False)),
    Fault(
        "OAU052",
        "clients with certificates find nothing",
        when(
            edits(
                '"mtls_endpoint_aliases": {"token_endpoint": "([^"]*)"',
                r'"mtls_endpoint_aliases": {"token_endpoint": "\1/mtls"',
            ),
            path=METADATA,
        ),
    ),
    Fault("OAU053", "a pushed request gets no name", when(members("request_uri"), path=PUSH, status=201)),
    Fault("OAU054", "any request_uri will do", sent(to_log_in, words="request_uri=")),
    Fault("OAU055", "pages may be framed", headers("X-Frame-Options")),
    Fault("OAU056", "tokens count for a day", begins=manners(token_lives_s=86_400)),
    Fault(
        "OAU057",
        "any redirect address is registered",
        when(
            lambda _c, _r, _f: told({"client_id": "x1", "client_secret": "y1"}, 201),
            path=REGISTER,
            words="redirect_uris",
            lacks='"redirect_uris": \\["https://(localhost|127)[^"#]*"',
        ),
    ),
    Fault(
        "OAU058",
        "the registration token has a refresh token",
        when(members(refresh_token="r-that-nobody-needs"), path=TOKEN, words="36_40", status=200),
    ),
    Fault("OAU059", "the state stands before the code", when(state_in_front, path=CONFIRM)),
    Fault("OAU064", "a token bound to a certificate counts without it", unbound),
    Fault("OAU065", "a code is marked too late", begins=manners(code_is_marked_after_s=0.15)),
    Fault(
        "OAU066",
        "an authorization does not show when its token ends",
        when(edits(r"(<espi:expires_at>)\d+", r"\g<1>1709308800"), path=RECORD),
    ),
    Fault(
        "OAU068",
        "capitals are not understood",
        lambda _c, r, f: Answer(401) if r.headers.get("authorization", "").startswith("BEARER") else f,
    ),
    Fault("OAU061", "a new client is not known", when(forgotten, path=REGISTER)),
    Fault(
        "OAU063",
        "parameters in the body do not count",
        when(only_the_address, path=TOKEN),
        settings={"parameters_in_query": True},
    ),
    Fault(
        "REG002",
        "words are registered",
        when(lambda _c, _r, _f: told({"client_id": "x1"}, 201), path=REGISTER, words="This is no JSON"),
    ),
    Fault(
        "REG003",
        "what lacks addresses is registered",
        when(
            lambda _c, _r, _f: told({"client_id": "x1"}, 201), path=REGISTER, words="client_name", lacks="redirect_uris"
        ),
    ),
    Fault(
        "SCP001",
        "a granted scope has blanks",
        when(edits(";Interval", "; Interval"), path=TOKEN, words=CODE, status=200),
        also_fails=("SCP005",),
    ),
    Fault(
        "SCP002",
        "more is granted than was asked for",
        when(edits('"FB=1_', '"FB=1_2_'), path=TOKEN, words=CODE, status=200),
        also_fails=("SCP005",),
    ),
    Fault(
        "SCP003",
        "a registered scope has no blocks",
        when(edits("<espi:scope>FB=", "<espi:scope>FB:"), path=REGISTRATION),
        also_fails=("SCP004", "BLK014"),
    ),
    Fault("SCP004", "any block will do", sent(to_log_in, words="scope=FB(=|%3D)2_")),
    Fault(
        "SCP005",
        "an authorization shows another scope",
        when(edits("<espi:scope>FB=1_3", "<espi:scope>FB=3"), path=RECORD),
    ),
    Fault(
        "SCP006",
        "a scope ends at the first semicolon",
        when(edits('"scope": "(FB=[^;"]*);[^"]*"', r'"scope": "\1"'), path=TOKEN, words=CODE, status=200),
        also_fails=("SCP005",),
    ),
    Fault(
        "SCP007",
        "history is counted in months",
        when(edits("HistoryLength=34128000", "HistoryLength=13"), path=REGISTRATION),
        also_fails=("BLK014",),
    ),
    Fault(
        "BLK014",
        "the page of scopes does not say whose it is",
        when(redirects("&DataCustodianID=.*", ""), path="/RetailCustomer/ScopeSelectionList"),
    ),
]
