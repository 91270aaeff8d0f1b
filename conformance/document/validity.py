"""Judging a document by the schemas while it passes by, with messages that say what was found and what was expected.

After a fault in the order of an element's children the rest of its children are still judged each by itself, but not
their order: one mistake gives one message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.document.names import ATOM, CUSTOMER, ESPI, INSTANCE, local, split
from conformance.document.schemas import Form, State, Step, grammar
from conformance.document.simple_types import BLANKS, Simple

MOST_NAMED = 5
LONGEST_SHOWN = 60

Report = Callable[[str, str], None]
"""Called with the path and the message of every fault."""

_HINTS = {f"{{{INSTANCE}}}schemaLocation", f"{{{INSTANCE}}}noNamespaceSchemaLocation"}
_TYPE = f"{{{INSTANCE}}}type"
_NIL = f"{{{INSTANCE}}}nil"


class _Frame:
    """An element that is open."""

    __slots__ = ("counts", "form", "label", "lenient", "state")

    def __init__(self, label: str, form: Form) -> None:
        self.label = label
        self.form = form
        self.state = form.state
        self.lenient = form.lax
        self.counts: dict[str, int] = {}


class Validator:
    """Follows the elements of one document, named `{namespace}name`, and reports what the schemas do not allow."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._grammar = grammar()
        top = Form(name="document", state=State(wildcard=True))
        self._frames = [_Frame("", top)]

    def start(self, name: str, attributes: Mapping[str, str], before: str) -> None:
        """An element begins; `before` is the text between its parent's last tag and it."""
        above = self._frames[-1]
        step = above.state.get(name)
        counts = above.counts
        number = counts[name] = counts.get(name, 0) + 1
        if step is None:
            form, many = self._undeclared(above, name), number > 1
        else:
            above.state, form, many = step
        label = f"{name}[{number}]" if many or number > 1 else name
        self._frames.append(_Frame(label, form))
        if before and not above.form.mixed and before.strip(BLANKS):
            self._text_between(above, before)
        if attributes or form.required:
            self._attributes(form, attributes)

    def end(self, text: str) -> None:
        """The innermost element ends; `text` is what stood in it after its last child."""
        frame = self._frames[-1]
        form = frame.form
        if form.simple is not None:
            if not frame.counts and not form.simple.accepts(text):
                self._fault(_value_message(frame, form.simple, text))
        elif text and not form.mixed and text.strip(BLANKS):
            self._fault(f"<{_shown(frame)}> holds elements only; found the text {_quoted(text)}")
        if not frame.state.end and not frame.lenient:
            self._fault(f"<{_shown(frame)}> ends too early: expected {_expected(frame.state)}")
        self._frames.pop()

    @property
    def path(self) -> str:
        """Where the innermost open element is: `/feed/entry[3]/content/IntervalBlock`."""
        return "/" + "/".join(local(frame.label) for frame in self._frames[1:])

    # ------------------------------------------------------------ faults

    def _fault(self, message: str) -> None:
        self._report(self.path, message)

    def _undeclared(self, above: _Frame, name: str) -> Form:
        """The form of an element that the state does not name; the fault is reported unless a wildcard lets it in."""
        declared = self._grammar.elements.get(name)
        if above.form.lax:
            return declared or self._grammar.lax
        if len(self._frames) == 1:
            return declared or self._at_fault(above, name, _root_message(name))
        namespace = split(name)[0]
        if above.state.wildcard and namespace not in {"", ATOM}:
            return declared or self._at_fault(above, name, _foreign_message(name))
        if above.lenient:
            return self._known(above, name) or self._grammar.lax
        above.lenient = True
        return self._at_fault(above, name, _order_message(above, name), self._known(above, name))

    @staticmethod
    def _known(above: _Frame, name: str) -> Form | None:
        """The form an element has elsewhere in its parent."""
        return next((step.form for step in _steps(above.form.state, name)), None)

    def _at_fault(self, above: _Frame, name: str, message: str, form: Form | None = None) -> Form:
        number = above.counts[name]
        label = local(name) if number == 1 else f"{local(name)}[{number}]"
        self._report(f"{self.path.rstrip('/')}/{label}", message)
        return form or self._grammar.lax

    def _text_between(self, above: _Frame, text: str) -> None:
        if above.form.simple is None:
            self._fault(f"<{_shown(above)}> holds elements only; found the text {_quoted(text)}")

    def _attributes(self, form: Form, attributes: Mapping[str, str]) -> None:
        for name, value in attributes.items():
            kind = form.attributes.get(name)
            if kind is None and name not in _HINTS:
                self._attribute(form, name, value)
            elif kind is not None and not kind.accepts(value):
                self._fault(f"{_quoted(value)} is not allowed in the attribute {local(name)}: expected {kind.expected}")
        for name in form.required:
            if name not in attributes:
                self._fault(f"<{_shown(self._frames[-1])}> lacks its attribute {local(name)}")

    def _attribute(self, form: Form, name: str, value: str) -> None:
        element = _shown(self._frames[-1])
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


def _shown(frame: _Frame) -> str:
    return local(frame.label).partition("[")[0]


def _quoted(text: str) -> str:
    bare = text.strip(BLANKS)
    return f"'{bare[:LONGEST_SHOWN]}…'" if len(bare) > LONGEST_SHOWN else f"'{bare}'"


def _value_message(frame: _Frame, simple: Simple, text: str) -> str:
    if not text.strip(BLANKS):
        return f"<{_shown(frame)}> is empty: expected {simple.expected}"
    return f"{_quoted(text)} is not allowed in <{_shown(frame)}>: expected {simple.expected}"


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


def _order_message(above: _Frame, name: str) -> str:
    namespace, found = split(name)
    parent = _shown(above)
    if above.form.simple is not None:
        return f"<{parent}> holds a value, no elements; found <{found}>"
    like = [other for other in above.form.names if local(other) == found]
    if like and name not in like:
        there = f"the namespace {namespace}" if namespace else "no namespace"
        return f"<{found}> is in {there}: expected {split(like[0])[0]}"
    if name in above.form.names:
        again = name in above.counts and above.counts[name] > 1
        reason = "stands there once too often or too late" if again else "is out of order"
        return f"<{found}> {reason} in <{parent}>: expected {_expected(above.state)}"
    if not above.form.names:
        return f"<{found}> is not expected in <{parent}>"
    return f"<{found}> is no element of <{parent}>: expected {_expected(above.state)}"


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
