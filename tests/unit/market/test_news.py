"""Events, deliveries and jobs: each client sees its own, and another's as little as what is not there."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from espi.store import events, jobs
from espi.store.events import Attempt
from tests.factories import NOW_S
from tests.unit.market.conftest import Caller


def test_an_event_names_what_to_fetch_by_its_whole_address(call: Caller) -> None:
    (event,) = call.get("/events", "minds")["events"]
    assert event == {
        "id": event["id"],
        "kind": "usage.new",
        "at": "2025-06-15T17:00:00Z",
        "authorization": call.n("grant_path"),
        "resources": [f"{call.settings.resource_url}/Batch/Subscription/{call.n('subscription')}"],
        "detail": {},
    }


def test_each_event_comes_once_to_who_sends_the_cursor_back(call: Caller) -> None:
    with call.database.write() as conn:
        for _ in range(4):
            events.add_event(conn, call.n("minds"), "ping", [], now_s=NOW_S)
    seen, after = [], 0
    while True:
        page = call.get(f"/events?after={after}&limit=2", "minds")
        if not page["events"]:
            break
        seen += [each["id"] for each in page["events"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 5
    assert call.get(f"/events?after={after}", "minds") == {"events": [], "next": after}


def test_another_third_party_sees_no_event_of_it(call: Caller) -> None:
    assert call.get("/events", "other")["events"] == []


@pytest.mark.parametrize("who", ["ada", "rep"])
def test_events_are_for_a_third_partys_own_token(call: Caller, who: str) -> None:
    for method, path in (("GET", "/events"), ("GET", "/deliveries"), ("POST", "/events/ping")):
        assert call(method, path, who).status_code == 403


def test_who_waits_gets_news_when_there_is_some(call: Caller) -> None:
    after = call.get("/events", "minds")["next"]
    got: list[Any] = []
    waiting = threading.Thread(target=lambda: got.append(call.get(f"/events?after={after}&wait=10", "minds")))
    waiting.start()
    with call.database.write() as conn:
        events.add_event(conn, call.n("minds"), "ping", [], now_s=NOW_S)
    waiting.join(10)
    assert [each["kind"] for each in got[0]["events"]] == ["ping"]


def test_who_waits_for_nothing_gets_nothing_after_that_time(call: Caller) -> None:
    after = call.get("/events", "minds")["next"]
    assert call.get(f"/events?after={after}&wait=20", "minds")["events"] == []


def test_a_ping_is_queued_to_every_address(call: Caller) -> None:
    answer = call("POST", "/events/ping", "minds")
    assert answer.status_code == 202
    queued = answer.get_json()
    assert [(each["kind"], each["state"], each["uri"]) for each in queued["deliveries"]] == [
        ("ping", "waiting", "https://minds.example.com/notify")
    ]
    assert call.get("/events", "minds")["events"][-1]["id"] == queued["event"]


def test_a_delivery_shows_each_try(call: Caller) -> None:
    number = call.n("delivery")
    with call.database.write() as conn:
        failed = Attempt(number, 1, NOW_S, 503, 12, "down for repairs")
        events.record_attempt(conn, failed, "https://minds.example.com/notify", events.WAITING, NOW_S + 60)
        silent = Attempt(number, 2, NOW_S, 0, 5000, "no answer")
        events.record_attempt(conn, silent, "https://minds.example.com/notify", events.GIVEN_UP, NOW_S)
    shown = call.get(f"/deliveries/{number}", "minds")
    assert (shown["state"], shown["attempts"], shown["due"]) == ("given_up", 2, None)
    assert [(each["status"], each["answer"]) for each in shown["log"]] == [
        (503, "down for repairs"),
        (None, "no answer"),
    ]
    assert [each["id"] for each in call.get("/deliveries?state=given_up", "minds")["deliveries"]] == [number]
    assert call.get("/deliveries?state=waiting", "minds")["deliveries"] == []


def test_a_delivery_is_sent_again_when_its_owner_says_so(call: Caller) -> None:
    number = call.n("delivery")
    with call.database.write() as conn:
        done = Attempt(number, 1, NOW_S, 200, 12, "")
        events.record_attempt(conn, done, "https://minds.example.com/notify", events.DELIVERED, NOW_S)
    assert call.get(f"/deliveries/{number}", "minds")["delivered"] == "2025-06-15T17:00:00Z"
    answer = call("POST", f"/deliveries/{number}/resend", "minds")
    assert (answer.status_code, answer.get_json()["state"]) == (202, "waiting")


def test_all_that_was_given_up_is_sent_again_at_once(call: Caller) -> None:
    numbers = [call.n("delivery"), call("POST", "/events/ping", "minds").get_json()["deliveries"][0]["id"]]
    with call.database.write() as conn:
        for number in numbers:
            failed = Attempt(number, 1, NOW_S, 0, 1, "no answer")
            events.record_attempt(conn, failed, "https://minds.example.com/notify", events.GIVEN_UP, NOW_S)
        first = events.delivery(conn, numbers[0]).event_id
    assert call("POST", "/events/resend", "other").get_json() == {"deliveries": 0}
    assert call("POST", "/events/resend", "minds", json={"after": first}).get_json() == {"deliveries": 1}
    assert [each["id"] for each in call.get("/deliveries?state=waiting", "minds")["deliveries"]] == numbers[1:]
    assert call("POST", "/events/resend", "minds").get_json() == {"deliveries": 1}


@pytest.mark.parametrize(("method", "ending"), [("GET", ""), ("POST", "/resend")])
def test_anothers_delivery_is_answered_like_one_that_is_not_there(call: Caller, method: str, ending: str) -> None:
    anothers = call(method, f"/deliveries/{call.n('delivery')}{ending}", "other")
    nobodys = call(method, f"/deliveries/987654321{ending}", "other")
    assert anothers.status_code == nobodys.status_code == 404
    assert {**anothers.get_json(force=True), "request_id": ""} == {**nobodys.get_json(force=True), "request_id": ""}


def test_a_job_is_shown_to_the_token_that_it_is_for_and_to_its_client(call: Caller) -> None:
    path = f"/jobs/{call.n('job_path')}"
    answer = call("GET", path, "ada")
    assert answer.get_json() == call.get(path, "minds")
    assert answer.get_json() == {
        "id": call.n("job_path"),
        "kind": "feed.prepare",
        "state": "waiting",
        "done": 0,
        "total": 1000,
        "created": "2025-06-15T16:59:00Z",
        "finished": None,
        "retry_after": 2,
        "result": None,
        "error": None,
    }
    assert answer.headers["Retry-After"] == "2"


@pytest.mark.parametrize("who", ["other", "rep"])
def test_anothers_job_is_answered_like_one_that_is_not_there(call: Caller, who: str) -> None:
    assert call("GET", f"/jobs/{call.n('job_path')}", who).status_code == 404
    assert call("GET", "/jobs/987654321", who).status_code == 404


def test_a_job_says_when_to_ask_again_by_how_fast_it_goes(call: Caller) -> None:
    with call.database.write() as conn:
        taken = jobs.claim(conn, NOW_S)
        while taken and taken.path_id != call.n("job_path"):
            taken = jobs.claim(conn, NOW_S)
        assert taken
        jobs.progress(conn, taken, 250, 1000, now_s=NOW_S)
    shown = call.get(f"/jobs/{call.n('job_path')}", "ada")
    assert (shown["state"], shown["done"], shown["retry_after"]) == ("running", 250, 180)
    with call.database.write() as conn:
        jobs.finish(conn, taken, {"href": "Batch/Subscription/1"}, NOW_S)
    answer = call("GET", f"/jobs/{call.n('job_path')}", "ada")
    done = answer.get_json()
    assert (done["state"], done["retry_after"]) == ("done", None)
    assert done["result"] == f"{call.settings.resource_url}/Batch/Subscription/1"
    assert "Retry-After" not in answer.headers
