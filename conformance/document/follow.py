"""Following a document tag by tag: the two functions that the parser calls, and all that happens at every element.

A feed has millions of elements and very few kinds of them, so the common case is a handful of look-ups here, without a
further call; what is met for the first time, or is wrong, is left to `Gatherer` and `Validator`.
"""

from __future__ import annotations

from collections.abc import Callable

from conformance.document.gather import Gatherer, TooMuch
from conformance.document.simple_types import BLANKS
from conformance.document.validity import Validator

MOST_ATTRIBUTES = 100
"""Attributes of one element."""

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]


def handlers(  # noqa: C901, PLR0915  two short functions that share what they work on
    gatherer: Gatherer, validator: Validator, texts: list[str]
) -> tuple[Start, End]:
    """What to call where an element begins and where it ends; `texts` are those since the last tag.

    Raises (when called):
        TooMuch: what no honest feed has.
    """
    frames = validator.frames
    places = gatherer.places
    fields = gatherer.fields
    deepest = len(frames) - 1
    depth = 0
    leaf = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, leaf
        if texts:
            before = "".join(texts)
            texts.clear()
            if before.strip(BLANKS):
                validator.text_between(before)
        above = frames[depth]
        step = above.state.get(name)
        number = 0
        if step is None:
            form = validator.undeclared(name)
        else:
            above.state, form, many = step
            if many:
                number = above.count(name)
        if depth == deepest:
            raise TooMuch(f"elements more than {deepest} deep in each other")
        depth += 1
        validator.depth = depth
        frame = frames[depth]
        frame.name = name
        frame.number = number
        frame.form = form
        frame.state = form.state
        frame.lenient = form.lax
        frame.counts = None
        if attributes or form.required:
            if len(attributes) > MOST_ATTRIBUTES:
                raise TooMuch(f"an element with more than {MOST_ATTRIBUTES} attributes")
            validator.attributes(attributes)
        place = places[-1].below.get(name) or gatherer.place(name)
        places.append(place)
        leaf = True
        if place.begin is not None:
            place.begin(place, attributes)

    def end(_: str) -> None:
        nonlocal depth, leaf
        text = "".join(texts)
        texts.clear()
        frame = frames[depth]
        simple = frame.form.simple
        if simple is not None:
            plain = len(text) <= simple.digits and text.isdigit() and text.isascii()
            if not plain and leaf and not simple.accepts(text):
                validator.wrong_value(simple, text)
        elif text and text.strip(BLANKS):
            validator.text_between(text)
        if not frame.state.end and not frame.lenient:
            validator.too_early()
        depth -= 1
        validator.depth = depth
        place = places.pop()
        if place.field is not None:
            fields[place.field] = text
            gatherer.found.setdefault(place.path, text)
        elif place.finish is not None:
            place.finish(place, text, leaf)
        leaf = False

    return start, end
