"""What a third party is to know, whether it reached it, and how to have it sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from espi.clock import instant_text
from espi.errors import NotFound
from espi.market.operation import (
    AFTER,
    HREF,
    ID,
    INSTANT,
    LIMIT,
    MAYBE_INSTANT,
    NEXT,
    NUMBER_IN_PATH,
    Ask,
    Operation,
    Parameter,
    Reply,
)
from espi.market.shapes import Free, Listing, Nullable, Record, Shape, Text, Whole
from espi.store import events
from espi.store.events import Attempt, Delivery, Event

LONGEST_WAIT_S = 20
MOST_RESENT = 1000
PING = "ReadServiceStatus"
"""What a test notification names: an address that every third party may read."""

EVENT = Record(
    "Event",
    {
        "id": ID,
        "kind": Text("What happened.", choices=events.KINDS),
        "at": INSTANT,
        "authorization": Nullable(Whole("The authorization that it is about.")),
        "resources": Listing(HREF, "What to fetch now."),
        "detail": Free("More about it, never data of a meter."),
    },
)
EVENTS = Record("Events", {"events": Listing(EVENT), "next": NEXT})
ATTEMPT = Record(
    "Attempt",
    {
        "number": Whole(least=1),
        "at": INSTANT,
        "status": Nullable(Whole("The status that you answered with; null: no answer.", most=999)),
        "milliseconds": Whole(),
        "answer": Text("How your answer began, or what failed.", most=512),
    },
)
_DELIVERY: dict[str, Shape] = {
    "id": ID,
    "event": ID,
    "kind": Text("What happened.", choices=events.KINDS),
    "format": Text("How it is posted.", choices=(events.BATCH_LIST, events.WEBHOOK)),
    "uri": Text("Where to.", form="uri", most=2048),
    "state": Text(choices=(events.WAITING, events.DELIVERED, events.GIVEN_UP)),
    "attempts": Whole("How often it was tried."),
    "due": Nullable(Text("When it is tried next.", form="date-time", most=20)),
    "delivered": MAYBE_INSTANT,
}
DELIVERY = Record("Delivery", _DELIVERY)
DELIVERIES = Record("Deliveries", {"deliveries": Listing(DELIVERY)})
DELIVERY_LOG = Record("DeliveryLog", {**_DELIVERY, "log": Listing(ATTEMPT, "Each try, the first first.")})
QUEUED = Record("Queued", {"event": ID, "deliveries": Listing(DELIVERY, "Empty: you have no address for news.")})
RESENDING = Record(
    "Resending",
    {
        "after": Whole("Only of events after this one."),
        "state": Text("Only those; given_up if nothing is said.", choices=(events.GIVEN_UP, events.DELIVERED)),
    },
    may=frozenset({"after", "state"}),
)
RESENT = Record("Resent", {"deliveries": Whole("How many were queued again.")})
WAIT = Parameter(
    "wait", Whole("How many seconds to wait for the first event, if there is none.", most=LONGEST_WAIT_S), default=0
)
STATE = Parameter("state", Text("In that state only.", choices=(events.WAITING, events.DELIVERED, events.GIVEN_UP)))


def read_events(ask: Ask) -> Reply:
    """The events after a cursor, oldest first."""
    after = ask.given["after"]
    found = events.events(ask.conn, ask.bearer.principal.id, after, ask.given["limit"])
    following = found[-1].id if found else after
    numbers = events.authorization_numbers(ask.conn, found)
    shown = [_event(ask, each, numbers) for each in found]
    return Reply({"events": shown, "next": following}, waits=not found)


def ping(ask: Ask) -> Reply:
    """Send a test notification."""
    number = events.add_event(ask.conn, ask.bearer.principal.id, "ping", [PING], now_s=ask.now_s)
    queued = [each for each in events.deliveries(ask.conn, ask.bearer.principal.id) if each.event_id == number]
    return Reply({"event": number, "deliveries": _deliveries(ask, queued)}, 202)


def read_deliveries(ask: Ask) -> Reply:
    """The deliveries last queued, the newest first."""
    wanted, limit = ask.given["state"] or "", ask.given["limit"]
    found = events.deliveries(ask.conn, ask.bearer.principal.id, state=wanted, limit=limit)
    return Reply({"deliveries": _deliveries(ask, found)})


def read_delivery(ask: Ask) -> Reply:
    """A delivery and each try at it."""
    found = _own(ask)
    log = [_attempt(each) for each in events.attempts(ask.conn, found.id)]
    return Reply({**_deliveries(ask, [found])[0], "log": log})


def resend(ask: Ask) -> Reply:
    """Let a delivery be posted again, to where the third party wants it by now."""
    found = _own(ask)
    events.resend(ask.conn, found.id, ask.now_s)
    return Reply(_deliveries(ask, [events.delivery(ask.conn, found.id)])[0], 202)


def resend_all(ask: Ask) -> Reply:
    """Let all deliveries of one state be posted again, those of later events than a cursor, in their order."""
    wanted, after = ask.body.get("state", events.GIVEN_UP), ask.body.get("after", 0)
    found = events.deliveries(ask.conn, ask.bearer.principal.id, state=wanted, limit=MOST_RESENT)
    again = [each for each in reversed(found) if each.event_id > after]
    for each in again:
        events.resend(ask.conn, each.id, ask.now_s)
    return Reply({"deliveries": len(again)}, 202)


def _own(ask: Ask) -> Delivery:
    found = events.delivery(ask.conn, ask.given["id"])
    if found.third_party_id != ask.bearer.principal.id:
        raise NotFound(detail=f"delivery {found.id} is another's than {ask.bearer.principal}")
    return found


def _event(ask: Ask, event: Event, numbers: Mapping[int, int]) -> dict[str, object]:
    about = event.authorization_id
    return {
        "id": event.id,
        "kind": event.kind,
        "at": instant_text(event.at_s),
        "authorization": None if about is None else numbers.get(about),
        "resources": [f"{ask.settings.resource_url}/{path}" for path in event.resources],
        "detail": {**event.detail},
    }


def _deliveries(ask: Ask, found: Sequence[Delivery]) -> list[dict[str, object]]:
    kinds = events.kinds(ask.conn, found)
    return [_delivery(each, kinds[each.event_id]) for each in found]


def _delivery(delivery: Delivery, kind: str) -> dict[str, object]:
    waits = delivery.state == events.WAITING
    return {
        "id": delivery.id,
        "event": delivery.event_id,
        "kind": kind,
        "format": delivery.format,
        "uri": delivery.uri,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "due": instant_text(delivery.due_s) if waits else None,
        "delivered": None if delivery.delivered_s is None else instant_text(delivery.delivered_s),
    }


def _attempt(attempt: Attempt) -> dict[str, object]:
    return {
        "number": attempt.number,
        "at": instant_text(attempt.at_s),
        "status": attempt.status or None,
        "milliseconds": attempt.milliseconds,
        "answer": attempt.answer,
    }


OPERATIONS = (
    Operation(
        "GET",
        "/events",
        "events",
        "events",
        "What happened after a cursor.",
        read_events,
        {200: EVENTS},
        action="event:read",
        doc="The same that notifications tell, for those who would rather ask. Each event comes once to who sends "
        "`next` as `after`. With `wait`, an answer without events is held back until there is one.",
        parameters=(AFTER, LIMIT, WAIT),
    ),
    Operation(
        "POST",
        "/events/ping",
        "ping",
        "events",
        "Send a test notification to your addresses.",
        ping,
        {202: QUEUED},
        action="event:read",
        writes=True,
    ),
    Operation(
        "GET",
        "/deliveries",
        "deliveries",
        "events",
        "Notifications to you, the newest first.",
        read_deliveries,
        {200: DELIVERIES},
        action="event:read",
        parameters=(STATE, LIMIT),
    ),
    Operation(
        "GET",
        "/deliveries/{id}",
        "delivery",
        "events",
        "A notification and each try at it.",
        read_delivery,
        {200: DELIVERY_LOG},
        action="event:read",
        parameters=(NUMBER_IN_PATH,),
    ),
    Operation(
        "POST",
        "/deliveries/{id}/resend",
        "resend",
        "events",
        "Have a notification sent again.",
        resend,
        {202: DELIVERY},
        action="event:read",
        writes=True,
        parameters=(NUMBER_IN_PATH,),
    ),
    Operation(
        "POST",
        "/events/resend",
        "resend-all",
        "events",
        "Have notifications sent again: all that were given up, or all since an event.",
        resend_all,
        {202: RESENT},
        action="event:read",
        writes=True,
        doc="The last thousand at most.",
        body=RESENDING,
    ),
)
