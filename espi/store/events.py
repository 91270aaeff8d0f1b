"""Events that third parties are to know of, and their deliveries.

An event, what is to be posted of it and the job that does so are written in the transaction of the change. An event
names addresses, never data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, true, update

from espi.errors import NotFound
from espi.store.database import Conn, inserted_id
from espi.store.jobs import wake_job
from espi.store.tables import authorization as authorization_table
from espi.store.tables import delivery as delivery_table
from espi.store.tables import delivery_attempt
from espi.store.tables import event as table
from espi.store.third_parties import third_party
from espi.store.turns import take_turn

BATCH_LIST, WEBHOOK = "batch_list", "webhook"
ADDRESSES = {BATCH_LIST: "thirdPartyNotifyUri", WEBHOOK: "webhook_uri"}
"""Where a third party's content says to which address each format goes."""

WAITING, DELIVERED, GIVEN_UP = "waiting", "delivered", "given_up"
SEND = "delivery.send"
KINDS = (
    "authorization.granted", "authorization.changed", "authorization.ended",
    "usage.new", "usage.corrected", "bulk.ready", "batch.ready",
    "registration.changed", "invitation.accepted", "invitation.rejected", "invitation.lapsed", "ping",
)  # fmt: skip
"""Every kind of event that there is."""


@dataclass(frozen=True)
class Event:
    """What a third party is to know. resources: paths below the resource endpoint, each with one parameter at most."""

    id: int
    third_party_id: int
    authorization_id: int | None
    kind: str
    resources: tuple[str, ...]
    detail: Mapping[str, Any]
    at_s: int


@dataclass(frozen=True)
class Delivery:
    """An event to be posted, or posted. format: batch_list (the resource of that number alone) or webhook (all).

    state: waiting, delivered or given_up. due_s: when it is tried next.
    """

    id: int
    event_id: int
    number: int
    third_party_id: int
    format: str
    uri: str
    state: str
    attempts: int
    due_s: int
    delivered_s: int | None


@dataclass(frozen=True)
class Attempt:
    """One try at a delivery. status: of the answer, 0 where there was none. answer: how it began, or what failed."""

    delivery_id: int
    number: int
    at_s: int
    status: int
    milliseconds: int
    answer: str


def add_event(
    conn: Conn,
    third_party_id: int,
    kind: str,
    resources: Iterable[str],
    *,
    now_s: int,
    authorization_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Note an event, queue its deliveries to where the third party wants them, and return its id."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of event")
    named = tuple(resources)
    if any("&" in path for path in named):
        raise ValueError("an address in a notification has one parameter at most")
    take_turn(conn)
    values = {
        "third_party_id": third_party_id,
        "authorization_id": authorization_id,
        "kind": kind,
        "resources": list(named),
        "detail": dict(detail or {}),
        "at_s": now_s,
    }
    event_id = inserted_id(conn, insert(table).values(values))
    content = third_party(conn, third_party_id).content
    for format_, name in ADDRESSES.items():
        posts = len(named) if format_ == BATCH_LIST else 1
        if content.get(name) and posts:
            _queue(conn, event_id, third_party_id, format_, str(content[name]), posts, now_s)
    return event_id


def events(conn: Conn, third_party_id: int, after: int = 0, limit: int = 100) -> list[Event]:
    """The events of a third party whose ids are greater than `after`, in their order: each is seen once.

    Ids are given in the order of the commits, so none can appear below one that was seen.
    """
    query = select(table).where(table.c.third_party_id == third_party_id, table.c.id > after)
    return _events(conn, query.order_by(table.c.id).limit(limit))


def last_events(conn: Conn, third_party_id: int, limit: int = 20) -> list[Event]:
    """The newest events of a third party, the newest first."""
    query = select(table).where(table.c.third_party_id == third_party_id)
    return _events(conn, query.order_by(table.c.id.desc()).limit(limit))


def event(conn: Conn, event_id: int) -> Event:
    """The event of an id, or `NotFound`."""
    found = _events(conn, select(table).where(table.c.id == event_id))
    if not found:
        raise NotFound(detail=f"no event {event_id}")
    return found[0]


def kinds(conn: Conn, posted: Iterable[Delivery]) -> dict[int, str]:
    """What happened that deliveries tell of, by the ids of their events."""
    numbers = {one.event_id for one in posted}
    return {row.id: row.kind for row in conn.execute(select(table.c.id, table.c.kind).where(table.c.id.in_(numbers)))}


def authorization_numbers(conn: Conn, told: Iterable[Event]) -> dict[int, int]:
    """The numbers in addresses (`path_id`) of the authorizations that events are about, by their ids."""
    ids = {one.authorization_id for one in told} - {None}
    own = authorization_table.c
    return {row.id: row.path_id for row in conn.execute(select(own.id, own.path_id).where(own.id.in_(ids)))}


def delivery(conn: Conn, delivery_id: int) -> Delivery:
    """The delivery of an id, or `NotFound`."""
    found = _deliveries(conn, delivery_table.c.id == delivery_id, limit=1)
    if not found:
        raise NotFound(detail=f"no delivery {delivery_id}")
    return found[0]


def deliveries(conn: Conn, third_party_id: int | None = None, *, state: str = "", limit: int = 100) -> list[Delivery]:
    """The deliveries last queued first: of one third party or of all, in one state or in any."""
    which = true() if third_party_id is None else delivery_table.c.third_party_id == third_party_id
    return _deliveries(conn, which & (delivery_table.c.state == state if state else true()), limit=limit)


