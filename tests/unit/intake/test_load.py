"""A file is loaded once, whole or in part, and every block of it is accounted for."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from espi import config
from espi.clock import Clock
from espi.config import Settings
from espi.errors import Conflict
from espi.intake import load, parking
from espi.intake.load import load_file
from espi.intake.report import FileReport
from espi.store import directory, queue, sent_files
from espi.store.database import Database
from espi.store.form import heads
from tests import databases
from tests.unit.intake.lse_samples import AUTUMN, ESIID, NORMAL, NOW_S, SPRING, block_text

DUNS = "957877905"
NAME = f"{DUNS}IntervalData20141103050000001.lse"
LATER = f"{DUNS}IntervalData20141104050000001.lse"
Row = tuple[str, int, int, int, int]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return config.load(databases.environment(tmp_path), home=tmp_path, clock=Clock(fixed_s=NOW_S), log_level="ERROR")


@pytest.fixture
def utility(database: Database) -> directory.Utility:
    """A utility with one usage point that has load only."""
    with database.write() as conn:
        key = directory.add_utility(conn, "Lone Star Wires", DUNS, "America/Chicago")
        point = directory.add_usage_point(conn, key, ESIID, now_s=NOW_S)
        directory.add_interval_channel(conn, point, 4, directory.reading_type_for_lse(4), NOW_S)
        return directory.utility(conn, key)


def take(
    database: Database, settings: Settings, text: str | bytes, name: str = NAME, *, adopt: bool = False
) -> FileReport:
    data = text.encode() if isinstance(text, str) else text
    return load_file(database, io.BytesIO(data), name, settings=settings, adopt=adopt)


def names(database: Database, utility: directory.Utility) -> list[tuple[str, str]]:
    """The files on a utility's desk, and what became of each."""
    with database.read() as conn:
        return [(file.name, file.state) for file in sent_files.received(conn, utility.id)]


def stored(settings: Settings) -> list[Row]:
    """ESIID, channel, count, total and estimates of every day in force."""
    rows = databases.rows(
        settings,
        "SELECT esiid, channel, day, day_block.content FROM day_block "
        "JOIN usage_point ON usage_point.id = usage_point_id ORDER BY day, esiid, channel",
    )
    found = heads((day, content) for _, _, day, content in rows)
    return [(*row[:2], head.count, head.total, head.estimated) for row, head in zip(rows, found, strict=True)]


def test_good_blocks_are_stored_and_counted(database: Database, settings: Settings, utility: directory.Utility) -> None:
    report = take(database, settings, block_text(day=SPRING) + block_text() + block_text(day=AUTUMN, status="E"))
    assert stored(settings) == [(ESIID, 4, 92, 4186, 0), (ESIID, 4, 96, 4560, 0), (ESIID, 4, 100, 4950, 100)]
    assert report.exit_code == 0
    assert (report.counts.blocks, report.counts.loaded, report.counts.values) == (3, 3, 288)
    assert report.counts.wh == 4186 + 4560 + 4950


def test_the_same_file_again_changes_nothing_and_gives_the_same_report(
    database: Database, settings: Settings, utility: directory.Utility
) -> None:
    text = block_text() + block_text(channel="7")
    first, second = take(database, settings, text), take(database, settings, text)
    assert second == replace(first, again=True)
    assert [block.code for block in second.refused] == ["01"]


def test_a_bad_block_does_not_stop_the_next(database: Database, settings: Settings, utility: directory.Utility) -> None:
    report = take(database, settings, block_text(values=["0.1"]) + block_text() + "nonsense\n" + block_text(day=SPRING))
    assert len(stored(settings)) == 2
    assert [(block.code, block.row_number) for block in report.refused] == [("03", 1), ("02", 18)]
    assert report.exit_code == 3


def test_a_second_block_for_a_day_in_one_file_is_refused(
    database: Database, settings: Settings, utility: directory.Utility
) -> None:
    report = take(database, settings, block_text() + block_text(values=["9.000"] * 96))
    assert stored(settings) == [(ESIID, 4, 96, 4560, 0)]
    assert [(block.code, block.row_number) for block in report.refused] == [("01", 13)]


def test_an_actual_replaces_an_estimate_whichever_comes_first(
    database: Database, settings: Settings, utility: directory.Utility
) -> None:
    estimate = block_text(values=["1.000"] * 96, status="E", sent="20141104050000")
    take(database, settings, block_text())
    report = take(database, settings, estimate, LATER)
    assert stored(settings) == [(ESIID, 4, 96, 4560, 0)]
    assert [(block.code, block.row_number) for block in report.refused] == [("05", 1)]
    assert (report.counts.older, report.counts.refused) == (1, 0)


def test_a_later_file_replaces_an_earlier_one(
    database: Database, settings: Settings, utility: directory.Utility
) -> None:
    take(database, settings, block_text())
    report = take(database, settings, block_text(values=["1.000"] * 96, sent="20141104050000"), LATER)
    assert stored(settings) == [(ESIID, 4, 96, 96_000, 0)]
    assert report.counts.replaced == 1


