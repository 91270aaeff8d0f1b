from __future__ import annotations

import pytest

from conformance.client.exchange import Exchange
from conformance.outcome import Outcome
from conformance.requirements import requirement, requirements
from conformance.run import Result
from conformance.served import ServedFeed, results_of


def feed(number: int, **outcomes: str) -> ServedFeed:
    """A feed by the outcomes of its rules."""
    results = [Result(requirement(name), Outcome(outcome)) for name, outcome in outcomes.items()]
    return ServedFeed(Exchange(number, "FND005", "GET", f"https://dc.example/{number}"), results)


FIRST = feed(1, ENV001="pass", D012="pass", D018="fail", D078="omit", D064="omit")
SECOND = feed(2, ENV001="fail", D012="pass", D018="pass", D078="fail", D064="pass")
THIRD = feed(3, ENV001="omit", D012="fail", D018="fail", D078="pass", D064="pass")


@pytest.mark.parametrize(
    ("name", "outcome", "number"),
    [
        ("ENV001", Outcome.FAIL, 2),
        ("D012", Outcome.PASS, 1),
        ("D018", Outcome.PASS, 2),
        ("D078", Outcome.PASS, 3),
    ],
)
def test_common_rules_hold_in_every_feed_and_blocks_in_one(name: str, outcome: Outcome, number: int) -> None:
    found = {one.requirement.id: one for one in results_of([FIRST, SECOND, THIRD])}
    assert (found[name].outcome, found[name].exchanges[0].number) == (outcome, number)


def test_rules_come_once_in_the_order_of_the_table() -> None:
    names = [one.requirement.id for one in results_of([FIRST, SECOND, THIRD])]
    assert names == [name for name in requirements() if name in {"ENV001", "D012", "D018", "D078", "D064"}]
    assert [one.requirement.id for one in results_of([FIRST], only={"D018"})] == ["D018"]


def test_without_feeds_nothing_is_added() -> None:
    assert results_of([]) == []


def test_a_block_is_from_one_feed_as_a_whole() -> None:
    halves = [feed(1, D078="pass", D064="fail"), feed(2, D078="fail", D064="fail")]
    assert {one.exchanges[0].number for one in results_of(halves)} == {1}
