"""A custodian with one customer, for tests of the OAuth endpoints: clients of all policies, codes, tokens, calls."""

from __future__ import annotations

import base64
import hashlib
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from espi import config
from espi.app import create_app
from espi.clock import Clock
from espi.config import Settings
from espi.oauth import registration
from espi.oauth.registration import Registered
from espi.store import clients, grants, tokens
from espi.store.database import Database
from tests import databases, factories, proofs
from tests.factories import NOW_S

REDIRECT = "https://acme.example/cb"
SCOPE = "FB=4_5;IntervalDuration=900"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def basic(client_id: str, secret: str) -> dict[str, str]:
    """The header of client_secret_basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def settings(home: Path) -> Settings:
    """As the fixture of this name, for worlds that several tests share."""
    return config.load(databases.environment(home), home=home, clock=Clock(fixed_s=NOW_S), log_level="ERROR")


@dataclass
class World:
    """The server over a database, and the customer's usage point."""

    settings: Settings
    database: Database
    customer: int = 0
    point: int = 0

    def __post_init__(self) -> None:
        self.settings = replace(self.settings, database_url=str(self.database.url))
        with self.database.write() as conn:
            self.point = factories.usage_point(conn, factories.utility(conn))
            self.customer = factories.tenant(conn, self.point, factories.TODAY - 400)
            factories.fill(conn, self.point, factories.TODAY - 3, factories.TODAY)

    @cached_property
    def app(self) -> Flask:
        """The whole server."""
        return create_app(self.settings, database=self.database)

    def later(self, seconds: int) -> World:
        """The same, some seconds later."""
        found = copy(self)
        found.__dict__.pop("app", None)
        found.settings = replace(self.settings, clock=Clock(fixed_s=self.settings.clock.now_s() + seconds))
        return found

    def client(self, method: str = "client_secret_basic", *, policy: str = "classic", **facts: Any) -> Registered:
        """A third party in production."""
        name = f"Acme {factories.count()}"
        with self.database.write() as conn:
            content = {"redirect_uri": [REDIRECT], "scope": [SCOPE]}
            key = grants.add_third_party(conn, name, grants.PRODUCTION, content, now_s=NOW_S)
            third_party = grants.third_party(conn, key)
            return registration.make_clients(conn, third_party, now_s=NOW_S, policy=policy, auth_method=method, **facts)

    def keyed(self, *, policy: str = "modern") -> Registered:
        """A third party that proves itself with a key."""
        return self.client("private_key_jwt", policy=policy, keys={"keys": [proofs.jwk(proofs.key())]})

    def proof_of(self, who: Registered) -> dict[str, str]:
        """The header by which a client with a secret proves itself."""
        return basic(who.client_id, who.secrets["main"])

    def grant(self, who: Registered) -> int:
        """What the customer has granted."""
        span = (self.point, factories.TODAY - 30, factories.TODAY + 30)
        times = {"starts_s": NOW_S, "ends_s": NOW_S + 30 * 86_400, "now_s": NOW_S}
        with self.database.write() as conn:
            row = clients.client_by_client_id(conn, who.client_id)
            assert row is not None
            return grants.add_authorization(
                conn, who.third_party.id, self.customer, [span], scope=SCOPE, client_id=row.id, **times
            )

    def code(self, who: Registered, *, grant: int = 0, **facts: Any) -> str:
        """A code that the customer has brought."""
        grant = grant or self.grant(who)
        values = {"redirect_uri": REDIRECT, "issued_s": NOW_S, "expires_s": NOW_S + 60, **facts}
        with self.database.write() as conn:
            row = clients.client_by_client_id(conn, who.client_id)
            assert row is not None
            return tokens.add_code(conn, client_id=row.id, authorization_id=grant, **values)

    def post(self, path: str, form: dict[str, Any], headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
        """A call of one of the OAuth endpoints."""
        return self.app.test_client().post(
            path, base_url=proofs.ISSUER, data=form, headers=headers or {}, buffered=True, **more
        )

    def exchange(
        self, who: Registered, code: str = "", *, headers: dict[str, str] | None = None, **more: Any
    ) -> TestResponse:
        """A code for tokens, by a client with a secret."""
        form = {"grant_type": "authorization_code", "code": code or self.code(who), "redirect_uri": REDIRECT}
        return self.post("/oauth/token", form | more, self.proof_of(who) | (headers or {}))

    def refresh(self, who: Registered, token: str, **more: Any) -> TestResponse:
        """A refresh, by a client with a secret."""
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self.post("/oauth/token", form | more, self.proof_of(who))

    def get(self, uri: str, headers: dict[str, str], certificate: bytes | None = None) -> TestResponse:
        """A call of the resource endpoint."""
        environ = {"espi.client_certificate": certificate} if certificate else {}
        path = uri.removeprefix(proofs.ISSUER)
        return self.app.test_client().get(
            path, base_url=proofs.ISSUER, headers=headers, environ_overrides=environ, buffered=True
        )
