from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from espi import jobs
from espi.delivery import signature
from espi.jobs import Context
from espi.store import events, grants
from espi.store.events import Delivery
from tests.listener import Listener, Posted
from tests.unit.delivery.conftest import later

HOUR_S = 3600


@dataclass
class Outbox:
    """A third party that takes both forms, and the time."""

    context: Context
    listener: Listener
    third_party: int = 0

    def add(self, name: str, kind: str = "usage.new") -> int:
        with self.context.database.write() as conn:
            return events.add_event(conn, self.third_party, kind, [name], now_s=self.context.now_s())

    def wait(self, seconds: int) -> int:
        """Let time pass, then do what is due; how many posts came in by that."""
        before = len(self.listener.posted)
        self.context = later(self.context, seconds)
        jobs.run_due(self.context)
        return len(self.listener.posted) - before

    def change(self, **content: object) -> None:
        with self.context.database.write() as conn:
            known = grants.third_party(conn, self.third_party)
            grants.change_third_party(conn, known.id, now_s=0, content={**known.content, **content})

    @property
    def deliveries(self) -> list[Delivery]:
        with self.context.database.read() as conn:
            return events.deliveries(conn)[::-1]


@pytest.fixture
def outbox(context: Context, listener: Listener) -> Outbox:
    with context.database.write() as conn:
        content = {"thirdPartyNotifyUri": f"{listener.url}/notify"}
        third_party = grants.add_third_party(conn, "Sun Solutions", grants.PRODUCTION, content)
    return Outbox(context, listener, third_party)


def _named(posted: Posted) -> str:
    return posted.body.decode().partition("<espi:resources>")[2].partition("</espi:resources>")[0]


def test_a_batch_list_names_one_address_and_no_data(outbox: Outbox) -> None:
    outbox.add("Batch/Subscription/1?updated-min=2025-06-15T00:00:00Z")
    assert outbox.wait(0) == 1
    (got,) = outbox.listener.posted
    assert got.path == "/notify"
    assert got.headers["content-type"] == "application/atom+xml"
    assert got.headers["content-length"] == str(len(got.body))
    assert "authorization" not in got.headers
    assert got.body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<espi:BatchList xmlns:espi="http://naesb.org/espi"><espi:resources>'
        "https://localhost:8443/espi/1_1/resource/Batch/Subscription/1?updated-min=2025-06-15T00:00:00Z"
        "</espi:resources></espi:BatchList>\n"
    )
    assert [(row.state, row.attempts) for row in outbox.deliveries] == [(events.DELIVERED, 1)]


def test_several_addresses_are_several_posts_in_order(outbox: Outbox) -> None:
    names = [f"Batch/Subscription/{number}" for number in range(45)]
    for name in names:
        outbox.add(name)
    assert outbox.wait(0) == 45
    assert [_named(posted).rpartition("resource/")[2] for posted in outbox.listener.posted] == names


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_answer_of_success_is_taken(outbox: Outbox, status: int) -> None:
    outbox.listener.answer = lambda _posted: (status, {}, b"")
    outbox.add("Batch/Subscription/1")
    outbox.wait(0)
    assert outbox.deliveries[0].state == events.DELIVERED


def test_what_fails_is_tried_after_1_5_and_30_minutes_then_hourly_and_given_up_after_days(outbox: Outbox) -> None:
    outbox.listener.answer = lambda _posted: (503, {}, b"come back later")
    outbox.add("Batch/Subscription/1")
    began_s = outbox.context.now_s()
    assert outbox.wait(0) == 1
    tried = [0]
    while (waiting := outbox.deliveries[0]).state == events.WAITING:
        assert outbox.wait(waiting.due_s - outbox.context.now_s() - 1) == 0
        assert outbox.wait(1) == 1
        tried.append(outbox.context.now_s() - began_s)
    assert tried[:6] == [0, 60, 360, 2160, 5760, 9360]
    assert all(after - before == HOUR_S for before, after in pairwise(tried[3:]))
    assert 71 * HOUR_S < tried[-1] <= 72 * HOUR_S
    (given_up,) = outbox.deliveries
    assert (given_up.state, given_up.attempts) == (events.GIVEN_UP, len(tried))
    with outbox.context.database.read() as conn:
        assert events.undelivered(conn) == [given_up]
        log = events.attempts(conn, given_up.id)
    assert {(row.status, row.answer) for row in log} == {(503, "come back later")}
    assert [row.number for row in log] == list(range(1, len(tried) + 1))


def test_later_news_waits_for_earlier_news_and_then_comes_in_order(outbox: Outbox) -> None:
    outbox.listener.answer = lambda _posted: (500, {}, b"")
    outbox.add("Batch/Subscription/1")
    assert outbox.wait(0) == 1
    outbox.add("Batch/Subscription/2")
    assert outbox.wait(30) == 0, "the first is still tried"
    outbox.listener.answer = lambda _posted: (200, {}, b"")
    assert outbox.wait(30) == 2
    assert [_named(posted)[-1] for posted in outbox.listener.posted] == ["1", "1", "2"]


def test_news_waits_no_longer_than_until_what_is_before_it_is_given_up(outbox: Outbox) -> None:
    outbox.listener.answer = lambda posted: (500 if _named(posted).endswith("1") else 200, {}, b"")
    outbox.add("Batch/Subscription/1")
    for hour in range(76):
        outbox.wait(HOUR_S)
        if hour == 70:
            outbox.add("Batch/Subscription/2")
    assert [row.state for row in outbox.deliveries] == [events.GIVEN_UP, events.DELIVERED]


