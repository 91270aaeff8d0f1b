"""Writing HTML: elements from arguments, every text escaped unless it is HTML already."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

VOID = frozenset({"meta", "input"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def el(name: str, /, *children: str | Iterable[str | None] | None, **attributes: str | bool | None) -> Html:
    """An element: `el("a", "more", href="#x", class_="quiet")`.

    A `_` at an attribute's end is dropped and one within it is a hyphen; True is an attribute without a value, None and
    False leave it out. Children are texts, `Html`, lists of these, and None.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items() if value not in {None, False})
    if name in VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{''.join(map(_child, children))}</{name}>")


def _attribute(key: str, value: str | bool | None) -> str:  # noqa: FBT001  attributes have truth values
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def _child(child: str | Iterable[str | None] | None) -> str:
    if child is None:
        return ""
    if isinstance(child, str):
        return child if isinstance(child, Html) else escape(child, quote=False)
    return "".join(map(_child, child))


def joined(*children: str | Iterable[str | None] | None) -> Html:
    """Children without an element around them."""
    return Html("".join(map(_child, children)))
