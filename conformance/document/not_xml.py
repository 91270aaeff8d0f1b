"""Saying what is wrong with a file that is no XML, or no whole XML, in words that help to mend it."""

from __future__ import annotations

from xml.parsers.expat import ExpatError, errors

_BEGINNINGS = {
    b"PK\x03\x04": "a ZIP archive: unpack it first",
    b"\x1f\x8b": "a gzip file: unpack it first",
    b"%PDF": "a PDF document",
    b"{": "JSON",
    b"[": "JSON",
    b"\xd0\xcf\x11\xe0": "an old Office document",
}

_WORDS = {
    "XML_ERROR_TAG_MISMATCH": "an end tag does not match the element that is open",
    "XML_ERROR_INVALID_TOKEN": "a character stands where XML does not allow it (often a bare & or <)",
    "XML_ERROR_UNCLOSED_TOKEN": "the file ends in the middle of a tag",
    "XML_ERROR_NO_ELEMENTS": "the file ends before its root element does",
    "XML_ERROR_JUNK_AFTER_DOC_ELEMENT": "something follows after the end of the root element",
    "XML_ERROR_DUPLICATE_ATTRIBUTE": "an element has the same attribute twice",
    "XML_ERROR_UNDEFINED_ENTITY": "an entity is used that XML does not know (only &amp; &lt; &gt; &quot; &apos; exist)",
    "XML_ERROR_UNKNOWN_ENCODING": "the encoding that the file declares is not one that can be read; use UTF-8",
    "XML_ERROR_INCORRECT_ENCODING": "the bytes are not in the encoding that the file declares",
    "XML_ERROR_UNBOUND_PREFIX": "a prefix is used that no xmlns attribute declares",
    "XML_ERROR_BAD_CHAR_REF": "a character reference stands for no character of XML",
    "XML_ERROR_PARTIAL_CHAR": "the file ends within a character",
    "XML_ERROR_MISPLACED_XML_PI": "the XML declaration is not at the very beginning",
    "XML_ERROR_XML_DECL": "the XML declaration is not well-formed",
    "XML_ERROR_UNCLOSED_CDATA_SECTION": "a CDATA section is not closed",
}


class TooMuch(Exception):
    """More of something than any honest feed has."""


def looks_like(beginning: bytes, error: Exception) -> str:
    """What a file is in which no element was found, by its first bytes, or else by the parser's error."""
    bare = beginning.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not beginning:
        return "the file is empty"
    if not bare:
        return "the file has nothing but blanks"
    for start, what in _BEGINNINGS.items():
        if bare.startswith(start):
            return f"this is no XML; it looks like {what}"
    if bare[:15].lower().startswith((b"<!doctype html", b"<html")):
        return "this is no XML; it looks like an HTML page (perhaps a log-in or error page was saved)"
    if b"\x00" not in bare[:100] and not bare.startswith(b"<"):
        shown = bare[:30].decode("utf-8", "replace").splitlines()[0]
        return f"this is no XML: it begins with {shown!r}"
    return f"this is no well-formed XML: {explained(error, '/')}"


def explained(error: Exception, path: str) -> str:
    """A parser's error in plain words, with the path of the element that was open.

    What is no error of the parser comes from looking for the encoding that the file declares.
    """
    known = {code: name for name, code in vars(errors).items() if name.startswith("XML_ERROR")}
    message = _WORDS["XML_ERROR_UNKNOWN_ENCODING"]
    if isinstance(error, ExpatError):
        text = errors.messages.get(error.code, str(error))
        message = _WORDS.get(known.get(text, ""), text)
    return f"{message}; {path} was open" if path != "/" else message
