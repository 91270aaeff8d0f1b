"""The schemas in `xsd/`, made into a table that can follow a document element by element.

A state says which elements may come next, and whether the element may end here. Only those few forms of XML Schema are
known in which our schemas are written: sequences of elements and groups, choices of any number in any order, wildcards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import NamedTuple

from lxml import etree

from conformance.document.names import ATOM, CUSTOMER, ESPI, XML, local
from conformance.document.simple_types import BUILT_IN, Facets, Simple, restricted, union

_XS = "{http://www.w3.org/2001/XMLSchema}"
FILES = {ATOM: "atom.xsd", ESPI: "espi.xsd", CUSTOMER: "customer.xsd", XML: "xml.xsd"}

NUMBERED = {"entry", "link"}
"""Children in any order that are numbered in paths; the others are mostly alone, though the schemas do not say so."""

Node = etree._Element  # noqa: SLF001  the only name of the type


class State(dict[str, "Step"]):
    """Which elements may come next, by name, and whether the end may.

    With a `wildcard` any element of another namespace may that a schema declares. Where there is no order, `ordered` is
    false, and the state never changes.
    """

    __slots__ = ("end", "ordered", "wildcard")

    def __init__(self, *, end: bool = True, wildcard: bool = False) -> None:
        super().__init__()
        self.end = end
        self.wildcard = wildcard
        self.ordered = True


@dataclass(slots=True, eq=False)
class Form:
    """What an element must look like.

    `simple` is the type of its text, None where it has children; `lax` accepts anything; `names` are all elements that
    may be in it, for messages.
    """

    name: str = ""
    simple: Simple | None = None
    mixed: bool = False
    lax: bool = False
    state: State = field(default_factory=State)
    attributes: dict[str, Simple] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    open_attributes: bool = False
    names: frozenset[str] = frozenset()


class Step(NamedTuple):
    """Where an element leads: the state after it, the form it has, and whether there may be several of it."""

    state: State
    form: Form
    many: bool


class Grammar(NamedTuple):
    """All schemas: the elements and attributes that may stand anywhere, and the form of what is not declared.

    Names are as the parser gives them, `namespace}name`.
    """

    elements: dict[str, Form]
    attributes: dict[str, Simple]
    lax: Form


@cache
def grammar() -> Grammar:
    """The schemas of Atom, ESPI and its customer part, read once."""
    books = {namespace: _Book(namespace) for namespace in FILES}
    elements: dict[str, Form] = {}
    attributes: dict[str, Simple] = {}
    for book in books.values():
        for (kind, name), node in book.parts.items():
            if kind == "element":
                elements[book.named(name)] = book.form(node)
            elif kind == "attribute":
                attributes[book.named(name)] = book.attribute_type(node)
    return Grammar(elements, attributes, LAX)


LAX = Form(name="anything", mixed=True, lax=True)


class _Particle(NamedTuple):
    """An element of a sequence."""

    name: str
    form: Callable[[], Form]
    least: int
    many: bool


class _Book:
    """One schema file with what it includes."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.parts: dict[tuple[str, str], Node] = {}
        self._forms: dict[Node, Form] = {}
        self._simple: dict[str, Simple] = {}
        self._read(FILES[namespace])

    def _read(self, name: str) -> None:
        text = (resources.files("xsd") / name).read_bytes()
        for part in etree.fromstring(text, etree.XMLParser(remove_comments=True)):
            kind = part.tag.removeprefix(_XS)
            if kind == "include":
                self._read(part.get("schemaLocation", ""))
            else:
                self.parts[kind, part.get("name", "")] = part

    def named(self, name: str) -> str:
        """A name as the parser gives it: `namespace}name`."""
        return f"{self.namespace}}}{name}"

    # ------------------------------------------------------------ elements

    def form(self, element: Node) -> Form:
        """The form of an element declaration; one object a declaration or named type, as types may hold themselves."""
        type_name = element.get("type", "")
        node = element if not type_name else self.parts.get(("complexType", type_name), element)
        if node not in self._forms:
            made = self._forms[node] = Form(name=type_name or element.get("name", ""))
            self._fill(made, element, node)
        return self._forms[node]

    def _fill(self, form: Form, element: Node, node: Node) -> None:
        inner = node if node.tag == _XS + "complexType" else node.find(_XS + "complexType")
        if inner is not None:
            self._complex(form, inner)
        elif element.get("type"):
            form.simple = self.simple(element.get("type", ""))
        elif (own := element.find(_XS + "simpleType")) is not None:
            form.simple = self._simple_node(own, "")
        else:
            form.mixed = form.lax = True

    def _complex(self, form: Form, node: Node) -> None:
        form.mixed = node.get("mixed") == "true"
        content = node.find(f"{_XS}simpleContent/{_XS}extension")
        if content is not None:
            form.simple = self.simple(content.get("base", ""))
        self._attributes(form, content if content is not None else node)
        for part in node:
            if part.tag in {_XS + "sequence", _XS + "group", _XS + "choice"}:
                self._content(form, part)

    def _content(self, form: Form, part: Node) -> None:
        particles = list(self._particles(part))
        form.names = frozenset(particle.name for particle in particles)
        wildcards = [*part.iter(_XS + "any"), *self._wildcards_in_groups(part)]
        wildcard = any(one.get("namespace") == "##other" for one in wildcards)
        if part.tag == _XS + "choice" or wildcard:
            state = form.state
            state.wildcard = wildcard
            state.ordered = False
            state.update({one.name: Step(state, one.form(), local(one.name) in NUMBERED) for one in particles})
        else:
            form.state = _sequence(particles)

    def _wildcards_in_groups(self, part: Node) -> list[Node]:
        groups = (self.parts["group", each.get("ref", "")] for each in part.iter(_XS + "group"))
        return [each for group in groups for each in group.iter(_XS + "any")]

    def _particles(self, part: Node) -> Iterator[_Particle]:
        if part.tag == _XS + "group":
            part = self.parts["group", part.get("ref", "")] if "ref" in part.attrib else part
        if part.tag != _XS + "element":
            for inner in part:
                yield from self._particles(inner)
            return
        many = part.get("maxOccurs", "1") == "unbounded"
        target = self.parts["element", part.get("ref", "")] if "ref" in part.attrib else part
        name = self.named(target.get("name", ""))
        yield _Particle(name, lambda: self.form(target), int(part.get("minOccurs", "1")), many)

    # ------------------------------------------------------------ attributes

    def _attributes(self, form: Form, node: Node) -> None:
        required = []
        for part in node:
            if part.tag == _XS + "attribute":
                name = part.get("name") or f"{XML}}}{part.get('ref', '').partition(':')[2]}"
                form.attributes[name] = self.attribute_type(part)
                if part.get("use") == "required":
                    required.append(name)
            elif part.tag == _XS + "attributeGroup":
                self._attributes(form, self.parts["attributeGroup", part.get("ref", "")])
            elif part.tag == _XS + "anyAttribute":
                form.open_attributes = True
        form.required += tuple(required)

    def attribute_type(self, part: Node) -> Simple:
        if "ref" in part.attrib:
            other = _Book(XML)
            return other.attribute_type(other.parts["attribute", part.get("ref", "").partition(":")[2]])
        own = part.find(_XS + "simpleType")
        return self._simple_node(own, "") if own is not None else self.simple(part.get("type", "xs:string"))

    # ------------------------------------------------------------ simple types

    def simple(self, name: str) -> Simple:
        """A simple type by its name, `xs:` before those of XML Schema itself."""
        if name.startswith("xs:"):
            return BUILT_IN[name[3:]]
        if name not in self._simple:
            node = self.parts.get(("simpleType", name))
            self._simple[name] = self._simple_node(node, name) if node is not None else self._content_type(name)
        return self._simple[name]

    def _content_type(self, name: str) -> Simple:
        node = self.parts["complexType", name].find(f"{_XS}simpleContent/{_XS}extension")
        return self.simple(node.get("base", "") if node is not None else "xs:string")

    def _simple_node(self, node: Node, name: str) -> Simple:
        together = node.find(_XS + "union")
        if together is not None:
            members = [self.simple(each) for each in together.get("memberTypes", "").split()]
            return union(name, members + [self._simple_node(each, "") for each in together])
        restriction = node.find(_XS + "restriction")
        if restriction is None:
            raise ValueError(f"The simple type {name} is neither a union nor a restriction.")
        base = restriction.get("base", "")
        return restricted(name, self.simple(base), _facets(restriction), root=self._root(base))

    def _root(self, base: str) -> str:
        while not base.startswith("xs:"):
            restriction = self.parts["simpleType", base].find(_XS + "restriction")
            base = restriction.get("base", "") if restriction is not None else "xs:string"
        return base[3:]


def _facets(restriction: Node) -> Facets:
    def every(name: str) -> list[str]:
        return [each.get("value", "") for each in restriction.findall(_XS + name)]

    def one(name: str) -> int | None:
        return next(map(int, every(name)), None)

    return Facets(every("enumeration"), every("pattern"), one("minInclusive"), one("maxInclusive"), one("maxLength"))


def _sequence(particles: list[_Particle]) -> State:
    """The first state of a sequence: built from its end, as a state points at those after it."""
    following = State(end=True)
    for particle in reversed(particles):
        form = particle.form()
        after = State(end=following.end)
        after.update(following)
        step = Step(after, form, particle.many or particle.least > 1)
        if particle.many:
            after[particle.name] = step
        for _ in range(particle.least - 1):
            waiting = State(end=False)
            waiting[particle.name] = step
            step = Step(waiting, form, many=True)
        here = State(end=following.end and particle.least == 0)
        if particle.least == 0:
            here.update(following)
        here[particle.name] = step
        following = here
    return following
