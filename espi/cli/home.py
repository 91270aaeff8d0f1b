"""`espi init`: the home folder, its keys, the database schema and the first operator."""

from __future__ import annotations

import argparse
import contextlib
import secrets
from collections.abc import Iterator

import pyotp

from espi.access import Role
from espi.cli.words import Words
from espi.config import Settings
from espi.errors import Conflict
from espi.store import distribution, people
from espi.store.database import Database

FIRST_OPERATOR = "operator"


def add(words: Words) -> None:
    """Add `espi init`."""
    parser = words.command("init", init, "Make the home folder, the database schema and the first operator.")
    parser.add_argument("--quiet", action="store_true", help="say nothing if there was nothing to do")


def init(settings: Settings, given: argparse.Namespace) -> int:
    """Make what is missing, bring the schema up to date, change nothing else."""
    with open_home(settings) as database:
        made = first_operator(database)
        with database.read() as conn:
            found = distribution.distribution(conn)
    if made or not given.quiet:
        print(f"The home folder is {settings.home.absolute()}; its database is at this version's schema.")
        if found:
            print(found.summary)
    if made:
        password, totp_secret = made
        print("The first operator can log in now. This is shown once; keep it in a safe place:")
        print(f"  name      {FIRST_OPERATOR}\n  password  {password}\n  TOTP key  {totp_secret}")
    return 0


@contextlib.contextmanager
def open_home(settings: Settings, *, secret: str | None = None) -> Iterator[Database]:
    """The database of the home folder for a block, both made if need be; secret: as `Database.migrate` says."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.closing(Database(settings.database_url)) as database:
        database.migrate(secret=secret, shards=settings.shard_count)
        yield database


def first_operator(database: Database) -> tuple[str, str] | None:
    """Make an operator's login where there is none; its password and TOTP key, else None."""
    password, totp_secret = secrets.token_urlsafe(18), pyotp.random_base32()
    try:
        with database.write() as conn:
            people.add_login(conn, FIRST_OPERATOR, password, Role.operator, 0, totp_secret=totp_secret)
    except Conflict:
        return None
    return password, totp_secret
