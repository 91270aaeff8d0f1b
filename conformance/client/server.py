"""A data custodian as the checks see it: where it is, how to get its tokens, and everything that was exchanged."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from conformance.client.browser import Browser
from conformance.client.exchange import Exchange, Headers, Http, Recorder
from conformance.client.listener import Listener, listening
from conformance.client.masking import Mask
from conformance.client.operator import Operator
from conformance.client.settings import CALLBACK_PATH, Settings
from conformance.client.tokens import Tokens
from conformance.document import Document, read
from conformance.suite import Skip, shown

ATOM = "application/atom+xml"
ENDPOINTS = {
    "token": ("token_endpoint", "authorizationServerTokenEndpoint"),
    "authorization": ("authorization_endpoint", "authorizationServerAuthorizationEndpoint"),
    "scope_selection": ("scope_selection_url", "dataCustodianScopeSelectionScreenURI"),
}
"""Where an address comes from: the settings, else an element of ApplicationInformation."""
MOST_TRIES = 5
SCRIPTED_S = 2
"""A scripted customer has come to our callback when the script ends; more is not waited for."""
STATE = "ee148ec2-9892-466e-a013-4dedf1eb3018"
"""The state that the certification harness uses."""


class NotGiven(Skip):
    """A document was not given; `exchange` is the answer that came instead."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        super().__init__(f"{exchange.line}.", shown(exchange.number))


