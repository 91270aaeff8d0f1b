"""Answers that were sent lately, packed: a feed that has not changed is not made twice for who asks again.

Who may see an answer and whether it is still right is settled before: the tag that it is kept by differs wherever what
it says may differ, and it names the holder.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final, NamedTuple

MOST_BYTES: Final = 32 * 1024 * 1024
"""Of a process."""
MOST_OF_ONE: Final = 256 * 1024


class Key(NamedTuple):
    """What an answer is told by: its tag (of what it says), its media type, how it is packed."""

    tag: str
    content_type: str
    encoding: str


class Kept:
    """The answers that were asked for last, up to so many bytes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._answers: OrderedDict[Key, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> bytes | None:
        """The answer, if it is kept."""
        with self._lock:
            found = self._answers.get(key)
            if found is not None:
                self._answers.move_to_end(key)
            return found

    def put(self, key: Key, answer: bytes) -> None:
        """Keep an answer, unless it is a large one; those that nobody asked for the longest make room."""
        if len(answer) > MOST_OF_ONE:
            return
        with self._lock:
            self._bytes += len(answer) - len(self._answers.pop(key, b""))
            self._answers[key] = answer
            while self._bytes > self._most_bytes:
                self._bytes -= len(self._answers.popitem(last=False)[1])
