"""How often a client may ask. Changes are counted in the database one by one, reads in the process and at times there.

Windows are of the machine's own time, the same on all machines, so limits end even where the clock of the settings
stands still. Reads that other processes have let through are known up to a twentieth of the limit late.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from espi import log
from espi.store.database import Database
from espi.store.quotas import add_use

SHARE = 20
MOST_SUBJECTS = 10_000


@dataclass(frozen=True)
class Limit:
    """So many in each window of so many seconds; 0: as many as one likes."""

    most: int
    window_s: int


@dataclass(frozen=True)
class Taken:
    """How a limit stands after one more. reset_s: seconds until the window ends."""

    limit: Limit
    used: int
    reset_s: int

    @property
    def refused(self) -> bool:
        """Whether it was one too many."""
        return self.limit.most > 0 and self.used > self.limit.most

    def headers(self) -> dict[str, str]:
        """What a client is told (draft-ietf-httpapi-ratelimit-headers)."""
        if not self.limit.most:
            return {}
        told = {
            "RateLimit-Limit": str(self.limit.most),
            "RateLimit-Remaining": str(max(self.limit.most - self.used, 0)),
            "RateLimit-Reset": str(self.reset_s),
            "RateLimit-Policy": f"{self.limit.most};w={self.limit.window_s}",
        }
        return told | ({"Retry-After": str(self.reset_s)} if self.refused else {})


@dataclass
class _Count:
    """The reads of a subject in a window. known: of all processes, as the database said last; here: since then here."""

    window_s: int
    known: int = 0
    here: int = 0
    flushing: int = 0

    @property
    def used(self) -> int:
        return self.known + self.flushing + self.here


@dataclass
class Rates:
    """What the clients of one process have used."""

    database: Database
    now_s: Callable[[], int]
    _counts: dict[str, _Count] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _writer: ThreadPoolExecutor | None = None

    def take(self, subject: str, limit: Limit, *, exactly: bool) -> Taken:
        """Count one more of a subject. exactly: in the database at once, so that no two processes take the same."""
        now_s = self.now_s()
        start_s = now_s - now_s % limit.window_s
        used = 0
        if limit.most:
            used = self._exactly(subject, start_s) if exactly else self._roughly(subject, start_s, limit)
        return Taken(limit, used, start_s + limit.window_s - now_s)

    def give_back(self, subject: str) -> None:
        """Let the last read of a subject not count, as when its answer was the same as before."""
        with self._lock:
            count = self._counts.get(subject)
            if count is not None and count.used > 0:
                count.here -= 1  # below 0 where it was told to the others already

    def _exactly(self, subject: str, start_s: int) -> int:
        with self.database.write() as conn:
            return add_use(conn, subject, start_s)

    def _roughly(self, subject: str, start_s: int, limit: Limit) -> int:
        with self._lock:
            count = self._counts.get(subject)
            if count is None or count.window_s != start_s:
                if len(self._counts) >= MOST_SUBJECTS:
                    self._counts.clear()
                count = self._counts[subject] = _Count(start_s)
            count.here += 1
            used = count.used
            if count.here * SHARE >= limit.most and not count.flushing:
                count.flushing, count.here = count.here, 0
                self._flush_later(subject, count)
            return used

    def _flush_later(self, subject: str, count: _Count) -> None:
        if self._writer is None:
            self._writer = ThreadPoolExecutor(1, "rates")
            self.database.before_close.append(self.settle)
        self._writer.submit(self._flush, subject, count)

    def _flush(self, subject: str, count: _Count) -> None:
        try:
            with self.database.write() as conn:
                known = add_use(conn, subject, count.window_s, count.flushing)
        except Exception as err:  # noqa: BLE001 - what could not be written counts here, and goes with the next
            log.warn(log.Event.AUDIT_LATE, error=type(err).__name__)
            with self._lock:
                count.here, count.flushing = count.here + count.flushing, 0
            return
        with self._lock:
            count.known, count.flushing = known, 0

    def settle(self) -> None:
        """Wait until what is being written is written."""
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None:
            writer.shutdown()
