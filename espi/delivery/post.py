"""A POST to somebody's server: pinned to the address that was checked, bounded in time and size, never redirected."""

from __future__ import annotations

import contextlib
import functools
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from espi import __version__
from espi.config import Settings
from espi.delivery.address import PORTS, Target, resolve
from espi.errors import BadInput

CONNECT_S, SILENT_S, WHOLE_S = 5, 10, 20
ANSWER_BYTES = 512
NO_ANSWER = 0


@dataclass(frozen=True)
class Answer:
    """What came back. status: `NO_ANSWER` if nothing did; text says why then, and else how the answer began."""

    status: int
    text: str
    milliseconds: int

    @property
    def accepted(self) -> bool:
        """Whether the other side took it: any 2xx."""
        return 200 <= self.status < 300


def post(uri: str, body: bytes, headers: Mapping[str, str], settings: Settings) -> Answer:
    """Post a body once. Whatever goes wrong is an answer without a status, never an exception."""
    began = time.monotonic()
    try:
        status, text = _exchange(resolve(uri, settings), body, headers, settings)
    except BadInput as err:
        status, text = NO_ANSWER, err.public
    except (HTTPError, http.client.HTTPException, OSError) as err:
        status, text = NO_ANSWER, _said(err)
    if 300 <= status < 400:
        text = f"Redirects are not followed. {text}".strip()[:ANSWER_BYTES]
    return Answer(status, text, round((time.monotonic() - began) * 1000))


def _exchange(target: Target, body: bytes, headers: Mapping[str, str], settings: Settings) -> tuple[int, str]:
    default = PORTS[target.scheme] == target.port
    name = f"[{target.host}]" if ":" in target.host else target.host
    sent = {
        "Host": name if default else f"{name}:{target.port}",
        "User-Agent": f"espi/{__version__}",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    connection = _connection(target, settings)
    try:
        with _bounded(connection):
            connection.request("POST", target.path, body=body, headers=sent, preload_content=False)
            answer = connection.getresponse()
            return answer.status, _beginning(answer)
    finally:
        connection.close()


def _connection(target: Target, settings: Settings) -> HTTPConnection:
    """A connection to the first of the checked addresses that takes one. The certificate must be the name's."""
    failed: Exception = OSError("The host has no address.")
    timeout = Timeout(connect=CONNECT_S, read=SILENT_S)
    for address in target.addresses:
        connection = (
            HTTPSConnection(
                address,
                target.port,
                timeout=timeout.connect_timeout,
                ssl_context=_trust(settings.trust_ca),
                server_hostname=target.host,
            )
            if target.scheme == "https"
            else HTTPConnection(address, target.port, timeout=timeout.connect_timeout)
        )
        try:
            connection.connect()
        except (HTTPError, OSError) as err:
            connection.close()
            failed = err
        else:
            connection.timeout = SILENT_S
            if connection.sock:
                connection.sock.settimeout(SILENT_S)
            return connection
    raise failed


@contextlib.contextmanager
def _bounded(connection: HTTPConnection) -> Iterator[None]:
    """End the connection after `WHOLE_S`, for who sends a byte now and then for ever."""

    def end() -> None:
        with contextlib.suppress(OSError):
            if connection.sock:
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(WHOLE_S, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _beginning(answer: urllib3.BaseHTTPResponse) -> str:
    """How the answer began, without what could confuse a log."""
    try:
        text = answer.read(ANSWER_BYTES).decode("utf-8", "replace")
    except (HTTPError, http.client.HTTPException, OSError):
        return ""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:ANSWER_BYTES].strip()


def _said(err: Exception) -> str:
    """Why there was no answer, in a few words and without addresses of ours."""
    if isinstance(err, ssl.SSLError | urllib3.exceptions.SSLError):
        return f"TLS failed: {err}"[:ANSWER_BYTES]
    if isinstance(err, ConnectionRefusedError | urllib3.exceptions.NewConnectionError):
        return "Nobody takes connections there."
    if isinstance(err, TimeoutError | urllib3.exceptions.TimeoutError):
        return "No answer in time."
    return f"The connection failed: {type(err).__name__}."


@functools.lru_cache(maxsize=4)
def _trust(further_authority: str) -> ssl.SSLContext:
    """What the system trusts, and the authority that the settings add."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if further_authority:
        context.load_verify_locations(further_authority)
    return context
