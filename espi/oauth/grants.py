"""The grants of the token endpoint (RFC 6749): Authlib carries the protocol, what counts is decided and kept by us.

Codes and refresh tokens are redeemed by conditional updates, so that one of many parallel callers gets tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authlib.oauth2 import rfc6749
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc7636 import CodeChallenge

from espi import access, log, scope
from espi.access import TokenKind
from espi.oauth import binding
from espi.oauth.faces import Asked, ClientFace, CodeFace, TokenFace
from espi.oauth.policy import POLICIES
from espi.oauth.tokens import Order, client_authorization, principal_of, token_response
from espi.scope import BadScope
from espi.store import grants, tokens
from espi.store.grants import Authorization

if TYPE_CHECKING:
    from espi.oauth.server import Server

REGISTRATION_BLOCKS = frozenset({36, 40, 41, 44})
BULK_BLOCKS = frozenset({34, 35})
OWN_KINDS = {
    "registration": TokenKind.registration,
    "admin": TokenKind.client,
    "upload": TokenKind.upload,
    "custodian": TokenKind.custodian,
}
"""Which kind of token a companion client gets for itself."""


class S256(CodeChallenge):  # type: ignore[misc]  # Authlib has no types
    """PKCE as RFC 9700 wants it: from whoever began with it, and by S256 only (Authlib's default is plain)."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)
    CODE_CHALLENGE_METHODS = {"S256": CodeChallenge.CODE_CHALLENGE_METHODS["S256"]}  # noqa: RUF012 -- Authlib's

    def get_authorization_code_challenge(self, authorization_code: CodeFace) -> str:
        """The challenge that came with the request."""
        return authorization_code.stored.challenge

    def get_authorization_code_challenge_method(self, authorization_code: CodeFace) -> str:
        """There is no other."""
        del authorization_code
        return "S256"


class CodeGrant(rfc6749.grants.AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib has no types
    """A code for tokens of a customer's authorization."""

    TOKEN_ENDPOINT_HTTP_METHODS = ("GET", "POST")
    server: Server
    request: Asked

    def query_authorization_code(self, code: str, client: ClientFace) -> CodeFace | None:
        """The code, if it is this client's and new; one that comes again ends all that came of it."""
        here = self.server
        found = tokens.code(here.conn, code)
        if found is None or found.client_id != client.row.id:
            return None
        if found.used_s is not None:
            log.warn(log.Event.TOKEN_REUSED, kind="code", client_id=client.row.client_id)
            tokens.revoke_family(here.conn, found.family, here.now_s)
            return None
        if found.expires_s <= here.now_s:
            return None
        if found.redirect_uri and not self.request.payload.redirect_uri:
            raise InvalidRequestError("Missing 'redirect_uri' in request.")
        return CodeFace(code, found, grants.authorization(here.conn, found.authorization_id).scope)

    def authenticate_user(self, authorization_code: CodeFace) -> Authorization:
        """The customer's authorization, after the code was used up."""
        here, stored = self.server, authorization_code.stored
        self.bound_to = binding.of_token_request(here.conn, here.call, self.request.client.row, here.settings)
        if stored.binding and stored.binding != self.bound_to:
            raise InvalidGrantError("The code is bound to another key.")
        if tokens.redeem_code(here.conn, authorization_code.text, here.now_s) is None:
            raise InvalidGrantError("Invalid 'code' in request.")
        return here.running(stored.authorization_id)

    def generate_token(self, user: Authorization, scope: str, **_: Any) -> dict[str, Any]:
        """The first tokens of a family."""
        client, code = self.request.client.row, self.request.authorization_code
        order = Order(client, user, code.stored.family, self.bound_to, scope, refresh_token="")
        return token_response(self.server.conn, order, self.server.settings)

    def delete_authorization_code(self, authorization_code: CodeFace) -> None:
        """It is used up already."""


class RefreshGrant(rfc6749.grants.RefreshTokenGrant):  # type: ignore[misc]  # Authlib has no types
    """A refresh token for a new access token; the old one dies at once.

    Bearer refresh tokens are exchanged at each use; one that comes late again ends its family. Bound ones stay.
    """

    TOKEN_ENDPOINT_HTTP_METHODS = ("GET", "POST")
    INCLUDE_NEW_REFRESH_TOKEN = True
    server: Server
    request: Asked

    def authenticate_refresh_token(self, refresh_token: str) -> TokenFace | None:
        """The token, in whatever state it is."""
        found = self.server.token(refresh_token)
        return found if found and found.stored.kind == tokens.REFRESH else None

    def _validate_token_scope(self, token: TokenFace) -> None:
        asked = self.request.payload.scope
        if asked and asked != token.get_scope():
            raise InvalidScopeError("The scope of a refresh is the one that was granted, or is left out.")

    def authenticate_user(self, refresh_token: TokenFace) -> Authorization:
        """The customer's authorization, if it still runs."""
        return self.server.running(refresh_token.authorization.id)

    def issue_token(self, user: Authorization, refresh_token: TokenFace) -> dict[str, Any]:
        """New tokens of the family."""
        here, stored, client = self.server, refresh_token.stored, self.request.client.row
        bound_to = binding.of_token_request(here.conn, here.call, client, here.settings)
        if stored.binding and not bound_to:
            raise InvalidGrantError("These tokens are bound to a key: show that you hold one.")
        if POLICIES[client.policy].rotates_with(stored.binding):
            self._exchange(refresh_token)
            next_token = ""
        elif stored.counts(here.now_s):
            next_token = refresh_token.text
        else:
            raise InvalidGrantError
        tokens.revoke_access(here.conn, stored.family, here.now_s)
        order = Order(client, user, stored.family, bound_to, user.scope, refresh_token=next_token)
        return token_response(here.conn, order, here.settings)

    def _exchange(self, refresh_token: TokenFace) -> None:
        here, stored = self.server, refresh_token.stored
        if tokens.use_refresh(here.conn, refresh_token.text, here.now_s):
            return
        if tokens.repeat_refresh(here.conn, refresh_token.text, here.now_s):
            tokens.revoke_successors(here.conn, stored.family, here.now_s)
            return
        if stored.used_s is not None and stored.used_s < here.now_s:
            log.warn(log.Event.TOKEN_REUSED, kind="refresh", client_id=self.request.client.row.client_id)
            tokens.revoke_family(here.conn, stored.family, here.now_s)
        raise InvalidGrantError("The refresh token is unknown, too old, or was used before.")

    def revoke_old_credential(self, refresh_token: TokenFace) -> None:
        """It is used up already."""


class OwnGrant(rfc6749.grants.ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    """A client's token for itself: its bulk, its registration, the custodian's own work. There is no refresh token."""

    TOKEN_ENDPOINT_HTTP_METHODS = ("GET", "POST")
    server: Server
    request: Asked

    def validate_requested_scope(self) -> None:
        """Which kind of token is wanted."""
        self.kind = _kind_of(self.request.client, self.request.payload.scope or "")
        if not access.may(principal_of(self.request.client.row, self.kind), _PROOF_OF[self.kind]):
            raise UnauthorizedClientError("This client gets no such token.")

    def generate_token(self, scope: str, **_: Any) -> dict[str, Any]:
        """The token, with the scope as it was asked."""
        here, client = self.server, self.request.client.row
        bound_to = binding.of_token_request(here.conn, here.call, client, here.settings)
        authorization = client_authorization(here.conn, client, self.kind, here.settings)
        order = Order(client, authorization, tokens.new_family(), bound_to, scope or authorization.scope)
        return token_response(here.conn, order, here.settings)


_PROOF_OF = {
    TokenKind.client: "status:read",
    TokenKind.registration: "registration:read",
    TokenKind.upload: "status:read",
    TokenKind.custodian: "directory:put",
}
"""An action that the gate lets every holder of such a token do."""


def _kind_of(client: ClientFace, text: str) -> TokenKind:
    """Which token a client gets for itself. `InvalidScopeError` for a scope that cannot be, or is of another kind."""
    try:
        blocks = scope.parse(text).blocks if text else frozenset()
    except BadScope as err:
        raise InvalidScopeError(err.public) from err
    of_registration = not blocks.isdisjoint(REGISTRATION_BLOCKS) and blocks.isdisjoint(BULK_BLOCKS)
    by_scope = TokenKind.registration if of_registration else TokenKind.client
    kind = OWN_KINDS.get(client.row.kind, by_scope)
    if (kind is TokenKind.registration and not blocks.isdisjoint(BULK_BLOCKS)) or (
        kind is TokenKind.client and of_registration
    ):
        raise InvalidScopeError("FB: this client gets tokens for something else.")
    return kind
