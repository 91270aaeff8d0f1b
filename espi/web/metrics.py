"""`/metrics`: how complete the last days are and what is to be done, in the text form that Prometheus reads.

Everything is asked of the database when it is asked for, so it does not matter which process answers. Only addresses
that the setting `metrics_for` names get it, and never through a proxy, whose callers may be anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flask import Flask, Response, request

from espi.clock import day_date, zone
from espi.errors import NotFound
from espi.store import completeness, directory, jobs, silent
from espi.store.database import Conn
from espi.web.site import site

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
DAYS_TOLD = 3
FORWARDED = ("Forwarded", "X-Forwarded-For", "Via")
COUNTED = ("expected", "received", "late", "estimated", "partial", "refused", "missing")


def attach(app: Flask) -> None:
    """Add the address."""
    app.add_url_rule("/metrics", "metrics", _metrics, methods=["GET"])


def _metrics() -> Response:
    here = site()
    allowed = request.remote_addr in here.settings.metrics_for.split()
    if not allowed or any(name in request.headers for name in FORWARDED):
        raise NotFound(detail=f"metrics are not for {request.remote_addr}")
    with here.database.read() as conn:
        text = "".join(f"{line}\n" for line in lines(conn, here.now_s()))
    return Response(text, content_type=MEDIA_TYPE)


def lines(conn: Conn, now_s: int) -> Iterator[str]:
    """Every metric with what it means."""
    yield from _metric(
        "espi_files_loaded_total", "counter", "Files that were loaded.", {"": completeness.files_loaded(conn)}
    )
    waits = {f'{{state="{state}"}}': count for state, count in sorted(jobs.counts(conn).items())}
    yield from _metric("espi_jobs", "gauge", "Jobs by state.", waits)
    quiet: dict[str, int] = {}
    days: dict[str, dict[str, int]] = {name: {} for name in COUNTED}
    for each in directory.utilities(conn):
        quiet[f'{{utility="{each.duns}"}}'] = silent.silent_count(conn, each.id)
        today = zone(each.zone).day_of(now_s)
        for day in completeness.completeness_of(conn, today - DAYS_TOLD, today + 1, [each.id]):
            label = f'{{utility="{each.duns}",day="{day_date(day.day)}"}}'
            for name in COUNTED:
                days[name][label] = getattr(day, name)
    yield from _metric("espi_silent_meters", "gauge", "Meters in service from which nothing comes.", quiet)
    for name, values in days.items():
        yield from _metric(f"espi_completeness_{name}", "gauge", f"Days of channels, {name}.", values)


def _metric(name: str, kind: str, meaning: str, values: Mapping[str, int]) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"
    for labels, value in values.items():
        yield f"{name}{labels} {value}"
