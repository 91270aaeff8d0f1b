"""Every conditional rule of the function blocks holds on our feeds, and every rule can fail."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from lxml import etree

from tests.function_block_rules import RULES, SUMMARY, Element, Rule, entries, failures, xpath
from tests.metered import World

Break = Callable[[Element], None]

FEEDS = {
    "electricity": (1, 4, 5),
    "two points": (1, 4, 5),
    "net": (1, 4, 7),
    "solar": (1, 4, 5, 8),
    "register": (1, 4, 5, 9),
    "gas": (1, 4, 10),
    "water": (1, 4, 11),
    "cost": (1, 4, 5, 12),
    "bills": (1, 4, 5, 15, 16),
}
"""Which function blocks a feed of each kind of data must satisfy."""

OF_BLOCK = {block: name for name, blocks in reversed(FEEDS.items()) for block in blocks}
"""A feed that has what each function block speaks of."""


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Element]:
    world = World(tmp_path_factory.mktemp("rules"))
    world.fill()
    made = {name: etree.fromstring(world.feed(name)) for name in FEEDS}
    world.database.close()
    return made


def broken(resource: str, path: str, change: Break) -> Break:
    """Change what a path finds in the first entry of a resource, or in the feed where it is empty."""

    def apply(feed: Element) -> None:
        node = entries(feed, resource)[0] if resource else feed
        found = xpath(node, path)
        assert found, path
        for each in found:
            change(each)

    return apply


def remove(element: Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def without(resource: str, path: str) -> Break:
    return broken(resource, path, remove)


def put(resource: str, path: str, text: str) -> Break:
    def change(element: Element) -> None:
        element.text = text

    return broken(resource, path, change)


def renamed(resource: str, path: str, tag: str) -> Break:
    def change(element: Element) -> None:
        element.tag = tag

    return broken(resource, path, change)


def led_astray(resource: str, path: str) -> Break:
    def change(link: Element) -> None:
        link.set("href", "https://elsewhere.example/1")

    return broken(resource, path, change)


def doubled(resource: str) -> Break:
    def change(entry: Element) -> None:
        entry.addnext(copy.deepcopy(entry))

    return broken(resource, "self::*", change)


def gone(resource: str) -> Break:
    def apply(feed: Element) -> None:
        for entry in entries(feed, resource):
            feed.remove(entry)

    return apply


def same(resource: str, path: str) -> Break:
    """The second of what a path finds among the feed's entries becomes equal to the first."""

    def apply(feed: Element) -> None:
        found = [each for entry in entries(feed, resource) for each in xpath(entry, path)]
        found[1].text = found[0].text

    return apply


def self_link(resource: str) -> Break:
    return without(resource, "atom:link[@rel='self']")


def up_link(resource: str) -> Break:
    return without(resource, "atom:link[@rel='up']")


def related(resource: str, kind: str) -> Break:
    return led_astray(resource, f"atom:link[@rel='related'][contains(@href, '/{kind}')]")


def unknown_total(name: str) -> Break:
    return without(SUMMARY, f"*/*/espi:currentBillingPeriodOverAllConsumption/espi:{name}")


