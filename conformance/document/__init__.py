"""Reading a document: as a stream, hardened, judged by the schemas on the way, and kept as facts."""

from conformance.document.block_facts import BlockFacts
from conformance.document.names import ATOM, CUSTOMER, ESPI
from conformance.document.read import read
from conformance.document.records import Document, Entry, FeedFacts, Link, SchemaError

__all__ = [
    "ATOM", "CUSTOMER", "ESPI", "BlockFacts", "Document", "Entry", "FeedFacts", "Link", "SchemaError", "read",
]  # fmt: skip
