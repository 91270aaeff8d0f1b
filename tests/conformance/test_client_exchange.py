"""What is sent and kept: exact bytes out, everything recorded, nothing secret in what is kept."""

from __future__ import annotations

import dataclasses
import gzip
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from conformance.client import settings as kit_settings
from conformance.client.exchange import Exchange, Http, Recorder
from conformance.client.masking import Mask

pytestmark = pytest.mark.loopback

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Peer:
    """A server that answers as told, and keeps the bytes of each request's head."""

    url: str = ""
    heads: list[str] = field(default_factory=list)
    answer: Callable[[str], Answer] = lambda _path: (200, {}, b"")


@pytest.fixture
def peer() -> Iterator[Peer]:
    found = Peer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            found.heads.append(f"{self.requestline}\n{self.headers}")
            status, headers, body = found.answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def http() -> Iterator[Http]:
    recorder = Recorder(Mask(["configured-secret-0001"]))
    yield Http(kit_settings.from_table({"waits": {"answer_s": 2}}), recorder)
    recorder.close()


def test_what_is_sent_is_byte_for_byte_as_asked(peer: Peer, http: Http) -> None:
    target = "/a//b?scope=FB=1_3;HistoryLength=13&&state={x}"
    http.send("GET", peer.url, raw_target=target, headers=[("Content-Type", "Application/atom+xml")])
    line, *head = peer.heads[0].splitlines()
    assert line == f"GET {target} HTTP/1.1"
    assert "Content-Type: Application/atom+xml" in head
    assert [one for one in head if one.startswith("Authorization")] == []


def test_an_empty_authorization_can_be_sent(peer: Peer, http: Http) -> None:
    http.send("GET", peer.url, headers=[("Authorization", "")])
    assert "Authorization: \n" in peer.heads[0]


def test_a_redirect_is_an_answer_like_others(peer: Peer, http: Http) -> None:
    peer.answer = lambda _path: (302, {"Location": "/elsewhere?code=abcdefghijklmnop"}, b"")
    found = http.send("GET", f"{peer.url}/here")
    assert (found.status, found.location, len(peer.heads)) == (302, "/elsewhere?code=abcdefghijklmnop", 1)
    assert dict(found.response_headers)["Location"] == "/elsewhere?code=***mnop"


def test_gzip_is_unpacked_and_the_whole_is_kept_in_a_file(peer: Peer, http: Http) -> None:
    text = b"<feed>" + b"x" * 6_000_000 + b"</feed>"
    peer.answer = lambda _path: (200, {"Content-Encoding": "gzip"}, gzip.compress(text))
    found = http.send("GET", peer.url)
    assert found.size_bytes == len(text)
    assert found.file is not None
    assert found.whole == found.file.read_bytes() == text
    assert text.startswith(found.body)
    assert len(found.response_body) < 40_000


@pytest.mark.parametrize(
    ("body", "why"),
    [(gzip.compress(b"x" * 1000, mtime=0)[:-9], "cut short"), (b"no gzip at all", "incorrect header")],
    ids=["half", "none"],
)
def test_a_broken_packing_is_told(peer: Peer, http: Http, body: bytes, why: str) -> None:
    peer.answer = lambda _path: (200, {"Content-Encoding": "gzip"}, body)
    found = http.send("GET", peer.url)
    assert why in found.error
    assert found.status == 200


def test_who_does_not_answer_is_an_exchange_with_an_error(http: Http) -> None:
    found = http.send("GET", "http://127.0.0.1:1/nobody")
    assert found.status == 0
    assert "ConnectionRefusedError" in found.error
    assert http.send("GET", "ftp://127.0.0.1/").error.startswith("ValueError")
    assert [one.number for one in http.recorder.exchanges] == [1, 2]


def test_nothing_that_opens_a_door_is_kept(peer: Peer, http: Http) -> None:
    secrets = {
        "token": "a-token-of-the-customer",
        "code": "a-code-from-the-callback",
        "given": "an-access-token-that-was-given",
        "again": "a-refresh-token/with+signs=",
        "cookie": "a-cookie-of-the-session",
        "element": "a-secret-in-an-element",
        "configured": "configured-secret-0001",
    }
    peer.answer = lambda _path: (
        200,
        {"Set-Cookie": f"session={secrets['cookie']}; Path=/; HttpOnly"},
        f"""{{"access_token": "{secrets["given"]}", "refresh_token":"{secrets["again"]}"}}
        <espi:client_secret>{secrets["element"]}</espi:client_secret>
        once more {secrets["given"]} and {secrets["configured"]}""".encode(),
    )
    found = http.send(
        "POST",
        f"{peer.url}/token?code={secrets['code']}&redirect_uri=x",
        basic=("user", secrets["configured"]),
        headers=[("Cookie", f"session={secrets['cookie']}")],
        body=f"client_secret={secrets['configured']}&refresh_token=a-refresh-token%2Fwith%2Bsigns%3D&other=1",
    )
    http.send("GET", f"{peer.url}/x/{secrets['given']}", token=secrets["token"])
    kept = repr([dataclasses.asdict(one) for one in http.recorder.exchanges])
    assert [name for name, secret in secrets.items() if secret in kept] == []
    assert b64encode(b"user:configured-secret-0001").decode() not in kept
    assert "Bearer ***omer" in kept
    assert "code=***back&redirect_uri=x" in kept
    assert "other=1" in kept
    assert "session=***; Path=/; HttpOnly" in kept
    assert secrets["given"] in found.text


def test_the_step_belongs_to_the_thread_that_records() -> None:
    recorder = Recorder()
    recorder.step = "FND001"
    seen: list[Exchange] = []
    thread = threading.Thread(target=lambda: seen.append(recorder.begin("GET", "http://x.example", (), b"")))
    thread.start()
    thread.join()
    assert [recorder.begin("GET", "http://x.example", (), b"").step, seen[0].step] == ["FND001", ""]
    recorder.close()