BREAKS: dict[str, Break] = {
    "D000": renamed("", "self::*", "{http://www.w3.org/2005/Atom}feeds"),
    "D001": without("", "atom:id"),
    "D002": without("", "atom:title"),
    "D003": without("", "atom:updated"),
    "D004": doubled("UsagePoint"),
    "D006": gone("UsagePoint"),
    "D136": gone("LocalTimeParameters"),
    "D008": without("UsagePoint", "*/*/*/espi:kind"),
    "D009": without("UsagePoint", "atom:published"),
    "D010": without("UsagePoint", "atom:updated"),
    "D011": without("UsagePoint", "atom:id"),
    "D012": without("UsagePoint", "atom:title"),
    "D013": self_link("UsagePoint"),
    "D015": up_link("UsagePoint"),
    "D016": without("UsagePoint", "atom:link[@rel='related']"),
    "D014": doubled("UsagePoint"),
    "D007": related("UsagePoint", "LocalTimeParameters"),
    "D137": without("LocalTimeParameters", "atom:title"),
    "D138": without("LocalTimeParameters", "atom:id"),
    "D139": self_link("LocalTimeParameters"),
    "D140": up_link("LocalTimeParameters"),
    "D141": without("LocalTimeParameters", "atom:published"),
    "D142": without("LocalTimeParameters", "atom:updated"),
    "D143": doubled("LocalTimeParameters"),
    "D135": related("UsagePoint", "LocalTimeParameters"),
    "D027": gone("MeterReading"),
    "D032": gone("IntervalBlock"),
    "D049": gone("ReadingType"),
    "D018": without("MeterReading", "atom:id"),
    "D019": without("MeterReading", "atom:title"),
    "D029": without("MeterReading", "atom:published"),
    "D030": without("MeterReading", "atom:updated"),
    "D020": self_link("MeterReading"),
    "D022": up_link("MeterReading"),
    "D021": doubled("MeterReading"),
    "D023": related("UsagePoint", "MeterReading"),
    "D024": related("MeterReading", "ReadingType"),
    "D025": related("MeterReading", "IntervalBlock"),
    "D028": renamed("MeterReading", "atom:content", "{http://www.w3.org/2005/Atom}contents"),
    "D054": doubled("ReadingType"),
    "D145": same("IntervalBlock", ".//espi:timePeriod/espi:start"),
    "D146": same("IntervalBlock", "*/*/espi:interval/espi:start"),
    "D026": related("MeterReading", "IntervalBlock"),
    "D031": without("IntervalBlock", "atom:id"),
    "D033": without("IntervalBlock", "atom:title"),
    "D040": without("IntervalBlock", "atom:published"),
    "D041": without("IntervalBlock", "atom:updated"),
    "D034": self_link("IntervalBlock"),
    "D036": up_link("IntervalBlock"),
    "D035": doubled("IntervalBlock"),
    "D037": related("MeterReading", "IntervalBlock"),
    "D038": without("IntervalBlock", "*/*/espi:interval/espi:duration"),
    "D039": without("IntervalBlock", "*/*/espi:interval/espi:start"),
    "D042": put("IntervalBlock", "*/*/espi:interval/espi:start", "1"),
    "D044": without("IntervalBlock", ".//espi:timePeriod/espi:duration"),
    "D045": without("IntervalBlock", ".//espi:timePeriod/espi:start"),
    "D046": without("IntervalBlock", ".//espi:value"),
    "D048": without("ReadingType", "atom:id"),
    "D050": without("ReadingType", "atom:title"),
    "D069": without("ReadingType", "atom:published"),
    "D070": without("ReadingType", "atom:updated"),
    "D051": self_link("ReadingType"),
    "D053": up_link("ReadingType"),
    "D052": doubled("ReadingType"),
    "D062": without("ReadingType", "*/*/espi:intervalLength"),
    "D063": without("ReadingType", "*/*/espi:kind"),
    "D065": without("ReadingType", "*/*/espi:powerOfTenMultiplier"),
    "D068": without("ReadingType", "*/*/espi:uom"),
    "D078": put("UsagePoint", "*/*/*/espi:kind", "1"),
    "D064": without("ReadingType", "*/*/espi:phase"),
    "D074": put("", "*/*/*/espi:flowDirection", "20"),
    "D076": put("", "*/*/*/espi:flowDirection", "1"),
    "D077": put("", "*/*/*/espi:accumulationBehaviour", "4"),
    "D079": put("UsagePoint", "*/*/*/espi:kind", "0"),
    "D080": put("ReadingType", "*/*/espi:commodity", "7"),
    "D043": without("IntervalBlock", ".//espi:cost"),
    "D058": without("ReadingType", "*/*/espi:currency"),
    "D083": gone(SUMMARY),
    "D082": without(SUMMARY, "atom:id"),
    "D084": without(SUMMARY, "atom:title"),
    "D101": without(SUMMARY, "atom:published"),
    "D102": without(SUMMARY, "atom:updated"),
    "D085": self_link(SUMMARY),
    "D087": up_link(SUMMARY),
    "D086": doubled(SUMMARY),
    "D088": related("UsagePoint", "UsageSummary"),
    "D089": without(SUMMARY, "*/*/espi:billingPeriod/espi:duration"),
    "D090": without(SUMMARY, "*/*/espi:billingPeriod/espi:start"),
    "D081": without(SUMMARY, "*/*/espi:overallConsumptionLastPeriod"),
    "D099": without(SUMMARY, "*/*/espi:qualityOfReading"),
    "D100": without(SUMMARY, "*/*/espi:statusTimeStamp"),
    "D095": unknown_total("powerOfTenMultiplier"),
    "D096": unknown_total("timeStamp"),
    "D097": unknown_total("uom"),
    "D098": unknown_total("value"),
    "D091": without(SUMMARY, "*/*/espi:billLastPeriod"),
    "D093": without(SUMMARY, "*/*/espi:costAdditionalLastPeriod"),
    "D094": without(SUMMARY, "*/*/espi:currency"),
}
"""For each rule a feed that is good but for one thing."""


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_keeps_the_rules_of_its_function_blocks(feeds: dict[str, Element], name: str) -> None:
    assert failures(feeds[name], *FEEDS[name]) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_has_something_to_look_at_and_can_fail(feeds: dict[str, Element], rule: Rule) -> None:
    feed = copy.deepcopy(feeds[OF_BLOCK[rule.block]])
    assert rule.nodes(feed)
    assert rule.holds(feed)
    BREAKS[rule.id](feed)
    assert not rule.holds(feed)


def test_no_rule_is_listed_twice_and_none_lacks_its_broken_feed() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
    assert set(ids) == set(BREAKS)
