"""Whatever is done to a good feed: the kit never passes what schema or rules forbid, nor fails what they allow."""

from __future__ import annotations

from hypothesis import given, settings

from tests.conformance.judging import data_rules_broken, data_rules_failed
from tests.conformance.mutations import mutated

SMALL = ("bill", "demand", "services")
OTHERS = ("authorization", "electricity", "registration", "retail_customer")
ROOT = b"<feed xmlns"


def keeps_to_the_rules(content: bytes) -> bool:
    """Whether the kit fails what is broken and, in a feed that its schemas allow, nothing more.

    An entry that stands alone, and elements within a text, are beyond the rules: they speak of neither.
    """
    failed, broken = data_rules_failed(content), data_rules_broken(content)
    exact = content.startswith(ROOT) and "XSD002" not in broken
    return failed == broken if exact else failed >= broken


@settings(max_examples=120, deadline=None)
@given(mutated(SMALL))
def test_a_small_feed_that_was_altered_is_judged_as_its_rules_are_written(content: bytes) -> None:
    assert keeps_to_the_rules(content)


@settings(max_examples=40, deadline=None)
@given(mutated(OTHERS))
def test_any_other_file_that_was_altered_is_judged_as_its_rules_are_written(content: bytes) -> None:
    assert keeps_to_the_rules(content)
