"""Authorizations, invitations and the caller's own registration."""

from __future__ import annotations

from typing import Any

import pytest

from espi import sharing
from espi.access import Principal, Role
from espi.market.readings import MOST_DAYS
from espi.sharing.invitations import PROOF
from espi.store import clients, grants, invitations, tokens
from tests import market_world
from tests.factories import NOW_S
from tests.unit.market.conftest import Caller

ASKED: dict[str, Any] = {
    "premises": [{"esiid": market_world.HOME, "meter": market_world.METER, "rep": market_world.REP_NAME}],
    "email": "ada@example.org",
    "months": 12,
}


def test_a_client_reads_all_that_was_ever_shared_with_it(call: Caller) -> None:
    found = call.get("/authorizations", "minds")["authorizations"]
    assert [(each["kind"], each["status"], each["usage_points"]) for each in found] == [
        ("client", "active", 0),
        ("customer", "active", 1),
        ("customer", "active", 1),
    ]
    own = next(each for each in found if each["id"] == call.n("grant_path"))
    assert own["resource_uri"] == f"{call.settings.resource_url}/Batch/Subscription/{call.n('subscription')}"
    assert own == call.get(f"/authorizations/{call.n('grant_path')}", "minds")
    assert own["ends"] == "2026-06-15T17:00:00Z"


def test_a_client_pages_through_its_authorizations(call: Caller) -> None:
    seen, after = [], 0
    while after is not None:
        page = call.get(f"/authorizations?limit=2&after={after}", "minds")
        seen += [each["id"] for each in page["authorizations"]]
        after = page["next"]
    assert seen == [each["id"] for each in call.get("/authorizations", "minds")["authorizations"]]
    assert len(seen) == 3


def test_another_third_party_and_a_rep_see_their_own_only(call: Caller) -> None:
    for who in ("other", "rep"):
        (own,) = call.get("/authorizations", who)["authorizations"]
        assert own["kind"] == "client"
        assert call("GET", f"/authorizations/{call.n('grant_path')}", who).status_code == 404


def test_what_is_over_by_the_clock_is_called_expired(call: Caller) -> None:
    with call.database.write() as conn:
        grants.set_authorization_end(conn, call.n("grant"), NOW_S, now_s=NOW_S)
    assert call.get(f"/authorizations/{call.n('grant_path')}", "minds")["status"] == "expired"
    assert [each["id"] for each in call.get("/authorizations?status=expired", "minds")["authorizations"]] == [
        call.n("grant_path")
    ]


def test_a_client_ends_what_it_no_longer_needs_and_its_token_dies(call: Caller) -> None:
    path = f"/authorizations/{call.n('grant_path')}"
    ended = call("DELETE", path, "minds")
    assert ended.status_code == 200
    assert (ended.get_json()["status"], ended.get_json()["ended_by"]) == ("revoked", "third_party")
    assert call("GET", "/changes", "ada").status_code == 401
    assert call("DELETE", path, "minds").get_json() == ended.get_json(), "ending it again changes nothing"


def test_nobody_ends_what_is_anothers_or_not_a_customers(call: Caller) -> None:
    assert call("DELETE", f"/authorizations/{call.n('grant_path')}", "other").status_code == 404
    assert call("DELETE", f"/authorizations/{call.n('grant_path')}", "ada").status_code == 403
    own = call.get("/authorizations", "minds")["authorizations"][0]["id"]
    assert call("DELETE", f"/authorizations/{own}", "minds").status_code == 404
    assert call.get("/changes", "ada")["changes"] == []


def test_an_invitation_is_sent_and_can_be_followed(call: Caller) -> None:
    answer = call("POST", "/invitations", "minds", json=ASKED)
    assert answer.status_code == 201
    made = answer.get_json()
    assert (made["state"], made["months"], made["authorization_uri"]) == ("PENDING", 12, None)
    assert made["premises"][0]["esiid"] == market_world.HOME
    assert call.get(f"/invitations/{made['number']}", "minds") == made
    assert [each["number"] for each in call.get("/invitations?state=PENDING", "minds")["invitations"]] == [
        call.world.invitation,
        made["number"],
    ]


@pytest.mark.parametrize("wrong", [{"meter": "METER-99"}, {"esiid": "10443720000000018"}, {"rep": "Other Power"}])
def test_which_of_the_three_facts_was_wrong_is_never_told(call: Caller, wrong: dict[str, str]) -> None:
    answer = call("POST", "/invitations", "minds", json={**ASKED, "premises": [{**ASKED["premises"][0], **wrong}]})
    assert answer.status_code == 422
    assert answer.get_json(force=True)["code"] == "premise_not_confirmed"
    assert answer.get_json(force=True)["title"].startswith("A premise could not be confirmed.")


def test_who_guesses_too_often_is_blocked(call: Caller) -> None:
    call.start(failed_checks_a_day=3)
    wrong = {**ASKED, "premises": [{**ASKED["premises"][0], "meter": "GUESS"}]}
    answers = [call("POST", "/invitations", "minds", json=wrong).status_code for _ in range(4)]
    assert answers == [422, 422, 422, 429]


