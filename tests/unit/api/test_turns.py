"""Reads take turns in a process; a caller with a slow line holds up nobody."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from espi.api.turns import Turns


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


def _call(turns: Turns, method: str = "GET") -> Iterable[bytes]:
    return turns({"REQUEST_METHOD": method}, lambda _status, _headers, _error=None: lambda _data: None)


@pytest.mark.parametrize("pieces", [(), (b"whole",)])
def test_an_answer_of_one_piece_is_done_with_at_once(pieces: tuple[bytes, ...]) -> None:
    answer = Answer(*pieces)
    assert b"".join(_call(Turns(lambda _environ, _start: answer))) == b"".join(pieces)
    assert answer.closed


def test_a_long_answer_comes_piece_by_piece_and_is_closed_after_the_last() -> None:
    answer = Answer(b"a", b"b", b"c", b"d")
    sent = iter(_call(Turns(lambda _environ, _start: answer)))
    assert [next(sent) for _ in range(4)] == [b"a", b"b", b"c", b"d"]
    assert not answer.closed
    assert list(sent) == []
    assert answer.closed


def test_a_caller_who_goes_away_closes_the_answer() -> None:
    answer = Answer(b"a", b"b", b"c")
    sent: Any = _call(Turns(lambda _environ, _start: answer))
    assert next(sent) == b"a"
    sent.close()
    assert answer.closed


@pytest.mark.parametrize("fails_at", [0, 1, 2, 3])
def test_a_failure_closes_the_answer_and_gives_the_turn_back(fails_at: int) -> None:
    answers = [Answer(b"a", b"b", b"c", b"d", fails_at=fails_at), Answer(b"next")]
    turns = Turns(lambda _environ, _start: answers.pop(0))
    broken = answers[0]
    with pytest.raises(RuntimeError, match="broken"):
        list(_call(turns))
    assert broken.closed
    assert list(_call(turns)) == [b"next"]


def test_a_caller_with_a_slow_line_holds_up_nobody() -> None:
    slow = Answer(b"a", b"b", b"c")
    answers = [slow, Answer(b"quick")]
    turns = Turns(lambda _environ, _start: answers.pop(0))
    sent = iter(_call(turns))
    assert next(sent) == b"a"
    assert list(_call(turns)) == [b"quick"]
    assert list(sent) == [b"b", b"c"]


def test_one_read_is_computed_at_a_time_and_a_change_waits_for_no_turn() -> None:
    at_work, most, gate = 0, 0, threading.Lock()
    resume = threading.Event()

    def application(environ: dict[str, Any], _start: object) -> Iterable[bytes]:
        nonlocal at_work, most
        if environ["REQUEST_METHOD"] == "POST":
            return Answer(b"changed")
        with gate:
            at_work += 1
            most = max(most, at_work)
        resume.wait(5)
        with gate:
            at_work -= 1
        return Answer(b"read")

    turns = Turns(application)
    readers = [threading.Thread(target=lambda: list(_call(turns))) for _ in range(4)]
    for reader in readers:
        reader.start()
    assert list(_call(turns, "POST")) == [b"changed"]
    resume.set()
    for reader in readers:
        reader.join()
    assert most == 1
