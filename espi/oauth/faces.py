"""Our clients, codes and tokens as Authlib wants to see them, and a request and an error as it reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from espi.errors import EspiError
from espi.store.clients import Client
from espi.store.grants import Authorization
from espi.store.tokens import StoredCode, StoredToken
from espi.web.call import Call

OF_MAIN = frozenset({"authorization_code", "refresh_token", "client_credentials"})
OF_COMPANION = frozenset({"client_credentials"})


class Refused(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    """One of our errors, as an OAuth error response (RFC 6749, section 5.2)."""

    def __init__(self, refused: EspiError) -> None:
        super().__init__(sayable(refused.public), status_code=refused.status, error=refused.code)
        self.challenge = getattr(refused, "www_authenticate", "")

    def get_headers(self) -> list[tuple[str, str]]:
        """With the way to authenticate, where that is what is missing."""
        headers: list[tuple[str, str]] = super().get_headers()
        return [*headers, ("WWW-Authenticate", self.challenge)] if self.challenge else headers


def sayable(text: str) -> str:
    """A text with the characters alone that an error_description may have."""
    plain = text.replace('"', "'").replace("\\", "/").encode("ascii", "replace").decode()
    return "".join(letter if letter.isprintable() else " " for letter in plain)


class Asked(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    """A call of one of our endpoints with its parameters, wherever they stood."""

    def __init__(self, call: Call, parameters: Mapping[str, str]) -> None:
        super().__init__(call.method, call.url)
        self.payload = BasicOAuth2Payload(dict(parameters))

    @property
    def form(self) -> Mapping[str, str]:
        """The parameters."""
        found: Mapping[str, str] = self.payload.data
        return found

    @property
    def args(self) -> Mapping[str, str]:
        """The parameters."""
        return self.form


class ClientFace(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    """A client that has proved who it is, by a way of our own (`client_authentication`)."""

    def __init__(self, row: Client) -> None:
        self.row = row

    def get_client_id(self) -> str:
        """What it calls itself."""
        return self.row.client_id

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """It has been authenticated before."""
        return bool(method and endpoint)

    def check_grant_type(self, grant_type: str) -> bool:
        """A main client may do all; its companions get tokens for themselves only."""
        return grant_type in (OF_MAIN if self.row.kind == "main" else OF_COMPANION)


@dataclass(frozen=True)
class CodeFace(AuthorizationCodeMixin):  # type: ignore[misc]  # Authlib has no types
    """A code that may be redeemed."""

    text: str
    stored: StoredCode
    scope: str

    def get_redirect_uri(self) -> str:
        """Where it was sent to; "" where the client did not name it."""
        return self.stored.redirect_uri

    def get_scope(self) -> str:
        """What was granted."""
        return self.scope


@dataclass(frozen=True)
class TokenFace(TokenMixin):  # type: ignore[misc]  # Authlib has no types
    """A token that a client has sent. counts: whether it is any good, its authorization included."""

    text: str
    stored: StoredToken
    authorization: Authorization
    counts: bool

    def check_client(self, client: ClientFace) -> bool:
        """Whether it is this client's own."""
        return self.stored.client_id == client.row.id

    def get_scope(self) -> str:
        """What was granted."""
        return self.authorization.scope

    def is_expired(self) -> bool:
        """Whether it does not count, for whatever reason."""
        return not self.counts

    def is_revoked(self) -> bool:
        """Whether it does not count, for whatever reason."""
        return not self.counts


@dataclass(frozen=True)
class Answer:
    """What goes back, as JSON."""

    status: int
    body: Mapping[str, Any]
    headers: tuple[tuple[str, str], ...] = ()
