"""Getting tokens as a third party does: with its own credentials, and with a customer's consent.

Parameters go out as a form, as RFC 6749 has it, or in the query with an empty body, as the certification harness sends
them: `parameters_in_query` of the settings.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from conformance.client.exchange import Exchange
from conformance.suite import Skip, shown

if TYPE_CHECKING:
    from conformance.client.listener import Received
    from conformance.client.server import Server

SEVEN = ("access_token", "token_type", "expires_in", "refresh_token", "scope", "resourceURI", "authorizationURI")
"""The members of the answer to a code or a refresh token."""
JSON_ACCEPTED = (("Accept", "application/json, application/*+json"),)
SAFE = ":/?=;,"
"""Characters that the harness leaves as they are in a query: a scope goes out unencoded."""
SPARE_S = 20


@dataclass(frozen=True)
class TokenAnswer:
    """What a token endpoint gave: the seven members and customerResourceURI; empty where it had none.

    expires_in is None where it was not told or is no number. `exchange` is None for a token that the settings gave.
    """

    access_token: str
    token_type: str = ""
    expires_in: int | None = None
    refresh_token: str = ""
    scope: str = ""
    resourceURI: str = ""  # noqa: N815  named as in the answer
    authorizationURI: str = ""  # noqa: N815
    customerResourceURI: str = ""  # noqa: N815
    members: Mapping[str, Any] = field(default_factory=dict)
    exchange: Exchange | None = None
    got_s: float = field(default_factory=time.time)

    @property
    def counts(self) -> bool:
        """It should still be good for a while."""
        return self.expires_in is None or time.time() < self.got_s + self.expires_in - SPARE_S

    def missing(self, wanted: tuple[str, ...] = SEVEN) -> list[str]:
        """Which members the answer does not have."""
        return [name for name in wanted if self.members.get(name) in {None, ""}]


def answer_of(exchange: Exchange) -> TokenAnswer:
    """The members of a successful answer."""
    members = exchange.json()
    own = {name: members.get(name) for name in (*SEVEN, "customerResourceURI")}
    try:
        expires_in = int(members["expires_in"])
    except (KeyError, TypeError, ValueError):
        expires_in = None
    return TokenAnswer(
        access_token=_text(own["access_token"] or members.get("client_access_token")),
        token_type=_text(own["token_type"]),
        expires_in=expires_in,
        refresh_token=_text(own["refresh_token"]),
        scope=_text(own["scope"]),
        resourceURI=_text(own["resourceURI"]),
        authorizationURI=_text(own["authorizationURI"]),
        customerResourceURI=_text(own["customerResourceURI"]),
        members=members,
        exchange=exchange,
    )


class Tokens:
    """The tokens of a run: each kind is got once and used until it ends."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._kept: dict[str, TokenAnswer] = {}
        self._verifiers: dict[str, str] = {}

    def registration(self, *, fresh: bool = False) -> TokenAnswer:
        """The registration token ("R"). `Skip` if there is none to be had."""
        s = self._server.settings
        given = TokenAnswer(
            s.registration_access_token,
            resourceURI=f"{s.resource_endpoint}/ApplicationInformation/{s.application_information_id}",
        )
        user = (s.registration_client_id, s.registration_client_secret)
        return self._own("registration", given, user, s.registration_scope, fresh=fresh)

    def client(self, *, fresh: bool = False) -> TokenAnswer:
        """The client token ("C"). `Skip` if there is none to be had."""
        s = self._server.settings
        given = TokenAnswer(
            s.client_access_token,
            authorizationURI=f"{s.resource_endpoint}/Authorization/{s.authorization_id}" if s.authorization_id else "",
        )
        return self._own("client", given, (s.admin_client_id, s.admin_client_secret), s.admin_scope, fresh=fresh)

    def customer(self, scope: str | None = None, *, fresh: bool = False, script: str = "consent") -> TokenAnswer:
        """A customer's token ("A"), with a scope (the configured one if None). `Skip` if nobody consents.

        fresh: with a consent of its own, rather than the one that the run has got already; the new one is kept instead.
        """
        wanted = scope or self._server.settings.scope
        kept = self._kept.get(f"customer {wanted}")
        if kept is not None and not fresh:
            return kept if kept.counts else self.keep(self._refreshed(kept), wanted)
        received = self.code(wanted, script=script)
        got = self.exchange_code(received.query.get("code", ""), redirect_uri=self._server.redirect_uri)
        return self.keep(self._taken(got, "The code was not exchanged for a token"), wanted)

    def keep(self, answer: TokenAnswer, scope: str | None = None) -> TokenAnswer:
        """Use this customer's token from now on: after a refresh the one before is dead."""
        self._kept[f"customer {scope or self._server.settings.scope}"] = answer
        return answer

    def kept(self, scope: str | None = None) -> TokenAnswer | None:
        """The customer's token that is in use; None if nobody asked for one yet."""
        return self._kept.get(f"customer {scope or self._server.settings.scope}")

    def forget(self, scope: str | None = None) -> None:
        """The customer's token does not count any more: the next caller gets a new consent."""
        self._kept.pop(f"customer {scope or self._server.settings.scope}", None)

    # ------------------------------------------------------------ the parts

    def code(self, scope: str | None = None, *, script: str = "consent") -> Received:
        """What comes to our callback when a customer is asked; its `query` has `code` and `state`.

        `Skip` if nothing comes.
        """
        server = self._server
        state = secrets.token_hex(16)
        mark = server.listener.mark()
        visit = server.browser.run(script, server.authorize_url(scope, state, **self._challenge(state)))
        received = server.listener.wait_for(
            "callback", server.patience_s, since=mark, where=lambda one: one.query.get("state") == state
        )
        if received is None:
            ended = f"; it ended with {visit.last.line}" if visit.last else ""
            seen = (shown(visit.last.number),) if visit.last else ()
            raise Skip(f"The customer's browser did not come back to our callback{ended}.", *seen)
        if server.settings.pkce:
            self._verifiers[received.query.get("code", "")] = state
        if script != "deny" and not received.query.get("code"):
            raise Skip(f"The callback brought no code but {sorted(received.query)}: {received.query.get('error', '')}")
        return received

    def exchange_code(self, code: str, *, redirect_uri: str) -> Exchange:
        """Ask for a token with a code."""
        parameters = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        state = self._verifiers.get(code)
        return self.request(parameters | ({"code_verifier": _verifier(state)} if state else {}))

    def refresh(self, refresh_token: str, scope: str | None = None) -> Exchange:
        """Ask for a token with a refresh token."""
        parameters = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.request(parameters | ({"scope": scope} if scope else {}))

    def request(
        self,
        parameters: Mapping[str, str],
        *,
        basic: tuple[str, str] | None = None,
        credentials: str | None = None,
        method: str = "POST",
        in_query: bool | None = None,
    ) -> Exchange:
        """A request at the token endpoint, whatever it asks for.

        basic: another client than ours. credentials: the exact value of `Authorization` ("" sends it empty). in_query:
        parameters in the query or as a form, whatever the settings say; a GET has them in the query.
        """
        server = self._server
        url = server.endpoint("token")
        headers = [*JSON_ACCEPTED]
        if credentials is not None:
            headers.append(("Authorization", credentials))
        ours = (server.settings.client_id, server.settings.client_secret)
        user = None if credentials is not None else (basic or ours)
        if method == "POST" and not (server.settings.parameters_in_query if in_query is None else in_query):
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
            form = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
            return server.http.send(method, url, basic=user, headers=headers, body=form)
        query = "&".join(f"{name}={quote(value, safe=SAFE)}" for name, value in parameters.items())
        joint = "&" if urlsplit(url).query else "?"
        body = b"" if method == "POST" else None
        return server.http.send(method, f"{url}{joint}{query}", basic=user, headers=headers, body=body)

    # ------------------------------------------------------------ inside

    def _own(self, kind: str, given: TokenAnswer, user: tuple[str, str], scope: str, *, fresh: bool) -> TokenAnswer:
        if given.access_token and not (fresh and user[0]):
            return given
        kept = self._kept.get(kind)
        if kept is not None and kept.counts and not fresh:
            return kept
        parameters = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        got = self.request(parameters, basic=user if user[0] else None)
        self._kept[kind] = self._taken(got, f"No {kind} token was given")
        return self._kept[kind]

    def _refreshed(self, kept: TokenAnswer) -> TokenAnswer:
        return self._taken(self.refresh(kept.refresh_token), "The refresh token was not taken")

    @staticmethod
    def _taken(exchange: Exchange, why: str) -> TokenAnswer:
        answer = answer_of(exchange)
        if exchange.status != 200 or not answer.access_token:
            raise Skip(f"{why}: {exchange.status or exchange.error}.", shown(exchange.number))
        return answer

    def _challenge(self, state: str) -> dict[str, str]:
        if not self._server.settings.pkce:
            return {}
        digest = hashlib.sha256(_verifier(state).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return {"code_challenge": challenge, "code_challenge_method": "S256"}


def _text(member: Any) -> str:
    return "" if member is None else str(member)


def _verifier(state: str) -> str:
    return f"{state}{hashlib.sha256(state.encode()).hexdigest()}"
