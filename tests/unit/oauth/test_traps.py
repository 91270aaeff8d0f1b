"""What went wrong in other authorization servers, each fault by its name, through the whole application.

The first class is of faults found in flask-oauthlib, the second of traps in Authlib, the third of attacks on proofs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from espi.config import Settings
from espi.oauth import metadata
from espi.oauth.registration import Registered
from espi.store import clients, grants
from espi.store.database import Database
from espi.store.tables import METADATA
from tests import oauth_world, proofs
from tests.oauth_world import CHALLENGE, REDIRECT, SCOPE, VERIFIER, World, basic

AT_ONCE = 6


@pytest.fixture(scope="module")
def world(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> World:
    """One server for all of these tests: each makes clients of its own."""
    return World(oauth_world.settings(tmp_path_factory.mktemp("home")), shared_database)


def _refused(answer: TestResponse, code: str, status: int = 400) -> None:
    assert answer.json is not None
    assert (answer.status_code, answer.json["error"]) == (status, code), answer.text


def _body(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return dict(answer.json)


def _authorize(world: World, **parameters: str) -> TestResponse:
    return world.app.test_client().get("/oauth/authorize", base_url=proofs.ISSUER, query_string=parameters)


def _asked(who: Registered, **changes: str) -> dict[str, str]:
    asked = {"response_type": "code", "client_id": who.client_id, "redirect_uri": REDIRECT, "scope": SCOPE}
    return asked | changes


def _at_once(call: Callable[[], TestResponse]) -> list[TestResponse]:
    """The answers to calls that begin together."""
    together = Barrier(AT_ONCE)

    def begin(_number: int) -> TestResponse:
        together.wait()
        return call()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(begin, range(AT_ONCE)))


def _statuses(answers: list[TestResponse]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


class TestFaultsOfFlaskOauthlib:
    def test_basic_authentication_succeeds(self, world: World) -> None:
        assert world.exchange(world.client()).status_code == 200

    def test_a_wrong_verifier_gets_nothing(self, world: World) -> None:
        who = world.client(policy="modern")
        for wrong in ("w" * 64, CHALLENGE, ""):
            code = world.code(who, challenge=CHALLENGE)
            assert world.exchange(who, code, code_verifier=wrong).status_code == 400
        assert world.exchange(who, world.code(who, challenge=CHALLENGE), code_verifier=VERIFIER).status_code == 200

    def test_a_missing_verifier_gets_nothing(self, world: World) -> None:
        who = world.client()
        _refused(world.exchange(who, world.code(who, challenge=CHALLENGE)), "invalid_request")

    def test_a_verifier_without_a_challenge_gets_nothing(self, world: World) -> None:
        """Whoever takes the challenge out of a request (a downgrade) gains nothing."""
        who = world.client()
        _refused(world.exchange(who, world.code(who), code_verifier=VERIFIER), "invalid_request")

    @pytest.mark.parametrize("answer", ["no", "yes"])
    def test_a_decision_never_leads_to_an_address_that_is_not_registered(self, world: World, answer: str) -> None:
        who = world.client()
        for evil in ("https://evil.example/", REDIRECT + ".evil.example", REDIRECT + "/../x", REDIRECT + "?x=1"):
            found = world.app.test_client().post(
                "/oauth/authorize",
                base_url=proofs.ISSUER,
                query_string=_asked(who, redirect_uri=evil),
                data={"answer": answer},
            )
            assert found.status_code in {400, 403}
            assert "Location" not in found.headers

    @pytest.mark.parametrize("kind", ["token", "id_token", "code token", "none"])
    def test_there_is_no_implicit_grant(self, world: World, kind: str) -> None:
        found = _authorize(world, **_asked(world.client(), response_type=kind))
        assert found.status_code == 302
        assert parse_qs(urlsplit(found.location).query)["error"] == ["unsupported_response_type"]
        assert not urlsplit(found.location).fragment

    @pytest.mark.parametrize(
        "grant_type",
        ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "__class__", "x" * 1000],
    )
    def test_there_is_no_password_grant_nor_any_other(self, world: World, grant_type: str) -> None:
        who = world.client()
        form = {"grant_type": grant_type, "username": "ada", "password": "x"}
        _refused(world.post("/oauth/token", form, world.proof_of(who)), "unsupported_grant_type")

    def test_a_client_cannot_revoke_the_token_of_another(self, world: World) -> None:
        who, other = world.client(), world.client()
        made = _body(world.exchange(who))
        for name in ("access_token", "refresh_token"):
            world.post("/oauth/revoke", {"token": made[name]}, world.proof_of(other))
        bearer = {"Authorization": f"Bearer {made['access_token']}"}
        assert world.get(made["resourceURI"], bearer).status_code == 200
        assert world.refresh(who, made["refresh_token"]).status_code == 200

    def test_a_client_cannot_look_at_the_token_of_another(self, world: World) -> None:
        who, other = world.client(), world.client()
        made = _body(world.exchange(who))
        answer = world.post("/oauth/introspect", {"token": made["access_token"]}, world.proof_of(other))
        assert _body(answer) == {"active": False}

    @pytest.mark.parametrize("hint", ["unknown", "access_token", "__init__", "", "x" * 1000])
    def test_an_unknown_token_type_hint_harms_nothing(self, world: World, hint: str) -> None:
        who = world.client()
        made = _body(world.exchange(who))
        form = {"token": made["refresh_token"], "token_type_hint": hint}
        assert world.post("/oauth/revoke", form, world.proof_of(who)).status_code == 200
        _refused(world.refresh(who, made["refresh_token"]), "invalid_grant")

    def test_secrets_and_tokens_stand_nowhere_in_the_database(self, world: World) -> None:
        who = world.client()
        code = world.code(who)
        made = _body(world.exchange(who, code))
        shown = [
            *who.secrets.values(),
            who.registration_access_token,
            code,
            made["access_token"],
            made["refresh_token"],
        ]
        with world.database.read() as conn:
            tables = METADATA.tables.values()
            everything = "".join(str(row) for table in tables for row in conn.execute(table.select()))
        assert hashlib.sha256(code.encode()).hexdigest() in everything
        assert not [secret for secret in shown if secret in everything]

    def test_one_fitting_part_of_a_scope_is_not_enough(self, world: World) -> None:
        who = world.client()
        for asked in ("FB=4_5_16;IntervalDuration=900", "FB=4_5;IntervalDuration=900_3600"):
            found = _authorize(world, **_asked(who, scope=asked))
            assert parse_qs(urlsplit(found.location).query)["error"] == ["invalid_scope"]

    def test_a_refresh_token_counts_once_and_its_reuse_ends_the_family(self, world: World) -> None:
        who = world.client()
        first = _body(world.exchange(who))
        second = _body(world.refresh(who, first["refresh_token"]))
        third = _body(world.refresh(who, second["refresh_token"]))
        later = world.later(60)
        _refused(later.refresh(who, first["refresh_token"]), "invalid_grant")
        _refused(later.refresh(who, third["refresh_token"]), "invalid_grant")


class TestTrapsOfAuthlib:
    def test_a_code_is_redeemed_once_by_many_at_once(self, settings: Settings, each_database: Database) -> None:
        world = World(settings, each_database)
        who = world.client()
        code = world.code(who)
        answers = _at_once(lambda: world.exchange(who, code))
        assert _statuses(answers) == [200, *[400] * (AT_ONCE - 1)]

    def test_a_refresh_token_is_exchanged_once_by_many_at_once(
        self, settings: Settings, each_database: Database
    ) -> None:
        world = World(settings, each_database)
        who = world.client()
        made = _body(world.exchange(who))
        answers = _at_once(lambda: world.refresh(who, made["refresh_token"]))
        assert _statuses(answers) == [200, *[400] * (AT_ONCE - 1)]

    def test_many_at_once_get_their_first_token_each(self, settings: Settings, each_database: Database) -> None:
        """The record of what a client may do by itself is made by the first call: by one of them, and once."""
        world = World(settings, each_database)
        who = world.client()
        form = {"grant_type": "client_credentials"}
        answers = _at_once(lambda: world.post("/oauth/token", form, world.proof_of(who)))
        assert _statuses(answers) == [200] * AT_ONCE
        assert len({_body(answer)["authorizationURI"] for answer in answers}) == 1

    def test_an_assertion_counts_once_for_many_at_once(self, settings: Settings, each_database: Database) -> None:
        world = World(settings, each_database)
        form = {"grant_type": "client_credentials", **proofs.by_assertion(world.keyed().client_id)}
        answers = _at_once(lambda: world.post("/oauth/token", form))
        assert _statuses(answers) == [200, *[401] * (AT_ONCE - 1)]

    def test_a_dpop_proof_counts_once_for_many_at_once(self, settings: Settings, each_database: Database) -> None:
        world = World(settings, each_database)
        who = world.client()
        made = _body(world.exchange(who, headers={"DPoP": proofs.dpop("POST", proofs.TOKEN_URL)}))
        token = made["access_token"]
        headers = {"Authorization": f"DPoP {token}", "DPoP": proofs.dpop("GET", made["resourceURI"], token=token)}
        answers = _at_once(lambda: world.get(made["resourceURI"], headers))
        assert _statuses(answers) == [200, *[401] * (AT_ONCE - 1)]

    def test_a_pushed_request_is_used_once_by_many_at_once(self, settings: Settings, each_database: Database) -> None:
        world = World(settings, each_database)
        who = world.client()
        pushed = world.post("/oauth/par", _asked(who), world.proof_of(who)).json
        assert pushed is not None
        asked = {"client_id": who.client_id, "request_uri": pushed["request_uri"]}
        answers = _at_once(lambda: _authorize(world, **asked))
        assert sorted(answer.status_code // 100 for answer in answers) == [3, *[4] * (AT_ONCE - 1)]

    @pytest.mark.parametrize("policy", ["modern", "fapi2"])
    def test_pkce_is_demanded_from_confidential_clients_too(self, world: World, policy: str) -> None:
        who = world.client(policy="modern") if policy == "modern" else world.keyed(policy="fapi2")
        if policy == "modern":
            found = _authorize(world, **_asked(who))
            assert parse_qs(urlsplit(found.location).query)["error"] == ["invalid_request"]
        form = _asked(who) | (proofs.by_assertion(who.client_id) if policy == "fapi2" else {})
        proof = world.proof_of(who) if who.secrets else {}
        _refused(world.post("/oauth/par", form, proof), "invalid_request")

    def test_there_are_no_public_clients(self, world: World) -> None:
        who = world.client()
        form = {"grant_type": "authorization_code", "code": world.code(who), "redirect_uri": REDIRECT}
        _refused(world.post("/oauth/token", form | {"client_id": who.client_id}), "invalid_client", 401)
        assert "none" not in metadata.of(world.settings)["token_endpoint_auth_methods_supported"]

    @pytest.mark.parametrize("policy", ["classic", "modern"])
    @pytest.mark.parametrize("method", ["plain", "s256", None])
    def test_plain_is_refused_and_so_is_no_method(self, world: World, policy: str, method: str | None) -> None:
        named = {"code_challenge_method": method} if method else {}
        found = _authorize(world, **_asked(world.client(policy=policy), code_challenge=CHALLENGE, **named))
        assert parse_qs(urlsplit(found.location).query)["error"] == ["invalid_request"]

    def test_a_method_counts_at_every_endpoint_or_at_none(self, world: World) -> None:
        key = world.keyed()
        with world.database.write() as conn:
            row = clients.client_by_client_id(conn, key.client_id)
            assert row is not None
            secret = clients.add_secret(conn, row, world.settings.clock.now_s())
        for path in ("/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/par"):
            form = {"grant_type": "client_credentials", "token": "x"}
            _refused(world.post(path, form, basic(key.client_id, secret)), "invalid_client", 401)

    @pytest.mark.parametrize("scope", ["openid", "Read/Write", "FB=????", "FB=4_5;IntervalDuration=900 openid"])
    def test_an_unknown_scope_is_refused_and_not_dropped(self, world: World, scope: str) -> None:
        found = _authorize(world, **_asked(world.client(), scope=scope))
        assert parse_qs(urlsplit(found.location).query)["error"] == ["invalid_scope"]

    @pytest.mark.parametrize(
        "audience",
        [proofs.TOKEN_URL, f"{proofs.ISSUER}/", [proofs.ISSUER, "https://other.example"], "https://other.example"],
    )
    def test_an_assertion_is_for_our_issuer_alone(self, world: World, audience: object) -> None:
        form = {"grant_type": "client_credentials", **proofs.by_assertion(world.keyed().client_id, aud=audience)}
        _refused(world.post("/oauth/token", form), "invalid_client", 401)

    def test_nothing_is_printed(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        """Authlib's endpoint of RFC 7592 prints what is wrong with a registration."""
        assert world.app
        capsys.readouterr()
        web = world.app.test_client()
        for body in ({}, {"client_name": "x", "redirect_uris": ["nowhere"], "jwks": 7}):
            web.post("/oauth/register", base_url=proofs.ISSUER, json=body)
            web.put("/oauth/register/x", base_url=proofs.ISSUER, json=body)
        lines = capsys.readouterr().out.splitlines()
        assert not [line for line in lines if "[" not in line], "lines of the log, and nothing else"

    def test_an_http_address_is_no_place_for_tokens(self, world: World) -> None:
        """What callers see is what the settings say, whatever a request claims; and that is https or this machine."""
        answer = world.app.test_client().get(
            "/.well-known/oauth-authorization-server", base_url="http://evil.example", headers={"Host": "evil.example"}
        )
        assert answer.json is not None
        assert all(
            str(value).startswith("https://") for name, value in answer.json.items() if name.endswith("endpoint")
        )
        assert answer.json["issuer"] == proofs.ISSUER

    def test_refresh_tokens_that_are_bound_do_not_rotate(self, world: World) -> None:
        """FAPI 2.0, section 5.3.2.1; a client that misses an answer is not locked out."""
        who = world.keyed(policy="fapi2")
        code = world.code(who, challenge=CHALLENGE)
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}

        def ask(asked: dict[str, str]) -> TestResponse:
            proof = {"DPoP": proofs.dpop("POST", proofs.TOKEN_URL)}
            return world.post("/oauth/token", asked | proofs.by_assertion(who.client_id), proof)

        made = _body(ask(form))
        refresh = {"grant_type": "refresh_token", "refresh_token": made["refresh_token"]}
        assert [_body(ask(refresh))["refresh_token"] for _ in range(2)] == [made["refresh_token"]] * 2

    def test_no_address_of_an_application_that_nobody_has_let_in_is_gone_to(self, world: World) -> None:
        """Else anybody could register an address and have our server send people there."""
        who = world.client()
        with world.database.write() as conn:
            grants.set_third_party_status(conn, who.third_party.id, grants.REVIEW)
        for asked in (_asked(who), _asked(who, response_type="token"), _asked(who, scope="x")):
            found = _authorize(world, **asked)
            assert found.status_code == 403
            assert "Location" not in found.headers