def test_an_invitation_needs_what_the_description_says(call: Caller) -> None:
    answer = call("POST", "/invitations", "minds", json={**ASKED, "premises": [{"esiid": 1}], "email": "ada"})
    assert answer.status_code == 400
    assert answer.get_json(force=True)["errors"] == [
        {"where": "body.premises[0].meter", "message": "is missing"},
        {"where": "body.premises[0].rep", "message": "is missing"},
        {"where": "body.premises[0].esiid", "message": "must be a text"},
        {"where": "body.email", "message": "must be a mail address"},
    ]


def test_an_invitation_that_was_accepted_gives_one_code(call: Caller) -> None:
    number = call.world.invitation
    assert call("POST", f"/invitations/{number}/code", "minds").status_code == 409
    with call.database.write() as conn:
        found = invitations.invitation_by_number(conn, call.n("minds"), number)
        sharing.accept(conn, found, Principal(Role.customer, call.n("grace"), PROOF), settings=call.settings)
    shown = call.get(f"/invitations/{number}", "minds")
    assert shown["state"] == "ACTIVE"
    assert shown["authorization_uri"].startswith(f"{call.settings.resource_url}/Authorization/")
    answer = call("POST", f"/invitations/{number}/code", "minds")
    assert answer.status_code == 201
    with call.database.write() as conn:
        redeemed = tokens.redeem_code(conn, answer.get_json()["authorization_code"], NOW_S)
    assert redeemed
    assert redeemed.client_id == call.n("minds_main")


def test_an_invitation_is_taken_back_once(call: Caller) -> None:
    path = f"/invitations/{call.world.invitation}/withdraw"
    assert call("POST", path, "minds").get_json()["state"] == "WITHDRAWN"
    assert call("POST", path, "minds").status_code == 409


@pytest.mark.parametrize(("method", "ending"), [("GET", ""), ("POST", "/withdraw"), ("POST", "/code")])
def test_anothers_invitation_is_answered_like_one_that_is_not_there(call: Caller, method: str, ending: str) -> None:
    anothers = call(method, f"/invitations/{call.world.invitation}{ending}", "other")
    nobodys = call(method, f"/invitations/123{ending}", "other")
    assert anothers.status_code == nobodys.status_code == 404
    assert {**anothers.get_json(force=True), "request_id": ""} == {**nobodys.get_json(force=True), "request_id": ""}
    assert call.get("/invitations", "other")["invitations"] == []


@pytest.mark.parametrize("who", ["ada", "rep"])
def test_only_a_third_party_itself_invites(call: Caller, who: str) -> None:
    assert call("POST", "/invitations", who, json=ASKED).status_code == 403
    assert call("GET", "/invitations", who).status_code == 403


def test_a_client_reads_its_registration_and_how_old_its_secrets_are(call: Caller) -> None:
    found = call.get("/applications/self", "minds")
    assert (found["name"], found["status"]) == ("Meter Minds", "production")
    assert found["registration"]["redirect_uri"] == [market_world.REDIRECT_URI]
    assert [each["client_id"] for each in found["clients"]] == ["minds_main", "minds_admin", "minds_registration"]
    assert found["clients"][0]["secrets"] == [{"created": "2025-06-15T17:00:00Z", "age_days": 0, "expires": None}]


def test_a_new_secret_follows_the_old_one_without_a_gap(call: Caller) -> None:
    answer = call("POST", "/applications/self/secrets", "minds", json={"client_id": "minds_main", "overlap_s": 3600})
    assert answer.status_code == 201
    told = answer.get_json()
    assert told["old_secret_ends"] == "2025-06-15T18:00:00Z"
    with call.database.read() as conn:
        client = clients.client(conn, call.n("minds_main"))
        assert clients.secret_matches(conn, client, told["client_secret"], NOW_S)
    secrets = call.get("/applications/self", "minds")["clients"][0]["secrets"]
    assert {each["expires"] for each in secrets} == {"2025-06-15T18:00:00Z", None}


def test_without_a_word_the_asking_client_gets_the_secret(call: Caller) -> None:
    assert call("POST", "/applications/self/secrets", "minds").get_json()["client_id"] == "minds_admin"


def test_nobody_gets_a_secret_of_another(call: Caller) -> None:
    answer = call("POST", "/applications/self/secrets", "other", json={"client_id": "minds_main"})
    assert answer.status_code == 404
    assert call("POST", "/applications/self/secrets", "ada").status_code == 403
    assert call("GET", "/applications/self", "rep").status_code == 403


def test_a_client_that_has_a_key_gets_no_secret(call: Caller) -> None:
    with call.database.write() as conn:
        changed = clients.client(conn, call.n("minds_main"))
        clients.change_client(conn, changed, auth_method="private_key_jwt")
    answer = call("POST", "/applications/self/secrets", "minds", json={"client_id": "minds_main"})
    assert answer.status_code == 409


