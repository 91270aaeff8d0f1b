"""Usage points that a token opens, and their readings as plain numbers, for programs that want no Atom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from espi.clock import FOREVER, day_date, instant_text, parse_day, zone
from espi.errors import Denied
from espi.feeds import plain
from espi.feeds.contents import ALL, contents_of
from espi.feeds.entries import neutral_title
from espi.formats import usage_json
from espi.market.operation import (
    AFTER,
    DAY,
    ID,
    INSTANT,
    LIMIT,
    MAYBE_NEXT,
    NUMBER_IN_PATH,
    Ask,
    Operation,
    Parameter,
    Reply,
    Unprocessable,
)
from espi.market.shapes import Listing, Nullable, Record, Text, Truth, Whole
from espi.store import directory, grants, pages
from espi.store.directory import UsagePoint

MOST_DAYS = 1100
DAYS_SHOWN = 30

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
READING = Record(
    "Reading",
    {
        "start": INSTANT,
        "local": Text("The same instant on the meter's wall clock, with its offset.", form="date-time", most=32),
        "seconds": Whole("How long it lasts."),
        "value": Whole("Whole number of `unit`s times ten to the `power_of_ten`.", least=-(2**53) + 1),
        "quality": Whole("QualityOfReading of ESPI."),
        "estimated": Truth(),
        "cost_hundred_thousandths": Whole("In hundred-thousandths of the currency.", least=-(2**53) + 1),
        "tou": Whole(),
        "tier": Whole(),
        "cpp": Whole(),
    },
    may=frozenset({"cost_hundred_thousandths", "tou", "tier", "cpp"}),
)
CHANNEL = Record(
    "Channel",
    {
        "number": Whole(),
        "title": Text(),
        "unit": Text("Such as Wh.", most=64),
        "power_of_ten": Whole(least=-12, most=12),
        "flow": Text("forward: used; reverse: sent back.", most=64),
        "interval_seconds": Nullable(Whole()),
        "readings": Listing(READING),
    },
)
READ_POINT = Record(
    "ReadUsagePoint",
    {
        "esiid": ESIID,
        "title": Text(),
        "zone": Text(most=64),
        "service": Text(most=64),
        "channels": Listing(CHANNEL),
    },
)
READINGS = Record(
    "Readings",
    {
        "format": Text(choices=("green-button-usage",)),
        "version": Whole(least=1, most=1),
        "usage_points": Listing(READ_POINT),
    },
    doc="A reading that is missing does not appear. A value is never rounded.",
)
FROM = Parameter("from", Text("The first local day; without it, thirty days back.", form="date"))
TO = Parameter("to", Text("The last local day, included; without it, today.", form="date"))
SERIES = Parameter(
    "series",
    Text("As measured, or added up by local hour, day or month; without it, the finest.", choices=plain.SERIES),
)


def list_usage_points(ask: Ask) -> Reply:
    """A page of usage points in an order of their own that stays."""
    limit = ask.given["limit"]
    found = pages.usage_points_after(ask.conn, ask.reach, ask.given["after"], limit)
    more = found[-1].id if len(found) == limit else None
    named = _may_name(ask)
    return Reply({"usage_points": [_described(each, named=named) for each in found], "next": more})


def read_readings(ask: Ask) -> Reply:
    """The readings of a usage point, as they are read from the store."""
    point = directory.usage_point(ask.conn, ask.reach, path_id=ask.given["id"])
    own = ask.bearer.authorization
    contents = contents_of(ask.bearer.scope) if own.kind == grants.CUSTOMER else ALL
    least = plain.finest(contents)
    series = ask.given["series"] or least
    if plain.SERIES.index(series) < plain.SERIES.index(least):
        raise Denied(f"The customer lets you see {least} readings at the finest.")
    measured = plain.metered(ask.conn, ask.reach, point, series, _span(ask, point), contents)
    if _may_name(ask):
        measured = replace(measured, esiid=point.esiid, title=point.title)
    return Reply(stream=usage_json.write([measured]))


def _may_name(ask: Ask) -> bool:
    """Whether the caller may know number and address: who serves the meter, and whom the customer told who he is."""
    own = ask.bearer.authorization
    return own.kind != grants.CUSTOMER or own.personal_path_id is not None


def _span(ask: Ask, point: UsagePoint) -> tuple[int, int]:
    today = zone(point.utility.zone).day_of(ask.now_s)
    until_day = parse_day(ask.given["to"]) + 1 if ask.given["to"] else today + 1
    from_day = parse_day(ask.given["from"]) if ask.given["from"] else until_day - DAYS_SHOWN
    if from_day >= until_day:
        raise Unprocessable("`from` is after `to`.")
    if until_day - from_day > MOST_DAYS:
        raise Unprocessable(f"Ask for {MOST_DAYS} days at most at a time.")
    return from_day, until_day


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
    Operation(
        "GET",
        "/usage-points/{id}/readings",
        "readings",
        "usage points",
        "The readings of a usage point as plain numbers.",
        read_readings,
        {200: READINGS},
        action="subscription:read",
        reaches=True,
        doc="Only what the grant's scope opens, on days that the caller may see. It is streamed; a span may have "
        "1100 days. Months are whole calendar months.",
        parameters=(NUMBER_IN_PATH, FROM, TO, SERIES),
        refusals=(422,),
    ),
)
