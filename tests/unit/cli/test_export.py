"""`espi export`: bulk files by the operator."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from espi.atom import schema
from espi.clock import day_date
from espi.store import directory
from espi.store.database import Database
from tests import factories

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

ESIID = "10443720000000042"
YESTERDAY = str(day_date(factories.TODAY - 1))


def _manifest(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return found


def test_a_utilitys_day_is_written_with_a_manifest(
    run: Run, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", "--utility", "Lone Star Wires", "--day", YESTERDAY, "-o", tmp_path / "out") == 0
    assert f"files=1 usage_points=1 manifest={tmp_path / 'out' / 'manifest.json'}" in capsys.readouterr().out
    (file,) = (tmp_path / "out").glob("*.xml.gz")
    assert schema.validate(gzip.decompress(file.read_bytes())) == []
    assert _manifest(tmp_path / "out")["day"] == YESTERDAY


def test_a_rep_finds_its_files_in_the_home_folder(run: Run, database: Database, home: Path) -> None:
    with database.write() as conn:
        rep = factories.rep(conn)
        utility = directory.utility_by_name(conn, "Lone Star Wires")
        assert utility
        points = directory.usage_point_ids(conn, utility.id, [ESIID])
        directory.switch_rep(conn, points[ESIID], rep, factories.TODAY - 1)
    assert run("export", "--rep", "Bluebonnet Power", "--day", YESTERDAY) == 0
    assert _manifest(home / "bulk" / f"rep-{rep}" / YESTERDAY)["usage_points"] == 1


def test_what_is_there_is_made_anew_on_request_only(run: Run, database: Database, tmp_path: Path) -> None:
    words = ("export", "--utility", "Lone Star Wires", "--day", YESTERDAY, "-o", tmp_path)
    assert run(*words) == 0
    (file,) = tmp_path.glob("*.xml.gz")
    made = file.stat().st_mtime_ns
    assert run(*words) == 0
    assert file.stat().st_mtime_ns == made
    assert run(*words, "--again") == 0
    assert file.stat().st_mtime_ns > made


def test_further_processes_join(run: Run, database: Database, tmp_path: Path) -> None:
    words = ("export", "--utility", "Lone Star Wires", "--day", YESTERDAY, "-o", tmp_path)
    assert run(*words, "--workers", 2) == 0
    assert _manifest(tmp_path)["usage_points"] == 1


@pytest.mark.parametrize("option", ["--utility", "--rep", "--third-party"])
def test_a_recipient_that_nobody_knows_is_named(
    run: Run, database: Database, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert run("export", option, "Nobody", "--day", YESTERDAY) == 1
    assert "'Nobody'" in capsys.readouterr().err
