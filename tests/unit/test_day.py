"""A day of readings is packed without loss, as narrow as its values allow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espi import day
from espi.errors import BadInput

VALUES = st.lists(st.integers(-(2**47), 2**47), max_size=100)


@given(VALUES)
def test_values_come_back_as_they_went_in(values: list[int]) -> None:
    array = np.array(values, np.int64)
    assert day.unpack_values(day.pack_values(array), len(values)).tolist() == values


@pytest.mark.parametrize(
    ("highest", "width"), [(255, 1), (256, 2), (65_535, 2), (65_536, 4), (2**31 - 1, 4), (2**31, 8), (-1, 4)]
)
def test_the_narrowest_form_that_holds_the_day_is_taken(highest: int, width: int) -> None:
    assert len(day.pack_values(np.array([0, highest], np.int64))) == 2 * width


@given(st.lists(st.integers(0, 255), min_size=1, max_size=100))
def test_codes_come_back_as_they_went_in(codes: list[int]) -> None:
    array = np.array(codes, np.uint8)
    packed = day.pack_codes(array)
    assert day.unpack_codes(packed, len(codes)).tolist() == codes
    assert len(packed) == (1 if len(set(codes)) == 1 else len(codes))


@pytest.mark.parametrize(("packed", "count"), [(b"123", 2), (b"", 1), (b"123456789", 3)])
def test_a_damaged_row_is_told_and_not_guessed_at(packed: bytes, count: int) -> None:
    with pytest.raises(BadInput):
        day.unpack_values(packed, count)
    if count > 1:
        with pytest.raises(BadInput):
            day.unpack_codes(packed, count)


def test_totals_leave_out_what_is_absent() -> None:
    block = day.DayBlock(
        usage_point_id=1, channel=day.LOAD, day=0, start_s=0, interval_s=900,
        values=np.array([5, 7, 9], np.int64), qualities=np.array([17, 8, day.ABSENT], np.uint8),
    )  # fmt: skip
    assert (block.total, block.estimated, block.absent) == (12, 1, 1)


def test_days_as_columns_say_what_the_days_say_and_a_choice_of_them_shares_their_readings() -> None:
    blocks = [
        day.DayBlock(
            usage_point_id=point, channel=day.LOAD, day=7, start_s=0, interval_s=900, sent_s=3,
            values=np.array([point, 7, 9], np.int64), qualities=np.array([17, 8, day.ABSENT], np.uint8),
        )
        for point in (5, 6)
    ]  # fmt: skip
    columns = day.DayColumns.of(blocks)
    chosen = columns.take([1])
    assert (len(columns), len(chosen), len(day.DayColumns.of([]))) == (2, 1, 0)
    assert (chosen.usage_point_id.tolist(), chosen.total.tolist(), chosen.estimated.tolist()) == ([6], [13], [1])
    assert chosen.values[chosen.first[0] : chosen.first[0] + chosen.count[0]].tolist() == [6, 7, 0]
    assert chosen.values is columns.values
