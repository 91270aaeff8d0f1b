"""The certification's data rules as plain XPath 1.0, each with its context: what the kit's verdicts are measured by.

A rule holds when its condition is true at every node of its context. `$current` is that node. `E(X)` stands for the
entries that have an element X of the usage namespace, `SUMMARIES` for those of either usage summary. Written from the
rule tables and from nothing of the kit; evaluated by libxml2 on the whole document in memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from lxml import etree

NAMES = {"atom": "http://www.w3.org/2005/Atom", "espi": "http://naesb.org/espi"}
SUMMARIES = "/atom:feed/atom:entry[*/espi:UsageSummary or */espi:ElectricPowerUsageSummary]"
SELF = "atom:link[@rel='self']/@href"
UP = "atom:link[@rel='up']/@href"
RELATED = "atom:link[@rel='related']/@href"


@dataclass(frozen=True)
class Rule:
    """One rule of one function block. context and condition: XPath with the short forms above."""

    block: int
    id: str
    context: str
    condition: str

    def holds(self, document: etree._ElementTree) -> bool:
        """Whether the condition is true at every node of the context."""
        condition = compiled(f"boolean({self.condition})")
        contexts = compiled(self.context)(document) if self.context != "/" else [document]
        return all(condition(node, current=[] if node is document else [node]) for node in contexts)


@cache
def compiled(path: str) -> etree.XPath:
    """The XPath with its short forms replaced."""
    spelled_out = re.sub(r"E\((\w+)\)", r"/atom:feed/atom:entry[*/espi:\1]", path.replace("SUMMARIES", SUMMARIES))
    return etree.XPath(spelled_out, namespaces=NAMES)


def failures(document: etree._ElementTree) -> set[str]:
    """The ids of the rules, of all function blocks, that do not hold in a document."""
    return {rule.id for rule in RULES if not rule.holds(document)}


def _linked(entries: str, rel: str, current: str) -> str:
    """How many links of a relation, of these entries, lead to where the current node's links of another relation do."""
    return f"count({entries}/atom:link[@rel='{rel}' and @href = $current/atom:link[@rel='{current}']/@href])"


def _envelope(block: int, entries: str, numbers: str) -> list[Rule]:
    """The rules every resource has, in this order: id, title, published, updated, self, up, self is unique."""
    conditions = ("atom:id", "atom:title", "atom:published", "atom:updated", SELF, UP, _linked(entries, "self", "self"))
    return [
        Rule(block, number, entries, condition + " = 1" * condition.startswith("count"))
        for number, condition in zip(numbers.split(), conditions, strict=True)
    ]


_FEED = "/atom:feed"
_BLOCKS_OF = "E(IntervalBlock)[atom:link[@rel='up']/@href = $current/atom:link[@rel='related']/@href]"

_FB_01 = [
    Rule(1, "D000", "/", "/atom:feed"),
    Rule(1, "D001", _FEED, "atom:id"),
    Rule(1, "D002", _FEED, "atom:title"),
    Rule(1, "D003", _FEED, "atom:updated"),
    Rule(1, "D004", "/atom:feed/atom:entry", "count(/atom:feed/atom:entry[atom:id = $current/atom:id]) > 0"),
    Rule(1, "D006", _FEED, "atom:entry[*/espi:UsagePoint]"),
    Rule(1, "D136", _FEED, "atom:entry[*/espi:LocalTimeParameters]"),
    Rule(1, "D008", "E(UsagePoint)", "atom:content/espi:UsagePoint/espi:ServiceCategory/espi:kind"),
    *_envelope(1, "E(UsagePoint)", "D011 D012 D009 D010 D013 D015 D014"),
    Rule(1, "D016", "E(UsagePoint)", RELATED),
    Rule(1, "D007", "E(UsagePoint)", _linked("E(LocalTimeParameters)", "self", "related") + " = 1"),
    *_envelope(1, "E(LocalTimeParameters)", "D138 D137 D141 D142 D139 D140 D143"),
    Rule(1, "D135", "E(LocalTimeParameters)", _linked("E(UsagePoint)", "related", "self") + " > 0"),
]

