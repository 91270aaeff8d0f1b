"""The certification's conditional rules for data, said in our own words: rule id to condition, by function block.

A rule holds when its condition is true at every node of its context: the feed, or each entry of a resource. Source: the
rule tables of the Green Button function blocks; their numbers are kept, so that a finding can be looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

NAMES = {"atom": "http://www.w3.org/2005/Atom", "espi": "http://naesb.org/espi"}

Element = etree._Element


class Feed:
    """A feed that does not change while it is looked at, with its entries by resource and by link."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self._linked: dict[tuple[str, str], dict[str, list[Element]]] = {}

    def linked(self, resource: str, rel: str) -> dict[str, list[Element]]:
        """The entries of a resource by the href of their links of a relation, an entry once a link."""
        if (resource, rel) not in self._linked:
            found: dict[str, list[Element]] = {}
            for entry in entries(self.root, resource):
                for href in hrefs(entry, rel):
                    found.setdefault(href, []).append(entry)
            self._linked[resource, rel] = found
        return self._linked[resource, rel]


Condition = str | Callable[[Feed, Element], bool]
"""An XPath of the node, or a function of the feed and the node."""

SUMMARY = "UsageSummary"


@dataclass(frozen=True)
class Rule:
    """One rule. context: "" for the feed, else the resource whose every entry is looked at."""

    block: int
    id: str
    context: str
    condition: Condition

    def nodes(self, feed: Element) -> list[Element]:
        """Where the rule looks."""
        return entries(feed, self.context) if self.context else [feed]

    def holds(self, root: Element) -> bool:
        """Whether the condition is true everywhere."""
        feed = Feed(root)
        return all(self._at(feed, node) for node in self.nodes(root))

    def _at(self, feed: Feed, node: Element) -> bool:
        if callable(self.condition):
            return self.condition(feed, node)
        return bool(node.xpath(self.condition, namespaces=NAMES))


def xpath(node: Element, path: str) -> list[Element]:
    """The elements, or the texts, that a path finds."""
    found: list[Element] = node.xpath(path, namespaces=NAMES)
    return found


def entries(feed: Element, resource: str) -> list[Element]:
    """The entries of a resource; a usage summary may go by its old name."""
    if resource == SUMMARY:
        return xpath(feed, "atom:entry[*/espi:UsageSummary or */espi:ElectricPowerUsageSummary]")
    return xpath(feed, f"atom:entry[*/espi:{resource}]")


def hrefs(node: Element, rel: str) -> list[str]:
    """The hrefs of an entry's links of one relation."""
    return [str(href) for href in xpath(node, f"atom:link[@rel='{rel}']/@href")]


def _self_is_unique(resource: str) -> Condition:
    def condition(feed: Feed, node: Element) -> bool:
        return all(len(feed.linked(resource, "self")[href]) == 1 for href in hrefs(node, "self"))

    return condition


def _targets(feed: Feed, node: Element, rel: str, resource: str, their_rel: str) -> list[Element]:
    """The entries of a resource that have a link (their_rel) to where a link of the node (rel) leads, once a link."""
    linked = feed.linked(resource, their_rel)
    return [each for href in dict.fromkeys(hrefs(node, rel)) for each in linked.get(href, ())]


def _finds(rel: str, resource: str, their_rel: str, exactly: int | None = None) -> Condition:
    def condition(feed: Feed, node: Element) -> bool:
        found = len(_targets(feed, node, rel, resource, their_rel))
        return found > 0 if exactly is None else found == exactly

    return condition


def _id_is_unique(feed: Feed, node: Element) -> bool:
    ids = [each.text for each in xpath(feed.root, "atom:entry/atom:id")]
    return len(ids) == len(set(ids))


def _reading_types(feed: Feed, meter_reading: Element) -> list[Element]:
    return _targets(feed, meter_reading, "related", "ReadingType", "self")


def _blocks(feed: Feed, meter_reading: Element) -> list[Element]:
    return _targets(feed, meter_reading, "related", "IntervalBlock", "up")


def _starts_are_apart(feed: Feed, node: Element) -> bool:
    return all(
        len(starts) == len(set(starts))
        for block in _blocks(feed, node)
        for starts in [_texts(block, ".//espi:timePeriod/espi:start")]
    )


def _blocks_start_apart(feed: Feed, node: Element) -> bool:
    starts = [text for block in _blocks(feed, node) for text in _texts(block, ".//espi:interval/espi:start")]
    return len(starts) == len(set(starts))


