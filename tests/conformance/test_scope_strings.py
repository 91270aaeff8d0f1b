"""ESPI scope strings as the kit reads them."""

from __future__ import annotations

import pytest

from conformance import scope

GOOD = "FB=1_3_4_5_15;IntervalDuration=900_3600;BlockDuration=daily;HistoryLength=34128000;BR=kit-1"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "FB=4",
        "FB=4;",
        "FB=4_5;IntervalDuration=monthly;BlockDuration=BillingPeriod;SubscriptionFrequency=weekly;AccountCollection=3",
        "FB=4_46;AdditionalScope=anything at all".replace(" ", "-"),
    ],
    ids=["whole", "one block", "semicolon behind", "names", "a term of somebody else's"],
)
def test_scopes_in_use_keep_to_the_grammar(text: str) -> None:
    assert scope.faults(text) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("FB=????", "'FB=????' is malformed"),
        ("FB=read/write", "'FB=read/write' is malformed"),
        ("Read/Write", "does not begin with FB="),
        ("FB=04", "'FB=04' is malformed"),
        ("FB=4;IntervalDuration=often", "'IntervalDuration=often' is malformed"),
        ("FB=4; HistoryLength=13", "it has a space"),
        (f"FB=4;BR={'x' * 256}", "256 is the most"),
    ],
    ids=["marks", "words", "no blocks", "leading zero", "unknown duration", "space", "too long"],
)
def test_what_is_no_scope_is_told(text: str, told: str) -> None:
    assert any(told in fault for fault in scope.faults(text))


def test_blocks_are_numbers() -> None:
    assert scope.blocks_of(GOOD) == {1, 3, 4, 5, 15}
    assert scope.blocks_of("FB=read/write") == frozenset()


@pytest.mark.parametrize(
    ("inner", "is_within"),
    [
        (GOOD, True),
        ("FB=4_5;HistoryLength=86400", True),
        ("FB=4_5_16", False),
        ("FB=4;HistoryLength=94608000", False),
        ("FB=4;HistoryLength=12", True),
        ("FB=4;HistoryLength=36", False),
    ],
    ids=["itself", "less", "a block more", "a longer history", "months", "more months"],
)
def test_a_scope_is_within_another_or_not(inner: str, *, is_within: bool) -> None:
    assert (scope.within(inner, GOOD) == []) is is_within


def test_a_history_without_end_holds_every_history() -> None:
    assert scope.within("FB=4;HistoryLength=34128000", "FB=4") == []
