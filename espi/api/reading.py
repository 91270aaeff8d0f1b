"""Feeds of readings: a subscription, one of its usage points, and the collections of each kind of resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING

from flask import Response

from espi.api.answer import Stamp, answer
from espi.api.endpoint import Asked
from espi.api.holder import Holder, holder_of
from espi.api.query import page_query, question_of
from espi.atom.links import Link
from espi.errors import BadInput
from espi.feeds import FORMATS, Feed, Head, Question, download_as
from espi.feeds.feed import OneKind
from espi.store import directory

if TYPE_CHECKING:
    from espi.store.directory import UsagePoint


def read_batch(asked: Asked, holder: Holder | None = None) -> Response:
    """All that belongs to a holder, or to one usage point of it, in one feed; as Atom, or as the format asked for."""
    holder = holder or holder_of(asked)
    points = points_at(asked, holder)
    question = question_of(asked.query, holder.contents, asked.settings, points)
    wanted = wanted_format(asked)
    feed = feed_of(
        asked, holder, question, points, "Subscription" if "usage_point_id" not in asked.ids else "UsagePoint"
    )
    stamp = Stamp(f"{feed.tag}-{wanted}", max(feed.updated_s, holder.changed_s))
    if wanted == "xml":
        packed = feed.gzip if feed.has_months else None
        return answer(asked.request, stamp, feed, kept=asked.kept, gzip=packed)
    made = download_as(wanted, asked.conn, holder.reach, question, points, scope=holder.scope, settings=asked.settings)
    return answer(asked.request, stamp, made.chunks, made.media_type)


def read_collection(element: str, asked: Asked) -> Response:
    """The resources of one kind that a path names the collection of."""
    holder = holder_of(asked)
    points = points_at(asked, holder)
    question = question_of(asked.query, holder.contents, asked.settings, points)
    meter_reading = asked.number("meter_reading_id") if "meter_reading_id" in asked.ids else None
    feed = feed_of(asked, holder, question, points, element, OneKind(element, meter_reading))
    return answer(asked.request, Stamp(feed.tag, max(feed.updated_s, holder.changed_s)), feed)


def points_at(asked: Asked, holder: Holder) -> Sequence[UsagePoint]:
    """The usage point that a path names, or all of the holder."""
    if "usage_point_id" in asked.ids:
        return [directory.usage_point(asked.conn, holder.reach, path_id=asked.number("usage_point_id"))]
    return directory.usage_points(asked.conn, holder.reach)


def feed_of(
    asked: Asked,
    holder: Holder,
    question: Question,
    points: Sequence[UsagePoint],
    element: str,
    only: OneKind | None = None,
) -> Feed:
    """The feed at the address asked for. element: what it is a feed of."""
    return Feed(
        asked.conn,
        holder.reach,
        question,
        points,
        scope=holder.scope,
        settings=asked.settings,
        head=head_of(asked, element),
        only=only,
        kept=asked.months,
    )


def head_of(asked: Asked, element: str) -> Head:
    """The beginning of a feed at the address asked for: its own link bears no query."""
    href = f"{asked.settings.resource_url}{asked.request.path}"
    return Head(Link("self", href, f"espi-feed/{element}"), page_href=partial(_page_href, href, asked.query))


def wanted_format(asked: Asked) -> str:
    """How the readings are wanted: as `?format=` says, else as an Accept that names nothing but JSON or CSV, else XML.

    Clients that list JSON among others want XML all the same.
    """
    named = asked.query.get("format")
    if named is not None:
        if named not in FORMATS:
            raise BadInput(f"format must be one of {', '.join(FORMATS)}.")
        return named
    accept = asked.request.environ.get("HTTP_ACCEPT", "")
    if "json" not in accept and "csv" not in accept:
        return "xml"
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    for ending in ("json", "csv"):
        if all(kind.endswith(ending) for kind in kinds):
            return ending
    return "xml"


def small(asked: Asked, text: Iterable[bytes], changed_s: int) -> Response:
    """A small answer, whose tag is made of what it says."""
    body = b"".join(text)
    return answer(asked.request, Stamp(blake2b(body, digest_size=12).hexdigest(), changed_s), [body])


def _page_href(href: str, query: Mapping[str, str], start: int) -> str:
    return f"{href}?{page_query(query, start)}"
