"""Small feeds of all kinds of entries whose members, links and elements were thrown together by chance."""

from __future__ import annotations

import random
from collections.abc import Callable

HREFS = "abcde"
SECONDS = (0, 900, 1800)
TYPES = (
    {"accumulationBehaviour": 4, "commodity": 1, "flowDirection": 1, "kind": 12, "uom": 72},
    {"accumulationBehaviour": 4, "commodity": 1, "flowDirection": 19, "kind": 12, "uom": 72},
    {"accumulationBehaviour": 4, "commodity": 7, "flowDirection": 1, "kind": 12, "uom": 169},
    {"accumulationBehaviour": 4, "commodity": 9, "flowDirection": 1, "kind": 58, "uom": 128},
    {"accumulationBehaviour": 12, "commodity": 1, "flowDirection": 1, "kind": 12, "uom": 61},
    {"accumulationBehaviour": 1, "commodity": 1, "flowDirection": 1, "kind": 58, "uom": 119},
    {"accumulationBehaviour": 12, "commodity": 0, "flowDirection": 0, "kind": 46, "uom": 6},
)
"""What blocks 5 to 29 look for, or nearly."""
TYPE_ORDER = (
    *("accumulationBehaviour", "commodity", "consumptionTier", "currency", "dataQualifier", "defaultQuality"),
    *("flowDirection", "intervalLength", "kind", "phase", "powerOfTenMultiplier", "timeAttribute", "tou", "uom"),
)
SUMMARY = (
    ("span", "billingPeriod"),
    *(("leaf", name) for name in ("billLastPeriod", "billToDate", "costAdditionalLastPeriod", "currency")),
    ("measured", "overallConsumptionLastPeriod"),
    ("measured", "currentBillingPeriodOverAllConsumption"),
    ("measured", "currentDayOverallConsumption"),
    ("measured", "peakDemand"),
    ("measured", "previousDayOverallConsumption"),
    ("leaf", "qualityOfReading"),
    ("measured", "ratchetDemand"),
    ("span", "ratchetDemandPeriod"),
)
QUALITIES = (
    *("flickerPlt", "flickerPst", "harmonicVoltage", "longInterruptions", "mainsVoltage", "powerFrequency"),
    *("rapidVoltageChanges", "shortInterruptions", "summaryInterval", "supplyVoltageDips", "supplyVoltageImbalance"),
    *("supplyVoltageVariations", "tempOvervoltage"),
)


