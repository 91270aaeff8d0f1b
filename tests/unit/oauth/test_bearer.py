from __future__ import annotations

from collections.abc import Callable

import pytest

from espi.access import Role, TokenKind
from espi.config import Settings
from espi.errors import Denied
from espi.oauth import tokens as oauth_tokens
from espi.oauth.tokens import NoToken, Unauthorized, bearer
from espi.store import clients, grants, tokens
from espi.store.clients import Client
from espi.store.database import Conn
from espi.web.call import Call
from tests import factories
from tests.factories import NOW_S

SCOPE = "FB=4_5;IntervalDuration=900"
Maker = Callable[..., str]


def _call(authorization: str, certificate: bytes | None = None) -> Call:
    return Call(authorization, "", "GET", "https://localhost:8443/x", certificate, "192.0.2.1")


@pytest.fixture
def client(conn: Conn) -> Client:
    third_party = grants.add_third_party(conn, "Wattwise", grants.PRODUCTION)
    return clients.add_client(conn, role="third_party", party_id=third_party, kind="main", now_s=NOW_S)


@pytest.fixture
def authorization(conn: Conn, client: Client) -> int:
    point = factories.usage_point(conn, factories.utility(conn))
    customer = factories.tenant(conn, point, factories.TODAY - 400)
    span = (point, factories.TODAY - 30, factories.TODAY + 30)
    times = {"starts_s": NOW_S, "ends_s": NOW_S + 7200, "now_s": NOW_S}
    return grants.add_authorization(conn, client.party_id, customer, [span], scope=SCOPE, client_id=client.id, **times)


@pytest.fixture
def make(conn: Conn, client: Client, authorization: int) -> Maker:
    def made(binding: str = "", expires_s: int = NOW_S + 3600) -> str:
        return tokens.issue(
            conn,
            kind="access",
            authorization_id=authorization,
            client_id=client.id,
            family="f",
            binding=binding,
            issued_s=NOW_S,
            expires_s=expires_s,
        )

    return made


def test_a_customer_token_opens_that_grant_alone(
    conn: Conn, settings: Settings, client: Client, authorization: int, make: Maker
) -> None:
    found = bearer(conn, _call(f"Bearer {make()}"), settings)
    assert found.kind is TokenKind.customer
    assert found.principal.role is Role.third_party
    assert (found.principal.id, found.principal.grant) == (client.party_id, authorization)
    assert found.principal.proof == "customer token"
    assert found.scope.text == SCOPE
    assert found.client == client


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "token"])
def test_without_a_token_there_is_no_bearer(conn: Conn, settings: Settings, header: str) -> None:
    with pytest.raises(NoToken) as refused:
        bearer(conn, _call(header), settings)
    assert refused.value.www_authenticate == 'Bearer realm="espi"'


@pytest.mark.parametrize("header", ["Bearer null", "bearer x"])
def test_an_unknown_token_is_invalid(conn: Conn, settings: Settings, header: str) -> None:
    with pytest.raises(Unauthorized) as refused:
        bearer(conn, _call(header), settings)
    assert refused.value.status == 401
    assert 'error="invalid_token"' in refused.value.www_authenticate


def test_what_ends_a_token(conn: Conn, settings: Settings, client: Client, authorization: int, make: Maker) -> None:
    late, revoked, good = make(expires_s=NOW_S), make(), make()
    tokens.revoke(conn, revoked, NOW_S)
    for text in (late, revoked):
        with pytest.raises(Unauthorized):
            bearer(conn, _call(f"Bearer {text}"), settings)
    assert bearer(conn, _call(f"Bearer {good}"), settings)
    clients.set_disabled(conn, client, disabled=True)
    with pytest.raises(Unauthorized):
        bearer(conn, _call(f"Bearer {good}"), settings)
    clients.set_disabled(conn, client, disabled=False)
    grants.set_authorization_end(conn, authorization, NOW_S, now_s=NOW_S)
    with pytest.raises(Unauthorized):
        bearer(conn, _call(f"Bearer {good}"), settings)
    grants.set_authorization_end(conn, authorization, NOW_S + 9, now_s=NOW_S)
    grants.set_authorization_status(conn, authorization, grants.REVOKED, now_s=NOW_S)
    with pytest.raises(Unauthorized):
        bearer(conn, _call(f"Bearer {good}"), settings)


@pytest.mark.parametrize("status", [grants.ON_HOLD, grants.WITHDRAWN])
def test_an_application_that_is_stopped_is_denied(
    conn: Conn, settings: Settings, client: Client, make: Maker, status: int
) -> None:
    grants.set_third_party_status(conn, client.party_id, status)
    with pytest.raises(Denied):
        bearer(conn, _call(f"Bearer {make()}"), settings)


def test_a_bound_token_is_for_its_holder_alone(conn: Conn, settings: Settings, make: Maker) -> None:
    by_certificate = make("x5t#S256:" + "a" * 43)
    for call in (_call(f"Bearer {by_certificate}"), _call(f"Bearer {by_certificate}", b"another")):
        with pytest.raises(Unauthorized):
            bearer(conn, call, settings)
    by_key = make("jkt:" + "b" * 43)
    with pytest.raises(Unauthorized) as refused:
        bearer(conn, _call(f"DPoP {by_key}"), settings)
    assert refused.value.www_authenticate.startswith("DPoP ")
    with pytest.raises(Unauthorized):
        bearer(conn, _call(f"Bearer {by_key}"), settings)
    with pytest.raises(Unauthorized):
        bearer(conn, _call(f"DPoP {make()}"), settings)


def test_a_client_gets_a_record_of_its_own(conn: Conn, settings: Settings, client: Client) -> None:
    made = oauth_tokens.client_authorization(conn, client, TokenKind.client, settings)
    assert (made.kind, made.scope, made.usage_points) == ("client", "FB=34_35", {})
    assert oauth_tokens.client_authorization(conn, client, TokenKind.client, settings) == made
    grants.set_authorization_status(conn, made.id, grants.REVOKED, now_s=NOW_S, ended_by="third_party")
    assert oauth_tokens.client_authorization(conn, client, TokenKind.client, settings).status == grants.ACTIVE
    grants.set_authorization_status(conn, made.id, grants.REVOKED, now_s=NOW_S, ended_by="operator")
    with pytest.raises(Denied):
        oauth_tokens.client_authorization(conn, client, TokenKind.client, settings)


def test_the_members_of_a_token_response(conn: Conn, settings: Settings, client: Client, authorization: int) -> None:
    grant = grants.authorization(conn, authorization)
    order = oauth_tokens.Order(client, grant, "f", "", SCOPE, refresh_token="")
    answer = oauth_tokens.token_response(conn, order, settings)
    root = settings.resource_url
    assert answer["resourceURI"] == f"{root}/Batch/Subscription/{grant.subscription_path_id}"
    assert answer["authorizationURI"] == f"{root}/Authorization/{grant.path_id}"
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 3600, SCOPE)
    assert answer["refresh_token"] != answer["access_token"]
    assert "customerResourceURI" not in answer
    assert grants.authorization(conn, authorization).token_ends_s == NOW_S + 3600


def test_an_access_token_does_not_outlast_its_authorization(
    conn: Conn, settings: Settings, client: Client, authorization: int
) -> None:
    grants.set_authorization_end(conn, authorization, NOW_S + 60, now_s=NOW_S)
    order = oauth_tokens.Order(client, grants.authorization(conn, authorization), "f", "", SCOPE, refresh_token="")
    assert oauth_tokens.token_response(conn, order, settings)["expires_in"] == 60
