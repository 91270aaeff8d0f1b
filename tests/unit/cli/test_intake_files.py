"""`espi intake` by several processes, and what it tells of files: `status`, `list`, `show`, `retry`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from espi.store import claims
from espi.store.claims import Terms
from espi.store.database import Database
from tests import factories
from tests.unit.cli.test_intake import DAY, ESIID, NAME, lse_text

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

Printed = pytest.CaptureFixture[str]
NOW_S = factories.NOW_S
TERMS = Terms("node1/b/s/42/7", lease_s=60, failures=1)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    path.write_bytes(lse_text() + lse_text(factories.TODAY + 3))
    return path


def set_aside(database: Database, name: str = "poison.lse") -> None:
    with database.write() as conn:
        claims.want(conn, [(name, name, 2_000_000)], NOW_S)
        mine = claims.claim(conn, name, TERMS, NOW_S, again_before_s=0)
        assert mine
        claims.fail(conn, mine, "KeyError: 'x'", TERMS, NOW_S)


def test_several_processes_load_each_file_once_and_end_as_the_worst_file_did(
    run: Run, database: Database, good: Path, tmp_path: Path, capfd: Printed
) -> None:
    paths = [good]
    for number in range(2, 5):
        paths.append(tmp_path / NAME.replace("001.lse", f"{number:03d}.lse"))
        paths[-1].write_bytes(lse_text(DAY - number))
    assert run("intake", "run", "--processes", "2", *paths) == 3
    lines = capfd.readouterr().out.splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(f"file={path.name}" for path in paths)
    assert all("again=0" in line for line in lines)


def test_status_tells_how_far_each_file_and_all_are(run: Run, database: Database, capsys: Printed) -> None:
    with database.write() as conn:
        claims.want(conn, [("a", "a.lse", 4_000_000), ("b", "b.lse", 6_000_000)], NOW_S - 20)
        mine = claims.claim(conn, "a", TERMS, NOW_S - 11, again_before_s=0)
        assert mine
        claims.renew(conn, mine, 1_000_000, TERMS, NOW_S - 1)
    set_aside(database)
    assert run("intake", "status") == 0
    assert capsys.readouterr().out == (
        "a.lse  1.0 of 4.0 MB (25 %), 0.1 MB/s, 0:30 left  by node1:42\n"
        "1 loading, 1 waiting, 1 set aside: 1.0 of 10.0 MB (10 %), 0.1 MB/s, 1:30 left\n"
    )
    assert run("intake", "status", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["loading"][0]["left_s"] == 30
    assert (told["files_waiting"], told["done"], told["size"], told["left_s"]) == (1, 1_000_000, 10_000_000, 90)


def test_status_tells_of_a_process_that_is_silent(run: Run, database: Database, capsys: Printed) -> None:
    with database.write() as conn:
        claims.want(conn, [("a", "a.lse", 4_000_000)], NOW_S - 500)
        claims.claim(conn, "a", TERMS, NOW_S - 400, again_before_s=0)
    assert run("intake", "status") == 0
    assert "? left  by node1:42  silent for 400 s" in capsys.readouterr().out


def test_files_are_listed_by_what_became_of_them(run: Run, database: Database, good: Path, capsys: Printed) -> None:
    bad = good.with_name("readings.lse")
    bad.write_bytes(lse_text())
    run("intake", "run", good, bad)
    set_aside(database)
    capsys.readouterr()
    assert run("intake", "list") == 0
    lines = {line.split("\t")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "poison.lse" in lines["set-aside"]
    assert "F2" in lines["refused"]
    assert "blocks=2" in lines["loaded"]
    assert run("intake", "list", "--state", "set-aside") == 0
    assert capsys.readouterr().out == lines["set-aside"] + "\n"
    assert run("intake", "list", "--state", "loaded") == 0
    assert capsys.readouterr().out == lines["loaded"] + "\n"


def test_a_file_is_shown_with_its_refusals(run: Run, database: Database, good: Path, capsys: Printed) -> None:
    run("intake", "run", good)
    set_aside(database)
    capsys.readouterr()
    assert run("intake", "show", NAME) == 0
    assert f"04 row 13, {ESIID} channel 4 20250618000000" in capsys.readouterr().out
    assert run("intake", "show", "poison.lse") == 0
    assert capsys.readouterr().out == "set-aside: 0 of 2000000 bytes, failures: 1 KeyError: 'x'\n"
    assert run("intake", "show", "nowhere.lse") == 1


def test_a_file_that_is_set_aside_fails_until_it_is_retried(
    run: Run, database: Database, good: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_given: object) -> None:
        raise KeyError("x")

    with monkeypatch.context() as broken:
        broken.setattr("espi.intake.load.lse_stream.read", crash)
        assert run("intake", "run", good) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "KeyError: 'x': it is tried again (2 of 3)" in printed.err
    assert "set aside; `espi intake retry` lets it be loaded again (3 of 3)" in printed.err
    assert run("intake", "run", good) == 1
    assert run("intake", "retry", "nowhere.lse") == 1
    assert run("intake", "retry", NAME) == 0
    assert run("intake", "run", good) == 3
    assert run("intake", "retry", "--all") == 0
    assert "No file is set aside." in capsys.readouterr().err


def test_a_loaded_file_stays_loaded_whatever_is_set_later(
    run: Run, database: Database, good: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("intake", "run", good) == 3
    monkeypatch.setenv("ESPI_MAX_FILE_RECORDS", "1")
    assert run("intake", "run", good) == 3
    assert "result=00 blocks=2 " in capsys.readouterr().out


def test_one_of_several_takes_for_done_what_the_others_did(
    run: Run, database: Database, good: Path, capsys: Printed
) -> None:
    run("intake", "run", good)
    capsys.readouterr()
    assert run("intake", "run", f"--part={NOW_S - 1}", good) == 3
    assert capsys.readouterr().out == ""