class Chance:
    """Makes feeds that the schemas allow; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  feeds to try, no secrets
        self.resources: tuple[Callable[[], str], ...] = (
            *(self.usage_point,) * 2,
            *(self.reading_type,) * 2,
            *(self.interval_block,) * 3,
            *(self.meter_reading,) * 3,
            self.local_time,
            self.summary,
            self.quality_summary,
            lambda: "<cust:Customer/>",
        )

    def feed(self) -> bytes:
        """A feed of one to nine entries."""
        entries = "".join(self.entry() for _ in range(self.random.randint(1, 9)))
        members = self.now_and_then("<id>feed</id>") + self.now_and_then("<title/>")
        spaces = 'xmlns:espi="http://naesb.org/espi" xmlns:cust="http://naesb.org/espi/customer"'
        return f'<feed xmlns="http://www.w3.org/2005/Atom" {spaces}>{members}{entries}</feed>'.encode()

    def now_and_then(self, text: str, share: float = 0.85) -> str:
        """The text, or in a share of cases nothing."""
        return text if self.random.random() < share else ""

    def leaf(self, name: str, *values: int) -> str:
        return self.now_and_then(f"<espi:{name}>{self.random.choice(values or (0, 1))}</espi:{name}>")

    def span(self, name: str) -> str:
        start = self.random.choice(SECONDS)
        return self.now_and_then(
            f"<espi:{name}><espi:duration>900</espi:duration><espi:start>{start}</espi:start></espi:{name}>"
        )

    def measured(self, name: str) -> str:
        parts = "".join(self.leaf(part) for part in ("powerOfTenMultiplier", "timeStamp", "uom", "value"))
        return self.now_and_then(f"<espi:{name}>{parts}</espi:{name}>", 0.7)

    def entry(self) -> str:
        """Links to a few places, members that may be missing, and mostly one resource."""
        counts = {"self": (0, 1, 1, 1, 1, 2), "up": (0, 1, 1, 1, 1, 2), "related": (0, 1, 2, 3, 4)}
        links = [
            f'<link rel="{rel}" href="{self.random.choice(HREFS)}"/>'
            for rel, choices in counts.items()
            for _ in range(self.random.choice(choices))
        ]
        self.random.shuffle(links)
        resources = [self.random.choice(self.resources)() for _ in range(self.random.choice((0, 1, 1, 1, 1, 1, 1, 2)))]
        second = self.now_and_then(f"<content>{self.random.choice(self.resources)()}</content>", 0.05)
        return (
            "<entry>"
            + self.now_and_then(f"<id>{self.random.choice('xyz')}</id>", 0.95)
            + "".join(links)
            + self.now_and_then("<title/>", 0.95)
            + self.now_and_then("<published>2024-01-01T00:00:00Z</published>", 0.95)
            + self.now_and_then("<updated>2024-01-01T00:00:00Z</updated>", 0.95)
            + f"<content>{''.join(resources)}</content>{second}</entry>"
        )

    def usage_point(self) -> str:
        kind = self.random.choice(("0", "1", "2", " 0 ", "00", "+1"))
        service = self.now_and_then(f"<espi:ServiceCategory><espi:kind>{kind}</espi:kind></espi:ServiceCategory>")
        flags = self.now_and_then("<espi:roleFlags>0010</espi:roleFlags>")
        return f"<espi:UsagePoint>{flags}{service}{self.leaf('status')}</espi:UsagePoint>"

    def reading_type(self) -> str:
        """One that a rule looks for, now and then with another code."""
        facts = dict(self.random.choice(TYPES))
        if self.random.random() < 0.3:
            facts[self.random.choice(list(facts))] = self.random.choice((1, 4, 12, 72))
        found = "".join(self.leaf(name, facts.get(name, 0)) for name in TYPE_ORDER)
        return f"<espi:ReadingType>{found}</espi:ReadingType>"

    def interval_block(self) -> str:
        readings = "".join(self.reading() for _ in range(self.random.randint(0, 3)))
        return f"<espi:IntervalBlock>{self.span('interval')}{readings}</espi:IntervalBlock>"

    def reading(self) -> str:
        quality = self.now_and_then("<espi:ReadingQuality><espi:quality>0</espi:quality></espi:ReadingQuality>", 0.3)
        parts = self.leaf("cost") + quality + self.span("timePeriod") + self.leaf("value") + self.leaf("tou")
        return f"<espi:IntervalReading>{parts}</espi:IntervalReading>"

    def meter_reading(self) -> str:
        return "<espi:MeterReading/>"

    def local_time(self) -> str:
        rules = "<espi:dstEndRule>FFFFFFFF</espi:dstEndRule><espi:dstOffset>0</espi:dstOffset>"
        zone = "<espi:dstStartRule>FFFFFFFF</espi:dstStartRule><espi:tzOffset>0</espi:tzOffset>"
        return f"<espi:LocalTimeParameters>{rules}{zone}</espi:LocalTimeParameters>"

    def summary(self) -> str:
        makers = {"span": self.span, "leaf": self.leaf, "measured": self.measured}
        parts = "".join(makers[maker](name) for maker, name in SUMMARY)
        name = self.random.choice(("UsageSummary", "ElectricPowerUsageSummary"))
        return f"<espi:{name}>{parts}<espi:statusTimeStamp>0</espi:statusTimeStamp></espi:{name}>"

    def quality_summary(self) -> str:
        span = (
            "<espi:summaryInterval><espi:duration>900</espi:duration><espi:start>0</espi:start></espi:summaryInterval>"
        )
        parts = "".join(span if name == "summaryInterval" else self.leaf(name) for name in QUALITIES)
        return f"<espi:ElectricPowerQualitySummary>{parts}</espi:ElectricPowerQualitySummary>"
