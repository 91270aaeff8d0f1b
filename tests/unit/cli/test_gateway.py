"""What the server hands over becomes WSGI and back; a caller with a slow line holds up nobody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest

from espi.api.mount import ROOT
from espi.cli.gateway import Gateway, environ_of

READ = f"{ROOT}/Batch/Subscription/1"
MOST_BYTES = 4096
Headers = Sequence[tuple[bytes, bytes]]


def _scope(method: str = "GET", path: str = READ, headers: Headers = (), **others: Any) -> dict[str, Any]:
    """A request's head."""
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": list(headers),
        "client": ("192.0.2.7", 40112),
        "server": ("192.0.2.1", 8443),
        "http_version": "1.1",
        "scheme": "https",
        **others,
    }


class Call:
    """A caller: what it sends, and what it got. goes_away_after: so many pieces."""

    def __init__(self, *body: bytes, goes_away_after: int | None = None) -> None:
        self.body = [
            {"type": "http.request", "body": piece, "more_body": number + 1 < len(body)}
            for number, piece in enumerate(body or (b"",))
        ]
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.pieces: list[bytes] = []
        self.ended = False
        self.ready = asyncio.Event()
        self.ready.set()
        self._goes_away_after = goes_away_after
        self._gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self.body:
            return self.body.pop(0)
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, event: dict[str, Any]) -> None:
        if event["type"] == "http.response.start":
            self.status, self.headers = event["status"], event["headers"]
            return
        await self.ready.wait()
        self.pieces.append(event["body"])
        self.ended = not event["more_body"]
        if len(self.pieces) == self._goes_away_after:
            self._gone.set()
            await asyncio.sleep(0)

    @property
    def text(self) -> bytes:
        return b"".join(self.pieces)


class Answer:
    """Pieces of an answer, which knows whether it was closed."""

    def __init__(self, *pieces: bytes, fails_at: int = -1) -> None:
        self.pieces = pieces
        self.fails_at = fails_at
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for number, piece in enumerate(self.pieces):
            if number == self.fails_at:
                raise RuntimeError("broken")
            yield piece

    def close(self) -> None:
        self.closed = True


def _answered(program: Any, scope: dict[str, Any], call: Call) -> Call:
    asyncio.run(Gateway(program, MOST_BYTES)(scope, call.receive, call.send))
    return call


def _giving(answer: Iterable[bytes]) -> Any:
    def program(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [("X-One", "1")])
        return answer

    return program


