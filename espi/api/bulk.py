"""Batch/Bulk and large subscriptions: all that customers, or the law, let a client see, in one feed (ESPI, FB_35).

A third party's bulk feed holds the usage points of its live grants, each below the Subscription of its grant; a REP's
those that it serves, on the days that it serves them; a custodian's those of a third party within its utility.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask import Response

from espi import access
from espi.access import TokenKind
from espi.api.answer import Stamp, answer
from espi.api.endpoint import Asked, number
from espi.api.holder import Holder, holder_of
from espi.api.person import read_persons
from espi.api.prepared import ONE, Batch, batch
from espi.api.query import every_day, question_of
from espi.api.reading import head_of, read_batch, read_collection, wanted_format
from espi.atom.links import Hrefs
from espi.errors import Denied
from espi.feeds import PointEntries, contents_of
from espi.feeds.feed import KindEntries, OneKind
from espi.feeds.window import Window
from espi.oauth.tokens import BULK_OF_PERSONS, bulk_id_of, resource_uri, scope_of
from espi.store import grants, pages
from espi.store.grants import Authorization

if TYPE_CHECKING:
    from espi.feeds import Question
    from espi.store.reach import Reach

POINT = "UsagePoint"


@dataclass(frozen=True)
class Plan:
    """A feed of several holders. reach: all of it. holders: each with its own reach. changed_s: of grants.

    only: the one kind of resource that is in it, None for all. parts: the grants that it is made of.
    """

    reach: Reach
    holders: Callable[[], Iterator[Holder]]
    changed_s: int
    third_party_id: int = 0
    parts: tuple[int, ...] = ()
    only: OneKind | None = None


def read_bulk(asked: Asked) -> Response:
    """A bulk feed: of readings, or of the customers themselves where the id says so."""
    bulk_id = asked.ids["bulk_id"]
    if not bulk_id.startswith(BULK_OF_PERSONS):
        return _read_readings(asked)
    party = asked.bearer.authorization.third_party_id
    own = str(grants.third_party(asked.conn, party).path_id) if party else ""
    of_persons = replace(asked.endpoint, action="bulk-person:read")
    ids = {"bulk_id": bulk_id.removeprefix(BULK_OF_PERSONS).lstrip("_") or own}
    return read_bulk_of_persons(replace(asked, endpoint=of_persons, ids=ids))


def read_bulk_of_persons(asked: Asked) -> Response:
    """The customers of a bulk feed's grants."""
    reach = asked.reach()
    return read_persons(
        asked, [(each, access.within_grant(reach, each.third_party_id, each.id)) for each in _grants(asked)]
    )


def read_subscription(asked: Asked) -> Response:
    """A subscription: prepared by a job where it is large, as a REP's; other formats than Atom are made at once."""
    holder = holder_of(asked)
    if wanted_format(asked) != "xml" or _is_small(asked, holder):
        return read_batch(asked, holder)
    return _prepared_subscription(asked)


@batch("subscription")
def _prepared_subscription(asked: Asked) -> Batch:
    holder = holder_of(asked)
    plan = Plan(holder.reach, lambda: iter([holder]), holder.changed_s)
    return replace(_planned(asked, plan, "Subscription"), live=lambda: read_batch(asked, holder))


def read_usage_points(asked: Asked) -> Response:
    """A collection of usage points: page by page where nobody has counted them yet, as a REP's."""
    if holder_of(asked).reach.known(asked.conn) is not None:
        return read_collection(POINT, asked)
    return _prepared_usage_points(asked)


@batch("usage points")
def _prepared_usage_points(asked: Asked) -> Batch:
    holder = holder_of(asked)
    plan = Plan(holder.reach, lambda: iter([holder]), holder.changed_s, only=OneKind(POINT))
    made = _planned(asked, plan, POINT)
    return replace(made, meter_days=made.points)


def _is_small(asked: Asked, holder: Holder) -> bool:
    """Whether the days that are within reach, known without asking the database again, are few for certain."""
    known = holder.reach.known(asked.conn)
    if known is None or "HTTP_PREFER" in asked.request.environ or ONE in asked.query:
        return False
    first, last = every_day(asked.settings)
    days = sum(max(0, min(stop, last) - max(start, first)) for spans in known.values() for start, stop in spans)
    return days <= asked.settings.prepare_above_days


