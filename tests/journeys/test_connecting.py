"""A third party sends Ada here, she says what it gets, and it fetches that, as a browser and a client see it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from espi.oauth.registration import make_clients
from espi.store import clients, directory, grants, people
from espi.store.database import Database
from espi.web.site import EXTENSION, Site
from tests import factories
from tests.factories import NOW_S
from tests.journeys.conftest import ORIGIN, PASSWORD, Reader, World

REDIRECT = "https://wattwise.example/ThirdParty/espi/1_1/OAuthCallBack"
SELECTION = "https://wattwise.example/ThirdParty/RetailCustomer/ScopeSelection"
SCOPE = "FB=4_5_15;IntervalDuration=900;BlockDuration=daily;HistoryLength=2592000"
PERSONAL = "FB=4_5_51_53_54;IntervalDuration=900"
STATE = "ee148ec2-9892-466e-a013-4dedf1eb3018"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED = {"response_type": "code", "redirect_uri": REDIRECT, "scope": SCOPE, "state": STATE}


@dataclass
class Wattwise:
    """A third party as its own program: what it was told at registration, and what it calls."""

    app: Flask
    client_id: str
    secrets: dict[str, str]
    path_id: int
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def site(self) -> Site:
        found: Site = self.app.extensions[EXTENSION]
        return found

    @property
    def database(self) -> Database:
        return self.site.database

    def address(self, **parameters: str | None) -> str:
        asked = {"client_id": self.client_id, **ASKED, **parameters}
        given = {name: value for name, value in asked.items() if value is not None}
        return f"/oauth/authorize?{urlencode(given)}"

    def post(self, path: str, kind: str = "", **parameters: str) -> TestResponse:
        pattern = {"": "{}", "registration": "REGISTRATION_{}", "admin": "{}_admin"}[kind]
        pair = f"{pattern.format(self.client_id)}:{self.secrets[kind or 'main']}"
        proof = f"Basic {base64.b64encode(pair.encode()).decode()}"
        client = self.app.test_client(use_cookies=False)
        return client.post(path, base_url=ORIGIN, data=parameters, headers={"Authorization": proof})

    def token(self, **parameters: str) -> TestResponse:
        return self.post("/oauth/token", **parameters)

    def exchange(self, location: str, **parameters: str) -> dict[str, Any]:
        code = parse_qs(urlsplit(location).query)["code"][0]
        answer = self.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT, **parameters)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Pragma"] == "no-cache"
        return dict(json.loads(answer.text))

    def fetch(self, uri: str, token: str) -> TestResponse:
        path = uri.removeprefix(self.site.settings.base_url)
        client = self.app.test_client(use_cookies=False)
        return client.get(path, base_url=ORIGIN, headers={"Authorization": f"Bearer {token}"}, buffered=True)

    def policy(self, name: str) -> None:
        with self.database.write() as conn:
            client = clients.client_by_client_id(conn, self.client_id)
            assert client is not None
            clients.change_client(conn, client, policy=name)

    def grants(self) -> list[grants.Authorization]:
        with self.database.read() as conn:
            client = clients.client_by_client_id(conn, self.client_id)
            assert client is not None
            return [one for one in grants.authorizations_of(conn, client.party_id) if one.kind == "customer"]


@pytest.fixture
def wattwise(app: Flask) -> Wattwise:
    content = {
        "redirect_uri": [REDIRECT],
        "client_uri": "https://wattwise.example",
        "policy_uri": "https://wattwise.example/privacy",
        "contacts": ["hello@wattwise.example"],
        "thirdPartyApplicationDescription": "Finds what your house wastes.",
        "thirdPartyNotifyUri": "https://wattwise.example/ThirdParty/espi/1_1/Notification",
        "thirdPartyScopeSelectionScreenURI": SELECTION,
        "scope": [SCOPE, PERSONAL],
    }
    with app.extensions[EXTENSION].database.write() as conn:
        key = grants.add_third_party(conn, "Wattwise", grants.PRODUCTION, content, now_s=NOW_S)
        third_party = grants.third_party(conn, key)
        made = make_clients(conn, third_party, now_s=NOW_S, policy="classic", auth_method="client_secret_basic")
    return Wattwise(app, made.client_id, dict(made.secrets), third_party.path_id)


def _agree(ada: Reader, world: World, address: str, **fields: str) -> TestResponse:
    chosen = {"answer": "yes", "usage_point": str(world.home), "months": "12", "history": "all", **fields}
    return ada.fill_in(address, address, **chosen)


# ---------------------------------------------------------------- what is wrong is said before anybody logs in


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "badresponsetype"}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "FB=????"}, "invalid_scope"),
        ({"scope": "FB=4_99"}, "invalid_scope"),
        ({"scope": "FB=4 FB=5"}, "invalid_scope"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"response_mode": "fragment"}, "invalid_request"),
    ],
)
def test_a_faulty_request_goes_back_at_once(
    reader: Reader, wattwise: Wattwise, changes: dict[str, str | None], error: str
) -> None:
    answer = reader.get(wattwise.address(**changes))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{REDIRECT}?error={error}&error_description=")
    assert answer.headers["Location"].endswith(f"&state={STATE}")
    assert "code=" not in answer.headers["Location"]


def test_a_refused_scope_is_explained(reader: Reader, wattwise: Wattwise) -> None:
    location = reader.get(wattwise.address(scope="FB=4_99")).headers["Location"]
    assert parse_qs(urlsplit(location).query)["error_description"] == ["FB: 99 is not offered here."]


def test_a_parameter_twice_goes_back(reader: Reader, wattwise: Wattwise) -> None:
    location = reader.get(f"{wattwise.address()}&scope={quote(SCOPE)}").headers["Location"]
    assert "error=invalid_request" in location


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"client_id": None}, 401),
        ({"client_id": "invalid_third_party"}, 401),
        ({"redirect_uri": "https://services.greenbuttondata.org"}, 403),
        ({"redirect_uri": REDIRECT + "/more"}, 403),
        ({"redirect_uri": REDIRECT.replace("https", "http")}, 403),
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    reader: Reader, wattwise: Wattwise, changes: dict[str, str | None], status: int
) -> None:
    answer = reader.get(wattwise.address(**changes))
    assert answer.status_code == status
    assert "Location" not in answer.headers


def test_companions_send_nobody_here(reader: Reader, wattwise: Wattwise) -> None:
    assert reader.get(wattwise.address(client_id=f"{wattwise.client_id}_admin")).status_code == 401


@pytest.mark.parametrize("status", [grants.REVIEW, grants.ON_HOLD, grants.WITHDRAWN])
def test_nobody_is_sent_to_an_application_that_is_not_in_production(
    reader: Reader, wattwise: Wattwise, status: int
) -> None:
    with wattwise.database.write() as conn:
        grants.set_third_party_status(conn, grants.third_party_by_path_id(conn, wattwise.path_id).id, status)
    answer = reader.get(wattwise.address())
    assert answer.status_code == 403
    assert "Location" not in answer.headers


# ---------------------------------------------------------------- the page, and what comes of it


def test_who_is_not_logged_in_logs_in_and_comes_back(reader: Reader, wattwise: Wattwise) -> None:
    address = wattwise.address()
    sent = reader.get(address)
    assert sent.status_code == 303
    login = urlsplit(sent.headers["Location"])
    assert parse_qs(login.query)["next"] == [address]
    back = reader.fill_in("/login", "/login", login="ada", password="correct horse battery staple", next=address)
    assert back.headers["Location"] == address


def test_the_page_says_who_asks_for_what(ada: Reader, wattwise: Wattwise) -> None:
    page = ada.get(wattwise.address())
    assert page.status_code == 200
    for told in (
        "Wattwise asks to see your energy data",
        "https://wattwise.example",
        "hello@wattwise.example",
        "Finds what your house wastes.",
        "https://wattwise.example/privacy",
        "How much electricity you use",
        "A value for every 15 minutes",
        "Totals of your bills",
        "For example, from your own data: 12 Analytical Way",
        "12 Analytical Way",
        "The last 1 month before you agree",
    ):
        assert told in page.text, told
    assert "checked" in page.text, "there is one meter to choose"
    assert "Your name, address" not in page.text
    assert "form-action 'self' https://wattwise.example;" in page.headers["Content-Security-Policy"]
    assert "wattwise" not in ada.get("/").headers["Content-Security-Policy"]


def test_the_page_speaks_spanish(ada: Reader, wattwise: Wattwise) -> None:
    page = ada.get(wattwise.address() + "&language=es").text
    assert "Wattwise pide ver sus datos de energía" in page
    assert "Un valor cada 15 minutos" in page


@pytest.mark.parametrize(
    ("duration", "shown"),
    [
        ("900", "12:15\N{NO-BREAK SPACE}PM"),
        ("3600", "1:00\N{NO-BREAK SPACE}PM"),
        ("daily", "June 14, 2025"),
        ("monthly", "June 2025"),
    ],
)
def test_the_sample_is_as_fine_as_what_is_shared(ada: Reader, wattwise: Wattwise, duration: str, shown: str) -> None:
    with wattwise.database.write() as conn:
        key = grants.third_party_by_path_id(conn, wattwise.path_id)
        content = {**key.content, "scope": [f"FB=4_5_8;IntervalDuration={duration}"]}
        grants.change_third_party(conn, key.id, content=content, now_s=NOW_S)
    page = ada.get(wattwise.address(scope=None)).text
    sample = page[page.index('<table class="sample">') : page.index("</table>")]
    assert f">{shown}<" in sample
    assert sample.count("<tr>") == 5
    assert ("12:15" in sample) == (duration == "900")
    assert "kWh" in sample
    assert "Power you sent back" in page
    assert page.count('<table class="sample">') == 2


def test_yes_leads_from_code_to_tokens_to_the_feed(ada: Reader, world: World, wattwise: Wattwise) -> None:
    answer = _agree(ada, world, wattwise.address())
    assert answer.status_code == 302
    location = answer.headers["Location"]
    # The certification harness takes the code up to the first & and the state to the end.
    assert location.removeprefix(f"{REDIRECT}?code=").partition("&")[0] == parse_qs(urlsplit(location).query)["code"][0]
    assert location.partition("state=")[2] == STATE
    assert parse_qs(urlsplit(location).query)["iss"] == [wattwise.site.settings.base_url]
    tokens = wattwise.exchange(location)
    (grant,) = wattwise.grants()
    assert tokens["scope"] == SCOPE == grant.scope
    assert tokens["resourceURI"].endswith(f"/Batch/Subscription/{grant.subscription_path_id}")
    assert tokens["authorizationURI"].endswith(f"/Authorization/{grant.path_id}")
    assert "customerResourceURI" not in tokens
    assert wattwise.fetch(tokens["resourceURI"], tokens["access_token"]).status_code == 200
    again = wattwise.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert again.status_code == 200
    assert wattwise.fetch(tokens["resourceURI"], tokens["access_token"]).status_code == 401
    renewed = json.loads(again.text)
    assert wattwise.fetch(tokens["resourceURI"], renewed["access_token"]).status_code == 200
    assert wattwise.post("/oauth/revoke", token=renewed["refresh_token"]).status_code == 200
    assert wattwise.fetch(tokens["resourceURI"], renewed["access_token"]).status_code == 401
    assert wattwise.grants()[0].status == grants.REVOKED


def test_no_leads_back_with_access_denied(ada: Reader, wattwise: Wattwise) -> None:
    address = wattwise.address()
    answer = ada.fill_in(address, address, answer="no")
    location = answer.headers["Location"]
    assert location.startswith(f"{REDIRECT}?error=access_denied&")
    assert location.endswith(f"&state={STATE}")
    assert wattwise.grants() == []


def test_a_customer_gives_less(ada: Reader, world: World, wattwise: Wattwise) -> None:
    address = wattwise.address(scope="FB=4_5;HistoryLength=36".replace("36", "1"))
    tokens = wattwise.exchange(_agree(ada, world, address, months="3", history="0").headers["Location"])
    (grant,) = wattwise.grants()
    assert tokens["scope"] == grant.scope == "FB=4_5;HistoryLength=86400"
    ((from_day, _until),) = next(iter(grant.usage_points.values()))
    assert from_day == (NOW_S - 5 * 3600) // 86_400
    assert 80 * 86_400 < grant.ends_s - NOW_S < 95 * 86_400


def test_personal_data_is_shared_only_if_it_was_ticked(ada: Reader, world: World, wattwise: Wattwise) -> None:
    address = wattwise.address(scope=PERSONAL)
    page = ada.get(address).text
    assert re.search(r'name="personal" value="1">', page), "it is not ticked beforehand"
    assert "The last 36 months before you agree" in page, "a scope that leaves the history open ends with the offer"
    tokens = wattwise.exchange(_agree(ada, world, address).headers["Location"])
    assert tokens["scope"] == "FB=4_5;IntervalDuration=900"
    assert "customerResourceURI" not in tokens
    tokens = wattwise.exchange(_agree(ada, world, address, personal="1").headers["Location"])
    assert tokens["scope"] == PERSONAL
    assert "/Batch/RetailCustomer/" in tokens["customerResourceURI"]
    assert [one.status for one in wattwise.grants()] == [grants.REVOKED, grants.ACTIVE], "the older one has ended"


def test_nothing_but_personal_data_unticked_is_nothing(ada: Reader, world: World, wattwise: Wattwise) -> None:
    answer = _agree(ada, world, wattwise.address(scope="FB=51_53_54"))
    assert answer.status_code == 400
    assert "Nothing would be shared" in answer.text


def test_a_business_ticks_all_meters_at_once(reader: Reader, world: World, wattwise: Wattwise) -> None:
    with wattwise.database.write() as conn:
        utility = directory.utility_by_duns(conn, factories.DUNS)
        assert utility is not None
        shop = factories.customer(conn, "Corner Shops", "commercial")
        for number in range(20):
            point = factories.usage_point(conn, utility.id, esiid=f"1044372{700 + number:010d}")
            directory.add_tenancy(conn, point, shop, factories.TODAY - 400)
        people.add_login(conn, "shops", PASSWORD, "customer", shop)
    reader.log_in("shops")
    address = wattwise.address()
    page = reader.get(address).text
    assert "All 20 meters" in page
    assert "For example" not in page, "nothing is known yet"
    assert 'value="36"' in page, "a business may share for longer"
    answer = reader.fill_in(address, address, answer="yes", every="1", months="36", history="all")
    assert answer.status_code == 302, answer.text
    (grant,) = wattwise.grants()
    assert len(grant.usage_points) == 20


def test_a_client_asks_whether_its_token_counts(ada: Reader, world: World, wattwise: Wattwise) -> None:
    tokens = wattwise.exchange(_agree(ada, world, wattwise.address()).headers["Location"])
    seen = wattwise.post("/oauth/introspect", token=tokens["access_token"])
    assert seen.json["active"] is True
    assert seen.json["scope"] == SCOPE
    refused = ada.post("/oauth/introspect", token=tokens["access_token"])
    assert refused.status_code == 401
    assert refused.json["request_id"] == refused.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"usage_point": ""}, "Choose at least one meter."),
        ({"months": "1000"}, "Choose how long to share."),
        ({"months": "36"}, "You can share for"),
        ({"history": "-5"}, "Choose how far back to share."),
        ({"answer": "maybe"}, "Say yes or no."),
    ],
)
def test_what_cannot_be_agreed_to_is_said_on_the_page(
    ada: Reader, world: World, wattwise: Wattwise, fields: dict[str, str], told: str
) -> None:
    answer = _agree(ada, world, wattwise.address(), **fields)
    assert answer.status_code == 400
    assert told in answer.text
    assert wattwise.grants() == []


def test_another_persons_meter_cannot_be_shared(ada: Reader, world: World, wattwise: Wattwise) -> None:
    answer = _agree(ada, world, wattwise.address(), usage_point=str(world.neighbour))
    assert answer.status_code == 400
    assert wattwise.grants() == []


def test_a_form_without_its_token_shares_nothing(ada: Reader, world: World, wattwise: Wattwise) -> None:
    answer = ada.post(wattwise.address(), answer="yes", usage_point=str(world.home), months="12", history="all")
    assert answer.status_code == 400
    assert wattwise.grants() == []


def test_only_a_customer_can_share(reader: Reader, wattwise: Wattwise) -> None:
    reader.log_in("bluebonnet")
    assert reader.get(wattwise.address()).status_code == 403


def test_a_code_is_too_old_after_six_minutes(ada: Reader, world: World, wattwise: Wattwise) -> None:
    location = _agree(ada, world, wattwise.address()).headers["Location"]
    ada.wait(360)
    code = parse_qs(urlsplit(location).query)["code"][0]
    answer = wattwise.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


# ---------------------------------------------------------------- newer clients


def test_a_modern_client_must_begin_with_pkce_and_is_told_who_answers(
    ada: Reader, world: World, wattwise: Wattwise
) -> None:
    wattwise.policy("modern")
    refused = ada.get(wattwise.address()).headers["Location"]
    assert "error=invalid_request" in refused
    issuer = quote(wattwise.site.settings.base_url, safe="")
    assert refused.endswith(f"&iss={issuer}&state={STATE}")
    address = wattwise.address(code_challenge=CHALLENGE, code_challenge_method="S256")
    location = _agree(ada, world, address).headers["Location"]
    assert re.search(rf"\?code=[^&]+&iss={issuer}&state={STATE}$", location)
    tokens = wattwise.exchange(location, code_verifier=VERIFIER)
    assert tokens["token_type"] == "Bearer"


def test_a_pushed_request_outlasts_the_login_and_counts_once(reader: Reader, world: World, wattwise: Wattwise) -> None:
    pushed = wattwise.post("/oauth/par", **ASKED, code_challenge=CHALLENGE, code_challenge_method="S256")
    assert pushed.status_code == 201, pushed.text
    uri = pushed.json["request_uri"]
    address = f"/oauth/authorize?{urlencode({'client_id': wattwise.client_id, 'request_uri': uri})}"
    sent = reader.get(address)
    assert sent.status_code == 303
    kept = sent.headers["Location"]
    assert SCOPE not in kept
    assert reader.get(address).status_code == 400, "the reference is used up"
    reader.log_in("ada")
    reader.wait(600)
    location = _agree(reader, world, kept).headers["Location"]
    assert wattwise.exchange(location, code_verifier=VERIFIER)["scope"] == SCOPE
    assert reader.get(kept + "x").status_code == 400


def test_the_server_says_what_it_can(reader: Reader, wattwise: Wattwise) -> None:
    told = reader.get("/.well-known/oauth-authorization-server")
    found = json.loads(told.text)
    base = wattwise.site.settings.base_url
    assert told.content_type == "application/json"
    assert found["issuer"] == base
    assert found["token_endpoint"] == f"{base}/oauth/token"
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert found["mtls_endpoint_aliases"]["token_endpoint"] == "https://localhost:8444/oauth/token"
    assert found["pushed_authorization_request_endpoint"] == f"{base}/oauth/par"


# ---------------------------------------------------------------- the token endpoint as a browser of curl sees it


def test_credentials_in_the_address_count_for_the_certification_harness_only(
    reader: Reader, wattwise: Wattwise
) -> None:
    pair = {"client_id": wattwise.client_id, "client_secret": wattwise.secrets["main"]}
    address = f"/oauth/token?{urlencode({'grant_type': 'client_credentials', **pair})}"
    refused = reader.post(address)
    assert (refused.status_code, refused.json["error"]) == (400, "invalid_request")
    here = wattwise.site
    harness = replace(here, settings=replace(here.settings, certification_harness=True))
    wattwise.app.extensions[EXTENSION] = harness
    with wattwise.database.write() as conn:
        client = clients.client_by_client_id(conn, wattwise.client_id)
        assert client is not None
        clients.change_client(conn, client, auth_method="client_secret_post")
    assert reader.post(address).status_code == 200


def test_grant_type_in_the_address_is_tolerated(wattwise: Wattwise) -> None:
    answer = wattwise.post("/oauth/token?grant_type=client_credentials")
    assert answer.status_code == 200
    assert answer.json["client_access_token"] == answer.json["access_token"]


def test_a_form_in_parts_is_tolerated(wattwise: Wattwise) -> None:
    pair = base64.b64encode(f"{wattwise.client_id}:{wattwise.secrets['main']}".encode()).decode()
    answer = wattwise.app.test_client().post(
        "/oauth/token",
        base_url=ORIGIN,
        data={"grant_type": "client_credentials"},
        content_type="multipart/form-data",
        headers={"Authorization": f"Basic {pair}"},
    )
    assert answer.status_code == 200


def test_get_is_refused_after_the_client_has_proved_itself(wattwise: Wattwise) -> None:
    pair = base64.b64encode(f"{wattwise.client_id}:{wattwise.secrets['main']}".encode()).decode()
    client = wattwise.app.test_client()
    nobody = client.get("/oauth/token?grant_type=client_credentials", base_url=ORIGIN)
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"].startswith("Basic")
    known = client.get(
        "/oauth/token?grant_type=client_credentials", base_url=ORIGIN, headers={"Authorization": f"Basic {pair}"}
    )
    assert known.status_code == 400


# ---------------------------------------------------------------- scope selection (FB_14)


def test_scope_selection_leads_to_the_third_partys_screen(reader: Reader, wattwise: Wattwise) -> None:
    address = f"/third-parties/scope-selection?ThirdPartyID={wattwise.client_id}"
    assert reader.get(address).status_code == 303
    reader.log_in("ada")
    page = reader.get(address)
    assert page.status_code == 200
    assert "How much electricity you use" in page.text
    link = re.search(r'href="(/third-parties/scope-selection/continue[^"]+)"', page.text)
    assert link
    sent = reader.get(link[1])
    assert sent.status_code == 302
    assert sent.headers["Location"] == f"{SELECTION}?scope={SCOPE}&scope={PERSONAL}&DataCustodianID=espi"


def test_third_parties_are_listed_where_none_is_named(ada: Reader, wattwise: Wattwise) -> None:
    for address in ("/third-parties", "/third-parties/scope-selection"):
        page = ada.get(address)
        assert page.status_code == 200
        assert "Wattwise" in page.text
    assert ada.get("/third-parties/scope-selection?ThirdPartyID=nobody").status_code == 404
