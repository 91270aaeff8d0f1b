"""Usage points that a token opens."""

from __future__ import annotations

from typing import Any

from espi.clock import FOREVER, day_date, instant_text
from espi.feeds.entries import neutral_title
from espi.formats import usage_json
from espi.market.operation import AFTER, DAY, ID, INSTANT, LIMIT, MAYBE_NEXT, Ask, Operation, Reply
from espi.market.shapes import Listing, Nullable, Record, Text
from espi.store import grants, pages
from espi.store.directory import UsagePoint

ESIID = Nullable(Text("The number of the point of delivery; null where no customer let you know it.", most=64))
SPAN = Record("Span", {"from": DAY, "to": Nullable(Text("The last day; null: it has not ended.", form="date"))})
USAGE_POINT = Record(
    "UsagePoint",
    {
        "id": ID,
        "esiid": ESIID,
        "title": Text(),
        "service": Text("electricity, gas, water...", most=64),
        "utility": Text("The name of the utility."),
        "zone": Text("The time zone of its days (IANA).", most=64),
        "spans": Listing(SPAN, "The days that you may see, both ends included."),
        "updated": INSTANT,
    },
)
USAGE_POINTS = Record(
    "UsagePoints",
    {
        "usage_points": Listing(USAGE_POINT),
        "next": MAYBE_NEXT,
    },
)


def list_usage_points(ask: Ask) -> Reply:
    """A page of usage points in an order of their own that stays."""
    limit = ask.given["limit"]
    found = pages.usage_points_after(ask.conn, ask.reach, ask.given["after"], limit)
    more = found[-1].id if len(found) == limit else None
    named = may_name(ask)
    return Reply({"usage_points": [_described(each, named=named) for each in found], "next": more})


def may_name(ask: Ask) -> bool:
    """Whether the caller may know number and address: who serves the meter, and whom the customer told who he is."""
    own = ask.bearer.authorization
    return own.kind != grants.CUSTOMER or own.personal_path_id is not None


def _described(point: UsagePoint, *, named: bool) -> dict[str, Any]:
    return {
        "id": point.path_id,
        "esiid": point.esiid if named else None,
        "title": point.title if named else neutral_title(point),
        "service": usage_json.service(point.service_kind),
        "utility": point.utility.name,
        "zone": point.utility.zone,
        "spans": [
            {"from": str(day_date(start)), "to": None if stop >= FOREVER else str(day_date(stop - 1))}
            for start, stop in point.spans
        ],
        "updated": instant_text(point.updated_s),
    }


OPERATIONS = (
    Operation(
        "GET",
        "/usage-points",
        "usage-points",
        "usage points",
        "The usage points that the token opens.",
        list_usage_points,
        {200: USAGE_POINTS},
        action="subscription:read",
        reaches=True,
        doc="For a customer token, those of its grant; for a REP's client token, all that it serves, hundreds of "
        "thousands if need be: send `next` as `after` until it is null.",
        parameters=(AFTER, LIMIT),
    ),
)