@batch("bulk")
def _read_readings(asked: Asked) -> Batch:
    reach = asked.reach()
    own = asked.bearer.authorization
    if asked.bearer.kind is TokenKind.client and own.third_party_id == grants.NOBODY:
        return _planned(asked, _of_rep(asked, reach), "Bulk")
    chosen = _grants(asked)

    def holders() -> Iterator[Holder]:
        for each in chosen:
            contents = contents_of(scope_of(each))
            scope = f"Subscription/{each.subscription_path_id}"
            yield Holder(scope, access.within_grant(reach, each.third_party_id, each.id), contents, each.updated_s)

    changed_s = max((each.updated_s for each in chosen), default=0)
    parts = tuple(each.id for each in chosen)
    party = chosen[0].third_party_id if chosen else own.third_party_id
    return _planned(asked, Plan(reach, holders, changed_s, party, parts), "Bulk")


def _of_rep(asked: Asked, reach: Reach) -> Plan:
    """What a REP serves: it has one bulk feed, and one subscription with the same usage points."""
    own = asked.bearer.authorization
    address = resource_uri(asked.conn, asked.bearer.client, own, asked.settings)
    if asked.ids["bulk_id"] not in {address.rpartition("/")[2], str(own.subscription_path_id)}:
        raise Denied(detail=f"bulk {asked.ids['bulk_id']} is not the caller's")
    holder = Holder(f"Subscription/{own.subscription_path_id}", reach, None, own.updated_s)
    return Plan(reach, lambda: iter([holder]), own.updated_s)


def _grants(asked: Asked) -> Sequence[Authorization]:
    """The live grants of the bulk id that is asked for. Of a bulk that is another's, nothing is told."""
    bulk_id, now_s = asked.ids["bulk_id"], asked.settings.clock.now_s()
    party = asked.bearer.authorization.third_party_id
    if asked.bearer.kind is TokenKind.custodian:
        party = grants.third_party_by_path_id(asked.conn, number(bulk_id)).id
    if not party:
        raise Denied(detail="no third party, no grants")
    application = grants.third_party(asked.conn, party)
    usual = bulk_id_of(application)
    every = [each for each in grants.authorizations_of(asked.conn, party) if each.kind == grants.CUSTOMER]
    live = [each for each in every if each.status == grants.ACTIVE and each.starts_s <= now_s < each.ends_s]
    if bulk_id == str(application.path_id):
        return live
    if bulk_id != usual and bulk_id not in {each.bulk_id for each in every}:
        raise Denied(detail=f"bulk {bulk_id} is not of third party {party}")
    return [each for each in live if (each.bulk_id or usual) == bulk_id]


def _planned(asked: Asked, plan: Plan, element: str) -> Batch:
    whole = question_of(asked.query, None, asked.settings)
    changed_s = max(plan.changed_s, pages.newest_arrival_s(asked.conn))
    stamp = hashlib.blake2b(repr((changed_s, plan.parts)).encode(), digest_size=12).hexdigest()

    def pieces() -> Iterator[bytes]:
        return _written(asked, plan, element, changed_s)

    return Batch(
        reach=plan.reach,
        meter_days=pages.meter_days(asked.conn, plan.reach, whole.from_day, whole.until_day),
        points=pages.count(asked.conn, plan.reach),
        pieces=pieces,
        live=lambda: answer(asked.request, Stamp(stamp, changed_s), pieces()),
        stamp=stamp,
        third_party_id=plan.third_party_id,
    )


def _written(asked: Asked, plan: Plan, element: str, changed_s: int) -> Iterator[bytes]:
    """The feed, holder by holder and usage point by usage point: its size costs no memory."""
    head = head_of(asked, element)
    page = question_of(asked.query, None, asked.settings).page
    window, shared = Window(page), set[int]()
    yield head.text(changed_s, page, asked.settings)
    for holder in plan.holders():
        yield from _of_holder(asked, holder, window, shared, plan.only)
        if window.more:
            break
    yield head.tail(page, more=window.more)


def _of_holder(asked: Asked, holder: Holder, window: Window, shared: set[int], only: OneKind | None) -> Iterator[bytes]:
    questions: dict[int, Question] = {}
    hrefs = Hrefs(asked.settings.resource_url, holder.scope)
    for reach, points in pages.usage_point_pages(asked.conn, holder.reach):
        entries = PointEntries(asked.conn, reach, hrefs, window, shared)
        if only is not None:
            entries = KindEntries(asked.conn, reach, hrefs, window, only)
        for point in points:
            if point.utility_id not in questions:
                questions[point.utility_id] = question_of(asked.query, holder.contents, asked.settings, [point])
            yield from entries.of(point, questions[point.utility_id])
            if window.more:
                return
