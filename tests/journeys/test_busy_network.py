"""Many wrong passwords from one network: strangers there wait, and are told until when; who is known gets in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from espi.web.site import EXTENSION
from tests.journeys.conftest import Reader
from tests.journeys.test_registering import site

WAIT_S = 15 * 60


@pytest.fixture
def app(app: Flask) -> Flask:
    """A server that has enough of three."""
    here = site(app)
    app.extensions[EXTENSION] = replace(here, settings=replace(here.settings, login_failures=3))
    return app


def guess(app: Flask, times: int = 3) -> Reader:
    guesser = Reader(app)
    for number in range(times):
        assert guesser.log_in(f"nobody-{number}", "guess").status_code == 401
    return guesser


def test_after_many_wrong_passwords_the_network_waits(app: Flask) -> None:
    guesser = guess(app)
    refused = guesser.log_in("ada")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == str(WAIT_S), "the window has just begun"
    assert "Try again after 12:15\N{NO-BREAK SPACE}PM CDT" in refused.text
    guesser.wait(WAIT_S)
    assert guesser.log_in("ada").status_code == 303


def test_whoever_has_logged_in_before_does_not_wait(app: Flask, ada: Reader) -> None:
    ada.fill_in("/", "/logout")
    guess(app)
    assert ada.log_in("grace").status_code == 429, "the browser is known to be hers alone"
    assert ada.log_in("ada").status_code == 303
    assert Reader(app).log_in("ada").status_code == 429


def test_a_known_browser_with_wrong_passwords_is_held_up_by_its_account(app: Flask, ada: Reader) -> None:
    ada.fill_in("/", "/logout")
    guess(app)
    for _ in range(10):
        assert ada.log_in("ada", "guess").status_code == 401
    assert ada.log_in("ada").status_code == 401


def test_right_passwords_do_not_count(app: Flask) -> None:
    for _ in range(4):
        assert Reader(app).log_in("ada").status_code == 303


def test_an_error_page_leads_to_a_question_that_bears_its_number(app: Flask) -> None:
    reader = Reader(app)
    answer = reader.get("/no-such-page")
    number = answer.headers["X-Request-Id"]
    assert f'href="/contact?reference={number}"' in answer.text
    assert f'value="{number}"' in reader.get(f"/contact?reference={number}").text
