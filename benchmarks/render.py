"""Rendering: a year of quarter hours as a Green Button feed, beside other ways to the same feed.

Everything is measured in CPU time in one process and one run, in rounds that take each way once, and the medians are
compared. Every way writes the same entries, with all ids, links and times; that their values are equal when parsed is
checked first. Ours pads short values with blanks, which adds 1 or 2 % to its bytes.

- memcpy: copying the finished feed into memory that is there already; it and ours take turns.
- lxml objects: an element for everything, then `tostring`.
- feedgen: its own calls, the content as XML text. It refuses `rel="up"`, so its feed says `related` there.
- f-strings with zlib at level 6: what a careful program without tables and arrays would do.
"""

from __future__ import annotations

import datetime as dt
import statistics
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from espi.atom import write
from espi.atom.grid import BlockRenderer
from espi.atom.links import Hrefs, Link, block_path_id, block_uuid
from espi.clock import instant_text, zone
from espi.day import PackedDay, pack_codes, pack_values
from espi.resources.interval_block import INTERVAL_BLOCK

if TYPE_CHECKING:
    from lxml.etree import _Element

COMMAND = "python -m benchmarks render"
ROUNDS = 11
YEAR = 365
SEVEN_YEARS = 2_557
FIRST_DAY = 16_071  # 2014-01-01
QUALITY = 17
ESPI = "{http://naesb.org/espi}"
ATOM = "{http://www.w3.org/2005/Atom}"
FEED_ID = "471c43c2-043f-5434-bf1f-1eba5a13b748"
HREFS = Hrefs("https://dc.example.com/espi/1_1/resource", "RetailCustomer/912345678901234")


@dataclass(frozen=True)
class Thing:
    """A usage point or channel, as far as rendering goes."""

    path_id: int
    uuid: str = "3030ac7c-9588-50c4-b8fa-c793d18f9157"


POINT, CHANNEL = Thing(123_456_789_012_345), Thing(223_456_789_012_345)


def days(count: int) -> Iterator[PackedDay]:
    """A household's days, one after the other: gamma-distributed loads around 200 Wh in a quarter of an hour."""
    place = zone("America/Chicago")
    random = np.random.default_rng(1)
    quality = pack_codes(np.full(96, QUALITY, np.uint8))
    for day in range(FIRST_DAY, FIRST_DAY + count):
        start_s, readings = place.day_start_s(day), place.quarter_hours(day)
        packed = pack_values(random.gamma(1.2, 170, readings).astype(np.int64))
        published_s = place.day_start_s(day + 1) + 7 * 3600 + day % 600
        yield PackedDay(day, start_s, 900, readings, packed, quality, published_s=published_s, updated_s=published_s)


def ours(year: list[PackedDay]) -> Iterator[bytes]:
    """The feed as the server sends it."""
    yield write.feed_head(FEED_ID, "Green Button Usage Feed", 0, [HREFS.batch()])
    yield from BlockRenderer(HREFS, POINT, CHANNEL, QUALITY).render(year)
    yield write.FEED_TAIL


def entry_facts(day: PackedDay) -> tuple[str, tuple[Link, ...], str, list[tuple[int, int]]]:
    """An entry's id, links, time, and start and value of each reading."""
    ids = {"UsagePoint": POINT.path_id, "MeterReading": CHANNEL.path_id}
    ids["IntervalBlock"] = block_path_id(CHANNEL.path_id, day.day)
    links = HREFS.for_row(INTERVAL_BLOCK, ids)
    starts = range(day.start_s, day.start_s + 900 * day.count, 900)
    readings = list(zip(starts, day.block(0, 0).values.tolist(), strict=True))
    return block_uuid(CHANNEL.uuid, day.day), links, instant_text(day.updated_s), readings


def content_text(day: PackedDay, readings: list[tuple[int, int]], xmlns: str = "") -> str:
    """A day's IntervalBlock by f-strings."""
    texts = [
        "<espi:IntervalReading><espi:timePeriod><espi:duration>900</espi:duration>"
        f"<espi:start>{start_s}</espi:start></espi:timePeriod><espi:value>{value}</espi:value></espi:IntervalReading>"
        for start_s, value in readings
    ]
    return (
        f"<espi:IntervalBlock{xmlns}><espi:interval><espi:duration>{900 * day.count}</espi:duration>"
        f"<espi:start>{day.start_s}</espi:start></espi:interval>{''.join(texts)}</espi:IntervalBlock>"
    )


