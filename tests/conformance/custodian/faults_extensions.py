"""Faults in what came to OAuth later: what a server says of itself, proofs, revocation, registration; and in scopes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from tests.conformance.custodian.aims import (
    CODE,
    CONFIRM,
    INTROSPECT,
    METADATA,
    PUSH,
    RECORD,
    REGISTER,
    REGISTRATION,
    REVOKE,
    TOKEN,
    sent,
)
from tests.conformance.custodian.exchange import Answer, Request, moved
from tests.conformance.custodian.exchange import members as told
from tests.conformance.custodian.faults import Fault, manners
from tests.conformance.custodian.spoiling import (
    answers,
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


FAULTS = [
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
