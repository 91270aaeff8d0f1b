"""Third parties register: their three companion clients, the registration's token, and what both forms of it show.

`REGISTRATION_x` and `x_admin` stand beside `x`, as ESPI servers have them (ESPI, 5.1). Secrets are kept as hashes, so
the XML form, which must have a client_secret, says so in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from espi.access import TokenKind
from espi.config import Settings
from espi.errors import Conflict, NotFound
from espi.oauth import client_metadata
from espi.oauth.client_metadata import BadMetadata, Metadata
from espi.oauth.policy import POLICIES, SECRET_METHODS
from espi.oauth.tokens import KIND_SCOPES
from espi.store import clients, grants, tokens
from espi.store.clients import Client
from espi.store.database import Conn
from espi.store.grants import ThirdParty

MAIN, REGISTRATION, ADMIN = "main", "registration", "admin"
COMPANIONS = {MAIN: "{}", REGISTRATION: "REGISTRATION_{}", ADMIN: "{}_admin"}
NOT_KEPT = "(shown once, at registration; not kept)"
ROLE = "third_party"


@dataclass(frozen=True)
class Registered:
    """What a third party is told once. secrets: by the kind of client; none for clients that have no secret."""

    third_party: ThirdParty
    client_id: str
    registration_access_token: str
    secrets: Mapping[str, str] = field(default_factory=dict)


def register(conn: Conn, given: object, settings: Settings, *, sandbox: bool = False) -> Registered:
    """Register a third party by its metadata (RFC 7591), read already or not yet.

    `BadMetadata` or `BadRedirect` say what is wrong. Reading looks up the names of hosts, so it is best done before the
    transaction begins.

    The application stays under review, and nothing that it asks for counts, until the operator lets it in. In a sandbox
    it is let in at once, to what is there for trying.
    """
    asked = given if isinstance(given, Metadata) else client_metadata.read(given, settings, sandbox=sandbox)
    now_s = settings.clock.now_s()
    status = grants.PRODUCTION if sandbox else grants.REVIEW
    if any(known.name.casefold() == asked.name.casefold() for known in grants.third_parties(conn)):
        raise BadMetadata("client_name is taken.")
    key = grants.add_third_party(conn, asked.name, status, asked.content, now_s=now_s)
    return make_clients(
        conn,
        grants.third_party(conn, key),
        now_s=now_s,
        policy=asked.policy,
        auth_method=asked.auth_method,
        keys=asked.keys,
        certificate=asked.certificate,
        sandbox=sandbox,
    )


def make_clients(
    conn: Conn,
    third_party: ThirdParty,
    *,
    now_s: int,
    policy: str = "classic",
    auth_method: str = "client_secret_basic",
    keys: Mapping[str, Any] | None = None,
    certificate: Mapping[str, Any] | None = None,
    sandbox: bool = False,
    client_id: str = "",
    secrets: Mapping[str, str] | None = None,
    registration_access_token: str = "",
) -> Registered:
    """Give a third party its clients. client_id, secrets (by kind) and registration_access_token: made elsewhere.

    Clients that prove themselves by a key or a certificate get no secret.
    """
    if auth_method not in POLICIES[policy].methods:
        raise BadMetadata(f"A client of policy {policy} does not prove itself by {auth_method}.")
    made: dict[str, Client] = {}
    told: dict[str, str] = {}
    for kind, pattern in COMPANIONS.items():
        made[kind] = clients.add_client(
            conn,
            role=ROLE,
            party_id=third_party.id,
            kind=kind,
            now_s=now_s,
            client_id=pattern.format(made[MAIN].client_id) if made else client_id,
            policy=policy,
            auth_method=auth_method,
            keys=keys,
            certificate=certificate,
            sandbox=sandbox,
        )
        if auth_method in SECRET_METHODS:
            told[kind] = clients.add_secret(conn, made[kind], now_s, secret=(secrets or {}).get(kind, ""))
    token = registration_token(conn, made[REGISTRATION], now_s, token=registration_access_token)
    return Registered(third_party, made[MAIN].client_id, token, told)


def registration_token(conn: Conn, client: Client, now_s: int, *, token: str = "") -> str:
    """A token that opens the client's registration (ESPI's R, RFC 7592) and does not end. It is shown this once."""
    key = grants.add_client_authorization(
        conn, client, TokenKind.registration.name, KIND_SCOPES[TokenKind.registration], now_s
    )
    return tokens.issue(
        conn,
        kind=tokens.ACCESS,
        authorization_id=key,
        client_id=client.id,
        family=tokens.new_family(),
        binding="",
        issued_s=now_s,
        expires_s=0,
        token=token,
    )


def main_client(conn: Conn, third_party_id: int) -> Client:
    """The client of a third party that customers meet. `NotFound` if it has none."""
    found = [client for client in clients.clients_of(conn, ROLE, third_party_id) if client.kind == MAIN]
    if not found:
        raise NotFound(detail=f"third party {third_party_id} has no client")
    return found[0]


def change(conn: Conn, third_party: ThirdParty, asked: Metadata, settings: Settings) -> dict[str, str]:
    """Replace a registration by another (RFC 7592, section 2.2); the secrets that had to be made anew, by kind.

    The name stays: customers have agreed to it.
    """
    if asked.name != third_party.name:
        raise Conflict("client_name cannot be changed here: customers know it. Ask the custodian.")
    now_s = settings.clock.now_s()
    grants.change_third_party(conn, third_party.id, content=asked.content, now_s=now_s)
    told = {}
    for client in clients.clients_of(conn, ROLE, third_party.id):
        had_secret, has_secret = (way in SECRET_METHODS for way in (client.auth_method, asked.auth_method))
        clients.change_client(
            conn,
            client,
            policy=asked.policy,
            auth_method=asked.auth_method,
            keys=dict(asked.keys),
            certificate=dict(asked.certificate),
        )
        if had_secret and not has_secret:
            clients.drop_secrets(conn, client)
        if has_secret and not had_secret:
            told[client.kind] = clients.add_secret(conn, client, now_s)
    return told


def application_information(
    third_party: ThirdParty,
    client: Client,
    settings: Settings,
    *,
    client_secret: str = NOT_KEPT,
    registration_access_token: str = NOT_KEPT,
) -> dict[str, Any]:
    """The registration as a row of ApplicationInformation (ESPI, 3.2). client: the third party's main one.

    The two secrets are given only by who has them at hand, as the token with which the row is read. ESPI knows
    client_secret_basic alone; the JSON form tells how a client really proves itself.
    """
    content = {name: value for name, value in third_party.content.items() if name in _SHOWN}
    home = content.get("client_uri") or settings.base_url
    return {
        "thirdPartyNotifyUri": home,
        "software_id": third_party.name,
        "software_version": "1",
        **content,
        **custodian_members(third_party, settings),
        "client_name": third_party.name,
        "client_id": client.client_id,
        "client_secret": client_secret,
        "client_id_issued_at": client.created_s,
        "client_secret_expires_at": 0,
        "token_endpoint_auth_method": "client_secret_basic",
        "redirect_uri": list(content.get("redirect_uri") or [home]),
        "scope": list(content.get("scope") or settings.scopes),
        "grant_types": list(client_metadata.GRANT_TYPES),
        "response_types": "code",
        "registration_client_uri": information_uri(third_party, settings),
        "registration_access_token": registration_access_token,
        "dataCustodianScopeSelectionScreenURI": scope_selection_uri(client, settings),
    }


def custodian_members(third_party: ThirdParty, settings: Settings) -> dict[str, Any]:
    """What the custodian supplies to a registration, in both of its forms."""
    return {
        "dataCustodianId": settings.custodian_id,
        "dataCustodianApplicationStatus": third_party.status,
        "authorizationServerUri": settings.base_url,
        "authorizationServerAuthorizationEndpoint": f"{settings.base_url}/oauth/authorize",
        "authorizationServerRegistrationEndpoint": f"{settings.base_url}/oauth/register",
        "authorizationServerTokenEndpoint": f"{settings.base_url}/oauth/token",
        "dataCustodianBulkRequestURI": f"{settings.resource_url}/Batch/Bulk",
        "dataCustodianResourceEndpoint": settings.resource_url,
    }


def information_uri(third_party: ThirdParty, settings: Settings) -> str:
    """Where a registration is in XML."""
    return f"{settings.resource_url}/ApplicationInformation/{third_party.path_id}"


def scope_selection_uri(client: Client, settings: Settings) -> str:
    """Where a customer begins who comes from the custodian's side."""
    return f"{settings.base_url}/third-parties/scope-selection?ThirdPartyID={client.client_id}"


_SHOWN = frozenset(
    {
        *client_metadata.LISTS,
        *client_metadata.PAGES,
        *client_metadata.SCREENS,
        *client_metadata.TEXTS,
        *client_metadata.NUMBERS,
        "thirdPartyNotifyUri",
    }
)
