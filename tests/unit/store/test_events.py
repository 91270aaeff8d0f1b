from __future__ import annotations

import threading
import time

import pytest

from espi.errors import NotFound
from espi.store import events, grants, jobs
from espi.store.database import Conn, Database
from espi.store.events import Attempt
from tests.factories import NOW_S

NOTIFY, HOOK = "https://third.example/notify", "https://third.example/hook"


@pytest.fixture
def third_party(conn: Conn) -> int:
    content = {"thirdPartyNotifyUri": NOTIFY, "webhook_uri": HOOK}
    return grants.add_third_party(conn, "Sun Solutions", grants.PRODUCTION, content)


def _add(conn: Conn, third_party: int, *resources: str, at_s: int = NOW_S) -> int:
    return events.add_event(conn, third_party, "usage.new", resources, now_s=at_s)


def test_an_event_is_posted_one_address_at_a_time_and_once_as_a_webhook(conn: Conn, third_party: int) -> None:
    key = _add(conn, third_party, "Batch/Subscription/1", "Batch/Subscription/2")
    found = [(row.format, row.uri, row.number) for row in reversed(events.deliveries(conn, third_party))]
    assert found == [("batch_list", NOTIFY, 0), ("batch_list", NOTIFY, 1), ("webhook", HOOK, 0)]
    assert {row.event_id for row in events.deliveries(conn)} == {key}
    assert {job.kind for job in jobs.jobs(conn)} == {events.SEND}
    assert len(jobs.jobs(conn)) == 2


def test_an_event_about_no_resource_is_for_the_webhook_alone(conn: Conn, third_party: int) -> None:
    events.add_event(conn, third_party, "ping", (), now_s=NOW_S)
    assert [row.format for row in events.deliveries(conn)] == ["webhook"]


def test_without_an_address_there_is_nothing_to_send_but_the_poll_feed_has_it(conn: Conn) -> None:
    silent = grants.add_third_party(conn, "Silent", grants.PRODUCTION)
    key = _add(conn, silent, "Batch/Subscription/1")
    assert events.deliveries(conn) == []
    assert jobs.jobs(conn) == []
    assert [event.id for event in events.events(conn, silent)] == [key]


def test_the_poll_feed_gives_each_event_once_in_order(conn: Conn, third_party: int) -> None:
    other = grants.add_third_party(conn, "Other", grants.PRODUCTION)
    keys = [_add(conn, third_party, f"Batch/Subscription/{number}") for number in range(5)]
    _add(conn, other, "Batch/Subscription/9")
    seen, after = [], 0
    while page := events.events(conn, third_party, after, limit=2):
        seen += [event.id for event in page]
        after = page[-1].id
    assert seen == keys
    assert [event.id for event in events.last_events(conn, third_party, 2)] == keys[:2:-1]


def test_what_names_two_parameters_or_an_unknown_kind_is_refused(conn: Conn, third_party: int) -> None:
    with pytest.raises(ValueError, match="one parameter"):
        _add(conn, third_party, "Batch/Subscription/1?updated-min=1&depth=1")
    with pytest.raises(ValueError, match="no kind"):
        events.add_event(conn, third_party, "usage.lost", (), now_s=NOW_S)


def test_failed_deliveries_are_shown_until_they_arrive(conn: Conn, third_party: int) -> None:
    _add(conn, third_party, "Batch/Subscription/1")
    assert events.undelivered(conn) == []
    waiting = events.next_delivery(conn, third_party, events.BATCH_LIST)
    assert waiting is not None
    events.record_attempt(conn, Attempt(waiting.id, 1, NOW_S, 503, 12, "busy"), NOTIFY, events.WAITING, NOW_S + 60)
    assert [(row.id, row.attempts, row.due_s) for row in events.undelivered(conn)] == [(waiting.id, 1, NOW_S + 60)]
    events.record_attempt(conn, Attempt(waiting.id, 2, NOW_S, 0, 0, "gone"), NOTIFY, events.GIVEN_UP, NOW_S)
    assert [row.state for row in events.undelivered(conn, third_party)] == [events.GIVEN_UP]
    events.resend(conn, waiting.id, NOW_S + 99)
    assert events.next_delivery(conn, third_party, events.BATCH_LIST) == events.delivery(conn, waiting.id)
    events.record_attempt(conn, Attempt(waiting.id, 3, NOW_S, 204, 5, ""), NOTIFY, events.DELIVERED, NOW_S)
    assert events.undelivered(conn) == []
    assert [(row.number, row.status) for row in events.attempts(conn, waiting.id)] == [(1, 503), (2, 0), (3, 204)]


def test_old_events_go_with_their_deliveries_but_not_while_one_waits(conn: Conn, third_party: int) -> None:
    silent = grants.add_third_party(conn, "Silent", grants.PRODUCTION)
    old = _add(conn, silent, "Batch/Subscription/1", at_s=NOW_S - 10)
    waiting = _add(conn, third_party, "Batch/Subscription/1", at_s=NOW_S - 10)
    new = _add(conn, silent, "Batch/Subscription/1")
    assert events.drop_events(conn, NOW_S) == 1
    with pytest.raises(NotFound):
        events.event(conn, old)
    assert {events.event(conn, key).id for key in (waiting, new)} == {waiting, new}


def test_a_reader_misses_nothing_while_many_write_and_some_are_slow_to_commit(each_database: Database) -> None:
    """An event never appears below one that was seen: ids are in the order of the commits."""
    with each_database.write() as conn:
        app = grants.add_third_party(conn, "Sunny", grants.PRODUCTION, {"webhook_uri": HOOK})
    finished = threading.Event()

    def write(number: int) -> None:
        for round_ in range(8):
            with each_database.write() as own:
                events.add_event(own, app, "ping", [], now_s=NOW_S)
                time.sleep(0.002 * ((number + round_) % 3))

    seen: list[int] = []

    def read() -> None:
        while True:
            last = finished.is_set()
            with each_database.read() as own:
                seen.extend(event.id for event in events.events(own, app, seen[-1] if seen else 0))
            if last:
                return

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    reader = threading.Thread(target=read)
    for thread in (*writers, reader):
        thread.start()
    for thread in writers:
        thread.join()
    finished.set()
    reader.join()
    assert len(seen) == len(set(seen)) == 32
