"""Registration as clients see it (RFC 7591, RFC 7592, ESPI 5.1), through the whole application."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from espi.app import create_app
from espi.atom import schema, write
from espi.config import Settings
from espi.oauth import registration
from espi.resources.catalogue import REGISTRY
from espi.store import clients, grants
from espi.store.database import Conn, Database
from tests import proofs
from tests.factories import NOW_S

BASE = proofs.ISSUER
ASKED: dict[str, Any] = {
    "client_name": "Acme Energy",
    "redirect_uris": ["https://acme.example/espi/1_1/OAuthCallBack"],
    "thirdPartyScopeSelectionScreenURI": "https://acme.example/ScopeSelection",
    "thirdPartyUserPortalScreenURI": "https://acme.example/home",
    "client_uri": "https://acme.example/",
    "policy_uri": "https://acme.example/privacy",
    "contacts": ["ops@acme.example"],
    "software_id": "acme-analyzer",
    "software_version": "2.1",
    "scope": "FB=1_3_4_5;IntervalDuration=900_3600;BlockDuration=daily;HistoryLength=34128000",
}


@pytest.fixture
def web(settings: Settings, database: Database) -> FlaskClient:
    return create_app(settings, database=database).test_client()


@pytest.fixture
def sandbox(settings: Settings, database: Database) -> FlaskClient:
    return create_app(replace(settings, sandbox=True, notify_private=True), database=database).test_client()


@pytest.fixture
def stored(database: Database) -> Iterator[Conn]:
    with database.read() as conn:
        yield conn


def _register(web: FlaskClient, **changes: Any) -> TestResponse:
    asked = {name: value for name, value in (ASKED | changes).items() if value is not None}
    return web.post("/oauth/register", base_url=BASE, json=asked)


def _manage(web: FlaskClient, method: str, told: dict[str, Any], **more: Any) -> TestResponse:
    bearer = {"Authorization": f"Bearer {told['registration_access_token']}"}
    path = told["registration_client_uri"].removeprefix(BASE)
    return web.open(path, method=method, base_url=BASE, headers=bearer, **more)


def _refused(answer: TestResponse, code: str = "invalid_client_metadata", status: int = 400) -> str:
    assert answer.json is not None
    assert (answer.status_code, answer.json["error"]) == (status, code), answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.json["error_description"])


class TestRegistering:
    def test_a_client_is_told_all_that_it_needs(self, web: FlaskClient, database: Database) -> None:
        answer = _register(web)
        assert answer.status_code == 201
        assert answer.headers["Cache-Control"] == "no-store"
        told = answer.json
        assert told is not None
        assert {name: told[name] for name in ASKED} == ASKED
        assert told["grant_types"] == ["authorization_code", "refresh_token", "client_credentials"]
        assert told["response_types"] == ["code"]
        assert (told["client_id_issued_at"], told["client_secret_expires_at"]) == (NOW_S, 0)
        assert told["token_endpoint_auth_method"] == "client_secret_basic"
        assert told["security_profile"] == "classic"
        assert told["registration_client_uri"] == f"{BASE}/oauth/register/{told['client_id']}"
        assert told["authorizationServerTokenEndpoint"] == f"{BASE}/oauth/token"
        assert told["dataCustodianResourceEndpoint"] == f"{BASE}/espi/1_1/resource"
        assert told["registration_client_id"] == f"REGISTRATION_{told['client_id']}"
        assert told["admin_client_id"] == f"{told['client_id']}_admin"
        with database.read() as conn:
            main = clients.client_by_client_id(conn, told["client_id"])
            assert main is not None
            assert clients.secret_matches(conn, main, told["client_secret"], NOW_S)
            assert [client.kind for client in clients.clients_of(conn, "third_party", main.party_id)] == [
                "main",
                "registration",
                "admin",
            ]

    def test_it_is_under_review_until_the_operator_lets_it_in(self, web: FlaskClient, database: Database) -> None:
        told = _register(web).json
        assert told is not None
        assert told["dataCustodianApplicationStatus"] == grants.REVIEW
        with database.read() as conn:
            assert [party.status for party in grants.third_parties(conn)] == [grants.REVIEW]

    def test_in_a_sandbox_it_is_let_in_at_once_and_marked(self, sandbox: FlaskClient, database: Database) -> None:
        told = _register(sandbox, redirect_uris=["http://localhost:5000/cb"]).json
        assert told is not None
        assert told["dataCustodianApplicationStatus"] == grants.PRODUCTION
        with database.read() as conn:
            main = clients.client_by_client_id(conn, told["client_id"])
            assert main is not None
            assert main.sandbox

    def test_all_three_clients_get_tokens_with_their_secrets(self, web: FlaskClient) -> None:
        told = _register(web).json
        assert told is not None
        for prefix in ("", "registration_", "admin_"):
            pair = f"{told[f'{prefix}client_id']}:{told[f'{prefix}client_secret']}"
            proof = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
            form = {"grant_type": "client_credentials"}
            answer = web.post("/oauth/token", base_url=BASE, headers=proof, data=form)
            assert answer.status_code == 200, answer.text

    def test_what_espi_needs_is_filled_in(self, web: FlaskClient) -> None:
        few = {name: None for name in ASKED if name not in {"client_name", "redirect_uris"}}
        told = _register(web, **few).json
        assert told is not None
        assert told["client_uri"] == "https://acme.example/"
        assert told["software_id"] == "Acme Energy"
        assert told["scope"].startswith("FB=1_3_4_5")

    def test_a_name_is_registered_once_however_it_is_written(self, web: FlaskClient) -> None:
        assert _register(web).status_code == 201
        assert "taken" in _refused(_register(web, client_name="ACME  energy"))

    def test_nobody_registers_without_end(self, web: FlaskClient) -> None:
        for _ in range(20):
            _register(web, client_name="")
        _refused(_register(web), "temporarily_unavailable", 429)

    def test_unknown_members_are_left_out(self, web: FlaskClient) -> None:
        told = _register(web, favourite_colour="green", software_statement="x.y.z").json
        assert told is not None
        assert "favourite_colour" not in told


class TestSecrets:
    @pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
    def test_clients_with_a_secret_get_one_each(self, web: FlaskClient, method: str) -> None:
        told = _register(web, token_endpoint_auth_method=method).json
        assert told is not None
        named = [told["client_secret"], told["registration_client_secret"], told["admin_client_secret"]]
        assert len(set(named)) == 3

    def test_no_secret_for_a_client_with_a_key(self, web: FlaskClient) -> None:
        keys = {"keys": [proofs.jwk(proofs.key(), kid="1", use="sig")]}
        told = _register(web, token_endpoint_auth_method="private_key_jwt", jwks=keys).json
        assert told is not None
        assert not [name for name in told if "secret" in name]
        assert told["jwks"] == keys
        assert told["security_profile"] == "modern"
        form = {"grant_type": "client_credentials", **proofs.by_assertion(told["admin_client_id"])}
        assert web.post("/oauth/token", base_url=BASE, data=form).status_code == 200

    def test_no_secret_for_a_client_with_a_certificate(self, web: FlaskClient, database: Database) -> None:
        names = {"tls_client_auth_subject_dn": "CN=Acme,O=Acme Energy"}
        told = _register(web, token_endpoint_auth_method="tls_client_auth", **names).json
        assert told is not None
        assert not [name for name in told if "secret" in name]
        assert told["tls_client_auth_subject_dn"] == "CN=Acme,O=Acme Energy"
        assert told["tls_client_certificate_bound_access_tokens"] is True
        own = proofs.certificate()
        keys = {"keys": [proofs.jwk(proofs.key(), x5c=[base64.b64encode(proofs.der(own)).decode()])]}
        changes = {"client_name": "Other", "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": keys}
        told = _register(web, **changes).json
        assert told is not None
        assert not [name for name in told if "secret" in name]
        with database.read() as conn:
            assert clients.certificates(conn) == [proofs.pem(own)]


class TestRefusals:
    @pytest.mark.parametrize(
        "uri",
        [
            "http://acme.example/cb",
            "https://acme.example/cb#fragment",
            "https://user@acme.example/cb",
            "https://*.acme.example/cb",
            "https:///cb",
            "https://acme.example:99999/cb",
            "com.acme.app:/cb",
            "javascript:alert(1)",
            "http://localhost:5000/cb",
            "/cb",
            "https://acme.example/c b",
            "https://acme.example\\@evil.example/",
            "https://äcme.example/",
            7,
            "https://acme.example/" + "x" * 2048,
        ],
    )
    def test_a_redirect_uri_is_an_https_address(self, web: FlaskClient, uri: object) -> None:
        _refused(_register(web, redirect_uris=[uri]), "invalid_redirect_uri")

    @pytest.mark.parametrize("uris", [None, [], "https://acme.example/cb"])
    def test_redirect_uris_are_an_array_and_not_empty(self, web: FlaskClient, uris: object) -> None:
        assert _register(web, redirect_uris=uris).status_code == 400

    @pytest.mark.parametrize("uri", ["http://localhost.evil.example/cb", "http://acme.example/cb"])
    def test_http_is_for_the_own_machine_of_a_developer_only(self, sandbox: FlaskClient, uri: str) -> None:
        _refused(_register(sandbox, redirect_uris=[uri]), "invalid_redirect_uri")

    @pytest.mark.parametrize(
        "changes",
        [
            {"client_name": ""},
            {"client_name": "x" * 257},
            {"client_name": "Ac\u202eme"},
            {"client_name": ["Acme"]},
            {"token_endpoint_auth_method": "none"},
            {"token_endpoint_auth_method": "client_secret_jwt"},
            {"grant_types": ["implicit"]},
            {"grant_types": ["password", "authorization_code"]},
            {"response_types": ["token"]},
            {"jwks_uri": "https://acme.example/jwks"},
            {"token_endpoint_auth_method": "private_key_jwt"},
            {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}},
            {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "EC", "d": "x"}]}},
            {"token_endpoint_auth_method": "tls_client_auth"},
            {"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "no name"},
            {"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": {"keys": [{"x5c": ["AAAA"]}]}},
            {"security_profile": "fapi2"},
            {"security_profile": "none"},
            {"dpop_bound_access_tokens": True},
            {"thirdPartyApplicationType": "web"},
            {"contacts": "ops@acme.example"},
            {"policy_uri": "http://acme.example/privacy"},
            {"thirdPartyNotifyUri": "https://127.0.0.1/notify"},
            {"webhook_uri": "https://[::1]/hook"},
        ],
        ids=str,
    )
    def test_what_is_unsafe_or_unclear_is_refused(self, web: FlaskClient, changes: dict[str, Any]) -> None:
        _refused(_register(web, **changes))

    @pytest.mark.parametrize("scope", ["FB=????", "openid", "FB=4_999"])
    def test_a_scope_that_is_not_offered_is_refused(self, web: FlaskClient, scope: str) -> None:
        _refused(_register(web, scope=scope), "invalid_scope")

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b"\xff"])
    def test_what_is_no_json_object_is_refused(self, web: FlaskClient, body: bytes) -> None:
        _refused(web.post("/oauth/register", base_url=BASE, data=body, content_type="application/json"))


class TestManagement:
    def test_a_client_reads_its_registration_and_no_secret(self, web: FlaskClient) -> None:
        told = _register(web).json
        assert told is not None
        answer = _manage(web, "GET", told)
        assert answer.status_code == 200
        assert answer.json == {name: value for name, value in told.items() if not name.endswith("client_secret")}

    def test_a_client_replaces_its_registration(self, web: FlaskClient) -> None:
        told = _register(web).json
        assert told is not None
        wanted = ASKED | {"client_id": told["client_id"], "redirect_uris": ["https://acme.example/new"]}
        del wanted["policy_uri"]
        answer = _manage(web, "PUT", told, json=wanted)
        assert answer.status_code == 200, answer.text
        found = _manage(web, "GET", told).json
        assert found is not None
        assert found["redirect_uris"] == ["https://acme.example/new"]
        assert "policy_uri" not in found

    def test_a_key_takes_the_place_of_the_secret_and_the_secret_dies(self, web: FlaskClient, stored: Conn) -> None:
        told = _register(web).json
        assert told is not None
        keys = {"keys": [proofs.jwk(proofs.key())]}
        wanted = ASKED | {"client_id": told["client_id"], "token_endpoint_auth_method": "private_key_jwt", "jwks": keys}
        answer = _manage(web, "PUT", told, json=wanted)
        assert answer.json is not None
        assert answer.json["security_profile"] == "modern"
        main = clients.client_by_client_id(stored, told["client_id"])
        assert main is not None
        assert clients.secret_times(stored, main, NOW_S) == []
        back = _manage(web, "PUT", told, json=ASKED | {"client_id": told["client_id"]}).json
        assert back is not None
        assert back["client_secret"] not in ("", told["client_secret"])

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"client_id": "another"}, 400),
            ({"client_id": None}, 400),
            ({"client_secret": "of my own choice, which is long"}, 400),
            ({"client_name": "Another Name"}, 409),
            ({"redirect_uris": ["http://acme.example/"]}, 400),
        ],
        ids=str,
    )
    def test_a_client_changes_nothing_that_is_not_its_own(
        self, web: FlaskClient, changes: dict[str, Any], status: int
    ) -> None:
        told = _register(web).json
        assert told is not None
        wanted = ASKED | {"client_id": told["client_id"]} | changes
        assert _manage(web, "PUT", told, json=wanted).status_code == status

    def test_the_token_of_another_opens_nothing(self, web: FlaskClient) -> None:
        told, other = _register(web).json, _register(web, client_name="Other").json
        assert told is not None
        assert other is not None
        other["registration_client_uri"] = told["registration_client_uri"]
        assert [_manage(web, method, other).status_code for method in ("GET", "DELETE")] == [403, 403]
        wanted = ASKED | {"client_id": told["client_id"]}
        assert _manage(web, "PUT", other, json=wanted).status_code == 403

    def test_without_a_good_token_nothing_is_told(self, web: FlaskClient) -> None:
        told = _register(web).json
        assert told is not None
        answer = _manage(web, "GET", told | {"registration_access_token": "x"})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")

    def test_a_token_of_another_kind_opens_nothing(self, web: FlaskClient) -> None:
        told = _register(web).json
        assert told is not None
        pair = f"{told['admin_client_id']}:{told['admin_client_secret']}"
        proof = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        answer = web.post("/oauth/token", base_url=BASE, headers=proof, data={"grant_type": "client_credentials"})
        assert answer.json is not None
        token = {"registration_access_token": answer.json["access_token"]}
        assert _manage(web, "GET", told | token).status_code == 403

    def test_a_third_party_leaves(self, web: FlaskClient, stored: Conn) -> None:
        told = _register(web).json
        assert told is not None
        assert _manage(web, "DELETE", told).status_code == 204
        assert _manage(web, "GET", told).status_code == 401
        pair = f"{told['client_id']}:{told['client_secret']}"
        proof = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        answer = web.post("/oauth/token", base_url=BASE, headers=proof, data={"grant_type": "client_credentials"})
        _refused(answer, "invalid_client", 401)
        assert [party.status for party in grants.third_parties(stored)] == [grants.WITHDRAWN]


class TestApplicationInformation:
    def _row(self, conn: Conn, settings: Settings, **more: Any) -> dict[str, Any]:
        asked = ASKED | {"thirdPartyNotifyUri": "https://acme.example/espi/1_1/Notification"} | more
        made = registration.register(conn, asked, replace(settings, notify_private=True))
        client = registration.main_client(conn, made.third_party.id)
        return registration.application_information(made.third_party, client, settings)

    @pytest.mark.parametrize(
        "more",
        [{}, {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [proofs.jwk(proofs.key())]}}],
        ids=["secret", "key"],
    )
    def test_it_is_as_the_schema_has_it(self, conn: Conn, settings: Settings, more: dict[str, Any]) -> None:
        row = self._row(conn, settings, **more)
        resource = REGISTRY["ApplicationInformation"]
        entry = write.document(resource, row, id="0" * 8, links=(), title="Acme", published_s=NOW_S, updated_s=NOW_S)
        assert schema.validate(entry) == []

    def test_every_address_is_there_and_safe(self, conn: Conn, settings: Settings) -> None:
        """TC001 of the certification harness."""
        row = self._row(conn, settings)
        for name in (
            "authorizationServerUri",
            "thirdPartyNotifyUri",
            "authorizationServerAuthorizationEndpoint",
            "authorizationServerTokenEndpoint",
            "dataCustodianBulkRequestURI",
            "dataCustodianResourceEndpoint",
            "thirdPartyScopeSelectionScreenURI",
            "thirdPartyUserPortalScreenURI",
            "client_uri",
            "registration_client_uri",
            "dataCustodianScopeSelectionScreenURI",
        ):
            assert row[name].startswith("https://"), name
        assert all(uri.startswith("https://") for uri in row["redirect_uri"])

    def test_no_secret_is_in_it(self, conn: Conn, settings: Settings) -> None:
        row = self._row(conn, settings)
        assert "not kept" in row["client_secret"]
        assert "not kept" in row["registration_access_token"]
