"""What changed: a cursor over days of readings, each change of each day once, corrections included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espi.atom.links import Hrefs, block_path_id
from espi.clock import day_date, instant_text
from espi.feeds.contents import ALL, Contents, contents_of
from espi.feeds.question import INTERVAL
from espi.market.operation import AFTER, DAY, HREF, ID, INSTANT, LIMIT, NEXT, Ask, Operation, Reply
from espi.market.shapes import Listing, Record, Truth, Whole
from espi.oauth.tokens import scope_of
from espi.store import changes, channels, grants
from espi.store.grants import Authorization

if TYPE_CHECKING:
    from espi.store.changes import Change

CHANGE = Record(
    "Change",
    {
        "usage_point": ID,
        "meter_reading": ID,
        "day": DAY,
        "revision": Whole("1 when the day is first there, one more with each correction.", least=1),
        "updated": INSTANT,
        "corrected": Truth("Whether the day was there before."),
        "href": HREF,
    },
    doc="A local day of a series of readings that is new or was corrected. href: what to fetch.",
)
CHANGES = Record(
    "Changes",
    {"changes": Listing(CHANGE), "next": NEXT, "more": Truth("Whether there is more now, so that you may ask on.")},
)


def read_changes(ask: Ask) -> Reply:
    """The changes after a cursor, oldest first."""
    page = changes.changes(ask.conn, ask.reach, ask.given["after"], ask.given["limit"])
    opened = _Opened(ask)
    rows = [_row(ask, each, opened) for each in page.rows if opened.shows(each)]
    return Reply({"changes": rows, "next": page.next, "more": page.more})


class _Opened:
    """By which authorization the caller sees each usage point, and what that one's scope opens of it."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._own = ask.bearer.authorization
        self._granted = self._by_usage_point()
        self._shown: dict[int, set[int]] = {}

    def authorization(self, usage_point_id: int) -> Authorization:
        """The caller's own, or the latest grant that covers the usage point."""
        return self._granted.get(usage_point_id, self._own)

    def contents(self, usage_point_id: int) -> Contents:
        """What may be seen of a usage point."""
        through = self.authorization(usage_point_id)
        return contents_of(scope_of(through)) if through.kind == grants.CUSTOMER else ALL

    def shows(self, change: Change) -> bool:
        """Whether the series that changed may be seen."""
        point = change.usage_point_id
        if point not in self._shown:
            contents = self.contents(point)
            own = channels.channels(self._ask.conn, self._ask.reach, point)
            self._shown[point] = {each.path_id for each in own if contents.shows(each)}
        return change.channel in self._shown[point]

    def _by_usage_point(self) -> dict[int, Authorization]:
        ask, own = self._ask, self._own
        if own.kind == grants.CUSTOMER or not own.third_party_id:
            return {}
        granted = grants.authorizations(ask.conn, ask.reach, third_party_id=own.third_party_id)
        runs = [each for each in granted if each.status == grants.ACTIVE and each.starts_s <= ask.now_s < each.ends_s]
        return {point: each for each in runs for point in each.usage_points}


def _row(ask: Ask, change: Change, opened: _Opened) -> dict[str, object]:
    return {
        "usage_point": change.usage_point,
        "meter_reading": change.channel,
        "day": str(day_date(change.day)),
        "revision": change.revision,
        "updated": instant_text(change.updated_s),
        "corrected": change.corrected,
        "href": _href(ask, change, opened),
    }


def _href(ask: Ask, change: Change, opened: _Opened) -> str:
    """The block of the day, or where the scope is coarser than that, what changed of the usage point since then."""
    base = ask.settings.resource_url
    number = opened.authorization(change.usage_point_id).subscription_path_id
    if INTERVAL in opened.contents(change.usage_point_id).series:
        block = block_path_id(change.channel, change.day)
        return Hrefs(base, f"Subscription/{number}").interval_block(change.usage_point, change.channel, block)
    since = instant_text(change.updated_s)
    return f"{base}/Batch/Subscription/{number}/UsagePoint/{change.usage_point}?updated-min={since}"


OPERATIONS = (
    Operation(
        "GET",
        "/changes",
        "changes",
        "changes",
        "Which days of which series changed after a cursor.",
        read_changes,
        {200: CHANGES},
        action="change:read",
        reaches=True,
        doc="For a customer token, within its subscription; for a client token, within all that the client may see. "
        "Keep `next` and send it as `after`: each change comes once, corrections included.",
        parameters=(AFTER, LIMIT),
    ),
)
