"""Two machines share one database and nothing else: whoever is answered by the one goes on with the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from espi.app import create_app
from espi.clock import FOREVER, parse_day
from espi.config import Settings
from espi.store import clients, directory, grants, tokens
from espi.store.database import Database
from tests import databases, factories
from tests.journeys.conftest import ORIGIN, Reader, World

FEED = "/espi/1_1/resource/Batch/Subscription/{}"


@pytest.fixture
def machines(world: World, settings: Settings, tmp_path: Path) -> Iterator[tuple[Flask, Flask]]:
    """Two servers with home folders of their own."""
    databases.restore(world.saved, settings.home).close()
    made = []
    for name in ("first", "second"):
        home = tmp_path / name
        home.mkdir()
        database = Database(settings.database_url)
        made.append((create_app(replace(settings, home=home), database=database), database))
    yield made[0][0], made[1][0]
    for _app, database in made:
        database.close()


def test_a_session_and_its_forms_go_on_with_the_other_machine(machines: tuple[Flask, Flask]) -> None:
    first, second = machines
    reader = Reader(first)
    reader.log_in("ada")
    reader.client.application = second
    assert reader.get("/").status_code == 200
    page = reader.get("/").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    reader.client.application = first
    assert reader.post("/logout", csrf_token=token).status_code == 303
    reader.client.application = second
    assert reader.get("/").status_code == 303, "what one machine ends, the other ends too"


def test_a_token_of_one_machine_opens_the_other_and_its_end_is_known_at_once(
    machines: tuple[Flask, Flask], settings: Settings
) -> None:
    first, second = machines
    database = Database(settings.database_url)
    token, subscription, key = _granted(database, settings)
    headers = {"Authorization": f"Bearer {token}"}
    for machine in machines:
        answer = machine.test_client().get(FEED.format(subscription), base_url=ORIGIN, headers=headers)
        assert answer.status_code == 200
        assert b"IntervalBlock" in answer.data
    with database.write() as conn:
        grants.set_authorization_status(conn, key, grants.REVOKED, now_s=settings.clock.now_s())
        tokens.revoke_authorization(conn, key, settings.clock.now_s())
    for machine in (second, first):
        answer = machine.test_client().get(FEED.format(subscription), base_url=ORIGIN, headers=headers)
        assert answer.status_code == 401
    database.close()


def _granted(database: Database, settings: Settings) -> tuple[str, int, int]:
    """A grant of Ada's home: its access token, its subscription and its id."""
    now_s = settings.clock.now_s()
    with database.write() as conn:
        third_party = grants.add_third_party(conn, "Kilowatt Diary", grants.PRODUCTION, now_s=now_s)
        client = clients.add_client(conn, role="third_party", party_id=third_party, kind="main", now_s=now_s)
        utility = directory.utility_by_duns(conn, factories.DUNS)
        assert utility is not None
        home = directory.usage_point_ids(conn, utility.id, ["10443720000000017"])["10443720000000017"]
        ada = int(factories.tenant_of(conn, home, factories.TODAY))
        spans = [(home, parse_day("2025-05-01"), FOREVER)]
        key = grants.add_authorization(
            conn,
            third_party,
            ada,
            spans,
            scope="FB=1_3_4_5_31_37;IntervalDuration=900;BlockDuration=daily;HistoryLength=34128000",
            starts_s=now_s,
            ends_s=now_s + 86400,
            now_s=now_s,
            client_id=client.id,
        )
        token = tokens.issue(
            conn,
            kind="access",
            authorization_id=key,
            client_id=client.id,
            family="family",
            binding="",
            issued_s=now_s,
            expires_s=now_s + 3600,
        )
        return token, grants.authorization(conn, key).subscription_path_id, key
