"""Bulk files for a recipient: the feed of one day of all that it may see, written by many workers.

`begin` cuts the day into files, a job each. Whoever works on jobs, on any machine that shares the folder, claims the
next one; what a worker left unfinished is made again by another. A file gets its name in the transaction that finishes
its job. When all are there, the manifest appears: files that no manifest names are not signed off.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from espi import __version__, jobs
from espi.access import Role
from espi.clock import DAY_S, day_date, instant_text, parse_day
from espi.delivery import publishing
from espi.delivery.bulk_part import MOST_POINTS, Order, receipts_from, write_part
from espi.errors import EspiError
from espi.jobs import Context
from espi.store import directory, grants, party_files
from espi.store import jobs as outbox
from espi.store.jobs import Job

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.store.database import Conn

PART, SIGN, FORGET, ANEW = "bulk.part", "bulk.sign", "bulk.forget", "bulk.anew"
MANIFEST: Final = "manifest.json"
FORMAT: Final = "espi-bulk/1"
FOLDER: Final = "bulk"
NAMED: Final = "GreenButton_third_party"
LEASE_S: Final = 120
"""After so long a silence of its worker a file is made by another; who writes renews four times as often."""
MOST_FILES: Final = 1_000_000

_SUMS: Final = ("bytes", "usage_points", "blocks", "readings")


class Damaged(EspiError):
    """A file of a delivery is not as it was written."""

    code = "damaged"


@dataclass(frozen=True)
class Progress:
    """How far a delivery is: files and usage points done, how many files there are, and what failed for good."""

    files: int
    total: int
    usage_points: int
    failed: Sequence[str]
    is_signed: bool


@dataclass(frozen=True)
class Delivery:
    """The files of an order in a folder."""

    order: Order
    folder: Path

    @property
    def key(self) -> str:
        """What its jobs are known by."""
        order = self.order
        request = f"request/{order.request}/" if order.request else ""
        return f"bulk/{request}{order.role}/{order.party_id}/{order.day}"

    @property
    def manifest(self) -> Path:
        """Where its manifest is when it is complete."""
        return self.folder / MANIFEST

    def payload(self) -> dict[str, Any]:
        """What its jobs are given."""
        order = self.order
        to = {"role": str(order.role), "party": order.party_id, "day": order.day, "request": order.request}
        return {**to, "folder": str(self.folder)}

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Delivery:
        """The inverse of `payload`."""
        order = Order(Role(payload["role"]), payload["party"], payload["day"], payload.get("request", 0))
        return cls(order, Path(payload["folder"]))


def folder_of(settings: Settings, order: Order) -> Path:
    """Where a recipient's files of a day go in the home folder, unless told otherwise."""
    return settings.home / FOLDER / f"{order.role}-{order.party_id}" / f"{day_date(order.day):%Y-%m-%d}"


def begin(context: Context, order: Order, folder: Path, *, again: bool = False, size: int = MOST_POINTS) -> Delivery:
    """Queue an order's files, or join the same order where it is under way; what failed for good is tried again.

    again: make them anew, even if they are there.
    """
    wanted = Delivery(order, folder.absolute())
    now_s, token = context.now_s(), secrets.token_hex(8)
    with context.database.read() as conn:
        slices = list(order.slices(conn, context.settings, size))
    with context.database.write() as conn:
        if again:
            outbox.drop_owned(conn, wanted.key)
        own = {**wanted.payload(), "token": token, "as_of_s": now_s}
        sign = outbox.add_job(conn, SIGN, own, now_s=now_s, key=wanted.key, owner=wanted.key)
        if sign.payload["token"] != token:
            return _joined(conn, sign, now_s)
        wanted.manifest.unlink(missing_ok=True)
        for number, (first, last) in enumerate(slices, start=1):
            part = {**wanted.payload(), "number": number, "first": first, "last": last}
            outbox.add_job(conn, PART, part, now_s=now_s, key=f"{wanted.key}/{number}", owner=wanted.key)
    return wanted


def _joined(conn: Conn, sign: Job, now_s: int) -> Delivery:
    """A delivery that was begun before: what failed for good is tried again."""
    for part in _parts(conn, sign.owner):
        if part.state == outbox.FAILED:
            outbox.add_job(conn, PART, part.payload, now_s=now_s, key=part.key or "", owner=part.owner)
    outbox.wake_job(conn, SIGN, sign.owner, sign.payload, now_s=now_s)
    return Delivery.of(sign.payload)


def recent(conn: Conn, role: Role, party_id: int, days: range) -> list[tuple[Job, list[Job]]]:
    """A recipient's orders of some days, the last first: the job that signs each off, and those of its files."""
    keys = (Delivery(Order(role, party_id, day), Path()).key for day in reversed(days))
    found = (outbox.job_by_key(conn, key) for key in keys)
    return [(sign, _parts(conn, sign.owner)) for sign in found if sign is not None]


