"""A day is stored without loss in few bytes, and those bytes never change by accident."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from espi.day import ABSENT, DayBlock, DayColumns, PackedDay, pack_codes, pack_values
from espi.errors import BadInput
from espi.store import form, forming
from tests.plain_twins.stored_day import stored

DAY, UPDATED_S = 16_000, 1_400_000_000
SENT_S = UPDATED_S - 30_000

VALUES = st.one_of(
    st.lists(st.integers(0, 300), min_size=96, max_size=96),
    st.lists(st.integers(0, 3) | st.integers(0, 2**16 - 1), max_size=100),
    st.lists(st.integers(70_000, 135_000), max_size=260),
    st.lists(st.integers(-(2**15), 2**15 - 1), max_size=26),
    st.lists(st.integers(-(2**40), 2**40), max_size=300),
)
CODES = st.sampled_from([17, 8, 9, ABSENT])
EXTRAS = st.tuples(*[st.none() | st.binary(min_size=1, max_size=20)] * 4)


@st.composite
def days(draw: st.DrawFn) -> dict[str, Any]:
    """A day of any kind, as `tests.plain_twins.stored_day.stored` takes it."""
    values = draw(VALUES)
    some = draw(st.lists(CODES, min_size=1, max_size=3))
    codes = [draw(st.sampled_from(some)) for _ in values] if draw(st.booleans()) else some[:1] * len(values)
    interval_s = draw(st.sampled_from([900, 900, 900, 3600, 300, 2_678_400]))
    late_s = draw(st.sampled_from([18_000, 21_600, 0, -18_000, 255 * 900, 256 * 900, 61]))
    return {
        "day": DAY,
        "start_s": DAY * 86_400 + late_s,
        "interval_s": interval_s,
        "values": [0 if code == ABSENT else value for value, code in zip(values, codes, strict=True)],
        "qualities": codes,
        "sent_s": draw(st.sampled_from([SENT_S, 0, -1, 2**32])),
        "published_s": draw(st.none() | st.integers(0, UPDATED_S - 1)),
        "merged": draw(st.booleans()),
        "extras": draw(st.none() | EXTRAS),
    }


def encoded(given_days: list[dict[str, Any]]) -> list[bytes]:
    blocks = [
        DayBlock(
            1, 4, each["day"], each["start_s"], each["interval_s"],
            np.array(each["values"], np.int64), np.array(each["qualities"], np.uint8), each["sent_s"],
        )
        for each in given_days
    ]  # fmt: skip
    columns = DayColumns.of(blocks)
    extras = {place: each["extras"] for place, each in enumerate(given_days) if each["extras"] is not None}
    contents = forming.encode(columns, extras)
    lead = np.full((len(blocks), 5), 7, np.uint8)
    rows = [b"\7" + len(content).to_bytes(4, "big") + content for content in contents]
    text = b"".join(forming.encode_rows(columns, extras, lead))
    assert len(text) == len(b"".join(rows))
    assert all(row in text for row in rows)
    published = [UPDATED_S if each["published_s"] is None else each["published_s"] for each in given_days]
    return [
        form.stamped(content, published_s, UPDATED_S, merged=each["merged"])
        for content, published_s, each in zip(contents, published, given_days, strict=True)
    ]


def packed(each: dict[str, Any]) -> PackedDay:
    published_s = UPDATED_S if each["published_s"] is None else each["published_s"]
    values, quality = (
        pack_values(np.array(each["values"], np.int64)),
        pack_codes(np.array(each["qualities"], np.uint8)),
    )
    extras = each["extras"] or form.NO_EXTRAS
    heads = DAY, each["start_s"], each["interval_s"], len(each["values"])
    return PackedDay(*heads, values, quality, *extras, published_s, UPDATED_S)


@settings(max_examples=40)
@given(st.lists(days(), min_size=1, max_size=6))
def test_days_are_stored_as_the_plain_twin_stores_them_and_come_back_whole(given_days: list[dict[str, Any]]) -> None:
    contents = encoded(given_days)
    assert contents == [stored(**each) for each in given_days]
    rows = [(DAY, UPDATED_S, content) for content in contents]
    together, one_by_one = form.packed_days(rows), [day for row in rows for day in form.packed_days([row])]
    assert together == one_by_one == [packed(each) for each in given_days]
    for each, head in zip(given_days, form.heads([(DAY, content) for content in contents]), strict=True):
        codes = each["qualities"]
        assert head[:3] == (each["start_s"], each["interval_s"], len(codes))
        assert (head.total, head.sent_s, head.merged) == (sum(each["values"]), each["sent_s"], each["merged"])
        assert (head.estimated, head.absent) == (sum(code in (8, 9) for code in codes), codes.count(ABSENT))
        assert head.published_s == each["published_s"]


PLAIN = {"day": DAY, "start_s": DAY * 86_400 + 18_000, "interval_s": 900, "sent_s": SENT_S}
GOLDEN = {
    "a plain day": (
        {"values": [3, 5, 10, 4, 3, 3, 3, 3, 300], "qualities": [17] * 9},
        "41140911d0d871534e010000030039d00300290100000000000000",
    ),
    "an estimate among readings, replaced once": (
        {"values": [1, 2, 3], "qualities": [17, 8, 17], "published_s": UPDATED_S - 1, "merged": True},
        "6c140311d0d871530600000001002024000100000002081105ff4d725300000000",
    ),
    "a large customer who also gives": (
        {"values": [-5, 60_000], "qualities": [17, 17]},
        "42140211d0d871535bea0000fbfffffff0000065ea000000000000000000000000",
    ),
    "hours with costs": (
        {"interval_s": 3600, "values": [7, 0], "qualities": [19, ABSENT], "extras": (b"\1\2", None, b"\3", None)},
        (
            "5b5006665200000000100e0000020013d0d8715300000000070000000000000002000700000001000213ff02030001020000"
            "0200030000"
        ),
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_form_does_not_change_by_accident(name: str) -> None:
    """What is in databases must stay readable: another form needs another number in the first byte."""
    given_day, expected = GOLDEN[name]
    (content,) = encoded([{"published_s": None, "merged": False, "extras": None, **PLAIN, **given_day}])
    assert content.hex() == expected


def household(seed: int) -> dict[str, Any]:
    values = np.random.default_rng(seed).gamma(2.0, 100.0, 96).astype(int).tolist()
    return {**PLAIN, "values": values, "qualities": [17] * 96}


def test_a_household_day_takes_a_byte_and_a_half_a_reading_at_most() -> None:
    sizes = [len(stored(**household(seed))) for seed in range(50)]
    assert sum(sizes) / len(sizes) < 96 * 1.5


@settings(max_examples=40)
@example(data=b"", at=0)
@given(data=st.binary(max_size=40), at=st.integers(0, 116))
def test_bytes_that_are_no_day_are_told_and_not_guessed_at(data: bytes, at: int) -> None:
    good = stored(**household(1))
    assert len(good) > at
    for bad in (data, good[:at], good + data + b"\0", bytes([good[0] ^ 0x80]) + good[1:]):
        for many in (1, 5):
            with pytest.raises(BadInput):
                form.packed_days([(DAY, UPDATED_S, bad)] * many)
