"""Who has looked at a customer's data, when, and on what right: as pages, and as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, render_template, request

from espi import access
from espi.clock import parse_day, zone
from espi.errors import BadInput
from espi.portal import customer
from espi.portal.apps import looked_up
from espi.portal.language import say
from espi.portal.moments import moment
from espi.portal.session import principal
from espi.sharing import mails
from espi.store import access_log, cases, directory, grants, holdings, parties
from espi.store.access_log import APPS, COMPANIES, HIMSELF, KINDS, OWN, PEOPLE, Entry, Wanted
from espi.store.third_parties import own_program
from espi.web.site import site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from espi.store.database import Conn
    from espi.store.holdings import Holding
    from espi.store.reach import Reach

pages = Blueprint("access_log", __name__, url_prefix="/access-log")

ON_A_PAGE = 50
MOST_IN_FILE = 20_000
OTHERS = "others"
WHO = {
    OTHERS: (APPS, OWN, PEOPLE, COMPANIES),
    APPS: (APPS,),
    PEOPLE: (PEOPLE,),
    OWN: (OWN,),
    COMPANIES: (COMPANIES,),
    HIMSELF: (HIMSELF,),
    "all": KINDS,
}
"""What the filter offers, and which entries each shows."""

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would take for a formula."""


@dataclass(frozen=True)
class Line:
    """An entry in words."""

    at: str
    at_s: int
    who: str
    what: str
    right: str
    times: int


@dataclass(frozen=True)
class Log:
    """What the page and the file are made of. companies: who may see the meters without being asked, in words."""

    lines: list[Line]
    looked: list[dict[str, Any]]
    companies: list[str]
    next: int


@pages.get("")
def overview() -> Response:
    """A page of the log, the newest first."""
    who = _who()
    with site().database.read() as conn:
        log = _log(conn, who, ON_A_PAGE)
    page = render_template(
        "access_log.html",
        log=log,
        who=who,
        choices=_choices(),
        first=request.args.get("from", ""),
        last=request.args.get("to", ""),
        asked={name: request.args[name] for name in ("who", "from", "to") if request.args.get(name)},
        later="before" in request.args,
    )
    return Response(page)


