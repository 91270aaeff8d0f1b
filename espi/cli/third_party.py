"""`espi third-party`: applications, their clients, secrets and tokens."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from espi import access
from espi.access import Role, TokenKind
from espi.cli import notifying
from espi.cli.notifying import OPERATOR
from espi.cli.opened import reading, writing
from espi.cli.words import Words
from espi.clock import DAY_S, instant_text
from espi.config import Settings
from espi.errors import BadInput, NotFound
from espi.oauth import client_metadata, registration
from espi.oauth.party_clients import ADMIN, PartyClient, rep_client, utility_client
from espi.oauth.tokens import client_authorization, members
from espi.store import clients, directory, grants, parties, tokens
from espi.store.clients import Client
from espi.store.database import Conn
from espi.store.grants import ThirdParty

STATES = {
    "review": grants.REVIEW,
    "production": grants.PRODUCTION,
    "hold": grants.ON_HOLD,
    "withdrawn": grants.WITHDRAWN,
}
CLIENT_KINDS = {
    TokenKind.client: ADMIN,
    TokenKind.registration: registration.REGISTRATION,
    TokenKind.upload: "upload",
    TokenKind.custodian: "custodian",
}


def add(words: Words) -> None:
    """Add the group."""
    group = words.group("third-party", "Registered applications.")
    group.command("list", list_third_parties, "List the applications and their states.")
    parser = group.command("add", add_third_party, "Register an application and print its clients, secrets shown once.")
    parser.add_argument("name", help="what customers know it by")
    parser.add_argument(
        "--redirect", action="append", required=True, metavar="URI", help="where customers come back to"
    )
    parser.add_argument("--notify", metavar="URI", help="where notifications are posted")
    parser.add_argument("--webhook", metavar="URI", help="where signed JSON webhooks are posted")
    parser.add_argument("--scope", action="append", metavar="SCOPE", help="an ESPI scope that it may ask for (all)")
    parser.add_argument("--method", default="client_secret_basic", help="how it proves itself (client_secret_basic)")
    parser.add_argument("--policy", help="classic, modern or fapi2; classic where it has a secret")
    parser.add_argument("--state", choices=STATES, default="production", help="its state (production)")
    parser = group.command("state", set_state, "Move an application to another state.")
    parser.add_argument("name", help="its name")
    parser.add_argument("state", choices=STATES, help="the new state; only in production its grants count")
    parser = group.command("secret", new_secret, "Give a client a new secret and print it once.")
    parser.add_argument("client_id", help="the client's id")
    parser.add_argument("--keep", type=int, default=0, metavar="HOURS", help="how long the old one still counts (0)")
    parser = group.command("token", new_token, "Issue a client's own token (ESPI's C, R, U or D) and print it once.")
    kinds = [kind.name for kind in CLIENT_KINDS]
    parser.add_argument("kind", choices=kinds, help="client (C), registration (R), upload (U) or custodian (D)")
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("--third-party", metavar="NAME", help="for an application: client or registration")
    whom.add_argument("--rep", metavar="NAME", help="for a REP: client")
    whom.add_argument("--utility", metavar="NAME", help="for a utility: upload or custodian")
    parser.add_argument("--days", type=int, default=30, help="for how many days it counts (30)")
    parser = group.command("expire-token", expire_token, "Let the access tokens of an authorization expire now.")
    parser.add_argument("uri", metavar="AUTHORIZATION_URI", help="the address of the authorization, or its number")
    notifying.add(group)


def list_third_parties(settings: Settings, given: argparse.Namespace) -> int:
    """One line an application: path id, DataCustodianApplicationStatus, name."""
    del given
    with reading(settings) as conn:
        for one in grants.third_parties(conn):
            print(f"{one.path_id}\t{one.status}\t{one.name}")
    return 0


def add_third_party(settings: Settings, given: argparse.Namespace) -> int:
    """Register an application as RFC 7591 has it; the operator lets it in at once unless told otherwise."""
    asked = client_metadata.read(_metadata(given), settings, sandbox=False)
    with writing(settings) as conn:
        access.require(conn, OPERATOR, "client:manage", settings=settings, target=f"third party {given.name}")
        made = registration.register(conn, asked, settings)
        grants.set_third_party_status(conn, made.third_party.id, STATES[given.state])
        own = clients.clients_of(conn, registration.ROLE, made.third_party.id)
    print(f"application information  {registration.information_uri(made.third_party, settings)}")
    for client in own:
        print(f"{client.kind} client  {client.client_id}")
        if client.kind in made.secrets:
            print(f"{client.kind} secret  {made.secrets[client.kind]}")
    print(f"registration access token  {made.registration_access_token}")
    return 0


def set_state(settings: Settings, given: argparse.Namespace) -> int:
    """Move an application to another state, and tell it so."""
    with writing(settings) as conn:
        access.require(conn, OPERATOR, "client:manage", settings=settings, target=f"third party {given.name}")
        third_party = _third_party(conn, given.name)
        now_s = settings.clock.now_s()
        grants.change_third_party(conn, third_party.id, status=STATES[given.state], now_s=now_s)
        notifying.registration_changed(conn, third_party, now_s)
    return 0


def new_secret(settings: Settings, given: argparse.Namespace) -> int:
    """Give a client a new secret; the old one counts on for the hours given, else it ends at once."""
    now_s = settings.clock.now_s()
    with writing(settings) as conn:
        access.require(conn, OPERATOR, "client:manage", settings=settings, target=f"client {given.client_id}")
        client = clients.client_by_client_id(conn, given.client_id)
        if client is None:
            raise NotFound(f"There is no client {given.client_id!r}.")
        if not clients.secret_times(conn, client, now_s) and client.auth_method.startswith(("private", "tls", "self")):
            raise BadInput(f"The client {given.client_id} proves itself by {client.auth_method}, not by a secret.")
        print(f"secret  {clients.rotate_secret(conn, client, now_s, overlap_s=given.keep * 3600)}")
    return 0


def new_token(settings: Settings, given: argparse.Namespace) -> int:
    """Issue a token that a client would else get by client credentials, for setting up and for tests."""
    kind = TokenKind[given.kind]
    now_s = settings.clock.now_s()
    with writing(settings) as conn:
        access.require(conn, OPERATOR, "client:manage", settings=settings, target=f"token {kind.name}")
        client, secret = _client(conn, kind, given, settings)
        authorization = client_authorization(conn, client, kind, settings)
        expires_s = now_s + given.days * DAY_S
        text = tokens.issue(
            conn,
            kind=tokens.ACCESS,
            authorization_id=authorization.id,
            client_id=client.id,
            family=tokens.new_family(),
            binding="",
            issued_s=now_s,
            expires_s=expires_s,
        )
        grants.set_token_end(conn, authorization.id, expires_s)
        told = members(conn, client, authorization, settings)
    if secret:
        print(f"client  {client.client_id}")
        print(f"secret  {secret}")
    print(f"token  {text}")
    print(f"expires  {instant_text(expires_s)}")
    for name, value in told.items():
        print(f"{name}  {value}")
    return 0


def expire_token(settings: Settings, given: argparse.Namespace) -> int:
    """Let the access tokens of an authorization be too old from now on; a refresh gives new ones."""
    number = given.uri.rstrip("/").rpartition("/")[2]
    if not number.isdigit():
        raise BadInput(f"{given.uri!r} is not the address of an authorization.")
    with writing(settings) as conn:
        access.require(conn, OPERATOR, "client:manage", settings=settings, target=f"authorization {number}")
        authorization = grants.authorization_by_path_id(conn, int(number))
        count = tokens.expire_authorization_tokens(conn, authorization.id, settings.clock.now_s())
    print(f"expired={count}")
    return 0


def _metadata(given: argparse.Namespace) -> dict[str, object]:
    said = {
        "client_name": given.name,
        "redirect_uris": given.redirect,
        "scope": " ".join(given.scope or ()),
        "token_endpoint_auth_method": given.method,
        "thirdPartyNotifyUri": given.notify,
        "webhook_uri": given.webhook,
        "security_profile": given.policy,
    }
    return {name: value for name, value in said.items() if value}


def _client(conn: Conn, kind: TokenKind, given: argparse.Namespace, settings: Settings) -> tuple[Client, str]:
    """The client of whom a token is for; a REP's or utility's is made when it is first needed, with a secret."""
    if given.third_party:
        third_party = _third_party(conn, given.third_party)
        return _of_kind(conn, Role.third_party, third_party.id, kind), ""
    if given.rep:
        _check(kind, {TokenKind.client}, "a REP")
        rep_id = _id_of(given.rep, {one.name: one.id for one in parties.reps(conn)})
        return _found_or_made(conn, Role.rep, rep_id, kind, lambda: rep_client(conn, rep_id, settings))
    _check(kind, {TokenKind.upload, TokenKind.custodian}, "a utility")
    utility_id = _id_of(given.utility, {one.name: one.id for one in directory.utilities(conn)})
    return _found_or_made(conn, Role.tdsp, utility_id, kind, lambda: utility_client(conn, utility_id, kind, settings))


def _found_or_made(
    conn: Conn, role: Role, party_id: int, kind: TokenKind, make: Callable[[], PartyClient]
) -> tuple[Client, str]:
    try:
        return _of_kind(conn, role, party_id, kind), ""
    except NotFound:
        made = make()
        return made.client, made.secret


def _check(kind: TokenKind, fitting: set[TokenKind], whose: str) -> None:
    if kind not in fitting:
        raise BadInput(f"There is no {kind.value} for {whose}.")


def _of_kind(conn: Conn, role: Role, party_id: int, kind: TokenKind) -> Client:
    own = [one for one in clients.clients_of(conn, role.value, party_id) if one.kind == CLIENT_KINDS[kind]]
    if not own:
        raise NotFound(f"There is no client there that gets a {kind.value}.")
    return own[0]


def _third_party(conn: Conn, name: str) -> ThirdParty:
    found = grants.third_party_by_name(conn, name)
    if found is None:
        raise NotFound(f"There is no third party called {name!r}; `espi third-party list` names them.")
    return found


def _id_of(name: str, known: dict[str, int]) -> int:
    if name not in known:
        raise NotFound(f"There is nobody called {name!r}.")
    return known[name]
