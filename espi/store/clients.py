"""OAuth clients and their secrets: of third parties, REPs and utilities. Secrets are kept as SHA-256 only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from espi.errors import BadInput, Conflict, NotFound
from espi.store.database import Conn, inserted_id
from espi.store.tables import client as client_table
from espi.store.tables import client_secret

LIVE_SECRETS = 2
"""How many secrets of a client may count at once, so that one can follow the other without a gap."""

LEAST_SECRET = 22
"""The shortest secret taken from outside, in characters: 128 bits. A plain hash is safe for such values only."""

_CHANGEABLE = frozenset({"policy", "auth_method", "keys", "certificate", "sandbox", "disabled"})


@dataclass(frozen=True)
class Client:
    """An OAuth client. role and party_id: whom it speaks for (`espi.access.Principal`).

    kind: main, registration, admin, upload or custodian. policy: classic, modern or fapi2. auth_method: the only way
    by which it proves itself, in the words of RFC 7591 and 8705. keys: its JWK set. certificate: what its certificate
    must show, in the words of RFC 8705, section 2.1.2. sandbox: it is a developer's, for trying.
    """

    id: int
    client_id: str
    role: str
    party_id: int
    kind: str
    policy: str
    auth_method: str
    keys: Mapping[str, Any]
    certificate: Mapping[str, Any]
    sandbox: bool
    disabled: bool
    created_s: int


_COLUMNS = [client_table.c[name] for name in Client.__dataclass_fields__]


def add_client(
    conn: Conn,
    *,
    role: str,
    party_id: int,
    kind: str,
    now_s: int,
    client_id: str = "",
    policy: str = "classic",
    auth_method: str = "client_secret_basic",
    keys: Mapping[str, Any] | None = None,
    certificate: Mapping[str, Any] | None = None,
    sandbox: bool = False,
) -> Client:
    """Add a client of a party; without a client_id it gets a random one. `Conflict` if the client_id is taken."""
    name = client_id or secrets.token_hex(12)
    if client_by_client_id(conn, name):
        raise Conflict(f"There is a client {name!r} already.")
    values = {
        "client_id": name,
        "role": role,
        "party_id": party_id,
        "kind": kind,
        "policy": policy,
        "auth_method": auth_method,
        "keys": dict(keys or {}),
        "certificate": dict(certificate or {}),
        "sandbox": sandbox,
        "created_s": now_s,
    }
    return client(conn, inserted_id(conn, insert(client_table).values(values)))


def client(conn: Conn, key: int) -> Client:
    """The client of a row. `NotFound` if there is none."""
    row = conn.execute(select(*_COLUMNS).where(client_table.c.id == key)).mappings().first()
    if row is None:
        raise NotFound(detail=f"no client {key}")
    return Client(**row)


def client_by_client_id(conn: Conn, client_id: str) -> Client | None:
    """The client that calls itself so; a disabled one too."""
    row = conn.execute(select(*_COLUMNS).where(client_table.c.client_id == client_id)).mappings().first()
    return Client(**row) if row else None


def clients_of(conn: Conn, role: str, party_id: int) -> list[Client]:
    """All clients of a party, in order of their making."""
    own = select(*_COLUMNS).filter_by(role=role, party_id=party_id)
    rows = conn.execute(own.order_by(client_table.c.id)).mappings()
    return [Client(**row) for row in rows]


def certificates(conn: Conn) -> list[str]:
    """The certificates (PEM) that clients have registered themselves, for the port that asks for one."""
    rows = conn.scalars(select(client_table.c.certificate).where(client_table.c.disabled.is_(False)))
    return sorted({row["pem"] for row in rows if row.get("pem")})


def change_client(conn: Conn, changed: Client, **changes: Any) -> None:
    """Change what a client proves itself with: policy, auth_method, keys, certificate, sandbox or disabled."""
    if unknown := set(changes) - _CHANGEABLE:
        raise ValueError(f"a client's {', '.join(sorted(unknown))} never changes")
    conn.execute(update(client_table).where(client_table.c.id == changed.id).values(**changes))


def set_disabled(conn: Conn, changed: Client, disabled: bool) -> None:  # noqa: FBT001 -- the name asks the question
    """Shut a client out, or let it in again. Its tokens are not touched."""
    change_client(conn, changed, disabled=disabled)


def add_secret(conn: Conn, owner: Client, now_s: int, *, expires_s: int = 0, secret: str = "") -> str:
    """Give a client a further secret and return it; it is shown this once. expires_s: when it ends, 0 for never.

    `Conflict` where two count already. secret: one made elsewhere, at random.
    """
    text = secret or secrets.token_urlsafe(32)
    if len(text) < LEAST_SECRET:
        raise BadInput(f"A client secret is random and has {LEAST_SECRET} characters at least.")
    conn.execute(select(client_table.c.id).where(client_table.c.id == owner.id).with_for_update())
    own = client_secret.c.client_id == owner.id
    conn.execute(delete(client_secret).where(own, client_secret.c.expires_s.between(1, now_s)))
    hashes = _live(conn, owner, now_s)
    if _hash(text) in hashes:
        return text
    if len(hashes) >= LIVE_SECRETS:
        raise Conflict(f"This client has {LIVE_SECRETS} secrets; end the older one first.")
    conn.execute(
        insert(client_secret).values(client_id=owner.id, secret_hash=_hash(text), created_s=now_s, expires_s=expires_s)
    )
    return text


def secret_matches(conn: Conn, owner: Client, secret: str, now_s: int) -> bool:
    """Whether a secret is one of the client's live ones; compared in a time that tells nothing."""
    given = _hash(secret)
    return any(hmac.compare_digest(given, known) for known in _live(conn, owner, now_s))


