"""Files of market events: each row has its effect, is refused with a reason, or waits for its usage point."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from espi import config
from espi.clock import FOREVER, Clock, day_date, parse_day, zone
from espi.config import Settings
from espi.formats.market_events import COLUMNS
from espi.intake.load import load_file
from espi.intake.market import load
from espi.intake.market.parked import put_parked
from espi.intake.report import FileReport
from espi.store import directory, market_events, parties, sent_files
from espi.store.database import Conn, Database
from tests import databases, factories
from tests.factories import DUNS, NOW_S

NAME = f"{DUNS}MarketEvents20250615120000001.csv"
ESIID = "10443720000000042"
OTHER = "10443720000000043"
SENT = "2025-06-01T12:00:00Z"


class Failing(Database):
    """A database that is lost after some transactions."""

    transactions = 0

    @contextmanager
    def write(self) -> Iterator[Conn]:
        if not self.transactions:
            raise KeyboardInterrupt
        self.transactions -= 1
        with super().write() as conn:
            yield conn


class World:
    """A utility with one usage point, a customer and two REPs."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.settings: Settings = config.load(
            databases.environment(home), home=home, clock=Clock(fixed_s=NOW_S), log_level="ERROR"
        )
        with database.write() as conn:
            self.utility = directory.utility(conn, factories.utility(conn))
            self.point = factories.usage_point(conn, self.utility.id, esiid=ESIID)
            self.ada, self.ben = factories.customer(conn, "Ada"), factories.customer(conn, "Ben")
            self.old = parties.add_rep(conn, "Old Power", "900300001", "10001")
            self.new = parties.add_rep(conn, "New Power", "900300002", "10002")

    def take(self, *rows: str, name: str = NAME) -> FileReport:
        """Load rows of EVENT_ID, ESIID, EVENT, FROM and what else the event says, as COLUMN=value."""
        text = ",".join(COLUMNS) + "\n" + "".join(map(_line, rows))
        return load_file(self.database, io.BytesIO(text.encode()), name, settings=self.settings)

    def spans(self, subject: str) -> list[tuple[str, str, int]]:
        with self.database.read() as conn:
            found = market_events.known_spans(conn, [self.point])[subject].get(self.point, [])
        return [(_text(span.from_day), _text(span.until_day), span.of_id) for span in found]


def _text(day: int) -> str:
    return "" if day == FOREVER else day_date(day).isoformat()


def _line(row: str) -> str:
    event_id, esiid, kind, from_text, *more = row.split()
    said = {"EVENT_ID": event_id, "ESIID": esiid, "EVENT": kind, "FROM": from_text, "SENT": SENT}
    said |= dict(word.split("=") for word in more)
    return ",".join(said.get(name, "") for name in COLUMNS) + "\n"


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path)


def test_switches_moves_and_exchanges_make_the_spans(world: World) -> None:
    report = world.take(
        f"1 {ESIID} switch 2025-01-01 REP=900300001",
        f"2 {ESIID} switch 2025-03-01 REP=10002",
        f"3 {ESIID} move-in 2025-01-01 CUSTOMER={world.ada}",
        f"4 {ESIID} move-out 2025-04-01",
        f"5 {ESIID} move-in 2025-04-15 CUSTOMER={world.ben}",
        f"6 {ESIID} meter-exchange 2025-01-01 METER=M1",
        f"7 {ESIID} meter-exchange 2025-02-02 METER=M2 OLD_METER=M1",
        f"8 {ESIID} drop 2025-05-01",
    )
    assert (report.exit_code, report.counts.blocks, report.counts.loaded, report.refused) == (0, 8, 8, ())
    assert world.spans("rep") == [("2025-01-01", "2025-03-01", world.old), ("2025-03-01", "2025-05-01", world.new)]
    assert world.spans("tenancy") == [("2025-01-01", "2025-04-01", world.ada), ("2025-04-15", "", world.ben)]
    assert [span[:2] for span in world.spans("meter")] == [("2025-01-01", "2025-02-02"), ("2025-02-02", "")]


def test_an_instant_counts_as_the_local_day_that_it_is_in(world: World) -> None:
    world.take(
        f"1 {ESIID} move-in 2025-07-02T04:59:59Z CUSTOMER={world.ada}", f"2 {ESIID} move-out 2025-11-03T05:59:59Z"
    )
    assert world.spans("tenancy") == [("2025-07-01", "2025-11-02", world.ada)]


def test_a_move_in_may_bring_its_rep(world: World) -> None:
    world.take(f"1 {ESIID} move-in 2025-01-01 CUSTOMER={world.ada} REP=10001")
    assert world.spans("rep") == [("2025-01-01", "", world.old)]


def test_a_file_is_taken_once(world: World) -> None:
    row = f"1 {ESIID} switch 2025-01-01 REP=10001"
    assert not world.take(row).again
    assert world.take(row).again
    report = world.take(row, name=NAME.replace("001.csv", "002.csv"))
    assert (report.counts.unchanged, report.counts.loaded, report.again) == (1, 0, False)


