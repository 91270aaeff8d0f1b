"""Pushed authorization requests (RFC 9126) through the whole application."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from espi.oauth.registration import Registered
from espi.store.database import Database
from tests import oauth_world, proofs
from tests.oauth_world import CHALLENGE, REDIRECT, SCOPE, World

ASKED = {
    "response_type": "code",
    "redirect_uri": REDIRECT,
    "scope": SCOPE,
    "state": "s1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture(scope="module")
def world(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(oauth_world.settings(tmp_path_factory.mktemp("home")), shared_database)


def _push(world: World, who: Registered, headers: dict[str, str] | None = None, **changes: Any) -> TestResponse:
    form = {name: value for name, value in (ASKED | changes).items() if value is not None}
    if not who.secrets:
        form |= proofs.by_assertion(who.client_id)
    return world.post("/oauth/par", form, (world.proof_of(who) if who.secrets else {}) | (headers or {}))


def _authorize(world: World, **parameters: str) -> TestResponse:
    return world.app.test_client().get("/oauth/authorize", base_url=proofs.ISSUER, query_string=parameters)


def _refused(answer: TestResponse, code: str, status: int = 400) -> None:
    assert answer.json is not None
    assert (answer.status_code, answer.json["error"]) == (status, code), answer.text


@pytest.mark.parametrize("policy", ["classic", "modern", "fapi2"])
def test_a_client_pushes_its_request_and_gets_a_reference(world: World, policy: str) -> None:
    who = world.keyed(policy="fapi2") if policy == "fapi2" else world.client(policy=policy)
    answer = _push(world, who)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json is not None
    assert answer.json["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert answer.json["expires_in"] == 90


def test_a_reference_is_for_its_client_and_once(world: World) -> None:
    who, other = world.client(policy="modern"), world.client(policy="modern")
    pushed = _push(world, who).json
    assert pushed is not None
    uri = pushed["request_uri"]
    assert _authorize(world, client_id=other.client_id, request_uri=uri).status_code == 400
    assert _authorize(world, client_id=who.client_id, request_uri=uri).status_code in {302, 303}
    assert _authorize(world, client_id=who.client_id, request_uri=uri).status_code == 400


def test_a_fapi_client_pushes_or_gets_nothing(world: World) -> None:
    who = world.keyed(policy="fapi2")
    answer = _authorize(world, client_id=who.client_id, **ASKED)
    assert answer.status_code == 302
    assert answer.location.startswith(f"{REDIRECT}?error=invalid_request")


def test_nobody_pushes_for_another(world: World) -> None:
    who, other = world.client(), world.client()
    _refused(_push(world, who, client_id=other.client_id), "invalid_client", 401)
    _refused(world.post("/oauth/par", ASKED | {"client_id": who.client_id}), "invalid_client", 401)
    key = world.keyed()
    _refused(world.post("/oauth/par", ASKED | {"client_id": key.client_id}), "invalid_client", 401)


@pytest.mark.parametrize(
    "changes",
    [
        {"request_uri": "urn:ietf:params:oauth:request_uri:x"},
        {"response_type": "token"},
        {"response_type": None},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": REDIRECT + "/"},
        {"redirect_uri": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": "short"},
        {"dpop_jkt": "short"},
    ],
    ids=str,
)
def test_what_would_be_refused_later_is_refused_at_once(world: World, changes: dict[str, Any]) -> None:
    _refused(_push(world, world.client(policy="modern"), **changes), "invalid_request")


def test_a_scope_that_is_not_offered_is_refused(world: World) -> None:
    _refused(_push(world, world.client(), scope="FB=4_999"), "invalid_scope")


def test_the_key_of_a_proof_is_the_one_that_is_named(world: World) -> None:
    who, url = world.client(policy="modern"), f"{proofs.ISSUER}/oauth/par"
    assert _push(world, who, {"DPoP": proofs.dpop("POST", url)}).status_code == 201
    _refused(_push(world, who, {"DPoP": proofs.dpop("POST", url)}, dpop_jkt="x" * 43), "invalid_request")
    _refused(_push(world, who, {"DPoP": proofs.dpop("POST", f"{proofs.ISSUER}/oauth/token")}), "invalid_dpop_proof")


def test_companions_ask_no_customers(world: World) -> None:
    who = world.client()
    admin = Registered(who.third_party, f"{who.client_id}_admin", "", {"main": who.secrets["admin"]})
    _refused(_push(world, admin), "invalid_request")


def test_nothing_is_read_from_the_address(world: World) -> None:
    who = world.client()
    answer = world.app.test_client().post(
        "/oauth/par", base_url=proofs.ISSUER, headers=world.proof_of(who), query_string=ASKED
    )
    _refused(answer, "invalid_request")