@pages.get("/file.csv")
def file() -> Response:
    """The same as a file, all pages in one."""
    with site().database.read() as conn:
        log = _log(conn, _who(), MOST_IN_FILE)
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow([say("When"), say("Who"), say("What"), say("On what right"), say("How often")])
    for line in log.lines:
        rows.writerow([_utc(line.at_s), *map(safe, (line.who, line.what, line.right)), line.times])
    for each in log.looked:
        what = "; ".join(each["did"]) or say("Looked you up")
        rows.writerow([_utc(each["at_s"]), say("Help desk"), *map(safe, (what, each["reason"])), 1])
    answer = Response("\N{ZERO WIDTH NO-BREAK SPACE}" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="access-log.csv"'
    return answer


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _utc(instant: int) -> str:
    local = zone(mails.ZONE).local(instant)
    return local.isoformat()


def _who() -> str:
    who = request.args.get("who") or OTHERS
    if who not in WHO:
        raise BadInput("Choose whose looks you want to see.")
    return who


def _choices() -> list[tuple[str, str]]:
    return [
        (OTHERS, say("Everybody but me")),
        (APPS, say("Apps that I share with")),
        (PEOPLE, say("People who see my home")),
        (OWN, say("My own programs")),
        (COMPANIES, say("My utility and my electric company")),
        (HIMSELF, say("Me, on these pages")),
        ("all", say("Everybody")),
    ]


def _log(conn: Conn, who: str, limit: int) -> Log:
    reach = access.reach(conn, principal(), "access-log:read", settings=site().settings, target="access log")
    points = directory.usage_points(conn, reach)
    granted = grants.authorizations(conn, reach, customer_id=principal().id)
    first, last = (request.args.get(name, "") for name in ("from", "to"))
    where, before = zone(mails.ZONE), request.args.get("before", 0, int)
    wanted = Wanted(
        principal().id,
        WHO[who],
        where.day_start_s(customer.checked(parse_day(first))) if first else 0,
        where.day_start_s(customer.checked(parse_day(last)) + 1) if last else Wanted.until_s,
        before,
    )
    people = holdings.given(conn, principal().id)
    found = access_log.entries(conn, reach, points, granted, people, wanted, limit + 1)
    names = _Names.of(conn, reach, people)
    looked = cases.cases_about(conn, reach, principal().id) if not before and who in {OTHERS, "all"} else []
    return Log(
        lines=[names.line(each) for each in found[:limit]],
        looked=[looked_up(*each) for each in looked if wanted.from_s <= each[0].opened_s < wanted.until_s],
        companies=list(names.companies(conn, reach)),
        next=found[limit - 1].id if len(found) > limit else 0,
    )


@dataclass(frozen=True)
class _Names:
    """What entries name: apps and own programs by grant, meters by number, REPs by id, people by customer."""

    programs: dict[int, str]
    points: dict[int, directory.UsagePoint]
    reps: dict[int, str]
    people: dict[str, str]

    @classmethod
    def of(cls, conn: Conn, reach: Reach, people: Sequence[Holding]) -> _Names:
        """All that the entries of a reader's log may name."""
        granted = grants.authorizations(conn, reach, customer_id=principal().id)
        apps = {key: grants.third_party(conn, key).name for key in {one.third_party_id for one in granted}}
        programs = {one.id: own_program(one.terms) or apps[one.third_party_id] for one in granted}
        points = {point.path_id: point for point in directory.usage_points(conn, reach)}
        called = {str(one.guest_id): f"{one.name} ({one.guest_login})" for one in people}
        return cls(programs, points, {one.id: one.name for one in parties.reps(conn)}, called)

    def companies(self, conn: Conn, reach: Reach) -> list[str]:
        """Who may see the meters because he measures or serves them."""
        of_record = {
            self.reps.get(span.of_id, "")
            for point in self.points.values()
            for span in parties.reps_of_record(conn, reach, point.id)
        }
        utilities = {point.utility.name for point in self.points.values()}
        return [
            *(
                say("%(name)s measures your meter. It may see all its readings.", name=each)
                for each in sorted(utilities)
            ),
            *(
                say("%(name)s sells you power, or did. It may see the days on which it does.", name=each)
                for each in sorted(of_record - {""})
            ),
        ]

    def line(self, one: Entry) -> Line:
        """An entry in words."""
        what = _what(one.action)
        if one.usage_point in self.points:
            what = say("%(what)s: %(meter)s", what=what, meter=customer.title_of(self.points[one.usage_point]))
        if one.in_bulk:
            what = say("%(what)s, with that of all who share with it", what=what)
        if not one.allowed:
            what = say("%(what)s: refused", what=what)
        return Line(moment(one.at_s), one.at_s, self._who(one), what, _right(one), one.times)

    def _who(self, one: Entry) -> str:
        if one.kind == OWN:
            return say("Your own program: %(name)s", name=self.programs.get(one.authorization_id, ""))
        if one.kind == APPS:
            return self.programs.get(one.authorization_id, say("An app"))
        role, _, rest = one.actor.partition(":")
        party, _, name = rest.partition(":")
        if one.kind == PEOPLE:
            return self.people.get(party, say("Somebody whom you let in"))
        if role == "customer":
            return say("You, as %(name)s", name=name)
        if role == "rep":
            return self.reps.get(int(party), say("An electric company"))
        point = self.points.get(one.usage_point)
        return point.utility.name if point and role == "tdsp" else say("This web site's own staff, by command")


def _what(action: str) -> str:
    said = {
        "person:read": say("Read your name and address"),
        "bulk-person:read": say("Read your name and address"),
        "change:read": say("Looked for what is new"),
        "directory:read": say("Read facts about your meter"),
        "type:read": say("Read what the numbers mean"),
        "usage:download": say("Downloaded your energy data"),
        "file:take": say("Downloaded your energy data"),
        "usage:ask-now": say("Asked your meter for a reading"),
        "grant:read": say("Looked at what it may do"),
    }
    return said.get(action, say("Read your energy data"))


def _right(one: Entry) -> str:
    said = {
        APPS: say("You let it"),
        OWN: say("Your token"),
        HIMSELF: say("It is your own data"),
        PEOPLE: say("You let this person in"),
    }
    company = {
        "rep": say("It sells you power"),
        "tdsp": say("It measures your meter"),
    }.get(one.actor.partition(":")[0], say("It runs this web site"))
    return said.get(one.kind, company)