def test_a_customer_token_lists_the_usage_points_of_its_grant(call: Caller) -> None:
    found = call.get("/usage-points", "ada")
    assert [each["id"] for each in found["usage_points"]] == [call.n("home_path")]
    assert found["usage_points"][0]["spans"] == [{"from": "2025-05-06", "to": None}]
    assert found["next"] is None


def test_number_and_address_are_for_whom_the_customer_told_who_he_is(call: Caller) -> None:
    path = f"/usage-points/{call.n('home_path')}/readings"
    with call.database.write() as conn:
        point = (call.n("home"), market_world.FIRST_DAY, market_world.FOREVER)
        span = {"starts_s": NOW_S - 60, "ends_s": NOW_S + 86_400, "now_s": NOW_S}
        key = grants.add_authorization(
            conn, call.n("other"), call.n("ada"), [point], scope=market_world.SCOPE, personal=True, **span
        )
        call.world.tokens["personal"] = market_world.issue(conn, key, call.n("other_main"))
    for shown in (call.get("/usage-points", "ada"), call.get(path, "ada")):
        (told,) = shown["usage_points"]
        assert (told["esiid"], told["title"]) == (None, "Electricity, number ending in 0017")
    for who in ("personal", "rep"):
        assert call.get(path, who)["usage_points"][0]["esiid"] == market_world.HOME
        assert call.get("/usage-points", who)["usage_points"][0]["esiid"] == market_world.HOME


def test_a_rep_pages_through_all_that_it_serves(call: Caller) -> None:
    first = call.get("/usage-points?limit=1", "rep")
    second = call.get(f"/usage-points?limit=1&after={first['next']}", "rep")
    third = call.get(f"/usage-points?limit=1&after={second['next']}", "rep")
    found = [*first["usage_points"], *second["usage_points"], *third["usage_points"]]
    assert [each["esiid"] for each in found] == [market_world.HOME, market_world.FLAT]
    assert third["next"] is None


def test_readings_come_as_measured_and_added_up(call: Caller) -> None:
    path = f"/usage-points/{call.n('home_path')}/readings?from=2025-06-01&to=2025-06-02"
    totals = {}
    for series, count in (("interval", 192), ("hourly", 48), ("daily", 2)):
        load = call.get(f"{path}&series={series}", "ada")["usage_points"][0]["channels"][1]
        assert len(load["readings"]) == count
        totals[series] = sum(each["value"] for each in load["readings"])
        assert load["interval_seconds"] == load["readings"][0]["seconds"]
    assert set(totals.values()) == {2 * sum(range(100, 196))}
    (month,) = call.get(f"{path}&series=monthly", "rep")["usage_points"][0]["channels"][1]["readings"]
    assert month["value"] == 14 * sum(range(100, 196)), "a month is whole, as far as it is known"


def test_readings_are_the_finest_that_the_grant_opens(call: Caller) -> None:
    scope = "FB=1_3_4_5;IntervalDuration=3600;BlockDuration=daily;HistoryLength=34128000"
    with call.database.write() as conn:
        point = (call.n("home"), market_world.FIRST_DAY, market_world.FOREVER)
        key = grants.add_authorization(
            conn,
            call.n("other"),
            call.n("ada"),
            [point],
            scope=scope,
            starts_s=NOW_S - 60,
            ends_s=NOW_S + 86_400,
            now_s=NOW_S,
            client_id=call.n("other_main"),
        )
        call.world.tokens["coarse"] = market_world.issue(conn, key, call.n("other_main"))
    path = f"/usage-points/{call.n('home_path')}/readings?from=2025-06-01&to=2025-06-01"
    (load,) = call.get(path, "coarse")["usage_points"][0]["channels"]
    assert len(load["readings"]) == 24, "hours, and nothing of what was sent back"
    refused = call("GET", f"{path}&series=interval", "coarse")
    assert refused.status_code == 403
    assert "hourly" in refused.get_json(force=True)["title"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("from=2025-06-02&to=2025-06-01", "`from` is after `to`."),
        ("from=2020-01-01&to=2025-06-01", f"Ask for {MOST_DAYS} days at most at a time."),
    ],
)
def test_a_span_that_makes_no_sense_is_refused_with_the_reason(call: Caller, query: str, told: str) -> None:
    answer = call("GET", f"/usage-points/{call.n('home_path')}/readings?{query}", "ada")
    assert (answer.status_code, answer.get_json(force=True)["title"]) == (422, told)


def test_a_usage_point_out_of_reach_and_one_that_is_not_there_are_refused_alike(call: Caller) -> None:
    for who, status in (("ada", 403), ("rep", 404)):
        for number in (call.n("flat_path") if who == "ada" else 1, 123_456_789_012_345):
            assert call("GET", f"/usage-points/{number}/readings", who).status_code == status
    assert call("GET", "/usage-points", "minds").status_code == 403
