"""Following a document tag by tag: the two functions that the parser calls, and all that happens at every element.

A feed has millions of elements and very few kinds of them, so the common case is a handful of look-ups here, without a
further call; what is met for the first time, or is wrong, is left to `Gatherer` and `Validator`.
"""

from __future__ import annotations

from collections.abc import Callable

from conformance.document.gather import Gatherer
from conformance.document.not_xml import TooMuch
from conformance.document.simple_types import BLANKS
from conformance.document.validity import Validator

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]


def starting(gatherer: Gatherer, validator: Validator, texts: list[str]) -> Start:
    """What to call where an element begins; `texts` are those since the last tag.

    Raises (when called):
        TooMuch: what no honest feed has.
    """
    frames = validator.frames
    places = gatherer.places
    deepest = len(frames) - 1

    def start(name: str, attributes: dict[str, str]) -> None:
        if texts:
            before = "".join(texts)
            texts.clear()
            if before.strip(BLANKS):
                validator.text_between(before)
        depth = validator.depth
        if depth == deepest:
            raise TooMuch(f"elements more than {deepest} deep in each other")
        above = frames[depth]
        step = above.state.get(name)
        number = 0
        if step is None:
            form = validator.undeclared(name)
        else:
            above.state, form, many = step
            if many:
                number = above.count(name)
        validator.depth = depth + 1
        frames[depth + 1].open(name, number, form)
        if attributes or form.required:
            validator.attributes(attributes)
        place = places[-1].below.get(name) or gatherer.place(name)
        places.append(place)
        gatherer.leaf = True
        if place.begin is not None:
            place.begin(place, attributes)

    return start


def ending(gatherer: Gatherer, validator: Validator, texts: list[str]) -> End:
    """What to call where an element ends; `texts` are those since the last tag."""
    frames = validator.frames
    places = gatherer.places
    fields = gatherer.fields

    def end(_: str) -> None:
        text = "".join(texts)
        texts.clear()
        frame = frames[validator.depth]
        simple = frame.form.simple
        if simple is not None:
            plain = len(text) <= simple.digits and text.isdigit() and text.isascii()
            if not plain and gatherer.leaf and not simple.accepts(text):
                validator.wrong_value(simple, text)
        elif text and text.strip(BLANKS):
            validator.text_between(text)
        if not frame.state.end and not frame.lenient:
            validator.too_early()
        validator.depth -= 1
        place = places.pop()
        if place.field is not None:
            fields[place.field] = text
            gatherer.found.setdefault(place.path, text)
        elif place.finish is not None:
            place.finish(place, text if gatherer.leaf else None)
        gatherer.leaf = False

    return end
