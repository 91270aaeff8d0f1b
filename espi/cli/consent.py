"""`espi consent`: receipts are checked, consents move between platforms, and one on paper is entered."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from espi import sharing
from espi import signing as keys
from espi.access import Principal, Role
from espi.cli.directory import utility_named
from espi.cli.opened import reading, writing
from espi.cli.words import Words
from espi.clock import DAY_S
from espi.config import Settings
from espi.errors import BadInput, NotFound
from espi.sharing import codes, moving, receipts
from espi.sharing.invitations import offered
from espi.store import directory, grants
from espi.store.database import Conn

PROOF = "command line"


def add(words: Words) -> None:
    """Add the group."""
    group = words.group("consent", "What customers agreed to: receipts, moves between platforms, consents on paper.")
    parser = group.command("verify", verify, "Check a consent receipt that a customer has kept.")
    parser.add_argument("file", type=Path, help="the receipt, as it was downloaded")
    parser.add_argument("--keys", type=Path, help="public keys (JWK set) of another custodian, instead of ours")
    parser = group.command("export", export, "Write all consents, signed, for another platform to take in.")
    parser.add_argument("file", type=Path, help="the file to write")
    parser = group.command("import", take_in, "Take in the consents that another platform has written.")
    parser.add_argument("file", type=Path, help="the file to read")
    parser.add_argument(
        "--keys", type=Path, required=True, help="the other platform's /.well-known/consent-keys.json, as a file"
    )
    parser = group.command(
        "offline", offline, "Enter a consent given on paper; the authorization and its token are printed once."
    )
    parser.add_argument("--third-party", required=True, metavar="NAME", help="who gets access")
    parser.add_argument("--utility", required=True, metavar="NAME", help="whose meter it is")
    parser.add_argument("--customer", type=int, required=True, metavar="NUMBER", help="who has signed")
    parser.add_argument("--scope", default="", help="what was agreed to (what the third party has registered)")
    parser.add_argument("--months", type=int, default=12, help="for how long (12)")
    parser.add_argument("--language", choices=("en", "es"), default="en", help="of the paper (en)")
    parser.add_argument("esiid", nargs="+", help="the ESIIDs it is about")


def verify(settings: Settings, given: argparse.Namespace) -> int:
    """Say what a receipt says, or that it is not ours."""
    if given.keys:
        public = _keys(given.keys)
    else:
        with reading(settings) as conn:
            public = keys.public_keys(conn, settings)
    record = receipts.verify(given.file.read_text("utf-8"), public)
    print(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False))
    return 0


def export(settings: Settings, given: argparse.Namespace) -> int:
    """Write the export."""
    with writing(settings) as conn, given.file.open("xb") as out:
        given.file.chmod(0o600)
        rows = moving.export(conn, _operator(), out, settings)
    print(f"{rows} rows written to {given.file}")
    return 0


def take_in(settings: Settings, given: argparse.Namespace) -> int:
    """Take an export in, and say what became of its rows."""
    with writing(settings) as conn, given.file.open("rb") as file:
        counts = moving.take_in(conn, _operator(), file, _keys(given.keys), settings)
    print(f"{counts['added']} rows added, {counts['there']} were there already")
    if counts["unknown"]:
        print(f"{counts['unknown']} left out: their premises, or who lived there, are unknown here")
    return 0


def offline(settings: Settings, given: argparse.Namespace) -> int:
    """Enter a consent on paper (FB_40)."""
    now_s = settings.clock.now_s()
    with writing(settings) as conn:
        third_party = grants.third_party_by_name(conn, given.third_party)
        if third_party is None:
            raise NotFound(f"There is no third party {given.third_party!r}; `espi third-party list` names them.")
        terms = sharing.Terms(
            scope=offered(third_party, given.scope, settings),
            usage_point_ids=tuple(_points(conn, given.utility, given.esiid)),
            ends_s=sharing.end_after(now_s, given.months, _zone(conn, given.utility)),
            language=given.language,
            words=(f"As on the paper that was signed; {given.language}",),
        )
        customer = Principal(Role.customer, given.customer, "paper")
        made, token, ends_s = codes.grant_offline(conn, customer, third_party, terms, settings=settings)
    print("This is shown once; give it to the third party by a safe way:")
    print(f"  authorizationURI  {settings.resource_url}/Authorization/{made.path_id}")
    print(f"  resourceURI       {settings.resource_url}/Batch/Subscription/{made.subscription_path_id}")
    print(f"  access_token      {token}")
    print(f"  expires_in        {ends_s - now_s}  ({(ends_s - now_s) // DAY_S} days)")
    return 0


def _operator() -> Principal:
    return Principal(Role.operator, 0, PROOF, "command-line")


def _keys(path: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads(path.read_text("utf-8"))["keys"]
    except (ValueError, KeyError, TypeError) as err:
        raise BadInput(f"{path.name} is no JWK set: it has no member keys.") from err
    return list(found)


def _points(conn: Conn, utility_name: str, esiids: list[str]) -> list[int]:
    found = directory.usage_point_ids(conn, utility_named(conn, utility_name).id, esiids)
    if missing := [esiid for esiid in esiids if esiid not in found]:
        raise NotFound(f"{utility_name} has no usage point {', '.join(missing)}.")
    return list(found.values())


def _zone(conn: Conn, utility_name: str) -> str:
    return utility_named(conn, utility_name).zone
