"""The token endpoint, call by call (RFC 6749 and ESPI 5.5); the roads to it are in the journeys."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Any

import pytest

from espi.clock import Clock
from espi.config import Settings
from espi.oauth import server
from espi.oauth.faces import Answer
from espi.oauth.registration import make_clients
from espi.oauth.tokens import Unauthorized, bearer
from espi.store import clients, grants, tokens
from espi.store.clients import Client
from espi.store.database import Conn
from espi.web.call import Call
from tests import factories
from tests.factories import NOW_S

REDIRECT = "https://wattwise.example/cb"
SCOPE = "FB=4_5;IntervalDuration=900"
ROOT = "https://localhost:8443/espi/1_1/resource"


@dataclass
class Desk:
    """Where tokens are asked for: a third party with its three clients, and a customer's authorization."""

    conn: Conn
    settings: Settings
    client: Client
    secrets: dict[str, str]
    third_party: grants.ThirdParty
    authorization: int

    def code(self, **given: Any) -> str:
        values: dict[str, Any] = {"redirect_uri": REDIRECT, "issued_s": NOW_S, "expires_s": NOW_S + 300, **given}
        return tokens.add_code(self.conn, client_id=self.client.id, authorization_id=self.authorization, **values)

    def ask(self, kind: str = "main", *, method: str = "POST", in_address: bool = False, **parameters: str) -> Answer:
        pattern = {"main": "{}", "registration": "REGISTRATION_{}", "admin": "{}_admin"}[kind]
        pair = f"{pattern.format(self.client.client_id)}:{self.secrets[kind]}"
        return self.send(f"Basic {base64.b64encode(pair.encode()).decode()}", method, in_address, parameters)

    def send(self, proof: str, method: str, in_address: bool, parameters: dict[str, str]) -> Answer:
        call = Call(proof, "", method, "https://localhost:8443/oauth/token", None, "192.0.2.1")
        return server.give_token(self.conn, call, parameters, {}, self.settings, in_address=in_address)

    def exchange(self, code: str = "", **given: str) -> Answer:
        return self.ask(grant_type="authorization_code", code=code or self.code(), redirect_uri=REDIRECT, **given)

    def refresh(self, token: str, **given: str) -> Answer:
        return self.ask(grant_type="refresh_token", refresh_token=token, **given)

    def works(self, token: str) -> bool:
        call = Call(f"Bearer {token}", "", "GET", ROOT, None, "")
        try:
            return bool(bearer(self.conn, call, self.settings))
        except Unauthorized:
            return False

    def wait(self, seconds: int) -> None:
        self.settings = replace(self.settings, clock=Clock(fixed_s=self.settings.clock.now_s() + seconds))


@pytest.fixture
def desk(conn: Conn, settings: Settings) -> Desk:
    key = grants.add_third_party(conn, "Wattwise", grants.PRODUCTION, {"redirect_uri": [REDIRECT]})
    third_party = grants.third_party(conn, key)
    made = make_clients(conn, third_party, now_s=NOW_S, policy="classic", auth_method="client_secret_basic")
    client = clients.client_by_client_id(conn, made.client_id)
    assert client is not None
    point = factories.usage_point(conn, factories.utility(conn))
    customer = factories.tenant(conn, point, factories.TODAY - 400)
    span = (point, factories.TODAY - 30, factories.TODAY + 30)
    times = {"starts_s": NOW_S, "ends_s": NOW_S + 30 * 86_400, "now_s": NOW_S}
    grant = grants.add_authorization(conn, key, customer, [span], scope=SCOPE, client_id=client.id, **times)
    return Desk(conn, settings, client, dict(made.secrets), third_party, grant)


def _refused(answer: Answer, error: str, status: int = 400) -> None:
    assert (answer.status, answer.body["error"]) == (status, error), answer.body


def test_a_code_gives_all_members_of_espi(desk: Desk) -> None:
    answer = desk.exchange()
    grant = grants.authorization(desk.conn, desk.authorization)
    assert answer.status == 200
    assert dict(answer.headers)["Cache-Control"] == "no-store"
    assert answer.body["token_type"] == "Bearer"
    assert answer.body["expires_in"] == 3600
    assert answer.body["scope"] == SCOPE
    assert answer.body["resourceURI"] == f"{ROOT}/Batch/Subscription/{grant.subscription_path_id}"
    assert answer.body["authorizationURI"] == f"{ROOT}/Authorization/{grant.path_id}"
    assert {"access_token", "refresh_token"} <= set(answer.body)
    assert not {"customerResourceURI", "client_access_token"} & set(answer.body)
    assert desk.works(answer.body["access_token"])