def test_a_channel_that_is_not_provisioned_is_refused(
    database: Database, settings: Settings, utility: directory.Utility
) -> None:
    report = take(database, settings, block_text(channel="1"))
    assert [block.code for block in report.refused] == ["01"]
    assert stored(settings) == []


def test_a_meter_nobody_knows_is_parked_and_loads_when_it_is_known(
    database: Database, settings: Settings, utility: directory.Utility
) -> None:
    report = take(database, settings, block_text("10443720000000099") + block_text("10443720000000099", SPRING))
    assert (report.counts.parked, report.exit_code) == (2, 0)
    assert stored(settings) == []
    with database.write() as conn:
        point = directory.add_usage_point(conn, utility.id, "10443720000000099", now_s=NOW_S)
        directory.add_interval_channel(conn, point, 4, directory.reading_type_for_lse(4), NOW_S)
        assert parking.load_parked(conn, utility, now_s=NOW_S, esiids=["10443720000000099"]) == 2
        assert queue.parked_esiids(conn, utility.id) == []
    assert stored(settings) == [("10443720000000099", 4, 92, 4186, 0), ("10443720000000099", 4, 96, 4560, 0)]


def test_what_is_parked_is_loaded_with_the_next_file(
    database: Database, settings: Settings, utility: directory.Utility
) -> None:
    take(database, settings, block_text("10443720000000099", status="E"))
    with database.write() as conn:
        point = directory.add_usage_point(conn, utility.id, "10443720000000099", now_s=NOW_S)
        directory.add_interval_channel(conn, point, 4, directory.reading_type_for_lse(4), NOW_S)
    take(database, settings, block_text("10443720000000099", SPRING), LATER)
    assert stored(settings) == [("10443720000000099", 4, 92, 4186, 0), ("10443720000000099", 4, 96, 4560, 96)]


def test_a_parked_block_waits_for_its_channel_too(
    database: Database, settings: Settings, utility: directory.Utility
) -> None:
    take(database, settings, block_text("10443720000000099", channel="1"))
    with database.write() as conn:
        point = directory.add_usage_point(conn, utility.id, "10443720000000099", now_s=NOW_S)
        directory.add_interval_channel(conn, point, 4, directory.reading_type_for_lse(4), NOW_S)
        assert parking.load_parked(conn, utility, now_s=NOW_S) == 0
        directory.add_interval_channel(conn, point, 1, directory.reading_type_for_lse(1), NOW_S)
        assert parking.load_parked(conn, utility, now_s=NOW_S) == 1


def test_adopting_makes_the_utility_the_usage_points_and_the_channels(database: Database, settings: Settings) -> None:
    report = take(database, settings, block_text() + block_text(channel="1") + block_text("A1"), adopt=True)
    assert report.counts.loaded == 3
    assert stored(settings) == [(ESIID, 1, 96, 4560, 0), (ESIID, 4, 96, 4560, 0), ("A1", 4, 96, 4560, 0)]
    with database.read() as conn:
        adopted = directory.utility_by_duns(conn, DUNS)
        assert adopted
        assert adopted.zone == "America/Chicago"


