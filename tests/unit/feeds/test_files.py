"""Downloads as files: every format tells the same energy, and no name tells whose it is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal

import pytest
from lxml import etree

from espi.errors import BadInput
from espi.feeds import FORMATS, Download, Question, download_as
from espi.store import directory
from tests import factories
from tests.function_block_rules import xpath
from tests.metered import FIRST_DAY, LAST_DAY, SCOPE, World

QUESTION = Question(FIRST_DAY, LAST_DAY + 1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("files"))
    world.fill()
    yield world
    world.database.close()


def made(world: World, wanted: str, name: str) -> tuple[Download, bytes]:
    with world.database.read() as conn:
        points = world.points(conn, name)
        download = download_as(wanted, conn, world.reach, QUESTION, points, scope=SCOPE, settings=world.settings)
        return download, b"".join(download.chunks)


def in_xml(text: bytes) -> tuple[int, int]:
    found = [int(each.text or "") for each in xpath(etree.fromstring(text), "//espi:IntervalReading/espi:value")]
    return len(found), sum(found)


def in_csv(text: bytes) -> tuple[int, int]:
    rows = list(csv.DictReader(io.StringIO(text.decode("ascii"), newline="")))
    return len(rows), int(sum(Decimal(row["USAGE_KWH"]) for row in rows) * 1000)


def in_json(text: bytes) -> tuple[int, int]:
    points = json.loads(text)["usage_points"]
    found = [reading["value"] for point in points for channel in point["channels"] for reading in channel["readings"]]
    return len(found), sum(found)


def in_lse(text: bytes) -> tuple[int, int]:
    rows = [line.split(",") for line in text.decode("ascii").splitlines() if line[:8] >= "10000000"]
    found = [Decimal(value) for row in rows for value in row[1::3] if value]
    return len(found), int(sum(found) * 1000)


@pytest.mark.parametrize("name", ["electricity", "solar", "two points"])
def test_every_format_has_the_same_readings(world: World, name: str) -> None:
    found = {
        read(made(world, wanted, name)[1])
        for wanted, read in {"xml": in_xml, "csv": in_csv, "json": in_json, "lse": in_lse}.items()
    }
    assert len(found) == 1


def test_gaps_are_left_out_of_every_format_that_can_say_so(world: World) -> None:
    found = {
        read(made(world, wanted, "odd")[1]) for wanted, read in {"xml": in_xml, "csv": in_csv, "json": in_json}.items()
    }
    assert len(found) == 1


@pytest.mark.parametrize("wanted", ["xml", "csv", "json"])
def test_a_file_is_named_after_its_days_and_nothing_personal(world: World, wanted: str) -> None:
    download, _ = made(world, wanted, "electricity")
    with world.database.read() as conn:
        (point,) = world.points(conn, "electricity")
    assert download.file_name == f"GreenButton_{point.path_id}_20141031-20141104.{wanted}"
    assert point.esiid not in download.file_name


def test_a_file_of_several_usage_points_is_named_after_its_holder(world: World) -> None:
    assert made(world, "xml", "two points")[0].file_name == "GreenButton_123456789012345_20141031-20141104.xml"


def test_an_lse_file_is_named_as_the_market_wants_it(world: World) -> None:
    download, text = made(world, "lse", "solar")
    assert download.file_name == "957877905IntervalData20141207185320001.lse"
    assert text.count(b"\n00000001,") + text.startswith(b"00000001,") == 2 * (LAST_DAY + 1 - FIRST_DAY)


def test_media_types_say_what_is_inside(world: World) -> None:
    types = {wanted: made(world, wanted, "electricity")[0].media_type.partition(";")[0] for wanted in FORMATS}
    assert types == {
        "xml": "application/atom+xml",
        "csv": "text/csv",
        "lse": "text/plain",
        "ha": "text/csv",
        "json": "application/json",
    }


def test_what_cannot_be_made_is_refused_before_anything_is_sent(world: World) -> None:
    with pytest.raises(BadInput, match="no format pdf"):
        made(world, "pdf", "solar")
    with world.database.read() as conn, pytest.raises(BadInput, match="no usage point"):
        download_as("csv", conn, world.reach, QUESTION, [], scope=SCOPE, settings=world.settings)
    with world.database.read() as conn:
        points = [*world.points(conn, "gas"), *world.points(conn, "water")]
        with pytest.raises(BadInput, match="one unit"):
            download_as("csv", conn, world.reach, QUESTION, points, scope=SCOPE, settings=world.settings)


def test_an_lse_file_is_of_one_utility(world: World) -> None:
    with world.database.write() as conn:
        other = directory.add_utility(conn, "Other Wires", "183529049", "America/Chicago")
        directory.add_usage_point(conn, other, "9", now_s=1)
        points = [
            *world.points(conn, "solar"),
            directory.usage_point(conn, factories.reach_of_utility(other), esiid="9"),
        ]
        with pytest.raises(BadInput, match="one utility"):
            download_as("lse", conn, world.reach, QUESTION, points, scope=SCOPE, settings=world.settings)
