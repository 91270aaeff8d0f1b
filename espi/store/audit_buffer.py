"""Decisions on reads, kept for a moment and written together: a read does not wait for the disk or another's write.

What a web server lets be read, or refuses, is at most `FLUSH_S` seconds old when it stands in the audit; the same
decision repeated within that time is one row that says how often. Changes are never buffered: their record is in their
own transaction.
"""

from __future__ import annotations

import atexit
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from espi import log

FLUSH_S = 0.5
MOST_ROWS = 20_000

Row = Mapping[str, Any]


class AuditBuffer:
    """Rows of the audit of one process that are not written yet. write: appends rows to the audit, or raises."""

    def __init__(self, write: Callable[[Sequence[Row]], None]) -> None:
        self._write = write
        self._rows: list[Row] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="audit", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def add(self, row: Row) -> None:
        """Keep a row; the caller waits only when the disk is far behind."""
        with self._lock:
            self._rows.append(row)
            full = len(self._rows) >= MOST_ROWS
        if full:
            self.flush()

    def flush(self) -> None:
        """Write what is kept, in one transaction; what cannot be written is kept on."""
        with self._writing:
            with self._lock:
                rows, self._rows = self._rows, []
            if not rows:
                return
            try:
                self._write(united(rows))
            except Exception:
                with self._lock:
                    self._rows[:0] = rows
                raise

    def close(self) -> None:
        """Write the rest and stop."""
        atexit.unregister(self.close)
        self._stop.set()
        self._thread.join()
        self.flush()

    def _work(self) -> None:
        while not self._stop.wait(FLUSH_S):
            try:
                self.flush()
            except Exception as err:  # noqa: BLE001  (the rows are kept and the next turn tries again)
                log.warn(log.Event.AUDIT_LATE, error=type(err).__name__)


def united(rows: Sequence[Row]) -> list[Row]:
    """The rows, the same decision but once; its detail says how often it was made, if more than once."""
    times: dict[str, int] = {}
    first: dict[str, Row] = {}
    for row in rows:
        key = json.dumps([row["actor"], row["action"], row["target"], row["rule"], row["allowed"], row["detail"]])
        times[key] = times.get(key, 0) + 1
        first.setdefault(key, row)
    return [
        row if times[key] == 1 else {**row, "detail": {**row["detail"], "times": times[key]}}
        for key, row in first.items()
    ]