def by_f_strings(year: list[PackedDay]) -> bytes:
    """The feed by f-strings, one a reading."""
    parts = [write.feed_head(FEED_ID, "Green Button Usage Feed", 0, [HREFS.batch()]).decode()]
    for day in year:
        uuid, links, instant, readings = entry_facts(day)
        link_texts = [f'<link rel="{link.rel}" type="{link.type}" href="{link.href}"/>' for link in links]
        parts.append(
            f"<entry><id>urn:uuid:{uuid}</id>{''.join(link_texts)}"
            f"<title>IntervalBlock</title><published>{instant}</published><updated>{instant}</updated>"
            f'<content type="application/xml">{content_text(day, readings)}</content></entry>\n'
        )
    parts.append("</feed>\n")
    return "".join(parts).encode()


def by_lxml_objects(year: list[PackedDay]) -> bytes:
    """The feed as a tree of lxml elements."""
    from lxml import etree  # noqa: PLC0415 - the memory of seven years is measured without it

    def text(parent: _Element, name: str, value: object) -> _Element:
        node = etree.SubElement(parent, name)
        node.text = str(value)
        return node

    root = etree.Element(f"{ATOM}feed", nsmap={None: ATOM[1:-1], "espi": ESPI[1:-1]})  # type: ignore[dict-item]
    text(root, f"{ATOM}id", f"urn:uuid:{FEED_ID}")
    text(root, f"{ATOM}title", "Green Button Usage Feed")
    text(root, f"{ATOM}updated", instant_text(0))
    for day in year:
        uuid, links, instant, readings = entry_facts(day)
        entry = etree.SubElement(root, f"{ATOM}entry")
        text(entry, f"{ATOM}id", f"urn:uuid:{uuid}")
        for link in links:
            etree.SubElement(entry, f"{ATOM}link", rel=link.rel, type=link.type, href=link.href)
        text(entry, f"{ATOM}title", "IntervalBlock")
        text(entry, f"{ATOM}published", instant)
        text(entry, f"{ATOM}updated", instant)
        content = etree.SubElement(entry, f"{ATOM}content", type="application/xml")
        block = etree.SubElement(content, f"{ESPI}IntervalBlock")
        interval = etree.SubElement(block, f"{ESPI}interval")
        text(interval, f"{ESPI}duration", 900 * day.count)
        text(interval, f"{ESPI}start", day.start_s)
        for start_s, value in readings:
            reading = etree.SubElement(block, f"{ESPI}IntervalReading")
            period = etree.SubElement(reading, f"{ESPI}timePeriod")
            text(period, f"{ESPI}duration", 900)
            text(period, f"{ESPI}start", start_s)
            text(reading, f"{ESPI}value", value)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def by_feedgen(year: list[PackedDay]) -> bytes:
    """The feed by feedgen."""
    from feedgen.feed import FeedGenerator  # noqa: PLC0415 - as lxml

    feed = FeedGenerator()
    feed.id(f"urn:uuid:{FEED_ID}")
    feed.title("Green Button Usage Feed")
    feed.updated(dt.datetime.fromtimestamp(0, dt.UTC))
    for day in year:
        uuid, links, _, readings = entry_facts(day)
        entry = feed.add_entry(order="append")
        entry.id(f"urn:uuid:{uuid}")
        entry.link([_for_feedgen(link) for link in links])
        entry.title("IntervalBlock")
        entry.published(dt.datetime.fromtimestamp(day.published_s, dt.UTC))
        entry.updated(dt.datetime.fromtimestamp(day.updated_s, dt.UTC))
        entry.content(content_text(day, readings, f' xmlns:espi="{ESPI[1:-1]}"'), type="application/xml")
    return bytes(feed.atom_str())


def _for_feedgen(link: Link) -> dict[str, str]:
    return {"rel": "related" if link.rel == "up" else link.rel, "type": link.type, "href": link.href}


