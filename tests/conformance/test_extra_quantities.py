"""Units, scales, values and bills: what the kit says of figures that cannot be."""

from __future__ import annotations

import pytest

from conformance.outcome import Outcome
from tests.conformance.made_feeds import (
    DAY_S,
    ELECTRICITY,
    HOUR_S,
    JULY_S,
    POINT,
    Made,
    Readings,
    Usage,
    block,
    elements,
    every,
    messages,
    resource,
    result,
)

RULES = [f"UNI{number:03d}" for number in range(1, 9)] + [f"VAL{number:03d}" for number in range(1, 9)]
GAS = {"commodity": "7", "kind": "12", "uom": "169", "powerOfTenMultiplier": "-3", "intervalLength": "86400"}
WATER = {"commodity": "9", "kind": "58", "uom": "128", "intervalLength": "3600"}
KELVIN = {"accumulationBehaviour": "12", "commodity": "0", "flowDirection": "0", "kind": "46", "uom": "6"}
ADDRESS = f"{POINT}/UsageSummary/"


def of_type(values: Readings = (), **change: str) -> bytes:
    return Usage([block(values or every(JULY_S, 96))], type={**ELECTRICITY, **change}).xml()


def bill(facts: dict[str, str] | None = None, items: str = "", name: str = "2c77d41fa3b8") -> Made:
    """A bill of one day, with what the readings of the feeds below come to."""
    period = {"billingPeriod/duration": str(DAY_S), "billingPeriod/start": str(JULY_S)}
    used = {
        "overallConsumptionLastPeriod/powerOfTenMultiplier": "0",
        "overallConsumptionLastPeriod/uom": "72",
        "overallConsumptionLastPeriod/value": "6043",
    }
    inside = elements({**period, **used, **(facts or {})})
    return Made("UsageSummary", f"{ADDRESS}{name}", resource("UsageSummary", inside + items), (POINT,))


def billed(*bills: Made, cost: str = "") -> bytes:
    blocks = [block(every(JULY_S, 96)).replace("<espi:timePeriod>", f"{cost}<espi:timePeriod>")]
    return Usage(blocks, more=bills).xml()


def item(amount: int, kind: int) -> str:
    return resource(
        "costAdditionalDetailLastPeriod", elements({"amount": str(amount), "note": "x", "itemKind": str(kind)})
    )


@pytest.mark.parametrize(
    ("service", "change"),
    [("0", {}), ("1", GAS), ("2", WATER), ("0", KELVIN)],
    ids=["electricity", "gas", "water", "temperature"],
)
def test_quantities_as_they_should_be(service: str, change: dict[str, str]) -> None:
    readings = every(JULY_S, 24, HOUR_S, 296)
    usage = Usage([block(readings)], type={**ELECTRICITY, **change}, point={"ServiceCategory/kind": service})
    assert [found for rule in RULES if rule != "UNI005" for found in messages(usage.xml(), rule)] == []


@pytest.mark.parametrize(
    ("content", "rule", "said"),
    [
        (of_type(uom="42"), "UNI001", "kind 12 (energy) and uom 42 (m³), which does not measure that"),
        (of_type(kind="46", uom="25"), "UNI001", "units of temperature are 6 (kelvin), 23 (°C)"),
        (of_type(kind="58", uom="119"), "UNI002", "electricity is not measured in that"),
        (of_type(commodity="9", kind="12", uom="38"), "UNI002", "drinking water is not measured in that"),
        (of_type(commodity="9", kind="12", uom="101"), "UNI002", "kind 12 (energy), which it has not"),
        (of_type(commodity="7", uom="169"), "UNI003", "its usage point's service is 0 (electricity)"),
        (of_type(powerOfTenMultiplier="1000"), "UNI004", "the exponent of ten"),
        (of_type(powerOfTenMultiplier="6"), "UNI004", None),
        (of_type(powerOfTenMultiplier="9"), "UNI006", "more than any customer takes: powerOfTenMultiplier is 9"),
        (of_type(kind="37", uom="38", powerOfTenMultiplier="9"), "UNI006", "more than any customer's power"),
        (of_type(powerOfTenMultiplier="9", commodity="26"), "UNI006", None),
        (of_type(every(JULY_S, 24, HOUR_S, 72), **KELVIN), "UNI006", "no weather. Kelvin counts from 273.15"),
        (of_type(measuringPeriod="7"), "UNI008", "measuringPeriod 7 (sixtyMinute), which is 3600 seconds"),
        (of_type(measuringPeriod="58"), "UNI008", None),
    ],
)
def test_units_and_scales_that_make_no_sense(content: bytes, rule: str, said: str | None) -> None:
    found = messages(content, rule)
    assert [said in message for message in found if said] == ([True] if said else [])


@pytest.mark.parametrize(
    ("cost", "wrong"),
    [(720, False), (1, True), (72_000_000, True)],
    ids=["12 cents a kWh", "in cents", "scaled twice"],
)
def test_costs_that_nobody_charges(cost: int, wrong: bool) -> None:
    found = messages(billed(cost=f"<espi:cost>{cost}</espi:cost>"), "UNI007")
    assert ["1 dollar is 100000" in message for message in found] == [True] * wrong
    assert result(Usage().xml(), "UNI007").outcome is Outcome.OMIT


def zeros(count: int = 96) -> list[tuple[int, int, int]]:
    return [(start_s, length_s, 0) for start_s, length_s, _ in every(JULY_S, count)]


