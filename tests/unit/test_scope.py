from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espi import config, scope
from espi.scope import BadScope, Said

OFFERED = [scope.parse(text) for text in config.DEFAULT_SCOPES]
HARNESS = "FB=4_5_15;IntervalDuration=3600;BlockDuration=monthly;HistoryLength=13"


def test_each_term_is_read() -> None:
    read = scope.parse(
        "FB=4_5_15;IntervalDuration=900_3600;BlockDuration=Daily;HistoryLength=34128000;"
        "SubscriptionFrequency=daily;AccountCollection=3;BR=a1-b2"
    )
    assert read.blocks == {4, 5, 15}
    assert read.interval_durations == ("900", "3600")
    assert read.block_durations == ("daily",)
    assert read.history_s == 34_128_000
    assert read.subscription_frequency == "daily"
    assert read.account_collection == 3
    assert read.bulk_id == "a1-b2"


def test_small_history_lengths_are_months() -> None:
    assert scope.parse("HistoryLength=36").history_s == 94_608_000
    assert scope.parse("HistoryLength=94608000").history_s == 94_608_000


def test_names_and_durations_are_read_in_any_case() -> None:
    assert scope.parse("fb=4;intervalduration=BillingPeriod").interval_durations == ("billingperiod",)


def test_a_day_in_seconds_is_daily() -> None:
    assert scope.parse("FB=4;IntervalDuration=86400").interval_durations == ("daily",)


def test_a_semicolon_at_the_end_is_tolerated_and_kept() -> None:
    read = scope.parse("FB=4_5;")
    assert read.blocks == {4, 5}
    assert scope.single(read, OFFERED).text == "FB=4_5;"


def test_terms_of_others_are_ignored_but_kept() -> None:
    read = scope.parse("FB=4;AdditionalScope=intervals_bills")
    assert read.unknown == ("AdditionalScope=intervals_bills",)
    assert scope.single(read, OFFERED).text == "FB=4;AdditionalScope=intervals_bills"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("FB=????", "FB=????: ???? is not a whole number"),
        ("Read/Write", "Read/Write: a part of a scope is NAME=VALUE"),
        ("FB=read/write", "FB=read/write: read/write is not a whole number"),
        ("FB=4 5", "a space"),
        ("FB=4,5", "a comma"),
        ("FB=04", "FB=04: 04 is not a whole number without leading zeros"),
        ("FB=", "FB: there is no value"),
        ("FB=4;;HistoryLength=1", "an empty part"),
        ("FB=4;FB=5", "FB=5: FB is given twice"),
        ("FB=4;IntervalDuration=hourly", "hourly is no number of seconds"),
        ("FB=4;HistoryLength=-1", "-1 is not a whole number"),
        ("BR=a/b", "the id of a bulk is letters"),
        ("FB=4;x=\N{EURO SIGN}", "no scope may hold"),
        ("FB=" + "1_" * 200 + "1", "longer than 256"),
    ],
)
def test_what_is_wrong_is_refused_and_named(text: str, said: str) -> None:
    with pytest.raises(BadScope) as refused:
        scope.parse(text)
    assert said in refused.value.public
    assert refused.value.code == "invalid_scope"


@given(st.text(max_size=300))
def test_reading_never_fails_but_with_a_reason(text: str) -> None:
    with contextlib.suppress(BadScope):
        assert scope.parse(text).text == text


TERMS = st.fixed_dictionaries(
    {"FB": st.lists(st.integers(1, 71), min_size=1, unique=True).map(lambda numbers: "_".join(map(str, numbers)))},
    optional={
        "IntervalDuration": st.sampled_from(["900", "900_3600", "daily", "daily_900_monthly"]),
        "BlockDuration": st.sampled_from(["daily", "monthly", "monthly_daily"]),
        "HistoryLength": st.integers(1, 10**9).map(str),
        "AdditionalScope": st.just("bills"),
        "BR": st.uuids().map(str),
    },
)


@given(TERMS)
def test_a_grant_is_within_what_was_asked_and_settles(terms: dict[str, str]) -> None:
    text = ";".join(f"{name}={value}" for name, value in terms.items())
    if len(text) > scope.LONGEST:
        return
    asked = scope.parse(text)
    granted = scope.single(asked, [asked])
    scope.within(granted, [asked])
    assert len(granted.interval_durations) <= 1
    assert len(granted.block_durations) <= 1
    assert scope.parse(granted.text) == granted
    assert scope.single(granted, [asked]) == granted
    assert granted.unknown == asked.unknown


def test_what_is_asked_must_be_offered() -> None:
    scope.within(scope.parse(HARNESS), OFFERED)
    for text, said in (
        ("FB=4_99", "FB: 99 is not offered"),
        ("FB=4;IntervalDuration=60", "IntervalDuration: 60 is not offered"),
        ("FB=4;BlockDuration=seasonal", "BlockDuration: seasonal is not offered"),
        ("FB=4;HistoryLength=94608001", "HistoryLength: at most 94608000"),
        ("HistoryLength=13", "no function block"),
    ):
        with pytest.raises(BadScope, match=said):
            scope.within(scope.parse(text), OFFERED)
    with pytest.raises(BadScope, match="No scope is offered"):
        scope.within(scope.parse("FB=4"), [])


def test_one_of_several_offers_is_enough() -> None:
    offers = [scope.parse("FB=10"), scope.parse("FB=4_5")]
    scope.within(scope.parse("FB=5"), offers)
    with pytest.raises(BadScope):
        scope.within(scope.parse("FB=5_10"), offers)


def test_the_finest_of_alternatives_is_granted_and_a_single_choice_is_echoed() -> None:
    asked = scope.parse("FB=4_5;IntervalDuration=monthly_3600_900;BlockDuration=monthly_daily;HistoryLength=13")
    assert scope.single(asked, OFFERED).text == "FB=4_5;IntervalDuration=900;BlockDuration=daily;HistoryLength=13"
    assert scope.single(scope.parse(HARNESS), OFFERED).text == HARNESS


def test_an_open_history_ends_where_the_offer_does() -> None:
    granted = scope.single(scope.parse("FB=4_5"), OFFERED)
    assert granted.text == "FB=4_5"
    assert granted.history_s == 94_608_000


def test_a_customer_can_give_less() -> None:
    granted = scope.single(scope.parse("FB=4_5_51_54;HistoryLength=36"), OFFERED)
    assert scope.narrowed(granted) == granted
    less = scope.narrowed(granted, history_s=86_400 * 30, personal=False)
    assert less.text == "FB=4_5;HistoryLength=2592000"
    assert not less.personal
    assert scope.narrowed(granted, history_s=10**9) == granted
    assert scope.narrowed(scope.parse("FB=51;HistoryLength=36"), personal=False).blocks == frozenset()


def test_it_is_put_into_words() -> None:
    said = scope.explain(scope.parse("FB=4_5_8_12_15;IntervalDuration=900;HistoryLength=13"))
    assert said == [
        Said("electricity"),
        Said("returned"),
        Said("interval", "900"),
        Said("cost"),
        Said("bills"),
        Said("history", "13"),
    ]
    assert Said("gas") in scope.explain(scope.parse("FB=4"))
