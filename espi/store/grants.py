"""What customers let third parties see: authorizations, and the relation that comes of them.

The applications themselves are in `espi.store.third_parties` and are offered here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, select, update

from espi.clock import DAY_S, FOREVER, zone
from espi.errors import BadInput, NotFound
from espi.store.database import Conn, inserted_id
from espi.store.identity import path_id_for, uuid_for
from espi.store.reach import Reach, SpanQuery, Spans
from espi.store.tables import authorization as table
from espi.store.tables import authorization_usage_point, tenancy, usage_point, utility
from espi.store.tables import client as client_table
from espi.store.tables import third_party as third_party_table
from espi.store.third_parties import (
    ON_HOLD,
    PRODUCTION,
    REVIEW,
    WITHDRAWN,
    ThirdParty,
    add_third_party,
    change_third_party,
    set_third_party_status,
    third_parties,
    third_party,
    third_party_by_name,
    third_party_by_path_id,
)

if TYPE_CHECKING:
    from espi.store.clients import Client

__all__ = [
    "ACTIVE",
    "CUSTOMER",
    "DENIED",
    "ON_HOLD",
    "PRODUCTION",
    "REVIEW",
    "REVOKED",
    "WITHDRAWN",
    "Authorization",
    "ThirdParty",
    "add_authorization",
    "add_client_authorization",
    "add_third_party",
    "authorization",
    "authorization_by_path_id",
    "authorization_by_person",
    "authorization_by_subscription",
    "authorizations",
    "authorizations_of",
    "change_third_party",
    "client_authorization",
    "ending",
    "forget_usage_point",
    "left",
    "of_third_party",
    "running_of_customer",
    "set_authorization_end",
    "set_authorization_status",
    "set_terms",
    "set_third_party_status",
    "set_token_end",
    "set_until_day",
    "third_parties",
    "third_party",
    "third_party_by_name",
    "third_party_by_path_id",
]

REVOKED, ACTIVE, DENIED = 0, 1, 2
"""ESPI AuthorizationStatus."""

CUSTOMER = "customer"
"""The kind of an authorization that a customer gave; the others are a client's own."""

NOBODY = 0
"""Instead of the id of a customer or third party, where an authorization is of neither."""


@dataclass(frozen=True)
class Authorization:
    """A customer's grant to a third party, or (kind not "customer") what a client may do by itself.

    It counts while its status is active, from starts_s and before ends_s. personal_path_id: the `RetailCustomer` that
    it opens, None where the customer himself is not in it. client_id: the row of the client that got it, 0 for none.
    bulk_id: the bulk feed that it is part of. terms: what the customer was told. token_ends_s: when the last access
    token ends. ended_by: who ended it. usage_point_ids: all that it ever covered, known without asking where they
    lie. usage_points: the local days that it covers, by usage point id.
    """

    id: int
    path_id: int
    subscription_path_id: int
    uuid: str
    kind: str
    third_party_id: int
    client_id: int
    customer_id: int
    personal_path_id: int | None
    status: int
    scope: str
    bulk_id: str
    terms: Mapping[str, Any]
    starts_s: int
    ends_s: int
    token_ends_s: int
    ended_by: str
    usage_point_ids: Sequence[int]
    published_s: int
    updated_s: int
    usage_points: Mapping[int, Spans]


