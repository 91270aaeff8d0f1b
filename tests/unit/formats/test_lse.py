"""LSE files are named and written as the market says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from espi.clock import parse_day, zone
from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY, LOAD, DayBlock
from espi.errors import BadInput
from espi.formats import lse
from tests.unit.intake.lse_samples import local

CENTRAL = zone("America/Chicago")
DAY = parse_day("2014-07-02")


def block(count: int = 96) -> DayBlock:
    return DayBlock(
        usage_point_id=1, channel=LOAD, day=DAY, start_s=CENTRAL.day_start_s(DAY), interval_s=900,
        values=np.arange(count) * 100, qualities=np.full(count, ACTUAL_QUALITY, np.uint8),
    )  # fmt: skip


def written(*blocks: DayBlock, per_row: int = 12) -> list[str]:
    sent_s = CENTRAL.parse_instant_s("20140703050000")
    return b"".join(lse.write("10443720000000000", CENTRAL, blocks, sent_s, per_row=per_row)).decode().splitlines()


def test_a_name_says_who_sent_the_file_and_when() -> None:
    name = lse.parse_file_name("957877905IntervalData20131230050000001.lse")
    assert name == lse.FileName("957877905", local("20131230050000"), 1)
    assert lse.file_name(name.duns, name.sent_local, name.counter) == "957877905IntervalData20131230050000001.lse"


@pytest.mark.parametrize(
    "name",
    [
        "1039940674000IntervalData20120101050000001.lse",
        "957877905IntervalData20131230050000001.lse.pgp",
    ],
)
def test_thirteen_digits_and_a_further_ending_are_good_names(name: str) -> None:
    assert lse.parse_file_name(name).counter == 1


@pytest.mark.parametrize(
    "name",
    [
        "95787790IntervalData20131230050000001.lse",
        "957877905intervaldata20131230050000001.lse",
        "957877905IntervalData20131330050000001.lse",
        "957877905IntervalData2013123005000001.lse",
        "957877905IntervalData20131230050000001.lse.csv",
        "957877905IntervalData20131230050000001.txt",
        "readings.lse",
    ],
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(BadInput):
        lse.parse_file_name(name)


def test_a_block_has_four_header_rows_and_rows_of_triples() -> None:
    lines = written(block())
    assert lines[:4] == [
        "00000001,10443720000000000,4,20140702000000,20140702235959,Y,N",
        "00000002,,,1,,,,900,01,,,,",
        "00000003,",
        "00000004,20140703050000,M",
    ]
    assert lines[4].startswith("10000000,0.000,A,,0.100,A,,0.200,A,")
    assert [len(line.split(",,")) for line in lines[4:]] == [12] * 8


def test_one_triple_a_row_ends_with_the_comma_of_its_empty_start() -> None:
    assert written(block(), per_row=1)[5] == "10000001,0.100,A,"


def test_estimates_bear_an_e() -> None:
    day = block()
    day.qualities[1] = ESTIMATED_QUALITY
    assert written(day)[4].startswith("10000000,0.000,A,,0.100,E,,0.200,A,")


def test_days_lse_has_no_words_for_are_left_out() -> None:
    gap = block()
    gap.qualities[5] = ABSENT
    hourly = replace(block(24), interval_s=3600)
    negative = replace(block(), values=np.full(96, -1))
    other = replace(block(), channel=10)
    short = block(92)
    assert written(gap, hourly, negative, other, short) == []
