"""One alteration of a good file, as `broken/*.toml` tells it.

Paths are XPath 1.0 with the prefixes atom, espi and cust; `E(X)` stands for the entries with an element X. An
alteration is made at every node its path finds, and finding none is an error.

    remove = PATH                               the elements or attributes go
    copy = PATH                                 each element once more, right after itself
    text = {at = PATH, to = "..."}              the text of elements or attributes
    edit = {at = PATH, find = "", to = "..."}   a part of the text of elements or attributes
    rename = {at = PATH, to = "espi:name"}      the name of elements
    add = {after | before = PATH, xml = "..."}  an element is put in
    move = {at = PATH, after = PATH}            elements go somewhere else
    swap = {at = PATH, with = PATH}             two elements or attributes exchange their texts
    replace = {at = "...", to = "..."}          the first such text of the file itself
    replace_all = {at = "...", to = "..."}      every such text of the file itself
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

NAMES = {
    "atom": "http://www.w3.org/2005/Atom",
    "espi": "http://naesb.org/espi",
    "cust": "http://naesb.org/espi/customer",
}

Element = etree._Element  # noqa: SLF001  lxml has no public name for it
Change = Mapping[str, str]


def altered(good: bytes, how: Mapping[str, Any]) -> bytes:
    """The file after one alteration.

    Raises:
        ValueError: it finds nothing to alter, or nothing that can be altered so.
    """
    (kind,) = how
    if kind.startswith("replace"):
        return _replaced(good, how[kind], 1 if kind == "replace" else -1)
    tree = etree.fromstring(good, _PARSER).getroottree()
    ALTERATIONS[kind](tree, how[kind] if isinstance(how[kind], dict) else {"at": how[kind]})
    return good[: _root_begins(good)] + etree.tostring(tree.getroot(), encoding="UTF-8", xml_declaration=False) + b"\n"


_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


def _root_begins(good: bytes) -> int:
    found = re.search(rb"<\w", good)
    return found.start() if found else 0


def _replaced(good: bytes, change: Change, count: int) -> bytes:
    old, new = change["at"].encode(), change["to"].encode()
    if old not in good:
        raise ValueError(f"There is no {change['at']!r} in the file.")
    return good.replace(old, new, count)


def _find(tree: etree._ElementTree, path: str) -> list[Any]:
    spelled_out = re.sub(r"E\((\w+)\)", r"/atom:feed/atom:entry[*/espi:\1 or */cust:\1]", path)
    found = tree.xpath(spelled_out, namespaces=NAMES)
    if not isinstance(found, list) or not found:
        raise ValueError(f"Nothing is found by {path}.")
    return found


def _parent(element: Element) -> Element:
    parent = element.getparent()
    if parent is None:
        raise ValueError("The whole document cannot be moved or removed.")
    return parent


def _cut(element: Element) -> None:
    """Take an element out and leave the space before its successor as it was."""
    parent, tail = _parent(element), element.tail
    before = element.getprevious()
    if element.getnext() is None and before is not None:
        before.tail = tail
    parent.remove(element)
    element.tail = None


def _put(element: Element, after: Element) -> None:
    """Put an element after another, on a line of its own where its neighbour has one."""
    tail = after.tail
    after.addnext(element)
    last = element.getnext() is None
    before = after.getprevious()
    element.tail = tail
    after.tail = (_before(after, before) if last else tail) or None


def _before(element: Element, before: Element | None) -> str | None:
    return before.tail if before is not None else _parent(element).text


def _remove(tree: etree._ElementTree, change: Change) -> None:
    for found in _find(tree, change["at"]):
        if isinstance(found, Element):
            _cut(found)
        else:
            del found.getparent().attrib[found.attrname]


def _copy(tree: etree._ElementTree, change: Change) -> None:
    for element in _find(tree, change["at"]):
        twin = copy.deepcopy(element)
        twin.tail = None
        _put(twin, element)


def _text(tree: etree._ElementTree, change: Change) -> None:
    for found in _find(tree, change["at"]):
        _say(found, change["to"])


def _say(found: Any, text: str) -> None:
    """Set the text of an element or attribute."""
    if isinstance(found, Element):
        found.text = text
    else:
        found.getparent().set(found.attrname, text)


def _said(found: Any) -> str:
    return found.text or "" if isinstance(found, Element) else str(found)


def _swap(tree: etree._ElementTree, change: Change) -> None:
    (one,), (other,) = (_find(tree, change[key]) for key in ("at", "with"))
    text = _said(one)
    _say(one, _said(other))
    _say(other, text)


def _edit(tree: etree._ElementTree, change: Change) -> None:
    for found in _find(tree, change["at"]):
        text = _said(found)
        if change["find"] not in text:
            raise ValueError(f"{text!r} has nothing like {change['find']!r}.")
        _say(found, text.replace(change["find"], change["to"]))


def _rename(tree: etree._ElementTree, change: Change) -> None:
    prefix, name = change["to"].split(":")
    for element in _find(tree, change["at"]):
        element.tag = f"{{{NAMES[prefix]}}}{name}"


def _add(tree: etree._ElementTree, change: Change) -> None:
    declared = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in NAMES.items())
    for place in _find(tree, change["after"] if "after" in change else change["before"]):
        (element,) = etree.fromstring(f"<added {declared}>{change['xml']}</added>", _PARSER)
        if "after" in change:
            _put(element, place)
        else:
            place.addprevious(element)
            element.tail = _before(element, element.getprevious())
        etree.cleanup_namespaces(element, keep_ns_prefixes=list(NAMES))


def _move(tree: etree._ElementTree, change: Change) -> None:
    (place,) = _find(tree, change["after"])
    for element in _find(tree, change["at"]):
        _cut(element)
        _put(element, place)


ALTERATIONS: Mapping[str, Callable[[etree._ElementTree, Change], None]] = {
    "remove": _remove,
    "copy": _copy,
    "text": _text,
    "edit": _edit,
    "swap": _swap,
    "rename": _rename,
    "add": _add,
    "move": _move,
}
KINDS = frozenset({*ALTERATIONS, "replace", "replace_all"})
"""The alterations there are."""
