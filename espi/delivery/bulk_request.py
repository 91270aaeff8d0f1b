"""Bulk files that a REP asks for in the browser: a delivery for each day, made by the jobs of `espi.delivery.bulk`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from espi import access, jobs
from espi.access import Principal, Role
from espi.clock import DAY_S, day_date
from espi.delivery import bulk
from espi.delivery.bulk import Delivery
from espi.delivery.bulk_part import MOST_POINTS, Order
from espi.delivery.rep_counts import today
from espi.errors import BadInput, Conflict, NotFound
from espi.jobs import Context
from espi.store import audit, bulk_requests, served
from espi.store import jobs as outbox
from espi.store.bulk_requests import BulkRequest

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.store.database import Conn
    from espi.store.jobs import Job

BEGIN: Final = "bulk.request"
MOST_DAYS: Final = 31
MOST_LISTED: Final = MOST_POINTS
MOST_OPEN: Final = 3
LOOKED_AT: Final = 20
SUMS: Final = "SHA256SUMS"

WAITING, MAKING, READY, FAILED, CANCELLED, GONE = "waiting", "making", "ready", "failed", "cancelled", "gone"
OPEN: Final = (WAITING, MAKING)


class NotServed(BadInput):
    """Some of the ESIIDs that were listed are not the REP's on these days."""

    code = "not_served"
    public = "Some of these are not ESIIDs that you serve on these days. Take them out and ask again."

    def __init__(self, esiids: Sequence[str]) -> None:
        super().__init__(detail=f"{len(esiids)} ESIIDs are not served")
        self.esiids = tuple(esiids)


@dataclass(frozen=True)
class DayFiles:
    """A day of a request: its files as its manifest names them, once that is there."""

    day: int
    files: Sequence[Mapping[str, Any]]
    size: int
    usage_points: int
    readings: int


@dataclass(frozen=True)
class State:
    """How far a request is. files, total: of those that are known by now. problem: why one failed for good."""

    name: str
    days: Sequence[DayFiles]
    files: int
    total: int
    usage_points: int
    problem: str = ""

    @property
    def done_days(self) -> int:
        """Of how many days all files are there."""
        return len(self.days)


def ask(context: Context, conn: Conn, who: Principal, days: tuple[int, int], esiids: Sequence[str]) -> BulkRequest:
    """Ask for the files of the days from one until another, of some ESIIDs or of all that the REP may see.

    `BadInput` for what is beyond the limits, with which one it is; `Conflict` while too many others are being made.
    """
    settings, now_s = context.settings, context.now_s()
    reach = access.reach(conn, who, "bulk:ask", settings=settings, target="bulk request")
    _check_days(days, today(conn, now_s))
    if len(esiids) > MOST_LISTED:
        raise BadInput("A list may have 5,000 ESIIDs at most. Make several requests of it.")
    known = served.served_ids(conn, reach, who.id, esiids, days)
    if unknown := [each for each in esiids if each not in known]:
        raise NotServed(unknown)
    lately = bulk_requests.requests_of(conn, who.id, LOOKED_AT)
    if sum(state(context, conn, each).name in OPEN for each in lately) >= MOST_OPEN:
        raise Conflict("Three requests are being made already. Wait until one is ready, or cancel one.")
    points = sorted(known.values())
    path_id = bulk_requests.add_request(conn, who.id, days, points, asked_by=who.name, now_s=now_s)
    made = bulk_requests.request_of(conn, who.id, path_id)
    outbox.add_job(conn, BEGIN, {"request": made.id}, now_s=now_s, key=_key(made), owner=_key(made))
    _note(conn, who, "bulk:ask", made, settings)
    return made


def cancel(context: Context, conn: Conn, who: Principal, path_id: int) -> BulkRequest:
    """Take a request back: what is being made stops, and what was made goes."""
    access.reach(conn, who, "bulk:ask", settings=context.settings, target=f"bulk request {path_id}")
    found = bulk_requests.request_of(conn, who.id, path_id)
    if bulk_requests.cancel_request(conn, found.id):
        outbox.drop_owned(conn, _key(found))
        for delivery in _deliveries(context.settings, found):
            outbox.drop_owned(conn, delivery.key)
        shutil.rmtree(_folder(context.settings, found), ignore_errors=True)
        _note(conn, who, "bulk:cancel", found, context.settings)
    return found


