"""A utility looks at what validation found and at its market events, down to the single meter."""

from __future__ import annotations

import pytest
from flask import Flask

from espi.clock import day_date, instant_text
from espi.store import directory, people, vee
from espi.store.vee import Result
from espi.web.site import EXTENSION
from tests import factories
from tests.factories import DUNS, NOW_S, TODAY
from tests.journeys.conftest import PASSWORD, Reader, World
from tests.journeys.test_tdsp_files import FLAT, OTHER, STRANGER, clerk, send, work

__all__ = ["clerk"]

EVENTS = f"{DUNS}MarketEvents20250615120000001.csv"


@pytest.fixture
def coastal(app: Flask) -> Reader:
    with app.extensions[EXTENSION].database.write() as conn:
        people.add_login(conn, "coastal", PASSWORD, "tdsp", directory.add_utility(conn, "Coast", OTHER, factories.ZONE))
    reader = Reader(app)
    reader.log_in("coastal")
    return reader


def test_validation_is_told_by_rule_and_day_and_meter(app: Flask, clerk: Reader, coastal: Reader, world: World) -> None:
    with app.extensions[EXTENSION].database.write() as conn:
        home = directory.usage_point_ids(conn, 1, [world.home_esiid])[world.home_esiid]
        vee.put_results(conn, [Result(TODAY - day, home, 4, 8, day, None, NOW_S) for day in (1, 2, 40)])
    page = clerk.get("/tdsp/validation").text
    assert 'href="/tdsp/validation" aria-current="page"' in page
    assert '<td class="n">2</td><td class="n">3</td>' in page, "two days and three intervals; the third is too old"
    assert "<svg" in page
    meters = clerk.get("/tdsp/validation/8").text
    assert meters.count(world.home_esiid) == 2
    assert f"/usage/{world.home}?date={day_date(TODAY - 1)}" in meters
    assert "No meter failed it" in clerk.get("/tdsp/validation/9").text
    assert clerk.get("/tdsp/validation/60").status_code == 404
    for question in ("from=x", "from=2025-06-02&to=2025-06-01", "from=2020-01-01&to=2025-01-01"):
        assert clerk.get(f"/tdsp/validation?{question}").status_code == 400
    assert "No rule was failed" in coastal.get("/tdsp/validation").text
    assert "No meter failed it" in coastal.get("/tdsp/validation/8").text


def test_market_events_are_told_with_what_has_no_effect_and_drawn_for_one_meter(
    app: Flask, clerk: Reader, coastal: Reader, world: World
) -> None:
    sent = instant_text(NOW_S - 60)
    rows = [
        "EVENT_ID,SENT,ESIID,EVENT,FROM,UNTIL,METER",
        f"E1,{sent},{FLAT},meter-exchange,2025-04-01,,M-7",
        f"E2,{sent},{FLAT},de-energize,2025-05-01,,",
        f"E3,{sent},{FLAT},energize,2025-05-10,,",
        f"E4,{sent},{STRANGER},de-energize,2025-05-01,,",
        f"E5,{sent},{FLAT},move-out,2020-01-01,,",
    ]
    answer = send(clerk, (EVENTS, "\n".join(rows).encode()))
    work(app)
    file = clerk.get(answer.headers["Location"]).text
    assert "It contradicts what is known." in file
    assert "Market events" in file
    page = clerk.get("/tdsp/events").text
    assert "Meter exchanged" in page
    assert "1 event has no effect." in page
    assert STRANGER in page
    void = clerk.get("/tdsp/events?show=void").text
    assert "Move-out" in void
    assert "Meter exchanged" not in void
    line = clerk.get(f"/tdsp/events/{world.neighbour}").text
    assert "M-7: from Apr 1, 2025, until now" in line
    assert "Power off: from May 1, 2025, until May 9, 2025" in line
    assert "Not shown: you may not see who lives where." in line
    assert "Grace" not in line
    assert coastal.get(f"/tdsp/events/{world.neighbour}").status_code == 404
    assert FLAT not in coastal.get("/tdsp/events").text