def undelivered(conn: Conn, third_party_id: int | None = None, limit: int = 100) -> list[Delivery]:
    """What failed at least once and has not arrived: given up, or still being tried. The last queued first."""
    failed = (delivery_table.c.state != DELIVERED) & (delivery_table.c.attempts > 0)
    own = true() if third_party_id is None else delivery_table.c.third_party_id == third_party_id
    return _deliveries(conn, failed & own, limit=limit)


def attempts(conn: Conn, delivery_id: int) -> list[Attempt]:
    """The tries at a delivery, in order."""
    query = select(delivery_attempt).where(delivery_attempt.c.delivery_id == delivery_id)
    return [Attempt(**row) for row in conn.execute(query.order_by(delivery_attempt.c.number)).mappings()]


def resend(conn: Conn, delivery_id: int, now_s: int) -> None:
    """Let a delivery be posted again, now and ahead of later ones."""
    again = delivery(conn, delivery_id)
    _change(conn, again.id, state=WAITING, due_s=now_s, delivered_s=None)
    _wake(conn, again.third_party_id, again.format, now_s)


def resend_since(conn: Conn, third_party_id: int, since_s: int, now_s: int) -> int:
    """Let all that was queued for a third party since an instant be posted again, in its order; how many that is."""
    told = select(table.c.id).where(table.c.third_party_id == third_party_id, table.c.at_s >= since_s)
    which = delivery_table.c.event_id.in_(told)
    forms = list(conn.scalars(select(delivery_table.c.format).where(which).distinct()))
    values = {"state": WAITING, "due_s": now_s, "delivered_s": None}
    count = conn.execute(update(delivery_table).where(which).values(**values)).rowcount
    for form in sorted(forms):
        _wake(conn, third_party_id, form, now_s)
    return count


def hurry(conn: Conn, third_party_id: int, now_s: int) -> None:
    """Let what waits for a third party be tried now, in its order, and not when its back-off ends."""
    own = delivery_table.c.third_party_id == third_party_id
    waiting = own & (delivery_table.c.state == WAITING)
    forms = list(conn.scalars(select(delivery_table.c.format).where(waiting).distinct()))
    conn.execute(update(delivery_table).where(waiting).values(due_s=now_s))
    for form in sorted(forms):
        _wake(conn, third_party_id, form, now_s)


def next_delivery(conn: Conn, third_party_id: int, format_: str) -> Delivery | None:
    """The oldest delivery of a third party that waits, whether it is due or not: later ones wait behind it."""
    own = delivery_table.c.third_party_id == third_party_id, delivery_table.c.format == format_
    query = select(delivery_table).where(*own, delivery_table.c.state == WAITING)
    row = conn.execute(query.order_by(delivery_table.c.id).limit(1)).mappings().first()
    return Delivery(**row) if row else None


def record_attempt(conn: Conn, attempt: Attempt, uri: str, state: str, due_s: int) -> None:
    """Note a try at a delivery, where it went, and what the delivery's state is now."""
    conn.execute(insert(delivery_attempt).values(**vars(attempt)))
    delivered_s = attempt.at_s if state == DELIVERED else None
    number = attempt.number
    _change(conn, attempt.delivery_id, uri=uri, state=state, due_s=due_s, attempts=number, delivered_s=delivered_s)


def drop_events(conn: Conn, before_s: int) -> int:
    """Forget events before an instant with their deliveries, unless one still waits; how many events they were."""
    waiting = select(delivery_table.c.event_id).where(delivery_table.c.state == WAITING)
    which = (table.c.at_s < before_s) & table.c.id.not_in(waiting)
    old = select(table.c.id).where(which)
    sent = select(delivery_table.c.id).where(delivery_table.c.event_id.in_(old))
    conn.execute(delete(delivery_attempt).where(delivery_attempt.c.delivery_id.in_(sent)))
    conn.execute(delete(delivery_table).where(delivery_table.c.event_id.in_(old)))
    return conn.execute(delete(table).where(which)).rowcount


def _queue(conn: Conn, event_id: int, third_party_id: int, format_: str, uri: str, posts: int, now_s: int) -> None:
    values = {
        "event_id": event_id,
        "third_party_id": third_party_id,
        "format": format_,
        "uri": uri,
        "state": WAITING,
        "due_s": now_s,
    }
    conn.execute(insert(delivery_table), [{**values, "number": number} for number in range(posts)])
    _wake(conn, third_party_id, format_, now_s)


def _wake(conn: Conn, third_party_id: int, format_: str, now_s: int) -> None:
    payload = {"third_party_id": third_party_id, "format": format_}
    wake_job(conn, SEND, f"{SEND}/{third_party_id}/{format_}", payload, now_s=now_s)


def _change(conn: Conn, delivery_id: int, **values: Any) -> None:
    conn.execute(update(delivery_table).where(delivery_table.c.id == delivery_id).values(**values))


def _events(conn: Conn, query: Any) -> list[Event]:
    rows = conn.execute(query).mappings()
    return [Event(**{**row, "resources": tuple(row["resources"])}) for row in rows]


def _deliveries(conn: Conn, which: ColumnElement[bool], *, limit: int) -> list[Delivery]:
    query = select(delivery_table).where(which).order_by(delivery_table.c.id.desc()).limit(limit)
    return [Delivery(**row) for row in conn.execute(query).mappings()]
