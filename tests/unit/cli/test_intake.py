"""`espi intake`: exit codes, what is printed for whom, and the inbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from espi.clock import zone
from espi.formats import lse
from espi.store.database import Database
from tests import factories

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

ESIID = "10443720000000042"
UNKNOWN = "10443720000009999"
NAME = f"{factories.DUNS}IntervalData20250615060000001.lse"
DAY = factories.TODAY - 1


def lse_text(day: int = DAY, esiid: str = ESIID) -> bytes:
    place = zone(factories.ZONE)
    block = factories.block(0, day, values=[7] * place.quarter_hours(day))
    return b"".join(lse.write(esiid, place, [block], factories.NOW_S))


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    path.write_bytes(lse_text())
    return path


def test_a_good_file_gives_0_and_one_line_for_machines(
    run: Run, database: Database, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("intake", "run", good) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith(f"file={NAME} result=00 blocks=1 ")
    assert printed.out.count("\n") == 1
    assert printed.err == ""


def test_a_refused_block_gives_3_and_is_listed_with_its_row(
    run: Run, database: Database, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good.write_bytes(lse_text() + lse_text(factories.TODAY + 3))
    assert run("intake", "run", good) == 3
    printed = capsys.readouterr()
    assert f"04 row 13, {ESIID} channel 4 20250618000000" in printed.err
    assert "refused=1" in printed.out


def test_a_failure_gives_1_whatever_else_happens_and_does_not_stop_the_next(
    run: Run, database: Database, good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "readings.lse"
    bad.write_bytes(lse_text())
    good.write_bytes(lse_text() + lse_text(factories.TODAY + 3))
    assert run("intake", "run", tmp_path / "nowhere.lse", bad, good) == 1
    printed = capsys.readouterr()
    assert "nowhere.lse" in printed.err
    assert "F2" in printed.err
    assert f"file={NAME} result=00" in printed.out


def test_each_file_gets_a_response(run: Run, database: Database, good: Path, home: Path) -> None:
    run("intake", "run", good)
    assert "1 blocks: 0 loaded, 1 replaced" in (home / "responses" / f"{NAME}.response.csv").read_text("utf-8")


def test_unknown_meters_wait_unless_they_are_adopted(
    run: Run, database: Database, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good.write_bytes(lse_text(esiid=UNKNOWN))
    assert run("intake", "run", good) == 0
    assert "loaded=0" in capsys.readouterr().out
    again = good.rename(good.with_name(NAME.replace("001.lse", "002.lse")))
    again.write_bytes(lse_text(DAY - 1, esiid=UNKNOWN))
    assert run("intake", "run", "--adopt", again) == 0
    assert run("download", "--usage-point", UNKNOWN, "-o", good.with_name("all.csv"), "--format", "csv") == 0
    assert len(good.with_name("all.csv").read_text("utf-8").splitlines()) == 1 + 2 * 96


def test_the_inbox_is_emptied_and_answered(run: Run, database: Database, home: Path, good: Path) -> None:
    folder = home / "inbox" / factories.DUNS
    folder.mkdir(parents=True)
    good.rename(folder / NAME)
    assert run("intake", "watch", "--once", "--every", "0.05") == 0
    assert sorted(path.name for path in (folder / "done").iterdir()) == [NAME, f"{NAME}.response.csv"]


def test_a_folder_of_nobody_is_left_alone(
    run: Run, database: Database, home: Path, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / "inbox" / "000000000"
    folder.mkdir(parents=True)
    good.rename(folder / NAME)
    assert run("intake", "watch", "--once", "--every", "0.05") == 0
    assert (folder / NAME).exists()
    assert "no utility has this name or DUNS number" in capsys.readouterr().err


def test_retention_counts_before_it_removes(
    run: Run,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ESPI_CLOCK", "2032-06-12T17:00:00Z")
    assert run("retention", "run", "--dry-run") == 0
    assert "dry_run=1 day_block=4 " in capsys.readouterr().out
    assert run("retention", "run") == 0
    assert "dry_run=0 day_block=4 " in capsys.readouterr().out
    assert run("retention", "run") == 0
    assert "day_block=0 " in capsys.readouterr().out
    assert run("audit", "verify") == 0
