"""Market events as lists: the last that came, those without effect, and those that wait for their usage point."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from espi.store.database import Conn
from espi.store.reach import Reach
from espi.store.tables import market_event, parked_event, received_file, usage_point


class Listed(NamedTuple):
    """An event of a usage point. path_id: its number in addresses. refusal: why it has no effect; empty: it has."""

    esiid: str
    path_id: int
    event_id: str
    kind: str
    at_s: int
    sent_s: int
    taken_s: int
    refusal: str
    file_id: int


class Waiting(NamedTuple):
    """An event of an ESIID that nobody knows; text: `espi.formats.market_events.MarketEvent.text`."""

    esiid: str
    text: str
    received_s: int | None


def latest_events(
    conn: Conn, reach: Reach, limit: int, *, without_effect: bool = False, esiid: str = ""
) -> list[Listed]:
    """The events that came last, of usage points all of whose days are within reach. esiid: what it begins with."""
    table, spans = market_event, reach.spans.subquery()
    joined = table.join(spans, spans.c.usage_point_id == table.c.usage_point_id)
    joined = joined.join(usage_point, usage_point.c.id == table.c.usage_point_id)
    names = usage_point.c.esiid, usage_point.c.path_id
    own = (table.c[name] for name in ("event_id", "kind", "at_s", "sent_s", "taken_s", "refusal", "file_id"))
    query = select(*names, *own).select_from(joined).where(spans.c.from_day <= 0)
    if without_effect:
        query = query.where(table.c.refusal != "")
    if esiid:
        query = query.where(usage_point.c.esiid.startswith(esiid, autoescape=True))
    query = query.order_by(table.c.taken_s.desc(), table.c.sent_s.desc(), usage_point.c.esiid).limit(limit)
    return [Listed(*row) for row in conn.execute(query).fetchall()]


def event_counts(conn: Conn, reach: Reach, from_s: int) -> dict[str, int]:
    """How many events of each kind came since an instant."""
    table, spans = market_event, reach.spans.subquery()
    joined = table.join(spans, spans.c.usage_point_id == table.c.usage_point_id)
    query = select(table.c.kind, func.count()).select_from(joined)
    query = query.where(spans.c.from_day <= 0, table.c.taken_s >= from_s).group_by(table.c.kind)
    return {str(kind): int(number) for kind, number in conn.execute(query.order_by(table.c.kind)).fetchall()}


def waiting_events(conn: Conn, utility_id: int, limit: int) -> list[Waiting]:
    """The events of a utility's files that wait for their usage point, by ESIID."""
    table = parked_event
    joined = table.outerjoin(received_file, received_file.c.id == table.c.file_id)
    query = select(table.c.esiid, table.c.text, received_file.c.received_s).select_from(joined)
    query = query.where(table.c.utility_id == utility_id).order_by(table.c.esiid, table.c.digest).limit(limit)
    return [Waiting(*row) for row in conn.execute(query).fetchall()]
