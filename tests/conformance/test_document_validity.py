"""The schemas' verdict on every element, in words; and the same verdict as libxml2's on whatever is done to a feed."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from conformance.document import SchemaError, read
from conformance.document.simple_types import BUILT_IN

XSD = Path(__file__).parents[2] / "xsd"
HEAD = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi" xmlns:c="http://naesb.org/espi/customer">'


def errors(*lines: str) -> list[SchemaError]:
    return read((HEAD + "\n".join(lines) + "</feed>").encode()).schema_errors


def held(content: str) -> str:
    return f"<entry><content>{content}</content></entry>"


POINT = "<e:UsagePoint><e:ServiceCategory><e:kind>0</e:kind></e:ServiceCategory>{}</e:UsagePoint>"
MESSAGES = {
    "a value that is no number": (
        held("<e:IntervalBlock><e:IntervalReading><e:value>3.5</e:value></e:IntervalReading></e:IntervalBlock>"),
        "/feed/entry[1]/content/IntervalBlock/IntervalReading[1]/value",
        "'3.5' is not allowed in <value>: expected a whole number from -140737488355328 to 140737488355328",
    ),
    "an empty value": (
        held("<e:ReadingType><e:uom> </e:uom></e:ReadingType>"),
        "/feed/entry[1]/content/ReadingType/uom",
        "<uom> is empty: expected a whole number from 0 to 65535",
    ),
    "children in another order": (
        held(
            "<e:IntervalBlock><e:interval><e:start>1</e:start><e:duration>1</e:duration></e:interval></e:IntervalBlock>"
        ),
        "/feed/entry[1]/content/IntervalBlock/interval/start",
        "<start> is out of order, or once too often, in <interval>: expected <duration>",
    ),
    "a child that is missing": (
        held("<e:IntervalBlock><e:interval><e:duration>1</e:duration></e:interval></e:IntervalBlock>"),
        "/feed/entry[1]/content/IntervalBlock/interval",
        "<interval> ends too early: expected <start>",
    ),
    "an element that is none of its parent": (
        held(POINT.format("<e:uom>72</e:uom>")),
        "/feed/entry[1]/content/UsagePoint/uom",
        (
            "<uom> is no element of <UsagePoint>: expected <status>, <serviceDeliveryPoint>, <amiBillingReady>,"
            " <checkBilling>, <connectionState> or its end or a later element"
        ),
    ),
    "an element in another namespace": (
        held(POINT.format("<status>1</status>")),
        "/feed/entry[1]/content/UsagePoint/status",
        "<status> is in the namespace http://www.w3.org/2005/Atom: expected http://naesb.org/espi",
    ),
    "a resource that there is not": (
        held("<e:Meter/>"),
        "/feed/entry[1]/content/Meter",
        "<Meter> is no resource of http://naesb.org/espi",
    ),
    "something of another standard": (
        held('<x:y xmlns:x="urn:x"/>'),
        "/feed/entry[1]/content/y",
        "<y> is in the namespace urn:x, which no schema of Green Button knows",
    ),
    "text between elements": (
        held(POINT.format("hello")),
        "/feed/entry[1]/content/UsagePoint",
        "<UsagePoint> holds elements only; found the text 'hello'",
    ),
    "elements in a value": (
        held(POINT.format("<e:status><e:kind/></e:status>")),
        "/feed/entry[1]/content/UsagePoint/status/kind",
        "<status> holds a value, no elements; found <kind>",
    ),
    "an attribute that is missing": (
        '<link href="a"/>',
        "/feed/link[1]",
        "<link> lacks its attribute rel",
    ),
    "an attribute that is none": (
        held('<e:MeterReading id="1"/>'),
        "/feed/entry[1]/content/MeterReading",
        "<MeterReading> has no attribute id",
    ),
    "a date that is none": (
        "<updated>2026-02-30T00:00:00Z</updated>",
        "/feed/updated",
        "'2026-02-30T00:00:00Z' is not allowed in <updated>: expected a date and time like 2026-06-01T00:00:00Z",
    ),
    "a closed list of codes": (
        held(POINT.format("<e:connectionState>on</e:connectionState>")),
        "/feed/entry[1]/content/UsagePoint/connectionState",
        "'on' is not allowed in <connectionState>: expected connected, logicallyDisconnected or physicallyDisconnected",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_wrong_is_told_with_its_place(name: str) -> None:
    content, path, message = MESSAGES[name]
    (error,) = errors("", content)
    assert (error.line, error.path, error.message) == (2, path, message)


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ("<feed/>", "the root element <feed> is in no namespace: expected http://www.w3.org/2005/Atom"),
        ("<x/>", "the root element is <x>: expected an Atom <feed> or <entry>, or an element of ESPI"),
    ],
)
def test_a_root_that_cannot_be(root: str, message: str) -> None:
    (error,) = read(root.encode()).schema_errors
    assert error.message == message


def test_lines_and_columns_point_at_the_tag() -> None:
    (error,) = errors("", "", "   <wrong/>")
    assert (error.line, error.column) == (3, 4)


def test_one_mistake_in_the_order_gives_one_message() -> None:
    misplaced = "<e:uom>72</e:uom><e:kind>12</e:kind><e:commodity>1</e:commodity>"
    assert len(errors(held(f"<e:ReadingType>{misplaced}</e:ReadingType>"))) == 1


def test_what_is_within_a_misplaced_element_is_judged_all_the_same() -> None:
    period = "<e:interval><e:start>x</e:start><e:duration>-1</e:duration></e:interval>"
    assert len(errors(held(f"<e:IntervalBlock>{period}</e:IntervalBlock>"))) == 3


def test_a_great_many_faults_are_counted_and_the_first_kept() -> None:
    document = read((HEAD + "<id a=''/>" * 5000 + "</feed>").encode())
    assert (document.schema_error_count, len(document.schema_errors)) == (5000, 200)


def test_extensions_hold_anything_but_declared_elements_in_them_are_judged() -> None:
    point = "<e:UsagePoint><e:extension><x>1</x>{}</e:extension></e:UsagePoint>"
    assert errors(held(point.format(""))) == []
    assert [error.path for error in errors(held(point.format("<e:ServiceStatus/>")))] == [
        "/feed/entry[1]/content/UsagePoint/extension[1]/ServiceStatus"
    ]


# ---------------------------------------------------------------- as libxml2 judges


@cache
def schema() -> etree.XMLSchema:
    imports = "".join(
        f'<xs:import namespace="{namespace}" schemaLocation="{(XSD / name).as_uri()}"/>'
        for namespace, name in {
            "http://www.w3.org/2005/Atom": "atom.xsd",
            "http://naesb.org/espi": "espi.xsd",
            "http://naesb.org/espi/customer": "customer.xsd",
        }.items()
    )
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(text))


def test_every_element_that_may_stand_alone_is_known() -> None:
    names = {
        f"{{{namespace}}}{element.get('name')}"
        for name in ("atom.xsd", "espi.xsd", "customer.xsd")
        for root in [etree.parse(XSD / name).getroot()]
        for namespace in [root.get("targetNamespace")]
        for element in root.findall("{http://www.w3.org/2001/XMLSchema}element")
    }
    for name in sorted(names):
        document = etree.tostring(etree.Element(name))
        assert bool(read(document).schema_errors) is not schema().validate(etree.fromstring(document)), name


SEEDS = {
    "anyURI": [
        "https://a.example:443/x?q=1#f",
        "urn:uuid:1",
        "/a b",
        "a:b",
        "http://[::1]/",
        "x%20y",
        "http://u:p@h:8/",
    ],
    "dateTime": ["2026-06-01T00:00:00Z", "2024-02-29T24:00:00+14:00", "12026-01-01T01:02:03.5-05:30"],
    "boolean": ["true", "0", " 1 "],
    "hexBinary": ["", "0aF", "ABCD"],
    "language": ["en-US"],
    "NMTOKEN": ["a.b-1"],
    "integer": ["0", "-5", "+007"],
    "positiveInteger": ["0", "1"],
    "long": ["9223372036854775807", "-9223372036854775808"],
    "short": ["32767", "-32768"],
    "unsignedByte": ["255", "-0"],
    "unsignedShort": ["65535"],
    "unsignedInt": ["4294967295", "+1"],
}


@pytest.mark.parametrize("name", SEEDS)
def test_values_are_judged_as_libxml2_does(name: str) -> None:
    chance = random.Random(name)  # noqa: S311  any values will do
    declared = f'<xs:element name="a" type="xs:{name}"/>'
    judge = etree.XMLSchema(
        etree.fromstring(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{declared}</xs:schema>')
    )
    element = etree.Element("a")
    for _ in range(1500):
        text = list(chance.choice(SEEDS[name]))
        for _ in range(chance.randint(0, 3)):
            place = chance.randint(0, len(text))
            text[place : place + chance.randint(0, 1)] = chance.choice("0123456789-+.:/?#[]@%abzTZ é<{")
        element.text = "".join(text)
        if name == "dateTime" and element.text != element.text.strip():
            continue  # libxml2 forgets that blanks around a value do not count, where there is no zone
        assert BUILT_IN[name].accepts(element.text) is judge.validate(element), element.text
