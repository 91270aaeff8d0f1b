"""A meter that nobody knew becomes a usage point, and what waited for it is loaded."""

from __future__ import annotations

from espi.clock import zone
from espi.day import LOAD
from espi.errors import BadInput
from espi.intake import parking
from espi.store import directory, queue
from espi.store.channels import add_interval_channels, channel_numbers, reading_type_for_lse
from espi.store.database import Conn
from espi.store.directory import Utility


def add(conn: Conn, utility: Utility, esiid: str, *, now_s: int, title: str = "", meter: str = "") -> int:
    """Make the usage point of an ESIID with the channels that days wait for; how many days were loaded.

    meter: the serial number of the one that hangs there, from the first of those days on. `BadInput` for an ESIID that
    is not as long as the utility's are.
    """
    waiting = queue.parked(conn, utility.id, esiid)
    known = directory.usage_point_ids(conn, utility.id, [esiid])
    if esiid not in known:
        lengths = [int(each) for each in utility.esiid_lengths.split(",")]
        if len(esiid) not in lengths:
            raise BadInput(f"ESIIDs of {utility.name} have {' or '.join(map(str, lengths))} digits.")
        directory.add_usage_points(
            conn, utility.id, [esiid], now_s=now_s, title=title, service_kind=utility.service_kind
        )
        known = directory.usage_point_ids(conn, utility.id, [esiid])
    point = known[esiid]
    has = channel_numbers(conn, [point]).get(point, set())
    for number in ({row.channel for row in waiting} or {LOAD}) - has:
        add_interval_channels(conn, [point], number, reading_type_for_lse(number), now_s)
    if meter:
        first = min((row.day for row in waiting), default=zone(utility.zone).day_of(now_s))
        directory.install_meter(conn, point, directory.add_meter(conn, utility.id, meter), first)
    return parking.load_parked(conn, utility, now_s=now_s, esiids=[esiid])
