"""Judging a document by the schemas while it passes by, with messages that say what was found and what was expected.

After a fault in the order of an element's children the rest of its children are still judged each by itself, but not
their order: one mistake gives one message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.document.names import ATOM, CUSTOMER, ESPI, INSTANCE, local, split
from conformance.document.not_xml import TooMuch
from conformance.document.schemas import Form, State, Step, grammar
from conformance.document.simple_types import BLANKS, Simple

MOST_NAMED = 5
LONGEST_SHOWN = 60
MOST_ATTRIBUTES = 100
"""Attributes of one element."""
LONGEST_PATH = 20
"""Elements of a path that are shown."""

Report = Callable[[str, str], None]
"""Called with the path and the message of every fault."""

_HINTS = {f"{INSTANCE}}}schemaLocation", f"{INSTANCE}}}noNamespaceSchemaLocation"}
_TYPE = f"{INSTANCE}}}type"
_NIL = f"{INSTANCE}}}nil"


class Frame:
    """An element that is open; used again for the next one of the same depth."""

    __slots__ = ("counts", "form", "lenient", "name", "number", "state")

    def __init__(self) -> None:
        self.name = ""
        self.number = 0
        """Its number among its likes, 0 where there should be one only."""
        self.form = Form()
        self.state = self.form.state
        self.lenient = False
        """Whether the order of its children is no longer judged."""
        self.counts: dict[str, int] | None = None

    def open(self, name: str, number: int, form: Form) -> None:
        """Another element begins."""
        self.name = name
        self.number = number
        self.form = form
        self.state = form.state
        self.lenient = form.lax
        self.counts = None

    def count(self, name: str) -> int:
        """The number of a child that begins."""
        if self.counts is None:
            self.counts = {}
        number = self.counts[name] = self.counts.get(name, 0) + 1
        return number


class Validator:
    """What the schemas have to say of the elements that `follow` goes through.

    `frames` are the open elements, of which `depth` is the innermost; frame 0 is the document itself. Names are as the
    parser gives them, `namespace}name`.
    """

    def __init__(self, report: Report, deepest: int) -> None:
        self._report = report
        self._grammar = grammar()
        self.depth = 0
        self.frames = [Frame() for _ in range(deepest + 1)]
        self.frames[0].state = State(wildcard=True)

    @property
    def path(self) -> str:
        """Where the innermost open element is: `/feed/entry[3]/content/IntervalBlock`."""
        steps = list(map(_step, self.frames[1 : self.depth + 1]))
        if len(steps) > LONGEST_PATH:
            steps[LONGEST_PATH // 2 : -LONGEST_PATH // 2] = ["…"]
        return "/" + "/".join(steps)

    # ------------------------------------------------------------ an element begins

    def undeclared(self, name: str) -> Form:
        """The form of a child of the innermost element that its state does not name.

        The fault is reported, unless a wildcard lets the child in.
        """
        above = self.frames[self.depth]
        declared = self._grammar.elements.get(name)
        if above.form.lax:
            return declared or self._grammar.lax
        if self.depth == 0:
            return declared or self._at_fault(name, _root_message(name))
        namespace = split(name)[0]
        if above.state.wildcard and namespace not in {"", ATOM}:
            return declared or self._at_fault(name, _foreign_message(name))
        if above.lenient:
            return self._known(above, name) or self._grammar.lax
        above.lenient = True
        return self._at_fault(name, _order_message(above, name), self._known(above, name))

    @staticmethod
    def _known(above: Frame, name: str) -> Form | None:
        """The form an element has elsewhere in its parent."""
        return next((step.form for step in _steps(above.form.state, name)), None)

    def _at_fault(self, name: str, message: str, form: Form | None = None) -> Form:
        self._report(f"{self.path.rstrip('/')}/{local(name)}", message)
        return form or self._grammar.lax

    def text_between(self, text: str) -> None:
        """A text stands in the innermost element, between or after its children."""
        frame = self.frames[self.depth]
        if self.depth and not frame.form.mixed and frame.form.simple is None:
            self._fault(f"<{local(frame.name)}> holds elements only; found the text {_quoted(text)}")

    # ------------------------------------------------------------ an element ends

    def wrong_value(self, simple: Simple, text: str) -> None:
        """The innermost element has a text that does not fit."""
        self._fault(_value_message(self.frames[self.depth], simple, text))

    def too_early(self) -> None:
        """The innermost element ends where something is still to come."""
        frame = self.frames[self.depth]
        self._fault(f"<{local(frame.name)}> ends too early: expected {_expected(frame.state)}")

    # ------------------------------------------------------------ attributes

    def _fault(self, message: str) -> None:
        self._report(self.path, message)

    def attributes(self, attributes: Mapping[str, str]) -> None:
        """Judge the attributes of the innermost element.

        Raises:
            TooMuch: there are too many.
        """
        if len(attributes) > MOST_ATTRIBUTES:
            raise TooMuch(f"an element with more than {MOST_ATTRIBUTES} attributes")
        form = self.frames[self.depth].form
        for name, value in attributes.items():
            kind = form.attributes.get(name)
            if kind is None and name not in _HINTS:
                self._attribute(form, name, value)
            elif kind is not None and not kind.accepts(value):
                self._fault(f"{_quoted(value)} is not allowed in the attribute {local(name)}: expected {kind.expected}")
        for name in form.required:
            if name not in attributes:
                self._fault(f"<{local(self.frames[self.depth].name)}> lacks its attribute {local(name)}")

    def _attribute(self, form: Form, name: str, value: str) -> None:
        element = local(self.frames[self.depth].name)
        if name == _TYPE and local(value.replace(":", "}")).strip(BLANKS) in {form.name, element}:
            return
        if name == _NIL and form is not self._grammar.lax:
            self._fault(f"<{element}> cannot be nil; leave it out")
            return
        kind = self._grammar.attributes.get(name) if form.open_attributes or form.lax else None
        if kind is None:
            if not form.lax:
                self._fault(f"<{element}> has no attribute {local(name)}")
        elif not kind.accepts(value):
            self._fault(f"{_quoted(value)} is not allowed in the attribute {local(name)}: expected {kind.expected}")


def _steps(state: State, name: str) -> list[Step]:
    """The step to an element from this state or any that can follow it."""
    seen: list[State] = []
    waiting = [state]
    while waiting:
        here = waiting.pop()
        if any(here is other for other in seen):
            continue
        seen.append(here)
        if name in here:
            return [here[name]]
        waiting.extend(step.state for step in here.values())
    return []


def _step(frame: Frame) -> str:
    return f"{local(frame.name)}[{frame.number}]" if frame.number else local(frame.name)


def _quoted(text: str) -> str:
    bare = text.strip(BLANKS)
    return f"'{bare[:LONGEST_SHOWN]}…'" if len(bare) > LONGEST_SHOWN else f"'{bare}'"


def _value_message(frame: Frame, simple: Simple, text: str) -> str:
    if not text.strip(BLANKS):
        return f"<{local(frame.name)}> is empty: expected {simple.expected}"
    return f"{_quoted(text)} is not allowed in <{local(frame.name)}>: expected {simple.expected}"


def _expected(state: State) -> str:
    """The elements that may come next, the nearest first, less those that nobody expects."""
    names = [local(name) for name in reversed(state)]
    names = [name for name in names if name not in {"extension", "batchItemInfo"}] or names
    shown = [f"<{name}>" for name in names[:MOST_NAMED]]
    more = " or a later element" if len(names) > MOST_NAMED else ""
    if state.end:
        shown.append("its end")
    if not shown:
        return "nothing more"
    return (", ".join(shown[:-1]) + " or " + shown[-1] if len(shown) > 1 else shown[0]) + more


def _order_message(above: Frame, name: str) -> str:
    namespace, found = split(name)
    parent = local(above.name)
    if above.form.simple is not None:
        return f"<{parent}> holds a value, no elements; found <{found}>"
    like = [other for other in above.form.names if local(other) == found]
    if like and name not in like:
        there = f"the namespace {namespace}" if namespace else "no namespace"
        return f"<{found}> is in {there}: expected {split(like[0])[0]}"
    if name in above.form.names:
        return f"<{found}> is out of order, or once too often, in <{parent}>: expected {_expected(above.state)}"
    if not above.form.names:
        return f"<{found}> is not expected in <{parent}>"
    expected = f": expected {_expected(above.state)}" if above.state.ordered else ""
    return f"<{found}> is no element of <{parent}>{expected}"


def _root_message(name: str) -> str:
    namespace, found = split(name)
    if found in {"feed", "entry"}:
        there = f"the namespace {namespace}" if namespace else "no namespace"
        return f"the root element <{found}> is in {there}: expected {ATOM}"
    return f"the root element is <{found}>: expected an Atom <feed> or <entry>, or an element of ESPI"


def _foreign_message(name: str) -> str:
    namespace, found = split(name)
    if namespace in {ESPI, CUSTOMER}:
        return f"<{found}> is no resource of {namespace}"
    return f"<{found}> is in the namespace {namespace}, which no schema of Green Button knows"
