"""Told of one's own use: what is set, found by night, mailed, listed, and turned off with one click."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from flask import Flask

from espi import jobs
from espi.clock import DAY_S
from espi.delivery import alerts as nightly
from espi.jobs import Context
from espi.store import directory, people, readings, silent
from espi.store import jobs as outbox
from espi.store.completeness import Bounds
from espi.store.database import Conn
from espi.web.site import EXTENSION, Site
from tests import factories
from tests.journeys.conftest import ORIGIN, PASSWORD, Reader, World

MAIL = "ada@example.org"
YESTERDAY = factories.TODAY - 1
DAY_KWH = sum(range(100, 196)) / 1000


def site_of(app: Flask) -> Site:
    found: Site = app.extensions[EXTENSION]
    return found


def home_id(conn: Conn, world: World) -> int:
    (utility,) = directory.utilities(conn)
    return directory.usage_point_ids(conn, utility.id, [world.home_esiid])[world.home_esiid]


def put(app: Flask, world: World, day: int, value: int) -> None:
    """A day of Ada's, corrected to the same value throughout."""
    with site_of(app).database.write() as conn:
        block = factories.block(home_id(conn, world), day, values=[value] * 96, sent_s=factories.NOW_S + day)
        readings.put_blocks(conn, [block], file_id=5, now_s=factories.NOW_S)


def look(app: Flask) -> int:
    """The night's look; how many were told."""
    site = site_of(app)
    context = Context(site.settings, site.database)
    with site.database.write() as conn:
        job = outbox.add_job(conn, nightly.KIND, {}, now_s=site.now_s())
    jobs.run_due(context)
    with site.database.read() as conn:
        return int(outbox.job_by_path_id(conn, job.path_id).result["told"])


def mails(app: Flask) -> list[str]:
    """The mails that were sent, as files."""
    folder = site_of(app).settings.home / "mail"
    return [path.read_text("utf-8") for path in sorted(folder.glob("*.eml"), key=lambda path: int(path.stem))]


@pytest.fixture
def mailed(app: Flask, world: World) -> Reader:
    """Ada, with a login that is her mail address."""
    with site_of(app).database.write() as conn:
        ada = factories.tenant_of(conn, home_id(conn, world), YESTERDAY)
        people.add_login(conn, MAIL, PASSWORD, "customer", ada, language="es")
    reader = Reader(app)
    reader.log_in(MAIL)
    return reader


def wish(reader: Reader, world: World, **fields: str) -> Any:
    return reader.fill_in("/alerts", f"/alerts/{world.home}", **fields)


def test_a_day_above_the_limit_is_told_once_in_the_customers_language(mailed: Reader, app: Flask, world: World) -> None:
    assert wish(mailed, world, day="1", **{"day-most": "14"}).status_code == 303
    assert look(app) == 3
    assert look(app) == 0
    text = mails(app)[-1]
    assert "Content-Language: es" in text
    page = mailed.get("/alerts?language=en").text
    assert page.count("A day above your limit") == 3
    assert f"{DAY_KWH:.1f} kWh on June 14, 2025; your limit is 14.0 kWh" in page
    assert 'value="14"' in page


def test_a_day_below_the_limit_is_not_worth_a_mail(mailed: Reader, app: Flask, world: World) -> None:
    wish(mailed, world, day="1", **{"day-most": "15"})
    assert look(app) == 0
    assert mails(app) == []


def test_a_month_above_its_limit_is_told_once_in_the_month(mailed: Reader, app: Flask, world: World) -> None:
    wish(mailed, world, month="1", **{"month-most": "100"})
    assert [look(app), look(app)] == [1, 0]
    assert "in June 2025 by June 15, 2025; your limit is 100.0 kWh" in mailed.get("/alerts?language=en").text


def test_a_day_much_above_its_weekdays_is_unusual(mailed: Reader, app: Flask, world: World) -> None:
    wish(mailed, world, unusual="1")
    assert look(app) == 0
    put(app, world, YESTERDAY, 300)
    assert look(app) == 1
    page = mailed.get("/alerts?language=en").text
    assert f"28.8 kWh on June 14, 2025; on the same weekday it is {DAY_KWH:.1f} kWh as a rule" in page


def test_a_meter_that_falls_silent_is_told_of(mailed: Reader, app: Flask, world: World) -> None:
    wish(mailed, world, silent="1")
    assert look(app) == 0
    mailed.wait(4 * DAY_S)
    bounds = [Bounds(day, day * DAY_S, day * DAY_S + DAY_S, 0) for day in (factories.TODAY, factories.TODAY + 3)]
    with site_of(app).database.write() as conn:
        silent.put_silent(conn, 1, *bounds, site_of(app).now_s())
    assert [look(app), look(app)] == [1, 0]
    assert "Desde el 2025-06-15" in " ".join(mails(app)[-1].split()) or "Subject: No llegan lecturas" in mails(app)[-1]


def test_the_link_of_a_mail_turns_that_alert_off_without_a_login(mailed: Reader, app: Flask, world: World) -> None:
    wish(mailed, world, day="1", silent="1", **{"day-most": "14"})
    look(app)
    headers = mails(app)[-1]
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in headers
    path = re.search(r"List-Unsubscribe:\s+<https://localhost:8443(/alerts/off/[^>]+)>", headers)
    assert path
    stranger = Reader(app)
    assert "Turn this alert off?" in stranger.get(path[1], Cookie="").text
    assert 'name="day" value="1" checked' in mailed.get("/alerts").text
    assert stranger.client.post(path[1], base_url=ORIGIN, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    page = mailed.get("/alerts").text
    assert 'name="day" value="1" checked' not in page
    assert 'name="silent" value="1" checked' in page


def test_a_link_that_we_did_not_sign_turns_nothing_off(app: Flask, reader: Reader) -> None:
    for token in ("1-1-day-" + "0" * 32, "nonsense", "1-1-day-ñ"):
        assert reader.get(f"/alerts/off/{token}").status_code == 404


def test_who_moved_out_is_told_nothing_more(mailed: Reader, app: Flask, world: World) -> None:
    wish(mailed, world, day="1", **{"day-most": "14"})
    with site_of(app).database.write() as conn:
        directory.move_out(conn, home_id(conn, world), YESTERDAY - 5)
    assert look(app) == 0


@pytest.mark.parametrize("most", ["", "-3", "0", "many", "nan", "1e99"])
def test_a_limit_is_a_number_above_nothing(ada: Reader, world: World, most: str) -> None:
    assert wish(ada, world, day="1", **{"day-most": most}).status_code == 400


def test_without_an_address_alerts_stand_on_the_page_alone(ada: Reader, app: Flask, world: World) -> None:
    assert "We have no mail address of yours" in ada.get("/alerts").text
    wish(ada, world, day="1", **{"day-most": "14"})
    assert look(app) == 3
    assert mails(app) == []
    assert "mailed" not in ada.get("/alerts").text
    assert ada.get("/alerts").text.count("A day above your limit") == 3


def test_another_customers_meter_cannot_be_watched(ada: Reader, world: World) -> None:
    assert ada.fill_in("/alerts", f"/alerts/{world.neighbour}", silent="1").status_code == 404


def test_gaps_are_no_unusual_days(mailed: Reader, app: Flask, world: World) -> None:
    wish(mailed, world, unusual="1")
    with site_of(app).database.write() as conn:
        block = factories.block(home_id(conn, world), YESTERDAY, qualities=[255] * 96, sent_s=factories.NOW_S + 9)
        readings.put_blocks(conn, [replace(block, values=np.zeros(96, np.int64))], file_id=6, now_s=factories.NOW_S)
    assert look(app) == 0
