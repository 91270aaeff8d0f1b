"""The kit's verdict on each data rule is that of the rule's XPath, on every sample file."""

from __future__ import annotations

import pytest

from conformance import checks
from conformance.samples.catalogue import Sample, good, goods, samples
from conformance.suite import FILE_CHECKS
from tests.conformance.judging import DATA_RULES, data_rules_broken, data_rules_failed
from tests.conformance.random_feeds import Chance
from tests.conformance.xpath_rules import RULES

READABLE = [each for each in samples().values() if each.rule not in {"XSD001", "XSD003"}]


def test_every_data_rule_has_its_xpath_and_its_check() -> None:
    checks.load()
    assert len(RULES) == len(DATA_RULES)
    assert {name for name in FILE_CHECKS if name[0] == "D" and name[1].isdigit()} == DATA_RULES


@pytest.mark.parametrize("name", goods())
def test_good_files_are_judged_as_the_rules_are_written(name: str) -> None:
    assert data_rules_failed(good(name)) == data_rules_broken(good(name))


@pytest.mark.parametrize("sample", READABLE, ids=lambda sample: sample.name)
def test_broken_files_are_judged_as_the_rules_are_written(sample: Sample) -> None:
    broken = data_rules_broken(sample.broken)
    assert data_rules_failed(sample.broken) == broken
    assert sample.rule in broken or sample.rule not in DATA_RULES


@pytest.mark.parametrize("seed", range(4))
def test_feeds_thrown_together_are_judged_as_the_rules_are_written(seed: int) -> None:
    chance = Chance(seed)
    for _ in range(60):
        content = chance.feed()
        assert data_rules_failed(content) == data_rules_broken(content), content
