"""Whom customers let look at their homes beside themselves: joint holders and friends, and the relation of that.

A holding lets its guest see no more than the giver's own tenancies that run, and nothing that the giver himself sees by
somebody else's leave.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, or_, select, update

from espi.clock import DAY_S
from espi.errors import NotFound
from espi.store.database import Conn, inserted_id
from espi.store.directory import running
from espi.store.reach import SpanQuery, either
from espi.store.tables import holding as table
from espi.store.tables import tenancy

JOINT, FRIEND = KINDS = ("joint", "friend")
WAITING, ACTIVE, REFUSED, ENDED = "waiting", "active", "refused", "ended"
EVERY_HOME = 0


@dataclass(frozen=True)
class Holding:
    """That a customer lets somebody look at a home of his. home_id: the usage point, `EVERY_HOME` for all he has.

    downloads: the guest may take files along. giver, name: what the customer calls himself, and the guest. guest_id:
    the customer as whom the guest has accepted, 0 before. answer_by_s: until when it can be accepted. ended_by: giver,
    guest, move_out, closed or time.
    """

    id: int
    customer_id: int
    home_id: int
    kind: str
    downloads: bool
    giver: str
    name: str
    email: str
    language: str
    state: str
    guest_id: int
    guest_login: str
    made_s: int
    answer_by_s: int
    accepted_s: int | None
    ends_s: int
    ended_s: int | None
    ended_by: str

    @property
    def joint(self) -> bool:
        """Whether the guest may do what the giver may: take files along, share, ask the meter."""
        return self.kind == JOINT

    def lives(self, now_s: int) -> bool:
        """Whether it lets its guest look now, if the giver lives there still."""
        return self.state == ACTIVE and self.ends_s > now_s

    def waits(self, now_s: int) -> bool:
        """Whether it can still be accepted."""
        return self.state == WAITING and min(self.answer_by_s, self.ends_s) > now_s


_COLUMNS = [table.c[name] for name in Holding.__dataclass_fields__]


def add_holding(conn: Conn, values: Mapping[str, Any], link: str) -> int:
    """Note an invitation, with the fields of `Holding`, and return its id. link: the secret, which is kept nowhere."""
    row = {"guest_id": 0, "guest_login": "", "ended_by": "", **values, "state": WAITING, "link_hash": _hash(link)}
    return inserted_id(conn, insert(table).values(row))


def holding(conn: Conn, holding_id: int) -> Holding:
    """The holding of an id, or `NotFound`."""
    found = _found(conn, table.c.id == holding_id)
    if not found:
        raise NotFound(detail=f"no holding {holding_id}")
    return found[0]


def holding_by_link(conn: Conn, link: str) -> Holding | None:
    """The invitation that a mailed link opens."""
    found = _found(conn, table.c.link_hash == _hash(link))
    return found[0] if found else None


def given(conn: Conn, customer_id: int) -> list[Holding]:
    """All that a customer ever gave, the newest first."""
    return _found(conn, table.c.customer_id == customer_id)


def held(conn: Conn, guest_id: int) -> list[Holding]:
    """All that somebody ever accepted, the newest first."""
    return _found(conn, and_(table.c.guest_id == guest_id, table.c.guest_id != 0))


def looked_at(conn: Conn, guest_id: int, now_s: int) -> dict[int, Holding]:
    """The usage points that somebody may look at by another's leave, each with what lets him do most there."""
    query = select(tenancy.c.usage_point_id, *_COLUMNS).join(table, _opens(guest_id, now_s))
    rows = [(int(row[0]), Holding(*row[1:])) for row in conn.execute(query)]
    return dict(sorted(rows, key=lambda each: (each[1].joint, each[1].downloads)))


