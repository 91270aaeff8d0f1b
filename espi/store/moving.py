"""Consents as they move from one platform to another: rows of JSON, with the numbers that third parties know.

What goes along: third parties, their clients with hashed secrets, authorizations with hashed tokens and receipts,
invitations, and the public keys of receipts. Usage points are named by DUNS number and ESIID, for the other platform
has its own; the customer is whoever lived there when the grant began. Readings never go along.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Table, insert, select

from espi.clock import zone
from espi.errors import Conflict
from espi.store import tables
from espi.store.database import Conn, inserted_id
from espi.store.receipts import KEY_NAME

Row = dict[str, Any]

_OWN = {"id", "party_id", "third_party_id", "customer_id", "authorization_id", "client_id"}
"""Columns that number rows of this database alone."""


def consents(conn: Conn) -> Iterator[Row]:
    """Everything that goes along, in the order in which it can be taken in."""
    yield from _keys(conn)
    for third_party in _rows(conn, tables.third_party):
        yield _third_party(conn, third_party)
    for authorization in _rows(conn, tables.authorization, tables.authorization.c.third_party_id != 0):
        yield _authorization(conn, authorization)
    for invitation in _rows(conn, tables.invitation):
        yield _invitation(conn, invitation)


def put_consent_key(conn: Conn, row: Row) -> bool:
    """Take in a public key of receipts; False if it is there."""
    table = tables.deployment
    name = KEY_NAME + str(row["key"]["kid"])
    if conn.scalar(select(table.c.name).where(table.c.name == name)):
        return False
    conn.execute(insert(table).values(name=name, value=json.dumps(row["key"], sort_keys=True)))
    return True


def put_third_party(conn: Conn, row: Row) -> bool:
    """Take in a third party with its clients; False if it is there. `Conflict` if its name or a client is another's."""
    table = tables.third_party
    known = _id(conn, table, table.c.uuid == row["uuid"])
    if known is None and _id(conn, table, table.c.name == row["name"]) is not None:
        raise Conflict(f"There is another third party {row['name']!r} here.")
    key = known or inserted_id(conn, insert(table).values(**_columns(table, row)))
    for client in row["clients"]:
        _put_client(conn, key, client)
    return known is None


def put_authorization(conn: Conn, row: Row) -> str:
    """Take in an authorization with its tokens and receipts: "added", "there" or "unknown".

    Unknown is one whose usage points this platform does not have, or where nobody lived when it began.
    """
    table = tables.authorization
    if _id(conn, table, table.c.path_id == row["path_id"]) is not None:
        return "there"
    points = [(_point(conn, point), point) for point in row["usage_points"]]
    customers = {_customer(conn, point_id, row["starts_s"]) for point_id, _ in points}
    if row["kind"] == "customer" and (len(customers) != 1 or None in customers):
        return "unknown"
    values = {
        **_columns(table, row),
        "third_party_id": _id(conn, tables.third_party, tables.third_party.c.uuid == row["third_party"]),
        "customer_id": customers.pop() if customers else 0,
        "client_id": _client_id(conn, row["client"]),
        "usage_point_ids": [point_id for point_id, _ in points],
    }
    key = inserted_id(conn, insert(table).values(**values))
    for point_id, point in points:
        span = {"from_day": point["from_day"], "until_day": point["until_day"]}
        covers = insert(tables.authorization_usage_point)
        conn.execute(covers.values(authorization_id=key, usage_point_id=point_id, **span))
    for token in row["tokens"]:
        own = {"authorization_id": key, "client_id": _client_id(conn, token["client"])}
        conn.execute(insert(tables.token).values(**_columns(tables.token, token), **own))
    for receipt in row["receipts"]:
        conn.execute(insert(tables.receipt).values(**_columns(tables.receipt, receipt), authorization_id=key))
    return "added"


def put_invitation(conn: Conn, row: Row) -> str:
    """Take in an invitation: "added", "there", or "unknown" as of authorizations."""
    table = tables.invitation
    if _id(conn, table, table.c.number == row["number"]) is not None:
        return "there"
    points = [_point(conn, premise) for premise in row["premises"]]
    customers = {_customer(conn, point_id, row["created_s"]) for point_id in points}
    if len(customers) != 1 or None in customers:
        return "unknown"
    premises = [
        {**_without(premise, {"duns"}), "usage_point_id": point_id}
        for point_id, premise in zip(points, row["premises"], strict=True)
    ]
    authorization = tables.authorization
    made = row["authorization"] and _id(conn, authorization, authorization.c.path_id == row["authorization"])
    values = {
        **_columns(table, row),
        "premises": premises,
        "third_party_id": _id(conn, tables.third_party, tables.third_party.c.uuid == row["third_party"]),
        "customer_id": customers.pop(),
        "authorization_id": made,
    }
    conn.execute(insert(table).values(**values))
    return "added"


def _keys(conn: Conn) -> Iterator[Row]:
    table = tables.deployment
    for value in conn.scalars(select(table.c.value).where(table.c.name.startswith(KEY_NAME)).order_by(table.c.name)):
        yield {"row": "consent_key", "key": json.loads(value)}


