"""`demo.json`: what somebody who tries the demonstration market out needs to know."""

from __future__ import annotations

import json
from typing import Any

from espi.config import Settings
from espi.demo import logins, tokens
from espi.demo.period import Period, text
from espi.demo.points import points
from espi.demo.roster import COMPANIES, FIRMS, NEWCOMER, PEOPLE, RETAILERS, ZONE, Person, Point
from espi.store import people
from espi.store.database import Database
from espi.store.identity import path_id_for

NAME = "demo.json"

Facts = dict[str, Any]
"""What `demo.json` says, and `path`: where it is."""


def earlier_start(settings: Settings) -> str | None:
    """The first day of a market that was loaded before: a later load goes on from there."""
    path = settings.home / NAME
    if not path.is_file():
        return None
    found: str = json.loads(path.read_text("utf-8"))["period"]["from"]
    return found


def write(database: Database, settings: Settings, period: Period, files: list[str]) -> Facts:
    """Write the file; what it says."""
    with database.write() as conn:
        numbers = {one.login: people.party_named(conn, "customer", one.login) for one in (*PEOPLE, *FIRMS)}
        ids = {point.esiid: path_id_for(conn, f"usage-point/{point.company.duns}/{point.esiid}") for point in points()}
        third_parties = tokens.third_parties(conn, settings)
        companies = tokens.parties_clients(conn, settings)
        first = tokens.first_tokens(conn, settings, third_parties, companies)
    facts: Facts = {
        "base": settings.base_url,
        "ca": "ca.pem",
        "period": {"from": text(period.first_day), "until": text(period.until_day)},
        "customers": [
            _customer(person, period, ids) | {"number": numbers[person.login]} for person in (*PEOPLE, *FIRMS)
        ],
        "registration": _registration(period, ids),
        "staff": [_login(one) | {"role": one.role, "of": one.of} for one in logins.STAFF],
        "utilities": [
            {"name": one.name, "duns": one.duns, "zone": ZONE, "service_kind": one.service_kind} | companies[one.duns]
            for one in COMPANIES
        ],
        "reps": [
            {"name": one.name, "duns": one.duns, "certificate_number": one.certificate} | companies[one.duns]
            for one in RETAILERS
        ],
        "third_parties": third_parties,
        "tokens": first,
        "files": files,
    }
    path = settings.home / NAME
    path.touch(mode=0o600)
    path.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return facts | {"path": str(path)}


def _login(login: logins.Login) -> Facts:
    return {"login": login.name, "password": login.password, "totp": login.totp}


def _customer(person: Person, period: Period, ids: dict[str, int]) -> Facts:
    own = [
        _usage_point(point, period, ids) | {"from": text(from_day), "until": text(until_day)}
        for point in points()
        for stay, from_day, until_day in period.tenancies(point)
        if stay.person is person
    ]
    return _login(logins.of_customer(person)) | {"name": person.name, "usage_points": own}


def _registration(period: Period, ids: dict[str, int]) -> Facts:
    """What somebody without an account needs to make one."""
    own = next(point for point in points() if any(stay.person is NEWCOMER for stay in point.stays))
    return {"name": NEWCOMER.name} | _usage_point(own, period, ids)


def _usage_point(point: Point, period: Period, ids: dict[str, int]) -> Facts:
    rep = RETAILERS[point.retailers[-1][0]].name if point.retailers else None
    meter = period.meters(point)[-1][0]
    return {"esiid": point.esiid, "meter": meter, "rep": rep, "id": ids[point.esiid], "kind": point.kind}
