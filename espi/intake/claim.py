"""Loads of files by one process of many: each claims a file, is heard of while it loads it, and gives it back.

What goes wrong is told apart: a database that is away is waited for; a file that another has is let go; a file that
fails is noted with its failures and, after so many at the same place, set aside while the others go on.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from espi import log
from espi.config import Settings
from espi.errors import Conflict, EspiError
from espi.intake import process
from espi.intake.report import FileReport
from espi.store import claims, jobs, queue
from espi.store.claims import Claim, Terms
from espi.store.database import Database

Progress = Callable[[int, int], None]
Load = Callable[[Progress], FileReport]
T = TypeVar("T")

EDGE_BYTES = 1 << 16
TELL_EVERY_S = 1.0
PAUSES_S = (0.5, 1.0, 2.0, 5.0)
MOST_CLASHES = 5
EASE_S = 60
FOLLOW_UP = (queue.TELL, queue.CHECK)
"""The kinds of jobs that follow each loaded file."""


@dataclass(frozen=True)
class Incoming:
    """A file to be loaded. key: a fingerprint of its name, size, beginning and end, the same on every machine."""

    path: Path
    size: int
    key: str

    @property
    def name(self) -> str:
        """What it is called, wherever it lies."""
        return self.path.name


def incoming(path: Path) -> Incoming:
    """A file as it is now; OSError if it cannot be read."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        digest = hashlib.sha256(f"{path.name}\n{size}\n".encode())
        for start in (0, max(0, size - EDGE_BYTES)):
            stream.seek(start)
            digest.update(stream.read(EDGE_BYTES))
    return Incoming(path, size, digest.hexdigest())


class NotLoadedError(Exception):
    """A file was not loaded now, and why. out_of_reach: it cannot be read here, so this process need not try again."""

    def __init__(self, reason: str, *, out_of_reach: bool = False) -> None:
        super().__init__(reason)
        self.out_of_reach = out_of_reach


