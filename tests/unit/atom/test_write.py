from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from espi.atom import schema, write
from espi.atom.links import Hrefs, Link
from espi.errors import BadInput
from espi.resources.catalogue import REGISTRY
from espi.resources.declare import CUSTOMER, Field, Kind, Resource, Simple, Struct

HREFS = Hrefs("https://dc.example.com/espi/1_1/resource", "RetailCustomer/9")
ID = "cd4c1e92-eb88-5ad7-baeb-9a9c8de98f90"
MEASURES: dict[str, Any] = {"id": ID, "links": (), "title": "t", "published_s": 0, "updated_s": 86_400}
SPAN = {"start": 1_710_050_400, "duration": 900}


def content(element: str, row: dict[str, Any]) -> str:
    return write.content(REGISTRY[element], row).decode()


def test_an_entry_has_its_parts_in_order() -> None:
    links = (Link("self", "https://x/1", "espi-entry/MeterReading"), Link("up", "https://x"))
    text = write.entry(
        REGISTRY["MeterReading"], {}, id=ID, links=links, title="Load", published_s=0, updated_s=86_400
    ).decode()
    assert text == (
        f"<entry><id>urn:uuid:{ID}</id>"
        '<link rel="self" type="espi-entry/MeterReading" href="https://x/1"/><link rel="up" href="https://x"/>'
        "<title>Load</title><published>1970-01-01T00:00:00Z</published><updated>1970-01-02T00:00:00Z</updated>"
        '<content type="application/xml"><espi:MeterReading></espi:MeterReading></content></entry>\n'
    )


def test_elements_come_in_declared_order_whatever_the_order_of_the_row() -> None:
    reading = {"value": 5, "timePeriod": SPAN, "cost": 3, "tou": 2, "ReadingQuality": [{"quality": 8}]}
    document = write.bare(REGISTRY["IntervalBlock"], {"IntervalReading": [reading], "interval": SPAN})
    names = [etree.QName(node).localname for node in etree.fromstring(document).iter()]
    assert names == [
        *("IntervalBlock", "interval", "duration", "start"),
        *("IntervalReading", "cost", "ReadingQuality", "quality", "timePeriod", "duration", "start", "value", "tou"),
    ]


def test_a_feed_of_entries_is_valid() -> None:
    ids = {"UsagePoint": 1, "LocalTimeParameters": 7}
    entry = write.entry(
        REGISTRY["UsagePoint"],
        {"ServiceCategory": {"kind": 0}},
        **{**MEASURES, "links": HREFS.for_row(REGISTRY["UsagePoint"], ids)},
    )
    feed = write.feed_head(ID, 'Usage <&> "more"', 0, [HREFS.batch()]) + entry + write.FEED_TAIL
    assert schema.validate(feed) == []
    root = etree.fromstring(feed)
    assert root.findtext("{*}title") == 'Usage <&> "more"'
    assert feed.startswith(b"<?xml")
    assert write.feed_head(ID, "t", 0, [], declaration=False).startswith(b"<feed ")


def test_a_customer_feed_declares_the_customer_prefix() -> None:
    head = write.feed_head(ID, "t", 0, [], namespace=CUSTOMER).decode()
    assert 'xmlns:cust="http://naesb.org/espi/customer"' in head
    assert "xmlns:espi" not in head


def test_bare_documents_have_no_atom_around_them() -> None:
    text = write.bare(REGISTRY["ServiceStatus"], {"currentStatus": 1}).decode()
    assert text.partition("\n")[2] == (
        '<espi:ServiceStatus xmlns:espi="http://naesb.org/espi"><espi:currentStatus>1</espi:currentStatus>'
        "</espi:ServiceStatus>\n"
    )


@pytest.mark.parametrize(
    ("element", "row", "said"),
    [
        ("UsagePoint", {"colour": "blue"}, "UsagePoint has no colour"),
        ("UsagePoint", {"status": 256}, "not between"),
        ("UsagePoint", {"status": "1"}, "whole number"),
        ("UsagePoint", {"status": True}, "whole number"),
        ("UsagePoint", {"status": 1.0}, "whole number"),
        ("UsagePoint", {"roleFlags": "001"}, "hexadecimal"),
        ("UsagePoint", {"roleFlags": "000001"}, "longer"),
        ("UsagePoint", {"readRoute": "x" * 257}, "longer"),
        ("UsagePoint", {"readRoute": 5}, "text"),
        ("UsagePoint", {"readRoute": "\x00"}, "control character"),
        ("UsagePoint", {"isSdp": 1}, "true or false"),
        ("UsagePoint", {"connectionState": "asleep"}, "codes"),
        ("UsagePoint", {"ServiceCategory": {}}, "needs kind"),
        ("UsagePoint", {"ServiceCategory": 0}, "children"),
        ("IntervalBlock", {"IntervalReading": {"value": 1}}, "list"),
        ("IntervalBlock", {"IntervalReading": [{"value": 2**47 + 1}]}, "not between"),
    ],
)
def test_what_the_schema_refuses_is_refused(element: str, row: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        content(element, row)


def test_nothing_given_is_nothing_written() -> None:
    assert content("UsagePoint", {"status": None}) == content("UsagePoint", {})


@given(st.text())
def test_any_text_comes_back_or_is_refused(text: str) -> None:
    try:
        escaped = write.escape(text)
    except BadInput:
        return
    node = etree.fromstring(f'<a b="{escaped}">{escaped}</a>')
    assert (node.text or "") == node.get("b") == text


def test_decimals_are_written_without_exponent() -> None:
    decimal = Simple("float", Kind.DECIMAL)
    resource = Resource("X", Struct("X", (Field("x", decimal, ""),)), "", param="x")
    assert write.content(resource, {"x": Decimal("1E+2")}) == b"<espi:X><espi:x>100</espi:x></espi:X>"
    assert write.content(resource, {"x": "0.50"}) == b"<espi:X><espi:x>0.50</espi:x></espi:X>"
    for wrong in (0.5, Decimal("NaN"), "1,5", True):
        with pytest.raises(BadInput, match="decimal"):
            write.content(resource, {"x": wrong})
