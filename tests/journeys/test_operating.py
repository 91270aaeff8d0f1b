"""The operator: four eyes on roles, third parties' standing with notice and appeal, jobs; and notices for everybody."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pyotp
import pytest
from flask import Flask

from espi import jobs
from espi.store import claims, events, grants, notices, people, staff
from espi.store import jobs as outbox
from espi.web.site import EXTENSION, Site
from tests.journeys.conftest import Reader
from tests.journeys.test_help_desk import later, mails, operators, who

__all__ = ["operators"]

REASON = "Customers complained that it sells their data"
ATOM = "{http://www.w3.org/2005/Atom}"


def run_jobs(app: Flask) -> None:
    site: Site = app.extensions[EXTENSION]
    context = jobs.Context(site.settings, site.database)
    jobs.plan(context)
    jobs.run_due(context)


def test_a_new_operator_takes_two_and_chooses_his_own_password(operators: Flask) -> None:
    olga, oscar = who(operators, "olga"), who(operators, "oscar")
    asked = {"name": "nadia", "email": "nadia@example.com", "for": "operator:0", "language": "es", "reason": REASON}
    assert olga.post("/operator/roles", **asked).status_code == 303
    with operators.extensions[EXTENSION].database.read() as conn:
        key = staff.proposals(conn)[0].id
    assert olga.post(f"/operator/roles/{key}", what="approve").status_code == 409
    assert oscar.post(f"/operator/roles/{key}", what="approve").status_code == 303
    assert oscar.post(f"/operator/roles/{key}", what="approve").status_code == 409
    mail = next(one for one in mails(operators) if one["to"] == "nadia@example.com")
    assert "contraseña" in mail["text"]
    path = re.search(r"(/staff/\S+)", mail["text"])
    assert path
    nadia = Reader(operators)
    page = nadia.get(path[1]).text
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert secret
    code = pyotp.TOTP(secret[1].replace(" ", "")).now()
    password = "a long and private sentence"
    assert nadia.post(path[1], password=password, again=password, code="000000").status_code == 400
    assert nadia.post(path[1], password=password, again=password, code=code).status_code == 303
    assert nadia.get(path[1]).status_code == 404, "the link is used up"
    assert "/login/code" in nadia.log_in("nadia", password).headers["Location"]


def test_nobody_gives_himself_a_role(operators: Flask) -> None:
    olga = who(operators, "olga")
    asked = {"name": "olga", "email": "", "for": "regulator:0", "language": "en", "reason": REASON}
    assert olga.post("/operator/roles", **asked).status_code == 409
    assert who(operators, "oscar").post("/operator/roles", **{**asked, "name": "oscar"}).status_code == 409


def third_party(app: Flask, status: int) -> tuple[int, str]:
    """A third party with a login; its id and the address of its page."""
    content = {
        "client_uri": "https://app.example",
        "contacts": ["app@example.com"],
        "redirect_uri": ["https://app.example/back"],
        "thirdPartyApplicationDescription": "It draws charts",
        "thirdPartyNotifyUri": "https://app.example/news",
    }
    with app.extensions[EXTENSION].database.write() as conn:
        key = grants.add_third_party(conn, "Charts", status, content)
        people.add_login(conn, "charts", "x" * 12, "third_party", key)
        return key, f"/operator/third-parties/{grants.third_party(conn, key).path_id}"


def status_of(app: Flask, key: int) -> int:
    with app.extensions[EXTENSION].database.read() as conn:
        return grants.third_party(conn, key).status


def test_a_third_party_is_approved_when_every_line_is_met(operators: Flask) -> None:
    key, page = third_party(operators, grants.REVIEW)
    olga = who(operators, "olga")
    assert "Waits for us" in olga.get(page).text
    assert olga.post(page, what="approve").status_code == 409
    for item in ("identity", "terms", "contact", "security"):
        olga.post(page, what="tick", item=item)
    assert olga.post(page, what="approve").status_code == 303
    assert status_of(operators, key) == grants.PRODUCTION
    with operators.extensions[EXTENSION].database.read() as conn:
        assert [each.kind for each in events.events(conn, key)] == ["registration.changed"]


def test_a_suspension_is_told_ahead_and_an_appeal_is_answered_by_another(operators: Flask) -> None:
    key, page = third_party(operators, grants.PRODUCTION)
    who(operators, "olga").post(page, what="notice", reason=REASON)
    run_jobs(operators)
    assert status_of(operators, key) == grants.PRODUCTION
    charts = who(operators, "charts")
    assert REASON in charts.get("/standing").text
    assert charts.post("/standing", text="It was a mistake of ours, mended now.").status_code == 303
    assert charts.post("/standing", text="Again").status_code == 409
    later(operators, 15 * 86_400)
    run_jobs(operators)
    assert status_of(operators, key) == grants.PRODUCTION, "not while the appeal waits"
    assert who(operators, "olga").post(page, what="uphold", reason=REASON).status_code == 409
    assert who(operators, "oscar").post(page, what="uphold", reason="It did it again last week").status_code == 303
    run_jobs(operators)
    later(operators, 3700)
    run_jobs(operators)
    assert status_of(operators, key) == grants.ON_HOLD
    assert who(operators, "oscar").post(page, what="lift", reason="It showed that it is mended").status_code == 303
    assert status_of(operators, key) == grants.PRODUCTION


def test_what_failed_and_what_was_set_aside_can_be_tried_again(operators: Flask) -> None:
    site: Site = operators.extensions[EXTENSION]
    with site.database.write() as conn:
        made = outbox.add_job(conn, "usage.roll_up", {}, now_s=site.now_s())
        job = outbox.claim(conn, site.now_s())
        assert job
        outbox.give_up(conn, job, "BadInput: no such day", site.now_s())
        claims.want(conn, [("key", "night.lse", 1000)], site.now_s())
        terms = claims.Terms("one", 60, 1)
        own = claims.claim(conn, "key", terms, site.now_s(), again_before_s=0)
        assert own
        claims.fail(conn, own, "line 7 is torn", terms, site.now_s())
    olga = who(operators, "olga")
    assert "no such day" in olga.get("/operator/jobs").text
    assert "line 7 is torn" in olga.get("/operator/files").text
    assert olga.post("/operator/jobs", job=str(job.id)).status_code == 303
    assert olga.post("/operator/files", name="night.lse").status_code == 303
    with site.database.read() as conn:
        assert outbox.job_by_path_id(conn, made.path_id).state == outbox.WAITING
        assert claims.claims_of_name(conn, "night.lse")[0].state == claims.WAITING


def test_an_account_is_disabled_by_another_operator_only(operators: Flask) -> None:
    olga = who(operators, "olga")
    with operators.extensions[EXTENSION].database.read() as conn:
        keys = {each.name: str(each.id) for each in staff.logins(conn)}
    assert olga.post("/operator/accounts", what="disable", login=keys["olga"]).status_code == 409
    assert olga.post("/operator/accounts", what="disable", login=keys["ada"]).status_code == 404
    assert olga.post("/operator/accounts", what="disable", login=keys["oscar"]).status_code == 303
    assert Reader(operators).log_in("oscar").status_code == 401


NOTICE = {
    "kind": "outage",
    "component": "intake",
    "starts": "2025-07-01T06:00",
    "ends": "2025-07-01T09:00",
    "title_en": "Data comes later",
    "title_es": "Los datos llegan más tarde",
    "text_en": "We move.",
    "text_es": "Nos mudamos.",
}


@pytest.mark.parametrize(
    "change", [{"title_es": ""}, {"text_en": ""}, {"component": ""}, {"ends": "2025-07-01T05:00"}, {"starts": "soon"}]
)
def test_a_notice_says_all_in_both_languages(operators: Flask, change: dict[str, str]) -> None:
    refused = who(operators, "olga").post("/notices/new", **NOTICE | change)
    assert refused.status_code == 400
    with operators.extensions[EXTENSION].database.read() as conn:
        assert notices.notices(conn) == []


def test_an_outage_is_told_three_days_ahead_on_every_road(operators: Flask) -> None:
    olga, anybody = who(operators, "olga"), Reader(operators)
    with operators.extensions[EXTENSION].database.write() as conn:
        ada = next(each for each in staff.logins(conn, text="ada") if each.name == "ada")
        notices.set_reader(conn, ada.id, 0, wants=True)
    soon = NOTICE | {"starts": "2025-06-17T06:00", "ends": "2025-06-20T09:00"}
    told = olga.post("/notices/new", **soon)
    assert (told.status_code, "72 hours" in told.text) == (400, True)
    assert olga.post("/notices/new", **soon, emergency="1").status_code == 303
    assert olga.post("/notices/new", **NOTICE).status_code == 303
    assert "Data comes later" in anybody.get("/login").text
    assert "Los datos llegan" in anybody.get("/login?language=es").text
    feed = ET.fromstring(anybody.get("/notices.atom?language=en").data)  # noqa: S314 - our own feed
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 2
    assert {each.findtext(f"{ATOM}id", "")[:9] for each in entries} == {"urn:uuid:"}
    items = ET.fromstring(anybody.get("/notices.rss").data).findall("channel/item")  # noqa: S314 - our own feed
    assert len(items) == 2
    assert "Planned outage" in anybody.get("/status?language=en").text
    olga.post("/notices/1/end")
    olga.post("/notices/2/end")
    assert "Data comes later" not in anybody.get("/login").text
    assert "Data comes later" in anybody.get("/notices").text


def test_notices_go_by_mail_to_those_who_chose_that_once(operators: Flask) -> None:
    site: Site = operators.extensions[EXTENSION]
    with site.database.write() as conn:
        key = people.add_login(conn, "eve@example.com", "x" * 12, "customer", 999, language="es")
        people.add_login(conn, "mute@example.com", "x" * 12, "customer", 998)
    eve = who(operators, "eve@example.com")
    assert eve.post("/notices/mail", wants="1").status_code == 303
    assert who(operators, "ada").post("/notices/mail", wants="1").status_code == 400, "no address is known"
    who(operators, "olga").post("/notices/new", **NOTICE)
    with site.database.read() as conn:
        assert notices.reads_by_mail(conn, key)
        waiting = outbox.jobs(conn, kind="notices.mail")
    assert len(waiting) == 1
    run_jobs(operators)
    with site.database.read() as conn:
        sent = [each for each in outbox.jobs(conn, kind="mail.send") if (each.key or "").startswith("notice/")]
    assert len(sent) == 1
    assert eve.post("/notices/mail", wants="0").status_code == 303
