"""Whatever is done to a good feed: the kit never passes what schema or rules forbid, nor fails what they allow."""

from __future__ import annotations

from hypothesis import given, settings
from lxml import etree

from conformance.blocks import NAMES
from conformance.outcome import Outcome
from conformance.samples.catalogue import good
from tests.conformance.judging import data_rules_broken, data_rules_failed, judged
from tests.conformance.mutations import mutated

SMALL = ("bill", "demand", "services")
OTHERS = ("authorization", "electricity", "registration", "retail_customer")
ATOM = "http://www.w3.org/2005/Atom"
ROOT = b"<feed xmlns"


def keeps_to_the_rules(content: bytes) -> bool:
    """Whether the kit fails what is broken and, in a feed that its schemas allow, nothing more.

    An entry that stands alone is beyond the rules, which speak of feeds. So are elements that no reader understands:
    then it is enough that the document is not valid.
    """
    failed, broken = data_rules_failed(content), data_rules_broken(content)
    if "XSD002" in broken:
        return failed >= (broken if can_be_understood(content) else {"XSD002"})
    return failed == broken if content.startswith(ROOT) else failed >= broken


def can_be_understood(content: bytes) -> bool:
    """Whether no element of a resource has text beside elements, or elements of another namespace."""
    resources = [each for each in etree.fromstring(content).iter("*") if etree.QName(each).namespace != ATOM]
    return not any(
        (each.text or "").strip() or etree.QName(child).namespace != etree.QName(each).namespace
        for each in resources
        for child in each.iterchildren("*")
    )


@settings(max_examples=80, deadline=None)
@given(mutated(SMALL))
def test_a_small_feed_that_was_altered_is_judged_as_its_rules_are_written(content: bytes) -> None:
    assert keeps_to_the_rules(content)


@settings(max_examples=30, deadline=None)
@given(mutated(OTHERS))
def test_any_other_file_that_was_altered_is_judged_as_its_rules_are_written(content: bytes) -> None:
    assert keeps_to_the_rules(content)


@settings(max_examples=60, deadline=None)
@given(mutated((*SMALL, *OTHERS, "notification")))
def test_no_check_breaks_on_a_file_that_was_altered(content: bytes) -> None:
    results = judged(content, blocks=NAMES, previous=good("services"))
    assert [(each.requirement.id, each.why) for each in results if each.outcome is Outcome.ERROR] == []


def test_a_reading_type_behind_another_resource_is_judged_by_its_own_rules() -> None:
    tree = etree.fromstring(good("bill"))
    (place,) = tree.iter("{http://naesb.org/espi}ReadingType")
    place.addprevious(etree.Element("{http://naesb.org/espi}SummaryMeasurement"))
    results = {each.requirement.id: each.outcome for each in judged(etree.tostring(tree))}
    assert results["ENV002"] is Outcome.FAIL
    assert results["LNK005"] is Outcome.PASS
