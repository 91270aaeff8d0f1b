"""`espi utility`, `espi rep`, `espi user`: who is known here."""

from __future__ import annotations

import argparse
import json
import secrets
from collections.abc import Mapping

import pyotp

from espi.access import LOGIN_ROLES, Role, needs_second_factor
from espi.cli.opened import reading, writing
from espi.cli.words import Words
from espi.config import Settings
from espi.errors import BadInput, NotFound
from espi.intake.vee.thresholds import thresholds_of
from espi.store import directory, grants, parties, people
from espi.store.database import Conn

PARTY_ROLES = {
    Role.rep: "--rep",
    Role.tdsp: "--utility",
    Role.third_party: "--third-party",
    Role.customer: "--customer",
}
"""Roles that speak for somebody, and the option that says for whom."""


def add(words: Words) -> None:
    """Add the three groups."""
    group = words.group("utility", "Utilities.")
    parser = group.command("add", add_utility, "Add a utility.")
    parser.add_argument("name", help="its name")
    parser.add_argument("--duns", required=True, help="its DUNS number, of 9 or 13 digits")
    parser.add_argument("--zone", default="America/Chicago", help="its time zone (America/Chicago)")
    parser.add_argument("--service", choices=SERVICES, default="electricity", help="what it delivers (electricity)")
    parser.add_argument("--dialect", type=json.loads, metavar="JSON", help="how its files differ; vee: thresholds")
    group.command("list", list_utilities, "List the utilities.")
    group = words.group("rep", "Retail electric providers.")
    parser = group.command("add", add_rep, "Add a REP.")
    parser.add_argument("name", help="its name")
    parser.add_argument("--duns", required=True, help="its DUNS number")
    parser.add_argument("--certificate", required=True, help="the regulator's number of it")
    group.command("list", list_reps, "List the REPs.")
    group = words.group("user", "Logins.")
    parser = group.command("add", add_user, "Add a login and print its password once.")
    parser.add_argument("name", help="the name to log in with")
    parser.add_argument("--role", required=True, choices=LOGIN_ROLES, help="what it speaks for")
    for role, option in PARTY_ROLES.items():
        parser.add_argument(option, metavar="WHICH", help=f"for which {role}, by name; a customer by number")
    parser.add_argument("--language", choices=("en", "es"), default="en", help="the language of its pages (en)")


SERVICES = {"electricity": 0, "gas": 1, "water": 2}


def utility_named(conn: Conn, name: str) -> directory.Utility:
    """The utility of a name, for other commands. Raises `NotFound`."""
    found = directory.utility_by_name(conn, name)
    if found is None:
        raise NotFound(f"There is no utility {name!r}; `espi utility list` names them.")
    return found


def add_utility(settings: Settings, given: argparse.Namespace) -> int:
    """Add a utility."""
    thresholds_of(given.dialect or {})
    with writing(settings) as conn:
        kind = SERVICES[given.service]
        directory.add_utility(conn, given.name, given.duns, given.zone, service_kind=kind, dialect=given.dialect)
    return 0


def list_utilities(settings: Settings, given: argparse.Namespace) -> int:
    """One line a utility: DUNS, zone, name."""
    del given
    with reading(settings) as conn:
        for one in directory.utilities(conn):
            print(f"{one.duns}\t{one.zone}\t{one.name}")
    return 0


def add_rep(settings: Settings, given: argparse.Namespace) -> int:
    """Add a REP."""
    with writing(settings) as conn:
        parties.add_rep(conn, given.name, given.duns, given.certificate)
    return 0


def list_reps(settings: Settings, given: argparse.Namespace) -> int:
    """One line a REP: certificate number, DUNS, name."""
    del given
    with reading(settings) as conn:
        for one in parties.reps(conn):
            print(f"{one.certificate_number}\t{one.duns}\t{one.name}")
    return 0


def add_user(settings: Settings, given: argparse.Namespace) -> int:
    """Add a login; entity users get a second factor, whose key is printed too."""
    role = Role(given.role)
    password = secrets.token_urlsafe(15)
    totp_secret = pyotp.random_base32() if needs_second_factor(role) else ""
    with writing(settings) as conn:
        party_id = _party(conn, role, vars(given))
        people.add_login(conn, given.name, password, role, party_id, totp_secret=totp_secret, language=given.language)
    print(f"password  {password}")
    if totp_secret:
        print(f"TOTP key  {totp_secret}")
    return 0


def _party(conn: Conn, role: Role, given: Mapping[str, str | None]) -> int:
    """The id of whom a login speaks for."""
    option = PARTY_ROLES.get(role)
    if option is None:
        return 0
    name = given[option.lstrip("-").replace("-", "_")]
    if name is None:
        raise BadInput(f"Say for whom the {role} speaks: {option}.")
    if option == "--customer":
        return _number(name)
    known = {
        "--rep": {one.name: one.id for one in parties.reps(conn)},
        "--utility": {one.name: one.id for one in directory.utilities(conn)},
        "--third-party": {one.name: one.id for one in grants.third_parties(conn)},
    }[option]
    if name not in known:
        raise NotFound(f"There is no {role} called {name!r}.")
    return known[name]


def _number(text: str) -> int:
    if not text.isdigit():
        raise BadInput(f"{text!r} is not the number of a customer.")
    return int(text)
