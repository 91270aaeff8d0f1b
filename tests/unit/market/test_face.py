"""How the JSON interface answers: who may call, how often, in which form, and what it says when it does not."""

from __future__ import annotations

import gzip
import json

import pytest

from espi.market import face
from espi.store import clients, exchanges
from tests.unit.market.conftest import Caller


def test_status_is_for_everybody_and_tells_what_the_operator_has_to_say(call: Caller) -> None:
    assert call.get("/status") == {
        "status": "up",
        "version": call.get("/openapi.json")["info"]["version"],
        "time": "2025-06-15T17:00:00Z",
        "notice": None,
    }
    call.start(notice="Down on Sunday from 02:00 to 03:00.")
    assert call.get("/status")["notice"] == "Down on Sunday from 02:00 to 03:00."


@pytest.mark.parametrize("token", ["", "no-such-token"])
def test_who_shows_no_good_token_is_asked_for_one(call: Caller, token: str) -> None:
    answer = call("GET", "/changes", token)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_token_in_the_query_is_no_token(call: Caller) -> None:
    assert call("GET", f"/changes?access_token={call.world.tokens['ada']}").status_code == 401


def test_a_problem_has_a_code_a_sentence_and_the_request_id(call: Caller) -> None:
    answer = call("GET", "/deliveries/7", "other")
    assert json.loads(answer.data) == {
        "type": "about:blank",
        "status": 404,
        "title": "There is no such thing here.",
        "code": "not_found",
        "request_id": answer.headers["X-Request-Id"],
    }


def test_each_fault_of_a_request_is_named(call: Caller) -> None:
    answer = call("GET", "/changes?after=-1&limit=5000&colour=red&limit=1", "ada")
    assert answer.status_code == 400
    assert json.loads(answer.data)["errors"] == [
        {"where": "query.limit", "message": "is given more than once"},
        {"where": "query.colour", "message": "is not known here"},
        {"where": "query.after", "message": "must be 0 to 9007199254740991"},
    ]


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/nowhere", {}, 404),
        ("GET", "/", {}, 404),
        ("POST", "/status", {}, 405),
        ("OPTIONS", "/status", {}, 405),
        ("GET", "/status", {"headers": {"Accept": "application/xml"}}, 406),
        ("POST", "/invitations", {"data": "a=1"}, 415),
        ("POST", "/invitations", {"data": "{", "content_type": "application/json"}, 400),
        ("POST", "/invitations", {"data": '{"months": NaN}', "content_type": "application/json"}, 400),
        ("POST", "/invitations", {"data": "[" * 60_000, "content_type": "application/json"}, 400),
        ("POST", "/invitations", {"data": b"\xff", "content_type": "application/json"}, 400),
        ("POST", "/invitations", {"data": "x" * 70_000, "content_type": "application/json"}, 413),
        ("GET", "/status", {"data": "{}", "content_type": "application/json"}, 400),
    ],
)
def test_what_cannot_be_answered_is_a_problem_in_json(
    call: Caller, method: str, path: str, more: dict[str, object], status: int
) -> None:
    answer = call(method, path, "minds", **more)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer.data)["status"] == status


def test_a_method_that_is_not_there_is_answered_with_those_that_are(call: Caller) -> None:
    assert set(call("PUT", "/invitations").headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_a_slash_at_the_end_changes_nothing(call: Caller) -> None:
    assert call.get("/status/") == call.get("/status")


def test_head_is_a_get_without_its_body(call: Caller) -> None:
    for path in ("/changes", f"/usage-points/{call.n('home_path')}/readings"):
        answer = call("HEAD", path, "ada")
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["Content-Type"] == "application/json"


def test_an_answer_that_is_the_same_is_not_sent_again(call: Caller) -> None:
    tag = call("GET", "/events", "minds").headers["ETag"]
    answer = call("GET", "/events", "minds", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")


def test_an_answer_that_is_the_same_costs_nothing(call: Caller) -> None:
    call.start(calls_a_minute=2)
    tag = call("GET", "/events", "minds").headers["ETag"]
    for _ in range(5):
        assert call("GET", "/events", "minds", headers={"If-None-Match": tag}).status_code == 304
    assert call("GET", "/events", "minds").headers["RateLimit-Remaining"] == "0"


def test_private_answers_are_kept_nowhere(call: Caller) -> None:
    assert call("GET", "/events", "minds").headers["Cache-Control"] == "no-store"
    assert call("GET", "/status").headers["Cache-Control"] == "no-cache"


def test_answers_are_packed_for_who_can_unpack_them(call: Caller) -> None:
    path = f"/usage-points/{call.n('home_path')}/readings"
    answer = call("GET", path, "ada", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == call("GET", path, "ada").data


def test_a_client_sees_how_much_it_may_ask_and_when_it_has_asked_too_much(call: Caller) -> None:
    call.start(calls_a_minute=2)
    first = call("GET", "/events", "minds").headers
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("2", "1")
    call.hour.now_s += 20
    call("GET", "/events", "minds")
    refused = call("GET", "/events", "minds")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "40")
    assert json.loads(refused.data)["code"] == "too_many_requests"
    assert call("GET", "/events", "other").status_code == 200, "another client has its own limit"
    call.hour.now_s += 40
    assert call("GET", "/events", "minds").status_code == 200


def test_changes_are_limited_by_the_hour(call: Caller) -> None:
    call.start(changes_an_hour=1)
    assert call("POST", "/events/ping", "minds").status_code == 202
    refused = call("POST", "/events/ping", "minds")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")


def test_a_failed_call_is_kept_for_its_developer(call: Caller) -> None:
    answer = call("GET", "/changes?limit=0", "ada")
    with call.database.read() as conn:
        client = clients.client_by_client_id(conn, "minds_main")
        assert client
        (kept,) = exchanges.by_request_id(conn, [client], answer.headers["X-Request-Id"])
    assert (kept.route, kept.status, kept.code) == ("/api/v1/changes", 400, "invalid_request")
    assert "query.limit must be 1 to 1000" in kept.reason


def test_a_failure_shows_nothing(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(face, "call_of", broken)
    answer = call("GET", "/changes", "ada")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
