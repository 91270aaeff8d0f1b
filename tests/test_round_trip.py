"""What we write we can read: a feed that is loaded elsewhere and downloaded again says the same of every reading."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from espi import config, feeds
from espi.clock import Clock
from espi.feeds import Question
from espi.intake.load import load_file
from espi.store import directory
from espi.store.database import Database
from tests import databases, factories
from tests.function_block_rules import Element, entries, xpath
from tests.metered import FIRST_DAY, LAST_DAY, NOW_S, SCOPE, World

QUESTION = Question(FIRST_DAY, LAST_DAY + 1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("first"))
    world.fill()
    yield world
    world.database.close()


def said(feed: bytes) -> list[str]:
    """Each reading, each bill and each reading type as canonical text, whatever its ids."""
    tree = etree.fromstring(feed)
    return sorted(
        etree.tostring(each, method="c14n", exclusive=True, with_tail=False).decode()
        for path in ("IntervalReading", "UsageSummary", "ElectricPowerQualitySummary", "ReadingType")
        for each in xpath(tree, f"//espi:{path}")
    )


def loaded_elsewhere(feed: bytes, home: Path) -> bytes:
    """The feed of another installation that knows nothing but the file."""
    settings = config.load(databases.environment(home), home=home, clock=Clock(fixed_s=NOW_S), log_level="ERROR")
    database = Database(settings.database_url)
    database.migrate()
    report = load_file(database, io.BytesIO(feed), "download.xml", settings=settings)
    assert (report.code, list(report.refused)) == ("", [])
    with database.read() as conn:
        (utility,) = directory.utilities(conn)
        reach = factories.reach_of_utility(utility.id)
        points = directory.usage_points(conn, reach)
        again = b"".join(feeds.download(conn, reach, QUESTION, points, scope=SCOPE, settings=settings))
    database.close()
    return again


@pytest.mark.parametrize(
    "name", ["electricity", "solar", "bills", "quality", "cost", "net", "gas", "water", "odd", "two points"]
)
def test_a_feed_survives_the_way_through_another_installation(world: World, tmp_path: Path, name: str) -> None:
    feed = world.feed(name, QUESTION)
    again = loaded_elsewhere(feed, tmp_path)
    assert said(again) == said(feed)
    assert counts(etree.fromstring(again)) == counts(etree.fromstring(feed))


def counts(feed: Element) -> dict[str, int]:
    return {name: len(entries(feed, name)) for name in ("UsagePoint", "MeterReading", "IntervalBlock", "UsageSummary")}
