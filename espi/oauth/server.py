"""The endpoints that clients call: tokens (RFC 6749), revocation (RFC 7009), introspection (RFC 7662).

Each call is one transaction with a server of its own. Errors are answers, not exceptions, so that what a refused call
has ended (the family of a code that came twice) stays ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authlib.oauth2 import AuthorizationServer, OAuth2Error
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from espi import sharing
from espi.access import TokenKind
from espi.config import Settings
from espi.errors import EspiError
from espi.oauth import binding
from espi.oauth.client_authentication import authenticate
from espi.oauth.faces import Answer, Asked, ClientFace, Refused, TokenFace
from espi.oauth.grants import S256, CodeGrant, OwnGrant, RefreshGrant
from espi.oauth.policy import CLASSIC
from espi.oauth.tokens import principal_of
from espi.store import grants, tokens
from espi.store.clients import Client
from espi.store.database import Conn
from espi.store.grants import Authorization
from espi.web.call import Call

NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
_SHUT_OUT = frozenset({grants.ON_HOLD, grants.WITHDRAWN})
_CUSTOMER_KIND = TokenKind.customer.name


class Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib has no types
    """Ends a token of the client's own. With a customer's token the customer's authorization ends (ESPI, 5.7)."""

    server: Server

    def check_params(self, request: Asked, client: ClientFace) -> None:
        """A token is needed; a hint that is not known is passed over (section 2.1)."""
        _check_token(request, client)

    def query_token(self, token_string: str, token_type_hint: str | None) -> TokenFace | None:
        """The token, of whatever type."""
        del token_type_hint
        return self.server.token(token_string)

    def revoke_token(self, token: TokenFace, request: Asked) -> None:
        """End it."""
        here = self.server
        if token.authorization.kind != _CUSTOMER_KIND:
            tokens.revoke(here.conn, token.text, here.now_s)
            return
        actor = principal_of(request.client.row, TokenKind.customer)
        sharing.end(here.conn, token.authorization, "third_party", settings=here.settings, actor=actor)


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]  # Authlib has no types
    """Says of a client's own token whether it counts; of any other, that it does not."""

    server: Server

    def check_params(self, request: Asked, client: ClientFace) -> None:
        """A token is needed."""
        _check_token(request, client)

    def check_permission(self, token: TokenFace, client: ClientFace, request: Asked) -> bool:
        """A client sees its own tokens only."""
        del request
        return token.check_client(client)

    def query_token(self, token_string: str, token_type_hint: str | None) -> TokenFace | None:
        """The token, of whatever type."""
        del token_type_hint
        return self.server.token(token_string)

    def introspect_token(self, token: TokenFace) -> dict[str, Any]:
        """What RFC 7662 (section 2.2) and RFC 8705 (section 3.2) have of it."""
        stored, here = token.stored, self.server
        found: dict[str, Any] = {
            "active": True,
            "client_id": here.client.client_id,
            "token_type": binding.token_type(stored.binding),
            "scope": token.get_scope(),
            "iss": here.settings.base_url,
            "sub": str(token.authorization.path_id),
            "iat": stored.issued_s,
        }
        if stored.expires_s:
            found["exp"] = stored.expires_s
        confirmed = binding.confirmation(stored.binding)
        return {**found, "cnf": confirmed} if confirmed else found


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """What one call works with: its transaction, its client, the settings."""

    def __init__(self, conn: Conn, call: Call, client: Client, settings: Settings) -> None:
        super().__init__()
        self.conn, self.call, self.client, self.settings = conn, call, client, settings
        self.now_s = settings.clock.now_s()
        self.register_grant(CodeGrant, [S256()])
        self.register_grant(RefreshGrant)
        self.register_grant(OwnGrant)
        self.register_endpoint(Revocation)
        self.register_endpoint(Introspection)

    def create_oauth2_request(self, request: Asked) -> Asked:
        """It is one already."""
        return request

    def authenticate_client(self, request: Asked, methods: list[str], endpoint: str = "token") -> ClientFace:
        """The client that has proved who it is before."""
        del methods, endpoint
        face = request.client = ClientFace(self.client)
        return face

    def save_token(self, token: dict[str, Any], request: Asked) -> None:
        """It is kept already."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Mapping[str, Any], headers: list[tuple[str, str]]) -> Answer:
        """An answer of ours."""
        challenge = tuple((name, value) for name, value in headers if name == "WWW-Authenticate")
        return Answer(status, body, (*NO_STORE, *challenge))

    def refuse(self, asked: Asked, error: OAuth2Error) -> Answer:
        """An error response (RFC 6749, section 5.2)."""
        found: Answer = self.handle_error_response(asked, error)
        return found

    def token(self, text: str) -> TokenFace | None:
        """A token and its authorization, in whatever state they are."""
        found = tokens.token(self.conn, text)
        if found is None:
            return None
        authorization = grants.authorization(self.conn, found.authorization_id)
        return TokenFace(text, found, authorization, found.counts(self.now_s) and self.runs(authorization))

    def runs(self, authorization: Authorization) -> bool:
        """Whether an authorization is active and its period runs."""
        active = authorization.status == grants.ACTIVE
        return active and authorization.starts_s <= self.now_s < authorization.ends_s

    def running(self, authorization_id: int) -> Authorization:
        """The authorization, if it runs; else its codes and refresh tokens are worth nothing."""
        found = grants.authorization(self.conn, authorization_id)
        if not self.runs(found):
            raise InvalidGrantError("The customer's authorization has ended.")
        return found


def give_token(
    conn: Conn,
    call: Call,
    parameters: Mapping[str, str],
    proving: Mapping[str, str],
    settings: Settings,
    *,
    in_address: bool = False,
) -> Answer:
    """The token endpoint. parameters: wherever they stood. proving: those that a client may prove itself by.

    in_address: some stood in the address, which older programs may do, and the certification harness does.
    """

    def answer(server: Server, asked: Asked) -> Answer:
        if not asked.payload.grant_type:
            return server.refuse(asked, InvalidRequestError("Missing 'grant_type' in request."))
        if (fault := _unfit(server, in_address=in_address)) is not None:
            return server.refuse(asked, fault)
        if _is_stopped(conn, server.client):
            stopped = UnauthorizedClientError("This application may not get tokens at present.")
            return server.refuse(asked, stopped)
        found: Answer = server.create_token_response(asked)
        return found

    return _answered(conn, call, parameters, proving, settings, answer)


def end_token(conn: Conn, call: Call, parameters: Mapping[str, str], settings: Settings) -> Answer:
    """The revocation endpoint."""
    return _answered(conn, call, parameters, parameters, settings, _endpoint(Revocation.ENDPOINT_NAME))


def look_at_token(conn: Conn, call: Call, parameters: Mapping[str, str], settings: Settings) -> Answer:
    """The introspection endpoint."""
    return _answered(conn, call, parameters, parameters, settings, _endpoint(Introspection.ENDPOINT_NAME))


def _endpoint(name: str) -> Any:
    return lambda server, asked: server.create_endpoint_response(name, asked)


def _answered(
    conn: Conn, call: Call, parameters: Mapping[str, str], proving: Mapping[str, str], settings: Settings, answer: Any
) -> Answer:
    try:
        client = authenticate(conn, call, proving, settings)
        found: Answer = answer(Server(conn, call, client, settings), Asked(call, parameters))
    except EspiError as err:
        return refusal(err)
    except OAuth2Error as err:
        status, body, _ = err()
        return Answer(status, body, NO_STORE)
    return found


def refusal(error: EspiError) -> Answer:
    """One of our errors as an OAuth error response (RFC 6749, section 5.2)."""
    status, body, headers = Refused(error)()
    challenge = tuple((name, value) for name, value in headers if name == "WWW-Authenticate")
    return Answer(status, body, (*NO_STORE, *challenge))


def _unfit(server: Server, *, in_address: bool) -> OAuth2Error | None:
    """What is wrong with how the parameters were sent, by the client's policy."""
    if server.settings.certification_harness:
        return None
    if server.call.method != "POST":
        return InvalidRequestError("Tokens are given by POST.")
    if in_address and server.client.policy != CLASSIC.name:
        return InvalidRequestError("Send the parameters in the body of the request, never in its address.")
    return None


def _is_stopped(conn: Conn, client: Client) -> bool:
    own = {"third_party": client.party_id}.get(client.role)
    return own is not None and grants.third_party(conn, own).status in _SHUT_OUT


def _check_token(request: Asked, client: ClientFace) -> None:
    del client
    if not request.form.get("token"):
        raise InvalidRequestError("Missing 'token' in request.")
