"""What `demo.json` says of clients and tokens is true, and still is after a token was used up."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from espi.access import TokenKind
from espi.demo import Facts
from espi.demo import tokens as of_market
from espi.oauth.tokens import Bearer, Unauthorized, bearer
from espi.scope import parse, within
from espi.store import clients, directory, grants, people, tokens
from espi.web.call import Call
from tests.factories import reach_of_utility
from tests.unit.demo.conftest import NOW_S, Market

NAMES = {
    "client_access_token": TokenKind.client,
    "registration_access_token": TokenKind.registration,
    "data_custodian_access_token": TokenKind.custodian,
    "upload_access_token": TokenKind.upload,
    "access_token": TokenKind.customer,
    "offline_access_token": TokenKind.customer,
}
KEYS = {
    "name", "status", "client_id", "client_secret", "redirect_uri", "notify_uri", "scope", "application_information_id",
    "bulk_id", "registration_client_id", "registration_client_secret", "admin_client_id", "admin_client_secret",
    "tokens",
}  # fmt: skip


def opened(market: Market, token: str) -> Bearer:
    with market.database.read() as conn:
        return bearer(conn, Call(f"Bearer {token}", "", "GET", "", None, ""), market.settings)


def application(facts: Facts, status: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in facts["third_parties"] if one["status"] == status)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_token_is_of_its_kind(market: Market, name: str) -> None:
    assert opened(market, market.facts["tokens"][name]).kind is NAMES[name]


def test_the_expired_token_is_and_its_grant_is_not(market: Market) -> None:
    facts = market.facts["tokens"]
    with pytest.raises(Unauthorized):
        opened(market, facts["expired_access_token"])
    with market.database.read() as conn:
        grant = grants.authorization_by_subscription(conn, int(facts["expired_resourceURI"].rpartition("/")[2]))
    assert grant.status == grants.ACTIVE


def test_the_offline_grant_came_on_paper(market: Market) -> None:
    found = opened(market, market.facts["tokens"]["offline_access_token"]).authorization
    assert str(found.path_id) == market.facts["tokens"]["offline_authorization_id"]
    assert found.terms["by"] == "paper"


def test_every_application_has_its_clients_and_their_secrets(market: Market) -> None:
    for one in market.facts["third_parties"]:
        assert set(one) == KEYS
        with market.database.read() as conn:
            for kind in ("", "registration_", "admin_"):
                client = clients.client_by_client_id(conn, one[f"{kind}client_id"])
                assert client
                assert clients.secret_matches(conn, client, one[f"{kind}client_secret"], NOW_S)


def test_grants_are_as_the_states_of_their_applications_say(market: Market) -> None:
    active, expiring = (application(market.facts, state)["tokens"]["grants"] for state in ("active", "expiring"))
    assert len(active) == 5
    assert sum("customerResourceURI" in one for one in active) == 1
    ends_s = {opened(market, one["access_token"]).authorization.ends_s for one in expiring}
    assert all(NOW_S < end < NOW_S + 8 * 86_400 for end in ends_s)
    for state in ("pending", "revoked"):
        assert not application(market.facts, state)["tokens"].get("grants")


def test_every_grant_lies_within_what_its_application_may_ask_for(market: Market) -> None:
    for one in market.facts["third_parties"]:
        offered = [parse(text) for text in one["scope"]]
        for grant in one["tokens"].get("grants", []):
            within(parse(grant["scope"]), offered)
        for scope in offered:
            blocks = [parse(text) for text in market.settings.scopes]
            assert scope.blocks <= blocks[0].blocks


def test_solar_gas_and_water_have_the_function_blocks_that_they_need(market: Market) -> None:
    for grant in application(market.facts, "active")["tokens"]["grants"]:
        found = opened(market, grant["access_token"])
        with market.database.read() as conn:
            covered = grants.authorization(conn, found.authorization.id).usage_points
            kinds = {point.service_kind for point in _points(market, conn) if point.id in covered}
        assert covered
        assert (1 not in kinds) or found.scope.allows_block(10)
        assert (2 not in kinds) or found.scope.allows_block(11)


def _points(market: Market, conn: Any) -> list[directory.UsagePoint]:
    return [
        point
        for utility in directory.utilities(conn)
        for point in directory.usage_points(conn, reach_of_utility(utility.id))
    ]


def test_reps_and_utilities_have_clients_too(market: Market) -> None:
    for one in market.facts["reps"]:
        assert opened(market, one["client_access_token"]).kind is TokenKind.client
        assert "/Batch/Bulk/" in one["resourceURI"]
    for one in market.facts["utilities"]:
        assert opened(market, one["upload_access_token"]).kind is TokenKind.upload


def test_staff_of_third_parties_can_log_in(market: Market) -> None:
    for one in market.facts["staff"]:
        if one["role"] == "third_party":
            with market.database.read() as conn:
                assert people.try_password(conn, one["login"], one["password"]).right


def _family(conn: Any, text: str) -> str:
    found = tokens.token(conn, text)
    return found.family if found else ""


class Undo(Exception):
    """Rolls a transaction back, so that the market stays as it was."""


def test_a_token_that_was_used_up_gets_another_in_its_place(market: Market) -> None:
    before = application(market.facts, "active")["tokens"]
    with contextlib.suppress(Undo), market.database.write() as conn:
        tokens.revoke(conn, before["access_token"], NOW_S)
        again = application({"third_parties": of_market.third_parties(conn, market.settings)}, "active")["tokens"]
        renewed = tokens.token(conn, again["access_token"])
        assert again["access_token"] != before["access_token"]
        assert renewed
        assert renewed.counts(NOW_S)
        assert again["refresh_token"] != before["refresh_token"]
        assert renewed.family == _family(conn, again["refresh_token"])
        raise Undo
