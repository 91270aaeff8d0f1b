"""The two LSE readers, fast and exact, say the same of every file, and say it right."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espi.clock import parse_day
from espi.day import ACTUAL_QUALITY, ESTIMATED_QUALITY, DayBlock, unpack_codes, unpack_values
from espi.formats import lse
from espi.intake import lse_grid
from espi.intake.cut import Cut, Refusal
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

many = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


def outcome(text: str | bytes, *, exact: bool = False, piece_bytes: int = 1 << 20) -> list[Cut | Refusal]:
    data = text.encode() if isinstance(text, str) else text
    return [
        item for piece in read(io.BytesIO(data), RULES, exact=exact, piece_bytes=piece_bytes) for item in piece.items
    ]


def code_and_row(text: str | bytes) -> list[tuple[str, int]]:
    return [(item.code, item.row) for item in outcome(text) if isinstance(item, Refusal)]


def is_plain(text: str) -> bool:
    return all(isinstance(item, Cut) for item in lse_grid.cuts(text.encode(), 1, RULES)[0])


@many
@given(damaged_files(), st.sampled_from([50, 700, 1 << 20]))
def test_the_fast_reader_equals_the_exact_one_whatever_the_damage(data: bytes, piece_bytes: int) -> None:
    assert outcome(data, piece_bytes=piece_bytes) == outcome(data, exact=True)


@many
@given(damaged_files())
def test_the_fast_reader_equals_the_plain_twin(data: bytes) -> None:
    good = [
        (cut.row, cut.esiid, cut.channel, cut.day, cut.packed, cut.quality, cut.sent_s)
        for cut in outcome(data)
        if isinstance(cut, Cut)
    ]
    assert good == good_blocks(data, CENTRAL, RULES.first_day, RULES.today)


@many
@given(good_texts())
def test_every_form_that_utilities_write_is_good(text: str) -> None:
    assert [type(item) for item in outcome(text)] == [Cut]


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
    assert isinstance(cut, Cut)
    assert (cut.esiid, cut.channel, cut.day, cut.start_s, cut.intervals) == (ESIID, channel, day, block.start_s, count)
    assert (cut.total, cut.estimated, cut.sent_s, cut.rounded) == (block.total, block.estimated, NOW_S, 0)
    assert unpack_values(cut.packed, count).tolist() == values.tolist()
    assert unpack_codes(cut.quality, count).tolist() == qualities.tolist()


@pytest.mark.parametrize("per_row", [1, 12, 5])
def test_the_plain_form_takes_the_fast_way(per_row: int) -> None:
    assert is_plain(block_text(per_row=per_row) + block_text(day=SPRING, per_row=per_row))


def test_a_long_last_comma_a_mark_and_carriage_returns_are_taken() -> None:
    rows = block_text().replace("A,\n", "A,,\n").replace("\n", "\r\n")
    (cut,) = outcome(b"\xef\xbb\xbf" + rows.encode())
    assert isinstance(cut, Cut)
    assert cut.total == sum(range(96))


def test_header_rows_too_may_end_with_a_comma_more() -> None:
    text = block_text().replace(",Y,N\n", ",Y,N,\n").replace(",01,,,,\n", ",01,,,,,\n").replace(",M\n", ",M,\n")
    assert [type(item) for item in outcome(text)] == [Cut]


def test_a_file_may_end_without_a_line_feed() -> None:
    assert [type(item) for item in outcome(block_text().rstrip("\n"))] == [Cut]


def test_an_empty_status_is_actual() -> None:
    (cut,) = outcome(block_text(status=""))
    assert isinstance(cut, Cut)
    assert cut.quality == bytes([ACTUAL_QUALITY])


def test_more_than_three_decimals_are_rounded_half_even_and_counted() -> None:
    (cut,) = outcome(block_text(values=["0.0005", "0.0015", "0.0016", "0.1000"] + ["0.001"] * 92))
    assert isinstance(cut, Cut)
    assert unpack_values(cut.packed, 96)[:4].tolist() == [0, 2, 2, 100]
    assert cut.rounded == 3


def test_an_interval_start_must_be_that_of_its_value() -> None:
    text = block_text(per_row=1)
    assert [type(item) for item in outcome(text.replace(".001,A,", ".001,A,20140702001500"))] == [Cut]
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
    assert isinstance(later[-1], Cut), "a bad block never stops the next"


def test_the_oldest_day_of_the_retention_is_still_kept() -> None:
    assert [type(item) for item in outcome(block_text(day="20071120"))] == [Cut]


def test_a_stop_at_a_minute_before_midnight_is_a_full_day() -> None:
    assert [type(item) for item in outcome(block_text(stop=f"{NORMAL}235900"))] == [Cut]


def test_lines_that_are_not_lse_are_refused_by_themselves() -> None:
    text = "hello\nworld\n" + block_text() + "this line is not LSE at all\n" + block_text(day=SPRING)
    assert code_and_row(text) == [("02", 1), ("02", 15)]
    assert [item.row for item in outcome(text) if isinstance(item, Cut)] == [3, 16]


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
    assert [item.row for item in outcome(text) if isinstance(item, Cut)] == [2]
