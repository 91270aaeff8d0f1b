"""What customers let third parties see: third parties, their authorizations, and the relation that comes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, delete, insert, select, update

from espi.errors import BadInput, Conflict, NotFound
from espi.store.database import Conn, inserted_id
from espi.store.identity import path_id_for, uuid_for
from espi.store.reach import Reach, SpanQuery, Spans
from espi.store.tables import authorization, authorization_usage_point, tenancy
from espi.store.tables import third_party as third_party_table

REVOKED, ACTIVE, DENIED = 0, 1, 2
"""ESPI AuthorizationStatus."""

CUSTOMER = "customer"
"""The kind of an authorization that a customer gave; the others are a client's own."""

REVIEW, PRODUCTION, ON_HOLD, WITHDRAWN = 1, 2, 3, 4
"""ESPI DataCustodianApplicationStatus."""


@dataclass(frozen=True)
class ThirdParty:
    """A registered application. status: DataCustodianApplicationStatus. content: its ApplicationInformation."""

    id: int
    name: str
    status: int
    path_id: int
    uuid: str
    content: Mapping[str, Any]
    published_s: int
    updated_s: int


@dataclass(frozen=True)
class Authorization:
    """A customer's grant to a third party, or (kind not "customer") what a client may do by itself.

    It counts while its status is active, from starts_s and before ends_s. personal_path_id: the `RetailCustomer` that
    it opens, None where the customer himself is not in it. client_id: the row of the client that got it, 0 for none.
    bulk_id: the bulk feed that it is part of. terms: what the customer was told. token_ends_s: when the last access
    token ends. ended_by: who ended it. usage_points: the local days that it covers, by usage point id.
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
    published_s: int
    updated_s: int
    usage_points: Mapping[int, Spans]


def add_third_party(
    conn: Conn, name: str, status: int, content: Mapping[str, Any] | None = None, *, now_s: int = 0
) -> int:
    """Register an application and return its id. `Conflict` if the name is taken."""
    if conn.execute(select(third_party_table.c.id).where(third_party_table.c.name == name)).first():
        raise Conflict(f"There is a third party {name!r} already.")
    values = {
        "name": name,
        "status": status,
        "path_id": path_id_for(conn, f"third-party/{name}"),
        "uuid": uuid_for(conn, f"third-party/{name}"),
        "content": dict(content or {}),
        "published_s": now_s,
        "updated_s": now_s,
    }
    return inserted_id(conn, insert(third_party_table).values(values))


def set_third_party_status(conn: Conn, third_party_id: int, status: int) -> None:
    """Move an application to another state; in any but production its grants do not count."""
    table = third_party_table
    if conn.execute(update(table).where(table.c.id == third_party_id).values(status=status)).rowcount == 0:
        raise NotFound(detail=f"no third party {third_party_id}")


def third_parties(conn: Conn) -> list[ThirdParty]:
    """All registered applications by name."""
    rows = conn.execute(select(third_party_table).order_by(third_party_table.c.name)).mappings()
    return [ThirdParty(**row) for row in rows]


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
        "published_s": now_s,
        "updated_s": now_s,
    }
    key = inserted_id(conn, insert(authorization).values(values))
    rows = [
        {"authorization_id": key, "usage_point_id": point, "from_day": from_day, "until_day": until_day}
        for point, from_day, until_day in usage_points
    ]
    if rows:
        conn.execute(insert(authorization_usage_point), rows)
    return key


def set_authorization_status(conn: Conn, authorization_id: int, status: int, *, now_s: int) -> None:
    """Activate, deny or revoke a grant."""
    changed = update(authorization).where(authorization.c.id == authorization_id)
    if conn.execute(changed.values(status=status, updated_s=now_s)).rowcount == 0:
        raise NotFound(detail=f"no authorization {authorization_id}")


def authorizations(
    conn: Conn, reach: Reach, *, third_party_id: int | None = None, customer_id: int | None = None
) -> list[Authorization]:
    """The grants of a third party or customer that cover a usage point within reach, in order of their making."""
    if (third_party_id is None) == (customer_id is None):
        raise ValueError("give a third party or a customer")
    party = authorization.c.third_party_id == third_party_id
    if third_party_id is None:
        party = authorization.c.customer_id == customer_id
    covers = authorization_usage_point
    within = reach.spans.subquery()
    query = (
        select(authorization, covers.c.usage_point_id, covers.c.from_day, covers.c.until_day)
        .join(covers, covers.c.authorization_id == authorization.c.id)
        .where(party, covers.c.usage_point_id.in_(select(within.c.usage_point_id)))
        .order_by(authorization.c.id, covers.c.usage_point_id)
    )
    grants: dict[int, dict[str, Any]] = {}
    points: dict[int, dict[int, Spans]] = {}
    for row in conn.execute(query).mappings():
        values = {**row}
        span = values.pop("usage_point_id"), values.pop("from_day"), values.pop("until_day")
        grants[values["id"]] = values
        points.setdefault(values["id"], {})[span[0]] = ((span[1], span[2]),)
    return [Authorization(**values, usage_points=points[key]) for key, values in grants.items()]


def forget_usage_point(conn: Conn, customer_id: int, usage_point_id: int) -> None:
    """Take a usage point out of all grants of a customer, as when he moves out."""
    own = select(authorization.c.id).where(authorization.c.customer_id == customer_id)
    covers = authorization_usage_point
    conn.execute(delete(covers).where(covers.c.usage_point_id == usage_point_id, covers.c.authorization_id.in_(own)))


def of_third_party(third_party_id: int, now_s: int, *, authorization_id: int = 0, personal: bool = False) -> SpanQuery:
    """The relation "granted": the days that live grants cover and on which the granting customer lived there.

    authorization_id: of that grant alone. personal: of those alone that name the customer too. A grant lives while its
    status is active, its period runs and the application is in production.
    """
    covers = authorization_usage_point
    overlaps = and_(
        tenancy.c.usage_point_id == covers.c.usage_point_id,
        tenancy.c.customer_id == authorization.c.customer_id,
        tenancy.c.from_day < covers.c.until_day,
        covers.c.from_day < tenancy.c.until_day,
    )
    later = case((tenancy.c.from_day > covers.c.from_day, tenancy.c.from_day), else_=covers.c.from_day)
    sooner = case((tenancy.c.until_day < covers.c.until_day, tenancy.c.until_day), else_=covers.c.until_day)
    query = (
        select(covers.c.usage_point_id, later.label("from_day"), sooner.label("until_day"))
        .join(authorization, authorization.c.id == covers.c.authorization_id)
        .join(third_party_table, third_party_table.c.id == authorization.c.third_party_id)
        .join(tenancy, overlaps)
        .where(
            authorization.c.third_party_id == third_party_id,
            authorization.c.status == ACTIVE,
            authorization.c.starts_s <= now_s,
            authorization.c.ends_s > now_s,
            third_party_table.c.status == PRODUCTION,
        )
    )
    if authorization_id:
        query = query.where(authorization.c.id == authorization_id)
    return query.where(authorization.c.personal_path_id.is_not(None)) if personal else query


def _next(conn: Conn) -> int:
    last = conn.scalar(select(authorization.c.id).order_by(authorization.c.id.desc()).limit(1))
    return int(last or 0) + 1