def add_authorization(
    conn: Conn,
    third_party_id: int,
    customer_id: int,
    usage_points: Iterable[tuple[int, int, int]],
    *,
    scope: str,
    starts_s: int,
    ends_s: int,
    now_s: int,
    status: int = ACTIVE,
    client_id: int = 0,
    personal: bool = False,
    bulk_id: str = "",
    terms: Mapping[str, Any] | None = None,
) -> int:
    """Note a grant of (usage point id, from day, until day) and return its id."""
    if starts_s >= ends_s:
        raise BadInput("A grant ends after it begins.")
    covered = list(usage_points)
    name = f"authorization/{third_party_id}/{customer_id}/{starts_s}/{now_s}/{_next(conn)}"
    values = {
        "path_id": path_id_for(conn, name),
        "subscription_path_id": path_id_for(conn, f"subscription/{name}"),
        "uuid": uuid_for(conn, name),
        "kind": CUSTOMER,
        "third_party_id": third_party_id,
        "client_id": client_id,
        "customer_id": customer_id,
        "personal_path_id": path_id_for(conn, f"person/{name}") if personal else None,
        "status": status,
        "scope": scope,
        "bulk_id": bulk_id,
        "terms": dict(terms or {}),
        "starts_s": starts_s,
        "ends_s": ends_s,
        "usage_point_ids": [point for point, _, _ in covered],
        "published_s": now_s,
        "updated_s": now_s,
    }
    key = inserted_id(conn, insert(table).values(values))
    rows = [
        {"authorization_id": key, "usage_point_id": point, "from_day": from_day, "until_day": until_day}
        for point, from_day, until_day in covered
    ]
    if rows:
        conn.execute(insert(authorization_usage_point), rows)
    return key


def add_client_authorization(
    conn: Conn, client: Client, kind: str, scope: str, now_s: int, *, ends_s: int = FOREVER * DAY_S
) -> int:
    """Note what a client may do by itself with a kind of token ("client", "registration"...), and return its id.

    There is one for each client and kind; if it is there already, that one's id is returned.
    """
    known = client_authorization(conn, client.id, kind)
    if known is None:
        # Many may ask at once; on PostgreSQL the others wait here for the one that makes it.
        conn.execute(select(client_table.c.id).where(client_table.c.id == client.id).with_for_update())
        known = client_authorization(conn, client.id, kind)
    if known is not None:
        return known.id
    name = f"authorization/client/{client.client_id}/{kind}"
    values = {
        "path_id": path_id_for(conn, name),
        "subscription_path_id": path_id_for(conn, f"subscription/{name}"),
        "uuid": uuid_for(conn, name),
        "kind": kind,
        "third_party_id": {"third_party": client.party_id}.get(client.role, NOBODY),
        "client_id": client.id,
        "customer_id": NOBODY,
        "status": ACTIVE,
        "scope": scope,
        "starts_s": now_s,
        "ends_s": ends_s,
        "published_s": now_s,
        "updated_s": now_s,
    }
    return inserted_id(conn, insert(table).values(values))


def set_authorization_status(
    conn: Conn, authorization_id: int, status: int, *, now_s: int, ended_by: str | None = None
) -> None:
    """Activate, deny or revoke a grant. ended_by: who did, where it ends; empty where it lives again."""
    changes = {"status": status, "updated_s": now_s} | ({} if ended_by is None else {"ended_by": ended_by})
    _change(conn, authorization_id, changes)


def set_authorization_end(
    conn: Conn, authorization_id: int, ends_s: int, *, now_s: int, terms: Mapping[str, Any] | None = None
) -> None:
    """Let a grant end at another instant. terms: what the customer was told then."""
    changes = {"ends_s": ends_s, "updated_s": now_s} | ({} if terms is None else {"terms": dict(terms)})
    _change(conn, authorization_id, changes)


def set_terms(conn: Conn, authorization_id: int, terms: Mapping[str, Any]) -> None:
    """Note something beside what a customer was told; what the authorization says of itself is not changed by that."""
    _change(conn, authorization_id, {"terms": dict(terms)})


def set_until_day(conn: Conn, authorization_id: int, usage_point_id: int, until_day: int) -> None:
    """Let a grant cover a usage point until another day, not included."""
    covers = authorization_usage_point
    where = covers.c.authorization_id == authorization_id, covers.c.usage_point_id == usage_point_id
    conn.execute(update(covers).where(*where).values(until_day=until_day))


def set_token_end(conn: Conn, authorization_id: int, token_ends_s: int) -> None:
    """Note when the last access token of a grant ends; what it says of itself is not changed by that."""
    _change(conn, authorization_id, {"token_ends_s": token_ends_s})