class Server:
    """The server under test. Use it as a context: the listener runs within, and what was kept of bodies ends with it.

    `later` holds checks' own steps that run at the end; `memo` what one check found out and another needs.
    say: where a person is told what to do.
    """

    def __init__(self, settings: Settings, *, say: Callable[[str], None] | None = None) -> None:
        self.settings = settings
        self.say = say or _say
        self.recorder = Recorder(Mask(settings.secrets))
        self.http = Http(settings, self.recorder)
        self.tokens = Tokens(self)
        self.operator = Operator(settings, lambda: self.browser, self.say)
        self.later: list[Callable[[], None]] = []
        self.memo: dict[str, Any] = {}
        self._listening = listening(settings.listener, self.recorder)
        self._listener: Listener | None = None
        self._browser: Browser | None = None

    def __enter__(self) -> Self:
        self._listener = self._listening.__enter__()
        self._listener.authorize = lambda scope: self.authorize_url(scope, STATE)
        self._listener.preferred = self.settings.scope
        self._browser = Browser(self.settings, self.recorder, self.say)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.__exit__(kind, error, trace)
        self.recorder.close()

    # ------------------------------------------------------------ who and where

    @property
    def listener(self) -> Listener:
        """Our callback, scope selection and notification pages."""
        if self._listener is None:
            raise RuntimeError("The listener runs within `with server:` only.")
        return self._listener

    @property
    def browser(self) -> Browser:
        """The customer's browser."""
        if self._browser is None:
            raise RuntimeError("There is a browser within `with server:` only.")
        return self._browser

    @property
    def exchanges(self) -> list[Exchange]:
        """Everything that was sent and received, in its order."""
        return self.recorder.exchanges

    @property
    def redirect_uri(self) -> str:
        """Where the customer's browser is sent back to."""
        return self.settings.redirect_uri or self.listener.url + CALLBACK_PATH

    @property
    def patience_s(self) -> int:
        """How long to wait for the customer, in seconds."""
        return self.settings.waits.person_s if self.settings.browser.by_hand else SCRIPTED_S

    def endpoint(self, name: str) -> str:
        """An address of `ENDPOINTS`. `Skip` if neither the settings nor ApplicationInformation know it."""
        key, element = ENDPOINTS[name]
        found = getattr(self.settings, key) or self._registered(name, element)
        if not found:
            raise Skip(f"No {name} endpoint: it is neither in the settings nor in ApplicationInformation ({element}).")
        return str(found)

    def _registered(self, name: str, element: str) -> str:
        """An address of the registration, which cannot be read before there is a token."""
        if name == "token" and not self.settings.registration_access_token:
            raise Skip(f"No token endpoint: name {element} in the settings, or a registration_access_token.")
        return self.application.get(element, "")

    def authorize_url(self, scope: str | None = None, state: str = STATE, **changes: str | None) -> str:
        """The address that asks a customer, its parameters in the harness's order and unencoded.

        changes: further parameters, or others in place of ours; None leaves one out.
        """
        parameters: dict[str, str | None] = {
            "client_id": self.settings.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": self.settings.scope if scope is None else scope,
        }
        parameters |= {name: value for name, value in changes.items() if name != "state"}
        parameters["state"] = changes.get("state", state)
        query = "&".join(
            f"{name}={quote(value, safe=':/?=;,&')}" for name, value in parameters.items() if value is not None
        )
        return f"{self.endpoint('authorization')}?{query}"

    # ------------------------------------------------------------ getting things

    def get(self, url: str, token: str | None = None, *, headers: Headers = (), target: str | None = None) -> Exchange:
        """GET an address as the harness does: `Content-Type: Application/atom+xml`, though there is no body."""
        if not url:
            raise Skip("The server has not told the address to ask for: the token's answer lacks it.")
        own = [("Accept", ATOM), ("Content-Type", "Application/atom+xml"), ("Accept-Encoding", "gzip,deflate")]
        named = {name.lower() for name, _value in headers}
        sent = [one for one in own if one[0].lower() not in named] + list(headers)
        return self.http.send("GET", url, token=token, headers=sent, raw_target=target)

    def feed(self, url: str, token: str) -> Document:
        """The first document of `feeds`."""
        return self.feeds(url, token)[0]

    def feeds(self, url: str, token: str) -> list[Document]:
        """The documents behind an address: after a 202, those that the notification names.

        Raises:
            NotGiven: the answer was something else; `exchange` has it.
        """
        return [document(exchange) for exchange in self.answers(url, token)]

    def answers(self, url: str, token: str) -> list[Exchange]:
        """The answers that `feeds` reads: one of status 200, or after a 202 one for each address that was notified.

        After a 202 the notification is waited for; where `Retry-After` is sent, the address itself is asked again too.

        Raises:
            NotGiven: the answer was something else, or nothing came in time.
        """
        mark = self.listener.mark()
        first = self.get(url, token)
        if first.status == 200:
            return [first]
        if first.status != 202:
            raise NotGiven(first)
        deadline = time.monotonic() + self.settings.waits.notification_s
        again = int(first.header("Retry-After") or 0) if first.header("Retry-After").isdigit() else 0
        while (left_s := deadline - time.monotonic()) > 0:
            told = self.listener.wait_for(
                "notification", min(left_s, again or left_s), since=mark, where=lambda one: one.names(url)
            )
            if told is not None:
                return [self._ready(uri, token) for uri in told.uris]
            if again and (asked := self.get(url, token)).status == 200:
                return [asked]
        raise NotGiven(first)

    def _ready(self, uri: str, token: str) -> Exchange:
        """What a notification names: it may take a moment to be there."""
        found = self.get(uri, token)
        for _ in range(MOST_TRIES):
            if found.status != 202:
                break
            time.sleep(self.settings.waits.retry_s)
            found = self.get(uri, token)
        if found.status != 200:
            raise NotGiven(found)
        return found

    @property
    def application_information(self) -> Document:
        """Our registration as the custodian shows it. `NotGiven` if it does not; read once."""
        if "application_information" not in self.memo:
            token = self.tokens.registration()
            self.memo["application_information"] = self.feed(token.resourceURI, token.access_token)
        found: Document = self.memo["application_information"]
        return found

    @property
    def application(self) -> dict[str, str]:
        """The elements of our registration by their names: the first text of each."""
        entries = self.application_information.of("ApplicationInformation")
        if not entries:
            raise Skip("What the custodian shows of our registration has no ApplicationInformation.")
        return entries[0].facts


def document(exchange: Exchange) -> Document:
    """The document that an answer brought."""
    return read(exchange.file or exchange.body, name=exchange.url)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
