"""The query parameters of feeds (ESPI, function block 37), and what they ask of the days that there are.

A date is epoch seconds, or ISO 8601 with Z or an offset, with or without a fraction. What cannot be read is refused
with the parameter's name; parameters that are not known are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from espi.clock import DAY_S, instant_s
from espi.config import Settings
from espi.errors import BadInput
from espi.feeds import Contents, Page, Question, Times
from espi.feeds.question import INTERVAL
from espi.intake import retention

if TYPE_CHECKING:
    from espi.store.directory import UsagePoint

TIMES = ("published-min", "published-max", "updated-min", "updated-max")
START, MOST, DEPTH = "start-index", "max-results", "depth"
KNOWN = (*TIMES, START, MOST, DEPTH)

_EPOCH = re.compile(r"[0-9]{1,11}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_YEAR_DAYS = 366


def question_of(
    query: Mapping[str, str], contents: Contents | None, settings: Settings, points: Iterable[UsagePoint] = ()
) -> Question:
    """What a request asks of what a grant allows (contents; None is all that there is, as it was measured).

    points: whose readings are asked for, where that is known already. The days are those that may hold something of
    them; which entries are wanted, the times say exactly.
    """
    times = Times(*(_instant(query, name) for name in TIMES))
    for name, low, high in (
        ("published", times.published_min_s, times.published_max_s),
        ("updated", times.updated_min_s, times.updated_max_s),
    ):
        if low is not None and high is not None and low > high:
            raise BadInput(f"{name}-min is later than {name}-max.")
    first, last = every_day(settings, points)
    if times.published_min_s is not None:
        first = min(max(first, times.published_min_s // DAY_S - 1), last)
    if times.published_max_s is not None:
        last = min(last, times.published_max_s // DAY_S + 2)
    series = contents.series if contents else frozenset({INTERVAL})
    return Question(first, max(last, first + 1), series, contents=contents, times=times, page=_page(query))


def every_day(settings: Settings, points: Iterable[UsagePoint] = ()) -> tuple[int, int]:
    """The days on which there may be readings: those that are kept, up to today, wherever their meters are.

    points: whose readings; of several utilities the one that keeps longest counts. Without them, the setting does.
    """
    today = settings.clock.now_s() // DAY_S
    utilities = {point.utility_id: point.utility for point in points}.values()
    usual = today - settings.retention_years * _YEAR_DAYS - 2
    return min((retention.first_day(each, settings) for each in utilities), default=usual), today + 2


def page_query(query: Mapping[str, str], start: int) -> str:
    """The query of the page that begins at an entry, of the same feed."""
    kept = {name: query[name] for name in KNOWN if name in query and name != START}
    return urlencode({**kept, START: str(start)})


def _instant(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if _EPOCH.fullmatch(text):
        return int(text)
    try:
        return instant_s(text.replace(" ", "+"))  # a plus that was not encoded arrives as a blank
    except (BadInput, OverflowError) as err:
        raise BadInput(
            f"{name} must be an instant such as 2024-03-10T06:00:00Z, or epoch seconds.", detail=str(err)
        ) from err


def _page(query: Mapping[str, str]) -> Page:
    start = _number(query, START)
    if start == 0:
        raise BadInput(f"{START} begins with 1.")
    limits = [limit for limit in (_number(query, MOST), _number(query, DEPTH)) if limit is not None]
    return Page(start or 1, min(limits) if limits else None)


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise BadInput(f"{name} must be a whole number of nine digits at most.")
    return int(text)