def _third_party(conn: Conn, row: Mapping[str, Any]) -> Row:
    own = select(tables.client).filter_by(role="third_party", party_id=row["id"]).order_by(tables.client.c.id)
    clients = []
    for client in map(dict, conn.execute(own).mappings().all()):
        secrets = _rows(conn, tables.client_secret, tables.client_secret.c.client_id == client["id"])
        clients.append(
            {
                **_without(client, _OWN - {"client_id"}),
                "secrets": [_without(secret, _OWN) for secret in secrets],
            }
        )
    return {"row": "third_party", **_without(row, _OWN), "clients": clients}


def _authorization(conn: Conn, row: Mapping[str, Any]) -> Row:
    key = row["id"]
    covers, point, utility = tables.authorization_usage_point, tables.usage_point, tables.utility
    joined = covers.join(point, point.c.id == covers.c.usage_point_id).join(utility, utility.c.id == point.c.utility_id)
    spans = select(utility.c.duns, point.c.esiid, covers.c.from_day, covers.c.until_day).select_from(joined)
    spans = spans.where(covers.c.authorization_id == key).order_by(point.c.esiid)
    tokens = _rows(conn, tables.token, tables.token.c.authorization_id == key)
    receipts = _rows(conn, tables.receipt, tables.receipt.c.authorization_id == key)
    return {
        "row": "authorization",
        **_without(row, _OWN | {"usage_point_ids"}),
        "third_party": _uuid(conn, row["third_party_id"]),
        "client": _client_name(conn, row["client_id"]),
        "usage_points": [dict(span) for span in conn.execute(spans).mappings()],
        "tokens": [{**_without(token, _OWN), "client": _client_name(conn, token["client_id"])} for token in tokens],
        "receipts": [_without(receipt, _OWN) for receipt in receipts],
    }


def _invitation(conn: Conn, row: Mapping[str, Any]) -> Row:
    authorization, point, utility = tables.authorization, tables.usage_point, tables.utility
    made = select(authorization.c.path_id).where(authorization.c.id == row["authorization_id"])
    joined = point.join(utility, utility.c.id == point.c.utility_id)
    duns = {
        premise["usage_point_id"]: conn.scalar(
            select(utility.c.duns).select_from(joined).where(point.c.id == premise["usage_point_id"])
        )
        for premise in row["premises"]
    }
    premises = [
        {**_without(premise, {"usage_point_id"}), "duns": duns[premise["usage_point_id"]]}
        for premise in row["premises"]
    ]
    return {
        "row": "invitation",
        **_without(row, _OWN),
        "premises": premises,
        "third_party": _uuid(conn, row["third_party_id"]),
        "authorization": conn.scalar(made),
    }


def _put_client(conn: Conn, third_party_id: int, row: Mapping[str, Any]) -> None:
    table = tables.client
    known = conn.execute(select(table.c.role, table.c.party_id).where(table.c.client_id == row["client_id"])).first()
    if known is not None:
        if tuple(known) != ("third_party", third_party_id):
            raise Conflict(f"There is a client {row['client_id']!r} of somebody else here.")
        return
    values = {**_columns(table, row), "client_id": row["client_id"], "party_id": third_party_id}
    key = inserted_id(conn, insert(table).values(**values))
    for secret in row["secrets"]:
        conn.execute(insert(tables.client_secret).values(**_columns(tables.client_secret, secret), client_id=key))


def _point(conn: Conn, named: Mapping[str, Any]) -> int | None:
    point, utility = tables.usage_point, tables.utility
    joined = point.join(utility, utility.c.id == point.c.utility_id)
    query = select(point.c.id).select_from(joined)
    return conn.scalar(query.where(utility.c.duns == named["duns"], point.c.esiid == named["esiid"]))


def _customer(conn: Conn, usage_point_id: int | None, at_s: int) -> int | None:
    """Who lived at a usage point at an instant."""
    point, utility, tenancy = tables.usage_point, tables.utility, tables.tenancy
    joined = point.join(utility, utility.c.id == point.c.utility_id)
    zone_name = conn.scalar(select(utility.c.zone).select_from(joined).where(point.c.id == usage_point_id))
    if zone_name is None:
        return None
    day = zone(zone_name).day_of(at_s)
    lived = tenancy.c.usage_point_id == usage_point_id, tenancy.c.from_day <= day, tenancy.c.until_day > day
    return conn.scalar(select(tenancy.c.customer_id).where(*lived))


def _client_name(conn: Conn, key: int) -> str:
    return conn.scalar(select(tables.client.c.client_id).where(tables.client.c.id == key)) or ""


def _client_id(conn: Conn, name: str) -> int:
    return _id(conn, tables.client, tables.client.c.client_id == name) or 0


def _uuid(conn: Conn, third_party_id: int) -> str:
    table = tables.third_party
    return str(conn.scalar(select(table.c.uuid).where(table.c.id == third_party_id)))


def _id(conn: Conn, table: Table, condition: Any) -> int | None:
    found: int | None = conn.scalar(select(table.c.id).where(condition))
    return found


def _rows(conn: Conn, table: Table, condition: Any = None) -> list[Mapping[str, Any]]:
    query = select(table) if condition is None else select(table).where(condition)
    return [dict(row) for row in conn.execute(query.order_by(*table.primary_key.columns)).mappings()]


def _columns(table: Table, row: Mapping[str, Any]) -> Row:
    """What of a row belongs into a table, without the columns that number rows of one database alone."""
    return {name: value for name, value in row.items() if name in table.columns and name not in _OWN}


def _without(row: Mapping[str, Any], names: set[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}
