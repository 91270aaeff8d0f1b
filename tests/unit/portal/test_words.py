from __future__ import annotations

import pytest
from flask import Flask, g

from espi.clock import instant_s, parse_day, zone
from espi.portal import words

CHICAGO = zone("America/Chicago")


@pytest.mark.parametrize(
    ("thousandths", "places", "text"),
    [
        (12_345, 3, "12.345"),
        (12_345, 1, "12.3"),
        (12_350, 1, "12.4"),
        (999_999, 2, "1,000.00"),
        (1_234_567_890, 0, "1,234,568"),
        (0, 2, "0.00"),
        (-1500, 1, "-1.5"),
        (-4, 2, "0.00"),
    ],
)
def test_amounts_are_rounded_and_grouped(thousandths: int, places: int, text: str) -> None:
    assert words.amount(thousandths, places) == text


@pytest.mark.parametrize(
    ("amount", "step", "text"), [(1500, 500, "1.5"), (2000, 1000, "2"), (20, 20, "0.02"), (0, 5, "0")]
)
def test_an_axis_has_no_more_places_than_its_steps_need(amount: int, step: int, text: str) -> None:
    assert words.axis_amount(amount, step) == text


@pytest.mark.parametrize(
    ("language", "time", "named", "month", "head"),
    [
        ("en", "12:15 AM", "1:30 AM CDT", "July 2014", "Wednesday, July 2, 2014"),
        ("es", "12:15 a. m.", "1:30 a. m. CDT", "Julio de 2014", "Miércoles, 2 de julio de 2014"),
    ],
)
def test_times_and_days_are_in_the_readers_language(
    language: str, time: str, named: str, month: str, head: str
) -> None:
    app = Flask(__name__)
    with app.test_request_context(f"/?language={language}"):
        g.login = None
        found = words.time_of_day(CHICAGO, instant_s("2014-07-02T05:15:00Z"))
        twice = words.time_of_day(CHICAGO, instant_s("2014-11-02T06:30:00Z"), named=True)
        assert [each.replace("\N{NO-BREAK SPACE}", " ") for each in (found, twice)] == [time, named]
        assert words.month(parse_day("2014-07-02")) == month
        assert words.heading(parse_day("2014-07-02"), "full") == head