def values_of(document: bytes) -> list[Any]:
    """What a feed says: of each entry its id, time, link targets, block and readings."""
    from lxml import etree  # noqa: PLC0415 - as above

    def number(node: _Element, path: str) -> int:
        return int(node.findtext(path, namespaces={"e": ESPI[1:-1]}) or "")

    found = []
    for entry in etree.fromstring(document).iter(f"{ATOM}entry"):
        updated = dt.datetime.fromisoformat(entry.findtext(f"{ATOM}updated") or "")
        head = [entry.findtext(f"{ATOM}id"), updated, [link.get("href") for link in entry.iter(f"{ATOM}link")]]
        (block,) = entry.iter(f"{ESPI}IntervalBlock")
        span = (number(block, "e:interval/e:start"), number(block, "e:interval/e:duration"))
        paths = ("e:timePeriod/e:start", "e:timePeriod/e:duration", "e:value")
        readings = [tuple(number(node, path) for path in paths) for node in block.iter(f"{ESPI}IntervalReading")]
        found.append([*head, span, readings])
    return found


def gzipped(pieces: Iterator[bytes]) -> int:
    """How long the feed is as gzip by isal at level 1, the fast compressor, piece by piece as it is sent."""
    from isal import isal_zlib  # noqa: PLC0415 - as above

    packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, 31)
    return sum(len(packer.compress(piece)) for piece in pieces) + len(packer.flush())


def zlib_6(document: bytes) -> int:
    """How long a document is as gzip by zlib at level 6."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return len(packer.compress(document)) + len(packer.flush())


def medians(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median CPU time of each way in seconds, over rounds that take each once."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            begun = time.process_time()
            way()
            taken[name].append(time.process_time() - begun)
    return {name: statistics.median(times) for name, times in taken.items()}


def peak_mb() -> float:
    """The most memory that a process which renders seven years ever takes, in MB, Python and numpy included."""
    words = [sys.executable, "-c", "from benchmarks import render; render.render_seven_years()"]
    run = subprocess.run(words, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    return float(run.stdout)


def render_seven_years() -> None:
    """Render seven years of one channel as they come, and print the peak of this process's memory in MB."""
    total = sum(map(len, ours(days(SEVEN_YEARS))))  # type: ignore[arg-type]
    assert total > SEVEN_YEARS * 96 * 100
    status = Path("/proc/self/status").read_text("utf-8")
    (peak_kb,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    print(int(peak_kb) * 1024 / 1e6)


def figures() -> dict[str, dict[str, Any]]:
    """Measure. A ratio above 1 says how many times faster we are; to memcpy, how many times longer we take."""
    year = list(days(YEAR))
    finished = b"".join(ours(year))
    truth = values_of(finished)
    for way in (by_f_strings, by_lxml_objects, by_feedgen):
        assert values_of(way(year)) == truth, way.__name__
    source = np.frombuffer(finished, np.uint8)
    target = np.zeros_like(source)
    fast = medians({"ours": lambda: sum(map(len, ours(year))), "memcpy": lambda: np.copyto(target, source)}, 200)
    slow = medians(
        {
            "ours": lambda: sum(map(len, ours(year))),
            "lxml": lambda: by_lxml_objects(year),
            "feedgen": lambda: by_feedgen(year),
            "ours gzip": lambda: gzipped(ours(year)),
            "f-strings zlib": lambda: zlib_6(by_f_strings(year)),
        },
        ROUNDS,
    )
    readings = sum(day.count for day in year)
    values = {
        "render.readings_per_s": (readings / fast["ours"], "readings/s"),
        "render.ratio_to_lxml_objects": (slow["lxml"] / slow["ours"], "times faster"),
        "render.ratio_to_feedgen": (slow["feedgen"] / slow["ours"], "times faster"),
        "render.ratio_to_memcpy": (fast["ours"] / fast["memcpy"], "times its time"),
        "render_gzip.readings_per_s": (readings / slow["ours gzip"], "readings/s"),
        "render_gzip.ratio_to_zlib6": (slow["f-strings zlib"] / slow["ours gzip"], "times faster"),
        "render.peak_mb_seven_years": (peak_mb(), "MB"),
    }
    return {name: {"value": value, "unit": unit, "command": COMMAND} for name, (value, unit) in values.items()}
