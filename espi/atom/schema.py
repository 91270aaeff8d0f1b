"""The schemas in `xsd/`: whether a document keeps to them, and what they say of an element in a declaration's words.

Nothing is fetched from the network: what a schema imports or includes is a file beside it.
"""

from __future__ import annotations

import re
import threading
from functools import cache
from pathlib import Path

from lxml import etree

from espi.errors import BadInput
from espi.resources.declare import CUSTOMER, ESPI, UNBOUNDED, Field, Kind, Simple, Struct

FOLDER = Path(__file__).parents[2] / "xsd"
"""Where the schemas are: beside the package, in a checkout and when installed."""

FILES = {ESPI: "espi.xsd", CUSTOMER: "customer.xsd"}
"""The file of each namespace of ESPI."""

_XS = "{http://www.w3.org/2001/XMLSchema}"

_ALL = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:import namespace="http://www.w3.org/2005/Atom" schemaLocation="atom.xsd"/>
  <xs:import namespace="http://naesb.org/espi" schemaLocation="espi.xsd"/>
  <xs:import namespace="http://naesb.org/espi/customer" schemaLocation="customer.xsd"/>
</xs:schema>"""

_BUILT_IN: dict[str, Simple] = {
    "anyURI": Simple("anyURI", Kind.URI),
    "boolean": Simple("boolean", Kind.BOOLEAN),
    "float": Simple("float", Kind.DECIMAL),
    "hexBinary": Simple("hexBinary", Kind.HEX),
    "integer": Simple("integer", Kind.INTEGER),
    "long": Simple("long", Kind.INTEGER, low=-(2**63), high=2**63 - 1),
    "short": Simple("short", Kind.INTEGER, low=-(2**15), high=2**15 - 1),
    "string": Simple("string", Kind.TEXT),
    "unsignedByte": Simple("unsignedByte", Kind.INTEGER, low=0, high=2**8 - 1),
    "unsignedInt": Simple("unsignedInt", Kind.INTEGER, low=0, high=2**32 - 1),
    "unsignedShort": Simple("unsignedShort", Kind.INTEGER, low=0, high=2**16 - 1),
}

_judging = threading.Lock()


class _Beside(etree.Resolver):
    """Finds every schema in `xsd/` by the last part of its address, and nothing anywhere else."""

    def resolve(self, system_url: str, public_id: str, context: object) -> object:  # type: ignore[override]  # noqa: ARG002
        name = system_url.rsplit("/", 1)[-1]
        return self.resolve_string((FOLDER / name).read_bytes(), context, base_url=name)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)


@cache
def _schema() -> etree.XMLSchema:
    parser = _parser()
    parser.resolvers.add(_Beside())
    return etree.XMLSchema(etree.fromstring(_ALL.encode(), parser, base_url="all.xsd"))


def validate(document: bytes) -> list[str]:
    """What is wrong with an Atom feed or entry, or a bare element of ESPI, by the schemas; empty if nothing is.

    Each message has the line, the path from the root and the reason. A document that is no XML, or has a document type,
    gets one message and is not looked at further.
    """
    try:
        root = etree.fromstring(document, _parser())
    except etree.XMLSyntaxError as fault:
        return [f"line {fault.lineno or 1}: not well-formed XML: {fault.msg}"]
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        return ["line 1: a document type is not allowed"]
    with _judging:
        schema = _schema()
        if schema.validate(root):
            return []
        faults = [
            (fault.line, fault.path or "", fault.message)
            for fault in schema.error_log  # type: ignore[attr-defined]
        ]
    return [f"line {line}, {_named(root, path)}: {_plain(message)}" for line, path, message in faults]


def _plain(message: str) -> str:
    """A reason without the namespaces that the parser puts before each name."""
    return re.sub(r"\{http:[^{}]*\}", "", message)


def _named(root: etree._Element, path: str) -> str:
    """`/feed/entry[2]/content` for the parser's `/*/*[5]/*`."""
    element, names = root, [_name(root)]
    for tag, number in re.findall(r"/([^/\[]+)(?:\[(\d+)\])?", path)[1:]:
        likely = [child for child in element.iterchildren("*") if tag in {"*", _prefixed(child)}]
        place = int(number or 1)
        for child in likely[place - 1 : place]:
            element = child
            names.append(_numbered(child))
    return "/" + "/".join(names)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def _attribute(element: etree._Element, name: str, default: str = "") -> str:
    return str(element.get(name, default))


def _prefixed(element: etree._Element) -> str:
    return f"{element.prefix}:{_name(element)}" if element.prefix else _name(element)