def _load_profile_has_blocks(feed: Feed, node: Element) -> bool:
    profiles = [each for each in _reading_types(feed, node) if xpath(each, "*/*[espi:accumulationBehaviour=4]")]
    return not profiles or bool(_blocks(feed, node))


def _starts_with_a_reading(feed: Feed, node: Element) -> bool:
    starts = set(_texts(node, ".//espi:IntervalReading/espi:timePeriod/espi:start"))
    return bool(set(_texts(node, ".//espi:interval/espi:start")) & starts)


def _texts(node: Element, path: str) -> list[str]:
    return [each.text or "" for each in xpath(node, path)]


def _has_type(**wanted: int) -> Condition:
    conditions = "".join(f"[espi:{name}={value}]" for name, value in wanted.items())
    return f"atom:entry[*/espi:ReadingType{conditions}]"


def _measured_at(service: int, *choices: str) -> Condition:
    """A reading type of one of the kinds, of a meter reading of a usage point of the service."""

    def condition(feed: Feed, node: Element) -> bool:
        return any(
            xpath(kind, f"*/espi:ReadingType{choice}")
            and xpath(point, f"*/*/espi:ServiceCategory[espi:kind={service}]")
            for reading in entries(feed.root, "MeterReading")
            for kind in _reading_types(feed, reading)
            for point in _targets(feed, reading, "up", "UsagePoint", "related")
            for choice in choices
        )

    return condition


def _energy(flow: int) -> Condition:
    return _has_type(accumulationBehaviour=4, commodity=1, flowDirection=flow, kind=12, uom=72)


def _chosen(names: str, *units: int) -> str:
    return names + "[" + " or ".join(f"espi:uom={unit}" for unit in units) + "]"


DELIVERED = "[espi:accumulationBehaviour=4][espi:flowDirection=1]"

_OPTIONAL_TOTAL = "espi:currentBillingPeriodOverAllConsumption"


def _whole(name: str) -> Condition:
    return f"not(*/*/{_OPTIONAL_TOTAL}) or */*/{_OPTIONAL_TOTAL}/espi:{name}"


def _common() -> Iterator[Rule]:
    for number, condition in {
        "D000": "self::atom:feed",
        "D001": "atom:id",
        "D002": "atom:title",
        "D003": "atom:updated",
        "D004": _id_is_unique,
        "D006": "atom:entry[*/espi:UsagePoint]",
        "D136": "atom:entry[*/espi:LocalTimeParameters]",
    }.items():
        yield Rule(1, number, "", condition)
    for number, condition in {
        "D008": "atom:content/espi:UsagePoint/espi:ServiceCategory/espi:kind",
        "D009": "atom:published",
        "D010": "atom:updated",
        "D011": "atom:id",
        "D012": "atom:title",
        "D013": "atom:link[@rel='self']/@href",
        "D015": "atom:link[@rel='up']/@href",
        "D016": "atom:link[@rel='related']/@href",
        "D014": _self_is_unique("UsagePoint"),
        "D007": _finds("related", "LocalTimeParameters", "self", 1),
    }.items():
        yield Rule(1, number, "UsagePoint", condition)
    for number, condition in {
        "D137": "atom:title",
        "D138": "atom:id",
        "D139": "atom:link[@rel='self']/@href",
        "D140": "atom:link[@rel='up']/@href",
        "D141": "atom:published",
        "D142": "atom:updated",
        "D143": _self_is_unique("LocalTimeParameters"),
        "D135": _finds("self", "UsagePoint", "related"),
    }.items():
        yield Rule(1, number, "LocalTimeParameters", condition)


