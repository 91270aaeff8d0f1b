"""The XML names that documents are told apart by."""

from __future__ import annotations

ATOM = "http://www.w3.org/2005/Atom"
ESPI = "http://naesb.org/espi"
CUSTOMER = "http://naesb.org/espi/customer"
XML = "http://www.w3.org/XML/1998/namespace"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

FEED = f"{{{ATOM}}}feed"
ENTRY = f"{{{ATOM}}}entry"


def split(clark: str) -> tuple[str, str]:
    """Namespace and local name of `{namespace}name` or `namespace}name`; the namespace is empty where there is none."""
    namespace, found, local = clark.rpartition("}")
    return (namespace.removeprefix("{"), local) if found else ("", clark)


def local(clark: str) -> str:
    """The name without its namespace."""
    return clark.rpartition("}")[2]


def full(name: str) -> str:
    """`{namespace}name` for the parser's `namespace}name`."""
    return "{" + name if "}" in name else name
