"""Clients of parties that are no third parties: REPs, which read the days that they serve, and utilities.

No customer is asked for these: what they may see, the gate alone says (a REP, by its being REP of record, PUCT 25.130).
"""

from __future__ import annotations

from dataclasses import dataclass

from espi.access import Role, TokenKind
from espi.config import Settings
from espi.oauth.tokens import client_authorization
from espi.store import clients
from espi.store.clients import Client
from espi.store.database import Conn
from espi.store.grants import Authorization

ADMIN = "admin"
"""The kind of client that gets client tokens."""

KINDS = {TokenKind.client: ADMIN, TokenKind.upload: "upload", TokenKind.custodian: "custodian"}


@dataclass(frozen=True)
class PartyClient:
    """A client that was made, with its secret, which is told this once, and what it may do by itself."""

    client: Client
    secret: str
    authorization: Authorization


def rep_client(conn: Conn, rep_id: int, settings: Settings, *, client_id: str = "", secret: str = "") -> PartyClient:
    """A client of a REP: its client token opens the feeds of the usage points that it serves."""
    return _made(conn, Role.rep, rep_id, TokenKind.client, settings, client_id, secret)


def utility_client(
    conn: Conn, utility_id: int, kind: TokenKind, settings: Settings, *, client_id: str = "", secret: str = ""
) -> PartyClient:
    """A client of a utility: for uploading (ESPI's U), or for managing what is the utility's (D)."""
    return _made(conn, Role.tdsp, utility_id, kind, settings, client_id, secret)


def _made(
    conn: Conn, role: Role, party_id: int, kind: TokenKind, settings: Settings, client_id: str, secret: str
) -> PartyClient:
    now_s = settings.clock.now_s()
    client = clients.add_client(
        conn, role=role.value, party_id=party_id, kind=KINDS[kind], now_s=now_s, client_id=client_id
    )
    told = clients.add_secret(conn, client, now_s, secret=secret)
    return PartyClient(client, told, client_authorization(conn, client, kind, settings))
