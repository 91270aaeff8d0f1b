"""Utilities, and the points of delivery they serve: look-ups, and the usage points within a caller's reach.

What hangs at a usage point is written in `espi.store.channels` and `espi.store.parties` and is offered here too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, false, insert, literal, or_, select

from espi.clock import FOREVER, zone
from espi.errors import BadInput, Conflict, Denied, NotFound
from espi.store import audit
from espi.store.channels import (
    Channel,
    ReadingTypeRow,
    add_channel,
    add_interval_channel,
    add_interval_channels,
    channel_numbers,
    channels,
    reading_type_for_lse,
)
from espi.store.copying import copy_rows
from espi.store.database import Conn, inserted_id
from espi.store.identity import ids_for, path_id_for, uuid_for
from espi.store.parties import (
    Customer,
    MeterInstallation,
    Rep,
    Span,
    add_customer,
    add_meter,
    add_rep,
    add_tenancy,
    customer,
    install_meter,
    meters,
    move_out,
    own_tenancies,
    reps,
    reps_of_record,
    served_by_rep,
    switch_rep,
    tenancies,
)
from espi.store.reach import Reach, SpanQuery, Spans, united
from espi.store.statement import Statement
from espi.store.tables import usage_point as usage_point_table
from espi.store.tables import utility as utility_table

__all__ = [
    "Channel",
    "Customer",
    "MeterInstallation",
    "ReadingTypeRow",
    "Rep",
    "Span",
    "UsagePoint",
    "Utility",
    "add_channel",
    "add_customer",
    "add_interval_channel",
    "add_interval_channels",
    "add_meter",
    "add_rep",
    "add_tenancy",
    "add_usage_point",
    "add_usage_points",
    "add_utility",
    "channel_numbers",
    "channels",
    "customer",
    "install_meter",
    "meters",
    "move_out",
    "of_utility",
    "own_tenancies",
    "reading_type_for_lse",
    "reps",
    "reps_of_record",
    "running",
    "served_by_rep",
    "switch_rep",
    "tenancies",
    "until_lately",
    "usage_point",
    "usage_point_id_by_uuid",
    "usage_point_ids",
    "usage_point_index",
    "usage_points",
    "utilities",
    "utility",
    "utility_by_duns",
    "utility_by_name",
]

CHUNK = 500


@dataclass(frozen=True)
class Utility:
    """A TDSP, gas or water company. zone: its IANA time zone. dialect: how its files differ from the plain form."""

    id: int
    name: str
    duns: str
    zone: str
    service_kind: int
    esiid_lengths: str
    dialect: Mapping[str, Any]
    local_time_uuid: str
    local_time_path_id: int


@dataclass(frozen=True)
class UsagePoint:
    """A point of delivery, and the local days of it that the caller may see (`spans`, ends not included).

    content: its further ESPI elements. published_s, updated_s: epoch seconds.
    """

    id: int
    utility_id: int
    utility: Utility
    esiid: str
    uuid: str
    path_id: int
    title: str
    service_kind: int
    content: Mapping[str, Any]
    published_s: int
    updated_s: int
    spans: Spans = ()


def add_utility(
    conn: Conn,
    name: str,
    duns: str,
    zone_name: str,
    service_kind: int = 0,
    dialect: Mapping[str, Any] | None = None,
    *,
    esiid_lengths: str = "17,22",
) -> int:
    """Add a utility and return its id. `BadInput` for an unknown zone, `Conflict` for a name or DUNS already there."""
    zone(zone_name)
    if not duns.isdigit() or len(duns) not in (9, 13):
        raise BadInput(f"{duns!r} is no DUNS number: it has 9 or 13 digits.")
    if utility_by_duns(conn, duns) or utility_by_name(conn, name):
        raise Conflict(f"There is a utility {name!r} or one with the DUNS number {duns} already.")
    values = {
        "name": name,
        "duns": duns,
        "zone": zone_name,
        "service_kind": service_kind,
        "esiid_lengths": esiid_lengths,
        "dialect": dict(dialect or {}),
        "local_time_uuid": uuid_for(conn, f"local-time/{duns}"),
        "local_time_path_id": path_id_for(conn, f"local-time/{duns}"),
    }
    return inserted_id(conn, insert(utility_table).values(values))


def utilities(conn: Conn) -> list[Utility]:
    """All utilities by name."""
    rows = conn.execute(select(utility_table).order_by(utility_table.c.name)).mappings()
    return [Utility(**row) for row in rows]


def utility(conn: Conn, utility_id: int) -> Utility:
    """The utility of an id, or `NotFound`."""
    row = conn.execute(select(utility_table).where(utility_table.c.id == utility_id)).mappings().first()
    if row is None:
        raise NotFound(detail=f"no utility {utility_id}")
    return Utility(**row)


def utility_by_duns(conn: Conn, duns: str) -> Utility | None:
    """The utility of a DUNS number."""
    row = conn.execute(select(utility_table).where(utility_table.c.duns == duns)).mappings().first()
    return Utility(**row) if row else None


def utility_by_name(conn: Conn, name: str) -> Utility | None:
    """The utility of a name."""
    row = conn.execute(select(utility_table).where(utility_table.c.name == name)).mappings().first()
    return Utility(**row) if row else None


def add_usage_point(
    conn: Conn,
    utility_id: int,
    esiid: str,
    *,
    now_s: int,
    title: str = "",
    service_kind: int = 0,
    content: Mapping[str, Any] | None = None,
) -> int:
    """Add a usage point and return its id. `Conflict` if the utility has it already."""
    if usage_point_ids(conn, utility_id, [esiid]):
        raise Conflict(f"There is a usage point {esiid} already.")
    add_usage_points(conn, utility_id, [esiid], now_s=now_s, title=title, service_kind=service_kind, content=content)
    return usage_point_ids(conn, utility_id, [esiid])[esiid]


def add_usage_points(
    conn: Conn,
    utility_id: int,
    esiids: Sequence[str],
    *,
    now_s: int,
    title: str = "",
    service_kind: int = 0,
    content: Mapping[str, Any] | None = None,
) -> None:
    """Add many usage points that differ by their ESIID only; a title that is empty becomes the ESIID."""
    if not esiids:
        return
    duns, content = utility(conn, utility_id).duns, dict(content or {})
    names = ["utility_id", "esiid", "uuid", "path_id", "title", "service_kind", "content", "published_s", "updated_s"]
    ids = ids_for(conn, (f"usage-point/{duns}/{esiid}" for esiid in esiids))
    rows = (
        (utility_id, esiid, uuid, path_id, title or esiid, service_kind, content, now_s, now_s)
        for esiid, (uuid, path_id) in zip(esiids, ids, strict=True)
    )
    copy_rows(conn, usage_point_table, rows, names)


def usage_point_ids(conn: Conn, utility_id: int, esiids: Sequence[str]) -> dict[str, int]:
    """The ids of a utility's usage points by ESIID, for intake; unknown ones are missing from the answer."""
    found: dict[str, int] = {}
    table = usage_point_table
    for start in range(0, len(esiids), CHUNK):
        some = list(esiids[start : start + CHUNK])
        query = select(table.c.esiid, table.c.id).where(table.c.utility_id == utility_id, table.c.esiid.in_(some))
        found.update(map(tuple, conn.execute(query).fetchall()))
    return found


