"""A utility of many meters, as tables have it, and their LSE files: ESIIDs count up, so few blocks make any number."""

from __future__ import annotations

import numpy as np
from sqlalchemy import text as sql

from benchmarks.lse_text import CENTRAL, FIRST_ESIID, text
from espi.store import directory
from espi.store.channels import add_reading_type, daily_type, monthly_type, reading_type_for_lse
from espi.store.database import Conn, Database

DUNS = "957877905"
WIDTH = len(str(FIRST_ESIID))
ESIID_AT = len("00000001,")


POINTS = """
INSERT INTO usage_point
    (utility_id, esiid, uuid, path_id, title, service_kind, content, published_s, updated_s)
SELECT :utility, (:esiid + n)::text, md5(n::text)::uuid::text, n, (:esiid + n)::text, 0, '{}', :now, :now
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
"""
CHANNELS = """
INSERT INTO channel
    (usage_point_id, number, series, of_number, reading_type_id, uuid, path_id, title, published_s)
SELECT id, 4 + more, series, made_of, CAST(kind AS bigint), uuid, path_id * 4 + more / 1000, '', :now
FROM usage_point, (VALUES
    (0, 'interval', NULL, :interval), (1000, 'daily', 4, :daily), (2000, 'monthly', 4, :monthly)
) AS kinds (more, series, made_of, kind)
WHERE path_id BETWEEN :first AND :last ORDER BY id, more
"""


def add_meters(database: Database, count: int, now_s: int, *, at_once: int = 500_000) -> int:
    """A utility with so many usage points that have load, made by the server itself (PostgreSQL); its id."""
    with database.write() as conn:
        utility_id = directory.add_utility(conn, "Measured", DUNS, CENTRAL.name)
        content = reading_type_for_lse(4)
        series = {"interval": content, "daily": daily_type(content), "monthly": monthly_type(content)}
        kinds = {name: add_reading_type(conn, its, now_s=now_s) for name, its in series.items()}
    for first in range(0, count, at_once):
        with database.write() as conn:
            _add_some(conn, utility_id, kinds, first, min(first + at_once, count), now_s)
    with database.write() as conn:
        conn.execute(sql("ANALYZE usage_point, channel"))
    return utility_id


def _add_some(conn: Conn, utility_id: int, kinds: dict[str, int], first: int, until: int, now_s: int) -> None:
    numbers = {"utility": utility_id, "first": first, "last": until - 1, "now": now_s, "esiid": FIRST_ESIID}
    conn.execute(sql(POINTS), numbers)
    conn.execute(sql(CHANNELS), numbers | kinds)


class Files:
    """The text of files of so many meters each, of one day: the same readings in each, of other meters."""

    def __init__(self, meters: int, day: int, *, per_row: int, wide_every: int = 0, seed: int = 1) -> None:
        self.meters = meters
        self._text = np.frombuffer(
            text(meters, day, per_row=per_row, seed=seed, wide_every=wide_every), np.uint8
        ).copy()
        lines = self._text.tobytes()
        starts, at = [], 0
        while at >= 0:
            starts.append(at + 1 if at else 0)
            at = lines.find(b"\n00000001,", at + 1)
        self._esiids = np.array(starts)[:, None] + np.arange(ESIID_AT, ESIID_AT + WIDTH)

    def of(self, first: int) -> bytes:
        """The file of the meters from a number on."""
        esiids = np.arange(FIRST_ESIID + first, FIRST_ESIID + first + self.meters).astype(f"S{WIDTH}")
        self._text[self._esiids] = esiids.view(np.uint8).reshape(-1, WIDTH)
        return self._text.tobytes()
