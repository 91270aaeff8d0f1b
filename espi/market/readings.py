"""The readings of a usage point as plain numbers, for programs that want no Atom: as they are, or as they once were."""

from __future__ import annotations

from dataclasses import replace

from espi.clock import instant_s, parse_day, zone
from espi.errors import Denied
from espi.feeds import plain, quality
from espi.feeds.contents import ALL, contents_of
from espi.feeds.question import HOURLY, INTERVAL
from espi.formats import market_csv, usage_json
from espi.market.operation import (
    DAY,
    INSTANT,
    MAYBE_INSTANT,
    NUMBER_IN_PATH,
    Ask,
    Operation,
    Parameter,
    Reply,
    Unprocessable,
)
from espi.market.reading import CSV, JSON
from espi.market.shapes import Listing, Nullable, Record, Text, Truth, Whole
from espi.market.usage_points import ESIID, may_name
from espi.store import directory, grants
from espi.store.directory import UsagePoint

MOST_DAYS = 1100
DAYS_SHOWN = 30

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
VERSION = Record(
    "Version",
    {
        "day": DAY,
        "revision": Whole("Its place among those that were in force; 0: it never was."),
        "in_force_from": MAYBE_INSTANT,
        "in_force_until": Nullable(Text("null: it is in force still, or never was.", form="date-time", most=20)),
        "received": Truth("It came in like this; else it was made of what came with several files."),
        "sent": INSTANT,
        "file": Text("What the file was called that it came with.", most=512),
        "readings": Listing(READING),
    },
    doc="A day as it was received or in force.",
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
        "versions": Listing(VERSION, "With `version=all`: every version of every day."),
    },
    may=frozenset({"versions"}),
)
FAILURE = Record(
    "Failure",
    {
        "rule": Text("Of the validation table: V01 to V18.", most=3),
        "days": Whole("How many channels' days failed it."),
        "intervals": Whole(),
    },
)
QUALITY = Record(
    "Quality",
    {
        "format": Text(choices=(quality.FORMAT,)),
        "version": Whole(least=1, most=1),
        "from": DAY,
        "to": DAY,
        "as_of": INSTANT,
        "usage_points": Whole(),
        "expected": Whole("Intervals that there should be, on days that you may see and that are over."),
        "present": Whole("Intervals of those days that are there."),
        "gaps": Whole("Intervals that are expected and not there."),
        "estimated": Whole("Of the present intervals."),
        "estimated_share": Text(
            "estimated / present, as a decimal number of six places.", most=8, pattern=r"[01]\.\d{6}"
        ),
        "revisions": Whole("How often days of readings were replaced."),
        "first_update": MAYBE_INSTANT,
        "last_update": MAYBE_INSTANT,
        "failures": Listing(FAILURE, "What validation found, by rule."),
    },
    doc="What may be thought of the readings: how many are there and estimated, of the intervals as measured.",
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
        "quality": QUALITY,
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
AS_OF = Parameter(
    "as-of",
    Text(
        "As the answer stood at an instant (RFC 3339); without it, or where it is still to come: now.",
        form="date-time",
        most=35,
    ),
)
FORMAT = Parameter("format", Text("Instead of what Accept says.", choices=("json", "csv")))
VERSIONS = Parameter(
    "version", Text("The latest, or with it all that there were.", choices=("latest", "all")), default="latest"
)


def read_readings(ask: Ask) -> Reply:
    """The readings of a usage point, as they are read from the store."""
    point = directory.usage_point(ask.conn, ask.reach, path_id=ask.given["id"])
    own = ask.bearer.authorization
    contents = contents_of(ask.bearer.scope) if own.kind == grants.CUSTOMER else ALL
    least = plain.finest(contents)
    series = ask.given["series"] or least
    if plain.SERIES.index(series) < plain.SERIES.index(least):
        raise Denied(f"The customer lets you see {least} readings at the finest.")
    span, as_of_s, every = _span(ask, point), _as_of_s(ask), ask.given["version"] == "all"
    if every and series != INTERVAL:
        raise Unprocessable("Versions are of readings as measured: ask for `series=interval`.")
    as_csv = (ask.given["format"] or ask.media) in {"csv", CSV}
    if as_csv and (every or series not in {INTERVAL, HOURLY}):
        raise Unprocessable("CSV has intervals or hours, and no versions: ask for JSON.")
    measured = plain.metered(ask.conn, ask.reach, point, series, span, contents, as_of_s, versions=every)
    if may_name(ask):
        measured = replace(measured, esiid=point.esiid, title=point.title)
    if as_csv:
        return Reply(stream=market_csv.write([measured]), media=market_csv.MEDIA_TYPE)
    receipt = quality.receipt(ask.conn, ask.reach, [point], span, now_s=ask.now_s, contents=contents, as_of_s=as_of_s)
    return Reply(stream=usage_json.write([measured], {"quality": receipt.told()}))


def _as_of_s(ask: Ask) -> int | None:
    """The instant asked for; None for now, and for what is still to come, of which nothing is known."""
    asked = ask.given["as-of"]
    found = None if asked is None else instant_s(asked)
    return None if found is None or found >= ask.now_s else found


def _span(ask: Ask, point: UsagePoint) -> tuple[int, int]:
    today = zone(point.utility.zone).day_of(ask.now_s)
    until_day = parse_day(ask.given["to"]) + 1 if ask.given["to"] else today + 1
    from_day = parse_day(ask.given["from"]) if ask.given["from"] else until_day - DAYS_SHOWN
    if from_day >= until_day:
        raise Unprocessable("`from` is after `to`.")
    if until_day - from_day > MOST_DAYS:
        raise Unprocessable(f"Ask for {MOST_DAYS} days at most at a time.")
    return from_day, until_day


OPERATIONS = (
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
        "1100 days. Months are whole calendar months. `quality` is the receipt of the readings. With `as-of` the "
        "answer is as it stood at that instant; which days you may see is decided by what is so now. As CSV, with "
        "Smart Meter Texas' heading row, by Accept or `format`.",
        parameters=(NUMBER_IN_PATH, FROM, TO, SERIES, AS_OF, VERSIONS, FORMAT),
        refusals=(422,),
        media=(JSON, CSV),
    ),
)