class TestAttacksOnProofs:
    @pytest.mark.parametrize("alg", ["none", "None", "HS256", "RS256", "ES384"])
    def test_weak_algorithms_are_refused_everywhere(self, world: World, alg: str) -> None:
        form = {"grant_type": "client_credentials", **proofs.by_assertion(world.keyed().client_id, alg=alg)}
        _refused(world.post("/oauth/token", form), "invalid_client", 401)
        headers = {"DPoP": proofs.dpop("POST", proofs.TOKEN_URL, header_alg=alg)}
        _refused(world.exchange(world.client(), headers=headers), "invalid_dpop_proof")

    @pytest.mark.parametrize("name", ["jwk", "x5c", "jku", "x5u"])
    def test_an_assertion_brings_no_key_of_its_own(self, world: World, name: str) -> None:
        attacker = proofs.key("attacker")
        brought = {"jwk": proofs.jwk(attacker), "x5c": ["AAAA"]}.get(name, "https://evil.example/keys")
        body = proofs.by_assertion(world.keyed().client_id, private=attacker, **{f"header_{name}": brought})
        _refused(world.post("/oauth/token", {"grant_type": "client_credentials", **body}), "invalid_client", 401)

    def _bound(self, world: World) -> dict[str, Any]:
        made = _body(world.exchange(world.client(), headers={"DPoP": proofs.dpop("POST", proofs.TOKEN_URL)}))
        assert made["token_type"] == "DPoP"
        return made

    def _call(self, world: World, made: dict[str, Any], proof: str, scheme: str = "DPoP") -> TestResponse:
        headers = {"Authorization": f"{scheme} {made['access_token']}"} | ({"DPoP": proof} if proof else {})
        return world.get(made["resourceURI"], headers)

    def test_the_holder_of_the_key_gets_the_data(self, world: World) -> None:
        made = self._bound(world)
        uri, token = made["resourceURI"], made["access_token"]
        assert self._call(world, made, proofs.dpop("GET", uri, token=token)).status_code == 200

    def test_a_proof_that_was_seen_is_refused(self, world: World) -> None:
        made = self._bound(world)
        proof = proofs.dpop("GET", made["resourceURI"], token=made["access_token"])
        assert [self._call(world, made, proof).status_code for _ in range(2)] == [200, 401]

    @pytest.mark.parametrize(
        "fault", ["another address", "another method", "another key", "no ath", "the ath of another token", "no proof"]
    )
    def test_a_proof_that_does_not_fit_is_refused(self, world: World, fault: str) -> None:
        made = self._bound(world)
        uri, token = made["resourceURI"], made["access_token"]
        proof = {
            "another address": lambda: proofs.dpop("GET", uri + "0", token=token),
            "another method": lambda: proofs.dpop("POST", uri, token=token),
            "another key": lambda: proofs.dpop("GET", uri, proofs.key("thief"), token=token),
            "no ath": lambda: proofs.dpop("GET", uri),
            "the ath of another token": lambda: proofs.dpop("GET", uri, token="other"),
            "no proof": lambda: "",
        }[fault]()
        answer = self._call(world, made, proof)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("DPoP ")

    def test_a_bound_token_is_no_bearer_token(self, world: World) -> None:
        made = self._bound(world)
        proof = proofs.dpop("GET", made["resourceURI"], token=made["access_token"])
        assert self._call(world, made, proof, "Bearer").status_code == 401
        assert self._call(world, made, "", "Bearer").status_code == 401

    def test_a_token_bound_to_a_certificate_is_of_use_with_it_alone(self, world: World) -> None:
        own, other = (proofs.certificate() for _ in range(2))
        who = world.client("self_signed_tls_client_auth", policy="modern", certificate={"pem": proofs.pem(own)})
        form = {
            "grant_type": "authorization_code",
            "code": world.code(who, challenge=CHALLENGE),
            "redirect_uri": REDIRECT,
            "client_id": who.client_id,
            "code_verifier": VERIFIER,
        }
        shown = {"espi.client_certificate": proofs.der(own)}
        made = _body(world.post("/oauth/token", form, environ_overrides=shown))
        bearer = {"Authorization": f"Bearer {made['access_token']}"}
        calls = [world.get(made["resourceURI"], bearer, held) for held in (proofs.der(own), proofs.der(other), None)]
        assert [call.status_code for call in calls] == [200, 401, 401]

    def test_a_code_that_is_bound_to_a_key_is_of_use_with_it_alone(self, world: World) -> None:
        who = world.client()
        print_ = _thumbprint()
        thief = {"DPoP": proofs.dpop("POST", proofs.TOKEN_URL, proofs.key("thief"))}
        _refused(world.exchange(who, world.code(who, binding=f"jkt:{print_}"), headers=thief), "invalid_grant")
        holder = {"DPoP": proofs.dpop("POST", proofs.TOKEN_URL)}
        assert world.exchange(who, world.code(who, binding=f"jkt:{print_}"), headers=holder).status_code == 200

    def test_a_fapi_client_gets_no_bearer_token(self, world: World) -> None:
        form = {"grant_type": "client_credentials", **proofs.by_assertion(world.keyed(policy="fapi2").client_id)}
        _refused(world.post("/oauth/token", form), "invalid_dpop_proof")

    def test_a_name_that_a_client_has_certified_itself_proves_nothing(self, world: World) -> None:
        who = world.client("tls_client_auth", policy="modern", certificate={"tls_client_auth_subject_dn": "CN=Acme"})
        shown = {"espi.client_certificate": proofs.der(proofs.certificate("CN=Acme"))}
        form = {"grant_type": "client_credentials", "client_id": who.client_id}
        _refused(world.post("/oauth/token", form, environ_overrides=shown), "invalid_client", 401)

    def test_a_secret_in_an_address_is_never_read(self, world: World) -> None:
        who = world.client()
        secret = {"client_id": who.client_id, "client_secret": who.secrets["main"]}
        form = {"grant_type": "client_credentials"}
        answer = world.app.test_client().post("/oauth/token", base_url=proofs.ISSUER, query_string=secret, data=form)
        assert answer.status_code in {400, 401}
        for path in ("/oauth/revoke", "/oauth/introspect", "/oauth/par"):
            web = world.app.test_client()
            answer = web.post(path, base_url=proofs.ISSUER, query_string=secret, data={"token": "x"})
            _refused(answer, "invalid_client", 401)

    def test_a_token_in_an_address_or_a_body_is_never_read(self, world: World) -> None:
        made = _body(world.exchange(world.client()))
        answer = world.get(f"{made['resourceURI']}?access_token={made['access_token']}", {})
        assert answer.status_code in {400, 401, 403}


def _thumbprint() -> str:
    key = proofs.jwk(proofs.key("holder"))
    text = f'{{"crv":"P-256","kty":"EC","x":"{key["x"]}","y":"{key["y"]}"}}'
    return proofs.text64(hashlib.sha256(text.encode()).digest())
