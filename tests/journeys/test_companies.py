"""A company at its desk: from registration to the first feed, colleagues who come and go, keys, addresses, calls."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pyotp
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from espi import jobs
from espi.access import Role
from espi.app import create_app
from espi.clock import DAY_S
from espi.config import Settings
from espi.delivery import bulk, expiring
from espi.delivery.bulk_part import Order
from espi.store import clients, companies, events, grants, people, staff
from espi.store import jobs as outbox
from tests import databases
from tests.factories import NOW_S
from tests.journeys.conftest import ORIGIN, PASSWORD, Reader, World
from tests.journeys.test_connecting import SCOPE
from tests.journeys.test_developing import FIELDS, client_of, site

CHOSEN = "a long and private sentence"


@pytest.fixture
def app(world: World, settings: Settings) -> Iterator[Flask]:
    """The server over a copy of the world, with a sandbox."""
    database = databases.restore(world.saved, settings.home)
    made = create_app(replace(settings, sandbox=True, notify_private=True), database=database)
    made.config["WTF_CSRF_CHECK_DEFAULT"] = False
    yield made
    database.close()


class _Ear(BaseHTTPRequestHandler):
    """Who takes news: he answers as his path says."""

    def do_POST(self) -> None:
        self.server.heard.append(self.rfile.read(int(self.headers["Content-Length"])))  # type: ignore[attr-defined]
        self.send_response(int(self.path.rpartition("/")[2]))
        self.end_headers()

    def log_message(self, *_said: Any) -> None:
        """Say nothing."""


@pytest.fixture
def ear(loopback: None) -> Iterator[HTTPServer]:
    """A third party's own server."""
    server = HTTPServer(("127.0.0.1", 0), _Ear)
    server.heard = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def developer(reader: Reader) -> Reader:
    """Somebody who has just registered his app in the sandbox."""
    assert reader.post("/developers", **FIELDS).status_code == 200
    return reader


def mails(app: Flask) -> list[dict[str, str]]:
    with site(Reader(app)).database.read() as conn:
        return [dict(each.payload) for each in outbox.jobs(conn, kind="mail.send")]


def login_of(app: Flask, name: str) -> int:
    with site(Reader(app)).database.read() as conn:
        return next(each.id for each in staff.logins(conn, text=name) if each.name == name)


def test_a_third_party_goes_from_registration_to_its_first_feed_by_what_its_pages_say(
    app: Flask, world: World, ear: HTTPServer
) -> None:
    made = Reader(app)
    registered = made.post("/developers", **{**FIELDS, "name": "Sun Diary", "login": "sun", "notify_uri": ""}).text
    client_id, secret = re.findall(r"<dd><code[^>]*>([^<]+)</code>", registered)[:2]
    page = made.get("/company").text
    assert 'href="/company"' in registered
    assert "Mail address checked" in page.split("Your way to production")[0], "what to do next stands first"
    port = ear.server_address[1]
    fields = {
        "redirect_uris": FIELDS["redirect_uri"],
        "contacts": "sun@example.com",
        "thirdPartyNotifyUri": f"http://127.0.0.1:{port}/204",
    }
    saved = made.post("/company/addresses", **fields)
    assert "It answered 204" in made.get(saved.headers["Location"]).text
    assert "First feed in the sandbox" in made.get("/company").text.split("Your way to production")[0]
    token = _token_of_ada(app, world, client_id, secret)
    path = token["resourceURI"].removeprefix(site(made).settings.base_url)
    feed = Reader(app).get(path, Authorization=f"Bearer {token['access_token']}")
    assert feed.status_code == 200, feed.text
    assert b"IntervalBlock" in feed.data
    page = made.get("/company").text
    assert page.count('class="done"') == 4
    assert "This is the sandbox" in page.split("Your way to production")[0]
    calls = made.get("/company/calls?calls=all").text
    assert "Batch/Subscription" in calls
    assert "Calls by day" in calls
    assert f"{len(feed.data) // 1024:,} KB" in calls, "how much it was stands there too"


def _token_of_ada(app: Flask, world: World, client_id: str, secret: str) -> dict[str, str]:
    """Ada logs in and agrees; the client, as any OAuth client does, changes the code for a token."""
    ada, client = Reader(app), Reader(app)
    ada.log_in("ada")
    asked = {"response_type": "code", "client_id": client_id, "redirect_uri": FIELDS["redirect_uri"], "scope": SCOPE}
    address = f"/oauth/authorize?{urlencode({**asked, 'state': 's'})}"
    chosen = {"answer": "yes", "usage_point": str(world.home), "months": "12", "history": "all"}
    code = parse_qs(urlsplit(ada.fill_in(address, address, **chosen).headers["Location"]).query)["code"][0]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": FIELDS["redirect_uri"]}
    return dict(token_answer(client, client_id, secret, **fields).get_json())


