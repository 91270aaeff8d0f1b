"""Whose resources an address names, and what the caller may see of them; the gate says so, never this module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from espi import access
from espi.api.endpoint import Asked
from espi.errors import NotFound
from espi.feeds import Contents, contents_of
from espi.oauth.tokens import scope_of
from espi.store import grants

if TYPE_CHECKING:
    from espi.store.grants import Authorization
    from espi.store.reach import Reach

ANY_POINT = "point:read"
"""The action of who may read usage points whoever they were granted to."""


@dataclass(frozen=True)
class Holder:
    """A holder of resources. scope: its part of hrefs. contents: what may be shown, None for all.

    changed_s: when what it may see was last changed, such as by a grant that was shortened.
    """

    scope: str
    reach: Reach
    contents: Contents | None
    changed_s: int = 0


def holder_of(asked: Asked) -> Holder:
    """The subscription, the retail customer, or (where the path names neither) the custodian itself.

    A subscription of somebody else and one that does not exist are refused alike.
    """
    if "subscription_id" in asked.ids:
        return _subscription(asked)
    if "retail_customer_id" in asked.ids:
        return _customer(asked)
    return Holder("", asked.reach(ANY_POINT), None)


def _subscription(asked: Asked) -> Holder:
    path_id = asked.number("subscription_id")
    own = asked.bearer.authorization
    if own.subscription_path_id == path_id:
        return Holder(f"Subscription/{path_id}", asked.reach(), _contents(own), own.updated_s)
    reach = asked.reach(ANY_POINT)
    found = grants.authorization_by_subscription(asked.conn, path_id)
    if found.kind != grants.CUSTOMER:
        raise NotFound(detail=f"subscription {path_id} is no customer's")
    return _granted(f"Subscription/{path_id}", reach, found)


def _customer(asked: Asked) -> Holder:
    path_id = asked.number("retail_customer_id")
    reach = asked.reach()
    return _granted(f"RetailCustomer/{path_id}", reach, grants.authorization_by_person(asked.conn, path_id))


def _granted(scope: str, reach: Reach, granted: Authorization) -> Holder:
    within = access.within_grant(reach, granted.third_party_id, granted.id)
    return Holder(scope, within, _contents(granted), granted.updated_s)


def _contents(authorization: Authorization) -> Contents | None:
    """What a customer's grant lets a feed hold; a client's own token is bounded by its reach alone."""
    return contents_of(scope_of(authorization)) if authorization.kind == grants.CUSTOMER else None
