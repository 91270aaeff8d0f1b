"""A utility sends its files in the browser: what is refused it reads why, mends it, and sees its days become whole."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from espi import jobs
from espi.clock import day_date, zone
from espi.formats import lse
from espi.store import claims, directory, people, uploads
from espi.web.site import EXTENSION, Site
from tests import factories
from tests.factories import DUNS, NOW_S, TODAY
from tests.journeys.conftest import ORIGIN, PASSWORD, Reader

FLAT, STRANGER = "10443720000000099", "10443720000000033"
OTHER = "957877905"


def day_of(esiid: str, day: int) -> bytes:
    return b"".join(lse.write(esiid, zone(factories.ZONE), [factories.block(1, day)], NOW_S))


def named(counter: int, duns: str = DUNS) -> str:
    return f"{duns}IntervalData20250615120000{counter:03d}.lse"


def send(reader: Reader, *files: tuple[str, bytes]) -> TestResponse:
    """Send files with the form of the page, as a browser does."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', reader.get("/tdsp/files").text)
    assert token
    parts = [(io.BytesIO(content), name) for name, content in files]
    return reader.client.post("/tdsp/files", base_url=ORIGIN, data={"csrf_token": token[1], "file": parts})


def work(app: Flask) -> None:
    site: Site = app.extensions[EXTENSION]
    jobs.run_due(jobs.Context(site.settings, site.database))


def shown(reader: Reader, answer: TestResponse) -> str:
    """The page of the file that was sent."""
    assert answer.status_code == 303, answer.text
    return reader.get(answer.headers["Location"]).text


@pytest.fixture
def clerk(app: Flask) -> Reader:
    reader = Reader(app)
    reader.log_in("clerk")
    return reader


def facts(page: str) -> dict[str, str]:
    found: Iterable[tuple[str, str]] = re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page)
    return dict(found)


def test_a_utility_repairs_a_refused_file_and_its_days_become_whole(app: Flask, clerk: Reader) -> None:
    yesterday = TODAY - 1
    with app.extensions[EXTENSION].database.write() as conn:
        directory.add_usage_point(conn, 1, "10443720000000044", now_s=NOW_S - 9 * 86_400)
        point = directory.usage_point_ids(conn, 1, ["10443720000000044"])["10443720000000044"]
        directory.add_interval_channel(conn, point, 4, directory.reading_type_for_lse(4), NOW_S)
    good, bad = day_of("10443720000000044", yesterday - 1), day_of("10443720000000044", yesterday)
    bad = bad.replace(b"235959", b"120000")
    answer = send(clerk, (named(1), good + bad + day_of(STRANGER, yesterday)))
    assert "waits for its turn" in shown(clerk, answer)
    work(app)
    page = clerk.get(answer.headers["Location"]).text
    assert facts(page) == {"In the file": "3 meter-days", "New": "1", "Wait for their meter": "1", "Refused": "1"}
    assert "It is not a full day." in page
    assert "Send all quarter hours of the local day" in page
    line = 1 + good.count(b"\n")
    assert f'<th scope="row">{line}</th>' in page
    response = clerk.get(f"{answer.headers['Location']}/response.csv")
    assert response.headers["Content-Disposition"] == f"attachment; filename={named(1)}.response.csv"
    assert f"03,{line},10443720000000044,4,{day_date(yesterday):%Y%m%d}000000" in response.text
    front = clerk.get("/tdsp").text
    assert f"Part of {named(1)} was refused." in front
    assert "1 meter is not known here." in front

    mended = send(clerk, (named(2), day_of("10443720000000044", yesterday)))
    work(app)
    assert "Everything in it was accepted." in clerk.get(mended.headers["Location"]).text
    response = clerk.get(f"{mended.headers['Location']}/response.csv")
    assert response.text.splitlines()[-1].startswith('00,,,,,"1 blocks: 1 loaded')

    assert STRANGER in clerk.get("/tdsp/parked").text
    added = clerk.fill_in("/tdsp/parked", "/tdsp/parked", esiid=STRANGER, act="add", title="9 New Road", meter="N-33")
    work(app)
    told = clerk.get(added.headers["Location"]).text
    assert "1 meter-day that waited for it is loaded." in told
    assert "No readings wait for a meter." in told
    assert "/usage/" in clerk.get(f"/usage-points?esiid={STRANGER}").text
    whole = clerk.get(f"/completeness?from={day_date(yesterday)}&to={day_date(yesterday)}").text
    assert facts(whole.replace("\n", "").replace("    ", ""))["Came in"] == "100.00%"
    assert "1 hour" in whole or "hours" in whole


WRONG = (
    (named(1, OTHER), b"x", "bears the DUNS number of another company"),
    ("readings.csv", b"x", "not one that we know"),
    (named(1), b"", "The file is empty."),
    (named(2), gzip.compress(b"x")[:-6], "cannot be unpacked"),
    (f"{named(1)}.zip", b"PK\x03\x04", "ZIP archive"),
    (named(3), b"PK\x03\x04", "ZIP archive"),
    (named(4), b"no LSE at all\n", "could not make sense of the file"),
    ("june.xml", b"<feed", "could not make sense of the file"),
    (f"{DUNS}MarketEvents20250615120000001.csv", b"A,B\n", "could not make sense of the file"),
)


