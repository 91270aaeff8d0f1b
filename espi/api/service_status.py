"""ReadServiceStatus: whether the custodian is up, bare, or in Atom for who asks for that (ESPI, FB_3)."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from flask import Response

from espi.api.endpoint import Asked
from espi.atom import write
from espi.atom.links import Link
from espi.resources.service_status import SERVICE_STATUS

UP = {"currentStatus": 1}
ATOM = "application/atom+xml"
TITLE = "Service status"


class _Frame(NamedTuple):
    """What stands around a status in Atom."""

    id: str
    links: tuple[Link, ...]
    now_s: int


def read_status(asked: Asked) -> Response:
    """The status. That it is answered at all means that it is up: the database was read to know who asks."""
    asked.require()
    accept = asked.request.headers.get("Accept", "").replace(" ", "").lower()
    for kind, write_it in (("feed", _feed), ("entry", _entry)):
        if f"{ATOM};type={kind}" in accept:
            return Response(write_it(_frame(asked)), content_type=f"{ATOM};type={kind}")
    return Response(write.bare(SERVICE_STATUS, UP), content_type=ATOM)


def _frame(asked: Asked) -> _Frame:
    href = f"{asked.settings.resource_url}/ReadServiceStatus"
    own_id = str(uuid.uuid5(uuid.NAMESPACE_URL, href))
    return _Frame(own_id, (Link("self", href, "espi-entry/ServiceStatus"),), asked.settings.clock.now_s())


def _entry(frame: _Frame) -> bytes:
    own_id, links, now_s = frame
    return write.document(SERVICE_STATUS, UP, id=own_id, links=links, title=TITLE, published_s=now_s, updated_s=now_s)


def _feed(frame: _Frame) -> bytes:
    own_id, links, now_s = frame
    feed_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{own_id}/feed"))
    head = write.feed_head(feed_id, TITLE, now_s, links)
    entry = write.entry(SERVICE_STATUS, UP, id=own_id, links=links, title=TITLE, published_s=now_s, updated_s=now_s)
    return head + entry + write.FEED_TAIL
