"""What looks like it names a person: e-mail addresses, phone numbers, postal addresses, numbers of accounts and meters.

Made to be silent rather than to guess: what is found is shown with most of it hidden, since reports are passed on.
"""

from __future__ import annotations

import re

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+?(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_PHONE = re.compile(r"(?<![\w/.-])(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])")
_STREETS = (
    "Street|STREET|St|ST|Avenue|AVENUE|Ave|AVE|Road|ROAD|Rd|Lane|LANE|Ln|LN|Drive|DRIVE|Dr|Boulevard|BOULEVARD"
    "|Blvd|BLVD|Court|COURT|Circle|CIRCLE|Terrace|TERRACE|Highway|HIGHWAY|Hwy|Parkway|PARKWAY|Pkwy|Trail|TRAIL"
)
_STREET = re.compile(rf"(?<![\w.-])\d{{1,6}}[A-Za-z]? +(?:[A-Z][\w'.-]* +){{1,4}}(?:{_STREETS})(?![\w-])")
_LABELLED = re.compile(
    r"\b(?:account|acct|customer|esi ?id|premise|meter|contract|service point)\b\.? *"
    r"(?:no\b|nr\b|number\b|id\b|#)?[.:#]? *"
    r"([A-Za-z]{0,3}-?\d[\d-]{4,})",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{4}|\d{6})?")
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")
FEWEST_DIGITS = 9
LENGTHS_OF_NUMBERS = frozenset({*range(7, 15), 17, 22})
"""Digits of the numbers of accounts and meters, and of the premises of Texas; so many others are as good as random."""
HEX_LENGTHS = frozenset({12, 16, 24, 32})
"""How long identifiers of random hexadecimal digits usually are: one of them may have no letter by chance."""


def email(text: str) -> str:
    """An e-mail address in a text, mostly hidden; empty if there is none."""
    found = _EMAIL.search(text) if "@" in text or "%40" in text else None
    return found.group()[0] + "…@…" + found.group()[-3:] if found else ""


def phone(text: str) -> str:
    """A phone number of North America with its separators, mostly hidden."""
    found = _PHONE.search(text)
    return "…" + found.group()[-2:] if found else ""


def street(text: str) -> str:
    """A house number with a street, mostly hidden."""
    found = _STREET.search(text)
    return "… " + found.group().rsplit(" ", 1)[1] if found else ""


def number(text: str) -> str:
    """A number like those of accounts and meters, mostly hidden: said to be one, or very long and no time."""
    found = _LABELLED.search(text)
    if found and not is_time(found.group(1)):
        return hidden(found.group(1))
    for digits in re.findall(r"(?<![\w.-])\d+(?![\w.-])", text):
        if len(digits) >= FEWEST_DIGITS and not is_time(digits):
            return hidden(digits)
    return ""


def hidden(text: str) -> str:
    """The last two characters."""
    return "…" + text[-2:]


def is_time(digits: str) -> bool:
    """Whether digits are a date, or seconds or milliseconds since 1970."""
    return bool(_DATE.fullmatch(digits) or _EPOCH.fullmatch(digits))


def kinds(text: str, *, numbers: bool = True) -> list[str]:
    """What in a text looks personal, for a person: `an e-mail address (c…@…com)`."""
    found = {
        "an e-mail address": email(text),
        "a phone number": phone(text),
        "a postal address": street(text),
        "the number of an account or meter": number(text) if numbers else "",
    }
    return [f"{name} ({shown})" for name, shown in found.items() if shown]
