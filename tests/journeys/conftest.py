from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from espi.app import create_app
from espi.clock import Clock, parse_day
from espi.config import Settings
from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY, GENERATION, LOAD
from espi.store import directory, identity, people, readings
from espi.web.site import EXTENSION, Site
from tests import databases, factories

ORIGIN = "https://localhost"
PASSWORD = "correct horse battery staple"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
MOVED_IN = parse_day("2025-03-01")
FIRST_DAY = parse_day("2025-02-20")
REP_FROM, REP_UNTIL = parse_day("2025-04-01"), parse_day("2025-05-01")
MIXED_DAY = parse_day("2025-06-10")


@dataclass(frozen=True)
class World:
    """Path ids and ESIIDs of the usage points that the stories are about, and the database they are in."""

    saved: databases.Saved
    home: int
    home_esiid: str
    neighbour: int


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Ada's solar home, where Grace lived before her; Grace's flat next door; a REP, a utility's clerk, a regulator."""
    folder = tmp_path_factory.mktemp("world")
    database = databases.empty(folder)
    with database.write() as conn:
        utility = factories.utility(conn)
        home = directory.add_usage_point(
            conn, utility, "10443720000000017", now_s=factories.NOW_S, title="12 Analytical Way"
        )
        for number in (LOAD, GENERATION):
            directory.add_interval_channel(conn, home, number, directory.reading_type_for_lse(number), factories.NOW_S)
        flat = factories.usage_point(conn, utility, esiid="10443720000000099")
        grace = factories.tenant(conn, home, parse_day("2024-01-01"), name="Grace Hopper")
        directory.add_tenancy(conn, flat, grace, MOVED_IN)
        ada = factories.tenant(conn, home, MOVED_IN)
        rep = factories.rep(conn)
        directory.switch_rep(conn, home, rep, REP_FROM, REP_UNTIL)
        factories.fill(conn, flat, FIRST_DAY, factories.TODAY)
        factories.fill(conn, home, FIRST_DAY, MIXED_DAY)
        factories.fill(conn, home, MIXED_DAY + 1, factories.TODAY)
        factories.fill(conn, home, FIRST_DAY, factories.TODAY, channel=GENERATION)
        qualities = [ESTIMATED_QUALITY] * 4 + [ABSENT] * 8 + [ACTUAL_QUALITY] * 84
        mixed = factories.block(home, MIXED_DAY, qualities=qualities)
        readings.put_blocks(conn, [mixed], file_id=2, now_s=factories.NOW_S)
        people.add_login(conn, "ada", PASSWORD, "customer", ada)
        people.add_login(conn, "grace", PASSWORD, "customer", grace, totp_secret=TOTP_SECRET, language="es")
        people.add_login(conn, "bluebonnet", PASSWORD, "rep", rep)
        people.add_login(conn, "clerk", PASSWORD, "tdsp", utility)
        people.add_login(conn, "regulator", PASSWORD, "regulator", 1)
        names = (f"usage-point/{factories.DUNS}/{esiid}" for esiid in ("10443720000000017", "10443720000000099"))
        home_path, flat_path = (identity.path_id_for(conn, name) for name in names)
    database.close()
    return World(databases.save(folder), home_path, "10443720000000017", flat_path)


@pytest.fixture
def app(world: World, settings: Settings) -> Iterator[Flask]:
    """The server over a copy of that world."""
    database = databases.restore(world.saved, settings.home)
    yield create_app(settings, database=database)
    database.close()


class Reader:
    """Somebody with a browser that keeps cookies."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: Client = app.test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, base_url=ORIGIN, headers=headers, buffered=True)

    def post(self, path: str, **fields: str) -> TestResponse:
        return self.client.post(path, base_url=ORIGIN, data=fields)

    def fill_in(self, page: str, target: str, **fields: str) -> TestResponse:
        """Load a page and send one of its forms."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert token, page
        return self.post(target, csrf_token=token[1], **fields)

    def log_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        return self.fill_in("/login", "/login", login=name, password=password)

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        site: Site = self.app.extensions[EXTENSION]
        later = Clock(fixed_s=site.now_s() + seconds)
        self.app.extensions[EXTENSION] = replace(site, settings=replace(site.settings, clock=later))


@pytest.fixture
def reader(app: Flask) -> Reader:
    """Somebody who has not logged in."""
    return Reader(app)


@pytest.fixture
def ada(reader: Reader) -> Reader:
    """Ada, logged in."""
    assert reader.log_in("ada").status_code == 303
    return reader
