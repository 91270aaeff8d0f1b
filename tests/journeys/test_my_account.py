"""What people do with their accounts: find back in, change what they log in with, see and end sessions, leave."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pyotp
import pytest
from flask import Flask

from espi.store import accounts, grants, people
from espi.web.site import EXTENSION
from tests.factories import NOW_S
from tests.journeys.conftest import PASSWORD, Reader
from tests.journeys.test_registering import link, mails, site

NEW = "seven quiet otters dance"


@pytest.fixture
def ada(app: Flask, reader: Reader) -> Reader:
    """Ada, logged in, whose mail address is known."""
    with site(app).database.write() as conn:
        found = accounts.account_named(conn, "ada")
        assert found
        accounts.set_address(conn, found.id, "ada@example.com")
    reader.log_in("ada")
    return reader


def recover(reader: Reader, name: str = "ada") -> str:
    reader.fill_in("/recover", "/recover", name=name)
    return link(mails(reader.app)[-1])


def test_a_forgotten_password_is_replaced_by_mail_and_every_session_ends(app: Flask, ada: Reader) -> None:
    reader = Reader(app)
    path = recover(reader, "Ada@example.com")
    assert reader.fill_in(path, path, new_password=NEW, again="other").status_code == 400
    assert reader.fill_in(path, path, new_password=NEW, again=NEW).status_code == 303
    assert ada.get("/").status_code == 303, "she is logged out"
    assert reader.log_in("ada").status_code == 401
    assert reader.log_in("ada@example.com", NEW).status_code == 401, "her user name is another"
    assert reader.log_in("ada", NEW).status_code == 303
    assert mails(app)[-1]["subject"] == "Your password was changed"
    assert reader.get(path).status_code == 404, "once"


def test_a_link_of_a_forgotten_password_is_good_for_half_an_hour(app: Flask, ada: Reader) -> None:
    reader = Reader(app)
    path = recover(reader)
    reader.wait(30 * 60)
    assert reader.get(path).status_code == 404
    token = re.search(r'name="csrf_token" value="([^"]+)"', reader.get("/recover").text)
    assert token
    assert reader.post(path, csrf_token=token[1], new_password=NEW, again=NEW).status_code == 404


def test_asking_for_a_link_tells_nobody_who_has_an_account(app: Flask, ada: Reader) -> None:
    reader = Reader(app)
    known = reader.fill_in("/recover", "/recover", name="ada").text
    before = len(mails(app))
    assert before == 1
    assert reader.fill_in("/recover", "/recover", name="nobody").text == known
    assert len(mails(app)) == before
    for _ in range(5):
        reader.fill_in("/recover", "/recover", name="ada")
    assert len(mails(app)) == 3, "three an hour"


def test_the_password_is_changed_by_who_knows_it_and_other_sessions_end(app: Flask, ada: Reader) -> None:
    elsewhere = Reader(app)
    elsewhere.log_in("ada")
    wrong = ada.fill_in("/account", "/account/password", password="x", new_password=NEW, again=NEW)
    assert wrong.status_code == 400
    assert "present password is not right" in wrong.text
    done = ada.fill_in("/account", "/account/password", password=PASSWORD, new_password=NEW, again=NEW)
    assert done.status_code == 303
    assert ada.get("/account").status_code == 200
    assert elsewhere.get("/").status_code == 303


def test_a_phone_app_and_recovery_codes_are_set_up_and_taken_away(app: Flask, ada: Reader) -> None:
    page = ada.fill_in("/account", "/account/code", password=PASSWORD).text
    assert "<svg" in page
    fields = dict(re.findall(r'name="(csrf_token|key)" value="([^"]+)"', page))
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert secret
    app_shows = pyotp.TOTP(secret[1].replace(" ", ""))
    assert ada.post("/account/code/made", code="000000", **fields).status_code == 400
    made = ada.post("/account/code/made", code=app_shows.at(NOW_S), **fields).text
    codes = re.findall(r"<code>([a-z2-7-]+)</code>", made)
    assert len(codes) == 10
    again = Reader(app)
    assert again.log_in("ada").headers["Location"] == "/login/code"
    assert again.fill_in("/login/code", "/login/code", code=codes[0].upper()).status_code == 303
    assert again.get("/").status_code == 200
    assert "9 recovery codes are left" in again.get("/account").text
    twice = Reader(app)
    twice.log_in("ada")
    assert twice.fill_in("/login/code", "/login/code", code=codes[0]).status_code == 401
    assert ada.fill_in("/account", "/account/code/off", password=PASSWORD).status_code == 303
    assert Reader(app).log_in("ada").headers["Location"] == "/"
    assert {mail["subject"] for mail in mails(app)} == {"How you log in was changed"}


def test_sessions_are_told_in_plain_words_and_end_one_by_one_or_all(app: Flask, ada: Reader) -> None:
    phone = Reader(app)
    phone.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 18) Version/18 Safari/604.1"
    phone.client.environ_base["REMOTE_ADDR"] = "203.0.113.77"
    phone.log_in("ada")
    page = ada.get("/account").text
    assert "Safari on iPhone" in page
    assert "203.0.113" in page
    assert page.count("this one") == 1
    key = re.search(r'name="session" value="([0-9a-f]{64})"', page)
    assert key
    ada.fill_in("/account", "/account/sessions/end", session=key[1])
    assert phone.get("/").status_code == 303
    assert ada.get("/").status_code == 200
    others = [Reader(app), Reader(app)]
    for each in others:
        each.log_in("ada")
    ada.fill_in("/account", "/account/sessions/end-others")
    assert [each.get("/").status_code for each in others] == [303, 303]
    assert ada.get("/").status_code == 200


def test_nobody_ends_somebody_elses_session(app: Flask, ada: Reader) -> None:
    clerk = Reader(app)
    clerk.log_in("clerk")
    cookie = clerk.client.get_cookie("__Host-session")
    assert cookie
    ada.fill_in("/account", "/account/sessions/end", session=people.session_key(cookie.value))
    assert clerk.get("/tdsp").status_code == 200


def test_a_new_mail_address_counts_once_its_link_is_opened(app: Flask, ada: Reader) -> None:
    ada.fill_in("/account", "/account/address", email="New@example.com", password=PASSWORD)
    assert "ada@example.com" in ada.get("/account").text
    path = link(mails(app)[-1])
    assert mails(app)[-1]["to"] == "new@example.com"
    assert ada.fill_in(path, path).status_code == 200
    assert "new@example.com" in ada.get("/account").text
    assert mails(app)[-1]["to"] == "ada@example.com"
    assert ada.get(path).status_code == 404


def test_name_and_language_are_changed(ada: Reader) -> None:
    ada.fill_in("/account", "/account/person", full_name="Augusta <b>Ada</b>", language="es")
    page = ada.get("/account?language=es").text
    assert html.escape("Augusta <b>Ada</b>") in page
    assert "Mi cuenta" in page


def test_closing_ends_sharing_and_forgets_the_person(app: Flask, ada: Reader) -> None:
    assert "Everything you share" in ada.get("/account/close").text
    assert ada.fill_in("/account/close", "/account/close", password="x").status_code == 400
    gone = ada.fill_in("/account/close", "/account/close", password=PASSWORD)
    assert gone.headers["Location"] == "/login?told=closed"
    assert ada.get("/").status_code == 303
    assert ada.log_in("ada").status_code == 401
    with site(app).database.read() as conn:
        assert accounts.account_named(conn, "ada") is None
        assert grants.running_of_customer(conn, 2) == []
    assert mails(app)[-1]["subject"] == "Your account is closed"


def test_staff_without_a_second_factor_sets_one_up_first(app: Flask, reader: Reader) -> None:
    here = site(app)
    app.extensions[EXTENSION] = replace(here, settings=replace(here.settings, second_factor=True))
    reader.log_in("clerk")
    assert reader.get("/").headers["Location"] == "/account"
    assert "takes a second factor" in reader.get("/account").text
    page = reader.fill_in("/account", "/account/code", password=PASSWORD).text
    fields = dict(re.findall(r'name="(csrf_token|key)" value="([^"]+)"', page))
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert secret
    code = pyotp.TOTP(secret[1].replace(" ", "")).at(NOW_S)
    assert reader.post("/account/code/made", code=code, **fields).status_code == 200
    assert reader.get("/").headers["Location"] == "/tdsp"
    assert reader.get("/tdsp").status_code == 200
    kept = reader.fill_in("/account", "/account/code/off", password=PASSWORD)
    assert kept.status_code == 400
    assert "Set up another one first" in kept.text
    assert reader.get("/account/close").status_code == 403
