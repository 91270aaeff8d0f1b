"""The usage of the played custodian's one customer: electricity in blocks of a day, a bill, and power quality."""

from __future__ import annotations

from functools import cache

from tests.conformance.custodian import facts
from tests.conformance.custodian.atom import Entry, element

POINT_PATH = f"/Subscription/{facts.SUBSCRIPTION}/UsagePoint/{facts.POINT}"
READING_PATH = f"{POINT_PATH}/MeterReading/{facts.READING}"
TYPE_PATH = f"/ReadingType/{facts.TYPE}"
ZONE_PATH = f"/LocalTimeParameters/{facts.ZONE}"


@cache
def entries() -> list[Entry]:
    """What the customer's grant covers, in the usual order, blocks oldest first."""
    return [
        _point(),
        _zone(),
        _reading(),
        _type(),
        *(_block(number) for number in range(facts.DAYS)),
        _summary(),
        _quality(),
    ]


def _point() -> Entry:
    content = element(
        "UsagePoint",
        element("roleFlags", "0004"),
        element("ServiceCategory", element("kind", 0)),
        element("status", 1),
        element("serviceDeliveryPoint", element("name", "Service"), element("tariffProfile", "R-1")),
    )
    names = ("MeterReading", "UsageSummary", "ElectricPowerQualitySummary")
    related = (ZONE_PATH, *(f"{POINT_PATH}/{name}" for name in names))
    return Entry(POINT_PATH, "Electricity", content, related)


def _zone() -> Entry:
    rules = (element("dstEndRule", "B40E2000"), element("dstOffset", 3600), element("dstStartRule", "360E2000"))
    content = element("LocalTimeParameters", *rules, element("tzOffset", -21600))
    return Entry(ZONE_PATH, "US Central", content)


def _reading() -> Entry:
    content = "<espi:MeterReading/>"
    return Entry(READING_PATH, "Energy delivered", content, (f"{READING_PATH}/IntervalBlock", TYPE_PATH))


def _type() -> Entry:
    parts = {
        "accumulationBehaviour": 4, "commodity": 1, "consumptionTier": 0, "currency": 840, "dataQualifier": 12,
        "defaultQuality": 17, "flowDirection": 1, "intervalLength": facts.STEP_S, "kind": 12, "phase": 769,
        "powerOfTenMultiplier": 0, "timeAttribute": 0, "tou": 0, "uom": 72,
    }  # fmt: skip
    content = element("ReadingType", *(element(name, value) for name, value in parts.items()))
    return Entry(TYPE_PATH, "Delivered Wh", content)


def _block(number: int) -> Entry:
    name, start_s = facts.BLOCKS[number]
    readings = (
        _interval_reading(at_s, 1200 + 140 * number) for at_s in range(start_s, start_s + facts.DAY_S, facts.STEP_S)
    )
    content = element("IntervalBlock", _period("interval", facts.DAY_S, start_s), *readings)
    end_s = start_s + facts.DAY_S
    return Entry(
        f"{READING_PATH}/IntervalBlock/{name}",
        facts.time_text(start_s)[:10],
        content,
        period=(start_s, end_s),
        published_s=end_s + facts.HOUR_S,
        updated_s=end_s + facts.HOUR_S,
    )


def _interval_reading(start_s: int, watt_hours: int) -> str:
    return element(
        "IntervalReading",
        element("cost", watt_hours * 12),
        _period("timePeriod", facts.STEP_S, start_s),
        element("value", watt_hours),
    )


def _summary() -> Entry:
    start_s, end_s = facts.FIRST_DAY_S - 31 * facts.DAY_S, facts.FIRST_DAY_S
    content = element(
        "UsageSummary",
        _period("billingPeriod", end_s - start_s, start_s),
        element("billLastPeriod", 8_412_000),
        element("costAdditionalLastPeriod", 1_575_000),
        element("currency", 840),
        element(
            "overallConsumptionLastPeriod",
            element("powerOfTenMultiplier", 0),
            element("timeStamp", end_s),
            element("uom", 72),
            element("value", 569_750),
        ),
        element("qualityOfReading", 17),
        element("statusTimeStamp", end_s),
        element("commodity", 1),
    )
    path = f"{POINT_PATH}/UsageSummary/{facts.SUMMARY}"
    return Entry(path, "Bill of May", content, (POINT_PATH,), period=(start_s, end_s))


def _quality() -> Entry:
    start_s, end_s = facts.FIRST_DAY_S, facts.FIRST_DAY_S + facts.DAY_S
    names = (
        "flickerPlt", "flickerPst", "harmonicVoltage", "longInterruptions", "mainsVoltage", "powerFrequency",
        "rapidVoltageChanges", "shortInterruptions",
    )  # fmt: skip
    more = ("supplyVoltageDips", "supplyVoltageImbalance", "supplyVoltageVariations", "tempOvervoltage")
    content = element(
        "ElectricPowerQualitySummary",
        *(element(name, 0) for name in names),
        _period("summaryInterval", end_s - start_s, start_s),
        *(element(name, 0) for name in more),
    )
    path = f"{POINT_PATH}/ElectricPowerQualitySummary/{facts.QUALITY}"
    return Entry(path, "Power quality of a day", content, period=(start_s, end_s))


def _period(name: str, duration_s: int, start_s: int) -> str:
    return element(name, element("duration", duration_s), element("start", start_s))
