"""Download My Data and subscriptions as Atom: the whole feed of some usage points (`espi.feeds.feed`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from espi.feeds.feed import Feed
from espi.feeds.holding import Holding

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.feeds.question import Question
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach


def download(
    conn: Conn,
    reach: Reach,
    question: Question,
    usage_points: Sequence[UsagePoint],
    *,
    scope: str,
    settings: Settings,
) -> Iterator[bytes]:
    """The feed in pieces. scope: whose feed it is in hrefs, such as `RetailCustomer/100000000000001`.

    Only days within reach are in it. A series without a reading in the span is left out with its MeterReading. Read the
    pieces while the connection is open.
    """
    yield from Feed(conn, reach, question, usage_points, scope=scope, settings=settings)


def stamp(conn: Conn, reach: Reach, question: Question, usage_points: Sequence[UsagePoint]) -> int:
    """When something that a feed of this question shows last changed: its `updated`. 0 where there is nothing."""
    return max(
        (Holding.of(conn, reach, question, each).newest(conn, reach).updated_s for each in usage_points), default=0
    )
