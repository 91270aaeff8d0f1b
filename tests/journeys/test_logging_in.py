from __future__ import annotations

import pyotp
import pytest
from flask import Flask

from tests import factories
from tests.journeys.conftest import PASSWORD, TOTP_SECRET, Reader, World

WRONG = "The user name or the password is not right."


def test_a_stranger_is_sent_to_the_login_page_and_after_it_to_where_he_was_going(reader: Reader, world: World) -> None:
    sent = reader.get(f"/usage/{world.home}?period=week")
    assert sent.status_code == 303
    assert sent.headers["Location"].startswith("/login?next=/usage/")
    page = reader.get(sent.headers["Location"])
    assert f'name="next" value="/usage/{world.home}?period=week"' in page.text
    wanted = f"/usage/{world.home}?period=week"
    assert reader.fill_in("/login", "/login", login="ada", password=PASSWORD, next=wanted).headers["Location"] == wanted


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_a_login_leads_to_no_other_site(reader: Reader, elsewhere: str) -> None:
    answer = reader.fill_in("/login", "/login", login="ada", password=PASSWORD, next=elsewhere)
    assert answer.headers["Location"] == "/"


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(reader: Reader) -> None:
    unknown, wrong = reader.log_in("nobody", "x"), reader.log_in("ada", "x")
    assert unknown.status_code == wrong.status_code == 401
    assert WRONG in unknown.text
    assert unknown.text.count(WRONG) == wrong.text.count(WRONG)
    assert reader.get("/").status_code == 303


def test_the_session_cookie_is_of_this_host_only_and_hidden_from_scripts(reader: Reader) -> None:
    cookie = next(each for each in reader.log_in("ada").headers.getlist("Set-Cookie") if "__Host-session" in each)
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookie
    assert "Domain" not in cookie


def test_a_form_without_its_token_is_refused(reader: Reader, ada: Reader) -> None:
    assert ada.post("/logout").status_code == 400
    assert ada.post("/login", login="ada", password=PASSWORD).status_code == 400
    assert ada.get("/").status_code == 200


def test_a_form_token_of_another_browser_is_refused(app: Flask, reader: Reader) -> None:
    other = Reader(app)
    token = other.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    reader.get("/login")
    assert reader.post("/login", csrf_token=token, login="ada", password=PASSWORD).status_code == 400


def test_a_login_with_a_second_factor_needs_its_code(reader: Reader) -> None:
    asked = reader.log_in("grace")
    assert asked.headers["Location"] == "/login/code"
    assert reader.get("/").status_code == 303
    code = pyotp.TOTP(TOTP_SECRET).at(factories.NOW_S)
    reader.log_in("grace")
    refused = reader.fill_in("/login/code", "/login/code", code="000000" if code != "000000" else "111111")
    assert refused.status_code == 401
    entered = reader.fill_in("/login/code", "/login/code", code=f"{code[:3]} {code[3:]}")
    assert entered.status_code == 303
    assert reader.get("/").status_code == 200


def test_a_code_that_was_seen_cannot_be_used_again(reader: Reader) -> None:
    code = pyotp.TOTP(TOTP_SECRET).at(factories.NOW_S)
    reader.log_in("grace")
    assert reader.fill_in("/login/code", "/login/code", code=code).status_code == 303
    reader.fill_in("/", "/logout")
    reader.log_in("grace")
    assert reader.fill_in("/login/code", "/login/code", code=code).status_code == 401
    assert reader.get("/").status_code == 303


def test_after_five_wrong_codes_the_password_is_asked_for_again(reader: Reader) -> None:
    reader.log_in("grace")
    answers = [reader.fill_in("/login/code", "/login/code", code="x").status_code for _ in range(4)]
    assert answers == [401] * 4
    assert reader.fill_in("/login/code", "/login/code", code="x").headers["Location"] == "/login"
    assert reader.get("/login/code").headers["Location"] == "/login"


def test_a_code_that_comes_too_late_is_not_asked_for_any_more(reader: Reader) -> None:
    reader.log_in("grace")
    reader.wait(301)
    assert reader.get("/login/code").headers["Location"] == "/login"


def test_logging_out_ends_the_session_on_the_server(app: Flask, ada: Reader) -> None:
    cookie = ada.client.get_cookie("__Host-session")
    assert cookie
    assert ada.fill_in("/", "/logout").status_code == 303
    thief = Reader(app)
    thief.client.set_cookie("__Host-session", cookie.value, secure=True)
    assert thief.get("/").status_code == 303


def test_a_session_ends_after_half_an_hour_without_a_click(ada: Reader) -> None:
    ada.wait(29 * 60)
    assert ada.get("/").status_code == 200
    ada.wait(29 * 60)
    assert ada.get("/").status_code == 200
    ada.wait(30 * 60)
    sent = ada.get("/")
    assert sent.status_code == 303
    assert "You were logged out" in ada.get(sent.headers["Location"]).text


def test_a_session_ends_after_twelve_hours_in_any_case(ada: Reader) -> None:
    for _ in range(35):
        ada.wait(20 * 60)
        assert ada.get("/").status_code == 200
    ada.wait(20 * 60)
    assert ada.get("/").status_code == 303


def test_a_person_reads_the_language_of_his_login_until_he_chooses_another(reader: Reader) -> None:
    reader.log_in("grace")
    reader.fill_in("/login/code", "/login/code", code=pyotp.TOTP(TOTP_SECRET).at(factories.NOW_S))
    page = reader.get("/")
    assert '<html lang="es">' in page.text
    assert "Sus medidores" in page.text
    assert page.headers["Content-Language"] == "es"
    assert "Your meters" in reader.get("/?language=en").text
    assert "Your meters" in reader.get("/").text


def test_a_stranger_reads_the_language_of_his_browser(reader: Reader) -> None:
    assert "Iniciar sesión" in reader.get("/login", **{"Accept-Language": "es-MX,es;q=0.9"}).text
    assert "Log in" in reader.get("/login", **{"Accept-Language": "fr"}).text
