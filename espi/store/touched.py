"""Which live grants a file's changes are in: whom to tell that there is something new. It gives no reading away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from espi.store.database import Conn
from espi.store.grants import ACTIVE, CUSTOMER, PRODUCTION
from espi.store.queue import ReceivedFile
from espi.store.tables import authorization, authorization_usage_point, day_block, tenancy, third_party

DAYS_A_QUERY = 16


@dataclass(frozen=True)
class Touched:
    """A live grant that a file changed something of.

    first_s: when the first of it was changed. days: of readings, of all series. corrected: how many were there before.
    """

    authorization_id: int
    third_party_id: int
    subscription_path_id: int
    bulk_id: str
    first_s: int
    days: int
    corrected: int


def touched(conn: Conn, file: ReceivedFile, now_s: int) -> list[Touched]:
    """The live grants that a file changed something of, by id: on covered days while the customer lived there."""
    found: dict[int, Touched] = {}
    days = file.days
    for start in range(0, len(days), DAYS_A_QUERY):
        _unite(found, conn, _of_days(file, days[start : start + DAYS_A_QUERY], now_s))
    for usage_point_id, from_day, until_day in file.spans:
        _unite(found, conn, _of_span(file, usage_point_id, from_day, until_day, now_s))
    return [found[key] for key in sorted(found)]


Counted = Select[int, int, int, str, int, int, int]


def _unite(found: dict[int, Touched], conn: Conn, query: Counted) -> None:
    for row in conn.execute(query):
        new = Touched(*row)
        old = found.get(new.authorization_id)
        found[new.authorization_id] = new if old is None else Touched(
            *row[:4], min(old.first_s, new.first_s), old.days + new.days, old.corrected + new.corrected
        )  # fmt: skip


_WHOM = (
    authorization.c.id,
    authorization.c.third_party_id,
    authorization.c.subscription_path_id,
    authorization.c.bulk_id,
)


def _of_days(file: ReceivedFile, days: Sequence[int], now_s: int) -> Counted:
    covers, day = authorization_usage_point.c, day_block.c.day
    corrected = func.sum(case((day_block.c.revision > 1, 1), else_=0))
    return (
        select(*_WHOM, func.min(day_block.c.updated_s), func.count(), corrected)
        .join(covers_table := authorization_usage_point, covers.authorization_id == authorization.c.id)
        .join(day_block, and_(day_block.c.usage_point_id == covers.usage_point_id, day >= covers.from_day))
        .join(tenancy, _lives(covers_table.c.usage_point_id))
        .join(third_party, third_party.c.id == authorization.c.third_party_id)
        .where(
            day.in_(days),
            day < covers.until_day,
            tenancy.c.from_day <= day,
            day < tenancy.c.until_day,
            day_block.c.file_id == file.id,
            day_block.c.updated_s >= file.received_s,
            _live(now_s),
        )
        .group_by(*_WHOM)
    )


def _of_span(file: ReceivedFile, usage_point_id: int, from_day: int, until_day: int, now_s: int) -> Counted:
    covers = authorization_usage_point.c
    later = case((tenancy.c.from_day > covers.from_day, tenancy.c.from_day), else_=covers.from_day)
    sooner = case((tenancy.c.until_day < covers.until_day, tenancy.c.until_day), else_=covers.until_day)
    return (
        select(*_WHOM, func.min(file.received_s), func.min(0), func.min(0))
        .join(authorization_usage_point, covers.authorization_id == authorization.c.id)
        .join(tenancy, _lives(covers.usage_point_id))
        .join(third_party, third_party.c.id == authorization.c.third_party_id)
        .where(covers.usage_point_id == usage_point_id, later < until_day, sooner > from_day, later < sooner)
        .where(_live(now_s))
        .group_by(*_WHOM)
    )


def _lives(usage_point_id: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(tenancy.c.usage_point_id == usage_point_id, tenancy.c.customer_id == authorization.c.customer_id)


def _live(now_s: int) -> ColumnElement[bool]:
    """As the relation "granted" has it."""
    return and_(
        authorization.c.kind == CUSTOMER,
        authorization.c.status == ACTIVE,
        authorization.c.starts_s <= now_s,
        authorization.c.ends_s > now_s,
        third_party.c.status == PRODUCTION,
    )
