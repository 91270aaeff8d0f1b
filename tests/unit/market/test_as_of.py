"""Readings as they stood at an instant, every version of them, and the receipt that tells what they are worth."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from espi.clock import Clock
from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY
from espi.store import queue, readings, vee
from tests import factories
from tests.factories import NOW_S, TODAY
from tests.unit.market.conftest import Caller

DAY = "from=2025-06-10&to=2025-06-10"
NUMBER = TODAY - 5


@pytest.fixture
def later(call: Caller) -> Caller:
    """Fifty minutes later; 30 minutes after `NOW_S` the 10th of June was corrected, save for four gaps."""
    codes = np.full(96, ESTIMATED_QUALITY)
    codes[:4] = ABSENT
    codes[10:] = ACTUAL_QUALITY
    with call.database.write() as conn:
        queue.take_file(conn, "first.lse", "0" * 64, 1, "lse", NOW_S)
        file = queue.take_file(conn, "correction.lse", "0" * 64, 1, "lse", NOW_S + 1800)
        block = factories.block(call.n("home"), NUMBER, values=[7] * 96, qualities=codes.tolist(), sent_s=NOW_S + 1800)
        readings.put_blocks(conn, [block], file_id=file.id, now_s=NOW_S + 1800)
        vee.put_results(conn, [vee.Result(NUMBER, call.n("home"), 4, 8, 3, None, NOW_S + 1800)])
    call.start(clock=Clock(fixed_s=NOW_S + 3000))
    return call


def load_of(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["usage_points"][0]["channels"][1]
    assert found["number"] % 1000 == 4
    return found


def test_an_answer_can_be_had_as_it_stood(later: Caller) -> None:
    path = f"/usage-points/{later.n('home_path')}/readings?{DAY}"
    now = load_of(later.get(path, "ada"))["readings"]
    assert [each["value"] for each in now[4:]] == [104, 105, 106, 107, 108, 109, *[7] * 86], "actual beats estimate"
    for instant in ("2025-06-15T17:29:59Z", "2025-06-15T12:29:59-05:00"):
        then = load_of(later.get(f"{path}&as-of={instant}", "ada"))["readings"]
        assert [each["value"] for each in then] == list(range(100, 196))
    day = load_of(later.get(f"{path}&as-of=2025-06-15T17:29:59Z&series=daily", "ada"))["readings"]
    assert [each["value"] for each in day] == [sum(range(100, 196))]


def test_before_anything_there_is_nothing_and_what_is_to_come_is_now(later: Caller) -> None:
    path = f"/usage-points/{later.n('home_path')}/readings?{DAY}"
    early = later.get(f"{path}&as-of=1999-12-31T23:59:59Z", "ada")
    assert load_of(early)["readings"] == []
    assert (early["quality"]["present"], early["quality"]["first_update"]) == (0, None)
    to_come = later.get(f"{path}&as-of=2031-01-01T00:00:00Z", "ada")
    assert to_come == later.get(path, "ada")
    assert to_come["quality"]["as_of"] == "2025-06-15T17:50:00Z"


@pytest.mark.parametrize("instant", ["yesterday", "2025-06-15", "2025-13-01T00:00:00Z", "2025-06-15T12:00:00 05:00"])
def test_what_is_no_instant_is_refused_with_an_example(call: Caller, instant: str) -> None:
    answer = call("GET", f"/usage-points/{call.n('home_path')}/readings?as-of={instant}", "ada")
    assert answer.status_code == 400
    assert "2025-06-15T12:00:00Z" in answer.text


def test_every_version_comes_with_when_it_counted_and_the_file_it_came_with(later: Caller) -> None:
    path = f"/usage-points/{later.n('home_path')}/readings?{DAY}&version=all"
    told = load_of(later.get(path, "ada"))["versions"]
    shown = [
        (each["revision"], each["in_force_from"], each["in_force_until"], each["received"], each["file"])
        for each in told
    ]
    first, second = "2025-06-15T17:00:00Z", "2025-06-15T17:30:00Z"
    assert shown == [
        (1, first, second, True, "first.lse"),
        (0, None, None, True, "correction.lse"),
        (2, second, None, False, "correction.lse"),
    ]
    assert [len(each["readings"]) for each in told] == [96, 92, 96]
    early = load_of(later.get(f"{path}&as-of={first}", "ada"))["versions"]
    assert [(each["revision"], each["in_force_until"]) for each in early] == [(1, None)]
    assert "versions" not in load_of(later.get(path.replace("=all", "=latest"), "ada"))
    assert later("GET", f"{path}&series=daily", "ada").status_code == 422


def test_who_may_see_a_day_is_decided_by_what_is_so_now(later: Caller) -> None:
    path = f"/usage-points/{later.n('home_path')}/readings?from=2025-05-01&to=2025-05-06&version=all"
    told = load_of(later.get(f"{path}&as-of=2025-06-15T17:29:59Z", "ada"))
    assert {each["day"] for each in told["versions"]} == {"2025-05-06"}, "the grant begins there"
    assert len(told["readings"]) == 96


def test_the_receipt_tells_exactly_what_the_readings_are_worth(later: Caller) -> None:
    path = f"/usage-points/{later.n('home_path')}/readings"
    assert later.get(f"{path}?from=2025-06-09&to=2025-06-15", "ada")["quality"] == {
        "format": "green-button-receipt",
        "version": 1,
        "from": "2025-06-09",
        "to": "2025-06-15",
        "as_of": "2025-06-15T17:50:00Z",
        "usage_points": 1,
        "expected": 2 * 6 * 96,
        "present": 6 * 96,
        "gaps": 6 * 96,
        "estimated": 0,
        "estimated_share": "0.000000",
        "revisions": 1,
        "first_update": "2025-06-15T17:00:00Z",
        "last_update": "2025-06-15T17:30:00Z",
        "failures": [{"rule": "V08", "days": 1, "intervals": 3}],
    }
    before = later.get(f"{path}?from=2025-06-09&to=2025-06-15&as-of=2025-06-15T17:29:59Z", "ada")["quality"]
    assert (before["revisions"], before["failures"], before["last_update"]) == (0, [], "2025-06-15T17:00:00Z")


def test_the_answer_of_an_instant_stays_byte_for_byte(later: Caller) -> None:
    path = f"/usage-points/{later.n('home_path')}/readings?{DAY}&as-of=2025-06-15T17:40:00Z&version=all"
    first = later("GET", path, "ada").data
    with later.database.write() as conn:
        block = factories.block(later.n("home"), NUMBER, values=[9] * 96, sent_s=NOW_S + 3000)
        readings.put_blocks(conn, [block], file_id=3, now_s=NOW_S + 3000)
    assert later("GET", path, "ada").data == first
    assert json.loads(first)["quality"]["as_of"] == "2025-06-15T17:40:00Z"
