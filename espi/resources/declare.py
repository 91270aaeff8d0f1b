"""The small language in which the standard is written down: `Simple`, `Struct`, `Field`, `Resource`, `REGISTRY`.

From a declaration come the XML writer and reader (`espi.atom`), the routes (`paths`), the links, the documentation, and
the test that holds it against `xsd/`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from espi.resources.function_blocks import FunctionBlock

ESPI = "http://naesb.org/espi"
CUSTOMER = "http://naesb.org/espi/customer"

UNBOUNDED = -1


class Kind(enum.Enum):
    """What a text in the XML becomes in Python."""

    INTEGER = "integer"
    TEXT = "text"
    HEX = "hex"
    BOOLEAN = "boolean"
    URI = "uri"
    DECIMAL = "decimal"
    ANY = "any"


@dataclass(frozen=True)
class Simple:
    """A type without children: bounds, length or codes as the XSD has them.

    codes: value to meaning. closed: whether the XSD refuses every other value (most ESPI enumerations are open).
    """

    name: str
    kind: Kind
    low: int | None = None
    high: int | None = None
    max_length: int | None = None
    codes: Mapping[int | str, str] = field(default_factory=dict)
    closed: bool = False
    doc: str = ""


@dataclass(frozen=True)
class Field:
    """One child element.

    name: the element's own name, also the key of the value in a row. many: (least, most), most `UNBOUNDED` for any
    number. unit: what the number counts, where it counts something. since: the first REQ.21 release that has it, where
    not every release does.
    """

    name: str
    type: Simple | Struct
    doc: str
    many: tuple[int, int] = (0, 1)
    unit: str = ""
    since: str = ""

    @property
    def repeats(self) -> bool:
        """Whether the row holds a list."""
        return self.many[1] != 1


@dataclass(frozen=True)
class Struct:
    """A type with children, in schema order, inherited ones first.

    extensible: whether it begins with the optional `extension` of Object.
    """

    name: str
    fields: tuple[Field, ...]
    doc: str = ""
    extensible: bool = True
    namespace: str = ESPI

    def __getitem__(self, name: str) -> Field:
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(f"{self.name} has no {name}")


@dataclass(frozen=True)
class Resource:
    """A resource of the standard: an element that is the content of an Atom entry and has a URL of its own.

    struct: its elements. under: names of the resources in whose path it lies ("" is the root), the one its own links go
    through first; none where it has no path of this form. children: names of the collections it links to. related:
    names of the single resources it links to. back: single resources a client finds the way back to. param: the name of
    its id in a path. blocks: the function blocks that speak of it. deprecated: the element that has taken its place.
    aliases: older elements that are read as this one.
    """

    element: str
    struct: Struct
    doc: str
    param: str
    under: tuple[str, ...] = ("",)
    children: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    blocks: tuple[FunctionBlock, ...] = ()
    deprecated: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def namespace(self) -> str:
        """The XML namespace of the element."""
        return self.struct.namespace

    @property
    def link_prefix(self) -> str:
        """`espi` or `cust`: how the `type` attribute of links to it begins."""
        return "cust" if self.namespace == CUSTOMER else "espi"


REGISTRY: dict[str, Resource] = {}
"""Every declared resource by element name. `espi.resources.catalogue` fills it by importing every declaration."""


def register(resource: Resource) -> Resource:
    """Add a resource to the registry; a second one of that name is an error."""
    if resource.element in REGISTRY:
        raise ValueError(f"{resource.element} is declared twice")
    REGISTRY[resource.element] = resource
    return resource


def paths(resource: Resource) -> Iterator[str]:
    """The URL patterns of a resource below the resource endpoint, collection then member, in the form of URL rules.

    For `MeterReading` below `UsagePoint` below `Subscription`, for example,
    `/Subscription/<subscription_id>/UsagePoint/<usage_point_id>/MeterReading` and the same with `/<meter_reading_id>`.
    """
    for parent in _parents(resource):
        collection = f"{parent}/{resource.element}"
        yield collection
        yield f"{collection}/<{resource.param}>"


def _parents(resource: Resource) -> Iterator[str]:
    for name in resource.under:
        if name == "":
            yield ""
        elif name in CONTAINERS:
            yield f"/{name}/<{CONTAINERS[name]}>"
        else:
            above = REGISTRY[name]
            for parent in _parents(above):
                yield f"{parent}/{above.element}/<{above.param}>"


CONTAINERS = {"Subscription": "subscription_id", "RetailCustomer": "retail_customer_id"}
"""Path segments that hold resources and are not resources of the schema themselves."""
