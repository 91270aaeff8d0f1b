"""`espi events`: what was sent about a usage point, what follows from it, and the same by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from espi.store.database import Database
from tests import factories

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

ESIID = "10443720000000042"
AT = (ESIID, "--utility", "Lone Star Wires")
SENT = "2025-06-01T12:00:00Z"
ROWS = f"""EVENT_ID,SENT,ESIID,EVENT,FROM,UNTIL,REP,METER,SECONDS
1,{SENT},'{ESIID},switch,2025-01-01,,900300001,,
2,{SENT},'{ESIID},meter-exchange,2025-02-01,,,M1,
3,{SENT},'{ESIID},clock-drift,2025-03-01T00:00:00Z,2025-03-01T01:00:00Z,,,240
4,{SENT},'{ESIID},de-energize,2025-04-01,,,,
5,{SENT},'{ESIID},move-out,2025-04-01,,,,
"""


def test_a_file_is_taken_in_and_listed(
    run: Run, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rep", "add", "Old Power", "--duns", "900300001", "--certificate", "10001") == 0
    path = tmp_path / f"{factories.DUNS}MarketEvents20250615120000001.csv"
    path.write_text(ROWS)
    capsys.readouterr()
    assert run("intake", "run", path) == 3
    out, err = capsys.readouterr()
    assert "06 row 5, 10443720000000042 channel move-out 2025-04-01: Nobody lived there on the day before." in err
    assert " blocks=5 loaded=4 " in out
    assert run("events", "list", *AT) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["2025-01-01", "switch", "1", SENT, "REP=900300001", "in force"]
    assert lines[-1][-1] == "Nobody lived there on the day before."
    assert run("events", "spans", *AT) == 0
    assert capsys.readouterr().out.splitlines() == [
        "rep\t2025-01-01\t\tOld Power",
        "meter\t2025-02-01\t\tM1",
        "clock-drift\t2025-03-01T00:00:00Z\t2025-03-01T01:00:00Z\t240",
        "de-energized\t2025-04-01T05:00:00Z\t\t",
    ]


def test_what_is_told_by_hand_is_an_event_too_and_counts_more(
    run: Run, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("Ada", "Grace"):
        run("customer", "add", name)
    capsys.readouterr()
    assert run("customer", "move-in", *AT, "--customer", 1, "--from", "2025-01-01") == 0
    assert run("customer", "move-in", *AT, "--customer", 2, "--from", "2025-01-01") == 0
    assert run("events", "list", *AT) == 0
    first, second = (line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert first[-1] == "Another event of that time says otherwise and was sent later."
    assert (second[-2], second[-1]) == ("CUSTOMER=2", "in force")


def test_a_usage_point_of_another_utility_is_not_there(
    run: Run, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("utility", "add", "Coastal", "--duns", "957877905", "--zone", factories.ZONE) == 0
    assert run("events", "list", ESIID, "--utility", "Coastal") == 1
    assert "no such thing" in capsys.readouterr().err
