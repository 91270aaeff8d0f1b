"""Feeds in bulk: the one-day feeds of very many meters in files, and a year put together of packed months.

CPU time of one process throughout, the median of rounds; SQLite. One meter in a hundred has an estimated day. That the
fast ways say what the plain ones say is checked first, byte for byte. How long seven million meters take two processes
is calculated from the measured rate of one.
"""

from __future__ import annotations

import gzip
import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from isal import isal_zlib

from espi import config, log
from espi.access import Role
from espi.atom.links import Hrefs
from espi.clock import FOREVER, Clock, parse_day, zone
from espi.config import Settings
from espi.day import ACTUAL_QUALITY, ESTIMATED_QUALITY, LOAD, DayColumns
from espi.delivery.bulk_part import Order, write_part
from espi.feeds import Feed, PointEntries, Question
from espi.feeds.fragments import Fragments
from espi.feeds.one_day import DayEntries, Measured, measured
from espi.store import day_reads, directory, parties, readings
from espi.store.database import Conn, Database
from espi.store.reach import Reach

METERS, ALIKE, ROUNDS = 10_000, 400, 5
ESTIMATED_SHARE = 0.01
YEAR_METERS, YEAR_DAYS = 8, 365
SEVEN_MILLION, PROCESSES = 7_000_000, 2
PLACE = zone("America/Chicago")
DAY = parse_day("2026-06-01")
NOW_S = PLACE.day_start_s(DAY + 2)
SCOPE = "Subscription/123456789012345"

Figures = dict[str, tuple[float, str]]


@dataclass(frozen=True)
class World:
    """A utility of many meters with one day each, a REP that serves them, and some meters with a year."""

    settings: Settings
    database: Database
    rep: int
    year: Sequence[int]


def figures() -> Figures:
    """Everything this module measures."""
    log.configure("ERROR")
    with tempfile.TemporaryDirectory() as folder:
        world = _world(Path(folder))
        found = _bulk(world) | _year(world)
        world.database.close()
    return found


def _bulk(world: World) -> Figures:
    """The feeds of a day: rendered and packed, and as files with all that goes with them."""
    order = Order(Role.rep, world.rep, DAY)
    with world.database.read() as conn:
        slices = list(order.slices(conn, world.settings))
        reach = order.reach(conn, world.settings)
        whole = [measured(conn, reach, day_reads.Range(*each, DAY)) for each in slices]
        _same(conn, reach, world.settings, whole[0][:ALIKE])
        hrefs = Hrefs(world.settings.resource_url, SCOPE)

        def made() -> None:
            for some in whole:
                _packed(DayEntries(conn, reach, hrefs, DAY).of(some))

        def written() -> int:
            sizes = 0
            for first, last in slices:
                with tempfile.TemporaryFile(dir=world.settings.home) as out:
                    sizes += write_part(conn, world.settings, order, first, last, out)["bytes"]
            return sizes

        rendered_s, files_s = _median_s(made), _median_s(written)
        sizes = written()
    files_per_s = METERS / files_s
    return {
        "feeds.one_day_per_s_per_core": (METERS / rendered_s, "meters' days/s, rendered and packed"),
        "feeds.bulk_per_s_per_core": (files_per_s, "meters' days/s, from the store to signed files"),
        "feeds.seven_million_minutes": (
            SEVEN_MILLION / files_per_s / PROCESSES / 60,
            f"minutes of {PROCESSES} processes, calculated from the rate of one",
        ),
        "feeds.bulk_bytes_per_meter": (sizes / METERS, "bytes a meter and day in packed files"),
    }


def _same(conn: Conn, reach: Reach, settings: Settings, some: Sequence[Measured]) -> None:
    """The feeds of a day say what each usage point's feed says by itself."""
    hrefs = Hrefs(settings.resource_url, SCOPE)
    plain = PointEntries(conn, reach, hrefs)
    text = b"".join(piece for each in some for piece in plain.of(each.point, Question(DAY, DAY + 1)))
    assert b"".join(DayEntries(conn, reach, hrefs, DAY).of(some)) == text