_FB_04 = [
    Rule(4, "D027", _FEED, "atom:entry[*/espi:MeterReading]"),
    Rule(4, "D032", _FEED, "atom:entry[*/espi:IntervalBlock]"),
    Rule(4, "D049", _FEED, "atom:entry[*/espi:ReadingType]"),
    *_envelope(4, "E(MeterReading)", "D018 D019 D029 D030 D020 D022 D021"),
    Rule(4, "D023", "E(MeterReading)", _linked("E(UsagePoint)", "related", "up") + " = 1"),
    Rule(4, "D024", "E(MeterReading)", _linked("E(ReadingType)", "self", "related") + " = 1"),
    Rule(4, "D025", "E(MeterReading)", _linked("E(IntervalBlock)", "up", "related") + " > 0"),
    Rule(4, "D028", "E(MeterReading)", "atom:content/espi:MeterReading"),
    Rule(4, "D054", "E(MeterReading)", f"count(atom:link[@rel='related'][@href = E(ReadingType)/{SELF}]) = 1"),
    Rule(
        4,
        "D145",
        "E(MeterReading)",
        f"not({_BLOCKS_OF}/atom:content/espi:IntervalBlock/espi:IntervalReading"
        "[espi:timePeriod/espi:start = preceding-sibling::espi:IntervalReading/espi:timePeriod/espi:start])",
    ),
    Rule(
        4,
        "D146",
        "E(MeterReading)",
        f"not({_BLOCKS_OF}/atom:content/espi:IntervalBlock[espi:interval/espi:start ="
        " (preceding-sibling::espi:IntervalBlock | ../preceding-sibling::atom:content/espi:IntervalBlock"
        " | ../../preceding-sibling::atom:entry"
        "[atom:link[@rel='up']/@href = $current/atom:link[@rel='related']/@href]/atom:content/espi:IntervalBlock)"
        "/espi:interval/espi:start])",
    ),
    Rule(
        4,
        "D026",
        "E(MeterReading)/atom:link[@rel='related'][@href = "
        f"E(ReadingType)[atom:content/espi:ReadingType/espi:accumulationBehaviour = 4]/{SELF}]",
        "count(E(IntervalBlock)/atom:link[@rel='up' and @href = $current/../atom:link[@rel='related']/@href]) > 0",
    ),
    *_envelope(4, "E(IntervalBlock)", "D031 D033 D040 D041 D034 D036 D035"),
    Rule(4, "D037", "E(IntervalBlock)", _linked("E(MeterReading)", "related", "up") + " = 1"),
    Rule(4, "D038", "E(IntervalBlock)", "atom:content/espi:IntervalBlock/espi:interval/espi:duration"),
    Rule(4, "D039", "E(IntervalBlock)", "atom:content/espi:IntervalBlock/espi:interval/espi:start"),
    Rule(
        4,
        "D042",
        "E(IntervalBlock)",
        "atom:content/espi:IntervalBlock/espi:interval/espi:start ="
        " atom:content/espi:IntervalBlock/espi:IntervalReading/espi:timePeriod/espi:start",
    ),
    *(
        Rule(4, number, "E(IntervalBlock)", f"atom:content/espi:IntervalBlock/espi:IntervalReading/{path}")
        for number, path in (
            ("D044", "espi:timePeriod/espi:duration"),
            ("D045", "espi:timePeriod/espi:start"),
            ("D046", "espi:value"),
        )
    ),
    *_envelope(4, "E(ReadingType)", "D048 D050 D069 D070 D051 D053 D052"),
    Rule(4, "D062", "E(ReadingType)", "atom:content/espi:ReadingType/espi:intervalLength"),
    Rule(4, "D063", "E(ReadingType)", "atom:content/espi:ReadingType/espi:kind"),
    Rule(4, "D065", "E(ReadingType)", "atom:content/espi:ReadingType/espi:powerOfTenMultiplier"),
    Rule(4, "D068", "E(ReadingType)", "atom:content/espi:ReadingType/espi:uom"),
]