@dataclass(frozen=True)
class SecretTimes:
    """When a secret was made and when it ends (0: never); of the secret itself nothing is known."""

    created_s: int
    expires_s: int


def secret_times(conn: Conn, owner: Client, now_s: int) -> list[SecretTimes]:
    """The live secrets of a client, the oldest first."""
    found = client_secret.c
    query = select(found.created_s, found.expires_s).where(found.client_id == owner.id, _lives(now_s))
    return [SecretTimes(*row) for row in conn.execute(query.order_by(found.created_s, found.secret_hash))]


def rotate_secret(conn: Conn, owner: Client, now_s: int, *, overlap_s: int = 0, lasts_s: int = 0) -> str:
    """Give a client a new secret in place of the one that it has, which counts for overlap_s seconds more.

    lasts_s: for how long the new one counts, 0 for ever. Without an overlap, as when a secret got out, the older ones
    end at once.
    """
    found = client_secret.c
    conn.execute(select(client_table.c.id).where(client_table.c.id == owner.id).with_for_update())
    lasting = select(found.secret_hash).where(found.client_id == owner.id, _lives(now_s))
    keep = conn.scalars(lasting.order_by((found.expires_s == 0).desc(), found.expires_s.desc())).first()
    others = delete(client_secret).where(found.client_id == owner.id)
    if keep is None or overlap_s <= 0:
        conn.execute(others)
    else:
        conn.execute(others.where(found.secret_hash != keep))
        ends = update(client_secret).where(
            found.client_id == owner.id, or_(found.expires_s == 0, found.expires_s > now_s + overlap_s)
        )
        conn.execute(ends.values(expires_s=now_s + overlap_s))
    return add_secret(conn, owner, now_s, expires_s=now_s + lasts_s if lasts_s else 0)


def drop_secrets(conn: Conn, owner: Client) -> None:
    """Forget all secrets of a client, as when it proves itself by a key from now on."""
    conn.execute(delete(client_secret).where(client_secret.c.client_id == owner.id))


def _lives(now_s: int) -> Any:
    return or_(client_secret.c.expires_s == 0, client_secret.c.expires_s > now_s)


def _live(conn: Conn, owner: Client, now_s: int) -> list[str]:
    query = select(client_secret.c.secret_hash).where(client_secret.c.client_id == owner.id, _lives(now_s))
    return list(conn.scalars(query))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
