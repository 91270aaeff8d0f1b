"""Finding one usage point among many: for REPs and utilities, by ESIID and by day."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from espi import access
from espi.clock import parse_day, zone
from espi.portal import figure, words
from espi.portal.language import count
from espi.portal.session import principal
from espi.store import directory
from espi.web.site import site

pages = Blueprint("business", __name__)

PAGE_POINTS = 50


@pages.get("/usage-points")
def search() -> Response:
    """The usage points within reach on a day whose ESIID begins as asked."""
    esiid = request.args.get("esiid", "").strip()
    asked = request.args.get("day", "")
    page = max(1, request.args.get("page", 1, int))
    with site().database.read() as conn:
        reach = access.reach(conn, principal(), "usage:read", settings=site().settings)
        points = directory.usage_points(conn, reach)
    day = parse_day(asked) if asked else None
    found = [
        point
        for point in points
        if point.esiid.startswith(esiid) and (day is None or any(first <= day < until for first, until in point.spans))
    ]
    shown = found[(page - 1) * PAGE_POINTS : page * PAGE_POINTS]
    rows = [
        {
            "path_id": point.path_id,
            "esiid": point.esiid,
            "title": "" if point.title == point.esiid else point.title,
            "utility": point.utility,
            "reach": figure.reach_sentence(point, zone(point.utility.zone).day_of(site().now_s())),
        }
        for point in shown
    ]
    said = count("%(num)s usage point found.", "%(num)s usage points found.", len(found))
    more = len(found) > page * PAGE_POINTS
    page_text = render_template(
        "search.html",
        points=rows,
        esiid=esiid,
        day=words.iso(day) if day is not None else "",
        found=said,
        page=page,
        more=more,
    )
    return Response(page_text)
