"""What is kept of a document: every fact of its entries, as it stands, and of its blocks a summary."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from conformance.document import CUSTOMER, ESPI, Document, read

HEAD = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi" '
    'xmlns:cust="http://naesb.org/espi/customer">\n'
)


def feed(*lines: str) -> Document:
    return read((HEAD + "\n".join(lines) + "</feed>").encode())


def test_the_feed_and_its_links() -> None:
    document = feed(
        "<id> urn:uuid:1 </id><title/>",
        '<link rel="self" href="https://a.example/Batch" type="t"/><link rel="related"/><x/>',
        "<entry/>",
    )
    assert document.root == "{http://www.w3.org/2005/Atom}feed"
    assert document.feed is not None
    assert (document.feed.id, document.feed.title, document.feed.updated) == (" urn:uuid:1 ", "", None)
    assert [tuple(link) for link in document.feed.links] == [
        ("self", "https://a.example/Batch", "t", 3),
        ("related", None, None, 3),
    ]
    assert [child.name for child in document.feed.children] == ["{http://www.w3.org/2005/Atom}x"]
    assert [entry.line for entry in document.entries] == [4]


def test_an_entry_its_links_and_its_facts() -> None:
    (entry,) = feed(
        "<entry><id>1</id><title>Home &amp; garden</title>",
        '<link rel="self" href="s"/><link rel="related" href="r1"/><link rel="up" href="u"/>',
        '<link rel="related" href="r2"/><link rel="related"/>',
        "<content><espi:UsagePoint><espi:ServiceCategory><espi:kind> 0 </espi:kind></espi:ServiceCategory>",
        "<espi:status/></espi:UsagePoint></content></entry>",
    ).entries
    assert (entry.kind, entry.namespace) == ("UsagePoint", ESPI)
    assert (entry.id, entry.title, entry.published, entry.updated) == ("1", "Home & garden", None, None)
    assert (entry.self, entry.up, entry.related) == ("s", "u", ("r1", "r2"))
    assert [link.line for link in entry.links] == [3, 3, 3, 4, 4]
    assert entry.facts == {"ServiceCategory/kind": " 0 ", "status": ""}
    assert entry.present("ServiceCategory")
    assert not entry.present("roleFlags")


def test_texts_that_come_several_times_are_all_there() -> None:
    (entry,) = feed(
        "<entry><content><espi:ApplicationInformation>",
        "<espi:scope>a</espi:scope><espi:scope>b</espi:scope><espi:scope>a</espi:scope>",
        "</espi:ApplicationInformation></content></entry>",
    ).entries
    assert entry.every("scope") == ("a", "b", "a")
    assert entry.facts == {"scope": "a"}
    assert entry.every("grant_types") == ()


def test_entries_are_found_by_what_they_hold() -> None:
    document = feed(
        "<entry><content><espi:MeterReading/></content></entry>",
        "<entry><content><cust:Customer><cust:kind>residential</cust:kind></cust:Customer></content></entry>",
        "<entry><content><espi:MeterReading/><espi:ReadingType/></content></entry>",
        "<entry><title>nothing</title></entry>",
    )
    assert [entry.line for entry in document.of("MeterReading")] == [2, 4]
    assert [entry.line for entry in document.of("ReadingType", "Customer")] == [3, 4]
    assert list(document.of("Customer", namespace=ESPI)) == []
    assert [entry.kind for entry in document.of("Customer", namespace=CUSTOMER)] == ["Customer"]
    assert document.entries[3].kinds == ()


def test_a_resource_outside_the_content_is_found_and_has_no_facts() -> None:
    document = feed("<entry><source><espi:MeterReading/></source></entry>")
    assert [entry.kind for entry in document.of("MeterReading")] == ["MeterReading"]
    assert [entry.kind for entry in document.lacking("", "MeterReading")] == ["MeterReading"]


def test_an_entry_that_stands_alone() -> None:
    document = read(HEAD.replace("<feed", "<entry").encode() + b"<id>1</id></entry>")
    assert document.feed is None
    assert [entry.id for entry in document.entries] == ["1"]


def test_a_bare_resource() -> None:
    document = read(
        b'<BatchList xmlns="http://naesb.org/espi"><resources>a</resources><resources>b</resources></BatchList>'
    )
    assert document.root == "{http://naesb.org/espi}BatchList"
    assert document.bare is not None
    assert document.bare.every("resources") == ("a", "b")
    assert document.entries == []
    assert document.schema_errors == []


def test_where_a_document_comes_from_does_not_matter(tmp_path: Path) -> None:
    content = HEAD.encode() + b"<id>1</id><title/><updated>2026-01-01T00:00:00Z</updated></feed>"
    path = tmp_path / "feed.xml"
    path.write_bytes(content)
    from_path, from_stream, from_bytes = read(path), read(io.BytesIO(content), name="feed.xml"), read(content)
    assert from_path.feed == from_stream.feed == from_bytes.feed
    assert (from_path.name, from_stream.name, from_bytes.name) == ("feed.xml", "feed.xml", "")
    assert from_path.size_bytes == from_stream.size_bytes == len(content)


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1", "windows-1252"])
def test_encodings_that_are_declared(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n{HEAD}<title>Käse</title></feed>'
    document = read(text.encode(encoding))
    assert document.feed is not None
    assert (document.feed.title, document.encoding) == ("Käse", encoding)


def readings(*texts: str) -> str:
    return "".join(
        f"<espi:IntervalReading><espi:timePeriod><espi:duration>900</espi:duration><espi:start>{start}</espi:start>"
        "</espi:timePeriod></espi:IntervalReading>"
        for start in texts
    )


def block(start: str, *starts: str) -> str:
    period = f"<espi:interval><espi:duration>900</espi:duration><espi:start>{start}</espi:start></espi:interval>"
    return f"<espi:IntervalBlock>{period}{readings(*starts)}</espi:IntervalBlock>"


@pytest.mark.parametrize(
    ("blocks", "matches"),
    [
        ([block("0", "0")], True),
        ([block("0", "900")], False),
        ([block("0", "900", "0")], True),
        ([block("0", "00")], False),
        ([block("0", "900"), block("900", "1800")], True),
        ([block("900", "0"), block("0", "1800")], True),
        ([block("900", "0"), block("1800", "2700")], False),
        ([block("0")], False),
    ],
)
def test_whether_any_reading_starts_when_a_block_of_the_entry_does(blocks: list[str], matches: bool) -> None:
    (entry,) = feed("<entry><content>", *blocks, "</content></entry>").entries
    assert entry.starts_match is matches
    assert len(entry.blocks) == len(blocks)


def test_each_reading_is_taken_by_itself() -> None:
    (entry,) = feed(
        "<entry><content><espi:IntervalBlock>",
        "<espi:IntervalReading><espi:value>7</espi:value></espi:IntervalReading>",
        readings("0"),
        "<espi:IntervalReading><espi:cost>5</espi:cost><espi:ReadingQuality><espi:quality>8</espi:quality>",
        "</espi:ReadingQuality><espi:value>-2</espi:value><espi:tou>1</espi:tou></espi:IntervalReading>",
        "</espi:IntervalBlock></content></entry>",
    ).entries
    (summary,) = entry.blocks
    assert summary.reading_count == 3
    assert (summary.without_start, summary.without_duration, summary.without_value) == (2, 2, 1)
    assert (summary.total, summary.least, summary.most, summary.value_count) == (5, -2, 7, 2)
    assert (summary.cost_count, summary.cost_total, dict(summary.qualities)) == (1, 5, {"8": 1})
    assert (summary.has_cost, summary.has_quality, summary.has_tou, summary.has_tier) == (True, True, True, False)
