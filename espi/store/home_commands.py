"""What devices of the home area network are sent, and what becomes of it at each of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import String, and_, cast, func, insert, literal, select, true, update
from sqlalchemy.exc import IntegrityError

from espi.errors import Conflict, NotFound
from espi.store.copying import copy_rows
from espi.store.database import Conn, inserted_id
from espi.store.devices import CHUNK, Device, lives
from espi.store.identity import FIRST_PATH_ID, LAST_PATH_ID
from espi.store.reach import Reach
from espi.store.tables import (
    authorization,
    device_agreement,
    home_command,
    home_device,
    home_network,
    home_report,
    home_target,
    usage_point,
)

TEXT, PRICE, LOAD_CONTROL, CANCEL_ALL = "text", "price", "load-control", "cancel-all"

QUEUED, SENT, DELIVERED, CONFIRMED, STARTED = "queued", "sent", "delivered", "confirmed", "started"
COMPLETED, OPTED_OUT, CANCELLED, SUPERSEDED = "completed", "opted-out", "cancelled", "superseded"
EXPIRED, REJECTED, FAILED = "expired", "rejected", "failed"

NOTHING, TO_SEND, TO_CANCEL = 0, 1, 2
"""What is pending at a target."""


@dataclass(frozen=True, slots=True)
class Command:
    """What was sent. id: its event id on the wire. provider: in whose name (tdsp/1, rep/7). reference: the sender's id.

    critical: of load control, else 0. confirms: a text that wants to be confirmed. start_s, until_s: when it counts.
    """

    id: int
    path_id: int
    kind: str
    provider: str
    sender: str
    reference: str | None
    content: Mapping[str, Any]
    frame: bytes
    cancel_frame: bytes | None
    critical: int
    confirms: bool
    made_s: int
    start_s: int
    until_s: int
    cancelled_s: int | None


class Target(NamedTuple):
    """What became of a command at one device. code: the status that it reported last. reason: why it failed.

    chosen_s: when somebody at home last opted out or in. closed_s: when it was over; nothing changes after that.
    """

    usage_point_id: int
    command_id: int
    device_number: int
    utility_id: int
    state: str
    code: int
    reason: str
    sent_s: int | None
    delivered_s: int | None
    started_s: int | None
    chosen_s: int | None
    closed_s: int | None
    cancel_s: int | None
    pending: int
    deadline_s: int | None

    @property
    def key(self) -> tuple[int, int, int]:
        """Its place: usage point, command, device."""
        return self.usage_point_id, self.command_id, self.device_number


@dataclass(frozen=True, slots=True)
class Pending:
    """Something for a head end: a target, where it is, and the command that it is of."""

    target: Target
    esiid: str
    eui64: str


def queued(device: Device, command_id: int, deadline_s: int) -> Target:
    """What is to be sent to a device."""
    return Target(
        device.usage_point_id,
        command_id,
        device.number,
        device.utility_id,
        QUEUED,
        code=0,
        reason="",
        sent_s=None,
        delivered_s=None,
        started_s=None,
        chosen_s=None,
        closed_s=None,
        cancel_s=None,
        pending=TO_SEND,
        deadline_s=deadline_s,
    )


_COMMAND = [home_command.c[name] for name in Command.__slots__]
_TARGET = [home_target.c[name] for name in Target._fields]
_KEY = ("usage_point_id", "command_id", "device_number")
_REPORT = tuple(home_report.columns.keys())
_CHANGES = ("state", "code", "reason", "sent_s", "delivered_s", "started_s", "chosen_s", "closed_s", "cancel_s",
            "pending", "deadline_s")  # fmt: skip


def new_id(conn: Conn) -> int:
    """An event id that is greater than all before, for whoever has taken his turn."""
    return int(conn.scalar(select(func.coalesce(func.max(home_command.c.id), 0))) or 0) + 1


def add_command(conn: Conn, command: Command) -> int:
    """Keep what is to be sent, and return its path id. `Conflict` where the sender has used its reference before."""
    path_id = FIRST_PATH_ID + secrets.randbelow(LAST_PATH_ID - FIRST_PATH_ID + 1)
    kept = replace(command, path_id=path_id)
    if command.reference:
        used = home_command.c.provider == command.provider, home_command.c.reference == command.reference
        if conn.execute(select(home_command.c.id).where(*used)).first():
            raise Conflict(f"Something was sent as {command.reference!r} already; give what is new an id of its own.")
    values = {name: getattr(kept, name) for name in Command.__slots__}
    try:
        inserted_id(conn, insert(home_command).values(**values))
    except IntegrityError as err:
        raise Conflict("This was sent already, at the same moment.") from err
    return path_id


def add_targets(conn: Conn, targets: Iterable[Target]) -> None:
    """Queue a command for devices, any number of them."""
    names = list(Target._fields)
    copy_rows(conn, home_target, ([getattr(each, name) for name in names] for each in targets), names)


def command(conn: Conn, reach: Reach, path_id: int) -> Command:
    """A command that was sent to some device at a usage point within reach; else `NotFound`."""
    within = reach.spans.subquery()
    reached = (
        select(home_target.c.command_id)
        .where(home_target.c.command_id == home_command.c.id)
        .where(home_target.c.usage_point_id.in_(select(within.c.usage_point_id)))
    )
    row = conn.execute(select(*_COMMAND).where(home_command.c.path_id == path_id, reached.exists())).first()
    if row is None:
        raise NotFound(detail=f"no command {path_id} within {reach.rule}")
    return Command(*row)


def commands(
    conn: Conn, reach: Reach, usage_point_ids: Iterable[int], *, since_s: int = 0, limit: int = 100
) -> list[Command]:
    """What the devices of usage points within reach were sent, the last first: who sent what."""
    within = reach.spans.subquery()
    sent = select(home_target.c.command_id).where(
        home_target.c.usage_point_id.in_(list(usage_point_ids)),
        home_target.c.usage_point_id.in_(select(within.c.usage_point_id)),
    )
    query = select(*_COMMAND).where(home_command.c.id.in_(sent), home_command.c.made_s >= since_s)
    return [Command(*row) for row in conn.execute(query.order_by(home_command.c.id.desc()).limit(limit))]


def targets(conn: Conn, reach: Reach, command_id: int) -> list[Target]:
    """What became of a command at the devices of usage points within reach."""
    within = reach.spans.subquery()
    query = select(*_TARGET).where(
        home_target.c.command_id == command_id, home_target.c.usage_point_id.in_(select(within.c.usage_point_id))
    )
    return [Target(*row) for row in conn.execute(query.order_by(home_target.c.usage_point_id))]


def reports(conn: Conn, reach: Reach, command_id: int) -> list[Mapping[str, Any]]:
    """What was reported of a command, as it came, for the devices of usage points within reach."""
    within = reach.spans.subquery()
    query = select(home_report).where(
        home_report.c.command_id == command_id, home_report.c.usage_point_id.in_(select(within.c.usage_point_id))
    )
    return [dict(row) for row in conn.execute(query.order_by(home_report.c.number)).mappings()]


def overlapping(
    conn: Conn, reach: Reach, usage_point_ids: Sequence[int], from_s: int, until_s: int
) -> list[tuple[Target, Command]]:
    """The load-control events that are open at devices within reach and fall into a span, with what they are of."""
    c = home_command.c
    wanted = c.kind == LOAD_CONTROL, c.start_s < until_s, c.until_s > from_s
    return _with_commands(conn, reach, usage_point_ids, wanted, home_target.c.closed_s.is_(None))


def sent_since(
    conn: Conn, reach: Reach, usage_point_ids: Sequence[int], kind: str, since_s: int
) -> list[tuple[Target, Command]]:
    """What of a kind was sent to devices within reach since an instant, for the limits."""
    wanted = home_command.c.kind == kind, home_command.c.made_s > since_s
    return _with_commands(conn, reach, usage_point_ids, wanted, true())


def _with_commands(
    conn: Conn, reach: Reach, usage_point_ids: Sequence[int], of_command: Iterable[Any], of_target: Any
) -> list[tuple[Target, Command]]:
    known = {row.id: Command(*row) for row in conn.execute(select(*_COMMAND).where(*of_command))}
    if not known:
        return []
    within = reach.spans.subquery()
    query = select(*_TARGET).where(
        home_target.c.command_id.in_(sorted(known)),
        home_target.c.usage_point_id.in_(select(within.c.usage_point_id)),
        of_target,
    )
    wanted = set(usage_point_ids)
    if len(wanted) <= CHUNK:
        query = query.where(home_target.c.usage_point_id.in_(sorted(wanted)))
    rows = (Target(*row) for row in conn.execute(query))
    return [(target, known[target.command_id]) for target in rows if target.usage_point_id in wanted]


# ---------------------------------------------------------------- for the worker


def orphaned(conn: Conn, now_s: int, limit: int) -> list[Target]:
    """What is open of third parties whose grant of device services at that usage point is over, for the worker."""
    provider = literal("third_party/") + cast(authorization.c.third_party_id, String)
    granted = (
        select(device_agreement.c.usage_point_id)
        .join(authorization, authorization.c.id == device_agreement.c.authorization_id)
        .where(
            device_agreement.c.usage_point_id == home_target.c.usage_point_id,
            device_agreement.c.services,
            provider == home_command.c.provider,
            lives(now_s),
        )
    )
    query = (
        select(*_TARGET)
        .join(home_command, home_command.c.id == home_target.c.command_id)
        .where(home_target.c.closed_s.is_(None), home_target.c.cancel_s.is_(None))
        .where(home_command.c.provider.like("third_party/%"), ~granted.exists())
    )
    return [Target(*row) for row in conn.execute(query.limit(limit))]


def pending(conn: Conn, utility_ids: Sequence[int], limit: int) -> list[Pending]:
    """What head ends of utilities are to be given next, in the order of the commands."""
    own = home_target.c.device_number == home_device.c.number
    query = (
        select(*_TARGET, usage_point.c.esiid, home_device.c.eui64)
        .join(home_device, and_(own, home_target.c.usage_point_id == home_device.c.usage_point_id))
        .join(usage_point, usage_point.c.id == home_target.c.usage_point_id)
        .where(home_target.c.utility_id.in_(utility_ids), home_target.c.pending != NOTHING)
        .order_by(home_target.c.command_id, home_target.c.usage_point_id)
        .limit(limit)
    )
    return [Pending(Target(*row[:-2]), row[-2], row[-1]) for row in conn.execute(query)]


def commands_by_id(conn: Conn, ids: Iterable[int]) -> dict[int, Command]:
    """The commands of ids, for the worker that sends them and takes in what is reported."""
    found: dict[int, Command] = {}
    for some in _chunks(sorted(set(ids))):
        for row in conn.execute(select(*_COMMAND).where(home_command.c.id.in_(some))):
            found[row.id] = Command(*row)
    return found


def open_targets(conn: Conn, usage_point_ids: Iterable[int]) -> dict[tuple[int, int, int], Target]:
    """What is not over at usage points, by its key, for the worker that takes in what is reported."""
    found: dict[tuple[int, int, int], Target] = {}
    for some in _chunks(sorted(set(usage_point_ids))):
        query = select(*_TARGET).where(home_target.c.usage_point_id.in_(some), home_target.c.closed_s.is_(None))
        for row in conn.execute(query):
            one = Target(*row)
            found[one.key] = one
    return found


def overdue(conn: Conn, now_s: int, limit: int) -> list[Target]:
    """What should be over by now and is not, for the worker that ends it."""
    query = select(*_TARGET).where(home_target.c.deadline_s <= now_s, home_target.c.closed_s.is_(None))
    return [Target(*row) for row in conn.execute(query.order_by(home_target.c.deadline_s).limit(limit))]


def put_targets(conn: Conn, changed: Sequence[Target]) -> None:
    """Write what became of targets that are still open; one that is over stays as it is."""
    if not changed:
        return
    mark = "?" if conn.dialect.paramstyle == "qmark" else "%s"
    sets = ", ".join(f"{name} = {mark}" for name in _CHANGES)
    own = " AND ".join(f"{name} = {mark}" for name in _KEY)
    statement = f"UPDATE home_target SET {sets} WHERE {own} AND closed_s IS NULL"  # noqa: S608 - no input in it
    conn.exec_driver_sql(statement, [(*map(each.__getattribute__, _CHANGES), *each.key) for each in changed])


def set_cancelled(conn: Conn, command_id: int, now_s: int) -> None:
    """Note that a command is cancelled, by whoever sent it."""
    own = home_command.c.id == command_id, home_command.c.cancelled_s.is_(None)
    conn.execute(update(home_command).where(*own).values(cancelled_s=now_s))


def add_reports(conn: Conn, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what was reported; what is there stays as it is."""
    if rows:
        mark = "?" if conn.dialect.paramstyle == "qmark" else "%s"
        marks = ", ".join([mark] * len(_REPORT))
        statement = f"INSERT INTO home_report ({', '.join(_REPORT)}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - no input in it
        conn.exec_driver_sql(statement, [tuple(row[name] for name in _REPORT) for row in rows])


def seen(conn: Conn, network: str) -> int:
    """Up to which report a network's stream is taken in."""
    return int(conn.scalar(select(home_network.c.seen).where(home_network.c.name == network)) or 0)


def put_seen(conn: Conn, network: str, number: int) -> None:
    """Note that a network's stream is taken in up to a report."""
    own = update(home_network).where(home_network.c.name == network)
    if not conn.execute(own.values(seen=number)).rowcount:
        conn.execute(insert(home_network).values(name=network, seen=number))


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
