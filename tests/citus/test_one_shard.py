"""On a Citus cluster whatever is asked of one usage point is asked of the one shard that it lies in, by EXPLAIN."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from espi.store import citus_copy, distribution, readings
from espi.store.database import Database
from tests import custodian, databases, factories, servers
from tests.custodian import Custodian
from tests.factories import NOW_S, TODAY
from tests.store_days import many_days

EXPLAINED = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
TASKS = re.compile(r"Task Count: (\d+)")

Asked = dict[str, Any]
"""Statements as the driver gets them, each once, with their parameters."""


@pytest.fixture(autouse=True)
def _on_the_cluster() -> None:
    databases.choose("citus")


@pytest.fixture
def asked() -> Iterator[Asked]:
    """What the driver is asked from now on."""
    found: Asked = {}

    class Recording(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **how: Any) -> Recording:
            found.setdefault(str(query), params)
            return super().execute(query, params, **how)

        def executemany(self, query: Any, params_seq: Any, **how: Any) -> None:
            rows = list(params_seq)
            found.setdefault(str(query), rows[0])
            super().executemany(query, rows, **how)

    def record(connection: Any, _record: object) -> None:
        if isinstance(connection, psycopg.Connection):
            connection.cursor_factory = Recording

    event.listen(Pool, "connect", record)
    yield found
    event.remove(Pool, "connect", record)


def tasks(url: str, asked: Mapping[str, Any]) -> dict[str, list[int]]:
    """In how many shards each statement looks."""
    found = {}
    with psycopg.connect(servers.plain(url), autocommit=True, cursor_factory=psycopg.ClientCursor) as conn:
        for statement, parameters in asked.items():
            if EXPLAINED.match(statement):
                plan = "\n".join(row[0] for row in conn.execute(f"EXPLAIN {statement}", parameters))
                found[statement] = [int(count) for count in TASKS.findall(plan)]
    return found


def wide(found: Mapping[str, Sequence[int]]) -> list[str]:
    return [statement for statement, counts in found.items() if any(count > 1 for count in counts)]


@pytest.fixture
def espi(asked: Asked, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Custodian]:
    filled = custodian.fill(tmp_path_factory.mktemp("filled"))
    with custodian.opened(filled, tmp_path) as found:
        asked.clear()
        yield found


def test_the_feeds_of_a_grant_look_in_one_shard(espi: Custodian, asked: Asked) -> None:
    subscription = f"/Subscription/{espi.grant.subscription_path_id}"
    for path in (f"/Batch{subscription}", f"{subscription}/UsagePoint"):
        assert espi.get(path, "A").status_code == 200
    found = tasks(espi.settings.database_url, asked)
    assert wide(found) == []
    assert any("day_block" in statement and counts == [1] for statement, counts in found.items())


def test_what_is_read_and_put_of_a_usage_point_is_in_one_shard(espi: Custodian, asked: Asked) -> None:
    point = espi.points[0]
    reach = factories.reach_of((point, TODAY - 30, TODAY + 1))
    with espi.database.write() as conn:
        for wh in (1, 2):
            readings.put_blocks(
                conn, [factories.block(point, TODAY, values=[wh] * 96, sent_s=NOW_S + wh)], file_id=wh, now_s=NOW_S + wh
            )
    with espi.database.read() as conn:
        assert len(list(readings.blocks(conn, reach, point, 4, TODAY - 5, TODAY + 1))) == 6
        assert len(list(readings.day_totals(conn, reach, point, 4, TODAY - 5, TODAY + 1))) == 6
        assert len(readings.versions(conn, reach, point, 4, TODAY)) == 2
    assert wide(tasks(espi.settings.database_url, asked)) == []


def test_the_shard_of_a_usage_point_is_the_one_that_the_server_names(espi: Custodian) -> None:
    ids = np.array([0, 1, 2, 77, 9_999_999, (1 << 31) - 1])
    with espi.database.read() as conn:
        found = [conn.exec_driver_sql(f"SELECT worker_hash({point})").scalar() for point in ids.tolist()]
    assert citus_copy.hashed(ids).tolist() == found


@pytest.mark.parametrize("fails", [False, True])
def test_days_sent_straight_to_the_shards_are_there_with_their_transaction(
    espi: Custodian, monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    monkeypatch.setattr(citus_copy, "FEWEST_A_SHARD", 1)
    days = many_days(range(1000, 1300), TODAY - 3)

    def put(database: Database, *, fails: bool) -> readings.PutResult:
        with database.write() as conn:
            result = readings.put_days(conn, days, file_id=9, now_s=NOW_S)
            if fails:
                raise RuntimeError("half-way")
        return result

    if fails:
        with pytest.raises(RuntimeError, match="half-way"):
            put(espi.database, fails=True)
    assert len(put(espi.database, fails=False).created) == 300
    assert len(put(espi.database, fails=False).unchanged) == 300
    reach = factories.reach_of((1007, TODAY - 5, TODAY))
    with espi.database.read() as conn:
        (block,) = readings.blocks(conn, reach, 1007, 4, TODAY - 5, TODAY)
    assert block.values.tolist() == days.values[7 * 96 : 8 * 96].tolist()


def test_it_is_told_how_the_tables_lie(espi: Custodian) -> None:
    with espi.database.read() as conn:
        found = distribution.distribution(conn)
    assert found is not None
    assert "tables distributed over" in found.summary
