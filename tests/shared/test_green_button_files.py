"""Every shared Green Button file imports with all its readings and their sum, its costs and its summaries."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree

from espi.clock import Clock
from espi.config import Settings, load
from espi.day import ABSENT
from espi.intake.load import load_file
from espi.store.database import Database
from espi.store.form import heads, packed_days

FILES = sorted((Path(os.environ["ESPI_SHARED"]) / "data" / "green-button").glob("*.xml"))


@dataclass
class Sums:
    usage_points: int = 0
    readings: int = 0
    total: int = 0
    cost: int = 0


def in_file(path: Path) -> Sums:
    sums = Sums()
    for _, element in etree.iterparse(str(path), tag=["{*}IntervalReading", "{*}UsagePoint"]):
        if etree.QName(element).localname == "UsagePoint":
            sums.usage_points += 1
            continue
        sums.readings += 1
        sums.total += int(element.findtext("{*}value") or 0)
        sums.cost += int(element.findtext("{*}cost") or 0)
    return sums


def in_store(path: Path) -> Sums:
    sums = Sums()
    with sqlite3.connect(path) as conn:
        (sums.usage_points,) = conn.execute("SELECT count(*) FROM usage_point").fetchone()
        rows = conn.execute("SELECT day, 0, content FROM day_block").fetchall()
    totals = [head.total for head in heads((day, content) for day, _, content in rows)]
    for day, total in zip(packed_days(rows), totals, strict=True):
        block = day.block(0, 0)
        sums.readings += int((block.qualities != ABSENT).sum())
        sums.total += block.total
        sums.cost += 0 if block.costs is None else int(block.costs.sum())
        assert total == block.total
    return sums


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({}, home=tmp_path, clock=Clock.parse("2014-03-01T12:00:00Z"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_everything_is_there(settings: Settings, path: Path) -> None:
    database = Database(settings.database_url)
    database.migrate()
    report = load_file(database, path, path.name, settings=settings)
    expected = in_file(path)
    assert not report.refused
    assert (report.counts.values, report.counts.wh) == (expected.readings, expected.total)
    assert in_store(settings.home / "espi.sqlite") == expected
    renamed = load_file(database, path, "again.xml", settings=settings)
    assert renamed.counts.unchanged == report.counts.loaded
    assert load_file(database, path, path.name, settings=settings).again
    assert in_store(settings.home / "espi.sqlite") == expected
    database.close()
