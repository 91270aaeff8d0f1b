"""Clients of utilities and REPs, and tokens of everybody, for `demo.json`: the same every time, and long-lived.

A token that was used up since (refreshed, revoked, replaced) gets another in its place, so that what the file says
works again after every `espi demo`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from espi import sharing as consent
from espi.access import TokenKind
from espi.clock import DAY_S
from espi.config import Settings
from espi.demo import sharing
from espi.demo.roster import CAPROCK, COMPANIES, RETAILERS, Company
from espi.demo.sharing import ACTIVE, APPLICATIONS, ENDED_DAYS_AGO, ON_PAPER, SOLAR_HOME, Application
from espi.errors import NotFound
from espi.oauth import registration
from espi.oauth.party_clients import rep_client, utility_client
from espi.oauth.tokens import client_authorization, members
from espi.store import clients, directory, grants, parties, tokens
from espi.store.clients import Client
from espi.store.database import Conn
from espi.store.grants import Authorization
from espi.store.tokens import ACCESS, REFRESH

Facts = dict[str, Any]


class Mint:
    """Makes the tokens that are wanting."""

    def __init__(self, conn: Conn, settings: Settings) -> None:
        self.conn, self.settings = conn, settings
        self.now_s = settings.clock.now_s()

    def token(self, name: str, client: Client, authorization: Authorization, expires_s: int | None = None) -> str:
        """An access token that counts until its authorization ends, or (expires_s) one that is too old already."""
        return self._made((name,), (ACCESS,), client, authorization, expires_s)[0]

    def _made(
        self,
        names: tuple[str, ...],
        kinds: tuple[str, ...],
        client: Client,
        authorization: Authorization,
        expires_s: int | None = None,
    ) -> list[str]:
        """Tokens of one family: those that are there, if all of them count, else the next ones."""
        number = 1
        while any(known := [tokens.token(self.conn, text) for text in _texts(names, number)]):
            if all(one and (expires_s is not None or one.counts(self.now_s)) for one in known):
                return _texts(names, number)
            number += 1
        family = tokens.new_family()
        for text, kind in zip(_texts(names, number), kinds, strict=True):
            tokens.issue(
                self.conn,
                kind=kind,
                authorization_id=authorization.id,
                client_id=client.id,
                family=family,
                binding="",
                issued_s=min(self.now_s, expires_s or self.now_s),
                expires_s=authorization.ends_s if expires_s is None else expires_s,
                token=text,
            )
        if expires_s is None:
            grants.set_token_end(self.conn, authorization.id, authorization.ends_s)
        return _texts(names, number)

    def own(self, client: Client, kind: TokenKind) -> Facts:
        """A client's own token of a kind, and what it opens."""
        authorization = client_authorization(self.conn, client, kind, self.settings)
        text = self.token(f"{client.client_id}/{kind.name}", client, authorization)
        return {"token": text, **members(self.conn, client, authorization, self.settings)}

    def of_grant(self, client: Client, authorization: Authorization) -> Facts:
        """The tokens of a customer's grant as a token response has them."""
        name = f"{client.client_id}/{authorization.customer_id}"
        access, refresh = self._made((name, f"{name}/refresh"), (ACCESS, REFRESH), client, authorization)
        return {
            "access_token": access,
            "refresh_token": refresh,
            "scope": authorization.scope,
            **members(self.conn, client, authorization, self.settings),
        }


def _texts(names: tuple[str, ...], number: int) -> list[str]:
    return [sharing.token_text(f"{name}/{number}") for name in names]


def third_parties(conn: Conn, settings: Settings) -> list[Facts]:
    """What `demo.json` says of each application: its clients, and tokens where its state lets it have any."""
    mint = Mint(conn, settings)
    return [_third_party(mint, application) for application in APPLICATIONS]


def _third_party(mint: Mint, application: Application) -> Facts:
    conn = mint.conn
    third_party = grants.third_party_by_name(conn, application.name)
    if third_party is None:
        raise NotFound(detail=application.name)
    own = {one.kind: one for one in clients.clients_of(conn, registration.ROLE, third_party.id)}
    facts: Facts = {
        "name": application.name,
        "status": application.state,
        "client_id": application.client_id,
        "client_secret": application.secret(registration.MAIN),
        "redirect_uri": third_party.content["redirect_uri"][0],
        "notify_uri": third_party.content[sharing.NOTIFY],
        "scope": application.scopes,
        "application_information_id": str(third_party.path_id),
        "bulk_id": application.bulk,
        "registration_client_id": own[registration.REGISTRATION].client_id,
        "registration_client_secret": application.secret(registration.REGISTRATION),
        "admin_client_id": own[registration.ADMIN].client_id,
        "admin_client_secret": application.secret(registration.ADMIN),
        "tokens": {},
    }
    facts["tokens"] = _tokens(mint, third_party, own)
    return facts