def _numbered(element: etree._Element) -> str:
    """The element's name, with its number among its likes if there are several."""
    earlier = sum(1 for _ in element.itersiblings(element.tag, preceding=True))
    later = next(element.itersiblings(element.tag), None)
    return _name(element) if earlier == 0 and later is None else f"{_name(element)}[{earlier + 1}]"


def described(name: str, namespace: str = ESPI) -> Struct | Simple:
    """What `xsd/` says of an element or type, as a declaration would: without meanings, which no schema knows.

    Raises BadInput if the schemas know neither an element nor a type of that name.
    """
    book = _Book.of(namespace)
    for kind in ("element", "complexType", "simpleType"):
        if (kind, name) in book.parts:
            part = book.parts[kind, name]
            return book.type_of(part) if kind == "element" else book.described_type(part, name)
    raise BadInput(f"no element or type {name} in {FILES[namespace]}")


def sequence(name: str, namespace: str = ESPI) -> tuple[Field, ...]:
    """The children of an element or type in schema order, less `extension`; none for a simple one."""
    found = described(name, namespace)
    return found.fields if isinstance(found, Struct) else ()


def elements(namespace: str = ESPI) -> frozenset[str]:
    """The elements that may stand alone."""
    return frozenset(name for kind, name in _Book.of(namespace).parts if kind == "element")


class _Book:
    """A schema file with what it includes, read for the few forms in which ours are written."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.parts: dict[tuple[str, str], etree._Element] = {}
        self._read(FOLDER / FILES[namespace])

    @staticmethod
    @cache
    def of(namespace: str) -> _Book:
        return _Book(namespace)

    def _read(self, path: Path) -> None:
        for part in etree.fromstring(path.read_bytes(), _parser()):
            if part.tag == _XS + "include":
                self._read(path.with_name(_attribute(part, "schemaLocation")))
            else:
                self.parts[_name(part), _attribute(part, "name")] = part

    def type_of(self, element: etree._Element) -> Struct | Simple:
        """The type of an element declaration."""
        if "type" in element.attrib:
            return self.named(_attribute(element, "type"))
        for inner in element:
            return self.described_type(inner, _attribute(element, "name"))
        return Simple("anyType", Kind.ANY)

    def named(self, name: str) -> Struct | Simple:
        """A type by its name, `xs:` before those of XML Schema itself."""
        if ("complexType", name) in self.parts:
            return self.described_type(self.parts["complexType", name], name)
        return self._simple_named(name)

    def _simple_named(self, name: str) -> Simple:
        built_in = _BUILT_IN.get(name.removeprefix("xs:"))
        return built_in if built_in and name.startswith("xs:") else self._simple(self.parts["simpleType", name], name)

    def described_type(self, part: etree._Element, name: str) -> Struct | Simple:
        if part.tag == _XS + "simpleType":
            return self._simple(part, name)
        fields = [field for inner in part for field in self._fields(inner)]
        extensible = bool(fields) and fields[0].name == "extension"
        return Struct(name, tuple(fields[extensible:]), extensible=extensible, namespace=self.namespace)

    def _fields(self, part: etree._Element) -> list[Field]:
        if part.tag == _XS + "group":
            part = self.parts["group", _attribute(part, "ref")] if "ref" in part.attrib else part
        if part.tag != _XS + "element":
            return [field for inner in part for field in self._fields(inner)]
        most = _attribute(part, "maxOccurs", "1")
        many = (int(_attribute(part, "minOccurs", "1")), UNBOUNDED if most == "unbounded" else int(most))
        name = _attribute(part, "name") or _attribute(part, "ref")
        target = self.parts["element", _attribute(part, "ref")] if "ref" in part.attrib else part
        return [Field(name, self.type_of(target), "", many)]

    def _simple(self, part: etree._Element, name: str) -> Simple:
        union = part.find(_XS + "union")
        restriction = next(part.iter(_XS + "restriction"))
        parent = self._simple_named(_attribute(restriction, "base"))
        facets = {_name(facet): _attribute(facet, "value") for facet in restriction}
        numeric = parent.kind is Kind.INTEGER
        codes = [word for facet in restriction for word in _codes(facet)]
        return Simple(
            name,
            parent.kind,
            low=int(facets["minInclusive"]) if "minInclusive" in facets else parent.low,
            high=int(facets["maxInclusive"]) if "maxInclusive" in facets else parent.high,
            max_length=int(facets["maxLength"]) if "maxLength" in facets else parent.max_length,
            codes={int(code) if numeric else code: "" for code in codes},
            closed=bool(codes) and union is None,
        )


def _codes(facet: etree._Element) -> list[str]:
    """The values a facet lists: one for an enumeration, the alternatives of a pattern."""
    value = _attribute(facet, "value")
    if facet.tag == _XS + "enumeration":
        return [value]
    return value.replace("\\", "").split("|") if facet.tag == _XS + "pattern" else []