def _type(accumulation: int, commodity: int, flow: int, kind: int, uom: int) -> str:
    values = {"accumulationBehaviour": accumulation, "commodity": commodity, "flowDirection": flow, "kind": kind}
    return " and ".join(_is(name, value) for name, value in {**values, "uom": uom}.items())


def _is(name: str, *values: int) -> str:
    """That a reading type of the entry has one of some values."""
    return " or ".join(f"atom:content/espi:ReadingType/espi:{name} = {value}" for value in values)


def _exists(block: int, number: str, condition: str) -> Rule:
    return Rule(block, number, _FEED, f"E(ReadingType)[{condition}]")


def _used(block: int, number: str, condition: str, service: int) -> Rule:
    """A reading type used by a meter reading of a usage point of a service."""
    types = f"E(ReadingType)[{condition}]/{SELF}"
    points = f"E(UsagePoint)[atom:content/espi:UsagePoint/espi:ServiceCategory/espi:kind = {service}]/{RELATED}"
    return Rule(block, number, _FEED, f"E(MeterReading)[{RELATED} = {types}][{UP} = {points}]")


_COMMODITIES = [
    _used(5, "D078", _type(4, 1, 1, 12, 72), 0),
    Rule(
        5,
        "D064",
        "E(ReadingType)[atom:content/espi:ReadingType/espi:commodity = 1]",
        "atom:content/espi:ReadingType/espi:phase",
    ),
    _exists(6, "D071", _type(12, 1, 1, 37, 38)),
    _exists(6, "D072", _type(12, 1, 1, 12, 61)),
    _exists(6, "D073", _type(12, 1, 1, 12, 63)),
    _exists(7, "D074", _type(4, 1, 4, 12, 72)),
    _exists(8, "D076", _type(4, 1, 19, 12, 72)),
    _exists(9, "D077", _type(1, 1, 1, 12, 72)),
    _used(
        10,
        "D079",
        f"{_is('accumulationBehaviour', 4)} and {_is('commodity', 7)} and {_is('flowDirection', 1)}"
        f" and {_is('kind', 12)} and ({_is('uom', 31, 132, 169)}) or {_is('kind', 58)} and ({_is('uom', 42, 119)})",
        1,
    ),
    _used(
        11,
        "D080",
        f"{_is('accumulationBehaviour', 4)} and {_is('commodity', 9)} and {_is('flowDirection', 1)}"
        f" and {_is('kind', 58)} and ({_is('uom', 128, 119, 42)})",
        2,
    ),
    Rule(12, "D043", "E(IntervalBlock)", "atom:content/espi:IntervalBlock/espi:IntervalReading/espi:cost"),
    Rule(12, "D058", "E(ReadingType)", "atom:content/espi:ReadingType/espi:currency"),
    _exists(29, "D147", f"{_is('kind', 46)} and {_is('uom', 6)}"),
]

_SUMMARY = "atom:content/*[self::espi:UsageSummary or self::espi:ElectricPowerUsageSummary]"


def _of_summary(block: int, **paths: str) -> list[Rule]:
    """Rules that an element of each summary is there; several paths, parted by a space, must all be."""
    return [
        Rule(block, number, SUMMARIES, " and ".join(f"{_SUMMARY}/espi:{path}" for path in found.split()))
        for number, found in paths.items()
    ]


def _if_there(name: str, **parts: str) -> list[Rule]:
    return [
        Rule(15, number, SUMMARIES, f"not({_SUMMARY}/espi:{name}) or {_SUMMARY}/espi:{name}/espi:{part}")
        for number, part in parts.items()
    ]


