"""A utility, the regulator and a customer learn what has come in, and what has not."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from espi.clock import DAY_S
from espi.intake import completeness as counting
from espi.store import directory, readings
from espi.store.completeness import Bounds
from espi.store.silent import put_silent
from espi.web.site import EXTENSION, Site
from tests import factories
from tests.factories import NOW_S, TODAY
from tests.journeys.conftest import Reader, World


@pytest.fixture
def counted(app: Flask) -> Flask:
    """The last week is counted; nothing has come from Ada's home for three days."""
    site: Site = app.extensions[EXTENSION]
    with site.database.write() as conn:
        (utility,) = directory.utilities(conn)
        flat = directory.usage_point_ids(conn, utility.id, ["10443720000000099"])["10443720000000099"]
        readings.put_blocks(conn, [factories.block(flat, TODAY)], file_id=1, now_s=NOW_S)
        counting.count_days(conn, utility, range(TODAY - 7, TODAY), NOW_S)
        directory.add_utility(conn, "Coastal Wires", "957877905", "America/Chicago")
        first, last = (Bounds(day, NOW_S, NOW_S + DAY_S, 0) for day in (TODAY, TODAY + 1))
        home = directory.usage_point_ids(conn, utility.id, ["10443720000000017"])["10443720000000017"]
        for point in (home, flat):
            directory.install_meter(conn, point, directory.add_meter(conn, utility.id, f"M-{point}"), TODAY - 100)
        assert put_silent(conn, utility.id, first, last, NOW_S) == {"found": 1, "cleared": 0}
    return app


def test_a_utility_sees_its_own_days_and_how_much_of_them_came(counted: Flask) -> None:
    clerk = Reader(counted)
    clerk.log_in("clerk")
    page = clerk.get("/completeness")
    assert page.status_code == 200
    assert "Coastal Wires" not in page.text
    assert page.text.count('<tr><th scope="row">') == 7
    assert "<svg" in page.text
    assert 'href="/completeness" aria-current="page"' in page.text, "the menu has it"
    assert clerk.get("/completeness?utility=957877905").status_code == 404
    assert "has been counted yet" in clerk.get("/completeness?from=2020-01-01&to=2020-01-02").text


@pytest.mark.parametrize(
    "question", ["from=x", "from=2025-06-02&to=2025-06-01", "from=2020-01-01&to=2025-01-01", "to=0001-01-01"]
)
def test_days_that_make_no_sense_are_refused(counted: Flask, question: str) -> None:
    clerk = Reader(counted)
    clerk.log_in("clerk")
    assert clerk.get(f"/completeness?{question}").status_code == 400


def test_the_regulator_chooses_among_utilities(counted: Flask) -> None:
    regulator = Reader(counted)
    regulator.log_in("regulator")
    assert "Lone Star Wires</h1>" in regulator.get(f"/completeness?utility={factories.DUNS}").text
    assert "Coastal Wires</h1>" in regulator.get("/completeness?utility=957877905").text


@pytest.mark.parametrize("who", ["ada", "bluebonnet"])
def test_it_is_nobody_elses_business(counted: Flask, who: str) -> None:
    other = Reader(counted)
    other.log_in(who)
    assert other.get("/completeness").status_code == 403


def test_a_customer_is_told_that_nothing_comes_from_his_meter_and_what_to_do(counted: Flask, world: World) -> None:
    ada = Reader(counted)
    ada.log_in("ada")
    assert "No readings are coming from this meter" in ada.get("/").text
    page = ada.get(f"/usage/{world.home}").text
    assert "Nothing has come from this meter since June 15, 2025." in page
    assert "Desde el 15 de junio de 2025" in ada.get(f"/usage/{world.home}?language=es").text


def test_who_has_moved_out_is_not_told(counted: Flask, world: World) -> None:
    site: Site = counted.extensions[EXTENSION]
    with site.database.write() as conn:
        (home,) = [
            each.id
            for each in directory.usage_points(conn, factories.reach_of_utility(1))
            if each.title == "12 Analytical Way"
        ]
        directory.move_out(conn, home, TODAY)
    ada = Reader(counted)
    ada.log_in("ada")
    assert "No readings are coming" not in ada.get("/").text
    assert "No readings are coming" not in ada.get(f"/usage/{world.home}").text


def metrics_of(app: Flask, address: str, **headers: str) -> TestResponse:
    return app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers)


def test_metrics_are_for_the_addresses_that_the_setting_names_and_never_through_a_proxy(counted: Flask) -> None:
    assert metrics_of(counted, "127.0.0.1").status_code == 404, "nobody is named"
    site: Site = counted.extensions[EXTENSION]
    named = replace(site, settings=replace(site.settings, metrics_for="10.0.0.7 127.0.0.1"))
    counted.extensions[EXTENSION] = named
    assert metrics_of(counted, "10.0.0.8").status_code == 404
    assert metrics_of(counted, "127.0.0.1", **{"X-Forwarded-For": "10.0.0.7"}).status_code == 404
    answer = metrics_of(counted, "10.0.0.7")
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    told = answer.text.splitlines()
    label = f'{{utility="{factories.DUNS}",day="2025-06-14"}}'
    assert {f"espi_completeness_received{label} 3", f"espi_completeness_expected{label} 3"} <= set(told)
    assert f'espi_silent_meters{{utility="{factories.DUNS}"}} 1' in told
    for line in told:
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? \d+', line), line
