"""`espi download`: the operator's Download My Data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from espi.atom import schema
from espi.clock import day_date, instant_text
from espi.store import directory, readings
from espi.store.database import Database
from tests import factories

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

ESIID = "10443720000000042"
YESTERDAY = str(day_date(factories.TODAY - 1))


def test_the_default_is_green_button_up_to_yesterday(run: Run, database: Database, tmp_path: Path) -> None:
    out = tmp_path / "usage.xml"
    assert run("download", "--usage-point", ESIID, "-o", out) == 0
    document = out.read_bytes()
    assert schema.validate(document) == []
    assert document.count(b"<espi:IntervalBlock>") == 7


def test_both_days_are_included(run: Run, database: Database, tmp_path: Path) -> None:
    out = tmp_path / "usage.csv"
    words = ("--from", YESTERDAY, "--to", YESTERDAY, "--format", "csv")
    assert run("download", "--usage-point", ESIID, *words, "-o", out) == 0
    assert len(out.read_text("utf-8").splitlines()) == 1 + 96


def test_children_are_named_on_request_only(run: Run, database: Database, tmp_path: Path) -> None:
    plain, named = tmp_path / "plain.xml", tmp_path / "named.xml"
    assert run("download", "--usage-point", ESIID, "-o", plain) == 0
    assert run("download", "--usage-point", ESIID, "--child-links", "-o", named) == 0
    child = b'<link rel="related" type="espi-entry/MeterReading"'
    usage_point = b"<espi:UsagePoint>"
    assert child not in plain.read_bytes().split(usage_point)[0]
    assert child in named.read_bytes().split(usage_point)[0]
    assert schema.validate(named.read_bytes()) == []


def test_without_a_file_it_goes_to_standard_output(
    run: Run, database: Database, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run("download", "--usage-point", ESIID, "--format", "lse", "--from", YESTERDAY) == 0
    assert capfdbinary.readouterr().out.startswith(b"00000001,10443720000000042,4,")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--usage-point", "1"), "There is no usage point 1."),
        (("--usage-point", ESIID, "--from", YESTERDAY, "--to", "2025-06-01"), "must not be after the last"),
        (("--usage-point", ESIID, "--series", "hourly"), "There is no series hourly"),
    ],
)
def test_what_cannot_be_given_is_refused_in_words(
    run: Run, database: Database, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert run("download", *words) == 1
    assert said in capsys.readouterr().err


def test_a_file_that_fails_is_not_left_behind(run: Run, database: Database, tmp_path: Path) -> None:
    out = tmp_path / "usage.xml"
    assert run("download", "--usage-point", ESIID, "--from", YESTERDAY, "--to", "2025-06-01", "-o", out) == 1
    assert list(tmp_path.glob("*usage*")) == []


def test_a_file_can_be_as_it_stood_at_an_instant_whatever_came_since(
    run: Run, database: Database, tmp_path: Path
) -> None:
    before, after, again = (tmp_path / name for name in ("before.csv", "after.csv", "again.csv"))
    words = ("download", "--usage-point", ESIID, "--format", "csv", "--to", YESTERDAY)
    assert run(*words, "-o", before) == 0
    with database.write() as conn:
        block = factories.block(1, factories.TODAY - 1, values=[7] * 96, sent_s=factories.NOW_S + 30)
        readings.put_blocks(conn, [block], file_id=2, now_s=factories.NOW_S + 30)
    assert run(*words, "-o", after) == 0
    assert (
        run(*words, "--as-of", instant_text(factories.NOW_S), "--receipt", tmp_path / "receipt.json", "-o", again) == 0
    )
    assert before.read_bytes() == again.read_bytes() != after.read_bytes()
    told = json.loads((tmp_path / "receipt.json").read_text("utf-8"))
    assert (told["as_of"], told["revisions"], told["present"]) == ("2025-06-15T17:00:00Z", 0, 7 * 96)
    for wanted in ("xml", "json", "lse"):
        early = ("--as-of", "2025-06-15T16:59:59Z", "--format", wanted)
        assert run("download", "--usage-point", ESIID, *early, "-o", tmp_path / wanted) == 0
        text = (tmp_path / wanted).read_text("utf-8")
        assert "IntervalReading" not in text
        assert '"value"' not in text
        assert (text == "") == (wanted == "lse"), "before anything came there is nothing"


def test_every_download_is_on_record(run: Run, database: Database, tmp_path: Path) -> None:
    run("download", "--usage-point", ESIID, "-o", tmp_path / "usage.xml")
    with database.read() as conn:
        rows = conn.exec_driver_sql("SELECT actor, action, target, allowed FROM audit").fetchall()
    assert [tuple(row) for row in rows] == [("system:1", "usage:download", f"usage point {ESIID}", 1)]


def test_a_change_of_the_record_is_found(
    run: Run, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("download", "--usage-point", ESIID, "-o", tmp_path / "usage.xml")
    assert run("audit", "verify") == 0
    with database.write() as conn:
        conn.exec_driver_sql("UPDATE audit SET actor = 'nobody'")
    assert run("audit", "verify") == 1
    assert "broken" in capsys.readouterr().out


def test_by_itself_it_begins_with_the_first_day_that_the_utility_keeps(
    run: Run, database: Database, tmp_path: Path
) -> None:
    long_ago = factories.TODAY - 8 * 366
    with database.write() as conn:
        (utility,) = directory.utilities(conn)
        point = directory.usage_point_ids(conn, utility.id, [ESIID])[ESIID]
        readings.put_blocks(conn, [factories.block(point, long_ago)], file_id=1, now_s=factories.NOW_S)
    out = tmp_path / "usage.xml"
    for years, blocks in ((9, 8), (7, 7)):
        assert run("retention", "set", utility.name, "--years", years) == 0
        assert run("download", "--usage-point", ESIID, "-o", out) == 0
        assert out.read_bytes().count(b"<espi:IntervalBlock>") == blocks