def _interval_metering() -> Iterator[Rule]:
    for number, resource in {"D027": "MeterReading", "D032": "IntervalBlock", "D049": "ReadingType"}.items():
        yield Rule(4, number, "", f"atom:entry[*/espi:{resource}]")
    for number, condition in {
        "D018": "atom:id",
        "D019": "atom:title",
        "D029": "atom:published",
        "D030": "atom:updated",
        "D020": "atom:link[@rel='self']/@href",
        "D022": "atom:link[@rel='up']/@href",
        "D021": _self_is_unique("MeterReading"),
        "D023": _finds("up", "UsagePoint", "related", 1),
        "D024": _finds("related", "ReadingType", "self", 1),
        "D025": _finds("related", "IntervalBlock", "up"),
        "D028": "atom:content/espi:MeterReading",
        "D054": lambda feed, node: len(_reading_types(feed, node)) == 1,
        "D145": _starts_are_apart,
        "D146": _blocks_start_apart,
        "D026": _load_profile_has_blocks,
    }.items():
        yield Rule(4, number, "MeterReading", condition)
    for number, condition in {
        "D031": "atom:id",
        "D033": "atom:title",
        "D040": "atom:published",
        "D041": "atom:updated",
        "D034": "atom:link[@rel='self']/@href",
        "D036": "atom:link[@rel='up']/@href",
        "D035": _self_is_unique("IntervalBlock"),
        "D037": _finds("up", "MeterReading", "related", 1),
        "D038": "*/*/espi:interval/espi:duration",
        "D039": "*/*/espi:interval/espi:start",
        "D042": _starts_with_a_reading,
        "D044": "*/*/espi:IntervalReading/espi:timePeriod/espi:duration",
        "D045": "*/*/espi:IntervalReading/espi:timePeriod/espi:start",
        "D046": "*/*/espi:IntervalReading/espi:value",
    }.items():
        yield Rule(4, number, "IntervalBlock", condition)
    for number, condition in {
        "D048": "atom:id",
        "D050": "atom:title",
        "D069": "atom:published",
        "D070": "atom:updated",
        "D051": "atom:link[@rel='self']/@href",
        "D053": "atom:link[@rel='up']/@href",
        "D052": _self_is_unique("ReadingType"),
        "D062": "*/*/espi:intervalLength",
        "D063": "*/*/espi:kind",
        "D065": "*/*/espi:powerOfTenMultiplier",
        "D068": "*/*/espi:uom",
    }.items():
        yield Rule(4, number, "ReadingType", condition)


def _commodities() -> Iterator[Rule]:
    electricity = DELIVERED + "[espi:commodity=1][espi:kind=12][espi:uom=72]"
    yield Rule(5, "D078", "", _measured_at(0, electricity))
    yield Rule(5, "D064", "ReadingType", "not(*/*[espi:commodity=1]) or */*/espi:phase")
    yield Rule(7, "D074", "", _energy(4))
    yield Rule(8, "D076", "", _energy(19))
    yield Rule(9, "D077", "", _has_type(accumulationBehaviour=1, commodity=1, flowDirection=1, kind=12, uom=72))
    heat = _chosen(DELIVERED + "[espi:commodity=7][espi:kind=12]", 31, 132, 169)
    yield Rule(10, "D079", "", _measured_at(1, heat, _chosen("[espi:kind=58]", 42, 119)))
    volume = _chosen(DELIVERED + "[espi:commodity=9][espi:kind=58]", 128, 119, 42)
    yield Rule(11, "D080", "", _measured_at(2, volume))
    yield Rule(12, "D043", "IntervalBlock", "*/*/espi:IntervalReading/espi:cost")
    yield Rule(12, "D058", "ReadingType", "*/*/espi:currency")


def _summaries() -> Iterator[Rule]:
    yield Rule(15, "D083", "", lambda feed, _: bool(entries(feed.root, SUMMARY)))
    for number, condition in {
        "D082": "atom:id",
        "D084": "atom:title",
        "D101": "atom:published",
        "D102": "atom:updated",
        "D085": "atom:link[@rel='self']/@href",
        "D087": "atom:link[@rel='up']/@href",
        "D086": _self_is_unique(SUMMARY),
        "D088": _finds("up", "UsagePoint", "related", 1),
        "D089": "*/*/espi:billingPeriod/espi:duration",
        "D090": "*/*/espi:billingPeriod/espi:start",
        "D081": "*/*/espi:overallConsumptionLastPeriod",
        "D099": "*/*/espi:qualityOfReading",
        "D100": "*/*/espi:statusTimeStamp",
        "D095": _whole("powerOfTenMultiplier"),
        "D096": _whole("timeStamp"),
        "D097": _whole("uom"),
        "D098": _whole("value"),
    }.items():
        yield Rule(15, number, SUMMARY, condition)
    for number, name in {"D091": "billLastPeriod", "D093": "costAdditionalLastPeriod", "D094": "currency"}.items():
        yield Rule(16, number, SUMMARY, f"*/*/espi:{name}")


RULES = (*_common(), *_interval_metering(), *_commodities(), *_summaries())


def failures(feed: Element, *blocks: int) -> list[str]:
    """The rules of some function blocks that do not hold in a feed."""
    return [rule.id for rule in RULES if rule.block in blocks and not rule.holds(feed)]
