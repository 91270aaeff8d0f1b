"""The help desk: asking and answering by the clock, looking up only with a reason, and what the customer is told."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask

from espi import helpdesk, jobs
from espi.access import Principal, Role
from espi.clock import Clock
from espi.portal import session
from espi.store import audit, cases, desk, people, staff
from espi.store import jobs as outbox
from espi.web.site import EXTENSION, Site
from tests.factories import NOW_S
from tests.journeys.conftest import PASSWORD, Reader, World

HOUR_S = 3600
REASON = "He asks why a day of last week is empty"


@pytest.fixture
def operators(app: Flask) -> Flask:
    """Two operators, without a second factor so that logging in is short."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    site: Site = app.extensions[EXTENSION]
    with site.database.write() as conn:
        for name in ("olga", "oscar"):
            people.add_login(conn, name, PASSWORD, "operator", 0)
    return app


def who(app: Flask, name: str) -> Reader:
    """Somebody who has just logged in."""
    site: Site = app.extensions[EXTENSION]
    with site.database.write() as conn:
        login = next(each for each in staff.logins(conn, text=name) if each.name == name)
        token = people.start_session(conn, login.id, site.now_s())
    reader = Reader(app)
    reader.client.set_cookie(session.COOKIE, token, domain="localhost", secure=True)
    return reader


def mails(app: Flask) -> list[dict[str, str]]:
    with app.extensions[EXTENSION].database.read() as conn:
        return [dict(job.payload) for job in outbox.jobs(conn, kind="mail.send")]


def later(app: Flask, seconds: int) -> None:
    site: Site = app.extensions[EXTENSION]
    clock = Clock(fixed_s=site.now_s() + seconds)
    app.extensions[EXTENSION] = replace(site, settings=replace(site.settings, clock=clock))


def ticket_of(app: Flask, text: str) -> desk.Ticket:
    with app.extensions[EXTENSION].database.read() as conn:
        return desk.queue(conn, states=desk.STATES, text=text)[0]


def test_a_question_is_answered_and_its_clock_stands_while_the_caller_is_asked(operators: Flask) -> None:
    ada, olga = who(operators, "ada"), who(operators, "olga")
    sent = ada.post("/contact", category="missing", subject="An empty day", text="Monday is empty.")
    number = sent.headers["Location"].split("/")[-1].split("?")[0]
    assert "Due in 24 hours" in olga.get("/desk").text
    later(operators, 20 * HOUR_S)
    ada, olga = who(operators, "ada"), who(operators, "olga")
    olga.post(f"/desk/tickets/{number}", what="note", text="Looks like a silent meter.")
    olga.post(f"/desk/tickets/{number}", what="answer", text="Which Monday?")
    assert "Which Monday?" in ada.get(f"/tickets/{number}").text
    assert "silent meter" not in ada.get(f"/tickets/{number}").text
    later(operators, 50 * HOUR_S)
    assert "Paused" in who(operators, "olga").get("/desk").text
    who(operators, "ada").post(f"/tickets/{number}", text="The last one.")
    assert "Due in 4 hours" in who(operators, "olga").get("/desk").text
    later(operators, 5 * HOUR_S)
    olga = who(operators, "olga")
    assert "Overdue by 1 hour" in olga.get("/desk").text
    olga.post(f"/desk/tickets/{number}", what="last", text="It is there now.")
    assert "Solved" in who(operators, "ada").get("/tickets").text


def test_whoever_has_no_account_gets_a_link_and_nobody_can_flood_the_desk(operators: Flask) -> None:
    asked = {"category": "account", "subject": "How do I begin?", "text": "Which number?", "email": "jo@example.com"}
    reader = Reader(operators)
    assert "Thank you" in reader.post("/contact", **asked).text
    mail = next(one for one in mails(operators) if one["to"] == "jo@example.com")
    path = re.search(r"https://localhost:8443(/tickets/\S+)", mail["text"])
    assert path
    assert "Which number?" in reader.get(path[1]).text
    assert reader.get(path[1][:-1] + "x").status_code == 404
    reader.post(path[1], text="The ESIID, I mean.")
    assert "The ESIID, I mean." in reader.get(path[1]).text
    assert reader.get(path[1].rsplit("/", 1)[0]).status_code == 303
    codes = [reader.post("/contact", **asked).status_code for _ in range(6)]
    assert codes[:4] == [200] * 4
    assert codes[-1] == 429


def test_nobody_reads_anothers_question(operators: Flask) -> None:
    who(operators, "ada").post("/contact", category="other", subject="Mine alone", text="Private words")
    number = ticket_of(operators, "Mine alone").number
    assert who(operators, "grace").get(f"/tickets/{number}").status_code == 404
    assert who(operators, "bluebonnet").get(f"/tickets/{number}").status_code == 404
    assert who(operators, "ada").get(f"/tickets/{number}").status_code == 200


def test_every_kind_of_caller_can_ask(operators: Flask) -> None:
    for caller in ("ada", "bluebonnet", "clerk", "regulator"):
        sent = who(operators, caller).post("/contact", category="other", subject=f"From {caller}", text="Hello")
        assert sent.status_code == 303
        assert f"From {caller}" in who(operators, "olga").get("/desk").text


