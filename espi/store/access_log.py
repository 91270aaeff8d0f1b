"""Who read what with which grant, for the customer who gave it: from the record of the gate's decisions.

The gate writes as the target of its decision with whose token something was asked for (`target_of`), so that an index
finds the rows: of a grant's own tokens, and of the client's own, with which a third party reads what all share with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, or_, select

from espi.clock import zone
from espi.store.database import Conn
from espi.store.reach import Reach, Spans, spans_of
from espi.store.tables import audit as table
from espi.store.tables import authorization as granted
from espi.store.tables import authorization_usage_point
from espi.store.third_parties import own_program

if TYPE_CHECKING:
    from espi.store.directory import UsagePoint
    from espi.store.grants import Authorization
    from espi.store.holdings import Holding

IN_BULK = frozenset(
    {
        "bulk:read",
        "bulk-person:read",
        "change:read",
        "usage:read",
        "usage:download",
        "directory:read",
        "file:take",
    }
)
"""What a third party asks for by itself and gets of all who share with it."""

APPS, OWN, PEOPLE, COMPANIES, HIMSELF = KINDS = ("apps", "own", "people", "companies", "himself")
"""Who may have looked: apps that he shares with, his own programs, joint holders and friends, his REP and utility, he
himself at the pages."""

_COMPANIES = ("rep:%", "tdsp:%", "system:%")
_LAST_S = 2**62
_POINT, _BULK = "usage point ", "third-party/"


@dataclass(frozen=True)
class Wanted:
    """Which entries of a customer's log: of which of `KINDS`, between which instants; before an id, 0 for the last.

    customer_id: whose log it is.
    """

    customer_id: int
    kinds: tuple[str, ...] = KINDS
    from_s: int = 0
    until_s: int = _LAST_S
    before: int = 0


@dataclass(frozen=True)
class Entry:
    """A decision of the gate about a customer's data. kind: of `KINDS`. actor: role:party:name, as the record has it.

    rule: which of the gate's rules let him or did not. authorization_id: with which of his grants it was, 0 for none.
    usage_point: the number in the address of the meter whose page it was, 0 where the record names none. in_bulk: it
    was asked for all who share at once.
    """

    id: int
    at_s: int
    kind: str
    actor: str
    action: str
    rule: str
    allowed: bool
    times: int
    in_bulk: bool
    authorization_id: int
    usage_point: int


@dataclass(frozen=True)
class Read:
    """A call that the gate let through or refused. what: the address that was asked for. times: how often, at once.

    in_bulk: with the third party's own token, for all who share with it.
    """

    at_s: int
    action: str
    what: str
    allowed: bool
    times: int
    in_bulk: bool


def target_of(grant: int, third_party_id: int = 0) -> str:
    """What the record calls the token with which something was asked for: a grant's, or (grant 0) a third party's."""
    return f"grant/{grant}" if grant else f"{_BULK}{third_party_id}"


def target_of_point(path_id: int) -> str:
    """What the record calls a usage point whose pages somebody asked for."""
    return f"{_POINT}{path_id}"


def entries(
    conn: Conn,
    reach: Reach,
    points: Sequence[UsagePoint],
    granted: Sequence[Authorization],
    held: Sequence[Holding],
    wanted: Wanted,
    limit: int,
) -> list[Entry]:
    """A customer's access log, the newest first: what was read with his grants, and who asked for his meters' pages.

    points, granted, held: his, as he may see them; a page that was asked for when he did not live there is not in
    it. Nor is who reads all meters of a utility or REP at once: the record names no meters then.
    """
    of_points = [each for point in points for each in _of_point(point, spans_of(conn, reach, point.id))]
    asked = [each for kind in wanted.kinds for each in _of_kind(kind, of_points, granted)]
    asked += [and_(each, who) for kind in wanted.kinds for who in _people(kind, held, wanted) for each in of_points]
    if not asked:
        return []
    query = select(table).where(or_(*asked), table.c.at_s >= wanted.from_s, table.c.at_s < wanted.until_s)
    if wanted.before:
        query = query.where(table.c.id < wanted.before)
    rows = conn.execute(query.order_by(table.c.id.desc()).limit(limit))
    return [_entry(row, granted, wanted.customer_id) for row in rows]


def _of_kind(
    kind: str, of_points: Sequence[ColumnElement[bool]], granted: Sequence[Authorization]
) -> Iterator[ColumnElement[bool]]:
    """Conditions of the rows of the record that are about one kind of reader."""
    if kind == COMPANIES:
        who = or_(*(table.c.actor.like(pattern) for pattern in _COMPANIES))
        yield from (and_(each, who) for each in of_points)
    if kind not in (APPS, OWN):
        return
    mine = [one for one in granted if bool(own_program(one.terms)) == (kind == OWN)]
    if mine:
        yield table.c.target.in_([target_of(one.id) for one in mine])
    if kind == APPS:
        yield from (_in_bulk(one) for one in mine)


def _people(kind: str, held: Sequence[Holding], wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """Conditions of the rows whose actors are the customer himself, or those whom he let in, while he did."""
    if kind == HIMSELF:
        yield _is_customer(wanted.customer_id)
    if kind == PEOPLE:
        for one in held:
            if one.accepted_s is not None:
                ended_s = _LAST_S if one.ended_s is None else one.ended_s
                yield and_(_is_customer(one.guest_id), table.c.at_s >= one.accepted_s, table.c.at_s <= ended_s)


def _is_customer(customer_id: int) -> ColumnElement[bool]:
    return or_(table.c.actor == f"customer:{customer_id}", table.c.actor.like(f"customer:{customer_id}:%"))


def _of_point(point: UsagePoint, spans: Spans) -> Iterator[ColumnElement[bool]]:
    local = zone(point.utility.zone)
    for first, until in spans:
        yield and_(
            table.c.target == target_of_point(point.path_id),
            table.c.at_s >= local.day_start_s(first),
            table.c.at_s < local.day_start_s(until),
        )


def _in_bulk(one: Authorization) -> ColumnElement[bool]:
    ended_s = one.ends_s if one.status else min(one.ends_s, one.updated_s)
    return and_(
        table.c.target == target_of(0, one.third_party_id),
        table.c.action.in_(IN_BULK),
        table.c.at_s >= one.starts_s,
        table.c.at_s < ended_s,
    )


def _entry(row: Any, granted: Sequence[Authorization], customer_id: int) -> Entry:
    by_target = {target_of(one.id): one for one in granted}
    in_bulk = row.target.startswith(_BULK)
    grant = by_target.get(row.target)
    if in_bulk:
        party = int(row.target.removeprefix(_BULK))
        running = (one for one in granted if one.third_party_id == party and one.starts_s <= row.at_s)
        grant = max(running, key=lambda one: one.starts_s, default=None)
    role, _, rest = row.actor.partition(":")
    kind = COMPANIES
    if role == "customer":
        kind = HIMSELF if rest.partition(":")[0] == str(customer_id) else PEOPLE
    if grant is not None:
        kind = OWN if own_program(grant.terms) else APPS
    point = row.target.removeprefix(_POINT) if row.target.startswith(_POINT) else "0"
    return Entry(
        row.id,
        row.at_s,
        kind,
        row.actor,
        row.action,
        row.rule,
        row.allowed,
        int(row.detail.get("times", 1)),
        in_bulk,
        0 if grant is None else grant.id,
        int(point),
    )


def reads(conn: Conn, reach: Reach, authorization_id: int, limit: int = 100) -> list[Read]:
    """The last calls made with a grant that covers, or covered, a usage point within reach; the newest first."""
    if not _covered(conn, reach, authorization_id):
        return []
    columns = table.c.at_s, table.c.action, table.c.target, table.c.allowed, table.c.detail
    rows = conn.execute(select(*columns).where(_of(conn, authorization_id)).order_by(table.c.id.desc()).limit(limit))
    return [
        Read(
            row.at_s,
            row.action,
            str(row.detail.get("asked", "")),
            row.allowed,
            int(row.detail.get("times", 1)),
            in_bulk=row.target != target_of(authorization_id),
        )
        for row in rows
    ]


def last_read(conn: Conn, reach: Reach, authorization_id: int) -> int | None:
    """When something was last read with a grant within reach; None if nothing ever was."""
    if not _covered(conn, reach, authorization_id):
        return None
    used = select(table.c.at_s).where(_of(conn, authorization_id), table.c.allowed)
    found = conn.scalar(used.order_by(table.c.id.desc()).limit(1))
    return None if found is None else int(found)


def _of(conn: Conn, authorization_id: int) -> ColumnElement[bool]:
    """Which rows of the record are about a grant: its own, and those of its third party while it lived."""
    names = ("third_party_id", "status", "starts_s", "ends_s", "updated_s")
    one = conn.execute(select(*(granted.c[name] for name in names)).where(granted.c.id == authorization_id)).one()
    ended_s = one.ends_s if one.status else min(one.ends_s, one.updated_s)
    in_bulk = and_(
        table.c.target == target_of(0, one.third_party_id),
        table.c.action.in_(IN_BULK),
        table.c.at_s >= one.starts_s,
        table.c.at_s < ended_s,
    )
    return or_(table.c.target == target_of(authorization_id), in_bulk)


def _covered(conn: Conn, reach: Reach, authorization_id: int) -> bool:
    covers = authorization_usage_point
    within = reach.spans.subquery()
    query = select(covers.c.usage_point_id).where(
        covers.c.authorization_id == authorization_id, covers.c.usage_point_id.in_(select(within.c.usage_point_id))
    )
    return conn.execute(query.limit(1)).first() is not None
