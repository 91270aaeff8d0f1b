"""Judging files: the whole kit, as its command runs, on feeds of 100 MB of three shapes, beside plain lxml.

- days: homes with a year of quarter hours, an entry for every day, as custodians send them.
- blocks: the same days, but all blocks of a home in one entry.
- readings: one block with all readings, of a minute each.

Every figure is of a process of its own: its CPU time and the most memory it ever had. The yardstick is iterparse of
lxml, which looks at every element, judges nothing and forgets it. That all required rules pass is checked.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

COMMAND = "python -m benchmarks conformance"
SIZE_BYTES = 100_000_000
R = "https://dc.example.com/espi/1_1/resource"
TIMES = "<published>2020-06-01T00:00:00Z</published><updated>2026-06-01T00:00:00Z</updated>"
DAY_S = 86_400
FIRST_S = 1_609_484_400
"""2021-01-01 00:00, seven hours behind UTC."""

ITERPARSE = """
import sys
from lxml import etree

for _, element in etree.iterparse(sys.argv[1]):
    element.clear()
"""


def figures() -> dict[str, dict[str, Any]]:
    """Measure. The ratio is our time over lxml's."""
    found: dict[str, tuple[float, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feed.xml"
        for shape, entries in {"days": _days(), "blocks": _homes_in_an_entry(), "readings": _minutes()}.items():
            size_bytes = _write(path, entries)
            report = str(Path(folder) / "report.json")
            ours_s, peak_mb = _run("-m", "conformance", "file", str(path), "-q", "--report", "json", "-o", report)
            lxml_s, _ = _run("-c", ITERPARSE, str(path))
            found |= {
                f"conformance.{shape}_mb_per_s": (size_bytes / 1e6 / ours_s, "MB/s"),
                f"conformance.{shape}_peak_mb": (peak_mb, "MB"),
                f"conformance.{shape}_ratio_to_lxml_iterparse": (ours_s / lxml_s, "times its time"),
            }
    return {name: {"value": value, "unit": unit, "command": COMMAND} for name, (value, unit) in found.items()}


def _run(*words: str) -> tuple[float, float]:
    """CPU seconds of a Python of its own that must succeed, and the megabytes it had at most."""
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _write(path: Path, entries: Iterable[str]) -> int:
    """A feed with these entries, and no more once it is large enough; its size in bytes."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write('<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n')
        stream.write(f"<id>{_uuid('feed')}</id><title>Homes</title><updated>2026-06-01T00:00:00Z</updated>\n")
        stream.write(f'<link rel="self" href="{R}/Batch/Bulk/9b6c7066e2f1" type="espi-feed/Subscription"/>\n')
        for entry in entries:
            stream.write(entry)
        stream.write("</feed>\n")
    return path.stat().st_size


def _days() -> Iterator[str]:
    written = 0
    yield from _shared_by_all()
    for number in range(10_000):
        home = _Home(number)
        yield from home.entries()
        for day in range(365):
            entry = home.block_entry(day, _block(FIRST_S + day * DAY_S, 96, 900))
            written += len(entry)
            yield entry
        if written > SIZE_BYTES:
            return


def _homes_in_an_entry() -> Iterator[str]:
    written = 0
    yield from _shared_by_all()
    for number in range(10_000):
        home = _Home(number)
        yield from home.entries()
        entry = home.block_entry(0, "".join(_block(FIRST_S + day * DAY_S, 96, 900) for day in range(365)))
        written += len(entry)
        yield entry
        if written > SIZE_BYTES:
            return


def _minutes() -> Iterator[str]:
    yield from _shared_by_all(interval_s=60)
    home = _Home(0)
    yield from home.entries()
    days = SIZE_BYTES // len(_readings(FIRST_S, 1440, 60))
    head, tail = home.block_entry(0, _block(FIRST_S, days * 1440, 60, "|")).split("|")
    yield head
    for day in range(days):  # in pieces: what this process once held would count as its child's
        yield _readings(FIRST_S + day * DAY_S, 1440, 60)
    yield tail


def _shared_by_all(interval_s: int = 900) -> Iterator[str]:
    rules = "<dstEndRule>FFFFFFFF</dstEndRule><dstOffset>0</dstOffset><dstStartRule>FFFFFFFF</dstStartRule>"
    zone = (
        f'<LocalTimeParameters xmlns="http://naesb.org/espi">{rules}<tzOffset>-25200</tzOffset></LocalTimeParameters>'
    )
    facts = {
        "accumulationBehaviour": 4, "commodity": 1, "currency": 840, "flowDirection": 1, "intervalLength": interval_s,
        "kind": 12, "phase": 769, "powerOfTenMultiplier": 0, "uom": 72,
    }  # fmt: skip
    children = "".join(f"<{name}>{value}</{name}>" for name, value in facts.items())
    kind = f'<ReadingType xmlns="http://naesb.org/espi">{children}</ReadingType>'
    yield _entry("LocalTimeParameters", f"{R}/LocalTimeParameters", "8cb6279a8e1b", zone)
    yield _entry("ReadingType", f"{R}/ReadingType", "419d0ee3f1ad", kind)


class _Home:
    """A usage point with one meter reading."""

    def __init__(self, number: int) -> None:
        points = f"{R}/Subscription/3492ad65d05a/UsagePoint"
        self.points, self.identifier = points, f"{number + 0xD6E212866000:012x}"
        self.readings = f"{points}/{self.identifier}/MeterReading"
        self.blocks = f"{self.readings}/401efb2d64c8/IntervalBlock"

    def entries(self) -> Iterator[str]:
        service = (
            '<UsagePoint xmlns="http://naesb.org/espi"><ServiceCategory><kind>0</kind></ServiceCategory></UsagePoint>'
        )
        to_readings = _link("related", self.readings, "espi-feed/MeterReading")
        to_zone = _link("related", f"{R}/LocalTimeParameters/8cb6279a8e1b", "espi-entry/LocalTimeParameters")
        yield _entry("UsagePoint", self.points, self.identifier, service, to_readings + to_zone)
        to_blocks = _link("related", self.blocks, "espi-feed/IntervalBlock")
        to_type = _link("related", f"{R}/ReadingType/419d0ee3f1ad", "espi-entry/ReadingType")
        reading = '<MeterReading xmlns="http://naesb.org/espi"/>'
        yield _entry("MeterReading", self.readings, "401efb2d64c8", reading, to_blocks + to_type)

    def block_entry(self, number: int, content: str) -> str:
        return _entry("IntervalBlock", self.blocks, f"{number + 0xA00000000000:012x}", content)


def _uuid(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def _link(rel: str, href: str, kind: str) -> str:
    return f'<link rel="{rel}" href="{href}" type="{kind}"/>\n'


def _entry(kind: str, up: str, identifier: str, content: str, links: str = "") -> str:
    own = _link("self", f"{up}/{identifier}", f"espi-entry/{kind}") + _link("up", up, f"espi-feed/{kind}")
    head = f"<entry>\n<id>{_uuid(f'{up}/{identifier}')}</id>\n{own}{links}<title>{kind}</title>\n"
    return f"{head}<content>\n{content}\n</content>\n{TIMES}\n</entry>\n"


def _block(start_s: int, count: int, step_s: int, readings: str = "") -> str:
    interval = f"<interval><duration>{count * step_s}</duration><start>{start_s}</start></interval>\n"
    within = readings or _readings(start_s, count, step_s)
    return f'<IntervalBlock xmlns="http://naesb.org/espi">\n{interval}{within}</IntervalBlock>\n'


def _readings(start_s: int, count: int, step_s: int) -> str:
    return "".join(
        f"<IntervalReading>\n<timePeriod><duration>{step_s}</duration><start>{start_s + place * step_s}</start>"
        f"</timePeriod>\n<value>{place * 7919 % 900}</value>\n</IntervalReading>\n"
        for place in range(count)
    )
