"""A developer registers, is let in at once, sees what his client did, and makes things happen: in a sandbox only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from espi import sharing
from espi.access import Principal, Role, TokenKind
from espi.app import create_app
from espi.config import Settings
from espi.oauth.tokens import client_authorization
from espi.scope import parse
from espi.store import clients, directory, events, exchanges, grants, people, tokens
from espi.store.clients import Client
from espi.store.exchanges import Exchange
from espi.web.site import EXTENSION, Site
from tests import databases
from tests.factories import NOW_S, reach_of_utility
from tests.journeys.conftest import PASSWORD, Reader, World

FIELDS = {
    "name": "Roof Watch",
    "redirect_uri": "https://localhost:8445/callback",
    "notify_uri": "https://localhost:8445/notify",
    "login": "roof",
    "password": "a long enough password",
}
SCOPE = "FB=1_3_4_5_31_37_39;IntervalDuration=900;BlockDuration=daily;HistoryLength=34128000"


@pytest.fixture
def app(world: World, settings: Settings) -> Iterator[Flask]:
    """The server over a copy of the world, with a sandbox."""
    database = databases.restore(world.saved, settings.home)
    yield create_app(replace(settings, sandbox=True, notify_private=True), database=database)
    database.close()


@pytest.fixture
def developer(reader: Reader) -> Reader:
    """Somebody who has just registered his app."""
    made = reader.fill_in("/developers", "/developers", **FIELDS)
    assert made.status_code == 200, made.text
    return reader


def site(reader: Reader) -> Site:
    found: Site = reader.app.extensions[EXTENSION]
    return found


def client_of(reader: Reader) -> Client:
    with site(reader).database.read() as conn:
        third_party = grants.third_party_by_name(conn, "Roof Watch")
        assert third_party
        return clients.clients_of(conn, "third_party", third_party.id)[0]


def granted(reader: Reader) -> grants.Authorization:
    """Ada gives the app her meter."""
    here, client = site(reader), client_of(reader)
    with here.database.write() as conn:
        ada = people.settle(conn, people.try_password(conn, "ada", PASSWORD), NOW_S)
        assert ada
        utility = directory.utilities(conn)[0]
        home = next(
            one for one in directory.usage_points(conn, reach_of_utility(utility.id)) if one.title.startswith("12 ")
        )
        terms = sharing.Terms(parse(SCOPE), (home.id,), sharing.end_after(NOW_S, 3, "America/Chicago"))
        principal = Principal(Role.customer, ada.party_id, "password", "ada")
        third_party = grants.third_party(conn, client.party_id)
        return sharing.grant(conn, principal, third_party, terms, settings=here.settings, client_id=client.id)


def test_a_developer_gets_a_client_at_once_and_sees_its_secret_once(reader: Reader) -> None:
    made = reader.fill_in("/developers", "/developers", **FIELDS)
    client = client_of(reader)
    secret = re.search(r'id="secret">([^<]+)<', made.text)
    assert secret
    with site(reader).database.read() as conn:
        assert clients.secret_matches(conn, client, secret[1], NOW_S)
        third_party = grants.third_party(conn, client.party_id)
    assert (client.sandbox, third_party.status) == (True, grants.PRODUCTION)
    assert third_party.content["thirdPartyNotifyUri"] == FIELDS["notify_uri"]
    assert f"-u &#39;{client.client_id}:{secret[1]}&#39;" in made.text
    console = reader.get("/developers/console")
    assert console.status_code == 200
    assert client.client_id in console.text
    assert secret[1] not in console.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "short"}, "12 characters"),
        ({"name": ""}, "Fill in every field"),
        ({"login": "ada"}, "There is a login"),
        ({"redirect_uri": "ftp://x"}, "redirect"),
    ],
)
def test_what_cannot_be_registered_is_said_and_nothing_is_left_behind(
    reader: Reader, changes: dict[str, str], said: str
) -> None:
    refused = reader.fill_in("/developers", "/developers", **{**FIELDS, **changes})
    assert refused.status_code == 400
    assert said in refused.text
    with site(reader).database.read() as conn:
        assert grants.third_party_by_name(conn, "Roof Watch") is None


def test_calls_are_found_by_their_request_id(developer: Reader) -> None:
    client = client_of(developer)
    database = site(developer).database
    exchanges.note(database, client, Exchange(client.id, "aaaa1111", NOW_S, "GET", "/Batch/Bulk/{b}", 403, "c", "No."))
    exchanges.note(database, client, Exchange(client.id, "bbbb2222", NOW_S, "GET", "/ReadServiceStatus", 200))
    failed = developer.get("/company/calls").text
    assert "aaaa1111" in failed
    assert "bbbb2222" not in failed
    assert "bbbb2222" in developer.get("/company/calls?calls=all").text
    assert "bbbb2222" in developer.get("/company/calls?request=bbbb2222").text
    assert "None of your calls" in developer.get("/company/calls?request=cccc3333").text


def test_the_calls_for_tokens_are_there_too(developer: Reader) -> None:
    client = client_of(developer)
    fields = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": "not the secret"}
    refused = developer.post("/oauth/token", **fields)
    assert refused.status_code == 401
    calls = developer.get("/company/calls").text
    assert refused.headers["X-Request-Id"] in calls
    assert "invalid_client" in calls


def test_faults_come_at_the_resource_endpoint_and_are_seen(developer: Reader) -> None:
    here, client = site(developer), client_of(developer)
    with here.database.write() as conn:
        own = client_authorization(conn, client, TokenKind.client, here.settings)
        token = tokens.issue(
            conn, kind="access", authorization_id=own.id, client_id=client.id, family="f", binding="",
            issued_s=NOW_S, expires_s=NOW_S + 3600,
        )  # fmt: skip
        exchanges.set_fault(conn, client, 503, 1)
    path, headers = "/espi/1_1/resource/ReadServiceStatus", {"Authorization": f"Bearer {token}"}
    failed = developer.get(path, **headers)
    assert (failed.status_code, failed.headers["Retry-After"]) == (503, "2")
    assert developer.get(path, **headers).status_code == 200
    assert failed.headers["X-Request-Id"] in developer.get("/company/calls").text


def test_notifications_are_sent_when_wished_and_again(developer: Reader) -> None:
    grant = granted(developer)
    for what in ("registration", "authorization", "subscription"):
        sent = developer.fill_in("/developers/console", "/developers/try/ping", what=what, grant=str(grant.id))
        assert sent.status_code == 303
    with site(developer).database.read() as conn:
        told = [one.resources[0] for one in events.last_events(conn, grant.third_party_id, 3)]
        delivery = events.deliveries(conn, grant.third_party_id)[0]
    assert [one.partition("/")[0] for one in told] == ["Batch", "Authorization", "ApplicationInformation"]
    assert developer.get("/company/deliveries").text.count("<b>ping</b>") == 3
    again = developer.fill_in("/company/deliveries", "/company/deliveries/resend", delivery=str(delivery.id))
    assert again.status_code == 303


def test_a_correction_goes_through_intake(developer: Reader, world: World) -> None:
    grant = granted(developer)
    done = developer.fill_in("/developers/console", "/developers/try/correct", grant=str(grant.id))
    assert done.headers["Location"].endswith("told=corrected")
    assert "with other values" in developer.get(done.headers["Location"]).text
    developer.post("/logout", csrf_token="")
    fresh = Reader(developer.app)
    fresh.log_in("ada")
    day = fresh.get(f"/usage/{world.home}?date=2025-06-14").text
    assert "110" in day


def test_a_connection_ends_and_its_token_expires_when_wished(developer: Reader) -> None:
    grant, here = granted(developer), site(developer)
    with here.database.write() as conn:
        token = tokens.issue(
            conn, kind="access", authorization_id=grant.id, client_id=grant.client_id, family="f", binding="",
            issued_s=NOW_S, expires_s=NOW_S + 3600,
        )  # fmt: skip
    developer.fill_in("/developers/console", "/developers/try/expire", grant=str(grant.id))
    with here.database.read() as conn:
        stored = tokens.token(conn, token)
    assert stored
    assert not stored.counts(NOW_S)
    developer.fill_in("/developers/console", "/developers/try/revoke", grant=str(grant.id))
    with here.database.read() as conn:
        assert grants.authorization(conn, grant.id).status == grants.REVOKED


def test_faults_are_set_for_all_clients_of_the_app(developer: Reader) -> None:
    developer.fill_in("/developers/console", "/developers/try/fault", status="503", times="2")
    with site(developer).database.read() as conn:
        own = clients.clients_of(conn, "third_party", client_of(developer).party_id)
        assert {exchanges.fault_of(conn, one) for one in own} == {(503, 2)}
    refused = developer.fill_in("/developers/console", "/developers/try/fault", status="503", times="many")
    assert refused.status_code == 400


def test_another_third_partys_grants_are_out_of_reach(developer: Reader) -> None:
    grant = granted(developer)
    other = Reader(developer.app)
    other.fill_in("/developers", "/developers", **{**FIELDS, "name": "Nosy", "login": "nosy"})
    for path in ("revoke", "expire", "correct"):
        answer = other.fill_in("/developers/console", f"/developers/try/{path}", grant=str(grant.id))
        assert answer.status_code == 404, path


@pytest.mark.parametrize("changes", [{"sandbox": False}, {"sandbox": True, "production": True}])
def test_without_a_sandbox_nothing_of_it_is_there(developer: Reader, changes: dict[str, bool]) -> None:
    here = site(developer)
    developer.app.extensions[EXTENSION] = Site(replace(here.settings, **changes), here.database)
    assert developer.get("/developers").status_code == 404
    console = developer.get("/developers/console")
    assert console.status_code == 200
    assert "/developers/try" not in console.text
    for path in ("ping", "correct", "revoke", "expire", "fault"):
        assert developer.fill_in("/developers/console", f"/developers/try/{path}").status_code == 404


def test_customers_have_no_console(ada: Reader) -> None:
    assert ada.get("/developers/console").status_code == 403
