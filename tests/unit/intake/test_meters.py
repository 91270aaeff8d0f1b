"""Which usage point an ESIID is, whether a process knows it already or has to ask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espi.intake import meters
from espi.intake.cut import Blocks
from espi.intake.lse import read_block
from espi.intake.meters import KnownMeters, known_meters
from espi.store import directory
from espi.store.database import Database
from espi.store.meter_map import Meters
from tests.unit.intake.lse_samples import NOW_S, RULES, block_text

DUNS = "957877905"
WITH_LOAD, WITH_BOTH, WITH_NONE, NOBODY = "10443720000000001", "1008901000000000000042", "X9", "10443720000000009"


def blocks(*keys: tuple[str, str]) -> Blocks:
    """A block for each ESIID and channel."""
    return Blocks.of(
        [item for esiid, channel in keys for item in read_block(block_text(esiid, channel=channel), 1, RULES)]
    )


EVERY = blocks(*((esiid, channel) for esiid in (WITH_LOAD, WITH_BOTH, WITH_NONE, NOBODY) for channel in "41"))


@pytest.fixture
def utility_id(database: Database) -> int:
    with database.write() as conn:
        key = directory.add_utility(conn, "Lone Star Wires", DUNS, "America/Chicago")
        for esiid, channels in ((WITH_LOAD, (4,)), (WITH_BOTH, (1, 4)), (WITH_NONE, ())):
            point = directory.add_usage_point(conn, key, esiid, now_s=NOW_S)
            for number in channels:
                directory.add_interval_channel(conn, point, number, directory.reading_type_for_lse(number), NOW_S)
    return key


def found(database: Database, known: KnownMeters) -> tuple[list[int], list[bool]]:
    with database.read() as conn:
        ids, provisioned = known.find(conn, EVERY)
    return ids.tolist(), provisioned.tolist()


@pytest.mark.parametrize("expected", [0, 1_000_000])
def test_a_meter_is_found_whether_it_was_read_before_or_is_asked_for(
    database: Database, utility_id: int, expected: int
) -> None:
    known = known_meters(database, utility_id)
    with database.read() as conn:
        ids = directory.usage_point_ids(conn, utility_id, [WITH_LOAD, WITH_BOTH, WITH_NONE])
        known.expect(conn, expected)
    for _ in range(2):
        points, provisioned = found(database, known)
        assert points == [ids.get(esiid.decode(), 0) for esiid in EVERY.esiid.tolist()]
        assert provisioned == [True, False, True, True, False, False, False, False]


def test_what_comes_later_is_found_later(database: Database, utility_id: int) -> None:
    known = known_meters(database, utility_id)
    with database.read() as conn:
        known.expect(conn, 1_000_000)
    assert found(database, known)[0][-1] == 0
    with database.write() as conn:
        point = directory.add_usage_point(conn, utility_id, NOBODY, now_s=NOW_S)
        directory.add_interval_channel(conn, point, 1, directory.reading_type_for_lse(1), NOW_S)
        directory.add_interval_channel(
            conn,
            directory.usage_point_ids(conn, utility_id, [WITH_NONE])[WITH_NONE],
            4,
            directory.reading_type_for_lse(4),
            NOW_S,
        )
    points, provisioned = found(database, known)
    assert points[-2:] == [point, point]
    assert provisioned == [True, False, True, True, True, False, False, True]


def test_a_meter_of_another_utility_is_not_found(database: Database, utility_id: int) -> None:
    with database.write() as conn:
        other = directory.add_utility(conn, "Others", "123456789", "America/Chicago")
    assert found(database, known_meters(database, other)) == ([0] * 8, [False] * 8)


def test_all_meters_are_read_in_parts(database: Database, utility_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters, "READ_AT_ONCE", 2)
    known = known_meters(database, utility_id)
    with database.read() as conn:
        known.expect(conn, 1_000_000)
    assert found(database, known)[1] == [True, False, True, True, False, False, False, False]


@given(st.lists(st.dictionaries(st.integers(1, 99), st.integers(0, 3), max_size=20), max_size=8))
def test_what_was_learned_in_parts_is_known_as_a_whole(parts: list[dict[int, int]]) -> None:
    known, plain = KnownMeters(1), dict[int, int]()
    for part in parts:
        esiids = np.array([b"%d" % (7 * key) for key in part], np.bytes_)
        known.learn(Meters(esiids, np.array([*part], np.int64), np.array([*part.values()], np.uint8)))
        for key, channels in part.items():
            plain[key] = plain.get(key, 0) | channels
    asked = np.array([b"%d" % (7 * key) for key in range(1, 120)])
    ids, channels = known.known(asked)
    assert ids.tolist() == [key if key in plain else 0 for key in range(1, 120)]
    assert channels.tolist() == [plain.get(key, 0) for key in range(1, 120)]
