"""Bulk files that a REP asks for: the form with its limits, how far each request is, and the files of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request, send_file, url_for

from espi import access
from espi.clock import DAY_S, parse_day
from espi.delivery import bulk, bulk_request
from espi.delivery.bulk_request import MOST_DAYS, MOST_LISTED, MOST_OPEN, NotServed, State
from espi.errors import BadInput, Conflict
from espi.jobs import Context
from espi.portal import rep_words, words
from espi.portal.language import count, say
from espi.portal.moments import day_of, moment
from espi.portal.session import principal, redirected
from espi.store import bulk_requests
from espi.store.bulk_requests import BulkRequest
from espi.web.site import site

pages = Blueprint("rep_bulk", __name__, url_prefix="/rep/bulk")

SHOWN = 20
SHOWN_UNKNOWN = 10
MOST_BYTES = 1_000_000
MEGABYTE, KILOBYTE = 1_000_000, 1000


@pages.get("")
def overview() -> Response:
    """The form, and the last requests."""
    return _page({})


@pages.post("")
def ask() -> Response:
    """Ask for files."""
    form = request.form
    try:
        esiids = _listed(form)
        with site().database.write() as conn:
            yesterday = rep_words.today(conn) - 1
            first = rep_words.day_asked("from", yesterday)
            days = first, rep_words.day_asked("to", first) + 1
            made = bulk_request.ask(_context(), conn, principal(), days, esiids)
    except NotServed as err:
        shown = ", ".join(err.esiids[:SHOWN_UNKNOWN])
        said = count(
            "%(num)s ESIID of your list is not yours on these days: %(shown)s. Take it out and ask again.",
            "%(num)s ESIIDs of your list are not yours on these days: %(shown)s. Take them out and ask again.",
            len(err.esiids),
            shown=shown,
        )
        return _page(form, said, 400)
    except (BadInput, Conflict) as err:
        return _page(form, say(err.public), err.status)
    return redirected(url_for("rep_bulk.one", path_id=made.path_id))


@pages.get("/<int(max=999999999999999):path_id>")
def one(path_id: int) -> Response:
    """A request: how far it is, and its files day by day."""
    with site().database.read() as conn:
        own, _reach = rep_words.desk(conn, f"bulk request {path_id}")
        found = bulk_requests.request_of(conn, own.id, path_id)
        current = bulk_request.state(_context(), conn, found)
    ends = found.asked_s + site().settings.bulk_days * DAY_S
    page = render_template(
        "rep_bulk_one.html",
        request_=_shown(found, current),
        state=current,
        days=[_day(found, each) for each in current.days],
        sums=bulk_request.SUMS,
        kept=words.day(day_of(ends)),
        may_cancel=not found.cancelled and current.name != bulk_request.GONE,
    )
    return Response(page)


@pages.post("/<int(max=999999999999999):path_id>/cancel")
def cancel(path_id: int) -> Response:
    """Take a request back."""
    with site().database.write() as conn:
        bulk_request.cancel(_context(), conn, principal(), path_id)
    return redirected(url_for("rep_bulk.one", path_id=path_id))


@pages.get("/<int(max=999999999999999):path_id>/SHA256SUMS")
def sums(path_id: int) -> Response:
    """The checksums of all files."""
    with site().database.read() as conn:
        own, _reach = rep_words.desk(conn, f"bulk request {path_id}")
        found = bulk_requests.request_of(conn, own.id, path_id)
        text = bulk_request.sums(bulk_request.state(_context(), conn, found))
    answer = Response(text, content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{bulk_request.SUMS}"'
    return answer


@pages.get("/<int(max=999999999999999):path_id>/<day>/<name>")
def file(path_id: int, day: str, name: str) -> Response:
    """A file, or the manifest of a day."""
    with site().database.read() as conn:
        own, _reach = rep_words.desk(conn, f"bulk request {path_id}")
        access.reach(
            conn, principal(), "usage:download", settings=site().settings, target=f"bulk request {path_id}, {name}"
        )
        found = bulk_requests.request_of(conn, own.id, path_id)
    path = bulk_request.file_of(site().settings, found, parse_day(day), name)
    kind = "application/json" if name == bulk.MANIFEST else "application/gzip"
    shown = f"{day}-{name}" if name == bulk.MANIFEST else name
    return send_file(path, mimetype=kind, as_attachment=True, download_name=shown)


def _listed(form: Mapping[str, str]) -> list[str]:
    """The ESIIDs that are wanted: pasted, or of a file; none for all. `BadInput` for a wished list that is empty."""
    if form.get("which", "all") != "list":
        return []
    sent = request.files.get("file")
    text = form.get("esiids", "")
    if sent is not None and sent.filename:
        raw = sent.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise BadInput("This file is too long for a list of ESIIDs.")
        text += "\n" + raw.decode("utf-8-sig", "replace")
    if not (found := rep_words.esiids_in(text)):
        raise BadInput("Paste a list of ESIIDs or choose a file of them, or ask for all.")
    return found


def _page(form: Mapping[str, str], refused: str = "", status: int = 200) -> Response:
    with site().database.read() as conn:
        own, _reach = rep_words.desk(conn, "bulk requests")
        found = bulk_requests.requests_of(conn, own.id, SHOWN)
        shown = [_shown(each, bulk_request.state(_context(), conn, each)) for each in found]
        yesterday = words.iso(rep_words.today(conn) - 1)
    page = render_template(
        "rep_bulk.html",
        form=form,
        refused=refused,
        requests=shown,
        yesterday=yesterday,
        most_days=MOST_DAYS,
        most_listed=f"{MOST_LISTED:,}",
        most_open=MOST_OPEN,
        bulk_days=site().settings.bulk_days,
    )
    return Response(page, status)


def _context() -> Context:
    return Context(site().settings, site().database)


def _shown(found: BulkRequest, current: State) -> dict[str, Any]:
    """A request in words."""
    first, last = words.day(found.from_day, "medium"), words.day(found.until_day - 1, "medium")
    listed = len(found.points)
    return {
        "path_id": found.path_id,
        "days": first if len(found.days) == 1 else say("%(first)s to %(last)s", first=first, last=last),
        "which": count("%(num)s ESIID of a list", "%(num)s ESIIDs of a list", listed)
        if listed
        else say("all ESIIDs that you serve"),
        "asked": moment(found.asked_s),
        "by": found.asked_by,
        "state": _state_words(current),
        "live": current.name in bulk_request.OPEN,
        "good": current.name == bulk_request.READY,
        "progress": _progress(found, current),
        "done": current.done_days,
        "total": len(found.days),
    }


def _state_words(current: State) -> str:
    return {
        bulk_request.WAITING: say("waits its turn"),
        bulk_request.MAKING: say("being made"),
        bulk_request.READY: say("ready"),
        bulk_request.FAILED: say("failed"),
        bulk_request.CANCELLED: say("cancelled"),
        bulk_request.GONE: say("no longer kept"),
    }[current.name]


def _progress(found: BulkRequest, current: State) -> str:
    if current.name not in (*bulk_request.OPEN, bulk_request.READY):
        return ""
    return say(
        "%(done)s of %(days)s days, %(files)s of %(total)s files, %(points)s meters",
        done=current.done_days,
        days=len(found.days),
        files=f"{current.files:,}",
        total=f"{current.total:,}",
        points=f"{current.usage_points:,}",
    )


def _day(found: BulkRequest, each: bulk_request.DayFiles) -> dict[str, Any]:
    day = words.iso(each.day)
    return {
        "day": words.skeleton(each.day, "yMMMEd"),
        "iso": day,
        "manifest": url_for("rep_bulk.file", path_id=found.path_id, day=day, name=bulk.MANIFEST),
        "readings": f"{each.readings:,}",
        "files": [
            {
                "name": file["name"],
                "href": url_for("rep_bulk.file", path_id=found.path_id, day=day, name=file["name"]),
                "size": _size(int(file["bytes"])),
                "points": f"{file['usage_points']:,}",
                "sha256": file["sha256"],
            }
            for file in each.files
        ],
    }


def _size(size: int) -> str:
    if size >= MEGABYTE:
        return f"{words.amount(size // KILOBYTE, 1)} MB"
    return f"{words.amount(size, 1)} kB"
