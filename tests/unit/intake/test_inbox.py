"""Files in the inbox are taken when they have stopped growing, answered, and moved away."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from espi.intake import inbox
from espi.intake.inbox import survey
from tests.unit.intake.lse_samples import block_text

NAME = "957877905IntervalData20141103050000001.lse"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "957877905").mkdir()
    return tmp_path


def looks(*changes: object) -> Iterator[bool]:
    """Makes the changes one after another, one between each two looks, then ends the watch."""
    for change in changes:
        assert callable(change)
        change()
        yield True
    yield False


def watch(folder: Path, *changes: object, response: str | None = "00\n") -> list[tuple[str, str]]:
    taken: list[tuple[str, str]] = []

    def take(path: Path, sender: str) -> str | None:
        taken.append((path.name, sender))
        return response

    steps = looks(*changes)
    inbox.watch(folder, take, interval_s=0, keep_on=lambda: next(steps))
    return taken


def nothing() -> None:
    return None


def test_a_settled_file_is_taken_and_moved_with_its_response(folder: Path) -> None:
    (folder / "957877905" / NAME).write_text("x")
    assert watch(folder, nothing) == [(NAME, "957877905")]
    done = folder / "957877905" / "done"
    assert sorted(path.name for path in done.iterdir()) == [NAME, f"{NAME}.response.csv"]
    assert (done / f"{NAME}.response.csv").read_text() == "00\n"
    assert not (folder / "957877905" / NAME).exists()


def test_a_growing_file_waits(folder: Path) -> None:
    path = folder / "957877905" / NAME
    path.write_text("x")

    def grow() -> None:
        path.write_text(path.read_text() + "x")

    assert watch(folder, grow, grow) == []
    assert watch(folder, grow, nothing) == [(NAME, "957877905")]


def test_hidden_and_unfinished_names_are_not_looked_at(folder: Path) -> None:
    for name in (".hidden.lse", f"{NAME}.part", f"{NAME}.tmp"):
        (folder / "957877905" / name).write_text("x")
    assert watch(folder, nothing, nothing) == []


def test_what_cannot_be_taken_is_left_until_it_changes(folder: Path) -> None:
    path = folder / "957877905" / NAME
    path.write_text("x")

    def touch() -> None:
        os.utime(path, ns=(1, 1))

    assert len(watch(folder, nothing, nothing, nothing, response=None)) == 1
    assert len(watch(folder, nothing, touch, nothing, nothing, response=None)) == 2
    assert path.exists()


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_survey_counts_the_records_across_the_pieces_it_reads(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = (mark + (block_text() + block_text(per_row=1)) * 5).encode()
    for size in (1 << 20, 1000, 13, 9):
        monkeypatch.setattr(inbox, "READ_BYTES", size)
        stream = io.BytesIO(data)
        found = survey(stream)
        assert (found.records, found.size) == (10, len(data))
        assert stream.tell() == 0


def test_a_header_in_the_middle_of_a_line_is_no_record() -> None:
    assert survey(io.BytesIO(b"x00000001,\n 00000001,\n")).records == 0
