"""A REP at its desk: which ESIIDs it serves by day, files in bulk, and the days before its first one."""

from __future__ import annotations

import gzip
import hashlib
import json
import re

import pytest
from flask import Flask

from espi import jobs
from espi.clock import day_date
from espi.delivery import rep_counts
from espi.store import directory, people
from espi.web.site import EXTENSION, Site
from tests import factories
from tests.factories import NOW_S, TODAY
from tests.journeys.conftest import PASSWORD, REP_FROM, REP_UNTIL, Reader, World

FLAT = "10443720000000099"
OURS_FROM = TODAY - 20


@pytest.fixture
def desk(app: Flask) -> Reader:
    """The REP's clerk, after Grace's flat was gained twenty days ago; Ada's home was left to another on May 1."""
    with app.extensions[EXTENSION].database.write() as conn:
        flat = directory.usage_point_ids(conn, 1, [FLAT])[FLAT]
        directory.switch_rep(conn, flat, 1, OURS_FROM)
        people.add_login(conn, "rival", PASSWORD, "rep", factories.rep(conn, name="Rival Power"))
    reader = Reader(app)
    reader.log_in("bluebonnet")
    return reader


def work(app: Flask) -> None:
    site: Site = app.extensions[EXTENSION]
    jobs.run_due(jobs.Context(site.settings, site.database))


def iso(day: int) -> str:
    return f"{day_date(day):%Y-%m-%d}"


def rival(app: Flask) -> Reader:
    reader = Reader(app)
    reader.log_in("rival")
    return reader


def test_the_first_page_counts_meters_and_their_readings(app: Flask, desk: Reader) -> None:
    assert desk.get("/").headers["Location"] == "/rep"
    assert "have not been counted yet" in desk.get("/rep").text
    site: Site = app.extensions[EXTENSION]
    rep_counts.count(jobs.Context(site.settings, site.database), None)  # type: ignore[arg-type]
    page = desk.get("/rep").text
    assert page.count("<svg") >= 2
    assert "1 of 1 meters" in page, "the flat, and its readings of yesterday"
    assert '<td class="n">1</td><td class="n">1</td><td class="n">0</td>' in page
    assert rival(app).get("/rep").text.count("1 of 1 meters") == 0


def test_esiids_are_listed_by_day_and_by_change_and_no_other_company_sees_them(
    app: Flask, desk: Reader, world: World
) -> None:
    assert FLAT in desk.get("/rep/esiids").text
    assert world.home_esiid not in desk.get("/rep/esiids").text
    before = desk.get(f"/rep/esiids?day={iso(REP_UNTIL - 1)}").text
    assert world.home_esiid in before
    assert FLAT not in before
    assert "You serve no ESIID" in desk.get("/rep/esiids?esiid=99").text
    assert FLAT in desk.get("/rep/esiids?show=gained").text
    lost = f"/rep/esiids?show=lost&from={iso(REP_FROM)}&to={iso(REP_UNTIL)}"
    assert world.home_esiid in desk.get(lost).text
    assert "None in these days" in desk.get("/rep/esiids?show=lost").text
    file = desk.get("/rep/esiids/file.csv")
    assert f"'{FLAT}" in file.text
    for question in ("show=all", "esiid=%25", "day=x", "show=lost&from=2025-06-02&to=2025-06-01"):
        assert desk.get(f"/rep/esiids?{question}").status_code == 400
    assert FLAT not in rival(app).get("/rep/esiids").text


def test_bulk_files_are_asked_for_made_checked_and_deleted(app: Flask, desk: Reader, world: World) -> None:
    first, last = iso(TODAY - 2), iso(TODAY - 1)
    asked = desk.fill_in("/rep/bulk", "/rep/bulk", **{"from": first, "to": last, "which": "list", "esiids": FLAT})
    place = asked.headers["Location"]
    assert "waits its turn" in desk.get(place).text
    work(app)
    page = desk.get(place).text
    assert "2 of 2 days" in page
    href = next(each for each in re.findall(r'href="([^"]+)"', page) if each.endswith(".gz"))
    content = desk.get(href).data
    assert str(world.neighbour) in gzip.decompress(content).decode()
    sums = desk.get(f"{place}/SHA256SUMS").text
    assert f"{hashlib.sha256(content).hexdigest()}  {href.rpartition('/')[2]}\n" in sums
    manifest = json.loads(desk.get(f"{place}/{first}/manifest.json").data)
    assert manifest["usage_points"] == 1
    other = rival(app)
    assert {other.get(each).status_code for each in (place, href, f"{place}/SHA256SUMS")} == {404}
    assert desk.get(f"{place}/{first}/..%2Fmanifest.json").status_code == 404
    desk.fill_in(place, f"{place}/cancel")
    assert "its files are gone" in desk.get(place).text
    assert desk.get(href).status_code == 404


def test_a_request_beyond_its_limits_is_refused_with_the_limit(app: Flask, desk: Reader, world: World) -> None:
    yesterday = iso(TODAY - 1)
    for wrong, said in (
        ({"from": iso(TODAY), "to": iso(TODAY)}, "yesterday"),
        ({"from": iso(TODAY - 40), "to": yesterday}, "31 days"),
        ({"from": yesterday, "to": iso(TODAY - 2)}, "must not be after"),
        ({"which": "list"}, "Paste a list"),
        ({"which": "list", "esiids": "<b>"}, "digits only"),
        ({"which": "list", "esiids": f"{FLAT}\n{world.home_esiid}"}, f"not yours on these days: {world.home_esiid}"),
    ):
        answer = desk.fill_in("/rep/bulk", "/rep/bulk", **wrong)
        assert answer.status_code == 400
        assert said in answer.text
    for _each in range(3):
        assert desk.fill_in("/rep/bulk", "/rep/bulk", which="all").status_code == 303
    fourth = desk.fill_in("/rep/bulk", "/rep/bulk", which="all")
    assert fourth.status_code == 409
    assert "Three requests" in fourth.text


def test_history_is_asked_for_each_by_itself_and_shown_with_its_days(desk: Reader, world: World) -> None:
    answer = desk.fill_in("/rep/history", "/rep/history", esiids=f"{FLAT}\n{world.home_esiid}")
    assert "You do not serve it today" in answer.text
    assert "which of these days are open" in answer.text
    page = desk.get("/rep/history").text
    assert page.count(FLAT) == 1
    assert "Mar 1, 2025" in page, "the move-in"
    assert desk.get(f"/usage/{world.neighbour}?period=day&date={iso(OURS_FROM - 1)}").status_code == 200
    assert desk.fill_in("/rep/history", "/rep/history", esiids="").status_code == 400


def test_at_most_so_many_fit_a_request_for_history(desk: Reader) -> None:
    numbers = "\n".join(f"{NOW_S + each}" for each in range(101))
    assert "1 to 100" in desk.fill_in("/rep/history", "/rep/history", esiids=numbers).text
