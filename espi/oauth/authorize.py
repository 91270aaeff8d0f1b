"""Requests of the authorization endpoint (RFC 6749, 4.1.1): checked before anybody logs in, and answered.

A request whose client or redirect_uri is not known is never sent back (`NotSentBack`); any other fault is (`SentBack`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from espi import access, scope
from espi.access import TokenKind
from espi.config import Settings
from espi.errors import BadInput, EspiError
from espi.oauth import client_metadata, pushed
from espi.oauth.policy import ANSWER_ORDER, POLICIES
from espi.oauth.tokens import principal_of
from espi.scope import BadScope, Scope
from espi.store import clients, grants, tokens
from espi.store.clients import Client
from espi.store.database import Conn
from espi.store.grants import ThirdParty

ONCE = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")
MOST_STATE = 2048


class NotSentBack(EspiError):
    """A request that the customer is told of, because nobody knows where it could be sent back to."""

    code = "invalid_request"

    def __init__(self, status: int, public: str) -> None:
        super().__init__(public)
        self.status = status


class SentBack(EspiError):
    """A request that is answered with an error at the client's redirect_uri."""

    status = 302

    def __init__(self, location: str, code: str, public: str) -> None:
        super().__init__(public, detail=code)
        self.location, self.code = location, code


@dataclass(frozen=True)
class Ways:
    """How a client gets its answer, which always says who sends it (RFC 9207): where, and with which state.

    redirect_uri: the registered one. named: as the request has it, "" where it left it out.
    """

    redirect_uri: str
    named: str
    state: str | None

    def answer(self, settings: Settings, **members: str) -> str:
        """The address to send the browser to: code or error first, state last, as ESPI clients cut it."""
        found = {**members, "iss": settings.base_url}
        if self.state is not None:
            found["state"] = self.state
        query = "&".join(f"{name}={quote(found[name], safe='')}" for name in ANSWER_ORDER if name in found)
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{query}"

    @property
    def origin(self) -> str:
        """The scheme and host of the address."""
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request that a customer can decide on. scope: what would be granted, single choices."""

    client: Client
    third_party: ThirdParty
    ways: Ways
    scope: Scope
    challenge: str
    binding: str


def client_of(conn: Conn, parameters: Mapping[str, Sequence[str]]) -> Client:
    """The client that asks, or `NotSentBack` with 401."""
    named = parameters.get("client_id", ())
    found = clients.client_by_client_id(conn, named[0]) if len(named) == 1 else None
    if found is None or found.disabled or found.kind != "main" or not _asks_customers(found):
        raise NotSentBack(401, "The application that sent you here is not known. Ask it to register first.")
    return found


def check(
    conn: Conn, client: Client, parameters: Mapping[str, Sequence[str]], settings: Settings, *, by_push: bool = False
) -> AuthorizationRequest:
    """What a client asks. parameters: all values of each. by_push: they were pushed (RFC 9126)."""
    third_party = grants.third_party(conn, client.party_id)
    if third_party.status != grants.PRODUCTION:
        # Nobody has looked at its addresses yet, so nobody is sent there (RFC 9700, section 4.11.2).
        raise NotSentBack(403, "This application cannot be given access at present. Nothing was shared.")
    ways = _ways(client, third_party, parameters)
    one = {name: values[0] for name, values in parameters.items() if values and values[0]}
    try:
        _check_form(client, parameters, one, by_push=by_push)
        pushed.check_challenge(client, one)
        granted = _granted(third_party, one.get("scope", ""), settings)
    except EspiError as err:
        location = ways.answer(settings, error=err.code, error_description=_plain(err.public))
        raise SentBack(location, err.code, err.public) from err
    return AuthorizationRequest(
        client, third_party, ways, granted, one.get("code_challenge", ""), pushed.code_binding(one)
    )


def add_code(conn: Conn, request: AuthorizationRequest, authorization_id: int, settings: Settings) -> str:
    """Give a code for an authorization; it counts as long as the settings and the client's policy let it."""
    now_s = settings.clock.now_s()
    return tokens.add_code(
        conn,
        client_id=request.client.id,
        authorization_id=authorization_id,
        redirect_uri=request.ways.named,
        challenge=request.challenge,
        binding=request.binding,
        issued_s=now_s,
        expires_s=now_s + min(settings.code_s, POLICIES[request.client.policy].code_s),
    )


def _asks_customers(client: Client) -> bool:
    """Whether the gate lets the client's party ask customers for anything at all."""
    return access.may(principal_of(client, TokenKind.client), "grant:invite")


class _Unfit(BadInput):
    """A fault with the code of RFC 6749, section 4.1.2.1."""

    def __init__(self, code: str, public: str) -> None:
        super().__init__(public)
        self.code = code


def _ways(client: Client, third_party: ThirdParty, parameters: Mapping[str, Sequence[str]]) -> Ways:
    """Where the answer goes: exactly a registered address, or `NotSentBack` with 403."""
    registered = client_metadata.redirect_uris(third_party.content)
    named = [value for value in parameters.get("redirect_uri", ()) if value]
    states = parameters.get("state", ())
    state = states[0] if len(states) == 1 and len(states[0]) <= MOST_STATE else None
    if not named and len(registered) == 1 and not POLICIES[client.policy].exact_redirect:
        return Ways(registered[0], "", state)
    if len(named) != 1 or named[0] not in registered:
        raise NotSentBack(
            403, "The application wants you sent to an address that it has not registered. Nothing was shared."
        )
    return Ways(named[0], named[0], state)


def _check_form(
    client: Client,
    parameters: Mapping[str, Sequence[str]],
    one: Mapping[str, str],
    *,
    by_push: bool,
) -> None:
    for name in ONCE:
        if len(parameters.get(name, ())) > 1:
            raise _Unfit("invalid_request", f"The parameter {name} comes more than once.")
    if "request" in one:
        raise _Unfit("request_not_supported", "Signed request objects are not taken here; push the request.")
    if "response_type" not in one:
        raise _Unfit("invalid_request", "response_type is missing; it is code.")
    if one["response_type"] != "code":
        raise _Unfit("unsupported_response_type", "response_type is code.")
    if one.get("response_mode", "query") != "query":
        raise _Unfit("invalid_request", "response_mode is query.")
    if len(one.get("state", "")) > MOST_STATE:
        raise _Unfit("invalid_request", f"state has {MOST_STATE} characters at most.")
    if POLICIES[client.policy].pushed and not by_push:
        raise _Unfit("invalid_request", "This client pushes its requests (RFC 9126).")


def _granted(third_party: ThirdParty, text: str, settings: Settings) -> Scope:
    """What would be granted; where nothing is asked, the first scope that the application has registered."""
    offered = client_metadata.offered_scopes(third_party.content, settings)
    registered = third_party.content.get("scope")
    if not text and not registered:
        raise BadScope("The scope is missing, and none is registered.")
    granted = scope.single(scope.parse(text) if text else offered[0], offered)
    return scope.single(granted, [scope.parse(one) for one in settings.scopes])


def _plain(text: str) -> str:
    return "".join(letter if " " <= letter <= "~" and letter not in '"\\' else "'" for letter in text)
