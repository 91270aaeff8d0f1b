"""Watched folders: files are taken when they have stopped growing, by one process each, answered, and moved away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from espi.config import Settings
from espi.intake.claim import Loader, Progress, incoming
from espi.intake.report import FileReport
from espi.intake.watch import Watch
from espi.store import claims, jobs, queue
from espi.store.database import Database

SENDER = "957877905"
NAME = "957877905IntervalData20141103050000001.lse"


@dataclass
class Place:
    """A watched folder, and what was taken from it."""

    folder: Path
    database: Database
    settings: Settings
    taken: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    fails: Exception | None = None
    patience_s: float = 0

    def put(self, text: str = "x", name: str = NAME) -> Path:
        path = self.folder / SENDER / name
        path.write_text(text)
        return path

    def take(self, path: Path, sender: str, _progress: Progress) -> FileReport:
        self.taken.append((path.name, sender))
        if self.fails:
            raise self.fails
        with self.database.write() as conn:
            file = queue.take_file(conn, path.name, "ab" * 32, None, "lse", self.settings.clock.now_s())
        return FileReport(path.name, file.id)

    def watcher(self) -> Watch:
        loader = Loader(self.database, self.settings, patience_s=self.patience_s)
        return Watch(loader, [self.folder], self.take, lambda name: name == SENDER, self.said.append)

    def watch(self, *changes: object) -> list[tuple[str, str]]:
        """Makes the changes one after another, one between each two looks, then ends the watch."""
        self.taken.clear()
        steps = self._steps(changes)
        self.watcher().run(interval_s=0, keep_on=lambda: next(steps))
        return self.taken

    def _steps(self, changes: tuple[object, ...]) -> Iterator[bool]:
        for change in changes:
            assert callable(change)
            change()
            yield True
        yield False


@pytest.fixture
def place(tmp_path: Path, database: Database, settings: Settings) -> Place:
    (tmp_path / "in" / SENDER).mkdir(parents=True)
    return Place(tmp_path / "in", database, settings)


def nothing() -> None:
    return None


def test_a_settled_file_is_taken_and_moved_with_its_response(place: Place) -> None:
    path = place.put()
    assert place.watch(nothing) == [(NAME, SENDER)]
    done = path.parent / "done"
    assert sorted(found.name for found in done.iterdir()) == [NAME, f"{NAME}.response.csv"]
    assert (done / f"{NAME}.response.csv").read_text().splitlines()[-1].startswith("00,")
    assert not path.exists()


def test_a_growing_file_waits(place: Place) -> None:
    path = place.put()

    def grow() -> None:
        path.write_text(path.read_text() + "x")

    assert place.watch(grow, grow) == []
    assert place.watch(grow, nothing) == [(NAME, SENDER)]


def test_hidden_and_unfinished_names_are_not_looked_at(place: Place) -> None:
    for name in (".hidden.lse", f"{NAME}.part", f"{NAME}.tmp"):
        place.put(name=name)
    assert place.watch(nothing, nothing) == []


def test_what_cannot_be_read_is_left_until_it_changes(place: Place) -> None:
    path = place.put()
    place.fails = PermissionError(13, "Permission denied")

    def touch() -> None:
        os.utime(path, ns=(1, 1))

    assert len(place.watch(nothing, nothing, nothing)) == 1
    assert len(place.watch(nothing, touch, nothing, nothing)) == 2
    assert path.exists()
    assert "Permission denied" in place.said[0]


def test_a_folder_of_nobody_is_left_alone(place: Place) -> None:
    (place.folder / "nobody").mkdir()
    (place.folder / "nobody" / NAME).write_text("x")
    assert place.watch(nothing, nothing) == []
    assert len(place.said) == 1


def test_a_file_that_another_process_has_is_its_alone(place: Place) -> None:
    path = place.put()
    other = Loader(place.database, replace(place.settings), patience_s=0)
    other.want([incoming(path)])
    assert other.claim(incoming(path).key)
    assert place.watch(nothing, nothing) == []
    assert path.exists()


def test_a_file_that_fails_again_and_again_is_set_aside_and_the_others_go_on(place: Place) -> None:
    place.put()
    place.fails = KeyError("poison")
    assert len(place.watch(nothing, nothing, nothing, nothing, nothing)) == place.settings.intake_attempts
    place.fails = None
    place.put("y", name="other.lse")
    assert place.watch(nothing, nothing) == [("other.lse", SENDER)]
    with place.database.write() as conn:
        (aside,) = claims.claims(conn, states=[claims.SET_ASIDE])
        assert (aside.name, aside.error) == (NAME, "KeyError: 'poison'")
        assert claims.retry(conn, NAME, 0) == [NAME]
    assert place.watch(nothing, nothing) == [(NAME, SENDER)]


@pytest.mark.parametrize("error", [OperationalError, IntegrityError])
def test_a_database_that_is_away_or_was_quicker_is_asked_again_and_no_file_is_blamed(
    place: Place, monkeypatch: pytest.MonkeyPatch, error: type[DBAPIError]
) -> None:
    def come_back(_seconds: float) -> None:
        place.fails = None

    place.fails = error("SELECT 1", None, Exception("away"))
    place.patience_s = 60
    place.put()
    watcher = place.watcher()
    watcher.look()
    monkeypatch.setattr("espi.intake.claim.time.sleep", come_back)
    watcher.look()
    assert place.taken == [(NAME, SENDER)] * 2
    with place.database.read() as conn:
        (done,) = claims.claims(conn)
    assert (done.state, done.failures) == (claims.DONE, 0)


def test_a_file_that_was_loaded_but_not_moved_is_moved(place: Place) -> None:
    place.put()
    place.watch(nothing)
    again = place.put()
    assert place.watch(nothing) == [(NAME, SENDER)]
    assert not again.exists()


def test_the_watch_slows_down_while_much_is_to_follow(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place.settings = replace(place.settings, intake_jobs_waiting=1)
    waits: list[float] = []

    def work(seconds: float) -> None:
        waits.append(seconds)
        with place.database.write() as conn:
            job = jobs.claim(conn, place.settings.clock.now_s())
            assert job
            jobs.finish(conn, job, None, place.settings.clock.now_s())

    with place.database.write() as conn:
        for _ in range(3):
            jobs.add_job(conn, queue.CHECK, {}, now_s=place.settings.clock.now_s())
    place.put()
    look = place.watcher()
    look.look()
    monkeypatch.setattr("espi.intake.watch.time.sleep", work)
    look.look()
    assert waits == [1, 1]
    assert place.taken == [(NAME, SENDER)]
    assert "intake.slow" in (log := capsys.readouterr().out)
    assert "intake.goes_on" in log
