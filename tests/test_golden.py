"""Golden files: what a suite's data and requests give, byte for byte (XML as canonical XML).

A suite is a folder of `tests/golden`: `settings.toml` (clock, utility, usage points, and blocks that LSE cannot say),
`data.lse`, `requests.txt` (a line a request: the name of the file expected, then its words) and `expected/`. After a
change that is meant, `ESPI_GOLDEN=write` writes them anew; the diff is then the thing to review.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree

from espi import config, feeds
from espi.atom import schema
from espi.clock import Clock, instant_s, parse_day, zone
from espi.day import ACTUAL_QUALITY, DayBlock
from espi.feeds import Question
from espi.intake.load import load_file
from espi.store import channels, directory, readings, summaries
from espi.store.channels import reading_type_for_lse
from espi.store.database import Conn, Database
from tests import databases, factories

GOLDEN = Path(__file__).parent / "golden"
SCOPE = "RetailCustomer/123456789012345"
WRITE = os.environ.get("ESPI_GOLDEN") == "write"


@dataclass(frozen=True)
class Request:
    """One line of a suite's `requests.txt`: `NAME.ENDING from=DAY to=DAY [series=S] [child_links=yes]`."""

    suite: str
    name: str
    words: Mapping[str, str]

    @property
    def ending(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def question(self) -> Question:
        return Question(
            parse_day(self.words["from"]),
            parse_day(self.words["to"]) + 1,
            series=feeds.series_of(self.words.get("series", "")),
            child_links=self.words.get("child_links") == "yes",
        )

    @property
    def expected(self) -> Path:
        return GOLDEN / self.suite / "expected" / self.name


def requests() -> Iterator[Request]:
    for path in sorted(GOLDEN.glob("*/requests.txt")):
        for line in path.read_text("utf-8").splitlines():
            name, *words = line.split()
            yield Request(path.parent.name, name, dict(word.split("=", 1) for word in words))


class Suite:
    """A suite's market, loaded into a database of its own."""

    def __init__(self, name: str, home: Path) -> None:
        facts = tomllib.loads((GOLDEN / name / "settings.toml").read_text("utf-8"))
        self.settings = config.load(
            databases.environment(home), home=home, clock=Clock(fixed_s=instant_s(facts["clock"])), log_level="ERROR"
        )
        self.now_s = self.settings.clock.now_s()
        self.database = Database(self.settings.database_url)
        self.database.migrate(secret=factories.SECRET)
        self.zone = zone(facts["utility"]["zone"])
        with self.database.write() as conn:
            self._fill(conn, facts)
        data = GOLDEN / name / "data.lse"
        if data.exists():
            named = f"{facts['utility']['duns']}IntervalData{facts['utility']['sent']}001.lse"
            report = load_file(self.database, data, named, settings=self.settings)
            assert report.counts.refused == 0, report.refused

    def answer(self, request: Request) -> bytes:
        with self.database.read() as conn:
            reach = factories.reach_of_utility(self.utility)
            points = directory.usage_points(conn, reach)
            made = feeds.download_as(
                request.ending, conn, reach, request.question, points, scope=SCOPE, settings=self.settings
            )
            return b"".join(made.chunks)

    def _fill(self, conn: Conn, facts: Mapping[str, Any]) -> None:
        utility = facts["utility"]
        self.utility = directory.add_utility(conn, utility["name"], utility["duns"], utility["zone"])
        for point in facts["usage_point"]:
            kinds = {int(number): kind for number, kind in point.pop("channels").items()}
            esiid = point.pop("esiid")
            key = directory.add_usage_point(conn, self.utility, esiid, now_s=self.now_s, **point)
            for number, kind in kinds.items():
                content = {**reading_type_for_lse(number), **kind}
                channels.add_interval_channel(conn, key, number, content, self.now_s)
        keys = directory.usage_point_ids(conn, self.utility, [block["esiid"] for block in facts.get("block", ())])
        blocks = [self._block(keys[block["esiid"]], block) for block in facts.get("block", ())]
        readings.put_blocks(conn, blocks, file_id=1, now_s=self.now_s)
        for bill in facts.get("usage_summary", ()):
            (key,) = directory.usage_point_ids(conn, self.utility, [bill["esiid"]]).values()
            days = parse_day(bill["from"]), parse_day(bill["to"]) + 1
            start_s, end_s = map(self.zone.day_start_s, days)
            content = {"billingPeriod": {"duration": end_s - start_s, "start": start_s}, **bill["content"]}
            summaries.put_usage_summary(conn, key, *days, content, now_s=self.now_s)

    def _block(self, usage_point_id: int, block: Mapping[str, Any]) -> DayBlock:
        day = parse_day(block["day"])
        values = np.array(block["values"], np.int64)
        qualities = np.array(block.get("qualities", [ACTUAL_QUALITY] * len(values)), np.uint8)
        return DayBlock(
            usage_point_id,
            block["channel"],
            day,
            self.zone.day_start_s(day),
            block["interval_s"],
            values,
            qualities,
            costs=np.array(block["costs"], np.int64) if "costs" in block else None,
            tou=np.array(block["tou"], np.uint8) if "tou" in block else None,
        )


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Suite]]:
    names = sorted({request.suite for request in requests()})
    loaded = {name: Suite(name, tmp_path_factory.mktemp(name)) for name in names}
    yield loaded
    for suite in loaded.values():
        suite.database.close()


def comparable(text: bytes, ending: str) -> bytes:
    """The text itself, or of XML the canonical form, each element on a line of its own."""
    if ending != "xml":
        return text
    tree = etree.fromstring(text, etree.XMLParser(remove_blank_text=True))
    etree.indent(tree, " ")
    return etree.tostring(tree, method="c14n2") + b"\n"


@pytest.mark.parametrize("request_", list(requests()), ids=lambda request: f"{request.suite}/{request.name}")
def test_a_request_gives_what_is_expected(suites: dict[str, Suite], request_: Request) -> None:
    answer = suites[request_.suite].answer(request_)
    found = comparable(answer, request_.ending)
    if request_.ending == "xml":
        assert schema.validate(answer) == []
    if WRITE:
        request_.expected.parent.mkdir(exist_ok=True)
        request_.expected.write_bytes(found)
    assert found == request_.expected.read_bytes()


def test_no_expected_file_is_left_over() -> None:
    assert set(GOLDEN.glob("*/expected/*")) == {request.expected for request in requests()}