def test_a_colleague_comes_by_mail_acts_as_his_position_says_and_is_ended(app: Flask, developer: Reader) -> None:
    sent = developer.post("/company/users", email="Lin@Example.com", position="viewer", language="en")
    assert sent.status_code == 303
    assert "Lin@example.com".casefold() in developer.get("/company/users").text
    mail = next(one for one in mails(app) if one["to"] == "lin@example.com")
    path = re.search(r"(/staff/\S+)", mail["text"])
    assert path
    lin = Reader(app)
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", lin.get(path[1]).text)
    assert shown
    code = pyotp.TOTP(shown[1].replace(" ", "")).now()
    assert lin.post(path[1], password=CHOSEN, again=CHOSEN, code=code).status_code == 303
    with site(developer).database.write() as conn:
        own = login_of(app, "lin@example.com")
        token = people.start_session(conn, own, NOW_S)
    lin.client.set_cookie("__Host-session", token, domain="localhost", secure=True)
    users = lin.get("/company/users").text
    assert "Only an administrator" in users
    assert lin.post("/company/users", email="x@example.com", position="viewer").status_code == 403
    assert lin.post("/company/keys/roll").status_code == 403
    assert lin.get("/developers/console").status_code == 403
    developer.post("/company/users/change", login=str(own), position="developer", what="change")
    assert lin.get("/developers/console").status_code == 200
    assert lin.post("/company/users/change", login=str(own), position="administrator").status_code == 403
    developer.post("/company/users/change", login=str(own), what="end")
    assert lin.get("/company").status_code == 303, "his session is over"
    assert [one["to"] for one in mails(app)].count("lin@example.com") == 3


def test_the_last_administrator_stays(app: Flask, developer: Reader) -> None:
    me = login_of(app, FIELDS["login"])
    for fields in ({"what": "end"}, {"position": "viewer", "what": "change"}):
        refused = developer.post("/company/users/change", login=str(me), **fields)
        assert refused.status_code == 409
        assert "one administrator at least" in refused.text
    with site(developer).database.write() as conn:
        key = client_of(developer).party_id
        people.add_login(conn, "second", PASSWORD, "third_party", key, position="administrator")
    assert developer.post("/company/users/change", login=str(me), position="viewer").status_code == 303
    assert developer.post("/company/users", email="x@example.com", position="viewer").status_code == 403


def test_nobody_learns_who_has_an_account_or_reaches_another_companys_users(app: Flask, developer: Reader) -> None:
    with site(developer).database.write() as conn:
        people.add_login(conn, "bo@example.com", PASSWORD, "customer", 5)
    answers = [developer.post("/company/users", email=who, position="viewer") for who in ("bo@example.com", "cy@x.org")]
    assert len({(one.status_code, one.headers["Location"]) for one in answers}) == 1
    assert (
        "account with this address already" in next(one for one in mails(app) if one["to"] == "bo@example.com")["text"]
    )
    for what in ("end", "change"):
        fields = {"login": str(login_of(app, "bluebonnet")), "position": "viewer", "what": what}
        assert developer.post("/company/users/change", **fields).status_code == 404
    for email in ("nobody", "a b@example.com", "@example.com"):
        assert developer.post("/company/users", email=email, position="viewer").status_code == 400


def test_an_invitation_that_is_taken_back_opens_nothing(app: Flask, developer: Reader) -> None:
    developer.post("/company/users", email="lin@example.com", position="viewer")
    path = re.search(r"(/staff/\S+)", mails(app)[-1]["text"])
    with site(developer).database.read() as conn:
        waiting = companies.invited(conn, "third_party", client_of(developer).party_id, NOW_S)
    assert path
    lin = Reader(app)
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", lin.get(path[1]).text)
    assert shown
    assert developer.post("/company/users/withdraw", invited=str(waiting[0].id)).status_code == 303
    code = pyotp.TOTP(shown[1].replace(" ", "")).now()
    assert lin.post(path[1], password=CHOSEN, again=CHOSEN, code=code).status_code == 409
    assert developer.post("/company/users/withdraw", invited=str(waiting[0].id)).status_code == 404


def test_a_secret_is_rolled_over_while_the_old_one_still_works(app: Flask, developer: Reader) -> None:
    old = clients_first_secret(developer)
    client = client_of(developer)
    shown = developer.post("/company/keys/roll", client=client.client_id, overlap="7", lasts="365")
    assert shown.headers["Cache-Control"] == "no-store"
    found = re.search(r'id="secret">([^<]+)<', shown.text)
    assert found
    assert found[1] not in developer.get("/company/keys").text
    assert "Old; a newer one is there." in developer.get("/company/keys").text
    for secret in (old, found[1]):
        assert is_let_in(developer, client, secret)
    developer.wait(8 * DAY_S)
    assert not is_let_in(developer, client, old)
    assert is_let_in(developer, client, found[1])


def clients_first_secret(reader: Reader) -> str:
    with site(reader).database.write() as conn:
        return clients.rotate_secret(conn, client_of(reader), NOW_S)


def token_answer(reader: Reader, client_id: str, secret: str, **fields: str) -> TestResponse:
    proof = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {proof}"}
    return reader.client.post("/oauth/token", base_url=ORIGIN, data=fields, headers=headers)


def is_let_in(reader: Reader, client: clients.Client, secret: str) -> bool:
    """Whether a client proves itself by a secret: what it asks for then is another matter."""
    return token_answer(reader, client.client_id, secret, grant_type="client_credentials").status_code != 401


