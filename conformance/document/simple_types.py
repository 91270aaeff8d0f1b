"""The simple types of XML Schema that our schemas are made of: what fits, and how to say what was expected."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

BLANKS = " \t\r\n"
MOST_KNOWN = 2000
LONGEST_KNOWN = 100
MOST_LISTED = 12

Fits = Callable[[str], bool]


@dataclass(slots=True)
class Simple:
    """A simple type. `expected` completes "expected …"; `bare` tells that blanks around a value do not count."""

    name: str
    fits: Fits
    expected: str
    bare: bool = True
    digits: int = 0
    """Any whole number without sign and of at most so many digits fits; 0 if that cannot be said."""
    known: set[str] = field(default_factory=set)
    """Values that were found to fit (a bounded number of them)."""

    def accepts(self, text: str) -> bool:
        """Whether a text is a value of the type."""
        if text in self.known:
            return True
        if not self.fits(text.strip(BLANKS) if self.bare else text):
            return False
        if len(self.known) < MOST_KNOWN and len(text) < LONGEST_KNOWN:
            self.known.add(text)
        return True


# ---------------------------------------------------------------- built in

_DIGITS = re.compile(r"[+-]?[0-9]{1,100}").fullmatch
_UNSIGNED = re.compile(r"\+?[0-9]{1,100}|-0{1,100}").fullmatch
_FLOAT = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|-?INF|NaN").fullmatch
_HEX = re.compile(r"([0-9A-Fa-f]{2})*").fullmatch
_DATE_TIME = re.compile(
    r"-?(?P<year>[0-9]{4}|[1-9][0-9]{4,8})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?P<part>\.[0-9]+)?"
    r"(Z|[+-](?P<zone_hour>[0-9]{2}):(?P<zone_minute>[0-9]{2}))?"
).fullmatch
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*").fullmatch
_NAME = r"A-Za-z_\u00b7-\U000effff"
_NCNAME = re.compile(rf"[{_NAME}][{_NAME}0-9.\-]*").fullmatch
_NMTOKEN = re.compile(rf"[{_NAME}0-9.:\-]+").fullmatch

_PCHAR = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
_REG_NAME = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*"
_AUTHORITY = rf"(?:(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{{2}})*@)?(?:\[[^\]]*\]|{_REG_NAME})(?::[0-9]+)?"
_PATH = rf"(?:/{_PCHAR}*)*"
_HIERARCHY = rf"(?://{_AUTHORITY}{_PATH}|/(?:{_PCHAR}+{_PATH})?|{_PCHAR}+{_PATH})?"
_SEGMENT_NO_COLON = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=@]|%[0-9A-Fa-f]{2})+"
_RELATIVE = rf"(?://{_AUTHORITY}{_PATH}|/(?:{_PCHAR}+{_PATH})?|{_SEGMENT_NO_COLON}{_PATH})?"
_TAIL = rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:\#(?:{_PCHAR}|[/?\[\]])*)?"
_URI = re.compile(rf"(?:[A-Za-z][A-Za-z0-9+.\-]*:{_HIERARCHY}|{_RELATIVE}){_TAIL}").fullmatch
_UNWISE = re.compile(r"[^\x21-\x7e]|[<>\"{}|\\^`]")


def _date_time(text: str) -> bool:
    found = _DATE_TIME(text)
    if not found:
        return False
    part = {name: int(digits) for name, digits in found.groupdict(default="0").items() if name != "part"}
    if not part["year"] or not 1 <= part["month"] <= 12:
        return False
    leap_year = part["year"] % 400 + 2000
    if not 1 <= part["day"] <= monthrange(leap_year, part["month"])[1]:
        return False
    clock = (part["hour"], part["minute"], part["second"])
    midnight = clock == (24, 0, 0) and not (found["part"] or "").strip(".0")
    within = part["hour"] < 24 and part["minute"] < 60 and part["second"] < 60
    zone = part["zone_hour"] * 60 + part["zone_minute"]
    return (within or midnight) and part["zone_minute"] < 60 and zone <= 14 * 60


def _uri(text: str) -> bool:
    return bool(_URI(_UNWISE.sub("_", text)))


def _whole(name: str, low: int | None = None, high: int | None = None) -> Simple:
    shape = _UNSIGNED if low == 0 else _DIGITS

    def fits(text: str) -> bool:
        if not shape(text):
            return False
        value = int(text)
        return (low is None or value >= low) and (high is None or value <= high)

    return Simple(name, fits, _range(low, high), digits=_safe_digits(low, high))


def _safe_digits(low: int | None, high: int | None) -> int:
    if low is not None and low > 0:
        return 0
    return 18 if high is None else len(str(high)) - 1


def _range(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return "a whole number"
    if high is None:
        return f"a whole number, {low} or more"
    return f"a whole number from {low} to {high}"


def _anything(_: str) -> bool:
    return True


def _matching(pattern: Callable[[str], object]) -> Fits:
    return lambda text: bool(pattern(text))


BUILT_IN = {
    one.name: one
    for one in (
        Simple("string", _anything, "text", bare=False),
        Simple("normalizedString", _anything, "text", bare=False),
        Simple("token", _anything, "text"),
        Simple("anyURI", _uri, "a URI"),
        Simple("boolean", {"true", "false", "0", "1"}.__contains__, "true, false, 1 or 0"),
        Simple("dateTime", _date_time, "a date and time like 2026-06-01T00:00:00Z"),
        Simple("float", _matching(_FLOAT), "a number"),
        Simple("hexBinary", _matching(_HEX), "pairs of hexadecimal digits"),
        Simple("language", _matching(_LANGUAGE), "a language like en-US"),
        Simple("ID", _matching(_NCNAME), "a name"),
        Simple("NCName", _matching(_NCNAME), "a name"),
        Simple("NMTOKEN", _matching(_NMTOKEN), "a name token"),
        _whole("integer"),
        _whole("positiveInteger", 1),
        _whole("long", -(2**63), 2**63 - 1),
        _whole("short", -(2**15), 2**15 - 1),
        _whole("unsignedByte", 0, 2**8 - 1),
        _whole("unsignedShort", 0, 2**16 - 1),
        _whole("unsignedInt", 0, 2**32 - 1),
    )
}
"""The types of XML Schema itself that our schemas use, by name."""

_INTEGERS = {"integer", "positiveInteger", "long", "short", "unsignedByte", "unsignedShort", "unsignedInt"}

# ---------------------------------------------------------------- derived


@dataclass(slots=True)
class Facets:
    """What a restriction says."""

    enumeration: Sequence[str] = ()
    patterns: Sequence[str] = ()
    low: int | None = None
    high: int | None = None
    max_length: int | None = None


def restricted(name: str, parent: Simple, facets: Facets, *, root: str) -> Simple:
    """A type that takes from its parent what the facets allow; `root` is the built-in type it comes from."""
    tests: list[Fits] = [parent.fits]
    if facets.enumeration:
        tests.append(frozenset(facets.enumeration).__contains__)
    if facets.patterns:
        tests.append(_pattern(facets.patterns))
    if facets.low is not None or facets.high is not None:
        tests.append(_whole(name, facets.low, facets.high).fits)
    if facets.max_length is not None:
        tests.append(_no_longer(facets.max_length * (2 if root == "hexBinary" else 1)))
    fits = tests[0] if len(tests) == 1 else lambda text: all(test(text) for test in tests)
    bounds = facets.low is not None or facets.high is not None
    digits = _safe_digits(facets.low, facets.high) if bounds else parent.digits
    narrowed = bool(facets.enumeration or facets.patterns or facets.max_length is not None)
    return Simple(name, fits, _expected(parent, facets, root), parent.bare, 0 if narrowed else digits)


def _no_longer(length: int) -> Fits:
    return lambda text: len(text) <= length


def _expected(parent: Simple, facets: Facets, root: str) -> str:
    if facets.enumeration:
        return _listed(facets.enumeration)
    if facets.patterns:
        codes = "|".join(facets.patterns).replace("\\", "").split("|")
        plain = not re.search(r"[\[\](){}*+?\\]|\\w", "".join(facets.patterns).replace("\\-", "-").replace("\\.", "."))
        return _listed(codes) if plain else f"{parent.expected} of the form {' or '.join(facets.patterns)}"
    if facets.low is not None or facets.high is not None:
        return _range(facets.low, facets.high)
    if facets.max_length is not None:
        unit = "byte(s) in hexadecimal digits" if root == "hexBinary" else "characters"
        return f"at most {facets.max_length} {unit}"
    return parent.expected


def _listed(codes: Sequence[str]) -> str:
    if len(codes) == 1:
        return codes[0]
    if len(codes) > MOST_LISTED:
        return f"one of {', '.join(codes[:MOST_LISTED])} …"
    return f"{', '.join(codes[:-1])} or {codes[-1]}"


def _pattern(patterns: Sequence[str]) -> Fits:
    r"""Whether one of the patterns matches the whole text.

    `\w` of XML Schema is not Python's: it is what is neither punctuation nor separator nor other.
    """
    compiled = [re.compile(pattern.replace(r"\w", "w")) for pattern in patterns]
    by_letters = any(r"\w" in pattern for pattern in patterns)

    def fits(text: str) -> bool:
        seen = "".join("w" if unicodedata.category(each)[0] not in "PZC" else each for each in text)
        return any(pattern.fullmatch(seen if by_letters else text) for pattern in compiled)

    return fits


def union(name: str, members: Sequence[Simple]) -> Simple:
    """A type that takes what any of its members takes."""

    def fits(text: str) -> bool:
        return any(member.fits(text.strip(BLANKS) if member.bare else text) for member in members)

    widest = [member.expected for member in members if member.name]
    expected = " or ".join(dict.fromkeys(widest or [member.expected for member in members]))
    return Simple(name, fits, expected, bare=False, digits=max(member.digits for member in members))
