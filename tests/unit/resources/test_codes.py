import enum

import pytest

from espi.resources import codes


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (codes.QUALITY_OF_READING, codes.Quality),
        (codes.FLOW_DIRECTION_KIND, codes.Flow),
        (codes.SERVICE_KIND, codes.Service),
        (codes.UNIT_SYMBOL_KIND, codes.Unit),
    ],
)
def test_every_name_is_a_code_of_the_standard(table: dict[int, str], names: type[enum.IntEnum]) -> None:
    assert {member.value for member in names} <= set(table)


def test_every_quality_of_a_reading_has_a_name() -> None:
    assert {member.value for member in codes.Quality} == set(codes.QUALITY_OF_READING)


@pytest.mark.parametrize(
    ("unit", "symbol"),
    [(codes.Unit.WATT_HOUR, "Wh"), (codes.Unit.THERM, "therm"), (codes.Unit.CUBIC_METRE, "m³"), (codes.Unit.WATT, "W")],
)
def test_units_are_given_as_people_write_them(unit: int, symbol: str) -> None:
    assert codes.UNIT_SYMBOL_KIND[unit] == symbol


def test_a_meaning_may_hold_a_comma_a_colon_and_more_than_one_line() -> None:
    assert codes.SERVICE_KIND[7] == "rates: tax, toll, parking"
    assert codes.QUALITY_OF_READING[18] == "verified: failed a check, judged real"
    assert codes.CURRENCY[840] == "USD"


def test_a_word_without_an_explanation_means_itself() -> None:
    assert codes.OAUTH_ERROR["invalid_scope"] == "invalid_scope"
    assert codes.GRANT_TYPE["refresh_token"] == "a renewal"
    assert codes.PROGRAM_DATE_KIND["CUST_DR_PROGRAM_TERM_DATE_WITHOUT_FINANCIAL"] == "may end without a payment"