def test_json_says_the_same(world: World) -> None:
    event = {"event_id": "1", "sent": SENT, "esiid": ESIID, "event": "move-in", "from": "2025-01-01"}
    text = json.dumps({"events": [{**event, "customer": world.ada}, "nonsense", {**event, "customer": True}]})
    name = NAME.replace(".csv", ".json")
    report = load_file(world.database, io.BytesIO(text.encode()), name, settings=world.settings)
    assert world.spans("tenancy") == [("2025-01-01", "", world.ada)]
    assert [(block.row_number, block.code) for block in report.refused] == [(2, "02"), (3, "01")]


@pytest.mark.parametrize(
    ("row", "code", "reason"),
    [
        ("9 X switch 2025-01-01 REP=77777", "01", "No REP has the DUNS or certificate number 77777."),
        ("9 X switch 2025-01-01", "01", "switch needs REP."),
        ("9 X switch 2025-01-01 REP=10001 METER=M1", "01", "switch has no METER."),
        ("9 X move-in 2025-01-01 CUSTOMER=999", "01", "There is no customer 999."),
        ("9 X move-in 2025-01-01 CUSTOMER=0", "01", "CUSTOMER is 0."),
        ("9 X move-in 2025-01-01 CUSTOMER=one", "01", "CUSTOMER is no number."),
        ("9 X move-in 2025-02-30 CUSTOMER=1", "01", "'2025-02-30' is not a day"),
        ("9 X explode 2025-01-01", "01", "'explode' is no kind of event"),
        ("9 X outage 2025-01-01 UNTIL=2025-01-01", "01", "UNTIL is not after FROM."),
        ("9 X clock-drift 2025-01-01 UNTIL=2025-01-02 SECONDS=many", "01", "SECONDS is no number of seconds."),
        (f"{'9' * 65} X energize 2025-01-01", "01", "EVENT_ID is longer than 64 characters."),
        ("9 X energize 2025-01-01 SENT=2025-06-17T12:00:00Z", "04", "It was sent in the future."),
        ("9 X drop 2025-01-01", "06", "There was no REP of record on the day before."),
        ("9 X drop 2025-02-01 REP=10002", "06", "Another REP was REP of record on the day before."),
        ("9 X move-out 2024-01-01", "06", "Nobody lived there on the day before."),
        ("9 X meter-remove 2025-01-01", "06", "No meter hung there on the day before."),
        ("9 X meter-exchange 2025-03-01 METER=M3 OLD_METER=M2", "06", "Another meter hung there on the day before."),
        ("0 X switch 2025-01-01 REP=10002", "06", "Another event of that time says otherwise and was sent later."),
    ],
)
def test_what_is_wrong_is_refused_with_a_reason_and_the_rest_goes_on(
    world: World, row: str, code: str, reason: str
) -> None:
    good = f"1 {ESIID} switch 2025-01-01 REP=10001", f"2 {ESIID} meter-exchange 2025-01-01 METER=M1"
    report = world.take(row.replace(" X ", f" {ESIID} "), *good)
    (refused,) = report.refused
    assert (report.exit_code, report.counts.loaded, refused.row_number, refused.code) == (3, 2, 1, code)
    assert refused.reason.startswith(reason)
    assert world.spans("rep") == [("2025-01-01", "", world.old)]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        (NAME, "EVENT_ID,SENT,ESIID,EVENT\n", "The file has no column FROM"),
        (NAME, "", "The file has no column EVENT_ID"),
        (NAME.replace(".csv", ".json"), "[]", 'The file is no JSON object with a list "events".'),
        (NAME.replace(".csv", ".json"), '{"events": 1}', '"events" is no list.'),
        (NAME.replace(DUNS, "957877905"), ",".join(COLUMNS), "No utility has the DUNS number 957877905."),
    ],
)
def test_a_file_that_is_none_is_refused_whole(world: World, name: str, text: str, reason: str) -> None:
    report = load_file(world.database, io.BytesIO(text.encode()), name, settings=world.settings)
    assert (report.exit_code, report.code) == (1, "F2")
    assert report.reason.startswith(reason)


def test_another_utility_may_not_send_it(world: World) -> None:
    with world.database.write() as conn:
        stranger = directory.utility(conn, factories.utility(conn, "Coastal", "957877905"))
    data = f"{','.join(COLUMNS)}\n".encode()
    for sender, states in ((stranger, ["refused"]), (world.utility, []), (stranger, [])):
        report = load_file(world.database, io.BytesIO(data), NAME, settings=world.settings, sender=sender)
        assert ("the sender is Coastal" in report.reason) == bool(states)
        with world.database.read() as conn:
            assert [file.state for file in sent_files.received(conn, stranger.id)] == states
    assert report.again
    with world.database.read() as conn:
        assert [file.state for file in sent_files.received(conn, world.utility.id)] == ["loaded"]


def test_what_was_refused_takes_effect_when_what_it_relies_on_has_come(world: World) -> None:
    assert world.take(f"2 {ESIID} move-out 2025-03-01").exit_code == 3
    world.take(f"1 {ESIID} move-in 2025-01-01 CUSTOMER={world.ada}", name=NAME.replace("001.csv", "002.csv"))
    assert world.spans("tenancy") == [("2025-01-01", "2025-03-01", world.ada)]