def _tokens(mint: Mint, third_party: grants.ThirdParty, own: Mapping[str, Client]) -> Facts:
    registered = mint.own(own[registration.REGISTRATION], TokenKind.registration)
    found: Facts = {"registration_access_token": registered["token"]}
    if third_party.status != grants.PRODUCTION:
        return found
    found["client_access_token"] = mint.own(own[registration.ADMIN], TokenKind.client)["token"]
    given = [one for one in grants.authorizations_of(mint.conn, third_party.id) if one.kind == grants.CUSTOMER]
    live = [mint.of_grant(own[registration.MAIN], one) for one in given if one.status == grants.ACTIVE]
    return found | (live[0] if live else {}) | {"grants": live}


def revoke_old(conn: Conn, settings: Settings) -> None:
    """End what the application in the state "revoked" was given, as its customers did."""
    then = sharing.earlier(settings, ENDED_DAYS_AGO)
    for application in APPLICATIONS:
        third_party = grants.third_party_by_name(conn, application.name)
        if application.state == "revoked" and third_party is not None:
            for one in grants.authorizations_of(conn, third_party.id):
                if one.kind == grants.CUSTOMER:
                    consent.end(conn, one, "customer", settings=then, actor="demonstration")


def parties_clients(conn: Conn, settings: Settings) -> dict[str, Facts]:
    """The clients of the REPs and utilities with their tokens, by the party's DUNS number."""
    mint, found = Mint(conn, settings), {}
    reps = {one.name: one.id for one in parties.reps(conn)}
    for retailer in RETAILERS:
        name = _first_word(retailer.name)
        client = clients.client_by_client_id(conn, name)
        if client is None:
            client = rep_client(conn, reps[retailer.name], settings, client_id=name, secret=_secret(name)).client
        own = mint.own(client, TokenKind.client)
        found[retailer.duns] = {
            "client_id": name,
            "client_secret": _secret(name),
            "client_access_token": own["token"],
            "resourceURI": own["resourceURI"],
        }
    return found | {company.duns: _utility(mint, company) for company in COMPANIES}


def _utility(mint: Mint, company: Company) -> Facts:
    utility = directory.utility_by_duns(mint.conn, company.duns)
    if utility is None:
        raise NotFound(detail=company.name)
    facts: Facts = {}
    for kind, label in ((TokenKind.custodian, "data_custodian"), (TokenKind.upload, "upload")):
        name = f"{_first_word(company.name)}-{kind.name}"
        client = clients.client_by_client_id(mint.conn, name)
        if client is None:
            made = utility_client(mint.conn, utility.id, kind, mint.settings, client_id=name, secret=_secret(name))
            client = made.client
        facts |= {
            f"{label}_client_id": name,
            f"{label}_client_secret": _secret(name),
            f"{label}_access_token": mint.own(client, kind)["token"],
        }
    return facts


def _first_word(name: str) -> str:
    return name.split(maxsplit=1)[0].lower()


def _secret(client_id: str) -> str:
    return f"{client_id}-client-demonstration-secret"


def first_tokens(conn: Conn, settings: Settings, told: Sequence[Facts], companies: Mapping[str, Facts]) -> Facts:
    """The tokens that a tester begins with: those of the active application and of the first utility."""
    mint = Mint(conn, settings)
    active = next(one for one in told if one["name"] == ACTIVE.name)["tokens"]
    client = clients.client_by_client_id(conn, ACTIVE.client_id)
    third_party = grants.third_party_by_name(conn, ACTIVE.name)
    if client is None or third_party is None:
        raise NotFound(detail=ACTIVE.name)
    given = [one for one in grants.authorizations_of(conn, third_party.id) if one.kind == grants.CUSTOMER]
    expired, offline = given[ACTIVE.number(SOLAR_HOME)], given[ACTIVE.number(ON_PAPER)]
    return {
        "client_access_token": active["client_access_token"],
        "registration_access_token": active["registration_access_token"],
        "data_custodian_access_token": companies[CAPROCK.duns]["data_custodian_access_token"],
        "upload_access_token": companies[CAPROCK.duns]["upload_access_token"],
        **{name: active.get(name) for name in FIRST},
        "expired_access_token": mint.token("expired", client, expired, expires_s=mint.now_s - DAY_S),
        "expired_resourceURI": members(conn, client, expired, settings)["resourceURI"],
        "offline_access_token": mint.token("offline", client, offline),
        "offline_authorization_id": str(offline.path_id),
    }


FIRST = ("access_token", "refresh_token", "resourceURI", "authorizationURI", "customerResourceURI")
"""What of the first grant's tokens a tester begins with."""