def test_adopting_later_loads_what_was_parked(
    database: Database, settings: Settings, utility: directory.Utility
) -> None:
    text = block_text("A1") + block_text("A1", channel="1")
    take(database, settings, text)
    take(database, settings, text, adopt=True)
    assert stored(settings) == [("A1", 1, 96, 4560, 0), ("A1", 4, 96, 4560, 0)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("readings.lse", block_text()),
        (NAME + ".csv", block_text()),
        ("123456789IntervalData20141103050000001.lse", block_text()),
        (NAME, "no header at all\n"),
        (NAME, ""),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_whole(
    database: Database, settings: Settings, utility: directory.Utility, name: str, text: str
) -> None:
    report = take(database, settings, text, name)
    assert (report.code, report.exit_code) == ("F2", 1)
    assert report.reason
    assert stored(settings) == []


def test_a_refused_file_may_come_again_when_its_utility_is_known(database: Database, settings: Settings) -> None:
    assert take(database, settings, block_text()).code == "F2"
    assert take(database, settings, block_text(), adopt=True).counts.loaded == 1


def test_one_record_too_many_refuses_the_whole_file(
    database: Database, settings: Settings, utility: directory.Utility
) -> None:
    text = "\ufeff" + block_text() + block_text(day=SPRING)
    assert take(database, replace(settings, max_file_records=1), text).code == "F1"
    assert stored(settings) == []
    assert take(database, replace(settings, max_file_records=2), text).counts.loaded == 2


def test_no_limit_of_records_takes_any_number(
    database: Database, settings: Settings, utility: directory.Utility
) -> None:
    assert take(database, replace(settings, max_file_records=0), block_text() + block_text(day=SPRING)).exit_code == 0


def test_a_sender_may_not_load_for_another_utility(
    database: Database, settings: Settings, utility: directory.Utility
) -> None:
    with database.write() as conn:
        stranger = directory.utility(conn, directory.add_utility(conn, "Another", "111111111", "America/Chicago"))
    data = block_text().encode()
    report = load_file(database, io.BytesIO(data), NAME, settings=settings, sender=stranger)
    assert report.code == "F2"
    assert (names(database, stranger), names(database, utility)) == ([(NAME, "refused")], [])

    assert load_file(database, io.BytesIO(data), NAME, settings=settings, sender=utility).counts.loaded == 1
    assert (names(database, stranger), names(database, utility)) == ([], [(NAME, "loaded")])

    assert load_file(database, io.BytesIO(data), NAME, settings=settings, sender=stranger).again
    assert (names(database, stranger), names(database, utility)) == ([], [(NAME, "loaded")])


def test_a_wrong_sender_does_not_stop_the_load_of_another_utility(
    database: Database, settings: Settings, utility: directory.Utility
) -> None:
    with database.write() as conn:
        stranger = directory.utility(conn, directory.add_utility(conn, "Another", "111111111", "America/Chicago"))
    data = block_text().encode()
    codes = []

    def meanwhile(_done: int, _all: int) -> None:
        codes.append(load_file(database, io.BytesIO(data), NAME, settings=settings, sender=stranger).code)

    report = load_file(database, io.BytesIO(data), NAME, settings=settings, sender=utility, progress=meanwhile)
    assert codes == ["F2"]
    assert report.counts.loaded == 1
    assert (names(database, stranger), names(database, utility)) == ([], [(NAME, "loaded")])


def test_progress_is_told_in_bytes(database: Database, settings: Settings, utility: directory.Utility) -> None:
    told: list[tuple[int, int]] = []
    data = block_text().encode()
    load_file(
        database, io.BytesIO(data), NAME, settings=settings, progress=lambda done, size: told.append((done, size))
    )
    assert told[-1] == (len(data), len(data))


def test_a_stream_that_cannot_go_back_is_taken(
    database: Database, settings: Settings, utility: directory.Utility, tmp_path: Path
) -> None:
    path = tmp_path / NAME
    path.write_text(block_text())
    with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as pipe:
        assert pipe.stdout
        assert load_file(database, pipe.stdout, NAME, settings=settings).counts.loaded == 1


def test_two_loads_of_one_file_at_a_time_do_not_mix(
    database: Database, settings: Settings, utility: directory.Utility, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "BATCH_BLOCKS", 1)
    monkeypatch.setitem(load.lse_stream.read.__kwdefaults__, "piece_bytes", 1000)
    text = "".join(block_text(day=f"201407{day:02d}") for day in range(1, 8))

    def other_load_passes_by(done: int, size: int) -> None:
        with database.write() as conn:
            (file,) = queue.files(conn)
            queue.checkpoint(conn, file.id, size, file.counts)

    with pytest.raises(Conflict):
        load_file(database, io.BytesIO(text.encode()), NAME, settings=settings, progress=other_load_passes_by)


LOAD_IN_SMALL_BATCHES = """
import os, sys, pathlib
from espi import config, log
from espi.clock import Clock
from espi.intake import load
from espi.store.database import Database
load.BATCH_BLOCKS = 3
load.lse_stream.read.__kwdefaults__["piece_bytes"] = 5000
home, path, now_s = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
settings = config.load(os.environ, home=home, clock=Clock(fixed_s=now_s), log_level="ERROR")
log.configure("ERROR")
print("begin", flush=True)
load.load_file(Database(settings.database_url), path, path.name, settings=settings, adopt=True)
"""


def test_a_load_that_is_killed_goes_on_where_it_was(database: Database, settings: Settings, tmp_path: Path) -> None:
    days = [f"201407{day:02d}" for day in range(1, 32)]
    good = [block_text(esiid, day) for day in days for esiid in (ESIID, "A1", "B2")]
    bad = [block_text(day=NORMAL), block_text("A1", values=["0.1"])]
    path = tmp_path / NAME
    path.write_text("".join([*good[:60], *bad, *good[60:]]))
    arguments = [sys.executable, "-c", LOAD_IN_SMALL_BATCHES, str(tmp_path), str(path), str(NOW_S)]
    environment = os.environ | databases.environment(tmp_path)
    moments = random.Random(4)  # noqa: S311 - moments to try, no secret
    for longest_s in (0.1, 0.2, 0.4, 0.8, None):
        with subprocess.Popen(
            arguments, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3], env=environment
        ) as child:
            assert child.stdout
            child.stdout.readline()
            if longest_s:
                time.sleep(moments.uniform(0, longest_s))
                child.send_signal(signal.SIGKILL)
    report = load_file(database, path, NAME, settings=settings)
    assert report.again
    assert (report.counts.loaded, report.counts.refused) == (len(good), 2)
    assert [block.code for block in report.refused] == ["01", "03"]
    assert sorted(stored(settings)) == sorted((esiid, 4, 96, 4560, 0) for _ in days for esiid in (ESIID, "A1", "B2"))
