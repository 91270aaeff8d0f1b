"""How a server speaks TLS: which versions and suites it takes, what its certificate says, whether it can be trusted.

Each question is a connection of its own, so what is asked is remembered for the run.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from conformance.client import der
from conformance.client.exchange import client_context
from conformance.client.hello import (
    FORWARD_SECRET,
    MODERN,
    SSL3,
    TLS1_0,
    TLS1_1,
    TLS1_2,
    TLS1_3,
    WITHOUT_FORWARD_SECRECY,
    Greeting,
    greet,
)
from conformance.client.settings import Settings

USUAL = (*FORWARD_SECRET, *WITHOUT_FORWARD_SECRECY)
OLDEST_FIRST = (SSL3, TLS1_0, TLS1_1, TLS1_2, TLS1_3)
LONGEST_S = 10


@dataclass
class Speaker:
    """A server that speaks TLS. Every method may raise `OSError`, if nobody answers at that address."""

    host: str
    port: int
    settings: Settings
    _greetings: dict[tuple[int, tuple[int, ...]], Greeting] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"

    def greeting(self, version: int, suites: Iterable[int] = ()) -> Greeting:
        """What it answers to one version with these suites, or with the usual ones of the version."""
        offered = tuple(suites) or (tuple(MODERN) if version == TLS1_3 else USUAL)
        if (version, offered) not in self._greetings:
            wait_s = min(self.settings.waits.answer_s, LONGEST_S)
            self._greetings[version, offered] = greet(self.host, self.port, version, offered, wait_s=wait_s)
        return self._greetings[version, offered]

    def takes(self, version: int) -> bool:
        """It speaks this very version."""
        return self.greeting(version).version == version

    def accepted(self, suites: Iterable[int]) -> list[int]:
        """Which of these suites it takes in TLS 1.2 or older, found one by one."""
        left, found = list(suites), []
        version = TLS1_2 if self.takes(TLS1_2) else TLS1_0
        while left and (chosen := self.greeting(version, left)).accepted and chosen.suite in left:
            found.append(chosen.suite)
            left.remove(chosen.suite)
        return found

    @cached_property
    def certificate(self) -> der.Certificate:
        """Its certificate. `der.Malformed` if that cannot be read."""
        shown = self.greeting(TLS1_2).certificates
        return der.read(shown[0] if shown else self._leaf())

    @cached_property
    def distrust(self) -> str:
        """Why its certificate's chain is not trusted, by the settings' authorities; empty if it is."""
        context = client_context(self.settings)
        context.verify_mode = ssl.CERT_REQUIRED if not context.check_hostname else context.verify_mode
        context.check_hostname = False
        try:
            with self._line() as line, context.wrap_socket(line, server_hostname=self.host):
                return ""
        except ssl.SSLCertVerificationError as err:
            return str(err.verify_message)
        except ssl.SSLError as err:
            return str(err.reason or err)

    @cached_property
    def agreed(self) -> str:
        """The version that it agrees upon with a client that knows all of the last ones, in OpenSSL's words."""
        context = client_context(self.settings)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with self._line() as line, context.wrap_socket(line, server_hostname=self.host) as secured:
            return secured.version() or ""

    def _leaf(self) -> bytes:
        context = client_context(self.settings)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with (
            contextlib.suppress(ssl.SSLError),
            self._line() as line,
            context.wrap_socket(line, server_hostname=self.host) as secured,
        ):
            return secured.getpeercert(binary_form=True) or b""
        return b""

    def _line(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=min(self.settings.waits.answer_s, LONGEST_S))