_SUMMARY_RULES = [
    Rule(15, "D083", _FEED, SUMMARIES),
    *_envelope(15, SUMMARIES, "D082 D084 D101 D102 D085 D087 D086"),
    Rule(15, "D088", SUMMARIES, _linked("E(UsagePoint)", "related", "up") + " = 1"),
    *_of_summary(
        15,
        D089="billingPeriod/espi:duration",
        D090="billingPeriod/espi:start",
        D081="overallConsumptionLastPeriod",
        D099="qualityOfReading",
        D100="statusTimeStamp",
    ),
    *_if_there(
        "currentBillingPeriodOverAllConsumption",
        D095="powerOfTenMultiplier",
        D096="timeStamp",
        D097="uom",
        D098="value",
    ),
    *_of_summary(16, D091="billLastPeriod", D093="costAdditionalLastPeriod", D094="currency"),
    *_of_summary(
        27,
        D103="ratchetDemand",
        D108="ratchetDemand/espi:powerOfTenMultiplier ratchetDemand/espi:uom",
        D104="ratchetDemandPeriod",
        D109="ratchetDemandPeriod/espi:duration ratchetDemandPeriod/espi:start",
        D105="peakDemand",
        D110="peakDemand/espi:powerOfTenMultiplier peakDemand/espi:uom",
        D106="currentDayOverallConsumption/espi:powerOfTenMultiplier",
        D111="currentDayOverallConsumption/espi:powerOfTenMultiplier currentDayOverallConsumption/espi:uom",
        D107="previousDayOverallConsumption/espi:powerOfTenMultiplier",
        D112="previousDayOverallConsumption/espi:powerOfTenMultiplier previousDayOverallConsumption/espi:uom",
    ),
    *_of_summary(28, D092="billToDate"),
]

_QUALITY = "E(ElectricPowerQualitySummary)"

_FB_17 = [
    Rule(17, "D126", _FEED, _QUALITY),
    *_envelope(17, _QUALITY, "D128 D127 D131 D132 D129 D130 D133"),
    *(
        Rule(17, number, _QUALITY, f"atom:content/espi:ElectricPowerQualitySummary/espi:{name}")
        for number, name in {
            "D113": "flickerPlt",
            "D114": "flickerPst",
            "D115": "harmonicVoltage",
            "D116": "longInterruptions",
            "D117": "mainsVoltage",
            "D118": "powerFrequency",
            "D119": "rapidVoltageChanges",
            "D120": "shortInterruptions",
            "D121": "summaryInterval",
            "D122": "supplyVoltageDips",
            "D123": "supplyVoltageImbalance",
            "D124": "supplyVoltageVariations",
            "D125": "tempOvervoltage",
        }.items()
    ),
    Rule(
        17,
        "D134",
        _QUALITY,
        "atom:content/espi:ElectricPowerQualitySummary/espi:summaryInterval/espi:duration"
        " and atom:content/espi:ElectricPowerQualitySummary/espi:summaryInterval/espi:start",
    ),
]

_FB_99 = [
    Rule(
        99,
        "D047",
        "E(IntervalBlock)",
        "atom:content/espi:IntervalBlock/espi:IntervalReading/espi:ReadingQuality/espi:quality",
    ),
    *(
        Rule(99, number, "E(ReadingType)", f"atom:content/espi:ReadingType/espi:{name}")
        for number, name in {
            "D057": "consumptionTier",
            "D059": "dataQualifier",
            "D060": "defaultQuality",
            "D066": "timeAttribute",
            "D067": "tou",
        }.items()
    ),
    Rule(99, "D017", "E(UsagePoint)", "atom:content/espi:UsagePoint/espi:roleFlags"),
    Rule(99, "D005", "E(UsagePoint)", "atom:content/espi:UsagePoint/espi:status"),
]

RULES = (*_FB_01, *_FB_04, *_COMMODITIES, *_SUMMARY_RULES, *_FB_17, *_FB_99)
"""Every data rule of the usage namespace, in the order of the tables."""