def _year(world: World) -> Figures:
    """A year of a meter, made anew and put together of months; both from the store to the last byte."""
    kept, none = Fragments(1 << 30), Fragments(0)
    with world.database.read() as conn:
        reach = Order(Role.rep, world.rep, DAY).reach(conn, world.settings)
        asked = Question(DAY - YEAR_DAYS, DAY)
        points = [point for point in directory.usage_points(conn, reach) if point.id in world.year]

        def feeds(months: Fragments) -> list[Feed]:
            return [
                Feed(conn, reach, asked, [point], scope=SCOPE, settings=world.settings, kept=months) for point in points
            ]

        for old, new in zip(feeds(none), feeds(kept), strict=True):
            assert gzip.decompress(b"".join(new.gzip())) == b"".join(old)
        anew_s = _median_s(lambda: [_packed(feed) for feed in feeds(none)])
        kept_s = _median_s(lambda: [b"".join(feed.gzip()) for feed in feeds(kept)])
    return {
        "feeds.year_fragments_ratio": (anew_s / kept_s, "times faster than rendered and packed anew, stamp and all"),
        "feeds.year_fragments_ms": (kept_s / YEAR_METERS * 1000, "ms"),
        "feeds.month_kept_bytes": (kept.bytes / len(kept), "bytes a meter and month in memory"),
    }


def _packed(pieces: Iterable[bytes | memoryview]) -> str:
    """Pack a feed as it comes, and tell its hash."""
    packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, 31)
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(packer.compress(piece))
    digest.update(packer.flush())
    return digest.hexdigest()


def _median_s(way: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        way()
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def _world(home: Path) -> World:
    """The store that all of it is read from."""
    settings = config.load({}, home=home, clock=Clock(fixed_s=NOW_S), database_url=f"sqlite:///{home / 'feeds.sqlite'}")
    database = Database(settings.database_url)
    database.migrate()
    with database.write() as conn:
        utility = directory.add_utility(conn, "Lone Star Wires", "957877905", PLACE.name)
        rep = parties.add_rep(conn, "Bluebonnet Power", "123456789", "10123")
        esiids = [f"1044372{number:010d}" for number in range(METERS)]
        directory.add_usage_points(conn, utility, esiids, now_s=NOW_S)
        points = sorted(directory.usage_point_ids(conn, utility, esiids).values())
        directory.add_interval_channels(conn, points, LOAD, directory.reading_type_for_lse(LOAD), NOW_S)
        for point in points:
            directory.switch_rep(conn, point, rep, DAY - YEAR_DAYS - 9, FOREVER)
        year = points[:YEAR_METERS]
        for day in range(DAY - YEAR_DAYS, DAY):
            readings.put_days(conn, _days(year, day), file_id=1, now_s=NOW_S)
        readings.put_days(conn, _days(points, DAY), file_id=1, now_s=NOW_S)
    return World(settings, database, rep, year)


def _days(points: Sequence[int], day: int) -> DayColumns:
    """A day of meters: gamma-distributed loads around 200 Wh in a quarter of an hour."""
    many, count, source = len(points), PLACE.quarter_hours(day), np.random.default_rng(day)
    values = source.gamma(1.2, 170, (many, count)).astype(np.int64)
    guessed = source.random(many) < ESTIMATED_SHARE
    codes = np.repeat(np.where(guessed, ESTIMATED_QUALITY, ACTUAL_QUALITY).astype(np.uint8), count)
    alike = {"day": day, "channel": LOAD, "start_s": PLACE.day_start_s(day), "interval_s": 900, "count": count}
    return DayColumns(
        usage_point_id=np.array(points),
        first=np.arange(many) * count,
        values=values.ravel(),
        codes=codes,
        total=values.sum(1),
        estimated=np.where(guessed, count, 0),
        absent=np.zeros(many, np.int64),
        sent_s=np.full(many, NOW_S),
        **{name: np.full(many, value) for name, value in alike.items()},
    )