def test_one_third_party_that_is_down_holds_nobody_else_up(outbox: Outbox) -> None:
    with outbox.context.database.write() as conn:
        content = {"thirdPartyNotifyUri": f"{outbox.listener.url}/other"}
        other = grants.add_third_party(conn, "Other", grants.PRODUCTION, content)
        events.add_event(conn, outbox.third_party, "usage.new", ["Batch/Subscription/1"], now_s=outbox.context.now_s())
        events.add_event(conn, other, "usage.new", ["Batch/Subscription/2"], now_s=outbox.context.now_s())
    outbox.listener.answer = lambda posted: (500 if posted.path == "/notify" else 200, {}, b"")
    assert outbox.wait(0) == 2
    assert [row.state for row in outbox.deliveries] == [events.WAITING, events.DELIVERED]


def test_a_resend_goes_to_the_present_address(outbox: Outbox) -> None:
    outbox.add("Batch/Subscription/1")
    outbox.wait(0)
    outbox.change(thirdPartyNotifyUri=f"{outbox.listener.url}/moved")
    with outbox.context.database.write() as conn:
        events.resend(conn, outbox.deliveries[0].id, outbox.context.now_s())
    assert outbox.wait(0) == 1
    assert outbox.listener.posted[-1].path == "/moved"
    assert outbox.deliveries[0].uri.endswith("/moved")
    assert outbox.deliveries[0].state == events.DELIVERED


def test_where_there_is_no_address_any_more_news_is_given_up(outbox: Outbox) -> None:
    outbox.add("Batch/Subscription/1")
    outbox.change(thirdPartyNotifyUri="")
    assert outbox.wait(0) == 0
    assert outbox.deliveries[0].state == events.GIVEN_UP


def test_a_redirect_and_a_private_address_are_failures_that_are_shown(outbox: Outbox) -> None:
    outbox.listener.answer = lambda _posted: (301, {"Location": f"{outbox.listener.url}/inside"}, b"")
    outbox.add("Batch/Subscription/1")
    assert outbox.wait(0) == 1
    outbox.context = later(outbox.context, 60)
    strict = replace(outbox.context.settings, notify_private=False)
    jobs.run_due(Context(strict, outbox.context.database))
    with outbox.context.database.read() as conn:
        said = [row.answer for row in events.attempts(conn, outbox.deliveries[0].id)]
    assert said == ["Redirects are not followed.", "The address leads into a private network."]


def _verified(posted: Posted, key: str) -> bool:
    """Whether a signature of a webhook is of a key, as a receiver checks it by itself."""
    signed = f"{posted.headers['webhook-id']}.{posted.headers['webhook-timestamp']}.".encode() + posted.body
    digest = hmac.new(base64.b64decode(key.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}" in posted.headers["webhook-signature"].split(" ")


def test_a_webhook_is_the_event_as_json_with_a_signature(outbox: Outbox) -> None:
    outbox.change(thirdPartyNotifyUri="", webhook_uri=f"{outbox.listener.url}/hook")
    key = outbox.add("Batch/Subscription/1", kind="usage.corrected")
    assert outbox.wait(0) == 1
    (got,) = outbox.listener.posted
    assert json.loads(got.body) == {
        "id": key,
        "kind": "usage.corrected",
        "at": "2025-06-15T17:00:00Z",
        "authorization": None,
        "resources": ["https://localhost:8443/espi/1_1/resource/Batch/Subscription/1"],
        "detail": {},
    }
    assert got.headers["content-type"] == "application/json"
    with outbox.context.database.read() as conn:
        third_party = grants.third_party(conn, outbox.third_party)
    secret = signature.webhook_key(outbox.context.database, third_party)
    assert _verified(got, secret)
    assert not _verified(Posted("", got.headers, got.body + b" "), secret)


def test_a_webhook_names_the_authorization_that_it_is_about_unless_that_is_gone(outbox: Outbox) -> None:
    outbox.change(thirdPartyNotifyUri="", webhook_uri=f"{outbox.listener.url}/hook")
    now_s = outbox.context.now_s()
    with outbox.context.database.write() as conn:
        about = grants.add_authorization(
            conn,
            outbox.third_party,
            1,
            [(1, 20000, 20001)],
            scope="FB=4",
            starts_s=now_s,
            ends_s=now_s + 9,
            now_s=now_s,
        )
        number = grants.authorization(conn, about).path_id
        for key in (about, about + 1):
            events.add_event(conn, outbox.third_party, "authorization.ended", [], now_s=now_s, authorization_id=key)
    assert outbox.wait(0) == 2
    assert [json.loads(posted.body)["authorization"] for posted in outbox.listener.posted] == [number, None]


def test_while_a_key_is_rotated_both_sign_and_then_the_new_one_alone(outbox: Outbox) -> None:
    database = outbox.context.database
    with database.read() as conn:
        known = grants.third_party(conn, outbox.third_party)
    until_s = outbox.context.now_s() + HOUR_S
    outbox.change(
        thirdPartyNotifyUri="", webhook_uri=f"{outbox.listener.url}/hook", **signature.rotated({}, old_until_s=until_s)
    )
    old, new = (signature.webhook_key(database, known, version) for version in (1, 2))
    assert old != new
    for _ in range(2):
        outbox.add("Batch/Subscription/1")
        outbox.wait(HOUR_S - 1)
    during, after = outbox.listener.posted
    assert [_verified(during, key) for key in (old, new)] == [True, True]
    assert [_verified(after, key) for key in (old, new)] == [False, True]