def accept(conn: Conn, holding_id: int, guest_id: int, guest_login: str, now_s: int) -> bool:
    """Let an invitation be somebody's; False if it does not wait any more. Its link opens nothing then."""
    waits = table.c.id == holding_id, table.c.state == WAITING, table.c.answer_by_s > now_s, table.c.ends_s > now_s
    values = {"state": ACTIVE, "guest_id": guest_id, "guest_login": guest_login, "accepted_s": now_s, "link_hash": None}
    return conn.execute(update(table).where(*waits).values(values)).rowcount == 1


def end(conn: Conn, holding_id: int, by: str, now_s: int, *, state: str = ENDED) -> bool:
    """End a holding, or an invitation that waits; False if it has ended already."""
    runs = table.c.id == holding_id, table.c.state.in_((WAITING, ACTIVE))
    values = {"state": state, "ended_by": by, "ended_s": now_s, "link_hash": None}
    return conn.execute(update(table).where(*runs).values(values)).rowcount == 1


def over(conn: Conn, now_s: int) -> list[Holding]:
    """Those whose time is over, though nobody has noted it yet."""
    lapsed = and_(table.c.state == WAITING, table.c.answer_by_s <= now_s)
    return _found(conn, or_(lapsed, and_(table.c.state.in_((WAITING, ACTIVE)), table.c.ends_s <= now_s)))


def running_of(conn: Conn, customer_ids: list[int]) -> list[Holding]:
    """What customers gave or accepted that runs or waits, for what must end with them."""
    either = or_(table.c.customer_id.in_(customer_ids), table.c.guest_id.in_(customer_ids))
    return _found(conn, and_(either, table.c.state.in_((WAITING, ACTIVE))))


def unfounded(conn: Conn, now_s: int) -> list[Holding]:
    """Those that run or wait though their givers have left the homes that they are about.

    A giver counts as gone up to a day late, so that no time zone need be asked for; the relation itself is exact.
    """
    there = and_(
        tenancy.c.customer_id == table.c.customer_id,
        tenancy.c.until_day >= now_s // DAY_S,
        or_(table.c.home_id == EVERY_HOME, table.c.home_id == tenancy.c.usage_point_id),
    )
    runs = table.c.state.in_((WAITING, ACTIVE))
    founded = set(conn.scalars(select(table.c.id).join(tenancy, there).where(runs).distinct()))
    return [one for one in _found(conn, runs) if one.id not in founded]


def of_guest(guest_id: int, now_s: int, *, joint: bool = False, downloads: bool = False) -> SpanQuery:
    """The relation "held": the tenancies of those who let somebody look, at the homes that they let him look at.

    joint: as a joint holder alone. downloads: where he may take files along.
    """
    columns = tenancy.c.usage_point_id, tenancy.c.from_day, tenancy.c.until_day
    query = select(*columns).join(table, _opens(guest_id, now_s))
    if joint:
        query = query.where(table.c.kind == JOINT)
    return query.where(or_(table.c.downloads, table.c.kind == JOINT)) if downloads else query


def with_held(
    conn: Conn, own: SpanQuery, guest_id: int, now_s: int, *, joint: bool = False, downloads: bool = False
) -> SpanQuery:
    """Spans of his own, and those that he may see of others as long as they live there themselves."""
    if not looked_at(conn, guest_id, now_s):
        return own
    return either(own, running(conn, of_guest(guest_id, now_s, joint=joint, downloads=downloads), now_s))


def _opens(guest_id: int, now_s: int) -> ColumnElement[bool]:
    return and_(
        table.c.customer_id == tenancy.c.customer_id,
        or_(table.c.home_id == EVERY_HOME, table.c.home_id == tenancy.c.usage_point_id),
        table.c.guest_id == guest_id,
        table.c.guest_id != 0,
        table.c.state == ACTIVE,
        table.c.ends_s > now_s,
    )


def _found(conn: Conn, condition: ColumnElement[bool]) -> list[Holding]:
    rows = conn.execute(select(*_COLUMNS).where(condition).order_by(table.c.id.desc()))
    return [Holding(*row) for row in rows]


def _hash(link: str) -> str:
    return hashlib.sha256(link.encode()).hexdigest()