def _echo(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    start("200 OK", [("X-Length", environ.get("CONTENT_LENGTH", "none"))])
    return [environ["wsgi.input"].read()]


@pytest.fixture(params=["GET", "POST"])
def scope(request: pytest.FixtureRequest) -> dict[str, Any]:
    """One that is answered on the loop, and one that is answered by a thread."""
    return _scope(request.param)


@pytest.mark.parametrize("pieces", [(), (b"whole",)])
def test_an_answer_of_one_piece_is_sent_whole_and_closed(scope: dict[str, Any], pieces: tuple[bytes, ...]) -> None:
    answer = Answer(*pieces)
    call = _answered(_giving(answer), scope, Call())
    assert (call.status, call.headers, call.pieces) == (200, [(b"x-one", b"1")], [b"".join(pieces)])
    assert call.ended
    assert answer.closed


def test_a_long_answer_comes_piece_by_piece_and_is_closed_after_the_last(scope: dict[str, Any]) -> None:
    answer = Answer(b"a", b"b", b"c", b"d")
    call = _answered(_giving(answer), scope, Call())
    assert call.pieces == [b"a", b"b", b"c", b"d", b""]
    assert call.ended
    assert answer.closed


def test_what_a_caller_who_has_gone_would_have_got_is_not_computed() -> None:
    answer = Answer(*[b"x"] * 50)
    call = _answered(_giving(answer), _scope(), Call(goes_away_after=2))
    assert len(call.pieces) == 2
    assert answer.closed


@pytest.mark.parametrize("fails_at", [0, 1, 2])
def test_a_failure_closes_the_answer(scope: dict[str, Any], fails_at: int) -> None:
    answer = Answer(b"a", b"b", b"c", b"d", fails_at=fails_at)
    with pytest.raises(RuntimeError, match="broken"):
        _answered(_giving(answer), scope, Call())
    assert answer.closed


def test_a_caller_with_a_slow_line_holds_up_no_other() -> None:
    answers = [Answer(b"a", b"b", b"c"), Answer(b"quick")]

    async def both() -> tuple[Call, Call, bool]:
        def program(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            found: Iterable[bytes] = _giving(answers.pop(0))(environ, start)
            return found

        gateway = Gateway(program, MOST_BYTES)
        slow, quick = Call(), Call()
        slow.ready.clear()
        waiting = asyncio.ensure_future(gateway(_scope(), slow.receive, slow.send))
        await asyncio.sleep(0)
        await gateway(_scope(), quick.receive, quick.send)
        was_waiting = not waiting.done()
        slow.ready.set()
        await waiting
        return slow, quick, was_waiting

    slow, quick, was_waiting = asyncio.run(both())
    assert was_waiting
    assert quick.pieces == [b"quick"]
    assert slow.text == b"abc"


def test_reads_are_answered_on_the_loop_and_what_may_wait_by_threads() -> None:
    where: list[bool] = []

    def program(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        where.append(threading.current_thread() is threading.main_thread())
        start("200 OK", [])
        return []

    proof = _scope(headers=[(b"dpop", b"proof")])
    for asked in (_scope(), _scope("HEAD"), _scope("PUT"), _scope(path="/login"), proof):
        _answered(program, asked, Call())
    assert where == [True, True, False, False, False]


def test_what_a_program_writes_in_the_old_way_comes_before_its_answer(scope: dict[str, Any]) -> None:
    def program(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        write = start("200 OK", [])
        write(b"first,")
        return [b"then"]

    assert _answered(program, scope, Call()).text == b"first,then"


def test_a_body_arrives_whole_with_its_length() -> None:
    call = _answered(_echo, _scope("POST"), Call(b"one,", b"two"))
    assert (call.pieces, call.headers) == ([b"one,two"], [(b"x-length", b"7")])


def test_a_body_that_is_too_long_is_not_taken_and_its_length_says_so() -> None:
    call = _answered(_echo, _scope("POST", headers=[(b"content-length", b"4097")]), Call(b"x" * 4097))
    assert (call.pieces, call.headers) == ([b""], [(b"x-length", b"4097")])


def test_a_body_that_does_not_say_how_long_it_is_is_taken_up_to_the_limit() -> None:
    call = _answered(_echo, _scope("POST"), Call(b"x" * 4000, b"x" * 4000, b"x" * 4000))
    assert call.headers == [(b"x-length", b"8000")], "longer than may be, so the program refuses it"
    assert call.pieces == [b"x" * 4000]


def test_a_caller_who_goes_away_before_the_body_is_whole_changes_nothing() -> None:
    asked: list[str] = []
    call = Call(b"half")
    call.body[-1]["more_body"] = True
    call.body.append({"type": "http.disconnect"})
    _answered(lambda _environ, _start: asked.append("called") or [], _scope("POST"), call)
    assert asked == []


def test_a_request_becomes_wsgi() -> None:
    headers = [
        (b"host", b"data.example:8443"),
        (b"content-type", b"text/plain"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"dpop", b"one"),
        (b"dpop", b"two"),
        (b"x-request-id", b"r"),
    ]
    environ = environ_of(_scope(path="/M\u00fcller", query_string=b"a=%20b", headers=headers))
    wanted = {
        "PATH_INFO": "/M\xc3\xbcller",
        "QUERY_STRING": "a=%20b",
        "REMOTE_ADDR": "192.0.2.7",
        "SERVER_PORT": "8443",
        "HTTP_HOST": "data.example:8443",
        "CONTENT_TYPE": "text/plain",
        "HTTP_COOKIE": "a=1; b=2",
        "HTTP_DPOP": "one,two",
        "HTTP_X_REQUEST_ID": "r",
        "wsgi.url_scheme": "https",
    }
    assert {name: environ[name] for name in wanted} == wanted


def test_a_header_that_would_pass_for_another_is_left_out() -> None:
    environ = environ_of(_scope(headers=[(b"espi_client_certificate", b"x"), (b"x_real-ip", b"y")]))
    assert not any(name.startswith(("HTTP_ESPI", "HTTP_X")) for name in environ)