def usage_point_id_by_uuid(conn: Conn, utility_id: int, uuid: str) -> int | None:
    """The id of a utility's usage point by the UUID of its entry, for intake."""
    table = usage_point_table
    return conn.scalar(select(table.c.id).where(table.c.utility_id == utility_id, table.c.uuid == uuid))


def usage_point_index(conn: Conn, utility_id: int) -> Iterator[tuple[str, int]]:
    """Every (ESIID, id) of a utility in order of ESIID, for an intake that looks up by bisection."""
    table = usage_point_table
    query = select(table.c.esiid, table.c.id).where(table.c.utility_id == utility_id).order_by(table.c.esiid)
    for row in conn.execute(query.execution_options(yield_per=10_000)):
        yield row.esiid, row.id


def usage_points(conn: Conn, reach: Reach) -> list[UsagePoint]:
    """The usage points within reach by title, each with its days."""
    within = reach.known(conn)
    if within is None:
        return _usage_points(conn, reach, _within(reach))
    found = [point for key in within for point in _known_points(conn, within, "id", key)]
    return sorted(found, key=lambda point: (point.title, point.esiid))


def usage_point(conn: Conn, reach: Reach, *, path_id: int | None = None, esiid: str | None = None) -> UsagePoint:
    """The usage point of that path id or ESIID. One out of reach and one that does not exist are refused alike.

    Raises `NotFound` or `Denied`, as the rule of the reach says.
    """
    if (path_id is None) == (esiid is None):
        raise ValueError("give a path id or an ESIID")
    within = reach.known(conn)
    if within is not None and path_id is not None:
        found = _known_points(conn, within, "path_id", path_id)
    else:
        table = usage_point_table
        asked = table.c.path_id == path_id if esiid is None else table.c.esiid == esiid
        found = _usage_points(conn, reach, _within(reach).where(asked))
    if len(found) == 1:
        return found[0]
    target = f"usage point {path_id or esiid}"
    audit.record(
        conn, at_s=reach.at_s, actor=reach.actor, action="look up", target=target, rule=reach.rule, allowed=False
    )
    detail = f"{target}: {len(found)} within {reach.rule}"
    raise NotFound(detail=detail) if reach.refusal == NotFound.status else Denied(detail=detail, status=reach.refusal)


