"""The addresses of ESPI resources, taken apart: which resources they nest in, and the identifiers on the way."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

USAGE_FAMILIES = ("Subscription", "RetailCustomer")
"""What the resources of a usage point nest in: a grant's address or a download's."""

PARENTS: Mapping[str, tuple[str, ...]] = {
    "UsagePoint": (),
    "MeterReading": ("UsagePoint",),
    "IntervalBlock": ("UsagePoint", "MeterReading"),
    "UsageSummary": ("UsagePoint",),
    "ElectricPowerUsageSummary": ("UsagePoint",),
    "ElectricPowerQualitySummary": ("UsagePoint",),
    "Customer": (),
    "CustomerAccount": ("Customer",),
    "CustomerAgreement": ("Customer", "CustomerAccount"),
    "ServiceLocation": ("Customer", "CustomerAccount", "CustomerAgreement"),
    "ServiceSupplier": ("Customer", "CustomerAccount", "CustomerAgreement"),
    "ProgramDateIdMappings": ("Customer", "CustomerAccount", "CustomerAgreement"),
    "EndDevice": ("Customer", "CustomerAccount", "CustomerAgreement", "ServiceLocation"),
    "Meter": ("Customer", "CustomerAccount", "CustomerAgreement", "ServiceLocation"),
}
"""What stands between the family and the resource in its address."""

AT_THE_ROOT = frozenset({"ReadingType", "LocalTimeParameters", "ApplicationInformation", "Authorization"})
"""Resources whose address is right below the resource endpoint, shared by everybody."""

CUSTOMER_KINDS = frozenset(
    {*(kind for kind in PARENTS if kind == "Customer" or "Customer" in PARENTS[kind]), "Statement"}
)
"""Resources that say who the customer is."""

KNOWN = frozenset({*PARENTS, *AT_THE_ROOT, *USAGE_FAMILIES, "Statement", "ProgramIdMappings"})


def parts(href: str) -> list[str]:
    """The segments of an address's path, without empty ones."""
    return [part for part in _split(href)[1].split("/") if part]


def origin(href: str) -> str:
    """Scheme, host and port as written, `https://custodian.example:443`; empty where it is no whole address."""
    return _split(href)[0]


def _split(href: str) -> tuple[str, str]:
    """Origin and path of anything that is given as an address; never raises, whatever it is."""
    scheme, whole, rest = href.strip().partition("://")
    if not whole:
        return "", scheme.partition("?")[0].partition("#")[0]
    host, _, path = rest.partition("?")[0].partition("#")[0].partition("/")
    return f"{scheme}://{host}", path


def identifiers(href: str) -> list[tuple[str, str]]:
    """(resource, identifier) on the way of an address, for resources we know: `[("UsagePoint", "48c2a0195527")]`."""
    segments = parts(href)
    return [(kind, name) for kind, name in pairwise(segments) if kind in KNOWN and name not in KNOWN]


def ends_in_identifier(href: str, kind: str) -> bool:
    """Whether an address is that of a member: `…/UsagePoint/48c2a0195527`."""
    segments = parts(href)
    return len(segments) >= 2 and segments[-2] == kind and segments[-1] not in KNOWN and not href.strip().endswith("/")


def target(href: str) -> tuple[str, bool]:
    """The kind an address leads to (none where it does not tell), and whether to one member of the collection."""
    segments = parts(href)
    if segments and segments[-1] in KNOWN:
        return segments[-1], False
    if len(segments) > 1 and segments[-2] in KNOWN:
        return segments[-2], True
    return "", False


def collection(href: str) -> str:
    """The address without its last segment."""
    return href.strip().rsplit("/", 1)[0]


def expected(kind: str) -> str:
    """How the address of such a resource is built, for a person."""
    if kind in AT_THE_ROOT:
        return f"…/resource/{kind}/{{id}}"
    nested = "/".join(f"{name}/{{id}}" for name in (*PARENTS.get(kind, ()), kind))
    family = "RetailCustomer/{id}" if kind in PARENTS and "Customer" in (*PARENTS[kind], kind) else "Subscription/{id}"
    return f"…/resource/{family}/{nested}"


def nests_rightly(href: str, kind: str) -> bool:
    """Whether the resources on the way of a member's address are those that it belongs under."""
    names = [name for name, _ in identifiers(href)]
    if kind in AT_THE_ROOT:
        return names == [kind]
    family = ("RetailCustomer",) if "Customer" in (*PARENTS[kind], kind) else USAGE_FAMILIES
    return names[:1] != [] and names[0] in family and names[1:] == [*PARENTS[kind], kind]


def near(one: str, other: str) -> bool:
    """Whether two addresses differ in nothing but scheme, port, capital letters or a slash at the end."""
    return one != other and _folded(one) == _folded(other)


def _folded(href: str) -> tuple[str, str]:
    host = origin(href).partition("://")[2].rpartition("@")[2].partition(":")[0]
    return host.lower(), "/".join(parts(href)).lower()
