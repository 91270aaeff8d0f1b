"""Requests and their answers: sent byte for byte as asked, every one kept, with secrets masked in what is kept.

Nothing is followed, repeated or mended: a redirect, a refusal and a broken answer are what the checks want to see.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import json
import ssl
import tempfile
import threading
import time
import zlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from conformance.client.masking import Mask
from conformance.client.settings import Settings

HEAD_BYTES = 32 * 1024
"""How much of a body is kept for the report."""
WHOLE_BYTES = 4 * 1024 * 1024
"""A body up to this is held in memory; the whole is in a file in any case."""
MOST_BYTES = 4 * 1024**3
CHUNK_BYTES = 64 * 1024
LONGEST_FACTOR = 10
"""An answer may take this many times as long as its first byte may."""

Headers = Sequence[tuple[str, str]]
AGENT = "green-button-conformance-kit"


@dataclass
class Exchange:
    """One request and its answer, as the report shows them: nothing in these fields is a secret.

    status is 0 where there was no answer, and `error` then says why. The bodies are the first 32 KiB as text;
    `size_bytes` and `sha256` are of the whole, decoded. What a check reads (`body`, `text`, `json`, `location`,
    `header`) is as it came, with nothing masked.
    """

    number: int
    step: str
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...] = ()
    request_body: str = ""
    status: int = 0
    reason: str = ""
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: str = ""
    size_bytes: int = 0
    sha256: str = ""
    started_s: float = 0.0
    seconds: float = 0.0
    error: str = ""

    def __post_init__(self) -> None:
        self._headers: tuple[tuple[str, str], ...] = ()
        self._body = b""
        self._address = self.url
        self.file: Path | None = None
        """Where the whole body is, decoded, until the run ends."""

    def sent_to(self, url: str) -> None:
        """The URL as it is called, for checks only."""
        self._address = url

    def answered(self, status: int, reason: str, headers: Headers, mask: Mask) -> None:
        """The head of the answer is there."""
        self.status, self.reason = status, reason
        self._headers = tuple(headers)
        self.response_headers = tuple((name, mask.header(name, value)) for name, value in headers)

    def ended(self, body: bytes, mask: Mask) -> None:
        """The (beginning of the) body is there."""
        self._body = body
        self.response_body = mask.text(body[:HEAD_BYTES].decode("utf-8", "replace"))

    @property
    def address(self) -> str:
        """The URL as it was called."""
        return self._address

    @property
    def body(self) -> bytes:
        """The body as it came, decoded; only the first 4 MiB of a longer one (`file` has it all)."""
        return self._body

    @property
    def whole(self) -> bytes:
        """All of the body, however long."""
        return self._body if self.file is None else self.file.read_bytes()

    @property
    def text(self) -> str:
        """The body as text."""
        return self._body.decode("utf-8", "replace")

    @property
    def location(self) -> str:
        """Where a redirect leads; empty if nowhere."""
        return self.header("Location")

    def header(self, name: str) -> str:
        """The value of the first header of a name, as it came; empty if there is none."""
        return next((value for key, value in self._headers if key.lower() == name.lower()), "")

    def headers(self, name: str) -> list[str]:
        """The values of all headers of a name."""
        return [value for key, value in self._headers if key.lower() == name.lower()]

    def json(self) -> dict[str, Any]:
        """The JSON object of the body; empty if it is none."""
        try:
            found = json.loads(self._body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def line(self) -> str:
        """The exchange in one line."""
        return f"{self.method} {self.url}: {self.status or self.error} {self.reason}".rstrip()


@dataclass
class Recorder:
    """Keeps the exchanges of a run in their order. step: what is being judged now; each exchange bears it.

    Several threads may record at once; the step belongs to a thread. Close it to remove the bodies.
    """

    mask: Mask = field(default_factory=Mask)
    exchanges: list[Exchange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._local = threading.local()
        self._folder = tempfile.TemporaryDirectory(prefix="conformance-")

    @property
    def step(self) -> str:
        """What is being judged now, in this thread."""
        return getattr(self._local, "step", "")

    @step.setter
    def step(self, name: str) -> None:
        self._local.step = name

    def begin(self, method: str, url: str, headers: Headers, body: bytes) -> Exchange:
        """A new exchange, kept already."""
        mask = self.mask
        made = Exchange(
            next(self._numbers),
            self.step,
            method,
            mask.text(url),
            tuple((name, mask.header(name, value)) for name, value in headers),
            mask.text(body[:HEAD_BYTES].decode("utf-8", "replace")),
            started_s=time.time(),
        )
        made.sent_to(url)
        self.exchanges.append(made)
        return made

    def body(self, made: Exchange, chunks: Iterator[bytes]) -> None:
        """Take the body of the answer in, to its end."""
        digest, head = hashlib.sha256(), bytearray()
        made.file = Path(self._folder.name) / f"{made.number}"
        with made.file.open("wb") as out:
            for chunk in chunks:
                made.size_bytes += len(chunk)
                if made.size_bytes > MOST_BYTES:
                    raise ValueError(f"The answer is longer than {MOST_BYTES} bytes.")
                digest.update(chunk)
                out.write(chunk)
                head += chunk[: max(0, WHOLE_BYTES - len(head))]
        made.sha256 = digest.hexdigest()
        made.ended(bytes(head), self.mask)

    def close(self) -> None:
        """Remove the files of the bodies."""
        self._folder.cleanup()


class Http:
    """Sends requests to the custodian and records them. also_trust: a file of further authorities."""

    def __init__(self, settings: Settings, recorder: Recorder, *, also_trust: str = "") -> None:
        self.settings = settings
        self.recorder = recorder
        self._also_trust = also_trust

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return client_context(self.settings, also_trust=self._also_trust)

    def send(
        self,
        method: str,
        url: str,
        *,
        token: str | None = None,
        basic: tuple[str, str] | None = None,
        headers: Headers = (),
        body: bytes | str | None = None,
        raw_target: str | None = None,
    ) -> Exchange:
        """Send one request and read the answer to its end; no redirect is followed.

        token: sent as `Bearer`. basic: user and password. headers: instead of ours of the same name. raw_target: what
        stands in the request line instead of the URL's path and query, byte for byte. Whatever goes wrong on the way is
        in `error`; nothing is raised.
        """
        if basic is not None:
            self.recorder.mask.learn_basic(*basic)
        if token:
            self.recorder.mask.learn(token)
        payload = body.encode() if isinstance(body, str) else body
        sent = _headers(urlsplit(url).netloc, token, basic, headers, payload)
        made = self.recorder.begin(method, url, sent, payload or b"")
        started = time.monotonic()
        try:
            self._exchange(made, raw_target or target_of(url), sent, payload)
        except (OSError, http.client.HTTPException, zlib.error, ValueError) as err:
            made.error = f"{type(err).__name__}: {err}"
        made.seconds = time.monotonic() - started
        return made

    def _exchange(self, made: Exchange, target: str, headers: Headers, body: bytes | None) -> None:
        connection = self._connection(made.address)
        try:
            connection.putrequest(made.method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            made.answered(answer.status, answer.reason, answer.getheaders(), self.recorder.mask)
            deadline = time.monotonic() + self.settings.waits.answer_s * LONGEST_FACTOR
            self.recorder.body(made, _decoded(_chunks(answer, deadline), made.header("Content-Encoding")))
        finally:
            connection.close()

    def _connection(self, url: str) -> http.client.HTTPConnection:
        parts = urlsplit(url)
        wait_s = self.settings.waits.answer_s
        host = parts.hostname or ""
        if parts.scheme == "https":
            return http.client.HTTPSConnection(host, parts.port, timeout=wait_s, context=self._context)
        if parts.scheme != "http":
            raise ValueError(f"{url} is neither http nor https.")
        return http.client.HTTPConnection(host, parts.port, timeout=wait_s)


def client_context(settings: Settings, *, also_trust: str = "") -> ssl.SSLContext:
    """How the kit speaks TLS: trusting what the settings say, showing the certificate that they name."""
    tls = settings.tls
    context = ssl.create_default_context(cafile=tls.ca_file or None)
    if also_trust:
        context.load_verify_locations(cafile=also_trust)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.client_certificate:
        context.load_cert_chain(tls.client_certificate, tls.client_key or None)
    return context


def target_of(url: str) -> str:
    """What stands in the request line for a URL."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _headers(
    host: str, token: str | None, basic: tuple[str, str] | None, given: Headers, body: bytes | None
) -> list[tuple[str, str]]:
    usual = {"Host": host, "User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "gzip", "Connection": "close"}
    if basic is not None:
        usual["Authorization"] = "Basic " + b64encode(f"{basic[0]}:{basic[1]}".encode()).decode()
    if token is not None:
        usual["Authorization"] = f"Bearer {token}"
    if body is not None:
        usual["Content-Length"] = str(len(body))
    named = {name.lower() for name, _value in given}
    return [(name, value) for name, value in usual.items() if name.lower() not in named] + list(given)


def _chunks(answer: http.client.HTTPResponse, deadline: float) -> Iterator[bytes]:
    stream: BinaryIO | http.client.HTTPResponse = answer
    while chunk := stream.read(CHUNK_BYTES):
        if time.monotonic() > deadline:
            raise TimeoutError("the answer did not come to its end in time")
        yield chunk


def _decoded(chunks: Iterator[bytes], coding: str) -> Iterator[bytes]:
    """The body without its transfer's packing; a bomb is unpacked a piece at a time."""
    if coding.strip().lower() not in {"gzip", "x-gzip"}:
        yield from chunks
        return
    unpacker = zlib.decompressobj(31)
    for chunk in chunks:
        rest = chunk
        while rest and not unpacker.eof:
            yield unpacker.decompress(rest, CHUNK_BYTES * 16)
            rest = unpacker.unconsumed_tail
    yield unpacker.flush()
    if not unpacker.eof:
        raise ValueError("the gzip stream is cut short")
