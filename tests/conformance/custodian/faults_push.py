"""Faults in notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.custodian.faults import Fault, manners
from tests.conformance.custodian.spoiling import answers, when

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.custodian.server import Custodian

FIRST = '<espi:BatchList xmlns:espi="http://naesb.org/espi">'
LAST = "</espi:BatchList>"


def about(name: str, old: str, new: str) -> Callable[[Custodian, str], str | None]:
    """Replace a text in notifications that name some resource."""
    return lambda _custodian, text: text.replace(old, new) if name in text else text


def adds(text: str) -> Callable[[Custodian, str], str | None]:
    """Something more at the end of the list."""
    return lambda _custodian, good: good.replace(LAST, text + LAST)


def other_first(name: str) -> Callable[[Custodian, str], str | None]:
    """Another address of the custodian stands before the one that is wanted."""

    def notifies(custodian: Custodian, text: str) -> str | None:
        other = f"<espi:resources>{custodian.root}/ReadServiceStatus</espi:resources>"
        return text.replace(FIRST, FIRST + other) if name in text else text

    return notifies


FAULTS = [
    Fault("PSH001", "another address comes first", notifies=other_first("/ApplicationInformation/")),
    Fault(
        "PSH002",
        "an authorization is named by http",
        notifies=about("/Authorization/", "https:", "http:"),
        also_fails=("PSH008",),
    ),
    Fault("PSH003", "another address comes first", notifies=other_first("/Batch/Subscription/")),
    Fault("PSH004", "nobody can see what failed", when(answers(200), path="^/delivery_failures$")),
    Fault("PSH005", "there is more than addresses", notifies=adds("<espi:count>1</espi:count>")),
    Fault(
        "PSH006", "a notification is plain text", begins=lambda custodian: setattr(custodian, "news_type", "text/plain")
    ),
    Fault(
        "PSH007",
        "a token travels along",
        notifies=about("", "</espi:resources>", "?access_token=a-token-of-somebody</espi:resources>"),
    ),
    Fault("PSH008", "an address is not whole", notifies=adds("<espi:resources>/Batch/Subscription</espi:resources>")),
    Fault(
        "PSH009",
        "an address is another server's",
        notifies=adds("<espi:resources>https://dc.example/x</espi:resources>"),
    ),
    Fault(
        "PSH010",
        "nobody is told of a withdrawal",
        notifies=lambda _custodian, text: (
            None if "/Authorization/" in text and _custodian.book.is_withdrawn(text) else text
        ),
    ),
    Fault("PSH011", "what failed is forgotten", begins=manners(tries_again=0)),
    Fault(
        "PSH012",
        "a retail customer's resource is named by http",
        notifies=about("/RetailCustomer/", "https:", "http:"),
    ),
]