def test_canned_replies_are_there_in_both_languages_and_can_be_changed(operators: Flask) -> None:
    languages = {(each.key, each.language) for each in helpdesk.REPLIES}
    assert {key for key, language in languages if language == "en"} == {
        key for key, language in languages if language == "es"
    }
    olga = who(operators, "olga")
    olga.post("/desk/replies", key="late", language="en", title="Wait a day", text="Please wait a day.")
    who(operators, "ada").post("/contact", category="missing", subject="Late", text="Late?")
    number = ticket_of(operators, "Late").number
    assert "Please wait a day." in olga.get(f"/desk/tickets/{number}?reply=late").text


def test_nobody_is_looked_up_without_a_reason_and_the_customer_reads_it(operators: Flask, world: World) -> None:
    olga = who(operators, "olga")
    asked = {"way": "esiid", "text": world.home_esiid, "ticket": ""}
    assert olga.post("/desk/look-up", **asked, reason="because").status_code == 400
    chosen = olga.post("/desk/look-up", **asked, reason=REASON)
    assert "Several may be meant" in chosen.text
    assert "Lovelace" not in chosen.text
    key = re.findall(r'name="chosen" value="(\d+)"', chosen.text)
    found = [olga.post("/desk/look-up", **asked, reason=REASON, chosen=each) for each in key]
    pages = [olga.get(each.headers["Location"]).text for each in found]
    page = next(each for each in pages if "<h1>Ada Lovelace</h1>" in each)
    assert "Why is data missing?" in page
    assert "kWh" not in page
    assert REASON in who(operators, "ada").get("/access-log").text
    case = found[0].headers["Location"]
    assert who(operators, "oscar").get(case).status_code == 404, "a case is of who gave the reason"
    later(operators, 61 * 60)
    assert who(operators, "olga").get(case).status_code == 404
    with operators.extensions[EXTENSION].database.read() as conn:
        assert audit.verify(conn) == []


def case_about_ada(app: Flask, reader: Reader) -> str:
    opened = reader.post("/desk/look-up", way="mail", text="ada", ticket="", reason=REASON)
    return opened.headers["Location"]


def test_the_desk_unlocks_a_login_and_the_customer_is_told(operators: Flask) -> None:
    site: Site = operators.extensions[EXTENSION]
    with site.database.write() as conn:
        locked = next(each for each in staff.logins(conn, text="ada") if each.name == "ada")
        for _ in range(people.MOST_FAILURES):
            people.settle(conn, people.Attempt(locked.id, right=False), site.now_s())
    assert Reader(operators).log_in("ada").status_code == 401
    olga = who(operators, "olga")
    case = case_about_ada(operators, olga)
    assert "Locked" in olga.get(case).text
    with site.database.read() as conn:
        ada = staff.logins(conn, text="ada", role="customer")[0]
        bluebonnet = staff.logins(conn, text="bluebonnet")[0]
    assert olga.post(case, what="unlock", login=str(bluebonnet.id), reason=REASON).status_code == 404
    assert olga.post(case, what="unlock", login=str(ada.id), reason=REASON).status_code == 303
    assert Reader(operators).log_in("ada").status_code == 303
    with site.database.read() as conn:
        assert people.try_password(conn, "ada", PASSWORD).right, "the password is as it was"


def test_a_wrong_claim_of_a_meter_is_released_with_all_its_days(operators: Flask, world: World) -> None:
    olga = who(operators, "olga")
    case = case_about_ada(operators, olga)
    point = re.search(r'name="point" value="(\d+)"', olga.get(case).text)
    assert point
    ada = who(operators, "ada")
    assert ada.get(f"/usage/{world.home}").status_code == 200
    assert olga.post(case, what="release", point=point[1], reason=REASON, never="1").status_code == 303
    assert ada.get(f"/usage/{world.home}").status_code == 404


def test_a_case_opens_no_more_than_its_own_customer(operators: Flask) -> None:
    site: Site = operators.extensions[EXTENSION]
    olga = Principal(Role.operator, 0, "password", "olga")
    with site.database.write() as conn:
        found = cases.find(conn, "mail", "ada")
        case, _ = helpdesk.look_up(conn, olga, "mail", "ada", ticket="", reason=REASON, settings=site.settings)
    assert case is not None
    assert [each.name for each in found] == ["A. L."]
    assert case.ends_s == NOW_S + site.settings.case_minutes * 60


def test_old_questions_are_closed_and_forgotten(operators: Flask) -> None:
    site: Site = operators.extensions[EXTENSION]
    who(operators, "ada").post("/contact", category="other", subject="Old words", text="Old")
    number = ticket_of(operators, "Old words").number
    olga = who(operators, "olga")
    olga.post(f"/desk/tickets/{number}", what="last", text="Done.")
    for days, expected in ((15, desk.CLOSED), (800, "")):
        later(operators, days * 86_400)
        here: Site = operators.extensions[EXTENSION]
        context = jobs.Context(here.settings, site.database)
        jobs.plan(context)
        jobs.run_due(context)
        with site.database.read() as conn:
            left = desk.queue(conn, states=desk.STATES, text="Old words")
        assert [each.state for each in left] == ([expected] if expected else [])