def state(context: Context, conn: Conn, found: BulkRequest) -> State:
    """How far a request is, by what is in its folder and by its jobs."""
    if found.cancelled:
        return State(CANCELLED, (), 0, 0, 0)
    settings = context.settings
    ready = {each.order.day: _manifest(each) for each in _deliveries(settings, found) if each.manifest.is_file()}
    days = [_day_files(day, said) for day, said in ready.items()]
    if len(days) == len(found.days):
        return _summed(READY, days)
    if context.now_s() - found.asked_s > settings.bulk_days * DAY_S:
        return State(GONE, (), 0, 0, 0)
    begin = outbox.job_by_key(conn, _key(found))
    left = [bulk.progress(context, each) for each in _deliveries(settings, found) if each.order.day not in ready]
    failed = [reason for each in left for reason in each.failed]
    if begin is not None and begin.state == outbox.FAILED:
        failed.append(begin.error)
    name = FAILED if failed else MAKING if begin is None or begin.state == outbox.DONE else WAITING
    files = sum(each.files for each in left) + sum(len(each.files) for each in days)
    total = sum(each.total for each in left) + sum(len(each.files) for each in days)
    points = sum(each.usage_points for each in left) + sum(each.usage_points for each in days)
    return State(name, days, files, total, points, failed[0] if failed else "")


def file_of(settings: Settings, found: BulkRequest, day: int, name: str) -> Path:
    """A file of a request that is signed off, or its manifest. `NotFound` for any other name."""
    if day not in found.days or found.cancelled:
        raise NotFound(detail=f"bulk request {found.path_id} has no day {day}")
    delivery = _delivery(settings, found, day)
    if not delivery.manifest.is_file():
        raise NotFound(detail=f"day {day} of bulk request {found.path_id} is not there")
    names = {str(each["name"]) for each in _manifest(delivery)["files"]} | {bulk.MANIFEST}
    if name not in names:
        raise NotFound(detail=f"bulk request {found.path_id} has no file {name}")
    return delivery.folder / name


def sums(current: State) -> str:
    """The checksums of all files of a request, as `sha256sum --check` reads them in a folder that has them all."""
    lines = (f"{file['sha256']}  {file['name']}\n" for each in current.days for file in each.files)
    return "".join(lines)


@jobs.handler(BEGIN)
def begin(context: Context, job: Job) -> Mapping[str, Any]:
    """Queue the files of each day of a request that was not taken back."""
    with context.database.read() as conn:
        found = bulk_requests.request(conn, job.payload["request"])
    if found.cancelled:
        return {"days": 0}
    for each in _deliveries(context.settings, found):
        bulk.begin(context, each.order, each.folder)
    with context.database.write() as conn:
        if bulk_requests.request(conn, found.id).cancelled:  # meanwhile
            for each in _deliveries(context.settings, found):
                outbox.drop_owned(conn, each.key)
    return {"days": len(found.days)}


def _check_days(days: tuple[int, int], present: int) -> None:
    first, until = days
    if first >= until:
        raise BadInput("The first day must not be after the last.")
    if until > present:
        raise BadInput("Choose days that are over: the last one possible is yesterday.")
    if until - first > MOST_DAYS:
        raise BadInput("Ask for 31 days at most, then for the next ones.")


def _key(found: BulkRequest) -> str:
    return f"bulk/request/{found.id}"


def _folder(settings: Settings, found: BulkRequest) -> Path:
    return settings.home / bulk.FOLDER / f"request-{found.path_id}"


def _delivery(settings: Settings, found: BulkRequest, day: int) -> Delivery:
    order = Order(Role.rep, found.rep_id, day, found.id)
    return Delivery(order, (_folder(settings, found) / f"{day_date(day):%Y-%m-%d}").absolute())


def _deliveries(settings: Settings, found: BulkRequest) -> Iterator[Delivery]:
    return (_delivery(settings, found, day) for day in found.days)


def _manifest(delivery: Delivery) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(delivery.manifest.read_text("utf-8"))
    return said


def _day_files(day: int, said: Mapping[str, Any]) -> DayFiles:
    return DayFiles(day, said["files"], said["bytes"], said["usage_points"], said["readings"])


def _summed(name: str, days: Sequence[DayFiles]) -> State:
    files = sum(len(each.files) for each in days)
    return State(name, days, files, files, sum(each.usage_points for each in days))


def _note(conn: Conn, who: Principal, action: str, found: BulkRequest, settings: Settings) -> None:
    days = {"from": day_date(found.from_day).isoformat(), "until": day_date(found.until_day).isoformat()}
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=str(who),
        action=action,
        target=f"bulk request {found.path_id}",
        rule="espi.delivery.bulk_request",
        allowed=True,
        detail={**days, "listed": len(found.points)},
    )
