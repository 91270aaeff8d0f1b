"""How complete a day of a utility is, and which meters are silent: counted from the readings themselves."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import pytest

from espi import jobs
from espi.cli import main
from espi.clock import DAY_S, Clock, day_date, zone
from espi.config import Settings
from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY
from espi.errors import BadInput
from espi.formats import lse
from espi.intake import completeness as counting
from espi.intake import handlers
from espi.intake.load import load_file
from espi.jobs import Context
from espi.store import completeness, directory, readings, silent
from espi.store.database import Database
from espi.store.tables import METADATA
from tests import factories
from tests.factories import NOW_S, TODAY

assert handlers.MODULES
DAY = TODAY - 1
A, E, GAP = ACTUAL_QUALITY, ESTIMATED_QUALITY, ABSENT
SOME_GAPS, SOME_ESTIMATES, BOTH = [GAP] * 4 + [A] * 92, [E] * 4 + [A] * 92, [GAP] * 4 + [E] * 4 + [A] * 88


@dataclass
class Grid:
    """A utility of eight meters, whose days come in as they may."""

    database: Database
    settings: Settings
    utility_id: int = 0
    points: tuple[int, ...] = ()
    files: int = 0

    def __post_init__(self) -> None:
        with self.database.write() as conn:
            self.utility_id = factories.utility(conn)
            self.points = tuple(factories.usage_point(conn, self.utility_id) for _ in range(8))
            for number, point in enumerate(self.points):
                meter = directory.add_meter(conn, self.utility_id, f"M-{number}")
                directory.install_meter(conn, point, meter, TODAY - 300)

    def receive(
        self, point: int, qualities: list[int] | int = A, *, day: int = DAY, after_s: int = 0, wh: int = 7
    ) -> None:
        """A day of a meter, so many seconds after it ended."""
        self.files += 1
        sent_s = zone(factories.ZONE).day_start_s(day + 1) + after_s
        with self.database.write() as conn:
            block = factories.block(self.points[point], day, values=[wh] * 96, qualities=qualities, sent_s=sent_s)
            readings.put_blocks(conn, [block], file_id=self.files, now_s=sent_s)

    def count(self, day: int = DAY) -> completeness.Completeness:
        with self.database.write() as conn:
            utility = directory.utility(conn, self.utility_id)
            counting.count_days(conn, utility, [day], self.settings.clock.now_s())
            (found,) = completeness.completeness_of(conn, day, day + 1, [self.utility_id])
            return found

    def set_dialect(self, **given: object) -> None:
        with self.database.write() as conn:
            table = METADATA.tables["utility"]
            conn.execute(table.update().values(dialect={"completeness": given}))

    def off(self, point: int, from_s: int, until_s: int) -> None:
        with self.database.write() as conn:
            row = {"kind": completeness.OFF, "from_s": from_s, "until_s": until_s, "seconds": 0}
            conn.execute(METADATA.tables["happening"].insert().values(usage_point_id=self.points[point], **row))

    def work(self, after_s: int = 0) -> None:
        later = Clock(fixed_s=self.settings.clock.now_s() + after_s)
        jobs.run_due(Context(replace(self.settings, clock=later), self.database))

    def left_days(self) -> list[counting.Job]:
        """The jobs that have yet to count a day."""
        with self.database.read() as conn:
            return [job for job in counting.outbox.jobs(conn, kind=counting.DAY) if job.state != counting.outbox.DONE]

    def silent(self) -> list[int]:
        """The meters that are flagged, after the nightly job."""
        with self.database.write() as conn:
            counting.outbox.add_job(conn, counting.SILENT, {}, now_s=NOW_S)
        self.work()
        return self.flagged()

    def flagged(self) -> list[int]:
        with self.database.read() as conn:
            found = silent.silent_meters(conn, factories.reach_of_utility(self.utility_id), 0, 100)
            return [self.points.index(each.usage_point_id) for each in found]


@pytest.fixture
def grid(database: Database, settings: Settings) -> Grid:
    return Grid(database, settings)


def test_every_channels_day_is_counted_for_what_it_is(grid: Grid) -> None:
    for point, qualities in enumerate([A, E, SOME_GAPS, SOME_ESTIMATES, BOTH]):
        grid.receive(point, qualities)
    grid.receive(5, GAP)
    found = grid.count()
    assert (found.expected, found.received, found.estimated, found.partial, found.late) == (8, 5, 3, 2, 0)
    assert found.missing == 3, "a day that is one gap has not come"


def test_what_is_first_there_after_the_deadline_is_late_and_stays_so(grid: Grid) -> None:
    hours = 3600
    grid.receive(0, E, after_s=22 * hours)
    grid.receive(0, A, after_s=40 * hours, wh=8)
    grid.receive(1, A, after_s=24 * hours)
    grid.receive(2, E, after_s=24 * hours)
    grid.receive(2, A, after_s=40 * hours, wh=8)
    assert grid.count().late == 2
    grid.set_dialect(late_hours=25)
    assert grid.count().late == 0


def test_a_day_that_is_corrected_is_counted_once(grid: Grid) -> None:
    grid.receive(0, E)
    first = grid.count()
    grid.receive(0, A, wh=9)
    second = grid.count()
    assert (first.received, first.estimated) == (1, 1)
    assert (second.received, second.estimated) == (1, 0)
    assert grid.count() == second, "counting again changes nothing"


def test_nothing_is_expected_where_no_meter_hangs_or_no_power_is(grid: Grid) -> None:
    start_s, end_s = (zone(factories.ZONE).day_start_s(day) for day in (DAY, DAY + 1))
    assert grid.count(TODAY - 301).expected == 0
    grid.off(0, start_s - DAY_S, end_s)
    grid.off(1, start_s + 60, end_s + DAY_S)
    assert grid.count().expected == 7, "some power on a day is enough"


def test_a_meter_counts_for_its_own_utility_only(grid: Grid) -> None:
    with grid.database.write() as conn:
        other = factories.utility(conn, "Coastal Wires", "957877905")
        factories.usage_point(conn, other)
    grid.receive(0)
    assert (grid.count().expected, grid.count().received) == (8, 1)


def lse_of(grid: Grid, esiids: list[str], day: int = DAY) -> tuple[bytes, str]:
    local = zone(factories.ZONE)
    text = b"".join(chunk for each in esiids for chunk in lse.write(each, local, [factories.block(1, day)], NOW_S))
    grid.files += 1
    return text, lse.file_name(factories.DUNS, local.local(NOW_S).replace(tzinfo=None), grid.files)


def load(grid: Grid, points: list[int], bad: bytes = b"") -> None:
    with grid.database.read() as conn:
        esiids = {
            each.id: each.esiid for each in directory.usage_points(conn, factories.reach_of_utility(grid.utility_id))
        }
    text, name = lse_of(grid, [esiids[grid.points[each]] for each in points])
    load_file(grid.database, io.BytesIO(text + bad), name, settings=grid.settings)


def kept(grid: Grid) -> list[tuple[int, int, int]]:
    with grid.database.read() as conn:
        return [(each.day, each.received, each.refused) for each in completeness.completeness_of(conn, 0, TODAY + 1)]


def test_a_file_has_its_days_counted_and_files_close_together_once(grid: Grid) -> None:
    refused = lse_of(grid, ["10443720000000099"])[0].replace(b",900,01", b",901,01")
    load(grid, [0, 1], refused)
    grid.work()
    assert kept(grid) == [(DAY, 2, 1)]
    load(grid, [2])
    grid.work(60)
    assert kept(grid) == [(DAY, 2, 1)], "it waits until some minutes are over"
    load(grid, [3])
    grid.work(301)
    assert kept(grid) == [(DAY, 4, 1)]


def test_a_day_that_was_due_before_its_last_file_rests_and_is_then_counted_again(grid: Grid) -> None:
    """As when a worker dies between two files: the next one counts the day first, then learns of the second file."""
    load(grid, [0])
    key, payload = f"{counting.DAY}/{grid.utility_id}/{DAY}", {"utility_id": grid.utility_id, "day": DAY}
    with grid.database.write() as conn:
        counting.outbox.wake_job(conn, counting.DAY, key, payload, now_s=NOW_S - 1)
    later = Clock(fixed_s=NOW_S + 5000)
    assert jobs.run_one(Context(replace(grid.settings, clock=later), grid.database))
    assert kept(grid) == [(DAY, 1, 0)]
    assert [job.due_s for job in grid.left_days()] == []
    grid.work(5001)
    assert [job.due_s for job in grid.left_days()] == [NOW_S + 5000 + counting.PAUSE_S]
    grid.work(5000 + counting.PAUSE_S)
    assert grid.left_days() == []
    assert kept(grid) == [(DAY, 1, 0)]


def test_the_night_counts_days_of_which_nothing_came(grid: Grid) -> None:
    grid.silent()
    with grid.database.read() as conn:
        found = completeness.completeness_of(conn, 0, TODAY + 1)
    assert [(each.day, each.expected, each.missing) for each in found] == [(TODAY - back, 8, 8) for back in (3, 2, 1)]


def test_a_meter_is_silent_after_some_days_without_a_reading_until_one_comes(grid: Grid) -> None:
    for point in range(8):
        grid.receive(point, day=TODAY - 4)
    for point, day in ((1, TODAY - 3), (2, TODAY - 1), (3, TODAY)):
        grid.receive(point, day=day)
    grid.receive(4, GAP, day=TODAY - 1)
    assert grid.silent() == [0, 4, 5, 6, 7]
    with grid.database.read() as conn:
        reach = factories.reach_of_utility(grid.utility_id)
        flag = silent.silences(conn, reach, grid.points)[grid.points[0]]
        assert (flag.since_day, flag.last_day) == (TODAY - 3, TODAY - 4)
        past = factories.reach_of((grid.points[0], TODAY - 100, TODAY - 50))
        assert silent.silences(conn, past, grid.points) == {}, "who has moved out is not told"
    load(grid, [5])
    grid.work()
    assert grid.flagged() == [0, 4, 6, 7]
    assert grid.silent() == [0, 4, 6, 7], "the next night finds the same"


def test_a_meter_without_power_or_taken_away_is_not_silent(grid: Grid) -> None:
    for point in range(2, 8):
        grid.receive(point)
    grid.off(0, NOW_S - 2 * DAY_S, NOW_S + DAY_S)
    with grid.database.write() as conn:
        table = METADATA.tables["meter_installation"]
        conn.execute(table.update().where(table.c.usage_point_id == grid.points[1]).values(until_day=TODAY - 1))
    assert grid.silent() == []


def test_how_many_days_make_silence_is_the_utilitys_to_say(grid: Grid) -> None:
    grid.set_dialect(silent_days=5)
    for point in range(8):
        grid.receive(point, day=TODAY - 4)
    assert grid.silent() == []


@pytest.mark.parametrize("dialect", [{"late": 3}, {"late_hours": 0}, {"silent_days": "3"}, {"silent_days": True}])
def test_a_deadline_that_is_none_is_refused(dialect: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        counting.deadlines_of({"completeness": dialect})


def test_the_command_counts_anew_and_prints(
    grid: Grid, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    grid.receive(0, BOTH)
    for name, value in (("HOME", grid.settings.home), ("DATABASE_URL", grid.settings.database_url)):
        monkeypatch.setenv(f"ESPI_{name}", str(value))
    monkeypatch.setenv("ESPI_CLOCK", "2025-06-15T17:00:00Z")
    day = str(day_date(DAY))
    assert main(["completeness", "--utility", factories.DUNS, "--from", day, "--recompute"]) == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split("\t")[2:] == ["expected", "received", "late", "estimated", "partial", "refused", "missing"]
    assert line.split("\t") == ["Lone Star Wires", day, "8", "1", "0", "1", "1", "0", "7"]
    assert main(["completeness", "--from", day, "--to", "2025-06-01"]) == 1
