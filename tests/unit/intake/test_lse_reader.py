"""The two LSE readers, fast and exact, say the same of every file, and say it right."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import cycle
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espi.clock import parse_day
from espi.day import ACTUAL_QUALITY, ESTIMATED_QUALITY, DayBlock, pack_codes, pack_values
from espi.formats import lse
from espi.intake.cut import Blocks, Refusal
from espi.intake.lse_shapes import by_shape
from espi.intake.lse_stream import read
from tests.plain_twins.lse_reader import good_blocks
from tests.unit.intake.lse_samples import (
    AUTUMN,
    CENTRAL,
    ESIID,
    NORMAL,
    NOW_S,
    RULES,
    SPRING,
    block_text,
    damaged_files,
    good_texts,
)

fewest = st.sampled_from([1, 2, 16])
many = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


class Good(NamedTuple):
    """A good block; its readings as lists, which can be compared."""

    row: int
    esiid: str
    channel: int
    day: int
    start_s: int
    sent_s: int
    values: list[int]
    codes: list[int]
    total: int
    estimated: int
    rounded: int


def outcome(
    text: str | bytes, *, exact: bool = False, piece_bytes: int = 1 << 20, fewest_alike: int = 16
) -> list[Good | Refusal]:
    """What a file holds, by row."""
    data = text.encode() if isinstance(text, str) else text
    found: list[Good | Refusal] = []
    for piece in read(io.BytesIO(data), RULES, exact=exact, piece_bytes=piece_bytes, fewest_alike=fewest_alike):
        for items in ([*good(piece.blocks)], piece.refusals):
            assert [item.row for item in items] == sorted(item.row for item in items)
            found += items
    return sorted(found, key=lambda item: item.row)


def good(blocks: Blocks) -> Iterator[Good]:
    days = blocks.days
    assert set(days.interval_s.tolist()) <= {900}
    assert not days.absent.any()
    for place, (first, count) in enumerate(zip(days.first.tolist(), days.count.tolist(), strict=True)):
        yield Good(
            int(blocks.row[place]),
            blocks.esiid[place].decode(),
            int(days.channel[place]),
            int(days.day[place]),
            int(days.start_s[place]),
            int(days.sent_s[place]),
            days.values[first : first + count].tolist(),
            days.codes[first : first + count].tolist(),
            int(days.total[place]),
            int(days.estimated[place]),
            int(blocks.rounded[place]),
        )


def code_and_row(text: str | bytes) -> list[tuple[str, int]]:
    return [(item.code, item.row) for item in outcome(text) if isinstance(item, Refusal)]


def is_plain(text: str, fewest_alike: int) -> bool:
    return not by_shape(text.encode(), 1, RULES, fewest_alike)[0].rest


@many
@given(damaged_files(), st.sampled_from([50, 700, 1 << 20]), fewest)
def test_the_fast_readers_equal_the_exact_one_whatever_the_damage(
    data: bytes, piece_bytes: int, fewest_alike: int
) -> None:
    assert outcome(data, piece_bytes=piece_bytes, fewest_alike=fewest_alike) == outcome(data, exact=True)


@many
@given(damaged_files(), fewest)
def test_the_fast_readers_equal_the_plain_twin(data: bytes, fewest_alike: int) -> None:
    found = [
        (
            it.row,
            it.esiid,
            it.channel,
            it.day,
            pack_values(np.array(it.values)),
            pack_codes(np.array(it.codes)),
            it.sent_s,
        )
        for it in outcome(data, fewest_alike=fewest_alike)
        if isinstance(it, Good)
    ]
    assert found == good_blocks(data, CENTRAL, RULES.first_day, RULES.today)


@many
@given(good_texts())
def test_every_form_that_utilities_write_is_good(text: str) -> None:
    assert [type(item) for item in outcome(text)] == [Good]


@many
@given(
    st.sampled_from([NORMAL, SPRING, AUTUMN]),
    st.sampled_from([1, 4]),
    st.integers(1, 30),
    st.data(),
)
def test_what_is_written_is_read_again(text: str, channel: int, per_row: int, data: st.DataObject) -> None:
    day = parse_day(f"{text[:4]}-{text[4:6]}-{text[6:]}")
    count = CENTRAL.quarter_hours(day)
    values = np.array(data.draw(st.lists(st.integers(0, 10**7), min_size=count, max_size=count)))
    estimates = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    qualities = np.where(estimates, ESTIMATED_QUALITY, ACTUAL_QUALITY).astype(np.uint8)
    block = DayBlock(0, channel, day, CENTRAL.day_start_s(day), 900, values, qualities)
    written = b"".join(lse.write(ESIID, CENTRAL, [block], NOW_S, per_row=per_row))
    (cut,) = outcome(written)
    assert isinstance(cut, Good)
    assert (cut.esiid, cut.channel, cut.day, cut.start_s) == (ESIID, channel, day, block.start_s)
    assert (cut.total, cut.estimated, cut.sent_s, cut.rounded) == (block.total, block.estimated, NOW_S, 0)
    assert cut.values == values.tolist()
    assert cut.codes == qualities.tolist()


@pytest.mark.parametrize("fewest_alike", [1, 16])
@pytest.mark.parametrize("per_row", [1, 12, 5])
def test_the_plain_form_takes_the_fast_ways(per_row: int, fewest_alike: int) -> None:
    assert is_plain(block_text(per_row=per_row) + block_text(day=SPRING, per_row=per_row), fewest_alike)


def test_a_long_last_comma_a_mark_and_carriage_returns_are_taken() -> None:
    rows = block_text().replace("A,\n", "A,,\n").replace("\n", "\r\n")
    (cut,) = outcome(b"\xef\xbb\xbf" + rows.encode())
    assert isinstance(cut, Good)
    assert cut.total == sum(range(96))


def test_header_rows_too_may_end_with_a_comma_more() -> None:
    text = block_text().replace(",Y,N\n", ",Y,N,\n").replace(",01,,,,\n", ",01,,,,,\n").replace(",M\n", ",M,\n")
    assert [type(item) for item in outcome(text)] == [Good]


def test_a_file_may_end_without_a_line_feed() -> None:
    assert [type(item) for item in outcome(block_text().rstrip("\n"))] == [Good]


def test_an_empty_status_is_actual() -> None:
    (cut,) = outcome(block_text(status=""))
    assert isinstance(cut, Good)
    assert set(cut.codes) == {ACTUAL_QUALITY}


def test_more_than_three_decimals_are_rounded_half_even_and_counted() -> None:
    (cut,) = outcome(block_text(values=["0.0005", "0.0015", "0.0016", "0.1000"] + ["0.001"] * 92))
    assert isinstance(cut, Good)
    assert cut.values[:4] == [0, 2, 2, 100]
    assert cut.rounded == 3


def test_an_interval_start_must_be_that_of_its_value() -> None:
    text = block_text(per_row=1)
    assert [type(item) for item in outcome(text.replace(".001,A,", ".001,A,20140702001500"))] == [Good]
    assert code_and_row(text.replace(".001,A,", ".001,A,20140702003000")) == [("01", 6)]


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        (block_text(values=["0.1"] * 95), "03", 1),
        (block_text().replace(",,,1,,,,", ",,,1,,,"), "02", 1),
        (block_text().replace(",,,1,,,,", ",,,one,,,,"), "01", 1),
        (block_text().replace(",M\n", ",M,,,\n"), "02", 1),
        (block_text().replace("00000001,", "00000001,"[:-1] + ";", 1), "02", 1),
        (block_text(day=SPRING, values=["0.100"] * 96), "03", 1),
        (block_text(day=AUTUMN, values=["0.100"] * 96), "03", 1),
        (block_text(stop="20140702234459"), "03", 1),
        (block_text(stop="20140703235959"), "03", 1),
        (block_text(channel="7"), "01", 1),
        (block_text(dst="N"), "01", 1),
        (block_text(invalid="Y"), "01", 1),
        (block_text(spi="1800"), "01", 1),
        (block_text(unit="02"), "01", 1),
        (block_text(esiid=""), "01", 1),
        (block_text(esiid="1044-372"), "01", 1),
        (block_text(esiid="9" * 65), "01", 1),
        (block_text(sent="2014"), "01", 1),
        (block_text(sent="20141399000000"), "01", 1),
        (block_text(day="20140231"), "01", 1),
        (block_text(day="20141120"), "04", 1),
        (block_text(day="20990119", values=["0.250"]), "04", 1),
        (block_text(day="20071119"), "01", 1),
        (block_text(values=["0.1"] * 13 + [""] + ["0.1"] * 82), "01", 6),
        (block_text(values=["0.1"] * 25 + ["-0.1"] + ["0.1"] * 70), "01", 7),
        (block_text(values=["1e3"] * 96), "01", 5),
        (block_text(status="X"), "01", 5),
        (block_text().replace("10000003", "10000001"), "02", 8),
        (block_text().replace("00000003,\n", ""), "02", 1),
        (block_text().replace(",Y,N", ",Y"), "02", 1),
        (block_text().replace("10000007,", "10000007,junk\n10000008,"), "02", 12),
    ],
)
def test_a_bad_block_is_refused_with_its_code_and_row(text: str, code: str, row: int) -> None:
    assert code_and_row(text) == [(code, row)]
    later = outcome(text + block_text(day="20140704"))
    assert isinstance(later[-1], Good), "a bad block never stops the next"


def test_the_oldest_day_of_the_retention_is_still_kept() -> None:
    assert [type(item) for item in outcome(block_text(day="20071120"))] == [Good]


def test_a_stop_at_a_minute_before_midnight_is_a_full_day() -> None:
    assert [type(item) for item in outcome(block_text(stop=f"{NORMAL}235900"))] == [Good]


def test_lines_that_are_not_lse_are_refused_by_themselves() -> None:
    text = "hello\nworld\n" + block_text() + "this line is not LSE at all\n" + block_text(day=SPRING)
    assert code_and_row(text) == [("02", 1), ("02", 15)]
    assert [item.row for item in outcome(text) if isinstance(item, Good)] == [3, 16]


def test_the_reason_says_what_and_where() -> None:
    (refusal,) = outcome(block_text(values=["0.1"] * 11))
    assert refusal == Refusal(1, "03", ESIID, "4", f"{NORMAL}000000", "11 values, but 2014-07-02 has 96 quarter hours")


def test_a_file_without_a_header_does_not_pile_up_in_memory() -> None:
    pieces = list(read(io.BytesIO(b"10000000,0.1,A,\n" * 700_000), RULES, piece_bytes=1 << 20))
    assert len(pieces) > 1
    assert pieces[-1].end == 700_000 * 16


def test_a_line_without_end_is_one_refusal_and_the_next_block_is_read() -> None:
    text = b"x" * (20 << 20) + b"\n" + block_text().encode()
    assert code_and_row(text) == [("02", 1)]
    assert [item.row for item in outcome(text) if isinstance(item, Good)] == [2]


@pytest.mark.parametrize(("per_row", "step"), [(1, 4), (12, 1)])
def test_each_byte_of_blocks_that_are_alike_is_accounted_for(per_row: int, step: int) -> None:
    block = block_text(per_row=per_row).encode()
    others = cycle(b"A:/E,\xb0B")
    texts = [block[:at] + bytes([next(others)]) + block[at + 1 :] for at in range(0, len(block), step)]
    data = b"".join([block, *texts, block])
    assert outcome(data) == outcome(data, exact=True)


@many
@given(st.lists(good_texts(), min_size=1, max_size=3), st.data())
def test_blocks_of_many_shapes_in_any_order_are_each_read(texts: list[str], data: st.DataObject) -> None:
    order = data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=12))
    text = "".join(texts[at] for at in order)
    assert outcome(text, fewest_alike=2) == outcome(text, exact=True)
