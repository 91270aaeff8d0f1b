import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from espi.atom import schema
from espi.atom.schema import described, sequence, validate
from espi.errors import BadInput
from espi.resources.declare import CUSTOMER, ESPI, UNBOUNDED, Simple


def feed(*contents: str) -> bytes:
    entries = "\n".join(
        f'<entry>\n<id>urn:uuid:{number}</id><link href="/x" rel="self"/><title/>'
        f"<updated>2024-02-29T00:00:00Z</updated>\n<content>\n{content}\n</content></entry>"
        for number, content in enumerate(contents)
    )
    head = f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="{ESPI}" xmlns:cust="{CUSTOMER}">'
    return f"{head}\n{entries}\n</feed>".encode()


def test_a_feed_of_usage_and_customer_data_keeps_to_the_schemas() -> None:
    document = feed(
        "<espi:UsagePoint><espi:ServiceCategory><espi:kind>0</espi:kind></espi:ServiceCategory></espi:UsagePoint>",
        "<cust:Customer><cust:kind>residential</cust:kind><cust:customerName>A</cust:customerName></cust:Customer>",
    )
    assert validate(document) == []


def test_a_fault_deep_in_a_feed_is_told_with_line_path_and_reason() -> None:
    document = feed(
        "<espi:MeterReading/>",
        "<espi:IntervalBlock>\n<espi:IntervalReading/>\n"
        "<espi:IntervalReading><espi:value>855.5</espi:value></espi:IntervalReading>\n</espi:IntervalBlock>",
    )
    line = document[: document.index(b"855.5")].count(b"\n") + 1
    (fault,) = validate(document)
    assert fault.startswith(f"line {line}, /feed/entry[2]/content/IntervalBlock/IntervalReading[2]/value: ")
    assert "'855.5' is not a valid value" in fault
    assert "{" not in fault


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<espi:ReadingType><espi:uom>72</espi:uom><espi:kind>12</espi:kind></espi:ReadingType>", "kind"),
        ("<espi:LocalTimeParameters><espi:dstEndRule>B40E2000</espi:dstEndRule></espi:LocalTimeParameters>", "Missing"),
        ("<espi:UnheardOf/>", "UnheardOf"),
        ("<cust:Customer><cust:vip>maybe</cust:vip></cust:Customer>", "maybe"),
        ("<cust:IntervalBlock/>", "IntervalBlock"),
        ("<espi:BatchItemInfo><espi:name>123456</espi:name></espi:BatchItemInfo>", "maximum length of '2'"),
    ],
)
def test_wrong_order_missing_unknown_and_misshapen_elements_are_told(content: str, reason: str) -> None:
    faults = validate(feed(content))
    assert faults
    assert reason in faults[0]


def test_an_entry_and_a_bare_element_can_be_judged_too() -> None:
    entry = b'<entry xmlns="http://www.w3.org/2005/Atom"><title/></entry>'
    status = b'<ServiceStatus xmlns="http://naesb.org/espi"><currentStatus>1</currentStatus></ServiceStatus>'
    assert validate(entry) == []
    assert validate(status) == []


def test_a_link_without_an_address_is_told() -> None:
    (fault,) = validate(b'<entry xmlns="http://www.w3.org/2005/Atom"><link rel="self"/></entry>')
    assert fault.startswith("line 1, /entry/link: ")
    assert "href" in fault


def test_a_fault_is_found_past_prefixes_instructions_and_likes_of_another_name() -> None:
    content = "<?sort by date?>\n<espi:MeterReading/><espi:UsagePoint/><espi:MeterReading><espi:x/></espi:MeterReading>"
    (fault,) = validate(feed(content))
    assert fault.startswith("line 6, /feed/entry/content/MeterReading[2]/x: ")


def test_the_words_allowed_stay_in_the_reason() -> None:
    (fault,) = validate(b'<entry xmlns="http://www.w3.org/2005/Atom"><title/><title type="latex"/></entry>')
    assert fault.startswith("line 1, /entry/title[2]: ")
    assert "{'text', 'html', 'xhtml'}" in fault


def test_what_is_no_xml_is_told_as_such() -> None:
    (fault,) = validate(b"<feed>\n<entry></feed>")
    assert fault.startswith("line 2: not well-formed XML")


def test_a_document_type_is_refused_unread() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'
    assert validate(bomb) == ["line 1: a document type is not allowed"]


def test_the_schemas_load_with_the_network_shut(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    schema._schema.cache_clear()
    assert validate(feed("<espi:MeterReading/>")) == []


def test_several_threads_each_get_their_own_faults() -> None:
    values = ["1", "x1", "2", "x2"] * 20
    documents = [
        feed(f"<espi:ServiceStatus><espi:currentStatus>{v}</espi:currentStatus></espi:ServiceStatus>") for v in values
    ]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(validate, documents))
    for value, faults in zip(values, found, strict=True):
        assert bool(faults) == value.startswith("x")
        assert all(f"'{value}'" in fault for fault in faults)


def test_a_sequence_has_the_children_in_order_and_leaves_out_the_extension() -> None:
    assert [field.name for field in sequence("IntervalBlock")] == ["batchItemInfo", "interval", "IntervalReading"]
    assert sequence("IntervalBlock")[2].many == (0, UNBOUNDED)
    assert [field.name for field in sequence("DateTimeInterval")] == ["duration", "start"]
    assert [field.many for field in sequence("DateTimeInterval", CUSTOMER)] == [(0, 1), (0, 1)]
    assert sequence("UsagePoint", CUSTOMER) == ()


def test_simple_types_come_with_their_bounds_and_codes() -> None:
    amount = described("Int48")
    assert isinstance(amount, Simple)
    assert (amount.low, amount.high) == (-(2**47), 2**47)
    quality = described("QualityOfReading")
    assert isinstance(quality, Simple)
    assert set(quality.codes) == {0, *range(7, 20)}
    assert not quality.closed
    token = described("TokenType")
    assert isinstance(token, Simple)
    assert list(token.codes) == ["Bearer"]
    assert token.closed


def test_a_name_that_is_no_type_is_refused() -> None:
    with pytest.raises(BadInput, match=r"no element or type Nothing in espi\.xsd"):
        sequence("Nothing")
