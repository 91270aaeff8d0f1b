"""How complete the days of utilities are, and which meters are silent."""

from __future__ import annotations

from espi import access
from espi.clock import DAY_S, day_date, instant_text, parse_day
from espi.market.operation import (
    AFTER,
    DAY,
    ID,
    INSTANT,
    LIMIT,
    MAYBE_NEXT,
    Ask,
    Operation,
    Parameter,
    Reply,
    Unprocessable,
)
from espi.market.shapes import Listing, Nullable, Record, Text, Whole
from espi.store import directory, silent
from espi.store.completeness import Completeness, completeness_of

DAYS_SHOWN = 7
MOST_DAYS = 400

COMPLETE_DAY = Record(
    "CompleteDay",
    {
        "utility": Text("The utility's name."),
        "duns": Text(most=13),
        "day": DAY,
        "expected": Whole("Channels of which readings are expected: a meter hung there, and there was power."),
        "received": Whole("Of them, or beside them, with any reading."),
        "late": Whole("Of those received, after the utility's deadline."),
        "estimated": Whole("Of those received, with an estimate."),
        "partial": Whole("Of those received, with a gap."),
        "refused": Whole("Blocks of files that name the day and were refused."),
        "missing": Whole("Expected and not received."),
        "computed": INSTANT,
    },
    doc="A local day of a utility, in days of channels.",
)
COMPLETENESS = Record("CompletenessOfDays", {"days": Listing(COMPLETE_DAY)})
SILENT = Record(
    "SilentMeter",
    {
        "id": ID,
        "esiid": Text(most=64),
        "utility": Text("The utility's name."),
        "since": Text("The first day without readings.", form="date"),
        "last": Nullable(Text("The last day with any; null: none lately.", form="date")),
        "found": INSTANT,
    },
    doc="A meter in service from which nothing has come for days.",
)
SILENT_METERS = Record("SilentMeters", {"meters": Listing(SILENT), "next": MAYBE_NEXT})
FROM = Parameter("from", Text("The first local day; without it, a week back.", form="date"))
TO = Parameter("to", Text("The last local day, included; without it, today.", form="date"))


def read_completeness(ask: Ask) -> Reply:
    """The days that were counted: a utility's own, or every utility's."""
    first, until = _span(ask)
    own = access.utility_of(ask.bearer.principal)
    utilities = {each.id: each for each in directory.utilities(ask.conn) if own in (None, each.id)}
    found = completeness_of(ask.conn, first, until, utilities)
    return Reply({"days": [_described(each, utilities[each.utility_id]) for each in found]})


def list_silent(ask: Ask) -> Reply:
    """A page of silent meters in an order of their own that stays."""
    limit = ask.given["limit"]
    found = silent.silent_meters(ask.conn, ask.reach, ask.given["after"], limit)
    meters = [
        {
            "id": each.path_id,
            "esiid": each.esiid,
            "utility": each.utility,
            "since": str(day_date(each.since_day)),
            "last": None if each.last_day is None else str(day_date(each.last_day)),
            "found": instant_text(each.found_s),
        }
        for each in found
    ]
    return Reply({"meters": meters, "next": found[-1].usage_point_id if len(found) == limit else None})


def _span(ask: Ask) -> tuple[int, int]:
    until = parse_day(ask.given["to"]) + 1 if ask.given["to"] else ask.now_s // DAY_S + 1
    first = parse_day(ask.given["from"]) if ask.given["from"] else until - DAYS_SHOWN
    if first >= until:
        raise Unprocessable("`from` is after `to`.")
    if until - first > MOST_DAYS:
        raise Unprocessable(f"Ask for {MOST_DAYS} days at most at a time.")
    return first, until


def _described(each: Completeness, utility: directory.Utility) -> dict[str, object]:
    numbers = ("expected", "received", "late", "estimated", "partial", "refused", "missing")
    return {
        "utility": utility.name,
        "duns": utility.duns,
        "day": str(day_date(each.day)),
        **{name: getattr(each, name) for name in numbers},
        "computed": instant_text(each.computed_s),
    }


OPERATIONS = (
    Operation(
        "GET",
        "/completeness",
        "completeness",
        "completeness",
        "How much of each day has come in.",
        read_completeness,
        {200: COMPLETENESS},
        action="completeness:read",
        doc="For a utility's client token, its own days; for the regulator's and the operator's, those of all. Counted "
        "anew a few minutes after each file, and by night.",
        parameters=(FROM, TO),
        refusals=(422,),
    ),
    Operation(
        "GET",
        "/silent-meters",
        "silent-meters",
        "completeness",
        "Which meters have gone silent.",
        list_silent,
        {200: SILENT_METERS},
        action="silence:read",
        reaches=True,
        doc="For a utility its own, for a REP those that it serves today. Looked for by night; a meter leaves the list "
        "as soon as readings of it come in.",
        parameters=(AFTER, LIMIT),
    ),
)
