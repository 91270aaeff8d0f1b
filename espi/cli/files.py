"""`espi files`: the file servers, the keys that open them, and the check of what came from them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Final

from espi import access, signing
from espi.access import Principal, Role
from espi.cli import certificate
from espi.cli.opened import opened, reading, writing
from espi.cli.words import Words
from espi.clock import instant_text
from espi.config import Settings
from espi.delivery import serve, serve_sftp, tree
from espi.delivery.publishing import READ_BYTES, SIGNATURE_END, SIGNED_AS
from espi.delivery.serve_ftps import Ftps, fingerprint_of, new_password
from espi.errors import BadInput, NotFound
from espi.jobs import Context
from espi.store import directory, grants, parties, party_files, party_keys
from espi.store.database import Conn

OPERATOR: Final = Principal(Role.operator, 0, "command line", "command line")
PARTIES: Final = {"rep": "--rep", "tdsp": "--utility", "third_party": "--third-party"}
FALSE: Final = 1


def add(words: Words) -> None:
    """Add `espi files`."""
    group = words.group(
        "files", "The SFTP and FTPS servers, where companies fetch their files and utilities send theirs."
    )
    parser = group.itself(run)
    parser.add_argument("--host", default="localhost", help="address to listen on; 0.0.0.0 is every one of the machine")
    parser.add_argument("--port", type=int, default=2022, help="port of SFTP (2022)")
    parser.add_argument("--ftps-port", type=int, default=0, help="port of FTPS (explicit TLS); 0: none (0)")
    parser.add_argument("--passive-ports", metavar="FROM-TO", help="ports of FTPS's data connections (any)")
    keys = group.group("key", "What companies prove themselves with to the file servers.")
    parser = keys.command("add", add_key, "Let a company in with an SSH key; prints what it logs in as.")
    parser.add_argument("file", type=Path, metavar="FILE", help="its public key, as ssh-keygen writes it (.pub)")
    _whose(parser, required=True)
    parser.add_argument("--label", default="", help="what the key is called here; the comment in the file if none")
    parser = keys.command("password", add_password, "Make a password for FTPS; prints it once.")
    _whose(parser, required=True)
    parser.add_argument("--label", default="FTPS", help="what it is called here (FTPS)")
    parser = keys.command("list", list_keys, "List keys: number, whom they let in, fingerprint, label, when last used.")
    _whose(parser, required=False)
    parser = keys.command("remove", remove_key, "Let a key open nothing any more; open sessions end within seconds.")
    parser.add_argument("number", type=int, help="its number, as `list` says")
    parser = group.command("log", pickups, "List what a company fetched, the last first.")
    _whose(parser, required=True)
    parser.add_argument("--limit", type=int, default=50, help="how many at most (50)")
    parser = group.command("verify", verify, "Check a file against the signature beside it. Exit: 1 it is not ours.")
    parser.add_argument("file", type=Path, metavar="FILE", help="a file that came from an outbox, under its own name")
    parser.add_argument("--signature", type=Path, metavar="FILE", help="the signature (FILE.jws)")
    parser.add_argument(
        "--keys", type=Path, metavar="FILE", help="/.well-known/consent-keys.json of the server it came from (our own)"
    )


def _whose(parser: argparse.ArgumentParser, *, required: bool) -> None:
    whose = parser.add_mutually_exclusive_group(required=required)
    for role, option in PARTIES.items():
        whose.add_argument(option, dest=role, metavar="NAME", help=f"the {role.replace('_', ' ')} of this name")


def run(settings: Settings, given: argparse.Namespace) -> int:
    """Serve until told to stop."""

    def say(at: serve.Listening) -> None:
        print(f"SFTP on {given.host}:{at.sftp_port}; the server's keys are")
        for fingerprint in at.host_keys:
            print(f"  {fingerprint}")
        print(f"FTPS on {given.host}:{at.ftps_port}" if at.ftps_port else "no FTPS", flush=True)

    ftps = None
    if given.ftps_port:
        files = certificate.ensure(settings, given.host)
        ftps = Ftps(given.ftps_port, files.server, files.server_key, _ports(given.passive_ports))
    with opened(settings) as database:
        serve.run(Context(settings, database), given.host, given.port, say, ftps)
    return 0


def add_key(settings: Settings, given: argparse.Namespace) -> int:
    """Add a public key for a company."""
    key = serve_sftp.read_public(given.file.read_bytes())
    with writing(settings) as conn:
        role, party_id = _party(conn, given)
        target = f"SSH key {key.fingerprint} of {role} {party_id}"
        access.require(conn, OPERATOR, "client:manage", settings=settings, target=target)
        label = given.label or key.label
        facts = {"kind": party_keys.SSH, "fingerprint": key.fingerprint, "public": key.text, "label": label}
        number = party_keys.add_key(conn, role, party_id, **facts, now_s=settings.clock.now_s())
    print(f"key   {number}\nuser  {tree.user_name(role, party_id)}")
    return 0


def add_password(settings: Settings, given: argparse.Namespace) -> int:
    """Make a password for FTPS."""
    password = new_password()
    with writing(settings) as conn:
        role, party_id = _party(conn, given)
        target = f"FTPS password of {role} {party_id}"
        access.require(conn, OPERATOR, "client:manage", settings=settings, target=target)
        facts = {"kind": party_keys.FTPS, "fingerprint": fingerprint_of(password), "public": "", "label": given.label}
        number = party_keys.add_key(conn, role, party_id, **facts, now_s=settings.clock.now_s())
    print(f"key       {number}\nuser      {tree.user_name(role, party_id)}\npassword  {password}")
    return 0


def list_keys(settings: Settings, given: argparse.Namespace) -> int:
    """One line a key."""
    with reading(settings) as conn:
        found = party_keys.keys(conn, *(_party(conn, given) if _named(given) else ()))
    for key in found:
        used = instant_text(key.used_s) if key.used_s else "never"
        print(f"{key.id}\t{tree.user_name(key.role, key.party_id)}\t{_shown(key)}\t{key.label}\t{used}")
    return 0


def remove_key(settings: Settings, given: argparse.Namespace) -> int:
    """Remove a key."""
    with writing(settings) as conn:
        target = f"file key {given.number}"
        access.require(conn, OPERATOR, "client:manage", settings=settings, target=target)
        gone = party_keys.remove_key(conn, given.number)
    print(f"{tree.user_name(gone.role, gone.party_id)} comes in with {_shown(gone)} no longer.")
    return 0


def pickups(settings: Settings, given: argparse.Namespace) -> int:
    """One line a fetch."""
    with reading(settings) as conn:
        found = party_files.pickups(conn, *_party(conn, given), given.limit)
    for one in found:
        how = "whole" if one.to_end else "in part"
        print(f"{instant_text(one.ended_s)}\t{one.name}\t{one.sent_bytes}\t{how}\t{one.protocol}\t{one.address}")
    return 0


def verify(settings: Settings, given: argparse.Namespace) -> int:
    """Check a file's signature, and that it was made for a file of this name."""
    beside = given.signature or given.file.with_name(given.file.name + SIGNATURE_END)
    if given.keys:
        known = json.loads(given.keys.read_text("utf-8"))["keys"]
    else:
        with reading(settings) as conn:
            known = signing.public_keys(conn, settings)
    with given.file.open("rb") as file:
        chunks = iter(lambda: file.read(READ_BYTES), b"")
        try:
            said = signing.checked(beside.read_text("ascii"), SIGNED_AS, chunks, known)
        except BadInput as err:
            print(f"{given.file.name}: {err.public}")
            return FALSE
    if said.get("name") != given.file.name:
        print(f"{given.file.name}: the signature is good, but of a file that is called {said.get('name')}")
        return FALSE
    print(f"{given.file.name}: signed with key {said['kid']}, unchanged")
    return 0


def _shown(key: party_keys.PartyKey) -> str:
    return key.fingerprint if key.kind == party_keys.SSH else "a password"


def _ports(text: str | None) -> range | None:
    if not text:
        return None
    first, _, last = text.partition("-")
    if not (first.isdigit() and last.isdigit() and 0 < int(first) <= int(last) < 65536):
        raise BadInput(f"{text!r} is no range of ports such as 50000-50100.")
    return range(int(first), int(last) + 1)


def _named(given: argparse.Namespace) -> bool:
    return any(getattr(given, role) for role in PARTIES)


def _party(conn: Conn, given: argparse.Namespace) -> tuple[str, int]:
    role = next(role for role in PARTIES if getattr(given, role))
    name = getattr(given, role)
    known = {
        "rep": lambda: {one.name: one.id for one in parties.reps(conn)},
        "tdsp": lambda: {one.name: one.id for one in directory.utilities(conn)},
        "third_party": lambda: {one.name: one.id for one in grants.third_parties(conn)},
    }[role]()
    if name not in known:
        raise NotFound(f"There is no {role.replace('_', ' ')} called {name!r}.")
    return role, known[name]
