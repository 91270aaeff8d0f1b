"""Retail customers as Atom: rows of the store as the personal resources of the standard, with their ids and links.

A feed of persons is a feed of its own, in the customer namespace; nothing of it is ever in a feed of usage. Links go
`RetailCustomer/{r}/Customer/{c}/CustomerAccount/{k}/CustomerAgreement/{g}/ServiceLocation/{l}/Meter/{e}` (ESPI, retail
customer resources). What the utility keeps of a customer beside that is in `Customer.content`, by element name; that of
`ServiceLocation` by ESIID.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from espi.atom import write
from espi.atom.links import Hrefs, Link
from espi.clock import FOREVER, zone
from espi.resources.catalogue import REGISTRY

if TYPE_CHECKING:
    from espi.store.persons import Device, Name, Person, Premise, Supplier

KINDS = {"commercial": "commercialIndustrial"}
"""Kinds of customers of ours whose CustomerKind has another name."""

US_DOLLAR = 840
UNKNOWN_S = 0
NUMBER_DIGITS = 12
NUMBERS = 10**NUMBER_DIGITS


@dataclass(frozen=True)
class PersonEntry:
    """One entry to be. ids: path ids by element name, of itself and all above it. at_s: when it came to be so."""

    element: str
    name: Name
    ids: Mapping[str, int]
    title: str
    row: Mapping[str, Any]
    at_s: int
    there: frozenset[str] = frozenset()
    further: tuple[Link, ...] = field(default=())

    def written(self, hrefs: Hrefs) -> bytes:
        """The entry of a feed."""
        return self._as(write.entry, hrefs)

    def document(self, hrefs: Hrefs) -> bytes:
        """The entry as a document of its own."""
        return self._as(write.document, hrefs)

    def _as(self, write_it: Callable[..., bytes], hrefs: Hrefs) -> bytes:
        resource = REGISTRY[self.element]
        return write_it(
            resource,
            self.row,
            id=self.name.uuid,
            links=(*hrefs.for_row(resource, self.ids, children=self.there), *self.further),
            title=self.title,
            published_s=self.at_s,
            updated_s=self.at_s,
        )


def person_entries(person: Person, usage_point_href: Callable[[int], str]) -> Iterator[PersonEntry]:
    """Everything of a person, from the top down. usage_point_href: the address that usage feeds give a usage point."""
    since_s = min(map(_since_s, person.premises))
    ids = {"Customer": person.name.path_id}
    row = {"kind": _kind(person), "locale": person.customer.language, "customerName": person.customer.name}
    row |= _kept(person, "Customer")
    yield PersonEntry("Customer", person.name, ids, "Customer", row, since_s, frozenset({"CustomerAccount"}))
    ids = {**ids, "CustomerAccount": person.account.path_id}
    row = {"accountId": _number(person.account), **_kept(person, "CustomerAccount")}
    below = frozenset({"CustomerAgreement"})
    yield PersonEntry("CustomerAccount", person.account, ids, "Account", row, since_s, below)
    for premise in person.premises:
        yield from _premise(person, premise, ids, usage_point_href)


def _premise(
    person: Person, premise: Premise, above: Mapping[str, int], usage_point_href: Callable[[int], str]
) -> Iterator[PersonEntry]:
    since_s = _since_s(premise)
    ids = {**above, "CustomerAgreement": premise.agreement.path_id}
    below = frozenset({"ServiceLocation", "ServiceSupplier"})
    row = _agreement(person, premise)
    yield PersonEntry("CustomerAgreement", premise.agreement, ids, "Agreement", row, since_s, below)
    for supplier in premise.suppliers:
        yield _supplier(premise, supplier, ids)
    href = usage_point_href(premise.usage_point.path_id)
    ids = {**ids, "ServiceLocation": premise.location.path_id}
    row = _location(person, premise, href)
    below = frozenset({"Meter", "EndDevice"} if premise.devices else ())
    yield PersonEntry("ServiceLocation", premise.location, ids, "Place of service", row, since_s, below)
    link = Link("related", href, "espi-entry/UsagePoint")
    for device in premise.devices:
        yield from _devices(premise, device, ids, link)


def _agreement(person: Person, premise: Premise) -> dict[str, Any]:
    interval = {"start": _since_s(premise)}
    if premise.until_day < FOREVER:
        interval["duration"] = _start_s(premise, premise.until_day) - interval["start"]
    row: dict[str, Any] = {
        "validityInterval": interval,
        "currency": US_DOLLAR,
        "agreementId": _number(premise.agreement),
    }
    return {**row, **_kept(person, "CustomerAgreement")}


def _number(name: Name) -> str:
    """The number of an account or agreement that was given none: not that of its address, which anybody may log."""
    return f"{UUID(name.uuid).int % NUMBERS:0{NUMBER_DIGITS}d}"


def _location(person: Person, premise: Premise, href: str) -> dict[str, Any]:
    point = premise.usage_point
    row: dict[str, Any] = {"UsagePoints": [{"UsagePoint": [href]}]}
    if point.title and point.title != point.esiid:
        row["mainAddress"] = {"streetDetail": {"addressGeneral": point.title}}
    return row | dict(_kept(person, "ServiceLocation").get(point.esiid, {}))


def _supplier(premise: Premise, supplier: Supplier, above: Mapping[str, int]) -> PersonEntry:
    at_s = _start_s(premise, supplier.from_day)
    row: dict[str, Any] = {"effectiveDate": at_s, "kind": "utility"}
    name = premise.usage_point.utility.name
    if supplier.rep is not None:
        name = supplier.rep.name
        row |= {"kind": "retailer", "issuerIdentificationNumber": supplier.rep.duns}
    row["Organisation"] = {"organisationName": name, **_contact(supplier)}
    ids = {**above, "ServiceSupplier": supplier.name.path_id}
    return PersonEntry("ServiceSupplier", supplier.name, ids, "Supplier", row, at_s)


def _contact(supplier: Supplier) -> dict[str, Any]:
    """How a utility is reached, as far as it has said: its phones and its mail address."""
    said = supplier.contact
    if said is None:
        return {}
    phones = {"phone1": said.phone, "phone2": said.outage_phone}
    found: dict[str, Any] = {name: {"localNumber": number} for name, number in phones.items() if number}
    return found | ({"electronicAddress": {"email1": said.mail}} if said.mail else {})


def _devices(premise: Premise, device: Device, above: Mapping[str, int], link: Link) -> Iterator[PersonEntry]:
    at_s = _start_s(premise, device.hung.from_day)
    dates = {"installationDate": at_s}
    if device.hung.until_day < premise.until_day:
        dates["removalDate"] = _start_s(premise, device.hung.until_day)
    row: dict[str, Any] = {"serialNumber": device.hung.serial_number, "lifecycle": dates}
    row |= {"isVirtual": False, "isPan": False}
    ids = {**above, "Meter": device.meter.path_id}
    yield PersonEntry("Meter", device.meter, ids, "Meter", row, at_s, further=(link,))
    ids = {**above, "EndDevice": device.end_device.path_id}
    yield PersonEntry("EndDevice", device.end_device, ids, "Device", row, at_s)


def _kind(person: Person) -> str:
    return KINDS.get(person.customer.kind, person.customer.kind)


def _kept(person: Person, element: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = person.customer.content.get(element, {})
    return found


def _since_s(premise: Premise) -> int:
    return _start_s(premise, premise.from_day)


def _start_s(premise: Premise, day: int) -> int:
    return max(UNKNOWN_S, zone(premise.usage_point.utility.zone).day_start_s(day))
