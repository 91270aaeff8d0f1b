"""One load-control event for 100,000 devices: encoded and queued, handed to a head end, and its statuses folded in.

The home area network is simulated no further here than its head end: it takes orders and gives reports, so what is
measured is ours. Frames are encoded and decoded in a plain loop beside it, on the same core.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from espi import config
from espi.access import Principal, Role
from espi.clock import Clock, instant_s
from espi.han import carrying, frames, load_control, sending
from espi.han.gateway import Joining, Leaving, Limits, Order, Report, ReportKind
from espi.han.load_control import Relief
from espi.han.sep1 import Cluster, ReportEventStatus, Status
from espi.store import devices as known
from espi.store import directory
from espi.store.copying import copy_rows
from espi.store.database import Conn, Database
from espi.store.devices import Device
from espi.store.tables import home_device

DEVICES = 100_000
NOW_S = instant_s("2025-06-15T17:00:00Z")
STATUSES = (Status.RECEIVED, Status.STARTED, Status.COMPLETED)
LOOP = 100_000


class HeadEnd:
    """Takes every order, and says of each device that it has received, started and completed."""

    name = "bench"
    limits = Limits(orders=5000)

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.said: list[Report] = []

    def provision(self, joining: Joining) -> str:
        """Not asked for here."""
        return joining.correlation

    def deprovision(self, leaving: Leaving) -> str:
        """Not asked for here."""
        return leaving.correlation

    def send(self, orders: Sequence[Order]) -> list[str]:
        """Take orders."""
        self.orders += orders
        return [order.correlation for order in orders]

    def cancel(self, correlation: str) -> bool:
        """Nothing is taken back here."""
        del correlation
        return False

    def read_register(self, correlation: str, esiid: str) -> str:
        """Not asked for here."""
        del esiid
        return correlation

    def reports(self, after: int, limit: int) -> Sequence[Report]:
        """What was said."""
        return self.said[after : after + limit]

    def report(self, event_id: int) -> None:
        """Let every device say how far it is, step by step."""
        for step, status in enumerate(STATUSES, 1):
            at_s = NOW_S + 60 * step
            frame = frames.encode(ReportEventStatus(event_id, status, at_s, criticality=3), step)
            for order in self.orders:
                number = len(self.said) + 1
                about = {"eui64": order.eui64, "cluster": int(Cluster.LOAD_CONTROL), "frame": frame}
                self.said.append(Report(number, ReportKind.FRAME, at_s, order.esiid, **about))  # type: ignore[arg-type]


def figures() -> dict[str, tuple[float, str]]:
    """Seconds of an event for all devices, statuses a second, and frames a second in a loop."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = config.load({}, home=home, clock=Clock(fixed_s=NOW_S), log_level="ERROR")
        database = Database(settings.database_url)
        database.migrate()
        try:
            return {**_event(database, settings), **_frames()}
        finally:
            database.close()


def _event(database: Database, settings: config.Settings) -> dict[str, tuple[float, str]]:
    head_end = HeadEnd()
    with database.write() as conn:
        me, points = _fleet(conn, head_end.name)
    wanted = load_control.event(Relief(duty_cycle=50), minutes=120, criticality=3, settings=settings)
    started = time.perf_counter()
    with database.write() as conn:
        made = sending.send(conn, me, wanted, points, settings=settings)
    queued_s = time.perf_counter() - started
    while _turn(database, head_end, settings).sent:
        pass
    sent_s = time.perf_counter() - started - queued_s
    assert len(head_end.orders) == DEVICES
    head_end.report(made.id)
    started = time.perf_counter()
    while _turn(database, head_end, settings).reports:
        pass
    folded_s = time.perf_counter() - started
    _check(database, head_end, made.id)
    return {
        "han.event_queued_s": (round(queued_s, 2), f"s for {DEVICES:,} devices"),
        "han.event_handed_over_s": (round(sent_s, 2), f"s for {DEVICES:,} devices"),
        "han.statuses_per_s": (round(len(head_end.said) / folded_s), "statuses/s"),
    }


def _turn(database: Database, head_end: HeadEnd, settings: config.Settings) -> carrying.Turn:
    with database.write() as conn:
        return carrying.turn(conn, head_end, settings)


def _fleet(conn: Conn, head_end: str) -> tuple[Principal, list[int]]:
    """A utility with a device at each of its meters."""
    dialect = {"head_end": head_end}
    utility = directory.add_utility(conn, "Lone Star Wires", "103994067", "America/Chicago", dialect=dialect)
    esiids = [f"1044372{number:010d}" for number in range(DEVICES)]
    directory.add_usage_points(conn, utility, esiids, now_s=NOW_S)
    points = [key for _, key in directory.usage_point_index(conn, utility)]
    names = list(Device.__slots__)
    values = {
        "kind": "thermostat", "name": "", "utility_id": utility, "device_class": 1, "device_group": 0, "clusters": 7,
        "state": known.ACTIVE_STATE, "state_s": NOW_S, "failure": "", "asked_by": "", "customer_id": 0,
        "authorization_id": 0, "made_s": NOW_S, "contact_s": NOW_S, "tries": 1, "due_s": None, "removed_for": "",
    }  # fmt: skip
    rows = (
        [{**values, "usage_point_id": key, "number": key, "eui64": f"{key:016X}"}[name] for name in names]
        for key in points
    )
    copy_rows(conn, home_device, rows, names)
    return Principal(Role.tdsp, utility, "bench", "bench"), points


def _check(database: Database, head_end: HeadEnd, event_id: int) -> None:
    """Every device has ended, in the state that it reported."""
    with database.read() as conn:
        from espi.store import home_commands  # noqa: PLC0415 - only the check reads them

        open_ = home_commands.overdue(conn, NOW_S + 10**9, 10)
        assert open_ == []
        assert head_end.orders[0].frame[4 - 1 : 7] == event_id.to_bytes(4, "little")


def _frames() -> dict[str, tuple[float, str]]:
    event = load_control.LoadControlEvent(1, 1, 0, NOW_S, 120, 3, duty_cycle=50)
    status = frames.encode(ReportEventStatus(1, Status.STARTED, NOW_S, criticality=3), 1)
    started = time.perf_counter()
    for number in range(LOOP):
        frames.encode(event, number % 256)
    encoded_s = time.perf_counter() - started
    for _ in range(LOOP):
        frames.decode(Cluster.LOAD_CONTROL, status)
    decoded_s = time.perf_counter() - started - encoded_s
    return {
        "han.frames_encoded_per_s": (round(LOOP / encoded_s), "frames/s"),
        "han.frames_decoded_per_s": (round(LOOP / decoded_s), "frames/s"),
    }
