"""Reports in any order, late and repeated, give one end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espi.han import folding
from espi.han.sep1 import Status
from espi.store import home_commands as store
from espi.store.home_commands import Command, Target

FINAL = {
    store.COMPLETED,
    store.OPTED_OUT,
    store.CANCELLED,
    store.SUPERSEDED,
    store.EXPIRED,
    store.REJECTED,
    store.FAILED,
    store.DELIVERED,
    store.CONFIRMED,
}
OPEN = Target(1, 1, 1, 1, store.SENT, 0, "", 0, None, None, None, None, None, store.NOTHING, 10_000)


def command(kind: str, *, confirms: bool = False) -> Command:
    return Command(1, 1, kind, "tdsp/1", "", None, {}, b"", None, 0, confirms, 0, 0, 0, None)


EVENT = command(store.LOAD_CONTROL)
STORIES = {
    store.COMPLETED: [Status.RECEIVED, Status.STARTED, Status.COMPLETED],
    store.SUPERSEDED: [Status.RECEIVED, Status.STARTED, Status.SUPERSEDED],
    store.CANCELLED: [Status.RECEIVED, Status.CANCELLED],
    store.OPTED_OUT: [Status.RECEIVED, Status.STARTED, Status.OPTED_OUT, Status.PARTLY_OPTED_OUT],
    store.EXPIRED: [Status.REJECTED_EXPIRED],
    store.REJECTED: [Status.REJECTED],
}


@settings(max_examples=80, deadline=None)
@given(st.data(), st.sampled_from(sorted(STORIES)))
def test_the_end_is_the_same_in_whatever_order_and_however_often_it_is_told(data: st.DataObject, end: str) -> None:
    told = list(enumerate(STORIES[end], 100))
    repeated = told + data.draw(st.lists(st.sampled_from(told), max_size=4))
    target = OPEN
    ends = []
    for at_s, status in data.draw(st.permutations(repeated)):
        target = folding.reported(target, status, at_s)
        ends += [target.state] if target.closed_s is not None else []
    assert target.state == end
    assert set(ends) == {end}, "what is over stays as it is"


@pytest.mark.parametrize("out_last", [True, False])
def test_of_opting_out_and_in_the_later_counts_whichever_is_told_first(*, out_last: bool) -> None:
    out, back = (200, 100) if out_last else (100, 200)
    steps: list[tuple[Status, int]] = [(Status.STARTED, 50), (Status.OPTED_OUT, out), (Status.OPTED_IN, back)]
    for order in (steps, steps[::-1]):
        target = OPEN
        for status, at_s in order:
            target = folding.reported(target, status, at_s)
        assert target.state == (store.OPTED_OUT if out_last else store.STARTED)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(list(Status)).map(lambda status: lambda target: folding.reported(target, status, 5)),
            st.just(lambda target: folding.delivered(target, EVENT, 5)),
            st.just(lambda target: folding.cancel_delivered(target, EVENT, 5)),
            st.just(lambda target: folding.undelivered(target, 5, "meter-unreachable")),
            st.just(lambda target: folding.sent(target, 5)),
            st.just(lambda target: folding.confirmed(target, 5)),
        ),
        max_size=12,
    )
)
def test_whatever_comes_the_deadline_ends_it_once_in_a_final_state(steps: list[Callable[[Target], Target]]) -> None:
    target = OPEN
    for step in steps:
        after = step(target)
        assert target.closed_s is None or after == target
        target = after
    if target.closed_s is None:
        target = folding.overdue(target, 10_000)
    assert target.state in FINAL
    assert target.deadline_s is None
    assert target.pending == store.NOTHING


def test_a_cancelled_event_that_the_device_never_knew_is_cancelled() -> None:
    assert folding.reported(OPEN._replace(cancel_s=1), Status.REJECTED_UNDEFINED, 5).state == store.CANCELLED
    assert folding.reported(OPEN, Status.REJECTED_UNDEFINED, 5).state == store.REJECTED


def test_what_wants_no_answer_is_over_when_it_is_there() -> None:
    assert folding.delivered(OPEN, command(store.PRICE), 5).closed_s == 5
    assert folding.delivered(OPEN, command(store.TEXT), 5).state == store.DELIVERED
    assert folding.delivered(OPEN, command(store.TEXT, confirms=True), 5).closed_s is None
    assert folding.delivered(OPEN, EVENT, 5).closed_s is None
