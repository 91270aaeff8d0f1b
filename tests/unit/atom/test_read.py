from __future__ import annotations

import io
from pathlib import Path

import pytest

from espi.atom import read
from espi.atom.links import Link
from espi.atom.read import Entry, entries
from espi.errors import BadInput

ID = "cd4c1e92-eb88-5ad7-baeb-9a9c8de98f90"
BLOCK = (
    "<e:interval><e:duration>86400</e:duration><e:start>0</e:start></e:interval>"
    "<e:IntervalReading><e:value>{}</e:value></e:IntervalReading>"
)


def parse(text: str | bytes, **options: int) -> list[Entry]:
    stream = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    return list(entries(stream, **options))


def feed(inner: str, prefix: str = "e") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:{prefix}="http://naesb.org/espi">{inner}</feed>'


def entry(content: str, more: str = "") -> str:
    return f"<entry>{more}<content>{content}</content></entry>"


def block(value: int = 1) -> str:
    return f"<e:IntervalBlock>{BLOCK.format(value)}</e:IntervalBlock>"


def test_values_become_plain_python() -> None:
    point = (
        "<e:UsagePoint><e:roleFlags>0001</e:roleFlags><e:ServiceCategory><e:kind> 0 </e:kind></e:ServiceCategory>"
        "<e:isSdp>1</e:isSdp><e:readRoute>A &amp; B</e:readRoute></e:UsagePoint>"
    )
    (found,) = parse(feed(entry(point)))
    assert found.resource == "UsagePoint"
    assert found.row == {"roleFlags": "0001", "ServiceCategory": {"kind": 0}, "isSdp": True, "readRoute": "A & B"}


def test_ids_links_and_times_may_stand_in_any_order_and_case() -> None:
    more = (
        '<link rel="self" href="UsagePoint/1"/><link href=" /up " type="espi-feed/UsagePoint" rel="up"/>'
        f"<updated>2014-01-02T00:00:00-06:00</updated><id>URN:UUID:{ID.upper()}</id>"
        "<title type='text'> Home </title><published>2014-01-02T00:00:00Z</published>"
    )
    (found,) = parse(feed(f"<entry><content><e:MeterReading/></content>{more}</entry>"))
    assert (found.id, found.title) == (ID, "Home")
    assert found.links == (Link("self", "UsagePoint/1"), Link("up", "/up", "espi-feed/UsagePoint"))
    assert found.hrefs("up") == ("/up",)
    assert (found.published_s, found.updated_s) == (1_388_620_800, 1_388_620_800 + 6 * 3600)


def test_ids_that_are_no_uuid_stand_as_they_are() -> None:
    (found,) = parse(feed(entry("<e:MeterReading/>", "<id>meter 7</id>")))
    assert found.id == "meter 7"


@pytest.mark.parametrize("prefix", ["espi", "ns3", "a.b-c"])
def test_any_prefix_will_do(prefix: str) -> None:
    text = feed(entry(block(5).replace("e:", f"{prefix}:")), prefix)
    assert parse(text)[0].row["IntervalReading"] == [{"value": 5}]


def test_the_default_namespace_on_the_content_will_do() -> None:
    inner = block(5).replace("e:", "").replace("<IntervalBlock>", '<IntervalBlock xmlns="http://naesb.org/espi">')
    assert parse(feed(entry(inner)))[0].row["IntervalReading"] == [{"value": 5}]


def test_several_blocks_in_one_entry_are_several_entries() -> None:
    found = parse(feed(entry(block(1) + block(2), f"<id>urn:uuid:{ID}</id>")))
    assert [(one.id, one.row["IntervalReading"][0]["value"]) for one in found] == [(ID, 1), (ID, 2)]


def test_entries_come_in_the_order_of_the_document() -> None:
    found = parse(feed(entry(block(1)) + entry("<e:ReadingType/>") + entry("<e:UsagePoint/>")))
    assert [one.resource for one in found] == ["IntervalBlock", "ReadingType", "UsagePoint"]


def test_names_of_older_releases_are_known() -> None:
    summary = (
        "<e:ElectricPowerUsageSummary><e:BatchItemInfo><e:statusCode>200</e:statusCode></e:BatchItemInfo>"
        "<e:billLastPeriod>5</e:billLastPeriod></e:ElectricPowerUsageSummary>"
    )
    (found,) = parse(feed(entry(summary)))
    assert found.resource == "ElectricPowerUsageSummary"
    assert found.row == {"batchItemInfo": {"statusCode": 200}, "billLastPeriod": 5}


def test_unknown_elements_are_skipped_with_all_that_is_in_them() -> None:
    strange = "<e:extension><x><e:value>9</e:value></x>text</e:extension>"
    inner = f"<e:IntervalReading>{strange}<e:value>5<b>6</b></e:value><e:tomorrow>7</e:tomorrow></e:IntervalReading>"
    text = feed(
        f"<author><name>n</name></author>{entry(f'<e:IntervalBlock>{inner}</e:IntervalBlock><e:Unheard/>')}"
        f"<other><entry>{block()}</entry></other>"
    )
    (found,) = parse(text)
    assert found.row == {"IntervalReading": [{"value": 5}]}
    assert found.faults == ()