class Loader:
    """This process, as one that loads files. patience_s: how long it waits for a database that is away.

    began_s: when those began whom it is one of, if it is not alone.
    """

    def __init__(self, database: Database, settings: Settings, *, patience_s: float, began_s: int = 0) -> None:
        self.database = database
        self.settings = settings
        self.patience_s = patience_s
        self.terms = Terms(process.mark(), settings.intake_lease_s, settings.intake_attempts, process.has_ended)
        self.began_s = began_s or settings.clock.now_s()
        self._eased = True

    def patiently(self, do: Callable[[], T]) -> T:
        """Do something with the database: again where it was away, or another process stored the same just then."""
        began, clashes = time.monotonic(), 0
        pauses = iter(PAUSES_S)
        while True:
            try:
                return do()
            except Exception as err:
                clashes += claims.is_clash(err)
                passes = claims.is_outage(err) or (claims.is_clash(err) and clashes <= MOST_CLASHES)
                if not passes or time.monotonic() - began > self.patience_s:
                    raise
                log.warn(log.Event.FILE_WAITS, error=type(err).__name__)
                time.sleep(next(pauses, PAUSES_S[-1]))

    def want(self, files: Sequence[Incoming]) -> None:
        """Note files that are to be loaded."""

        def note() -> None:
            with self.database.write() as conn:
                claims.want(conn, ((file.key, file.name, file.size) for file in files), self._now_s())

        self.patiently(note)

    def known(self, keys: Sequence[str]) -> list[Claim]:
        """What the database says of files."""

        def find() -> list[Claim]:
            with self.database.read() as conn:
                return claims.claims(conn, keys=keys)

        return self.patiently(find)

    def claimable(self, known: Iterable[Claim], *, again: bool = False) -> list[Claim]:
        """The files that nobody has: those that never failed first, then by size, for then all are done soonest.

        Also those that were done before this process began, to see whether they are really the same; again: and since.
        """
        now_s, before_s = self._now_s(), self._again_before_s(again=again)
        free = [one for one in known if claims.claimable(one, self.terms, now_s, again_before_s=before_s)]
        return sorted(free, key=lambda one: (one.failures, -one.size, one.name))

    def claim(self, key: str, *, again: bool = False) -> Claim | None:
        """Take a file, unless another has it, or it is set aside."""

        def take() -> Claim | None:
            before_s = self._again_before_s(again=again)
            with self.database.write() as conn:
                return claims.claim(conn, key, self.terms, self._now_s(), again_before_s=before_s)

        return self.patiently(take)

    def load(self, claim: Claim, load: Load) -> FileReport:
        """Load a file that is this process's. `NotLoadedError` where it is not loaded now."""
        heart = _Heart(self, claim)
        try:
            report = self.patiently(lambda: load(heart.beat))
            self.patiently(lambda: self._finish(claim, report))
        except Exception as err:
            raise self._failed(claim, err) from err
        except BaseException:
            self._release(claim)
            raise
        return report

    def ease(self) -> bool:
        """Whether so much waits to be done for loaded files that the next one had better wait; the log says so once."""
        limit = self.settings.intake_jobs_waiting

        def count() -> int:
            with self.database.read() as conn:
                return jobs.backlog(conn, FOLLOW_UP, self._now_s())

        waiting = self.patiently(count) if limit > 0 else 0
        behind = waiting > limit > 0
        if behind == self._eased:
            self._eased = not behind
            log.warn(log.Event.INTAKE_SLOW if behind else log.Event.INTAKE_GOES_ON, jobs=waiting, limit=limit)
        return behind

    def renew(self, claim: Claim, done: int) -> None:
        """Say that a load is getting on."""
        with self.database.write() as conn:
            claims.renew(conn, claim, done, self.terms, self._now_s())

    def _finish(self, claim: Claim, report: FileReport) -> None:
        now_s = self._now_s()
        with self.database.write() as conn:
            claims.finish(conn, claim, report.file_id, now_s)
            if not claims.busy(conn, now_s, now_s - self.settings.notify_gather_s):
                queue.gather(conn, now_s)

    def _failed(self, claim: Claim, err: Exception) -> NotLoadedError:
        reason = _reason(err)
        if isinstance(err, Conflict | OSError):
            self._release(claim)
            return NotLoadedError(f"{claim.name}: {reason}", out_of_reach=isinstance(err, OSError))
        try:
            with self.database.write() as conn:
                now = claims.fail(conn, claim, reason, self.terms, self._now_s())
        except Exception as more:  # noqa: BLE001 - then the end of the claim's time is what sets the file free
            return NotLoadedError(f"{claim.name}: {reason} ({type(more).__name__} when that was to be noted)")
        aside = now.state == claims.SET_ASIDE
        log.warn(log.Event.FILE_SET_ASIDE if aside else log.Event.FILE_FAILED, file=claim.name, reason=reason)
        end = "set aside; `espi intake retry` lets it be loaded again" if aside else "it is tried again"
        return NotLoadedError(f"{claim.name}: {reason}: {end} ({now.failures} of {self.terms.failures})")

    def _release(self, claim: Claim) -> None:
        try:
            with self.database.write() as conn:
                claims.release(conn, claim, self._now_s())
        except Exception as err:  # noqa: BLE001 - another has it, or the end of its time sets it free
            log.record(log.Event.FILE_WAITS, file=claim.name, error=type(err).__name__)

    def _again_before_s(self, *, again: bool) -> int:
        return self._now_s() + 1 if again else self.began_s

    def _now_s(self) -> int:
        return self.settings.clock.now_s()


class _Heart:
    """Renews a claim about once a second, as the load tells how far it is."""

    def __init__(self, loader: Loader, claim: Claim) -> None:
        self._loader = loader
        self._claim = claim
        self._beaten = time.monotonic()

    def beat(self, done: int, _size: int) -> None:
        """The load is so far."""
        if time.monotonic() - self._beaten >= TELL_EVERY_S:
            self._loader.renew(self._claim, done)
            self._beaten = time.monotonic()


def _reason(err: Exception) -> str:
    if isinstance(err, EspiError):
        return err.public.rstrip(".")
    if isinstance(err, OSError) and err.strerror:
        return err.strerror
    return f"{type(err).__name__}: {err}".rstrip(": ")
