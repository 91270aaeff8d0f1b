"""The scripted customer: logs in, chooses, presses and comes back, on pages as custodians write them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from conformance.client import settings as kit_settings
from conformance.client.browser import Browser
from conformance.client.exchange import Recorder
from conformance.client.masking import Mask
from conformance.suite import Skip

pytestmark = pytest.mark.loopback

SCRIPTS = {
    "browser": {
        "log_in": [{"page": "/login", "fill": {"user": "alice", "password": "alice-in-springfield"}}],
        "consent": [
            {"page": "/authorize", "choose": {"meter": "*", "span": "12", "scope": "{scope}"}, "press": "Agree"},
        ],
        "deny": [{"page": "/authorize", "press": "no"}],
        "first": [{"page": "/authorize", "choose": {"scope": "first"}, "clear": ["news"], "press": "Agree"}],
        "away": [{"page": "/authorize", "follow": "Somewhere else"}],
        "lost": [{"page": "/authorize", "press": "Authorise"}],
        "absent": [{"page": "/authorize", "choose": {"span": "13"}}],
    },
    "scope": "FB=4_5;HistoryLength=13",
}
PAGE = """<html><body><form action="/elsewhere"><input name="q"><button>Search</button></form>
<form method="post"><input type="hidden" name="csrf_token" value="a-token-against-forgery">
<input type="checkbox" name="meter" value="1"><input type="checkbox" name="meter" value="2">
<input type="checkbox" name="news" value="1" checked>
<input type="radio" name="scope" value="FB=1_3"><input type="radio" name="scope" value="FB=4_5;HistoryLength=13">
<select name="span"><option value="1">a month</option><option value="12">a year</option></select>
<button name="answer" value="yes">  Agree
</button><input type="submit" name="answer" value="no"></form>
<a href="/elsewhere?x=1">Somewhere else</a></body></html>"""
LOGIN = """<form method="post" action="/login"><input name="user"><input name="password" type="password">
<input type="hidden" name="next" value="{next}"><input type="submit"></form>"""


class Custodian(BaseHTTPRequestHandler):
    """Pages of a custodian that wants a log-in first."""

    sent: list[tuple[str, dict[str, list[str]]]]

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/authorize" and "session=alice" not in self.headers.get("Cookie", ""):
            self._redirect(f"/login?next={self.path}")
        elif path == "/login":
            self._page(LOGIN.format(next="/authorize"))
        elif path == "/authorize":
            self._page(PAGE)
        else:
            self._page("<p>The end</p>")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = parse_qs(body)
        self.sent.append((self.path, form))
        if self.path.startswith("/login"):
            self.send_response(303)
            self.send_header("Set-Cookie", "session=alice; Path=/; HttpOnly")
            self.send_header("Set-Cookie", "old=; Max-Age=0")
            self._end("", form["next"][0])
        else:
            self._redirect("/callback?code=the-code-of-this-consent")

    def _redirect(self, location: str) -> None:
        self.send_response(302)
        self._end("", location)

    def _page(self, text: str) -> None:
        self.send_response(200)
        self._end(text)

    def _end(self, text: str, location: str = "") -> None:
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
        pass


@pytest.fixture
def sent() -> list[tuple[str, dict[str, list[str]]]]:
    return []


@pytest.fixture
def custodian(sent: list[tuple[str, dict[str, list[str]]]]) -> Iterator[str]:
    handler = type("Handler", (Custodian,), {"sent": sent})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    settings = kit_settings.from_table(SCRIPTS)
    recorder = Recorder(Mask(settings.secrets))
    yield Browser(settings, recorder, lambda _line: None)
    recorder.close()


def test_a_customer_logs_in_chooses_and_comes_back(
    custodian: str, browser: Browser, sent: list[tuple[str, dict[str, list[str]]]]
) -> None:
    visit = browser.run("consent", f"{custodian}/authorize?client_id=x")
    assert visit.url == f"{custodian}/callback?code=the-code-of-this-consent"
    assert [path for path, _form in sent] == ["/login", "/authorize"]
    assert sent[0][1] == {"user": ["alice"], "password": ["alice-in-springfield"], "next": ["/authorize"]}
    assert sent[1][1] == {
        "csrf_token": ["a-token-against-forgery"],
        "meter": ["1", "2"],
        "news": ["1"],
        "scope": ["FB=4_5;HistoryLength=13"],
        "span": ["12"],
        "answer": ["yes"],
    }
    assert [one.status for one in visit.exchanges] == [302, 200, 303, 200, 302, 200]


def test_who_is_logged_in_is_not_asked_again_until_the_cookies_are_dropped(
    custodian: str, browser: Browser, sent: list[tuple[str, dict[str, list[str]]]]
) -> None:
    for _ in range(2):
        browser.run("deny", f"{custodian}/authorize")
    assert [path for path, _form in sent] == ["/login", "/authorize", "/authorize"]
    assert sent[1][1]["answer"] == ["no"]
    browser.forget()
    browser.run("deny", f"{custodian}/authorize")
    assert [path for path, _form in sent][3:] == ["/login", "/authorize"]


def test_the_first_can_be_chosen_a_tick_taken_away_and_a_link_followed(
    custodian: str, browser: Browser, sent: list[tuple[str, dict[str, list[str]]]]
) -> None:
    browser.run("first", f"{custodian}/authorize")
    assert sent[-1][1]["scope"] == ["FB=1_3"]
    assert "news" not in sent[-1][1]
    assert browser.run("away", f"{custodian}/authorize").url == f"{custodian}/elsewhere?x=1"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("unknown", r"no steps for the customer's 'unknown' \(\[\[browser.unknown\]\]\)"),
        ("lost", "no form on .*/authorize with Authorise"),
        ("absent", "'span' on .*/authorize cannot be '13'"),
    ],
)
def test_a_script_that_does_not_fit_is_told(custodian: str, browser: Browser, script: str, why: str) -> None:
    with pytest.raises(Skip, match=why):
        browser.run(script, f"{custodian}/authorize")


def test_a_log_in_that_fails_is_not_tried_for_ever(
    browser: Browser, custodian: str, sent: list[tuple[str, dict[str, list[str]]]]
) -> None:
    visit = browser.run("deny", f"{custodian}/login")
    assert urlsplit(visit.url).path == "/callback"
    settings = kit_settings.from_table({"browser": {"deny": [{"page": "/login", "fill": {"user": "bob"}}]}})
    stubborn = Browser(settings, browser.recorder, lambda _line: None)
    sent.clear()
    assert urlsplit(stubborn.run("deny", f"{custodian}/login?x=1").url).path in {"/login", "/authorize"}
    assert len(sent) <= 2


def test_nothing_that_the_customer_types_or_gets_is_kept(custodian: str, browser: Browser) -> None:
    browser.run("consent", f"{custodian}/authorize")
    kept = repr([vars(one) | {"_body": "", "_headers": "", "_address": ""} for one in browser.recorder.exchanges])
    secrets = ("alice-in-springfield", "a-token-against-forgery", "the-code-of-this-consent", "session=alice")
    assert [secret for secret in secrets if secret in kept] == []


def test_a_person_is_told_what_to_open() -> None:
    told: list[str] = []
    recorder = Recorder()
    visit = Browser(kit_settings.from_table({}), recorder, told.append).run("deny", "https://custodian.example/a")
    assert visit.by_hand
    assert "https://custodian.example/a" in told[0]
    assert "refuse" in told[0]
    recorder.close()
