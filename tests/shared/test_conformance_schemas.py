"""The kit, which follows the schemas by itself, finds valid just what libxml2 does by the official ones."""

from __future__ import annotations

import importlib.util
import os
import random
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
import xmlschema
from lxml import etree

from conformance.document import read

SHARED = Path(os.environ["ESPI_SHARED"])
ATOM = "{http://www.w3.org/2005/Atom}"
XML = "http://www.w3.org/XML/1998/namespace"
OURS = Path(__file__).parents[2] / "xsd"
NAMESPACES = {
    "http://www.w3.org/2005/Atom": "atom.xsd",
    "http://naesb.org/espi": "espi-4.0.xsd",
    "http://naesb.org/espi/customer": "customer-4.0.xsd",
}
ODD = (
    " 1 ",
    "+1",
    "-0",
    "01",
    "1.0",
    "1e3",
    "70000",
    "140737488355328",
    "140737488355329",
    "abcd",
    "ABC",
    "é",
    "\n",
    "true ",
)
COUNT = 1500
WITHOUT_BOUNDS = ("numerator", "rank")
"""Whole numbers that the schemas do not bound: the kit takes a hundred digits."""


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """The maker of random documents."""
    spec = importlib.util.spec_from_file_location("schema_agree", SHARED / "tools" / "schema_agree.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def official(tool: ModuleType) -> etree.XMLSchema:
    """All three official schemas."""
    imports = "".join(f'<xs:import namespace="{space}" schemaLocation="{name}"/>' for space, name in NAMESPACES.items())
    parser = etree.XMLParser()
    parser.resolvers.add(tool.Offline(SHARED / "xsd"))
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(text, parser, base_url=(SHARED / "xsd" / "all.xsd").as_uri()))


def fed(resource: etree._Element) -> etree._Element:
    """A feed with an entry that has it."""
    feed = etree.Element(ATOM + "feed")
    for name in ("id", "title"):
        etree.SubElement(feed, ATOM + name).text = "urn:uuid:1"
    etree.SubElement(feed, ATOM + "updated").text = "2024-02-29T00:00:00Z"
    etree.SubElement(etree.SubElement(feed, ATOM + "entry"), ATOM + "content").append(resource)
    return feed


@pytest.mark.parametrize("name", ["espi-4.0.xsd", "customer-4.0.xsd", "atom.xsd"])
def test_the_kit_finds_valid_what_the_official_schemas_allow(
    tool: ModuleType, official: etree.XMLSchema, name: str
) -> None:
    rng = random.Random(7)  # noqa: S311  documents to try, no secrets
    locations = {"http://www.w3.org/2005/Atom": SHARED / "xsd" / "atom.xsd", XML: OURS / "xml.xsd"}
    model = xmlschema.XMLSchema10(
        str(SHARED / "xsd" / name),
        locations={space: path.as_uri() for space, path in locations.items()},
        use_location_hints=False,
        validation="lax",
        allow="local",
    )
    elements = list(model.elements.values())
    differences, valid = Counter[str](), 0
    for turn in range(COUNT):
        element = elements[turn % len(elements)]
        good = tool.build(element, rng)
        broken = [("as generated", good), *tool.breakages(good, rng), ("odd", odd(good, rng))]
        for kind, resource in broken:
            document = resource if name == "atom.xsd" else fed(resource)
            allowed = official.validate(document)
            valid += allowed
            if kind.startswith("long") and kind.endswith(WITHOUT_BOUNDS):
                continue
            if allowed != (read(etree.tostring(document)).schema_error_count == 0):
                differences[f"{element.local_name}: {kind}, {'allowed' if allowed else 'not allowed'}"] += 1
    assert differences == {}
    assert valid > COUNT // 4


def odd(good: etree._Element, rng: random.Random) -> etree._Element:
    """A copy with a text that is on the edge of what numbers and words look like."""
    twin = etree.fromstring(etree.tostring(good))
    leaves = [each for each in twin.iter("*") if not len(each)]
    rng.choice(leaves).text = rng.choice(ODD)
    return twin
