"""Faults that the played custodian can be given, each made to break one case and as little else as can be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.conformance.custodian.certificates import Certificates
from tests.conformance.custodian.doors import Tls
from tests.conformance.custodian.exchange import Answer, Request
from tests.conformance.custodian.spoiling import Spoil

if TYPE_CHECKING:
    from tests.conformance.custodian.server import Custodian


@dataclass(frozen=True)
class Fault:
    """A fault.

    case: the requirement that must fail. about: what the custodian does wrong. also_fails: requirements that cannot but
    fail with it. spoils: the good answer made bad. finishes: the same, once packed. begins: what is changed before the
    first request. notifies: the notification made bad, None if it is not sent. secures: the TLS made bad. files: the
    file of the bulk made bad. settings: what the kit must be told for it.
    """

    case: str
    about: str
    spoils: Spoil | None = None
    finishes: Spoil | None = None
    begins: Callable[[Custodian], None] | None = None
    notifies: Callable[[Custodian, str], str | None] | None = None
    secures: Callable[[Tls, Certificates], None] | None = None
    files: Callable[[str], str] | None = None
    also_fails: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def answer(self, custodian: Custodian, request: Request, found: Answer) -> Answer:
        return self.spoils(custodian, request, found) if self.spoils else found

    def finish(self, custodian: Custodian, request: Request, found: Answer) -> Answer:
        return self.finishes(custodian, request, found) if self.finishes else found

    def begin(self, custodian: Custodian) -> None:
        if self.begins:
            self.begins(custodian)

    def notification(self, custodian: Custodian, text: str) -> str | None:
        return self.notifies(custodian, text) if self.notifies else text

    def secure(self, tls: Tls, certificates: Certificates) -> None:
        if self.secures:
            self.secures(tls, certificates)

    def file(self, text: str) -> str:
        return self.files(text) if self.files else text


def manners(**changed: object) -> Callable[[Custodian], None]:
    """Other manners from the beginning."""

    def begin(custodian: Custodian) -> None:
        custodian.book.manners = dataclasses.replace(custodian.book.manners, **changed)  # type: ignore[arg-type]

    return begin