def authorization(conn: Conn, authorization_id: int) -> Authorization:
    """The authorization of an id, or `NotFound`."""
    return _one(conn, table.c.id == authorization_id, f"no authorization {authorization_id}")


def authorization_by_path_id(conn: Conn, path_id: int) -> Authorization:
    """The authorization with this number in its address, or `NotFound`."""
    return _one(conn, table.c.path_id == path_id, f"no authorization {path_id}")


def authorization_by_subscription(conn: Conn, path_id: int) -> Authorization:
    """The authorization whose subscription has this number, or `NotFound`."""
    return _one(conn, table.c.subscription_path_id == path_id, f"no subscription {path_id}")


def authorization_by_person(conn: Conn, path_id: int) -> Authorization:
    """The authorization that opens the `RetailCustomer` of this number, or `NotFound`."""
    return _one(conn, table.c.personal_path_id == path_id, f"no retail customer {path_id}")


def authorizations_of(
    conn: Conn, third_party_id: int, *, after: int = 0, limit: int | None = None
) -> list[Authorization]:
    """What a third party has, in every state and of every kind, in order of their making; from after an id on."""
    own = and_(table.c.third_party_id == third_party_id, table.c.id > after)
    some = table.c.id.in_(select(table.c.id).where(own).order_by(table.c.id).limit(limit))
    return _found(conn, own if limit is None else some)


def client_authorization(conn: Conn, client_id: int, kind: str) -> Authorization | None:
    """What a client may do by itself with a kind of token."""
    found = _found(conn, and_(table.c.client_id == client_id, table.c.kind == kind))
    return found[0] if found else None


def ending(conn: Conn, now_s: int) -> list[Authorization]:
    """Active grants whose period is over."""
    return _found(conn, and_(table.c.kind == CUSTOMER, table.c.status == ACTIVE, table.c.ends_s <= now_s))


def running_of_customer(conn: Conn, customer_id: int) -> list[Authorization]:
    """Active grants of a customer, whatever they cover, for what must end them."""
    return _found(conn, and_(table.c.kind == CUSTOMER, table.c.status == ACTIVE, table.c.customer_id == customer_id))


def authorizations(
    conn: Conn, reach: Reach, *, third_party_id: int | None = None, customer_id: int | None = None
) -> list[Authorization]:
    """The grants of a third party or customer that cover a usage point within reach, in order of their making.

    Each is given with those usage points alone.
    """
    if (third_party_id is None) == (customer_id is None):
        raise ValueError("give a third party or a customer")
    party = table.c.third_party_id == third_party_id if customer_id is None else table.c.customer_id == customer_id
    within = reach.spans.subquery()
    return _found(conn, party, authorization_usage_point.c.usage_point_id.in_(select(within.c.usage_point_id)))


def forget_usage_point(conn: Conn, authorization_id: int, usage_point_id: int, *, now_s: int) -> None:
    """Take a usage point out of a grant, as when its customer moves out of it."""
    covers = authorization_usage_point
    where = covers.c.authorization_id == authorization_id, covers.c.usage_point_id == usage_point_id
    conn.execute(delete(covers).where(*where))
    _change(conn, authorization_id, {"updated_s": now_s})


