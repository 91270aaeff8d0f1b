"""Whatever is handed in: an answer within bounds, in words that help, and never an exception."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.document import read
from conformance.samples.catalogue import good

FEED = b'<feed xmlns="http://www.w3.org/2005/Atom">'
GOOD = good("electricity")
LONG = 3_000_000

BROKEN = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\n", "nothing but blanks"),
    "json": (b'{"usage": 1}', "it looks like JSON"),
    "csv": (b"day,kWh\n1,2\n", "it begins with 'day,kWh'"),
    "zip": (b"PK\x03\x04rest", "ZIP archive: unpack it first"),
    "gzip": (gzip.compress(GOOD), "gzip file: unpack it first"),
    "page": (b"<!DOCTYPE html><html><head><meta charset=utf-8></head></html>", "an HTML page"),
    "bytes": (bytes(range(256)), "no well-formed XML"),
    "truncated": (GOOD[:5000], "the file ends"),
    "ampersand": (GOOD.replace(b"<title>", b"<title>a & b ", 1), "a bare & or <"),
    "end tag": (GOOD.replace(b"</title>", b"</titel>", 1), "/feed/title was open"),
    "prefix": (FEED + b"<e:x/></feed>", "prefix"),
    "two roots": (GOOD + b"<feed/>", "follows after the end"),
    "wrong encoding": (b'<?xml version="1.0" encoding="UTF-8"?>' + FEED + b"<title>\xe9</title></feed>", "/feed/title"),
    "unknown encoding": (b'<?xml version="1.0" encoding="x-none"?><feed/>', "use UTF-8"),
    "no text encoding": (b'<?xml version="1.0" encoding="hex"?><feed/>', "use UTF-8"),
    "entity bomb": (b'<!DOCTYPE f [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><feed>&b;</feed>', "declares an entity"),
    "outside entity": (b'<!DOCTYPE f [<!ENTITY a SYSTEM "file:///etc/hosts">]><feed>&a;</feed>', "declares an entity"),
    "parameter entity": (b'<!DOCTYPE f [<!ENTITY % a SYSTEM "http://127.0.0.1:9/"> %a;]><feed/>', "declares an entity"),
    "deep": (b"<a>" * 100_000, "elements more than 64 deep"),
    "attributes": (b"<feed " + b" ".join(b'a%d="1"' % each for each in range(200)) + b"/>", "100 attributes"),
    "long attribute": (b'<feed a="' + b"x" * LONG + b'"/>', "more than 1,048,576 bytes"),
    "long text": (FEED + b"<id>" + b"x" * LONG, "more than 1,048,576 characters"),
    "long CDATA": (FEED + b"<id><![CDATA[" + b"x" * LONG, "more than 1,048,576 characters"),
    "long comment": (b"<!--" + b"x" * LONG + b"--><feed/>", "more than 1,048,576 bytes"),
    "many elements": (FEED + b"".join(b"<n%d/>" % each for each in range(30_000)), "20,000 different paths"),
    "many names": (FEED + b"".join(b'<id a%d=""/>' % each for each in range(99_000)), "50,000 different names"),
    "empty entries": (FEED + b"<entry/>" * 50_000, "entries with nothing in them"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_told_in_words(name: str) -> None:
    content, words = BROKEN[name]
    document = read(content)
    assert words in document.broken
    assert document.fault is not None
    assert document.fault.line >= 1


def test_a_harmless_document_type_is_noted_and_read_over() -> None:
    document = read(b'<!DOCTYPE feed SYSTEM "http://127.0.0.1:9/feed.dtd">\n' + GOOD[GOOD.index(b"<feed") :])
    assert (document.broken, document.doctype_line) == ("", 1)
    assert len(document.entries) == len(read(GOOD).entries)


def test_hints_where_schemas_are_to_be_found_are_not_followed(tmp_path: Path) -> None:
    schema = tmp_path / "evil.xsd"
    declared = '<xs:element name="x"/>'
    schema.write_text(
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:evil">{declared}</xs:schema>'
    )
    hint = f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:evil {schema}"'
    document = read(f'<feed xmlns="http://www.w3.org/2005/Atom" {hint}><x xmlns="urn:evil"/></feed>'.encode())
    assert [error.path for error in document.schema_errors] == ["/feed/x"]


@pytest.mark.parametrize("seed", range(40))
def test_no_damage_raises(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  damage, no secret
    content = bytearray(good("demand"))
    for _ in range(chance.randint(1, 20)):
        place = chance.randrange(len(content))
        content[place : place + chance.randint(0, 40)] = chance.randbytes(chance.randint(0, 5))
    document = read(bytes(content[: chance.randint(0, len(content))]))
    assert document.fault is not None or document.schema_error_count >= 0


PEAK = """
import resource
from conformance.document import read

HEAD = b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi"><entry><content><e:IntervalBlock>'
TIME = b"<e:timePeriod><e:duration>900</e:duration><e:start>%d</e:start></e:timePeriod>"
READING = b"<e:IntervalReading>" + TIME + b"</e:IntervalReading>"


class Long:
    parts = iter([HEAD, *range(30)])

    def read(self, size):
        part = next(self.parts, b"")
        if isinstance(part, bytes):
            return part
        return b"".join(READING % (900 * (part * 2000 + each)) for each in range(2000))


before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
document = read(Long())
print(document.size_bytes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_long_block_takes_little_memory() -> None:
    done = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True)
    size_bytes, grown_kb = map(int, done.stdout.split())
    assert size_bytes > 6_000_000
    assert grown_kb < 20_000