def test_what_is_wrong_with_a_file_as_a_whole_is_said_with_what_to_do(app: Flask, clerk: Reader) -> None:
    answers = [send(clerk, (name, content)) for name, content, _problem in WRONG]
    work(app)
    for number, (answer, (_name, _content, problem)) in enumerate(zip(answers, WRONG, strict=True), 1):
        page = shown(clerk, answer)
        assert problem in page
        assert '<span class="state bad">Refused</span>' in page
        response = clerk.get(f"{answer.headers['Location']}/response.csv").text
        assert response.splitlines()[-1].startswith("F2,")
        with app.extensions[EXTENSION].database.read() as conn:
            assert list(uploads.pieces(conn, number)) == [], "nothing of it is kept"


def test_a_packed_file_is_unpacked_and_the_same_file_does_nothing_twice(app: Flask, clerk: Reader) -> None:
    content = day_of(FLAT, TODAY - 1)
    first = send(clerk, (f"{named(1)}.gz", gzip.compress(content)))
    work(app)
    assert facts(shown(clerk, first))["In the file"] == "1 meter-day"
    again = send(clerk, (named(1), content))
    work(app)
    assert "The very same file had come before." in shown(clerk, again)


def test_more_than_fits_is_refused_with_a_way_out(app: Flask, clerk: Reader) -> None:
    site: Site = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(site, settings=replace(site.settings, max_upload_mb=0))
    answer = send(clerk, (named(1), bytes(80_000)))
    assert answer.status_code == 413
    assert "folder of the inbox" in answer.text


def test_a_file_that_waits_can_be_taken_back_and_one_set_aside_tried_again(app: Flask, clerk: Reader) -> None:
    answer = send(clerk, (named(1), day_of(FLAT, TODAY - 1)), (named(2), day_of(FLAT, TODAY - 2)))
    assert answer.headers["Location"] == "/tdsp/files?told=sent"
    keys = re.findall(r'href="/tdsp/files/(s\d+)"', clerk.get("/tdsp/files").text)
    assert len(keys) == 2
    back = clerk.fill_in(f"/tdsp/files/{keys[0]}", f"/tdsp/files/{keys[0]}", act="cancel")
    assert "The file was taken back." in clerk.get(back.headers["Location"]).text
    site: Site = app.extensions[EXTENSION]
    with site.database.write() as conn:
        terms = claims.Terms("test", 60, 1)
        held = claims.claim(conn, uploads.key_of(int(keys[1][1:])), terms, NOW_S, again_before_s=0)
        assert held
        claims.fail(conn, held, "The disk was full.", terms, NOW_S)
    work(app)
    page = clerk.get(f"/tdsp/files/{keys[1]}").text
    assert "The disk was full." in page
    assert "was set aside." in clerk.get("/tdsp").text
    clerk.fill_in(f"/tdsp/files/{keys[1]}", f"/tdsp/files/{keys[1]}", act="retry")
    work(app)
    assert "Everything in it was accepted." in clerk.get(f"/tdsp/files/{keys[1]}").text
    late = clerk.fill_in("/tdsp/files", f"/tdsp/files/{keys[1]}", act="cancel")
    assert late.status_code == 409


def test_what_waits_for_a_mistaken_number_is_dismissed(app: Flask, clerk: Reader) -> None:
    send(clerk, (named(1), day_of("1044372000000009", TODAY - 1)))
    work(app)
    refused = clerk.fill_in("/tdsp/parked", "/tdsp/parked", esiid="1044372000000009", act="add")
    assert refused.status_code == 400, "16 digits are none of its ESIIDs"
    gone = clerk.fill_in("/tdsp/parked", "/tdsp/parked", esiid="1044372000000009", act="dismiss")
    assert "1 meter-day was thrown away" in clerk.get(gone.headers["Location"]).text
    assert clerk.fill_in("/tdsp/files", "/tdsp/parked", esiid="1044372000000009", act="dismiss").status_code == 404


def test_a_utility_sees_its_own_files_only(app: Flask, clerk: Reader) -> None:
    with app.extensions[EXTENSION].database.write() as conn:
        other = directory.add_utility(conn, "Coastal Wires", OTHER, factories.ZONE)
        people.add_login(conn, "coastal", PASSWORD, "tdsp", other)
    answer = send(clerk, (named(1), day_of(FLAT, TODAY - 1) + day_of(STRANGER, TODAY - 1)))
    work(app)
    coastal = Reader(app)
    coastal.log_in("coastal")
    assert named(1) not in coastal.get("/tdsp/files").text
    assert STRANGER not in coastal.get("/tdsp/parked").text
    where = answer.headers["Location"]
    for path in (where, f"{where}/response.csv", "/tdsp/files/r1", "/tdsp/files/w1", "/tdsp/files/x"):
        assert coastal.get(path).status_code == 404, path
    assert coastal.fill_in("/tdsp/files", where, act="cancel").status_code == 404
    assert "Nothing is wrong" not in coastal.get("/").text
