"""A REP asks for a change; others comment, the utility votes, the regulator decides, and everybody may read along."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from lxml import etree
from sqlalchemy import select

from espi.clock import DAY_S, Clock
from espi.helpdesk import handlers  # noqa: F401 - what mails those concerned
from espi.jobs import Context, run_due
from espi.store import directory
from espi.store.tables import job, login
from espi.web.site import EXTENSION, Site
from tests.journeys.conftest import Reader

NEW = {
    "title": "Send the day's file earlier",
    "need": "It comes at eleven in the evening.",
    "wish": "It comes at six in the morning.",
    "impact": "Utilities and companies.",
}


def logged_in(app: Flask, name: str) -> Reader:
    found = Reader(app)
    found.log_in(name)
    return found


@pytest.fixture
def asked(app: Flask) -> Flask:
    """Bluebonnet Power has asked; the people of companies have mail addresses."""
    site: Site = app.extensions[EXTENSION]
    with site.database.write() as conn:
        for name in ("bluebonnet", "clerk", "regulator"):
            conn.execute(login.update().where(login.c.name == name).values(email=f"{name}@example.com"))
    answer = logged_in(app, "bluebonnet").fill_in("/change-requests/new", "/change-requests/new", **NEW)
    assert answer.headers["Location"] == "/change-requests/1?told=new"
    return app


def later(app: Flask, days: int) -> None:
    site: Site = app.extensions[EXTENSION]
    clock = Clock(fixed_s=site.now_s() + days * DAY_S)
    app.extensions[EXTENSION] = replace(site, settings=replace(site.settings, clock=clock))


def mails(app: Flask) -> list[tuple[str, str]]:
    """Whom the system writes to, and about what."""
    site: Site = app.extensions[EXTENSION]
    with site.database.read() as conn:
        before = set(conn.scalars(select(job.c.id).where(job.c.kind == "mail.send")))
    context = Context(replace(site.settings, clock=Clock(fixed_s=site.now_s() + 1)), site.database)
    sent: list[tuple[str, str]] = []
    from espi import jobs  # noqa: PLC0415 - only here

    kept = jobs.HANDLERS["mail.send"]
    jobs.HANDLERS["mail.send"] = replace(
        kept, work=lambda _context, one: sent.append((one.payload["to"], one.payload["subject"]))
    )
    try:
        run_due(context)
    finally:
        jobs.HANDLERS["mail.send"] = kept
    assert before is not None
    return sorted(sent)


def test_the_list_is_public_and_names_companies_only(asked: Flask) -> None:
    stranger = Reader(asked)
    page = stranger.get("/change-requests").text
    assert "CR-2025-001" in page
    assert "Bluebonnet Power" in page
    one = stranger.get("/change-requests/1").text
    assert "It comes at six in the morning." in one
    assert "bluebonnet" not in one
    assert "<textarea" not in one, "who has not logged in writes nothing"
    assert "Abierta a comentarios" in stranger.get("/change-requests/1?language=es").text
    assert stranger.get("/change-requests/2").status_code == 404
    assert stranger.get("/change-requests?state=none").status_code == 400


def test_it_can_be_read_along_as_a_feed(asked: Flask) -> None:
    feed = etree.fromstring(Reader(asked).get("/change-requests.atom").data)
    (entry,) = feed.findall("{*}entry")
    assert entry.findtext("{*}title") == "CR-2025-001: Send the day's file earlier (Open for comments)"
    assert entry.findtext("{*}author/{*}name") == "Bluebonnet Power"


def test_the_road_from_a_wish_to_a_change(asked: Flask) -> None:
    clerk, regulator, rep = (logged_in(asked, name) for name in ("clerk", "regulator", "bluebonnet"))
    assert mails(asked) == [
        (f"{name}@example.com", "New change request CR-2025-001: Send the day's file earlier")
        for name in ("bluebonnet", "clerk", "regulator")
    ]
    clerk.fill_in("/change-requests/1", "/change-requests/1/comment", text="We can, from April on.")
    assert ("bluebonnet@example.com", "Lone Star Wires wrote about CR-2025-001") in mails(asked)
    early = regulator.fill_in("/change-requests/1", "/change-requests/1/decide", state="accepted", reason="Good")
    assert early.status_code == 409, "nobody decides before the vote"
    assert clerk.fill_in("/change-requests/1", "/change-requests/1/vote", choice="yes").status_code == 409
    assert regulator.fill_in("/change-requests/1", "/change-requests/1/call", days="14").status_code == 303
    assert "The vote of Lone Star Wires" in clerk.get("/change-requests/1").text
    assert clerk.fill_in("/change-requests/1", "/change-requests/1/vote", choice="no", reason="").status_code == 400
    assert clerk.fill_in("/change-requests/1", "/change-requests/1/vote", choice="yes").status_code == 303
    page = rep.get("/change-requests/1").text
    assert "1 yes, 0 no, 0 abstain, 0 without a vote" in page
    assert "/vote" not in page
    decided = regulator.fill_in(
        "/change-requests/1", "/change-requests/1/decide", state="accepted", reason="From April."
    )
    assert decided.status_code == 303
    assert ("bluebonnet@example.com", "Accepted: CR-2025-001, Send the day's file earlier") in mails(asked)
    page = Reader(asked).get("/change-requests/1").text
    assert "The decision: Accepted" in page
    assert "From April." in page
    assert rep.fill_in("/change-requests/new", "/change-requests/1/comment", text="Thanks").status_code == 409
    regulator.fill_in("/change-requests/1", "/change-requests/1/decide", state="done")
    assert re.search(r'class="state on">Made<', Reader(asked).get("/change-requests").text)


def test_what_the_utilities_do_not_carry_cannot_be_accepted(asked: Flask) -> None:
    site: Site = asked.extensions[EXTENSION]
    with site.database.write() as conn:
        for number in range(2):
            directory.add_utility(conn, f"Wires {number}", f"95787790{number}", "America/Chicago")
    clerk, regulator = logged_in(asked, "clerk"), logged_in(asked, "regulator")
    regulator.fill_in("/change-requests/1", "/change-requests/1/call", days="3")
    clerk.fill_in("/change-requests/1", "/change-requests/1/vote", choice="yes")
    assert "/decide" not in regulator.get("/change-requests/1").text, "two have no vote yet, and time is left"
    later(asked, 4)
    for name in (clerk, regulator):
        name.log_in("clerk" if name is clerk else "regulator")
    page = regulator.get("/change-requests/1").text
    assert "fewer than half of the utilities voted" in page
    assert 'value="accepted"' not in page
    refused = regulator.fill_in("/change-requests/1", "/change-requests/1/decide", state="accepted", reason="Still")
    assert refused.status_code == 409
    late = clerk.fill_in("/change-requests/new", "/change-requests/1/vote", choice="no", reason="Too late")
    assert late.status_code == 409
    assert regulator.fill_in("/change-requests/1", "/change-requests/1/call", days="5").status_code == 303
    assert (
        clerk.fill_in("/change-requests/1", "/change-requests/1/vote", choice="no", reason="Too dear").status_code
        == 303
    )
    assert "Too dear" in Reader(asked).get("/change-requests/1").text


def test_only_its_own_company_takes_a_request_back(asked: Flask) -> None:
    clerk, rep = logged_in(asked, "clerk"), logged_in(asked, "bluebonnet")
    assert clerk.fill_in("/change-requests/1", "/change-requests/1/withdraw").status_code == 409
    assert rep.fill_in("/change-requests/1", "/change-requests/1/withdraw").status_code == 303
    assert "Taken back" in Reader(asked).get("/change-requests").text


def test_what_is_missing_is_said_and_nothing_is_lost(asked: Flask) -> None:
    rep = logged_in(asked, "bluebonnet")
    answer = rep.fill_in("/change-requests/new", "/change-requests/new", **{**NEW, "wish": " "})
    assert answer.status_code == 400
    assert "Write something first." in answer.text
    assert "It comes at eleven in the evening." in answer.text
    assert rep.fill_in("/change-requests/new", "/change-requests/new", **{**NEW, "title": "x" * 161}).status_code == 400


def test_customers_read_along_and_write_nothing(asked: Flask) -> None:
    ada = logged_in(asked, "ada")
    assert ada.get("/change-requests/1").status_code == 200
    assert ada.get("/change-requests/new").status_code == 403
    assert "Change requests" not in ada.get("/account").text.split("</nav>")[0]