def test_an_element_of_another_namespace_is_another_element() -> None:
    text = feed(entry("<e:IntervalBlock><IntervalReading/></e:IntervalBlock>"))
    assert parse(text)[0].row == {}


@pytest.mark.parametrize(
    ("inner", "path", "said"),
    [
        ("<e:status>on</e:status>", "status", "is not a whole number"),
        ("<e:status>1.5</e:status>", "status", "is not a whole number"),
        ("<e:status>\u0661</e:status>", "status", "is not a whole number"),
        ("<e:status>256</e:status>", "status", "is not between 0 and 255"),
        ("<e:status/>", "status", "is not a whole number"),
        ("<e:isSdp>yes</e:isSdp>", "isSdp", "is neither true nor false"),
        ("<e:roleFlags>0</e:roleFlags>", "roleFlags", "is not an even number of hexadecimal digits"),
        ("<e:roleFlags>000000</e:roleFlags>", "roleFlags", "is longer than 2 octets"),
        (f"<e:readRoute>{'x' * 257}</e:readRoute>", "readRoute", "is longer than 256 characters"),
    ],
)
def test_a_value_that_cannot_be_understood_is_left_out_and_named(inner: str, path: str, said: str) -> None:
    text = feed(entry(f"<e:UsagePoint>{inner}<e:grounded>true</e:grounded></e:UsagePoint>"))
    (found,) = parse(text)
    assert found.row == {"grounded": True}
    assert found.faults == (f"UsagePoint/{path} {said}, line 1",)


def test_what_may_stand_once_counts_once() -> None:
    text = feed(entry("<e:UsagePoint><e:status>1</e:status><e:status>0</e:status></e:UsagePoint>"))
    (found,) = parse(text)
    assert found.row == {"status": 1}
    assert found.faults == ("UsagePoint/status stands here twice, line 1",)


def test_faults_have_an_end() -> None:
    text = feed(entry(f"<e:UsagePoint>{'<e:status>x</e:status>' * 500}</e:UsagePoint>"))
    assert len(parse(text)[0].faults) == read.MOST_FAULTS


def test_a_time_without_zone_is_a_fault() -> None:
    (found,) = parse(feed(entry("<e:MeterReading/>", "<updated>2014-01-02T00:00:00</updated>")))
    assert found.updated_s is None
    assert len(found.faults) == 1


def test_the_reader_needs_no_more_than_a_piece_at_a_time() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 7, 7))

    assert len(list(entries(Slow(feed(entry(block()) * 3).encode())))) == 3


def test_entries_come_out_before_the_document_ends() -> None:
    many = feed(entry(block()) * 3_000).encode()
    stream = io.BytesIO(many)
    next(iter(entries(stream)))
    assert stream.tell() < len(many)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_usual_encodings_are_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + feed(entry("<e:MeterReading/>", "<title>Zähler</title>"))
    assert parse(text.encode(encoding))[0].title == "Zähler"


LAUGHS = '<!DOCTYPE feed [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
FOREIGN = '<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS + feed(entry("<e:UsagePoint><e:readRoute>&b;</e:readRoute></e:UsagePoint>")), "document type"),
        (FOREIGN + feed(entry("<e:UsagePoint><e:readRoute>&x;</e:readRoute></e:UsagePoint>")), "document type"),
        ('<!DOCTYPE feed SYSTEM "http://127.0.0.1:9/x.dtd">' + feed(""), "document type"),
        (feed("&nbsp;"), "not well-formed"),
        (feed("")[:-1], "not well-formed"),
        ("", "not well-formed"),
        ("<html/>", "neither"),
        ('<?xml version="1.0" encoding="klingon"?><feed/>', "not well-formed|encoding"),
        (feed("<a>" * 40 + "</a>" * 40), "deeper"),
        (feed(entry("<e:UsagePoint>" + "<a>" * 40 + "</a>" * 40 + "</e:UsagePoint>")), "unknown elements"),
        (feed(entry(f"<e:UsagePoint><e:readRoute>{'x' * 70_000}</e:readRoute></e:UsagePoint>")), "text of unusual"),
        (feed(entry("", f"<title>{'x' * 70_000}</title>")), "text of unusual"),
        (feed(f"<!--{'x' * 2_000_000}-->"), "tag or comment"),
        (feed(f"<a b='{'x' * 2_000_000}'/>"), "tag or comment"),
    ],
)
def test_what_attacks_a_parser_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parse(text)


def test_the_limit_holds() -> None:
    text = feed(entry(block()))
    assert parse(text, limit_bytes=len(text))
    with pytest.raises(BadInput, match="longer than"):
        parse(text, limit_bytes=len(text) - 1)


def test_an_entry_of_unusual_length_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "_ENTRY_BYTES", 100_000)
    with pytest.raises(BadInput, match="entry of unusual length"):
        parse(feed(entry(block() * 3_000)))


def test_no_file_of_the_machine_is_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    with pytest.raises(BadInput):
        parse(f'<!DOCTYPE feed [<!ENTITY x SYSTEM "{secret.as_uri()}">]>{feed(entry(block()))}')
