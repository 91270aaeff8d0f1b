"""Reading: a year of quarter hours out of a Green Button feed, by our hardened reader and by lxml.

lxml builds each block's tree and hands out its numbers; it checks neither bounds nor names. Same document, same values,
CPU time, medians of rounds in one run.
"""

from __future__ import annotations

import io
from typing import Any, cast

from lxml import etree

from benchmarks.render import ESPI, YEAR, days, medians, ours
from espi.atom.read import entries

COMMAND = "python -m benchmarks read"
ROUNDS = 9
_VALUES = etree.XPath("e:IntervalReading/e:value/text()", namespaces={"e": ESPI[1:-1]})
_STARTS = etree.XPath("e:IntervalReading/e:timePeriod/e:start/text()", namespaces={"e": ESPI[1:-1]})


def by_us(document: bytes) -> list[tuple[int, int]]:
    """Start and value of every reading."""
    return [
        (reading["timePeriod"]["start"], reading["value"])
        for entry in entries(io.BytesIO(document))
        for reading in entry.row["IntervalReading"]
    ]


def by_lxml_iterparse(document: bytes) -> list[tuple[int, int]]:
    """The same by lxml, a block at a time."""
    found: list[tuple[int, int]] = []
    for _, block in etree.iterparse(io.BytesIO(document), tag=f"{ESPI}IntervalBlock"):
        starts, values = (cast("list[str]", path(block)) for path in (_STARTS, _VALUES))
        found += zip(map(int, starts), map(int, values), strict=True)
        block.clear()
    return found


def figures() -> dict[str, dict[str, Any]]:
    """Measure. The ratio is lxml's time over ours: below 1, we take longer."""
    document = b"".join(ours(list(days(YEAR))))
    truth = by_lxml_iterparse(document)
    assert by_us(document) == truth
    seconds = medians(
        {"ours": lambda: by_us(document), "lxml": lambda: by_lxml_iterparse(document)},
        ROUNDS,
    )
    values = {
        "read.readings_per_s": (len(truth) / seconds["ours"], "readings/s"),
        "read.ratio_to_lxml_iterparse": (seconds["lxml"] / seconds["ours"], "times faster"),
    }
    return {name: {"value": value, "unit": unit, "command": COMMAND} for name, (value, unit) in values.items()}