def retry(conn: Conn, order: Order, now_s: int) -> bool:
    """Try again what of an order failed for good; false where there is no such order."""
    sign = outbox.job_by_key(conn, Delivery(order, Path()).key)
    if sign is not None:
        _joined(conn, sign, now_s)
    return sign is not None


def progress(context: Context, delivery: Delivery) -> Progress:
    """How far a delivery is."""
    with context.database.read() as conn:
        parts = _parts(conn, delivery.key)
        sign = outbox.job_by_key(conn, delivery.key)
    done = [part for part in parts if part.state == outbox.DONE]
    failed = [*parts, sign] if sign else parts
    return Progress(
        files=len(done),
        total=len(parts),
        usage_points=sum(part.result["usage_points"] for part in done),
        failed=[part.error for part in failed if part.state == outbox.FAILED],
        is_signed=sign is not None and sign.state == outbox.DONE and bool(sign.result),
    )


def signed(settings: Settings, role: Role, party_id: int) -> list[Path]:
    """The folders of a recipient's deliveries that are complete, the last day first: what may be sent or served."""
    found = (settings.home / FOLDER / f"{role}-{party_id}").glob(f"*/{MANIFEST}")
    return sorted((path.parent for path in found), reverse=True)


class _Lease:
    """Renews the claim on a file while it is written. `LeaseLost` if another has it by now."""

    def __init__(self, context: Context, job: Job) -> None:
        self._context = context
        self._job = job
        self._renewed = time.monotonic()

    def renew(self) -> None:
        """As often as need be."""
        if time.monotonic() - self._renewed >= LEASE_S / 4:
            with self._context.database.write() as conn:
                outbox.renew(conn, self._job, self._context.now_s(), LEASE_S)
            self._renewed = time.monotonic()


@jobs.handler(PART, lease_s=LEASE_S, attempts=5)
def make_part(context: Context, job: Job) -> Mapping[str, Any] | None:
    """Write a file; it gets its name in the transaction that finishes the job, so that it is what the job says."""
    delivery = Delivery.of(job.payload)
    name = _file_name(delivery, job.payload["number"])
    delivery.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = delivery.folder / f".{name}.{job.claim}"
    try:
        with context.database.read() as conn, unfinished.open("wb") as out:
            first, last = job.payload["first"], job.payload["last"]
            lease = _Lease(context, job)
            found = write_part(conn, context.settings, delivery.order, first, last, out, lease.renew)
            out.flush()
            os.fsync(out.fileno())
        now_s = context.now_s()
        with context.database.write() as conn:
            outbox.finish(conn, job, {"name": name, **found}, now_s)
            outbox.wake_job(conn, SIGN, delivery.key, delivery.payload(), now_s=now_s)
            unfinished.replace(delivery.folder / name)
    finally:
        unfinished.unlink(missing_ok=True)
    return None


@jobs.handler(SIGN)
def sign(context: Context, job: Job) -> Mapping[str, Any] | None:
    """Write the manifest if every file is there; else sleep until the next one wakes this job."""
    delivery = Delivery.of(job.payload)
    with context.database.read() as conn:
        parts = _parts(conn, delivery.key)
        recipient = _RECIPIENTS[delivery.order.role](conn, delivery.order.party_id)
    if any(part.state != outbox.DONE for part in parts):
        with context.database.write() as conn:
            outbox.rest(conn, job, None, context.now_s())
        return None
    files = [dict(part.result) for part in parts]
    by_grants = {file["name"]: file.pop("grants", ()) for file in files}
    for file in files:
        if (delivery.folder / file["name"]).stat().st_size != file["bytes"]:
            raise Damaged(f"{file['name']} is not as it was written; make the files again.")
    sums = {name: sum(file[name] for file in files) for name in _SUMS}
    said = {
        "format": FORMAT,
        "generator": f"espi {__version__}",
        "recipient": {"role": delivery.order.role, **recipient},
        "day": f"{day_date(delivery.order.day):%Y-%m-%d}",
        "as_of": instant_text(job.payload["as_of_s"]),
        **sums,
        "totals": _totals(files),
        "quality": _told(files),
        "files": [{**file, "quality": _told([file])} for file in files],
    }
    _publish(delivery, said)
    if delivery.folder == folder_of(context.settings, delivery.order).absolute():
        _into_outbox(context, delivery, by_grants)
    return {"files": len(files), **sums}


