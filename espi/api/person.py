"""Retail customers: who it is that shared his readings, where his grant names him too (ESPI, FB_50 to 62).

They are feeds and entries of their own. `RetailCustomer/{r}` is the number of a grant, never of a customer, so that
two third parties cannot compare what they know. A custodian token opens those of its utility's customers.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from flask import Response

from espi import access
from espi.access import TokenKind
from espi.api.endpoint import Asked
from espi.api.query import question_of
from espi.atom import write
from espi.atom.links import Hrefs, Link, certificate_link
from espi.errors import Denied, NotFound
from espi.feeds.person import PersonEntry, person_entries
from espi.feeds.window import Window
from espi.resources.catalogue import REGISTRY
from espi.resources.declare import CUSTOMER
from espi.store import grants, persons
from espi.store.grants import Authorization
from espi.web.packing import pack

if TYPE_CHECKING:
    from espi.store.reach import Reach

ATOM = "application/atom+xml"
TITLE = "Green Button Retail Customer Feed"


def read_person(asked: Asked) -> Response:
    """All of one customer's: the `customerResourceURI` of a grant."""
    found, reach = _granted(asked)
    href = f"{asked.settings.resource_url}/Batch/RetailCustomer/{found.personal_path_id}"
    return _feed(asked, Link("self", href, "cust-feed/RetailCustomer"), _entries(asked, found, reach))


def read_collection(asked: Asked, element: str) -> Response:
    """The resources of one kind below what the path names."""
    found, reach = _granted(asked)
    above = _above(asked, element)
    everything = list(_entries(asked, found, reach))
    if above and not any(dict(each.ids) == above for _, each in everything):
        raise NotFound(detail=f"nothing above {asked.request.path}")
    below = [(hrefs, each) for hrefs, each in everything if each.element == element and _holds(each, above)]
    own = Link("self", _hrefs(asked, found).collection(REGISTRY[element], above), f"cust-feed/{element}")
    return _feed(asked, own, below)


def read_member(asked: Asked, element: str) -> Response:
    """One resource."""
    found, reach = _granted(asked)
    wanted = {**_above(asked, element), element: asked.number(REGISTRY[element].param)}
    for hrefs, each in _entries(asked, found, reach):
        if each.element == element and dict(each.ids) == wanted:
            return Response(each.document(hrefs), content_type=ATOM)
    raise NotFound(detail=f"nothing at {asked.request.path}")


def read_persons(asked: Asked, granted: Iterable[tuple[Authorization, Reach]]) -> Response:
    """All customers of these grants who let a third party know who they are, in one feed, for its client token."""
    own = Link("self", f"{asked.settings.resource_url}{asked.request.path}", "cust-feed/RetailCustomer")
    named = [(found, reach) for found, reach in granted if found.personal_path_id is not None]
    return _feed(asked, own, (each for found, reach in named for each in _entries(asked, found, reach)))


def _granted(asked: Asked) -> tuple[Authorization, Reach]:
    """The grant that the path's `RetailCustomer` is of, and what of it the caller may see."""
    number = asked.number("retail_customer_id")
    own = asked.bearer.authorization
    if asked.bearer.kind is not TokenKind.custodian:
        reach = asked.reach()
        if own.personal_path_id != number:
            raise Denied(detail=f"retail customer {number} is not of this grant")
        return own, reach
    reach = asked.reach()
    found = grants.authorization_by_person(asked.conn, number)
    return found, access.within_grant(reach, found.third_party_id, found.id)


def _entries(asked: Asked, found: Authorization, reach: Reach) -> Iterator[tuple[Hrefs, PersonEntry]]:
    usage = Hrefs(asked.settings.resource_url, f"Subscription/{found.subscription_path_id}")
    hrefs = _hrefs(asked, found)
    for person in persons.persons(asked.conn, reach):
        for each in person_entries(person, usage.usage_point):
            yield hrefs, each


def _hrefs(asked: Asked, found: Authorization) -> Hrefs:
    return Hrefs(asked.settings.resource_url, f"RetailCustomer/{found.personal_path_id}")


def _above(asked: Asked, element: str) -> dict[str, int]:
    """The path ids of what the path names above a resource."""
    named = {resource.param: name for name, resource in REGISTRY.items() if resource.namespace == CUSTOMER}
    return {named[param]: asked.number(param) for param in asked.ids if param in named and named[param] != element}


def _holds(each: PersonEntry, above: dict[str, int]) -> bool:
    return above.items() <= each.ids.items()


def _feed(asked: Asked, own: Link, entries: Iterable[tuple[Hrefs, PersonEntry]]) -> Response:
    """A feed of some entries. It is never kept by who asks: it is a person's."""
    page = question_of(asked.query, None, asked.settings).page
    feed_id = str(uuid.uuid5(uuid.NAMESPACE_URL, own.href))
    links = (own, *certificate_link(asked.settings.certificate_id))
    head = write.feed_head(feed_id, TITLE, asked.settings.clock.now_s(), links, namespace=CUSTOMER)

    def written() -> Iterator[bytes]:
        yield head
        for hrefs, each in Window(page).taken(iter(entries)):
            yield each.written(hrefs)
        yield write.FEED_TAIL

    response = Response(written(), content_type=ATOM)
    pack(asked.request, response)
    return response
