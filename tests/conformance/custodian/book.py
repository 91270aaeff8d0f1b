"""What the played custodian remembers while it runs: authorizations, tokens, codes, who is logged in."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field, replace

from tests.conformance.custodian import facts
from tests.conformance.custodian.atom import Entry, element


@dataclass
class Manners:
    """How the custodian behaves where memory or time is in play; the good manners are the defaults."""

    code_lives_s: float = 300
    code_works_once: bool = True
    code_is_marked_after_s: float = 0
    """How long a code counts still once it is being exchanged."""
    code_reuse_ends_tokens: bool = True
    code_is_for_one_client: bool = True
    code_needs_verifier: bool = True
    code_knows_its_verifier: bool = True
    code_refuses_needless_verifier: bool = True
    token_lives_s: int = 3600
    refresh_ends_old_token: bool = True
    refresh_replaces_itself: bool = True
    refresh_reuse_ends_tokens: bool = True
    refresh_is_for_one_client: bool = True
    revocation_ends_access: bool = True
    revocation_ends_refresh: bool = True
    revocation_is_for_one_client: bool = True
    withdrawal_ends_tokens: bool = True
    proofs_count_once: bool = True
    proofs_are_for_one_request: bool = True
    tries_again: int = 8
    """How often a notification that nobody took is sent again."""
    prepares_batches: bool = False
    """Answer 202 to a batch and send a notification when it is ready."""


@dataclass(frozen=True)
class Grant:
    """An authorization. kind: the letter of its tokens. resource: a path below the resource endpoint."""

    name: str
    kind: str
    scope: str
    resource: str
    status: int = 1
    expires_s: int = 0
    client: str = facts.CLIENT
    customer_resource: str = ""
    is_offline: bool = False

    @property
    def path(self) -> str:
        return f"/Authorization/{self.name}"


@dataclass
class Access:
    """An access token that was handed out."""

    grant: str
    expires_s: float
    key: str = ""
    """The thumbprint of the key it is bound to; empty if to none."""
    certificate: str = ""
    """The fingerprint of the certificate it is bound to."""
    is_alive: bool = True


@dataclass
class Code:
    """An authorization code that was handed out."""

    grant: str
    client: str
    redirect_uri: str
    challenge: str
    made_s: float
    is_used: bool = False


@dataclass
class Book:
    """All of it. `applications` are whole documents by id, as they were last put."""

    manners: Manners = field(default_factory=Manners)
    grants: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, Access] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)
    ready: set[str] = field(default_factory=set)
    replaced: dict[str, str] = field(default_factory=dict)
    """Refresh tokens that were exchanged for others, with their authorizations."""
    pushed: dict[str, dict[str, str]] = field(default_factory=dict)
    clients: dict[str, str] = field(default_factory=dict)
    """Secrets of clients that registered by themselves."""
    proofs: set[str] = field(default_factory=set)
    """Names of the proofs of possession that were used."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """For what must be done in one step."""
    made: set[str] = field(default_factory=set)
    """Paths of resources that were put in."""
    offline_token: str = ""
    started_s: int = field(default_factory=lambda: int(time.time()))

    def add(self, kind: str, scope: str, resource: str, *, name: str = "", **more: str | bool) -> Grant:
        """An authorization in a form of its own, or under the name it already has."""
        made = Grant(name or f"a{secrets.token_hex(8)}", kind, scope, resource, **more)  # type: ignore[arg-type]
        self.grants[made.name] = made
        return made

    def issue(self, grant: Grant, key: str = "", certificate: str = "") -> str:
        """A further access token of an authorization, bound to a key or a certificate by its fingerprint."""
        token = secrets.token_urlsafe(24)
        expires_s = time.time() + self.manners.token_lives_s
        self.tokens[token] = Access(grant.name, expires_s, key, certificate)
        self.grants[grant.name] = replace(self.grants[grant.name], expires_s=int(expires_s))
        return token

    def grant_of(self, token: str) -> Grant | None:
        """The authorization that a token stands for, while it does."""
        found = self.tokens.get(token)
        if found is None or not found.is_alive or found.expires_s <= time.time():
            return None
        grant = self.grants[found.grant]
        return grant if grant.status == 1 or not self.manners.withdrawal_ends_tokens else None

    def end_tokens(self, grant: str) -> None:
        """All access tokens of an authorization are over."""
        for each in self.tokens.values():
            each.is_alive = each.is_alive and each.grant != grant

    def expire_tokens(self, grant: str) -> None:
        """What an operator does on request: the access tokens of an authorization run out now."""
        for each in self.tokens.values():
            if each.grant == grant:
                each.expires_s = time.time() - 1

    def withdraw(self, name: str) -> None:
        """The authorization is over, its tokens with it."""
        self.grants[name] = replace(self.grants[name], status=0)
        if self.manners.withdrawal_ends_tokens:
            self.end_refresh(name)

    def is_withdrawn(self, text: str) -> bool:
        """Whether a text names an authorization that is over."""
        return any(each.path in text for each in self.grants.values() if each.status == 0)

    def end_refresh(self, name: str) -> None:
        """The refresh tokens of an authorization are over."""
        self.refresh = {token: grant for token, grant in self.refresh.items() if grant != name}

    def restore(self, name: str, status: int) -> None:
        self.grants[name] = replace(self.grants[name], status=status)


def authorization_entry(root: str, grant: Grant, started_s: int) -> Entry:
    """The entry of an authorization. root: the resource endpoint."""
    is_customers = grant.kind == "A"
    parts = [
        element("authorizedPeriod", element("duration", 365 * facts.DAY_S), element("start", started_s)),
        element(
            "publishedPeriod",
            element("duration", 395 * facts.DAY_S),
            element("start", facts.FIRST_DAY_S - 90 * facts.DAY_S),
        ),
        element("status", grant.status),
        element("expires_at", grant.expires_s or started_s + facts.HOUR_S),
        element("grant_type", "authorization_code" if is_customers else "client_credentials"),
        element("scope", grant.scope),
        element("token_type", "Bearer"),
        element("resourceURI", root + grant.resource),
        element("authorizationURI", root + grant.path),
    ]
    if grant.customer_resource:
        parts.append(element("customerResourceURI", root + grant.customer_resource))
    return Entry(
        grant.path, "Authorization", element("Authorization", *parts), published_s=started_s, updated_s=started_s
    )
