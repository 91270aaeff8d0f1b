"""Green Button files that a utility sends, as feeds or single entries (ESPI, FB_33): into the store as any other file.

A usage point and a series of the utility are known by the UUIDs that our feeds give them, so that a feed read here,
corrected and sent back corrects what it came from. Whose a usage point is, its tenancies say, never an address.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from typing import TYPE_CHECKING, BinaryIO, cast

from flask import Response

from espi.api.endpoint import Asked
from espi.atom import write
from espi.atom.links import Hrefs, Link
from espi.errors import BadInput
from espi.feeds.entries import Entries
from espi.intake.green_button import load_green_button
from espi.store import pages

if TYPE_CHECKING:
    from espi.intake.report import FileReport
    from espi.store.reach import Reach

ATOM = "application/atom+xml"
IN_MEMORY_BYTES = 1 << 20
NAME = "upload.xml"


def receive(asked: Asked) -> Response:
    """Take a file in; 201 with the usage points that it was about, 200 where the same file had come before."""
    reach = asked.reach()
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        shutil.copyfileobj(asked.request.stream, file)
        file.seek(0)
        stream = cast("BinaryIO", file)
        utility = asked.bearer.principal.id
        report = load_green_button(asked.database, stream, NAME, settings=asked.settings, utility_id=utility)
    if report.code:
        raise BadInput(report.reason)
    return Response(_feed(asked, reach, report), 200 if report.again else 201, content_type=ATOM)


def _feed(asked: Asked, reach: Reach, report: FileReport) -> bytes:
    href = f"{asked.settings.resource_url}{asked.request.path}"
    own_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{href}/{report.file_id}"))
    head = write.feed_head(
        own_id, "Received", asked.settings.clock.now_s(), (Link("self", href, "espi-feed/UsagePoint"),)
    )
    entries = Entries(Hrefs(asked.settings.resource_url, ""))
    with asked.database.read() as conn:
        points = pages.usage_points_of(conn, reach, report.usage_points)
    return head + b"".join(entries.usage_point(point, {}) for point in points) + write.FEED_TAIL
