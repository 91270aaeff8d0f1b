"""The document as XML: well-formed, without a document type, and as the schemas of ESPI 4.0 describe it."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.document import Document
from conformance.suite import Evidence, Finding, at, file_check


@file_check("XSD001")
def document_is_well_formed(document: Document) -> Iterator[Finding]:
    """Read to its end by an XML parser. What is put together to harm a reader counts as not readable."""
    fault = document.fault
    if fault is not None:
        where = f"Line {fault.line}, column {fault.column}"
        yield Finding(f"{where}: {fault.message}.", (at(fault.line, path=fault.path),))


@file_check("XSD002")
def document_is_valid(document: Document) -> Iterator[Finding]:
    """What the schemas of Atom, energy usage and retail customer data allow, element by element.

    Hints where schemas are to be found (xsi:schemaLocation) are not followed.
    """
    for error in document.schema_errors:
        yield Finding(f"Line {error.line}, column {error.column}: {error.message}.", (at(error.line, path=error.path),))
    rest = document.schema_error_count - len(document.schema_errors)
    if rest:
        yield Finding(f"{rest:,} more places are not valid.", (Evidence("Not shown", f"{rest:,} more"),))


@file_check("XSD003")
def document_has_no_type(document: Document) -> Iterator[Finding]:
    """Atom documents need none; one that declares entities is not even read to its end (XSD001)."""
    if document.doctype_line is not None:
        yield Finding("The document has a document type declaration (<!DOCTYPE …>).", (at(document.doctype_line),))
