"""Makers of a small world for tests: a utility, its usage points, the people around them, and days of readings."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
from sqlalchemy import Integer, column, select
from sqlalchemy import values as value_rows

from espi.clock import DAY_S, FOREVER, instant_s, parse_day, zone
from espi.day import ACTUAL_QUALITY, LOAD, DayBlock
from espi.store import directory, holdings, readings
from espi.store.database import Conn
from espi.store.reach import Reach
from espi.store.tables import METADATA

NOW_S = instant_s("2025-06-15T17:00:00Z")
TODAY = parse_day("2025-06-15")
ZONE = "America/Chicago"
DUNS = "1039940674000"
SECRET = "5b6f1a52-3f0c-4f5e-9d0a-6a1f0f3c7e21"

_numbers = itertools.count(1)


def count() -> int:
    """A number that nobody has had yet."""
    return next(_numbers)


def utility(conn: Conn, name: str = "Lone Star Wires", duns: str = DUNS, zone_name: str = ZONE) -> int:
    """A utility in Texas."""
    return directory.add_utility(conn, name, duns, zone_name)


def usage_point(conn: Conn, utility_id: int, *, channels: Iterable[int] = (LOAD,), esiid: str | None = None) -> int:
    """A usage point with channels of quarter hours; ESIIDs count up."""
    esiid = esiid or f"1044372{next(_numbers):010d}"
    key = directory.add_usage_point(conn, utility_id, esiid, now_s=NOW_S)
    for number in channels:
        directory.add_interval_channel(conn, key, number, directory.reading_type_for_lse(number), NOW_S)
    return key


def customer(conn: Conn, name: str = "Ada Lovelace", kind: str = "residential") -> int:
    """A customer."""
    return directory.add_customer(conn, name, kind)


def tenant(conn: Conn, usage_point_id: int, from_day: int, until_day: int = FOREVER, name: str = "Ada Lovelace") -> int:
    """A customer who lives at a usage point."""
    key = customer(conn, name)
    directory.add_tenancy(conn, usage_point_id, key, from_day, until_day)
    return key


def rep(conn: Conn, name: str = "Bluebonnet Power") -> int:
    """A REP; its numbers count up."""
    number = next(_numbers)
    return directory.add_rep(conn, name, f"{number:09d}", f"{10000 + number}")


def block(
    usage_point_id: int,
    day: int,
    *,
    channel: int = LOAD,
    values: Sequence[int] | None = None,
    qualities: Sequence[int] | int = ACTUAL_QUALITY,
    sent_s: int = NOW_S,
    zone_name: str = ZONE,
) -> DayBlock:
    """A local day of quarter hours: 92, 96 or 100 of them, 100, 101, 102 … Wh if nothing else is said."""
    local = zone(zone_name)
    count = local.quarter_hours(day) if values is None else len(values)
    found = np.arange(100, 100 + count) if values is None else np.array(values)
    codes = np.full(count, qualities) if isinstance(qualities, int) else np.array(qualities)
    return DayBlock(
        usage_point_id=usage_point_id,
        channel=channel,
        day=day,
        start_s=local.day_start_s(day),
        interval_s=900,
        values=found.astype(np.int64),
        qualities=codes.astype(np.uint8),
        sent_s=sent_s,
    )


def fill(conn: Conn, usage_point_id: int, from_day: int, until_day: int, *, channel: int = LOAD) -> None:
    """Days of readings, `until_day` not included."""
    days = [block(usage_point_id, day, channel=channel) for day in range(from_day, until_day)]
    readings.put_blocks(conn, days, file_id=1, now_s=NOW_S)


def holding(
    conn: Conn, customer_id: int, home_id: int, kind: str, *, downloads: bool = False, ends_s: int = NOW_S + DAY_S
) -> int:
    """An invitation of a customer to see a home of his, or (0) all; its id."""
    values = {
        "customer_id": customer_id,
        "home_id": home_id,
        "kind": kind,
        "downloads": downloads,
        "giver": "Ada Lovelace",
        "name": "Mary",
        "email": "mary@example.com",
        "language": "en",
        "made_s": NOW_S - 10,
        "answer_by_s": NOW_S + DAY_S,
        "ends_s": ends_s,
    }
    return holdings.add_holding(conn, values, f"link {next(_numbers)}")


def reach_of_utility(utility_id: int) -> Reach:
    """All usage points of a utility on all days, for tests that are not about who may see what."""
    return Reach(directory.of_utility(utility_id), "test", "test")


def reach_of(*spans: tuple[int, int, int]) -> Reach:
    """Exactly these (usage point id, from day, until day)."""
    columns = (column(name, Integer) for name in ("usage_point_id", "from_day", "until_day"))
    listed = value_rows(*columns, name="listed").data(list(spans)).cte("spans")
    return Reach(select(listed.c.usage_point_id, listed.c.from_day, listed.c.until_day), "test", "test")


def tenant_of(conn: Conn, usage_point_id: int, day: int) -> int:
    """The id of the customer who lives at a usage point on a day."""
    table = METADATA.tables["tenancy"].c
    query = select(table.customer_id).where(
        table.usage_point_id == usage_point_id, table.from_day <= day, table.until_day > day
    )
    return int(conn.execute(query).scalar_one())
