"""Blocks of meters nobody knew: they load by themselves when the meter has become known."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from espi.clock import QUARTER_HOUR_S, Zone, zone
from espi.day import ESTIMATED_QUALITY, unpack_codes, unpack_values
from espi.store import directory, queue
from espi.store.channels import channel_numbers
from espi.store.database import Conn
from espi.store.queue import ParkedBlock
from espi.store.readings import DayRows, put_day_rows

BATCH = 500


def load_parked(conn: Conn, utility: directory.Utility, *, now_s: int, esiids: Iterable[str] = ()) -> int:
    """Load what is parked for usage points of a utility that exist now, and tell how many blocks that was.

    esiids: only these; without any, whatever is parked. A block whose channel the usage point has not got stays parked.
    """
    waiting = list(esiids) or queue.parked_esiids(conn, utility.id)
    known = directory.usage_point_ids(conn, utility.id, waiting) if waiting else {}
    channels = channel_numbers(conn, known.values()) if known else {}
    loaded = 0
    for esiid, usage_point_id in known.items():
        numbers = channels.get(usage_point_id, set())
        rows = [row for row in queue.parked(conn, utility.id, esiid) if row.channel in numbers]
        for file_id, of_file in groupby(rows, lambda row: row.file_id):
            put_day_rows(
                conn, _day_rows(list(of_file), usage_point_id, zone(utility.zone)), file_id=file_id, now_s=now_s
            )
        queue.unpark(conn, rows)
        loaded += len(rows)
    return loaded


def _day_rows(rows: list[ParkedBlock], usage_point_id: int, local: Zone) -> DayRows:
    return DayRows(
        day=[row.day for row in rows],
        usage_point_id=[usage_point_id] * len(rows),
        channel=[row.channel for row in rows],
        start_s=[local.day_start_s(row.day) for row in rows],
        interval_s=[QUARTER_HOUR_S] * len(rows),
        count=[row.count for row in rows],
        packed=[row.packed for row in rows],
        quality=[row.quality for row in rows],
        total=[int(unpack_values(row.packed, row.count).sum()) for row in rows],
        estimated=[int((unpack_codes(row.quality, row.count) == ESTIMATED_QUALITY).sum()) for row in rows],
        absent=[0] * len(rows),
        sent_s=[row.sent_s for row in rows],
    )
