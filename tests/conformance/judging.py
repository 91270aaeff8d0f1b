"""What the kit says of a document, and what those it is measured by say."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path

from lxml import etree

from conformance.document import read
from conformance.outcome import Outcome
from conformance.run import Result, judge_file
from tests.conformance.xpath_rules import RULES, failures

FOLDER = Path(__file__).parents[2] / "xsd"

DATA_BLOCKS = frozenset(rule.block for rule in RULES)
DATA_RULES = frozenset(rule.id for rule in RULES)


def judged(
    content: bytes, *, blocks: Collection[int] | None = None, previous: bytes | None = None, name: str = "feed.xml"
) -> list[Result]:
    """The kit's results for a document."""
    earlier = None if previous is None else read(previous, name="earlier.xml")
    return judge_file(read(content, name=name), blocks=blocks, previous=earlier)


def failed(results: Collection[Result]) -> set[str]:
    """The requirements that failed, or that the kit could not judge by its own fault."""
    return {each.requirement.id for each in results if each.outcome in {Outcome.FAIL, Outcome.ERROR}}


def data_rules_failed(content: bytes) -> set[str]:
    """The data rules that fail by the kit, with every block claimed; XSD001 and XSD002 among them."""
    only = DATA_RULES | {"XSD001", "XSD002"}
    return failed(judge_file(read(content), blocks=DATA_BLOCKS, only=only))


def data_rules_broken(content: bytes) -> set[str]:
    """The data rules whose XPath does not hold, and XSD002 where libxml2 finds the document not valid."""
    document = etree.ElementTree(etree.fromstring(content))
    return failures(document) | ({"XSD002"} if not _schema().validate(document) else set())


@cache
def _schema() -> etree.XMLSchema:
    """The schemas of all three namespaces, put together here and not by the kit."""
    imports = "".join(
        f'<xs:import namespace="{space}" schemaLocation="{(FOLDER / name).as_uri()}"/>'
        for space, name in (
            ("http://www.w3.org/2005/Atom", "atom.xsd"),
            ("http://naesb.org/espi", "espi.xsd"),
            ("http://naesb.org/espi/customer", "customer.xsd"),
        )
    )
    return etree.XMLSchema(
        etree.fromstring(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>')
    )
