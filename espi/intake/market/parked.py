"""Events of ESIIDs that nobody knew: they are applied by themselves when the usage point has become known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from espi.formats.market_events import MarketEvent, from_text
from espi.intake.market.put import Sender, put
from espi.store import directory, market_events
from espi.store.database import Conn
from espi.store.market_events import Parked

ACTOR = "system:parked"


def park(conn: Conn, utility: directory.Utility, events: Iterable[MarketEvent], file_id: int) -> None:
    """Let events wait."""
    some = [Parked(event.esiid, event.digest, event.text, file_id) for event in events]
    market_events.park_events(conn, utility.id, some)


def put_parked(conn: Conn, utility: directory.Utility, *, now_s: int) -> int:
    """Take in what waited for usage points of a utility that exist now; how many events that was."""
    waiting = market_events.parked_events(conn, utility.id)
    by_file: dict[int, list[Parked]] = {}
    for one in waiting:
        by_file.setdefault(one.file_id, []).append(one)
    for file_id, some in sorted(by_file.items()):
        events = [replace(from_text(one.text), esiid=one.esiid) for one in some]
        put(conn, utility, events, Sender(ACTOR, now_s, file_id))
    market_events.unpark_events(conn, utility.id, waiting)
    return len(waiting)