@jobs.handler(ANEW)
def make_anew(context: Context, _job: Job) -> Mapping[str, Any]:
    """Make the deliveries anew that hold something by a grant which has ended: without it."""
    with context.database.write() as conn:
        unseen = party_files.unseen_of(conn, context.now_s())
        for file in unseen:
            party_files.withdraw(conn, file.role, file.party_id, [file.name], context.now_s())
    named = {(file.party_id, file.name.split("_")[-2]) for file in unseen if file.name.startswith(NAMED)}
    for party_id, day in sorted(named):
        order = Order(Role.third_party, party_id, parse_day(f"{day[:4]}-{day[4:6]}-{day[6:]}"))
        begin(context, order, folder_of(context.settings, order), again=True)
    return {"withdrawn": len(unseen), "made": len(named)}


jobs.every(ANEW, 900)


@jobs.handler(FORGET)
def forget(context: Context, _job: Job) -> Mapping[str, Any]:
    """Drop deliveries of the home folder in which nothing was written for `bulk_days` days."""
    before_s = context.now_s() - context.settings.bulk_days * DAY_S
    old = [
        folder
        for folder in (context.settings.home / FOLDER).glob("*/*")
        if folder.is_dir() and folder.stat().st_mtime < before_s
    ]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return {"dropped": len(old)}


jobs.every(FORGET, DAY_S)


def _parts(conn: Conn, key: str) -> list[Job]:
    """The jobs of a delivery's files, in their order."""
    found = outbox.jobs(conn, kind=PART, owner=key, limit=MOST_FILES)
    return sorted(found, key=lambda part: int(part.payload["number"]))


def _rep(conn: Conn, party_id: int) -> dict[str, str]:
    found = next(each for each in directory.reps(conn) if each.id == party_id)
    return {"name": found.name, "duns": found.duns}


def _utility(conn: Conn, party_id: int) -> dict[str, str]:
    found = directory.utility(conn, party_id)
    return {"name": found.name, "duns": found.duns}


def _third_party(conn: Conn, party_id: int) -> dict[str, str]:
    return {"name": grants.third_party(conn, party_id).name}


_RECIPIENTS: Final = {Role.rep: _rep, Role.tdsp: _utility, Role.third_party: _third_party}
"""How manifests call them."""


def _totals(files: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The sums of all files, by kind of unit."""
    sums: dict[tuple[tuple[str, int], ...], int] = {}
    for file in files:
        for each in file["totals"]:
            unit = tuple((name, value) for name, value in each.items() if name != "total")
            sums[unit] = sums.get(unit, 0) + each["total"]
    return [{**dict(unit), "total": total} for unit, total in sorted(sums.items())]


def _told(files: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The data-quality receipt of files, as manifests have it."""
    found = receipts_from(files)
    return found.told() if found else None


def _file_name(delivery: Delivery, number: int) -> str:
    """It says what it is and nothing of anybody's meters."""
    return f"{_stem(delivery)}{number:05d}.xml.gz"


def _stem(delivery: Delivery) -> str:
    order = delivery.order
    return f"GreenButton_{order.role}{order.party_id}_{day_date(order.day):%Y%m%d}_"


def _publish(delivery: Delivery, said: Mapping[str, Any]) -> None:
    """Clear away what an earlier delivery, or a worker that was killed, has left; then let the manifest appear."""
    delivery.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = {file["name"] for file in said["files"]}
    stem = _stem(delivery)
    for path in [*delivery.folder.glob(f"{stem}*.xml.gz"), *delivery.folder.glob(f".{stem}*")]:
        if path.name not in names:
            path.unlink(missing_ok=True)
    unfinished = delivery.manifest.with_name(f".{stem}{MANIFEST}")
    with unfinished.open("w", encoding="utf-8") as out:
        json.dump(said, out, indent=1)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(delivery.manifest)


def _into_outbox(context: Context, delivery: Delivery, by_grants: Mapping[str, Sequence[int]]) -> None:
    """Let the recipient see the files and the manifest, all at once, instead of what it saw of that day before."""
    order, stem = delivery.order, _stem(delivery)
    named = {name: (delivery.folder / name, grants_of) for name, grants_of in by_grants.items()}
    named[f"{stem}{MANIFEST}"] = (delivery.manifest, ())
    kept = [(publishing.keep(context.settings, name, path), own) for name, (path, own) in named.items()]
    with context.database.write() as conn:
        before = party_files.files_of(conn, order.role, order.party_id, context.now_s())
        gone = [file.name for file in before if file.name.startswith(stem) and file.name not in named]
        party_files.withdraw(conn, order.role, order.party_id, gone, context.now_s())
        for each, own in kept:
            publishing.publish(conn, context.settings, order.role, order.party_id, each, grants=own)