def of_utility(utility_id: int) -> SpanQuery:
    """The relation "points of a utility": all its usage points on all days."""
    table = usage_point_table
    days = literal(0).label("from_day"), literal(FOREVER).label("until_day")
    return select(table.c.id.label("usage_point_id"), *days).where(table.c.utility_id == utility_id)


def running(conn: Conn, spans: SpanQuery, now_s: int) -> SpanQuery:
    """Those spans that hold the present local day of their usage point."""
    return _by_today(
        conn, spans, now_s, lambda columns, today: and_(columns.from_day <= today, columns.until_day > today)
    )


def until_lately(conn: Conn, spans: SpanQuery, now_s: int, days: int) -> SpanQuery:
    """Those spans that have not ended, or fewer than so many local days ago."""
    return _by_today(conn, spans, now_s, lambda columns, today: columns.until_day > today - days)


def _by_today(
    conn: Conn, spans: SpanQuery, now_s: int, condition: Callable[[Any, int], ColumnElement[bool]]
) -> SpanQuery:
    """Spans chosen by the local day that it is now at their usage point."""
    inner = spans.subquery()
    of_its_utility = [
        and_(usage_point_table.c.utility_id == each.id, condition(inner.c, zone(each.zone).day_of(now_s)))
        for each in utilities(conn)
    ]
    joined = inner.join(usage_point_table, usage_point_table.c.id == inner.c.usage_point_id)
    columns = inner.c.usage_point_id, inner.c.from_day, inner.c.until_day
    return select(*columns).select_from(joined).where(or_(false(), *of_its_utility))


def _within(reach: Reach) -> Select[*tuple[Any, ...]]:
    spans = reach.spans.subquery()
    joined = usage_point_table.join(spans, spans.c.usage_point_id == usage_point_table.c.id)
    return select(usage_point_table, spans.c.from_day, spans.c.until_day).select_from(joined)


_OWN = [each for each in UsagePoint.__dataclass_fields__ if each not in {"utility", "spans"}]


def _known_points(conn: Conn, within: Mapping[int, Spans], name: str, value: int) -> list[UsagePoint]:
    """The usage points of that id or path id that have spans."""
    rows = _by(name).rows(conn, wanted=value)
    found = []
    for row in rows:
        if spans := within.get(row[0], ()):
            own = dict(zip(_OWN, row, strict=False))
            if isinstance(own["content"], str):
                own["content"] = json.loads(own["content"])
            found.append(UsagePoint(**own, utility=_utility(row[len(_OWN) :]), spans=spans))
    return found


@cache
def _by(name: str) -> Statement:
    table = usage_point_table
    own = [table.c[each] for each in _OWN]
    joined = table.join(utility_table, utility_table.c.id == table.c.utility_id)
    columns = [utility_table.c[each] for each in Utility.__dataclass_fields__]
    query = select(*own, *columns).select_from(joined)
    return Statement(query.where(table.c[name] == bindparam("wanted", type_=BigInteger)))


def _utility(row: Sequence[Any]) -> Utility:
    values = dict(zip(Utility.__dataclass_fields__, row, strict=True))
    return _utility_of_text(tuple(row)) if isinstance(values["dialect"], str) else Utility(*row)


@lru_cache(maxsize=256)
def _utility_of_text(row: tuple[Any, ...]) -> Utility:
    values = dict(zip(Utility.__dataclass_fields__, row, strict=True))
    return Utility(**{**values, "dialect": json.loads(values["dialect"])})


def _usage_points(conn: Conn, reach: Reach, query: Select[*tuple[Any, ...]]) -> list[UsagePoint]:
    by_id = {utility.id: utility for utility in utilities(conn)}
    points: dict[int, UsagePoint] = {}
    spans: dict[int, list[tuple[int, int]]] = {}
    for row in conn.execute(query).mappings():
        values = {**row}
        spans.setdefault(row["id"], []).append((values.pop("from_day"), values.pop("until_day")))
        points[row["id"]] = UsagePoint(**values, utility=by_id[row["utility_id"]])
    found = [replace(point, spans=united(spans[key])) for key, point in points.items()]
    reach.meet(conn, ((point.id, point.spans) for point in found))
    return sorted((point for point in found if point.spans), key=lambda point: (point.title, point.esiid))
