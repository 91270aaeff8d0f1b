"""Documents that were good until somebody deleted, doubled, altered or moved something in them."""

from __future__ import annotations

import copy
from collections.abc import Callable

from hypothesis import strategies as st
from lxml import etree

from conformance.samples.catalogue import good

ATOM, ESPI, CUSTOMER = "{http://www.w3.org/2005/Atom}", "{http://naesb.org/espi}", "{http://naesb.org/espi/customer}"
READING = ESPI + "IntervalReading"
READINGS_IN_REACH = 3
"""Of each block: the others are like them, and would be most of the document."""

TEXTS = (
    "",
    "0",
    "1",
    "4",
    "8",
    "12",
    "04",
    " 4 ",
    "+4",
    "4.0",
    "-1",
    "word",
    "70000",
    "urn:uuid:1",
    "2024-02-30T00:00:00Z",
)
EDGES = (
    *("9223372036854775807", "-9223372036854775808", "9223372036854775808", "140737488355328", "-140737488355328"),
    *("4294967295", "4294967296", "65535", "32767", "-32768", "255", "-1", "0", "1719810000000", "20240701"),
)
NAMES = (
    *(ATOM + name for name in ("id", "title", "link", "content", "source", "entry", "published", "feed")),
    *(ESPI + name for name in ("kind", "start", "uom", "UsagePoint", "MeterReading", "IntervalBlock", "ReadingType")),
    *(ESPI + name for name in ("UsageSummary", "ElectricPowerUsageSummary", "value", "cost", "unheard-of")),
    CUSTOMER + "UsagePoint",
    "nowhere",
)
RELATIONS = ("self", "up", "related", "alternate", "SELF")

XML, XSI = "{http://www.w3.org/XML/1998/namespace}", "{http://www.w3.org/2001/XMLSchema-instance}"
ATTRIBUTES = (
    "rel",
    "type",
    "unheard-of",
    XML + "lang",
    XML + "base",
    XSI + "type",
    XSI + "nil",
    "{urn:other}mark",
    ESPI + "mark",
)
STRANGE = (
    lambda: etree.Comment("a comment"),
    lambda: etree.ProcessingInstruction("a", "b"),
    lambda: etree.Element("{urn:other}element"),
    lambda: etree.Element(ESPI + "extension"),
    lambda: etree.Element(ESPI + "ServiceStatus"),
    lambda: etree.Element(ATOM + "title"),
)

Element = etree._Element
Draw = Callable[[st.SearchStrategy[object]], object]
Mutation = Callable[[Draw, Element], None]


@st.composite
def mutated(draw: Draw, files: tuple[str, ...], most: int = 3) -> bytes:
    """A good file after one or a few mutations."""
    root = etree.fromstring(good(draw(st.sampled_from(files))))
    for mutation in draw(st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=most)):
        mutation(draw, root)
    return etree.tostring(root, encoding="UTF-8")


def in_reach(root: Element) -> list[Element]:
    """The elements but the root and the many readings."""
    return [each for each in root.iter("*") if each is not root and _near(each)]


def _near(element: Element) -> bool:
    reading = element if element.tag == READING else next(element.iterancestors(READING), None)
    return reading is None or len(list(reading.itersiblings(READING, preceding=True))) < READINGS_IN_REACH


def _some(draw: Draw, root: Element) -> Element | None:
    found = in_reach(root)
    return draw(st.sampled_from(found)) if found else None


def delete(draw: Draw, root: Element) -> None:
    element = _some(draw, root)
    if element is not None:
        element.getparent().remove(element)


def double(draw: Draw, root: Element) -> None:
    element = _some(draw, root)
    if element is not None:
        element.addnext(copy.deepcopy(element))


def alter_text(draw: Draw, root: Element) -> None:
    leaves = [each for each in in_reach(root) if not len(each)]
    if leaves:
        others = [each.text or "" for each in leaves]
        draw(st.sampled_from(leaves)).text = draw(st.sampled_from(TEXTS) | st.sampled_from(others))


def go_to_the_edge(draw: Draw, root: Element) -> None:
    """A number becomes one that its type may hold and nobody means."""
    numbers = [each for each in in_reach(root) if not len(each) and (each.text or "").strip("-").isdecimal()]
    if numbers:
        draw(st.sampled_from(numbers)).text = draw(st.sampled_from(EDGES))


def rename(draw: Draw, root: Element) -> None:
    element = _some(draw, root)
    if element is not None:
        element.tag = draw(st.sampled_from(NAMES))


def swap_entries(draw: Draw, root: Element) -> None:
    entries = root.findall(ATOM + "entry")
    if len(entries) > 1:
        first, second = draw(st.permutations(range(len(entries))))[:2]
        entries[first].addnext(entries[second])


def take_content_of_another(draw: Draw, root: Element) -> None:
    """Two entries exchange what is in them, and keep their envelopes."""
    contents = root.findall(f"{ATOM}entry/{ATOM}content")
    if len(contents) > 1:
        first, second = draw(st.permutations(contents))[:2]
        inside = list(first), list(second)
        second.extend(inside[0])
        first.extend(inside[1])


def move(draw: Draw, root: Element) -> None:
    element, place = _some(draw, root), _some(draw, root)
    if element is not None and place is not None and element not in (place, *place.iterancestors()):
        place.addnext(element)


def bring_another_reference(draw: Draw, root: Element) -> None:
    links = root.findall(f".//{ATOM}link")
    if links:
        hrefs = [each.get("href", "") for each in links]
        other = st.sampled_from(hrefs) | st.sampled_from([href + "/" for href in hrefs]) | st.just("")
        draw(st.sampled_from(links)).set("href", draw(other))


def alter_relation(draw: Draw, root: Element) -> None:
    links = root.findall(f".//{ATOM}link")
    if links:
        draw(st.sampled_from(links)).set("rel", draw(st.sampled_from(RELATIONS)))


def drop_attribute(draw: Draw, root: Element) -> None:
    bearers = [each for each in in_reach(root) if each.attrib]
    if bearers:
        element = draw(st.sampled_from(bearers))
        del element.attrib[draw(st.sampled_from(sorted(element.attrib)))]


def add_attribute(draw: Draw, root: Element) -> None:
    element = _some(draw, root)
    if element is not None:
        element.set(
            draw(st.sampled_from(ATTRIBUTES)), draw(st.sampled_from(("", "1", "en", "true", "espi:kind", "no such")))
        )


def put_something_strange_in(draw: Draw, root: Element) -> None:
    element = _some(draw, root)
    if element is not None:
        element.insert(draw(st.integers(0, len(element))), draw(st.sampled_from(STRANGE))())


def leave_text_about(draw: Draw, root: Element) -> None:
    element = _some(draw, root)
    if element is not None:
        element.tail = draw(st.sampled_from(("word", "\u00a0", "\n\n", "")))


def rename_root(draw: Draw, root: Element) -> None:
    root.tag = draw(st.sampled_from(NAMES))


def delete_every_such(draw: Draw, root: Element) -> None:
    element = _some(draw, root)
    if element is not None:
        for each in list(root.iter(element.tag)):
            if each is not root:
                each.getparent().remove(each)


MUTATIONS: tuple[Mutation, ...] = (
    delete,
    double,
    alter_text,
    go_to_the_edge,
    rename,
    swap_entries,
    take_content_of_another,
    move,
    bring_another_reference,
    alter_relation,
    drop_attribute,
    delete_every_such,
    add_attribute,
    put_something_strange_in,
    leave_text_about,
    rename_root,
)
