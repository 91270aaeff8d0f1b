"""The ESIIDs that a REP serves on a day, and those that it gained or lost, page by page and as a file."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, render_template, request

from espi.clock import FOREVER
from espi.errors import BadInput
from espi.portal import rep_words, words
from espi.portal.language import say
from espi.store import served
from espi.store.served import GAINED, LOST, Served
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.reach import Reach

pages = Blueprint("rep_list", __name__, url_prefix="/rep/esiids")

ON_A_PAGE = 50
AT_ONCE = 5000
"""How many are read at once for the file."""
MOST_DAYS = 366
ALL = "served"
_DIGITS = re.compile(r"[0-9A-Za-z]{0,64}")


@dataclass(frozen=True)
class Asked:
    """What is asked for. show: `ALL`, `GAINED` or `LOST`. first, last: the days of a change, both included."""

    show: str
    day: int
    first: int
    last: int
    begins: str
    after: str

    @classmethod
    def of_request(cls, today: int) -> Asked:
        """What the address says. `BadInput` for what makes no sense."""
        show, begins = request.args.get("show", ALL), request.args.get("esiid", "").strip()
        if show not in (ALL, GAINED, LOST):
            raise BadInput("Choose which ESIIDs you want to see.")
        if not _DIGITS.fullmatch(begins):
            raise BadInput("An ESIID has digits only.")
        first, last = rep_words.day_asked("from", today - 29), rep_words.day_asked("to", today)
        if first > last:
            raise BadInput("The first day must not be after the last.")
        if last - first >= MOST_DAYS:
            raise BadInput("Ask for a year at most.")
        return cls(show, rep_words.day_asked("day", today), first, last, begins, request.args.get("after", ""))

    def found(self, conn: Conn, reach: Reach, rep_id: int, after: str, limit: int) -> list[Served]:
        """Some of them, after where the last ones ended."""
        if self.show == ALL:
            return served.served_on(conn, reach, rep_id, self.day, begins=self.begins, after=after, limit=limit)
        day, _, esiid = after.partition(".")
        place = (int(day), esiid) if day.isdecimal() and len(day) < len(str(FOREVER)) else (0, "")
        span = self.first, self.last + 1
        return served.changes(conn, reach, rep_id, self.show, span, after=place, limit=limit)

    def place(self, one: Served) -> str:
        """Where a page ended that had this one as its last."""
        return {
            ALL: one.esiid,
            GAINED: f"{one.from_day}.{one.esiid}",
            LOST: f"{one.until_day}.{one.esiid}",
        }[self.show]

    def args(self) -> dict[str, str]:
        """As the address says it."""
        if self.show == ALL:
            return {"show": ALL, "day": words.iso(self.day)} | ({"esiid": self.begins} if self.begins else {})
        return {"show": self.show, "from": words.iso(self.first), "to": words.iso(self.last)}


@pages.get("")
def overview() -> Response:
    """A page of the list."""
    with site().database.read() as conn:
        own, reach = rep_words.desk(conn, "list of ESIIDs")
        asked = Asked.of_request(rep_words.today(conn))
        found = asked.found(conn, reach, own.id, asked.after, ON_A_PAGE + 1)
    shown = found[:ON_A_PAGE]
    page = render_template(
        "rep_list.html",
        asked=asked,
        args=asked.args(),
        day=words.iso(asked.day),
        first=words.iso(asked.first),
        last=words.iso(asked.last),
        heading=_heading(asked),
        rows=[_row(asked, each) for each in shown],
        next=asked.place(shown[-1]) if len(found) > ON_A_PAGE else "",
        choices=[(ALL, say("Served")), (GAINED, say("Gained")), (LOST, say("Lost"))],
    )
    return Response(page)


@pages.get("/file.csv")
def file() -> Response:
    """All pages as a file, written while it is read. ESIIDs begin with an apostrophe, so that they stay text."""
    with contextlib.ExitStack() as stack:
        conn = stack.enter_context(site().database.read())
        own, reach = rep_words.desk(conn, "file of ESIIDs")
        asked = Asked.of_request(rep_words.today(conn))
        chunks = _lines(conn, reach, own.id, asked)
        response = Response(itertools.chain([next(chunks)], chunks), content_type="text/csv; charset=utf-8")
        name = f"esiids-{'-'.join(asked.args().values())}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.call_on_close(stack.pop_all().close)
    return response


def _lines(conn: Conn, reach: Reach, rep_id: int, asked: Asked) -> Iterator[bytes]:
    head = [say("ESIID"), say("Place"), say("Utility"), say("First day"), say("Last day")]
    yield "\N{ZERO WIDTH NO-BREAK SPACE}".encode() + _packed([head])
    after = ""
    while found := asked.found(conn, reach, rep_id, after, AT_ONCE):
        yield _packed(
            [f"'{each.esiid}", _text(each), f"'{each.utility}", words.iso(each.from_day), _last(each)] for each in found
        )
        after = asked.place(found[-1])


def _packed(rows: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _text(each: Served) -> str:
    return f"'{each.title}" if each.title != each.esiid else ""


def _last(each: Served) -> str:
    return "" if each.until_day >= FOREVER else words.iso(each.until_day - 1)


def _heading(asked: Asked) -> str:
    if asked.show == ALL:
        return say("ESIIDs that you serve on %(day)s", day=words.day(asked.day))
    span = {"first": words.day(asked.first), "last": words.day(asked.last)}
    if asked.show == GAINED:
        return say("ESIIDs that you gained, %(first)s to %(last)s", **span)
    return say("ESIIDs that you lost, %(first)s to %(last)s", **span)


def _row(asked: Asked, each: Served) -> dict[str, Any]:
    shown = each.from_day if asked.show == GAINED else each.until_day - 1 if asked.show == LOST else asked.day
    return {
        "path_id": each.path_id,
        "esiid": each.esiid,
        "title": "" if each.title == each.esiid else each.title,
        "utility": each.utility,
        "first": words.day(each.from_day, "medium"),
        "last": say("goes on") if each.until_day >= FOREVER else words.day(each.until_day - 1, "medium"),
        "date": words.iso(shown),
    }
