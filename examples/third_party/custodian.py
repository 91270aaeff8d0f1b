"""The custodian as a third party sees it: registering, OAuth, and getting an address with the token that fits."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import requests
from oauthlib.oauth2 import OAuth2Error
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from examples.third_party.memory import Connection, Memory

os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"  # noqa: S105 - a switch
"""A customer may grant less than was asked for; oauthlib would take that for an error."""

TIMEOUT_S = 60
LONGEST_WAIT_S = 30
MOST_WAITS = 60


class Ended(Exception):
    """The customer's grant does not count any more."""


class Refused(Exception):
    """The custodian did not give what was asked for; the words are fit for the page."""


class Custodian:
    """One custodian and our client there. ca: file of the authority of its certificate, if that is not a public one."""

    def __init__(self, base: str, memory: Memory, ca: str | None = None) -> None:
        self.base = base
        self.memory = memory
        self.http = requests.Session()
        self.http.verify = ca or True
        self.http.trust_env = False
        self._asked: dict[str, OAuth2Session] = {}

    def metadata(self) -> dict[str, Any]:
        """Where everything is (RFC 8414)."""
        return self._json(self.http.get(f"{self.base}/.well-known/oauth-authorization-server", timeout=TIMEOUT_S))

    # ------------------------------------------------------------ registering

    def register(self, wanted: dict[str, Any]) -> None:
        """Get a client of our own (RFC 7591), unless we have one."""
        if not self.memory.client:
            answer = self.http.post(self.metadata()["registration_endpoint"], json=wanted, timeout=TIMEOUT_S)
            self.memory.client = {**wanted, **self._json(answer)}
            self.memory.note("good", f"Registered as client {self.memory.client['client_id']}.")
            self.memory.keep()

    # ------------------------------------------------------------ a customer says yes

    def ask(self, scope: str, redirect_uri: str) -> str:
        """Where to send the customer's browser: the authorization endpoint, with state and PKCE."""
        session = OAuth2Session(self.memory.client["client_id"], scope=scope, redirect_uri=redirect_uri, pkce="S256")
        session.verify, session.trust_env = self.http.verify, False
        address, state = session.authorization_url(self.metadata()["authorization_endpoint"])
        self._asked[state] = session
        return str(address)

    def answered(self, state: str, code: str) -> Connection:
        """The customer is back with a code: change it for tokens. `Refused` if we did not ask for it."""
        session = self._asked.pop(state, None)
        if session is None:
            raise Refused("Nobody was asked with this state; begin again.")
        try:
            token = session.fetch_token(
                self.metadata()["token_endpoint"],
                code=code,
                auth=self._basic(),
                include_client_id=False,
                timeout=TIMEOUT_S,
            )
        except OAuth2Error as err:
            raise Refused(err.description or err.error) from err
        found = Connection(
            resource=token["resourceURI"],
            authorization=token["authorizationURI"],
            person=token.get("customerResourceURI", ""),
            scope=_scope(token),
            token=dict(token),
        )
        with self.memory.lock:
            self.memory.connections[found.resource] = found
        self.memory.keep()
        return found

    def refresh(self, connection: Connection) -> None:
        """Get new tokens with the refresh token. `Ended` if that does not count any more."""
        form = {"grant_type": "refresh_token", "refresh_token": connection.token["refresh_token"]}
        endpoint = self.metadata()["token_endpoint"]
        answer = self.http.post(endpoint, data=form, auth=self._basic(), timeout=TIMEOUT_S)
        if answer.status_code == 400 and answer.json().get("error") == "invalid_grant":
            raise Ended
        token = self._json(answer)
        with self.memory.lock:
            connection.token = {**connection.token, **token}
        self.memory.keep()

    # ------------------------------------------------------------ getting what there is

    def of_customer(self, connection: Connection, address: str) -> bytes:
        """Something of a customer's grant, with its access token (A); once more with a new one after a 401."""
        try:
            return self._get(address, lambda: str(connection.token["access_token"]))
        except _Unauthorized:
            self.memory.note("quiet", "The access token does not count any more: 401. Refreshing it.")
        self.refresh(connection)
        try:
            return self._get(address, lambda: str(connection.token["access_token"]))
        except _Unauthorized as err:
            raise Ended from err

    def of_own(self, kind: str, address: str) -> bytes:
        """Something of ours, with a token of our own: kind "client" (C) or "registration" (R)."""
        for _ in range(2):
            try:
                return self._get(address, lambda: self._own_token(kind))
            except _Unauthorized:
                self.memory.own_tokens.pop(kind, None)
        raise Refused(f"Our own {kind} token is refused.")

    def _own_token(self, kind: str) -> str:
        known = self.memory.client.get("registration_access_token") if kind == "registration" else None
        token = self.memory.own_tokens.get(kind) or known
        if not token:
            endpoint = self.metadata()["token_endpoint"]
            form = {"grant_type": "client_credentials"}
            token = self._json(self.http.post(endpoint, data=form, auth=self._basic(kind), timeout=TIMEOUT_S))[
                "access_token"
            ]
            self.memory.own_tokens[kind] = token
        return str(token)

    def _get(self, address: str, token: Callable[[], str]) -> bytes:
        """The body of a 200; a 202, 429 or 503 is asked again after as long as the custodian says."""
        if not address.startswith(f"{self.base}/"):
            raise Refused(f"{address} is not the custodian's.")
        for _ in range(MOST_WAITS):
            headers = {"Authorization": f"Bearer {token()}", "Accept": "application/atom+xml"}
            answer = self.http.get(address, headers=headers, timeout=TIMEOUT_S, allow_redirects=False)
            if answer.status_code == 200:
                return answer.content
            if answer.status_code == 401:
                raise _Unauthorized
            if answer.status_code not in {202, 429, 503}:
                raise Refused(f"The custodian answered {answer.status_code}: {_title(answer)}")
            wait_s = min(int(answer.headers.get("Retry-After", "5")), LONGEST_WAIT_S)
            self.memory.note("quiet", f"Not ready yet: {answer.status_code}. Asking again in {wait_s} s.")
            time.sleep(wait_s)
        raise Refused("The custodian was not ready for too long.")

    # ------------------------------------------------------------ small things

    def _basic(self, kind: str = "main") -> HTTPBasicAuth:
        """Who we are. The registrations of older custodians make a client of its own for each kind of token."""
        own = self.memory.client.get(kind, self.memory.client)
        return HTTPBasicAuth(own["client_id"], own["client_secret"])

    @staticmethod
    def _json(answer: requests.Response) -> dict[str, Any]:
        if not answer.ok:
            raise Refused(f"The custodian answered {answer.status_code}: {_title(answer)}")
        found: dict[str, Any] = answer.json()
        return found


class _Unauthorized(Exception):
    pass


def _scope(token: dict[str, Any]) -> str:
    scope = token.get("scope", "")
    return " ".join(scope) if isinstance(scope, list) else str(scope)


def _title(answer: requests.Response) -> str:
    """What an error says of itself, as far as it is fit to be shown."""
    if "json" in answer.headers.get("Content-Type", ""):
        found = answer.json()
        return str(found.get("error_description") or found.get("title") or found.get("error") or "")
    return answer.reason
