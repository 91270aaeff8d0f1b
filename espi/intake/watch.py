"""Folders that are watched for files, by any number of processes on any number of machines.

A utility's folder is `<its name or DUNS>/` in a watched folder, which is `inbox/` in the home folder if nothing else is
said. A file is taken when it has stopped growing; when it is done with, it moves to `done/` with its response file
beside it. Names that begin with a dot or end in `.part` or `.tmp` are not looked at, so that a sender may rename a file
when it is complete.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from espi.intake import response
from espi.intake.claim import EASE_S, Incoming, Loader, NotLoadedError, Progress, incoming
from espi.intake.report import FileReport
from espi.store.claims import Claim

UNFINISHED = (".part", ".tmp")
DONE = "done"

Stamp = tuple[int, int]
Take = Callable[[Path, str, Progress], FileReport]
"""Loads the file of a path, which came from the sender that its folder is named after."""


class Watch:
    """A process's watch. knows: whether a sender is known; say: tells an operator what went wrong."""

    def __init__(
        self,
        loader: Loader,
        folders: Sequence[Path],
        take: Take,
        knows: Callable[[str], bool],
        say: Callable[[str], None],
    ) -> None:
        self.loader = loader
        self.folders = folders
        self.take = take
        self.knows = knows
        self.say = say
        self._seen: dict[Path, Stamp] = {}
        self._left: dict[Path, Stamp] = {}
        self._wanted: dict[Path, tuple[Stamp, Incoming]] = {}

    def run(self, *, interval_s: float = 2.0, keep_on: Callable[[], bool] = lambda: True) -> None:
        """Take each settled file until `keep_on` says no; it is asked after each look."""
        while True:
            self.look()
            if not keep_on():
                return
            time.sleep(interval_s)

    def look(self) -> None:
        """Take the files that are as they were at the last look, one after the other."""
        found = dict(waiting(self.folders))
        settled = {path: stamp for path, stamp in found.items() if self._seen.get(path) == stamp}
        self._seen = found
        self._want({path: stamp for path, stamp in settled.items() if self._left.get(path) != stamp})
        by_key = {file.key: file for _, file in self._wanted.values()}
        for one in self.loader.claimable(self.loader.known(list(by_key)), again=True):
            self._ease()
            path = by_key[one.key].path
            claim = self.loader.claim(one.key, again=True) if path.exists() else None
            if claim is not None:
                self._load(path, claim)

    def _want(self, settled: dict[Path, Stamp]) -> None:
        """Note the files that are new, and forget those that are gone."""
        kept = {path: known for path, known in self._wanted.items() if settled.get(path) == known[0]}
        fresh: dict[Path, tuple[Stamp, Incoming]] = {}
        for path, stamp in settled.items():
            if path in kept:
                continue
            try:
                if self.knows(path.parent.name):
                    fresh[path] = stamp, incoming(path)
                else:
                    reason = "no utility has this name or DUNS number, so its folder is left alone"
                    self._leave(path, f"{path.parent.name}: {reason}")
            except FileNotFoundError:
                continue
            except OSError as err:
                self._leave(path, f"{path}: {err.strerror}; it is left alone until it changes")
        self.loader.want([file for _, file in fresh.values()])
        self._wanted = kept | fresh

    def _load(self, path: Path, claim: Claim) -> None:
        def load(progress: Progress) -> FileReport:
            report = self.take(path, path.parent.name, progress)
            move_away(path, response.write(report))
            return report

        try:
            self.loader.load(claim, load)
        except NotLoadedError as err:
            if err.out_of_reach:
                if path.exists():
                    self._leave(path, f"{path}: {err}; it is left alone until it changes")
            else:
                self.say(str(err))

    def _leave(self, path: Path, reason: str) -> None:
        self._left[path] = self._seen[path]
        self._wanted.pop(path, None)
        self.say(reason)

    def _ease(self) -> None:
        """Let those who work on jobs get on, for a time."""
        until = time.monotonic() + EASE_S
        while self.loader.ease() and time.monotonic() < until:
            time.sleep(1)


def waiting(folders: Sequence[Path]) -> Iterator[tuple[Path, Stamp]]:
    """The files that are there, with their size and when they were changed."""
    for path in (path for folder in folders for path in sorted(folder.glob("*/*"))):
        if path.is_file() and not path.name.startswith(".") and not path.name.endswith(UNFINISHED):
            with contextlib.suppress(FileNotFoundError):
                found = path.stat()
                yield path, (found.st_size, found.st_mtime_ns)


def move_away(path: Path, answer: str) -> None:
    """The response is complete before the file leaves the inbox: after a crash between the two, it is taken again."""
    done = path.parent / DONE
    done.mkdir(exist_ok=True)
    beside = done / response.response_name(path.name)
    unfinished = beside.with_name(beside.name + UNFINISHED[0])
    unfinished.write_text(answer, "utf-8")
    unfinished.replace(beside)
    path.replace(done / path.name)