def test_an_event_is_corrected_and_taken_back_by_its_id(world: World) -> None:
    world.take(f"1 {ESIID} move-in 2025-01-01 CUSTOMER={world.ada}")
    later = "SENT=2025-06-02T12:00:00Z"
    world.take(f"1 {ESIID} move-in 2025-01-05 CUSTOMER={world.ada} {later}", name=NAME.replace("001.csv", "002.csv"))
    assert world.spans("tenancy") == [("2025-01-05", "", world.ada)]
    report = world.take(
        f"1 {ESIID} move-in 2025-01-07 CUSTOMER={world.ada} SENT=2025-06-01T13:00:00Z",
        name=NAME.replace("001.csv", "003.csv"),
    )
    assert (report.exit_code, report.counts.older) == (0, 1)
    world.take(f"1 {ESIID} cancel 2025-01-05 SENT=2025-06-03T12:00:00Z", name=NAME.replace("001.csv", "004.csv"))
    assert world.spans("tenancy") == []


def test_spans_that_were_there_before_the_first_event_stay(world: World) -> None:
    day = parse_day("2024-01-01")
    with world.database.write() as conn:
        parties.add_tenancy(conn, world.point, world.ada, day, day + 100)
        parties.add_tenancy(conn, world.point, world.ben, day + 120)
        parties.switch_rep(conn, world.point, world.old, day)
    before = world.spans("tenancy")
    world.take(f"1 {ESIID} switch 2025-01-01 REP=10002")
    assert world.spans("tenancy") == before
    assert world.spans("rep") == [("2024-01-01", "2025-01-01", world.old), ("2025-01-01", "", world.new)]
    world.take(f"2 {ESIID} move-in 2024-04-30 CUSTOMER={world.ada}", name=NAME.replace("001.csv", "002.csv"))
    assert world.spans("tenancy")[1] == ("2024-04-30", "", world.ada), "what is sent counts more than what was there"


def test_events_of_an_unknown_esiid_wait_for_it(world: World) -> None:
    report = world.take(f"1 {OTHER} switch 2025-01-01 REP=10001", f"2 {ESIID} switch 2025-01-01 REP=10001")
    assert (report.exit_code, report.counts.parked, report.counts.loaded) == (0, 1, 1)
    with world.database.write() as conn:
        assert put_parked(conn, world.utility, now_s=NOW_S) == 0
        world.point = factories.usage_point(conn, world.utility.id, esiid=OTHER)
        assert put_parked(conn, world.utility, now_s=NOW_S) == 1
        assert put_parked(conn, world.utility, now_s=NOW_S) == 0
    assert world.spans("rep") == [("2025-01-01", "", world.old)]


def test_power_and_what_befalls_a_meter_are_kept_to_the_second(world: World) -> None:
    world.take(
        f"1 {ESIID} de-energize 2025-01-01T15:00:00Z",
        f"2 {ESIID} energize 2025-01-03",
        f"3 {ESIID} clock-drift 2025-01-05 UNTIL=2025-01-06 SECONDS=-200",
        f"4 {ESIID} energize 2025-01-10",
        f"5 {ESIID} de-energize 2025-02-01",
    )
    start_s = zone(factories.ZONE).day_start_s
    day = parse_day("2025-01-01")
    with world.database.read() as conn:
        found = sorted(row[1:4] + row[4:] for row in market_events.known_happenings(conn, [world.point])[world.point])
    assert found[0] == ("clock-drift", start_s(day + 4), start_s(day + 5), -200)
    assert found[1] == ("de-energized", start_s(day) + 9 * 3600, start_s(day + 2), 0)
    assert found[2][:2] == ("de-energized", start_s(day + 31))


def test_each_change_is_in_the_audit(world: World) -> None:
    world.take(f"1 {ESIID} switch 2025-01-01 REP=10001", f"2 {ESIID} switch 2025-02-01 REP=10001")
    with world.database.read() as conn:
        rows = conn.exec_driver_sql("SELECT target, detail FROM audit WHERE action = 'market-event'").fetchall()
    ((target, detail),) = rows
    said = detail if isinstance(detail, dict) else json.loads(detail)
    assert target == f"usage point {world.point}"
    assert said["rep"] == {"gone": [], "new": [["2025-01-01", "", world.old]]}


def test_a_load_that_was_cut_off_goes_on_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.database.write() as conn:
        factories.usage_point(conn, world.utility.id, esiid=OTHER)
    rows = [f"{n} {esiid} switch 2025-0{n}-01 REP=1000{n}" for esiid in (ESIID, OTHER) for n in (1, 2)]
    monkeypatch.setattr(load, "BATCH_EVENTS", 2)
    whole = world.database
    world.database = Failing(world.settings.database_url)
    world.database.transactions = 2
    with pytest.raises(KeyboardInterrupt):
        world.take(*rows)
    world.database.close()
    world.database = whole
    assert len(world.spans("rep")) == 2, "a usage point's events take effect together"
    assert world.take(*rows).counts.loaded == 4
