"""Asking a meter for what it shows now: every state is told as it is."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from espi.errors import NotFound
from espi.store import directory, on_demand
from espi.store.tables import METADATA
from espi.web.site import EXTENSION, Site
from tests.journeys.conftest import Reader, World


def site_of(app: Flask) -> Site:
    found: Site = app.extensions[EXTENSION]
    return found


@pytest.fixture
def connected(app: Flask, ada: Reader) -> Reader:
    """Ada, where the utility takes requests."""
    table = METADATA.tables["utility"]
    with site_of(app).database.write() as conn:
        conn.execute(table.update().values(dialect={"on_demand": True}))
    return ada


def ask(reader: Reader, world: World) -> None:
    page = f"/usage/{world.home}/now"
    token = reader.get("/alerts").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert reader.post(page, csrf_token=token).status_code == 303


def under_way(app: Flask, world: World) -> on_demand.OnDemandRead:
    with site_of(app).database.read() as conn:
        (utility,) = directory.utilities(conn)
        home = directory.usage_point_ids(conn, utility.id, [world.home_esiid])[world.home_esiid]
        found = on_demand.on_its_way(conn, home, 0)
        assert found
        return found


def answer(app: Flask, world: World, *, early_s: int = 0) -> bool:
    read = under_way(app, world)
    now_s = site_of(app).now_s()
    with site_of(app).database.write() as conn:
        on_demand.advance(conn, read.usage_point_id, read.number, on_demand.SENT, now_s)
        return on_demand.answer(
            conn, read, read_s=now_s - early_s, value=12_345_678, uom=72, power_of_ten=0, now_s=now_s
        )


def test_a_utility_that_is_not_connected_is_said_to_be_so(ada: Reader, world: World) -> None:
    page = ada.get(f"/usage/{world.home}/now").text
    assert "Lone Star Wires has not connected its meter reading system" in page
    assert "Read my meter" not in page
    token = ada.get("/alerts").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert ada.post(f"/usage/{world.home}/now", csrf_token=token).status_code == 400


def test_a_request_is_asked_sent_and_answered(connected: Reader, app: Flask, world: World) -> None:
    page = f"/usage/{world.home}/now"
    assert "Read my meter" in connected.get(page).text
    ask(connected, world)
    told = connected.get(page).text
    assert ">Asked</span>" in told
    assert "Read my meter" not in told
    first = under_way(app, world).number
    ask(connected, world)
    assert under_way(app, world).number == first, "who asks again meanwhile gets the same"
    assert answer(app, world)
    told = connected.get(page).text
    assert ">Answered</span> <strong>12,345.678 kWh</strong>" in told
    assert "1 more answer within this hour" in told


def test_a_value_from_before_the_request_is_no_answer(connected: Reader, app: Flask, world: World) -> None:
    ask(connected, world)
    assert not answer(app, world, early_s=60)
    assert "The meter could not be read" in connected.get(f"/usage/{world.home}/now").text


def test_no_request_is_under_way_for_ever(connected: Reader, app: Flask, world: World) -> None:
    ask(connected, world)
    read = under_way(app, world)
    connected.wait(901)
    page = connected.get(f"/usage/{world.home}/now").text
    assert "No answer" in page
    assert "Read my meter" in page
    ask(connected, world)
    with site_of(app).database.write() as conn, pytest.raises(NotFound):
        on_demand.advance(conn, read.usage_point_id, read.number, on_demand.PENDING, 0)


def test_two_answers_an_hour_are_enough(connected: Reader, app: Flask, world: World) -> None:
    for _ in range(2):
        ask(connected, world)
        answer(app, world)
    page = connected.get(f"/usage/{world.home}/now").text
    assert "You can ask again at 1:00" in page
    assert "Read my meter" not in page
    ask(connected, world)
    assert "Not asked: two answers an hour are the limit" in connected.get(f"/usage/{world.home}/now").text


def test_what_a_request_is_carried_by_names_the_meter_and_nobody(connected: Reader, app: Flask, world: World) -> None:
    ask(connected, world)
    jobs = METADATA.tables["job"]
    with site_of(app).database.read() as conn:
        payloads = [row.payload for row in conn.execute(jobs.select().where(jobs.c.kind == "meter.read-now"))]
    assert [sorted(each) for each in payloads] == [["number", "usage_point"]]
    assert "ada" not in json.dumps(payloads)
