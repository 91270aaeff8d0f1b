"""Relations: which usage points, and which of their days, a principal has to do with. The gate's rules name them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from espi.config import Settings
from espi.principals import Principal
from espi.store.cases import of_open_cases
from espi.store.database import Conn
from espi.store.devices import of_device_agreements
from espi.store.directory import of_utility, own_tenancies, running, served_by_rep, until_lately
from espi.store.granted import spans_of_grant
from espi.store.grants import of_third_party
from espi.store.history_requests import with_history
from espi.store.holdings import with_held

if TYPE_CHECKING:
    from espi.store.reach import SpanQuery


@dataclass(frozen=True)
class Relation:
    """A name for usage points and days, and the query that gives them for a principal.

    of_grant: reads the same at once where the principal's token opens one grant alone.
    """

    name: str
    spans: Callable[[Conn, Principal, Settings], SpanQuery]
    of_grant: Callable[[Conn, Principal, int], list[tuple[int, int, int]]] | None = None


def _own(_conn: Conn, principal: Principal, _settings: Settings) -> SpanQuery:
    return own_tenancies(principal.id)


def _now(of: Callable[[Conn, Principal, Settings], SpanQuery]) -> Callable[[Conn, Principal, Settings], SpanQuery]:
    """Those spans of a relation that hold today."""
    return lambda conn, principal, settings: running(conn, of(conn, principal, settings), settings.clock.now_s())


def _with_held(
    conn: Conn, principal: Principal, settings: Settings, *, now: bool = False, joint: bool = False, take: bool = False
) -> SpanQuery:
    own = (OWN_NOW if now else OWN).spans(conn, principal, settings)
    return with_held(conn, own, principal.id, settings.clock.now_s(), joint=joint, downloads=take)


def _served(conn: Conn, principal: Principal, settings: Settings) -> SpanQuery:
    now_s = settings.clock.now_s()
    lately = until_lately(conn, served_by_rep(principal.id), now_s, settings.rep_horizon_days)
    return with_history(conn, lately, principal.id, now_s)


def _granted(_conn: Conn, principal: Principal, settings: Settings) -> SpanQuery:
    return of_third_party(principal.id, settings.clock.now_s(), authorization_id=principal.grant)


def _personal(_conn: Conn, principal: Principal, settings: Settings) -> SpanQuery:
    return of_third_party(principal.id, settings.clock.now_s(), authorization_id=principal.grant, personal=True)


def _of_grant(conn: Conn, principal: Principal, now_s: int) -> list[tuple[int, int, int]]:
    return spans_of_grant(conn, principal.id, now_s, authorization_id=principal.grant, among=principal.points)


def _person_of_grant(conn: Conn, principal: Principal, now_s: int) -> list[tuple[int, int, int]]:
    return spans_of_grant(
        conn, principal.id, now_s, authorization_id=principal.grant, personal=True, among=principal.points
    )


def _device_granted(_conn: Conn, principal: Principal, settings: Settings, *, services: bool | None) -> SpanQuery:
    now_s = settings.clock.now_s()
    return of_device_agreements(principal.id, now_s, authorization_id=principal.grant, services=services)


def _utility(_conn: Conn, principal: Principal, _settings: Settings) -> SpanQuery:
    return of_utility(principal.id)


def _case(_conn: Conn, principal: Principal, settings: Settings) -> SpanQuery:
    return of_open_cases(principal.name, settings.clock.now_s())


OWN = Relation("own", _own)
OWN_NOW = Relation("own-now", _now(_own))
SEEN = Relation("seen", _with_held)
TAKEN = Relation("taken", functools.partial(_with_held, take=True))
JOINT = Relation("joint", functools.partial(_with_held, joint=True))
JOINT_NOW = Relation("joint-now", functools.partial(_with_held, joint=True, now=True))
SERVED = Relation("served", _served)
SERVED_NOW = Relation("served-now", _now(lambda _conn, principal, _settings: served_by_rep(principal.id)))
GRANTED = Relation("granted", _granted, _of_grant)
PERSONAL = Relation("personal", _personal, _person_of_grant)
GRANTED_NOW = Relation("granted-now", _now(_granted))
UTILITY = Relation("utility", _utility)
CASE = Relation("case", _case)
DEVICE_GRANTED = Relation("device-granted", _now(functools.partial(_device_granted, services=None)))
DEVICE_NAMED = Relation("device-named", _now(functools.partial(_device_granted, services=False)))
SERVICES_GRANTED = Relation("services-granted", _now(functools.partial(_device_granted, services=True)))
