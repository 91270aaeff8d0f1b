"""A market event that an operator tells by hand: it counts more than all that was sent before."""

from __future__ import annotations

from espi.clock import day_date, zone
from espi.errors import Conflict, NotFound
from espi.formats.market_events import Kind, MarketEvent
from espi.intake.market.put import Sender, put
from espi.store import directory, market_events
from espi.store.database import Conn

ACTOR = "command line"


def happen(
    conn: Conn,
    utility: directory.Utility,
    esiid: str,
    kind: Kind,
    day: int,
    *,
    now_s: int,
    rep: str = "",
    customer: str = "",
    meter: str = "",
    actor: str = ACTOR,
) -> None:
    """Let something happen to a usage point on a local day. `Conflict`, with the reason, where it cannot be."""
    points = directory.usage_point_ids(conn, utility.id, [esiid])
    if not points:
        raise NotFound(f"{utility.name} has no usage point {esiid}.")
    known = market_events.known_events(conn, points.values()).get(points[esiid], [])
    sent_s = max([now_s, *(event.sent_s + 1 for event in known)])
    at_s = zone(utility.zone).day_start_s(day)
    event_id = f"{actor}-{kind}-{day_date(day)}-{sent_s}"[:64]
    event = MarketEvent(event_id, sent_s, esiid, kind, at_s, rep=rep, customer=customer, meter=meter)
    outcome = put(conn, utility, [event], Sender(actor, now_s))
    refusal = outcome.refused.get(0, ("", ""))[1] or outcome.effects[0]
    if refusal:
        raise Conflict(f"{esiid}: {refusal}")
