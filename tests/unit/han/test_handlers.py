"""The worker's jobs carry what is queued, and a meter is read when it is asked."""

from __future__ import annotations

from dataclasses import replace

from espi import jobs
from espi.clock import Clock
from espi.config import Settings
from espi.han import carrying, gateway, handlers, messages, sending
from espi.han.gateway import Report
from espi.han.simulated import CELLULAR, display
from espi.store import devices as known
from espi.store import home_commands as store
from espi.store import jobs as outbox
from espi.store.database import Conn, Database
from tests.unit.han.conftest import CODE, Home, connected


def _work(database: Database, settings: Settings, later_s: int) -> Settings:
    """Let the worker run at a later time, as its timetable has it."""
    later = replace(settings, clock=Clock(fixed_s=settings.clock.now_s() + later_s))
    context = jobs.Context(later, database)
    with database.write() as conn:
        for kind in (sending.CARRY, handlers.SWEEP):
            outbox.wake_job(conn, kind, kind, {}, now_s=later.clock.now_s())
    jobs.run_due(context)
    return later


def test_jobs_let_a_device_join_and_bring_it_a_text(database: Database, settings: Settings) -> None:
    with database.write() as conn:
        home = Home(conn, settings, CELLULAR)
        number = home.ask_to_join(display("00124B0000000001", CODE))
    with connected(home):
        for _ in range(4):
            home.settings = _work(database, home.settings, 300)
        with database.write() as conn:
            home.conn = conn
            assert home.device(number).state == known.ACTIVE_STATE
            text = messages.text("Hello", settings=home.settings)
            sent = sending.send(conn, home.tdsp, text, [home.point], settings=home.settings)
        for _ in range(2):
            home.settings = _work(database, home.settings, 60)
        with database.read() as conn:
            home.conn = conn
            assert home.states(sent) == {number: store.DELIVERED}


def test_a_turn_that_is_lost_and_done_again_sends_nothing_twice(home: Home) -> None:
    number = home.join(display("00124B0000000001", CODE))
    text = messages.text("Hello", settings=home.settings)
    sent = sending.send(home.conn, home.tdsp, text, [home.point], settings=home.settings)
    ids = carrying.utility_ids(home.conn, home.network)
    before = store.pending(home.conn, ids, 10)
    carrying.send_pending(home.conn, home.network, ids, home.now_s())
    store.put_targets(home.conn, [each.target for each in before])  # as if the transaction had been rolled back
    home.run(600)
    delivered = [each for each in home.network.reports(0, 1000) if each.kind == gateway.ReportKind.DELIVERED]
    assert len(delivered) == 1
    assert home.states(sent) == {number: store.DELIVERED}


def test_a_read_register_is_handed_to_whoever_wants_it(home: Home) -> None:
    read: list[Report] = []

    def keep(conn: Conn, report: Report) -> None:
        del conn
        read.append(report)

    carrying.TAKERS.append(keep)
    try:
        asked_s = home.now_s()
        assert home.network.read_register("read/7", home.esiid) == "read/7"
        home.run(300)
    finally:
        carrying.TAKERS.remove(keep)
    (report,) = read
    assert report.correlation == "read/7"
    assert report.register is not None
    assert report.register.read_s >= asked_s
