"""`espi vee`: rules and estimates before readings are sent, on files and on what is stored."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from espi.clock import day_date, zone
from espi.day import ABSENT, ACTUAL_QUALITY
from espi.store import readings
from espi.store.channels import REGISTER, add_channel, register_type
from espi.store.database import Database
from tests import factories
from tests.unit.intake.lse_samples import block_text

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

ESIID = "10443720000000042"
STRANGER = "10443720000000043"
UTILITY = ("--utility", factories.DUNS)
YESTERDAY = factories.TODAY - 1
TEXT = f"{day_date(YESTERDAY):%Y%m%d}"
HEADING = "ESIID,USAGE_DATE,USAGE_START_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION\n"


def with_gaps(*gaps: slice, esiid: str = ESIID, day: str = TEXT) -> str:
    cells = [f"0.{100 + at}" for at in range(96)]
    for gap in gaps:
        cells[gap] = [""] * len(cells[gap])
    return block_text(esiid, day, values=cells)


def report_of(path: Path) -> list[tuple[str, ...]]:
    with path.open(encoding="utf-8") as lines:
        return [(row["RULE"], row["FROM_INTERVAL"], row["INTERVALS"]) for row in csv.DictReader(lines)]


@pytest.fixture
def dial(database: Database) -> None:
    """A register of whole kWh that was read at both ends of yesterday."""
    with database.write() as conn:
        (point,) = conn.exec_driver_sql("SELECT id FROM usage_point").one()
        kind = register_type(factories.directory.reading_type_for_lse(4)) | {"powerOfTenMultiplier": 3}
        add_channel(conn, point, REGISTER + 4, kind, now_s=1, series="register", of_number=4, title="dial")
        reads = [
            readings.RegisterRead(day, point, REGISTER + 4, zone(factories.ZONE).day_start_s(day), kwh, ACTUAL_QUALITY)
            for day, kwh in ((YESTERDAY, 500), (YESTERDAY + 1, 530))
        ]
        readings.put_register_reads(conn, reads, now_s=1)


def test_a_file_with_gaps_becomes_one_that_intake_takes(
    run: Run, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, report = tmp_path / "day.lse", tmp_path / "report.csv"
    source.write_text(with_gaps(slice(0, 2), slice(20, 24), slice(50, 70), esiid=STRANGER) + with_gaps(esiid="1"))
    assert run("vee", "run", source, *UTILITY, "-o", tmp_path, "--report", report) == 0
    (made,) = tmp_path.glob("*IntervalData*.lse")
    assert made.read_text().count(",E,") == 26
    assert made.read_text().count(",A,") == 2 * 96 - 26
    assert report_of(report) == [("V05", "1", "26"), ("E4", "1", "2"), ("E1", "21", "4"), ("E4", "51", "20")]
    capsys.readouterr()
    assert run("intake", "run", "--adopt", made) == 0
    assert " refused=0 " in capsys.readouterr().out


def test_the_stored_register_bounds_the_estimate(run: Run, database: Database, dial: None, tmp_path: Path) -> None:
    source, out = tmp_path / "day.lse", tmp_path / "out.lse"
    source.write_text(with_gaps(slice(30, 60)))
    assert run("vee", "run", source, *UTILITY, "-o", out) == 0
    cells = [cell.split(",") for cell in out.read_text().split("\n")[4:-1]]
    assert sum(round(float(value) * 1000) for row in cells for value in row[1::3] if value) == 30_000


def test_registers_and_events_come_from_files_too(run: Run, database: Database, tmp_path: Path) -> None:
    source, report = tmp_path / "day.lse", tmp_path / "report.csv"
    source.write_text(with_gaps(slice(30, 60), esiid=STRANGER))
    registers, events = tmp_path / "registers.csv", tmp_path / "events.csv"
    registers.write_text(
        "ESIID,METER_NUMBER,READ_TIMESTAMP_UTC,CHANNEL,REGISTER_KWH,STATUS,REVISION_TS\n"
        f"{STRANGER},M1,2025-06-14T05:00:00Z,4,1000,A,\n{STRANGER},M1,2025-06-14T17:00:00Z,4,1001,A,\n"
        f"{STRANGER},M1,2025-06-15T05:00:00Z,4,1020.5,A,\n"
    )
    events.write_text(
        f"ESIID,EVENT,FROM_UTC,UNTIL_UTC,SECONDS\n{STRANGER},outage,2025-06-14T12:30:00Z,2025-06-14T13:30:00Z,\n"
    )
    words = ("--registers", registers, "--events", events, "--report", report, "--dry-run")
    assert run("vee", "run", source, *UTILITY, *words) == 0
    assert report_of(report) == [("V05", "31", "30"), ("E5", "31", "4"), ("E2", "35", "26")]
    assert not list(tmp_path.glob("*IntervalData*"))


def test_the_register_in_the_file_itself_is_held_against_the_sum(
    run: Run, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "day.lse"
    source.write_text(with_gaps().replace("00000002,,,1,", "00000002,100,115,1,"))
    assert run("vee", "run", source, *UTILITY, "--dry-run") == 0
    assert "V09" not in capsys.readouterr().out
    source.write_text(with_gaps().replace("00000002,,,1,", "00000002,100,115,2,"))
    assert run("vee", "run", source, *UTILITY, "--dry-run") == 0
    assert "V09 days=1 intervals=0" in capsys.readouterr().out


def test_stored_days_are_filled_and_only_those_that_were_not_whole_are_written(
    run: Run, database: Database, tmp_path: Path
) -> None:
    with database.write() as conn:
        (point,) = conn.exec_driver_sql("SELECT id FROM usage_point").one()
        day = factories.TODAY - 10
        codes = [ABSENT] * 4 + [ACTUAL_QUALITY] * 92
        readings.put_blocks(conn, [factories.block(point, day, qualities=codes)], file_id=1, now_s=1)
    out = tmp_path / "out.lse"
    span = ("--from", day_date(day), "--to", day_date(YESTERDAY), "--usage-point", ESIID)
    assert run("vee", "run", *UTILITY, *span, "-o", out) == 0
    assert out.read_text().count("00000001,") == 1
    assert f"{ESIID},4,{day_date(day):%Y%m%d}000000" in out.read_text()


def test_csv_of_an_autumn_day_keeps_the_order_of_the_two_hours(run: Run, database: Database, tmp_path: Path) -> None:
    source, out = tmp_path / "day.csv", tmp_path / "out.lse"
    local = zone(factories.ZONE)
    start_s = local.day_start_s(factories.parse_day("2024-11-03"))
    rows = [
        f"'{ESIID},11/03/2024,{local.local(start_s + at * 900):%H:%M},0.{at:03d},A,Consumption"
        for at in range(100)
        if at != 40
    ]
    source.write_text(HEADING + "\n".join(rows) + "\n")
    assert run("vee", "run", source, *UTILITY, "-o", out) == 0
    values = [value for line in out.read_text().split("\n")[4:-1] for value in line.split(",")[1::3] if value]
    assert values == [f"0.{at:03d}" for at in range(100)]


def test_what_cannot_be_estimated_is_said_and_left_out(
    run: Run, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "day.lse", tmp_path / "out.lse"
    source.write_text(with_gaps(slice(0, 96), esiid=STRANGER) + block_text(STRANGER, TEXT, values=["0.1"] * 95))
    assert run("vee", "run", source, *UTILITY, "-o", out) == 3
    assert capsys.readouterr().out.splitlines() == [
        "V01 days=1 intervals=0 block is not a full local day",
        "V05 days=1 intervals=96 intervals without a value",
        "days=1 written=0 unwritten=1 unread=1 left=96",
    ]
    assert not out.read_text()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("ESIID\n1\n", "The file has no column USAGE_DATE"),
        (HEADING + "1,2025-06-14,00:05,1,A,Consumption\n", "Row 2: '2025-06-14 00:05' is no quarter hour"),
        (HEADING + "1,2025-03-09,02:15,1,A,Consumption\n", "Row 2: '2025-03-09 02:15' is no quarter hour"),
        (HEADING + "1,2025-06-14,00:00,x,A,Consumption\n", "Row 2: 'x' is not a number of kWh"),
        (HEADING + "1,2025-06-14,00:00,1,X,Consumption\n", "Row 2: 'X' is none of A, E"),
        (HEADING + "1,2025-06-14,00:00,1,A,Consumption\n" * 2, "Row 3: 2025-06-14 00:00 is there twice."),
        (HEADING + "1,2025-06-14\n", "Row 2 has too few columns."),
    ],
)
def test_a_csv_file_that_is_none_is_refused(
    run: Run, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: str, said: str
) -> None:
    source, out = tmp_path / "day.csv", tmp_path / "out.lse"
    source.write_text(rows)
    assert run("vee", "run", source, *UTILITY, "-o", out) == 1
    assert said in capsys.readouterr().err
    assert list(tmp_path.glob("*out.lse*")) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--dry-run",), "Give a FILE, or stored days with --from."),
        (("--from", "2025-06-14"), "Say where to write with -o, or --dry-run."),
        (("--from", "2025-06-14", "--to", "2025-06-13", "--dry-run"), "must not be after the last"),
    ],
)
def test_words_that_do_not_suffice_are_refused(
    run: Run, database: Database, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert run("vee", "run", *UTILITY, *words) == 1
    assert said in capsys.readouterr().err


def test_an_unknown_utility_or_threshold_is_refused(
    run: Run, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("vee", "run", "--utility", "Nobody", "--from", "2025-06-14", "--dry-run") == 1
    words = ("utility", "add", "Gulf Wires", "--duns", "123456789", "--dialect", '{"vee": {"spike": 1}}')
    assert run(*words) == 1
    assert "There is no threshold 'spike'" in capsys.readouterr().err


def test_a_day_that_came_in_is_reported_by_rule(
    run: Run, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = f"{day_date(factories.TODAY - 9):%Y%m%d}"
    source = tmp_path / f"{factories.DUNS}IntervalData20250615050000001.lse"
    source.write_text(
        block_text(ESIID, day, values=["0"] * 96)
        + block_text(STRANGER, day, values=["0.1"] * 96)
        + block_text("1", day, values=["0.1"] * 95)
    )
    assert run("intake", "run", source) == 3
    capsys.readouterr()
    assert run("vee", "report", *UTILITY, "--day", day_date(factories.TODAY - 9), "--list") == 0
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if " days=1 " in line] == [
        "V01 days=1 intervals=0 block is not a full local day",
        "V03 days=1 intervals=0 ESIID not known",
        "V11 days=1 intervals=96 zeros on an energised premise",
    ]
    assert said[-1] == f"{ESIID}\t4\tV11\t96"