def test_the_end_of_a_key_is_told_in_time_and_once(app: Flask, developer: Reader) -> None:
    with site(developer).database.write() as conn:
        people.add_login(conn, "kim@example.com", PASSWORD, "third_party", client_of(developer).party_id, language="es")
        people.add_login(conn, "vi@x.org", PASSWORD, "third_party", client_of(developer).party_id, position="viewer")
        clients.rotate_secret(conn, client_of(developer), NOW_S, lasts_s=40 * DAY_S)
    told = []
    for days in (0, 11, 1, 15, 7, 5):
        developer.wait(days * DAY_S)
        here = site(developer)
        context = jobs.Context(here.settings, here.database)
        told.append((expiring.warn(context, a_job(context)) or {})["told"])
    assert told == [0, 1, 0, 1, 1, 1], "30, 14, 7 and 1 days before, once each"
    assert {one["to"] for one in mails(app)} == {"kim@example.com"}, "not who can do nothing about it"
    assert "clave secreta" in mails(app)[0]["subject"]


def a_job(context: jobs.Context) -> outbox.Job:
    with context.database.write() as conn:
        return outbox.add_job(conn, "keys.expiring", {}, now_s=context.now_s(), key="")


def test_addresses_are_tried_as_they_are_entered_and_said_plainly(
    app: Flask, developer: Reader, ear: HTTPServer
) -> None:
    port = ear.server_address[1]
    fields = {"redirect_uris": FIELDS["redirect_uri"], "contacts": "a@example.com"}
    for status, said in ((200, "It answered 200"), (404, "It answered 404, so it refuses"), (302, "It answered 302")):
        kept = developer.post("/company/addresses", **fields, thirdPartyNotifyUri=f"http://127.0.0.1:{port}/{status}")
        assert kept.status_code == 303
        assert said in developer.get("/company/addresses").text
    assert b"ApplicationInformation" in ear.heard[0]  # type: ignore[attr-defined]
    developer.post("/company/addresses", **fields, thirdPartyNotifyUri="http://127.0.0.1:1/")
    assert "Nobody takes connections there." in developer.get("/company/addresses").text
    for wrong in ("ftp://x", "http://example.com/back", "https://a.example/#x", ""):
        refused = developer.post("/company/addresses", redirect_uris=wrong, thirdPartyNotifyUri="")
        assert refused.status_code == 400
        assert "Nothing was changed." in refused.text
    with site(developer).database.read() as conn:
        content = grants.third_party(conn, client_of(developer).party_id).content
    assert content["redirect_uri"] == [FIELDS["redirect_uri"]]


def test_what_did_not_arrive_says_why_and_is_sent_again(app: Flask, developer: Reader, ear: HTTPServer) -> None:
    port, key = ear.server_address[1], client_of(developer).party_id
    fields = {"redirect_uris": FIELDS["redirect_uri"], "contacts": ""}
    developer.post("/company/addresses", **fields, thirdPartyNotifyUri=f"http://127.0.0.1:{port}/503")
    here = site(developer)
    jobs.run_due(jobs.Context(here.settings, here.database))
    page = developer.get("/company/deliveries").text
    assert "It failed (503)" in page
    assert "has not arrived" in page
    developer.post("/company/addresses", **fields, thirdPartyNotifyUri=f"http://127.0.0.1:{port}/200")
    assert developer.post("/company/deliveries/resend", what="all").status_code == 303
    jobs.run_due(jobs.Context(here.settings, here.database))
    assert "Arrived" in developer.get("/company/deliveries").text
    with here.database.read() as conn:
        assert events.undelivered(conn, key) == []
    other = Reader(app)
    other.post("/developers", **{**FIELDS, "name": "Nosy", "login": "nosy"})
    with here.database.read() as conn:
        theirs = events.deliveries(conn, key)[0].id
    assert other.post("/company/deliveries/resend", delivery=str(theirs)).status_code == 404


def test_a_reps_user_sees_the_same_desk_for_the_rep(app: Flask, reader: Reader) -> None:
    reader.log_in("bluebonnet")
    page = reader.get("/company").text
    assert "A key for your programs" in page
    assert reader.get("/company/addresses").status_code == 403
    made = reader.post("/company/keys/first")
    secret = re.search(r'id="secret">([^<]+)<', made.text)
    assert secret
    assert reader.post("/company/keys/first").status_code == 409
    assert "Client secret" in reader.get("/company/keys").text
    for path in ("/company/users", "/company/calls", "/company/deliveries"):
        assert reader.get(path).status_code == 200
    here = site(reader)
    with here.database.read() as conn:
        rep = people.party_named(conn, "rep", "bluebonnet")
        client = clients.clients_of(conn, "rep", rep)[0]
    assert is_let_in(reader, client, secret[1])
    bulk.begin(
        jobs.Context(here.settings, here.database), Order(Role.rep, rep, NOW_S // DAY_S - 1), here.settings.home / "b"
    )
    assert "Being made" in reader.get("/company/deliveries").text