def left(conn: Conn, now_s: int, usage_point_id: int | None = None) -> list[tuple[int, int, int]]:
    """What active grants cover though their customers have moved out: (customer, usage point, the day they left on)."""
    covers = authorization_usage_point
    lived = and_(
        tenancy.c.usage_point_id == covers.c.usage_point_id,
        tenancy.c.customer_id == table.c.customer_id,
    )
    columns = table.c.customer_id, covers.c.usage_point_id, utility.c.zone
    query = (
        select(*columns, func.max(tenancy.c.until_day).label("until_day"))
        .join(covers, covers.c.authorization_id == table.c.id)
        .join(usage_point, usage_point.c.id == covers.c.usage_point_id)
        .join(utility, utility.c.id == usage_point.c.utility_id)
        .join(tenancy, lived, isouter=True)
        .where(table.c.kind == CUSTOMER, table.c.status == ACTIVE)
        .group_by(*columns)
        .having(func.coalesce(func.max(tenancy.c.until_day), 0) <= now_s // DAY_S + 1)
    )
    if usage_point_id is not None:
        query = query.where(covers.c.usage_point_id == usage_point_id)
    return [
        (row.customer_id, row.usage_point_id, row.until_day or 0)
        for row in conn.execute(query)
        if (row.until_day or 0) <= zone(row.zone).day_of(now_s)
    ]


def of_third_party(third_party_id: int, now_s: int, *, authorization_id: int = 0, personal: bool = False) -> SpanQuery:
    """The relation "granted": the days that live grants cover and on which the granting customer lived there.

    authorization_id: of that grant alone. personal: of those alone that name the customer too. A grant lives while its
    status is active, its period runs and the application is in production.
    """
    covers = authorization_usage_point
    overlaps = and_(
        tenancy.c.usage_point_id == covers.c.usage_point_id,
        tenancy.c.customer_id == table.c.customer_id,
        tenancy.c.from_day < covers.c.until_day,
        covers.c.from_day < tenancy.c.until_day,
    )
    later = case((tenancy.c.from_day > covers.c.from_day, tenancy.c.from_day), else_=covers.c.from_day)
    sooner = case((tenancy.c.until_day < covers.c.until_day, tenancy.c.until_day), else_=covers.c.until_day)
    query = (
        select(covers.c.usage_point_id, later.label("from_day"), sooner.label("until_day"))
        .join(table, table.c.id == covers.c.authorization_id)
        .join(third_party_table, third_party_table.c.id == table.c.third_party_id)
        .join(tenancy, overlaps)
        .where(
            table.c.third_party_id == third_party_id,
            table.c.status == ACTIVE,
            table.c.starts_s <= now_s,
            table.c.ends_s > now_s,
            third_party_table.c.status == PRODUCTION,
        )
    )
    if authorization_id:
        query = query.where(table.c.id == authorization_id)
    return query.where(table.c.personal_path_id.is_not(None)) if personal else query


def _one(conn: Conn, condition: ColumnElement[bool], otherwise: str) -> Authorization:
    found = _found(conn, condition)
    if not found:
        raise NotFound(detail=otherwise)
    return found[0]


def _found(
    conn: Conn, condition: ColumnElement[bool], covering: ColumnElement[bool] | None = None
) -> list[Authorization]:
    """Authorizations and the usage points that they cover, in one query. covering: those alone that cover such."""
    covers = authorization_usage_point
    joined = table.join(covers, covers.c.authorization_id == table.c.id, isouter=covering is None)
    query = select(table, covers.c.usage_point_id, covers.c.from_day, covers.c.until_day).select_from(joined)
    query = query.where(condition if covering is None else and_(condition, covering))
    found: dict[int, tuple[Any, ...]] = {}
    points: dict[int, dict[int, Spans]] = {}
    for row in conn.execute(query.order_by(table.c.id, covers.c.usage_point_id)):
        *values, usage_point_id, from_day, until_day = row
        covered = points.setdefault(row.id, {})
        found[row.id] = (*values, covered)
        if usage_point_id is not None:
            covered[usage_point_id] = ((from_day, until_day),)
    return [Authorization(*values) for values in found.values()]


def _change(conn: Conn, authorization_id: int, changes: Mapping[str, Any]) -> None:
    if conn.execute(update(table).where(table.c.id == authorization_id).values(**changes)).rowcount == 0:
        raise NotFound(detail=f"no authorization {authorization_id}")


def _next(conn: Conn) -> int:
    last = conn.scalar(select(table.c.id).order_by(table.c.id.desc()).limit(1))
    return int(last or 0) + 1
