"""Downloads of the demonstration market keep to the schema, and together to the rules of every function block."""

from __future__ import annotations

from lxml import etree

from espi import feeds
from espi.atom import schema
from espi.clock import parse_day
from espi.feeds import Question, series_of
from espi.store import directory
from tests import factories
from tests.function_block_rules import failures
from tests.metered import SCOPE
from tests.unit.demo.conftest import Market

BLOCKS = frozenset({1, 4, 5, 7, 8, 9, 10, 11, 12, 15, 16})
ALWAYS = frozenset({1, 4})
FROM, UNTIL = parse_day("2026-10-30"), parse_day("2026-11-04")
"""Around a bill and the day of 25 hours."""


def test_every_usage_point_gives_a_valid_feed_and_every_function_block_is_there(market: Market) -> None:
    kept: set[int] = set()
    with market.database.read() as conn:
        for utility in directory.utilities(conn):
            reach = factories.reach_of_utility(utility.id)
            for point in directory.usage_points(conn, reach):
                for series in ("interval", "all"):
                    question = Question(FROM, UNTIL, series=series_of(series))
                    feed = b"".join(
                        feeds.download(conn, reach, question, [point], scope=SCOPE, settings=market.settings)
                    )
                    assert schema.validate(feed) == []
                    root = etree.fromstring(feed)
                    kept_here = {block for block in BLOCKS if not failures(root, block)}
                    if len(root.findall(".//{*}IntervalBlock")):
                        assert kept_here >= ALWAYS, point.esiid
                    kept |= kept_here
    assert kept == BLOCKS