@pytest.mark.parametrize(
    ("usage", "wrong"),
    [
        (Usage([block(zeros())]), True),
        (Usage([block(zeros(40))]), False),
        (Usage([block([*zeros(95), (JULY_S + 95 * 900, 900, 1)])]), False),
        (Usage([block(zeros())], type={**ELECTRICITY, "flowDirection": "19"}), False),
        (Usage([block(zeros())], point={"ServiceCategory/kind": "0", "status": "0"}), False),
        (Usage([block(zeros())], point={"ServiceCategory/kind": "0", "minimalUsageExpected": "true"}), False),
    ],
    ids=["a day", "ten hours", "one value", "received", "switched off", "vacant"],
)
def test_data_that_are_all_zero(usage: Usage, wrong: bool) -> None:
    assert bool(messages(usage.xml(), "VAL001")) is wrong


def test_negative_values_belong_to_net_energy_alone() -> None:
    readings = every(JULY_S, 4, value=-5)
    assert (
        "4 negative values, though its flowDirection 19 is one way"
        in messages(of_type(readings, flowDirection="19"), "VAL002")[0]
    )
    assert messages(of_type(readings, flowDirection="4"), "VAL002") == []


@pytest.mark.parametrize(
    ("values", "wrong"),
    [((100, 101, 99, 103), True), ((99998, 99999, 3, 7), False), ((100, 100, 101, 102), False)],
    ids=["falls", "rolls over", "rises"],
)
def test_registers_that_fall(values: tuple[int, ...], wrong: bool) -> None:
    readings = [(JULY_S + place * HOUR_S, HOUR_S, value) for place, value in enumerate(values)]
    register = {**ELECTRICITY, "accumulationBehaviour": "1"}
    together = Usage([block(readings)], type=register).xml()
    apart = Usage([block([reading]) for reading in readings], type=register).xml()
    assert bool(messages(together, "VAL003")) is wrong
    assert bool(messages(apart, "VAL003")) is wrong


def test_readings_that_lack_something() -> None:
    content = Usage([block(every(JULY_S, 4))]).xml().replace(b"<espi:value>60</espi:value>", b"")
    assert "Of the 4 readings of a block" in messages(content, "VAL007")[0]
    assert "1 without value" in messages(content, "VAL007")[0]


@pytest.mark.parametrize(
    ("amounts", "total", "wrong"),
    [
        ([(1_250_000, 4), (325_000, 5)], 1_575_000, False),
        ([(1_250_000, 4), (325_000, 5)], 1_475_000, True),
        ([(1_250_000, 4), (250_000, 6)], 1_000_000, False),
        ([(1_250_000, 4), (-250_000, 6)], 1_000_000, False),
        ([(1_250_000, 4), (-9_000_000, 9), (77, 10)], 1_250_000, False),
    ],
    ids=["sum", "a dollar less", "credit by kind", "negative credit", "payment and information"],
)
def test_line_items_add_up(amounts: list[tuple[int, int]], total: int, wrong: bool) -> None:
    items = "".join(item(*one) for one in amounts)
    content = billed(bill({"costAdditionalLastPeriod": str(total)}, items))
    assert bool(messages(content, "VAL004")) is wrong


def test_a_bill_without_its_line_items() -> None:
    without = billed(bill({"costAdditionalLastPeriod": "1575000"}), bill(items=item(1, 4), name="ffffffffffff"))
    assert ["list each charge" in message for message in messages(without, "VAL006")] == [True]


@pytest.mark.parametrize(("total", "wrong"), [(720 * 96 + 100_000, False), (720 * 96, True)], ids=["right", "wrong"])
def test_interval_costs_and_the_additional_cost_are_the_bill(total: int, wrong: bool) -> None:
    own = bill({"billLastPeriod": str(total), "costAdditionalLastPeriod": "100000"})
    assert bool(messages(billed(own, cost="<espi:cost>720</espi:cost>"), "VAL005")) is wrong
    assert messages(billed(own), "VAL005") == [], "without costs there is nothing to compare"


@pytest.mark.parametrize(
    ("value", "multiplier", "wrong"),
    [("6043", "0", False), ("6", "3", False), ("6043", "3", True), ("5000", "0", True)],
)
def test_the_consumption_of_a_bill_is_that_of_its_intervals(value: str, multiplier: str, wrong: bool) -> None:
    told = {
        "overallConsumptionLastPeriod/powerOfTenMultiplier": multiplier,
        "overallConsumptionLastPeriod/value": value,
    }
    assert bool(messages(billed(bill(told)), "VAL008")) is wrong


def test_billing_periods_that_overlap() -> None:
    later = {"billingPeriod/start": str(JULY_S + DAY_S - HOUR_S)}
    content = billed(bill(), bill(later, name="ffffffffffff"))
    assert "begins at 2024-07-02 04:00 UTC" in messages(content, "TIM014")[0]
    assert (
        messages(billed(bill(), bill({"billingPeriod/start": str(JULY_S + DAY_S)}, name="ffffffffffff")), "TIM014")
        == []
    )


def test_a_bill_at_midnight_of_utc() -> None:
    assert (
        "begins at midnight of UTC"
        in messages(
            Usage(more=[bill({"billingPeriod/start": str(JULY_S - 5 * HOUR_S)})], related=[ADDRESS[:-1]]).xml(),
            "TIM013",
        )[0]
    )
    assert messages(Usage(more=[bill()], related=[ADDRESS[:-1]]).xml(), "TIM013") == []


def test_a_consumption_without_its_unit() -> None:
    own = bill()
    without = Made(own.kind, own.self, own.content.replace("<espi:uom>72</espi:uom>", ""), own.related)
    content = Usage(more=[without]).xml()
    assert "without uom" in messages(content, "EU_FB15_DE_010")[0]