@pytest.mark.parametrize("proof", ["", "Basic ", "Basic bad value", "Bearer x", "Basic YTpi"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_does_not_prove_himself_is_told_how(desk: Desk, proof: str, method: str) -> None:
    answer = desk.send(proof, method, False, {"grant_type": "authorization_code", "code": "x"})
    _refused(answer, "invalid_client", 401)
    assert dict(answer.headers)["WWW-Authenticate"].startswith("Basic")


def test_what_is_missing_is_named(desk: Desk) -> None:
    code = desk.code()
    _refused(desk.ask(code=code, redirect_uri=REDIRECT), "invalid_request")
    _refused(desk.ask(grant_type="authorization_code", redirect_uri=REDIRECT), "invalid_request")
    _refused(desk.ask(grant_type="authorization_code", code=code), "invalid_request")
    _refused(desk.ask(grant_type="refresh_token"), "invalid_request")
    _refused(desk.ask(grant_type="password", username="a", password="b"), "unsupported_grant_type")
    assert desk.exchange(code).status == 200, "none of this has used the code up"


def test_a_code_is_for_its_client_and_address_in_time(desk: Desk) -> None:
    code = desk.code()
    for other in (REDIRECT + "?client_id=x", "https://wattwise.example/other"):
        _refused(desk.ask(grant_type="authorization_code", code=code, redirect_uri=other), "invalid_grant")
    _refused(desk.exchange("unknown"), "invalid_grant")
    _refused(desk.ask("admin", grant_type="authorization_code", code=code), "unauthorized_client")
    stranger = tokens.add_code(
        desk.conn, client_id=0, authorization_id=1, redirect_uri=REDIRECT, issued_s=NOW_S, expires_s=NOW_S + 300
    )
    _refused(desk.exchange(stranger), "invalid_grant")
    desk.wait(300)
    _refused(desk.exchange(code), "invalid_grant")


def test_a_code_that_comes_twice_ends_what_came_of_it(desk: Desk) -> None:
    code = desk.code()
    first = desk.exchange(code).body
    assert desk.works(first["access_token"])
    _refused(desk.exchange(code), "invalid_grant")
    assert not desk.works(first["access_token"])
    _refused(desk.refresh(first["refresh_token"]), "invalid_grant")


def test_the_verifier_of_pkce_is_demanded_from_who_sent_a_challenge(desk: Desk) -> None:
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    code = desk.code(challenge=challenge)
    _refused(desk.exchange(code), "invalid_request")
    _refused(desk.exchange(code, code_verifier="a" * 43), "invalid_grant")
    _refused(desk.exchange(code, code_verifier=challenge), "invalid_grant")
    assert desk.exchange(code, code_verifier=verifier).status == 200
    _refused(desk.exchange(desk.code(), code_verifier=verifier), "invalid_request")


def test_a_refresh_gives_new_tokens_and_the_old_access_token_dies_at_once(desk: Desk) -> None:
    first = desk.exchange().body
    second = desk.refresh(first["refresh_token"])
    assert second.status == 200
    assert set(second.body) == set(first)
    assert second.body["refresh_token"] != first["refresh_token"]
    assert not desk.works(first["access_token"])
    assert desk.works(second.body["access_token"])
    assert desk.refresh(second.body["refresh_token"], scope=SCOPE).status == 200


def test_a_refresh_for_another_scope_is_refused(desk: Desk) -> None:
    first = desk.exchange().body
    for other in ("Read/Write", "FB=4"):
        _refused(desk.refresh(first["refresh_token"], scope=other), "invalid_scope")
    _refused(desk.refresh("unknown"), "invalid_grant")
    _refused(desk.refresh(first["access_token"]), "invalid_grant")
    assert desk.works(first["access_token"])


def test_a_lost_answer_is_given_again_and_the_lost_tokens_die(desk: Desk) -> None:
    first = desk.exchange().body
    lost = desk.refresh(first["refresh_token"]).body
    _refused(desk.refresh(first["refresh_token"]), "invalid_grant")
    assert desk.works(lost["access_token"]), "several callers at once end nothing"
    desk.wait(5)
    again = desk.refresh(first["refresh_token"])
    assert again.status == 200
    assert not desk.works(lost["access_token"])
    assert desk.works(again.body["access_token"])
    _refused(desk.refresh(lost["refresh_token"]), "invalid_grant")
    assert desk.refresh(again.body["refresh_token"]).status == 200


def test_a_refresh_token_that_comes_late_again_ends_its_family(desk: Desk) -> None:
    first = desk.exchange().body
    second = desk.refresh(first["refresh_token"]).body
    desk.wait(tokens.GRACE_S)
    _refused(desk.refresh(first["refresh_token"]), "invalid_grant")
    assert not desk.works(second["access_token"])
    _refused(desk.refresh(second["refresh_token"]), "invalid_grant")


def test_a_refresh_token_that_comes_after_its_successor_ends_its_family(desk: Desk) -> None:
    first = desk.exchange().body
    second = desk.refresh(first["refresh_token"]).body
    desk.wait(1)
    third = desk.refresh(second["refresh_token"]).body
    desk.wait(1)
    _refused(desk.refresh(first["refresh_token"]), "invalid_grant")
    assert not desk.works(third["access_token"])


def test_tokens_end_with_the_authorization(desk: Desk) -> None:
    first, code = desk.exchange().body, desk.code()
    grants.set_authorization_status(desk.conn, desk.authorization, grants.REVOKED, now_s=NOW_S)
    _refused(desk.refresh(first["refresh_token"]), "invalid_grant")
    _refused(desk.exchange(code), "invalid_grant")


def test_clients_get_tokens_for_themselves(desk: Desk) -> None:
    for kind, asked, resource in (
        ("main", "", f"Batch/Bulk/{desk.third_party.path_id}"),
        ("main", "FB=34_35", f"Batch/Bulk/{desk.third_party.path_id}"),
        ("main", "FB=36_40", f"ApplicationInformation/{desk.third_party.path_id}"),
        ("main", "FB=44", f"ApplicationInformation/{desk.third_party.path_id}"),
        ("main", "FB=41", f"ApplicationInformation/{desk.third_party.path_id}"),
        ("registration", "FB=36_40", f"ApplicationInformation/{desk.third_party.path_id}"),
        ("registration", "", f"ApplicationInformation/{desk.third_party.path_id}"),
        ("admin", "", f"Batch/Bulk/{desk.third_party.path_id}"),
    ):
        scope = {"scope": asked} if asked else {}
        answer = desk.ask(kind, grant_type="client_credentials", **scope)
        assert answer.status == 200, answer.body
        assert answer.body["resourceURI"] == f"{ROOT}/{resource}"
        assert answer.body["authorizationURI"].startswith(f"{ROOT}/Authorization/")
        assert answer.body["scope"] == asked or not asked
        assert answer.body["scope"]
        assert answer.body["client_access_token"] == answer.body["access_token"]
        assert answer.body["expires_in"] == 3600
        assert "refresh_token" not in answer.body
        assert desk.works(answer.body["access_token"])


def test_the_bulk_of_a_registered_scope_is_named(desk: Desk) -> None:
    content = {"redirect_uri": [REDIRECT], "scope": ["FB=4_5;BR=abc1"]}
    grants.change_third_party(desk.conn, desk.third_party.id, content=content, now_s=NOW_S)
    assert desk.ask("admin", grant_type="client_credentials").body["resourceURI"] == f"{ROOT}/Batch/Bulk/abc1"


def test_the_bulk_of_persons_is_named_where_they_are_asked_for(desk: Desk) -> None:
    plain = desk.ask("admin", grant_type="client_credentials").body
    assert "customerResourceURI" not in plain
    content = {"redirect_uri": [REDIRECT], "scope": ["FB=4_5_51_53_54;BR=abc1"]}
    grants.change_third_party(desk.conn, desk.third_party.id, content=content, now_s=NOW_S)
    found = desk.ask("admin", grant_type="client_credentials").body
    assert found["customerResourceURI"] == f"{ROOT}/Batch/Bulk/BULK_RC_abc1"
    assert "customerResourceURI" not in desk.ask("registration", grant_type="client_credentials").body


def test_a_scope_that_cannot_be_is_refused_with_the_reason(desk: Desk) -> None:
    answer = desk.ask(grant_type="client_credentials", scope="FB=read/write")
    _refused(answer, "invalid_scope")
    assert "read/write is not a whole number" in answer.body["error_description"]
    _refused(desk.ask("admin", grant_type="client_credentials", scope="FB=36_40"), "invalid_scope")
    _refused(desk.ask("registration", grant_type="client_credentials", scope="FB=34_35"), "invalid_scope")


def test_companions_get_no_customer_tokens(desk: Desk) -> None:
    for grant_type in ("authorization_code", "refresh_token"):
        given = {"code": "x", "refresh_token": "x", "redirect_uri": REDIRECT}
        _refused(desk.ask("admin", grant_type=grant_type, **given), "unauthorized_client")


@pytest.mark.parametrize("status", [grants.ON_HOLD, grants.WITHDRAWN])
def test_an_application_that_is_stopped_gets_nothing(desk: Desk, status: int) -> None:
    code = desk.code()
    grants.set_third_party_status(desk.conn, desk.third_party.id, status)
    _refused(desk.ask(grant_type="client_credentials"), "unauthorized_client")
    _refused(desk.exchange(code), "unauthorized_client")


def test_get_gives_no_tokens_but_to_the_certification_harness(desk: Desk) -> None:
    code = desk.code()
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    _refused(desk.ask(method="GET", **given), "invalid_request")
    desk.settings = replace(desk.settings, certification_harness=True)
    assert desk.ask(method="GET", **given).status == 200


def test_parameters_in_the_address_are_for_classic_clients_only(desk: Desk) -> None:
    assert desk.ask(in_address=True, grant_type="client_credentials").status == 200
    clients.change_client(desk.conn, desk.client, policy="modern")
    _refused(desk.ask(in_address=True, grant_type="client_credentials"), "invalid_request")
    assert desk.ask(grant_type="client_credentials").status == 200


def test_a_client_looks_at_its_own_tokens_and_ends_them(desk: Desk) -> None:
    made = desk.exchange().body
    own = desk.ask(grant_type="client_credentials").body["access_token"]
    pair = f"{desk.client.client_id}:{desk.secrets['main']}"
    proof = f"Basic {base64.b64encode(pair.encode()).decode()}"
    call = Call(proof, "", "POST", "https://localhost:8443/oauth/introspect", None, "")
    other = f"{desk.client.client_id}_admin:{desk.secrets['admin']}"
    stranger = call._replace(authorization=f"Basic {base64.b64encode(other.encode()).decode()}")

    def look(token: str, by: Call = call) -> dict[str, Any]:
        return dict(server.look_at_token(desk.conn, by, {"token": token}, desk.settings).body)

    def end(token: str, by: Call = call, **given: str) -> Answer:
        return server.end_token(desk.conn, by, {"token": token, **given}, desk.settings)

    seen = look(made["access_token"])
    assert seen["active"] is True
    assert (seen["client_id"], seen["scope"], seen["exp"]) == (desk.client.client_id, SCOPE, NOW_S + 3600)
    assert look(made["refresh_token"])["active"] is True
    assert look(made["access_token"], stranger) == {"active": False}
    assert look("unknown") == {"active": False}
    assert end(made["access_token"], stranger).status == 400
    assert end("unknown", token_type_hint="whatever").status == 200
    assert end(own).status == 200
    assert not desk.works(own)
    assert desk.works(made["access_token"])
    assert end(made["refresh_token"]).status == 200
    assert not desk.works(made["access_token"])
    assert look(made["refresh_token"]) == {"active": False}
    ended = grants.authorization(desk.conn, desk.authorization)
    assert (ended.status, ended.ended_by) == (grants.REVOKED, "third_party")
    nobody = server.look_at_token(desk.conn, call._replace(authorization=""), {"token": own}, desk.settings)
    assert nobody.status == 401


@pytest.mark.parametrize(
    ("role", "kind", "resource"),
    [
        ("tdsp", "upload", "Batch/RetailCustomer/**/UsagePoint"),
        ("tdsp", "custodian", ""),
        ("rep", "main", "Batch/Bulk/"),
    ],
)
def test_utilities_and_reps_get_tokens_of_their_own(desk: Desk, role: str, kind: str, resource: str) -> None:
    party = factories.rep(desk.conn) if role == "rep" else 1
    own = clients.add_client(desk.conn, role=role, party_id=party, kind=kind, now_s=NOW_S)
    pair = f"{own.client_id}:{clients.add_secret(desk.conn, own, NOW_S)}"
    proof = f"Basic {base64.b64encode(pair.encode()).decode()}"
    answer = desk.send(proof, "POST", False, {"grant_type": "client_credentials"})
    assert answer.status == 200, answer.body
    assert answer.body["resourceURI"].startswith(f"{ROOT}/{resource}")
    assert desk.works(answer.body["access_token"])
    registration = desk.send(proof, "POST", False, {"grant_type": "client_credentials", "scope": "FB=36_40"})
    assert registration.status == (400 if role == "rep" else 200)


def test_a_client_gets_no_kind_of_token_that_its_party_may_not_have(desk: Desk) -> None:
    own = clients.add_client(desk.conn, role="rep", party_id=factories.rep(desk.conn), kind="custodian", now_s=NOW_S)
    pair = f"{own.client_id}:{clients.add_secret(desk.conn, own, NOW_S)}"
    proof = f"Basic {base64.b64encode(pair.encode()).decode()}"
    _refused(desk.send(proof, "POST", False, {"grant_type": "client_credentials"}), "unauthorized_client")


def test_who_the_operator_has_ended_gets_no_token(desk: Desk) -> None:
    assert desk.ask("admin", grant_type="client_credentials").status == 200
    admin = clients.client_by_client_id(desk.conn, f"{desk.client.client_id}_admin")
    assert admin is not None
    own = grants.client_authorization(desk.conn, admin.id, "client")
    assert own is not None
    grants.set_authorization_status(desk.conn, own.id, grants.REVOKED, now_s=NOW_S, ended_by="operator")
    assert desk.ask("admin", grant_type="client_credentials").status == 403
