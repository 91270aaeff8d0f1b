"""What an access token stands for, and what is answered with one (ESPI's members of a token response)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from espi import scope
from espi.access import Principal, Role, TokenKind
from espi.config import Settings
from espi.errors import Denied, EspiError
from espi.oauth import binding
from espi.oauth.dpop import InvalidProof
from espi.oauth.signed import ALGORITHMS
from espi.scope import BadScope, Scope
from espi.store import grants, identity, tokens
from espi.store.clients import Client
from espi.store.database import Conn
from espi.store.grants import Authorization, ThirdParty
from espi.web.call import Call

REALM = "espi"
SCHEMES = frozenset({"bearer", "dpop"})
KIND_SCOPES = {
    TokenKind.client: "FB=34_35",
    TokenKind.registration: "FB=36_40",
    TokenKind.upload: "FB=33",
    TokenKind.custodian: "FB=33",
}
"""What a client's own token says that it is for, where the client did not say."""

BULK_OF_PERSONS = "BULK_RC"
"""How the id of a bulk feed begins that holds the customers themselves."""

_SHUT_OUT = frozenset({grants.ON_HOLD, grants.WITHDRAWN})
_NOTHING = Scope("")


class Unauthorized(EspiError):
    """The token does not count: it is unknown, too old, revoked, or somebody else's (RFC 6750, section 3.1)."""

    status = 401
    code = "invalid_token"
    public = "The access token is unknown, has expired or was revoked. Get a new one."

    def __init__(self, public: str | None = None, *, detail: str = "", scheme: str = "Bearer") -> None:
        super().__init__(public, detail=detail)
        self.scheme = scheme

    @property
    def www_authenticate(self) -> str:
        """The header that says which tokens there are (RFC 6750, section 3; RFC 9449, section 7.1)."""
        algorithms = f', algs="{" ".join(ALGORITHMS)}"' if self.scheme == "DPoP" else ""
        return f'{self.scheme} realm="{REALM}", error="{self.code}"{algorithms}'


class NoToken(Unauthorized):
    """There is no access token in the request's header, which is the only place for it."""

    public = "Show an access token: Authorization: Bearer TOKEN."

    @property
    def www_authenticate(self) -> str:
        """As RFC 6750 (section 3.1) has it, without an error code."""
        return f'Bearer realm="{REALM}"'


class WrongProof(Unauthorized):
    """The DPoP proof of a call to the resource endpoint does not fit."""

    code = InvalidProof.code
    public = InvalidProof.public


@dataclass(frozen=True)
class Bearer:
    """Who sends a token and what it opens.

    authorization: without its usage points: which those are, and on which days, the gate says. scope: what was granted.
    """

    principal: Principal
    kind: TokenKind
    client: Client
    authorization: Authorization
    scope: Scope


def bearer(conn: Conn, call: Call, settings: Settings) -> Bearer:
    """Who calls, by the token of the call's header. `NoToken` without one, `Unauthorized` where it does not count.

    `Denied` where the custodian has stopped the application. One look at the database, for every call needs it; only a
    DPoP proof costs a second one.
    """
    scheme, _, text = call.authorization.strip().partition(" ")
    text = text.strip()
    if not text or scheme.lower() not in SCHEMES:
        raise NoToken(detail="no token")
    found = tokens.opened(conn, text)
    shown = "DPoP" if scheme.lower() == "dpop" else "Bearer"
    if found is None:
        raise Unauthorized(detail="unknown token", scheme=shown)
    now_s = settings.clock.now_s()
    if why := _fault(found, now_s):
        raise Unauthorized(detail=why, scheme=shown)
    _check_holder(conn, call, found.token.binding, text, settings)
    if found.third_party_status in _SHUT_OUT:
        raise Denied("This application may not call at present.", detail="application on hold or withdrawn")
    return _bearer(found)


def _fault(found: tokens.Opened, now_s: int) -> str:
    """Why a token does not count; empty if it does."""
    authorization = found.authorization
    if not found.token.counts(now_s):
        return "token expired or revoked"
    if found.client.disabled:
        return "client disabled"
    if authorization.status != grants.ACTIVE:
        return "authorization ended"
    if not authorization.starts_s <= now_s < authorization.ends_s:
        return "authorization outside of its period"
    return ""


def _check_holder(conn: Conn, call: Call, bound_to: str, text: str, settings: Settings) -> None:
    try:
        held = binding.is_held(conn, call, bound_to, text, settings)
    except InvalidProof as err:
        raise WrongProof(detail=err.detail, scheme="DPoP") from err
    if not held:
        raise Unauthorized(
            "This token is bound to a key or a certificate: show that one.",
            detail="token shown by who does not hold its key",
            scheme=binding.token_type(bound_to),
        )


def _bearer(found: tokens.Opened) -> Bearer:
    client, authorization = found.client, found.authorization
    kind = TokenKind[authorization.kind]
    grant = authorization.id if kind is TokenKind.customer else 0
    points = tuple(authorization.usage_point_ids) if grant else ()
    principal = Principal(Role(client.role), client.party_id, kind.value, client.client_id, grant, points)
    return Bearer(principal, kind, client, authorization, scope_of(authorization))


def scope_of(authorization: Authorization) -> Scope:
    """The scope that was granted; an empty one where the text cannot be read, as that opens nothing."""
    try:
        return scope.parse(authorization.scope)
    except BadScope:
        return _NOTHING


def principal_of(client: Client, kind: TokenKind) -> Principal:
    """For whom a client acts with a token of a kind, for the gate and the audit."""
    return Principal(Role(client.role), client.party_id, kind.value, client.client_id)


def client_authorization(conn: Conn, client: Client, kind: TokenKind, settings: Settings) -> Authorization:
    """The record of what a client may do by itself with a kind of token; it is made when it is first needed.

    One that its holder has ended lives again; one that somebody else ended does not, and is `Denied`.
    """
    now_s = settings.clock.now_s()
    key = grants.add_client_authorization(conn, client, kind.name, KIND_SCOPES[kind], now_s)
    found = grants.authorization(conn, key)
    if found.status == grants.ACTIVE:
        return found
    if found.ended_by not in {"", "third_party"}:
        raise Denied("This client may not get such a token any more.", detail=f"ended by {found.ended_by}")
    grants.set_authorization_status(conn, key, grants.ACTIVE, now_s=now_s, ended_by="")
    return grants.authorization(conn, key)


def bulk_id_of(third_party: ThirdParty) -> str:
    """The id of a third party's bulk feed: that of its registered scope (`BR=`), else its own number."""
    for text in listed(third_party, "scope"):
        try:
            if bulk := scope.parse(text).bulk_id:
                return bulk
        except BadScope:
            continue
    return str(third_party.path_id)


def listed(third_party: ThirdParty, name: str) -> list[str]:
    """The values of an element of an ApplicationInformation that may come several times."""
    found = third_party.content.get(name) or []
    return [found] if isinstance(found, str) else [str(value) for value in found]


def resource_uri(conn: Conn, client: Client, authorization: Authorization, settings: Settings) -> str:
    """What a token opens, as ESPI's `resourceURI`; absolute, as callers see it."""
    root = settings.resource_url
    kind = TokenKind[authorization.kind]
    if kind is TokenKind.customer:
        return f"{root}/Batch/Subscription/{authorization.subscription_path_id}"
    if kind is TokenKind.upload:
        return f"{root}/Batch/RetailCustomer/**/UsagePoint"
    if kind is TokenKind.custodian:
        return f"{root}/"
    if authorization.third_party_id == grants.NOBODY:
        return f"{root}/Batch/Bulk/{identity.path_id_for(conn, f'{client.role}/{client.party_id}')}"
    third_party = grants.third_party(conn, authorization.third_party_id)
    if kind is TokenKind.registration:
        return f"{root}/ApplicationInformation/{third_party.path_id}"
    return f"{root}/Batch/Bulk/{bulk_id_of(third_party)}"


def members(conn: Conn, client: Client, authorization: Authorization, settings: Settings) -> dict[str, str]:
    """The addresses that ESPI adds to a token response."""
    root = settings.resource_url
    found = {
        "resourceURI": resource_uri(conn, client, authorization, settings),
        "authorizationURI": f"{root}/Authorization/{authorization.path_id}",
    }
    if authorization.personal_path_id is not None:
        found["customerResourceURI"] = f"{root}/Batch/RetailCustomer/{authorization.personal_path_id}"
    elif authorization.kind == TokenKind.client.name and authorization.third_party_id != grants.NOBODY:
        third_party = grants.third_party(conn, authorization.third_party_id)
        if settings.personal_data and _asks_for_persons(third_party):
            found["customerResourceURI"] = f"{root}/Batch/Bulk/{BULK_OF_PERSONS}_{bulk_id_of(third_party)}"
    return found


def _asks_for_persons(third_party: ThirdParty) -> bool:
    try:
        return any(scope.parse(text).personal for text in listed(third_party, "scope"))
    except BadScope:
        return False


@dataclass(frozen=True)
class Order:
    """Which tokens are to be made. bound_to: what the access token is bound to. scope: as the answer has it.

    refresh_token: the one that goes on to count, which the answer repeats; "" for a new one, None for none at all.
    """

    client: Client
    authorization: Authorization
    family: str
    bound_to: str
    scope: str
    refresh_token: str | None = None


def token_response(conn: Conn, order: Order, settings: Settings) -> dict[str, Any]:
    """Make tokens and answer them (RFC 6749, section 5.1, with ESPI's members).

    An access token ends with its authorization at the latest; a refresh token ends with it.
    """
    now_s, authorization = settings.clock.now_s(), order.authorization
    expires_s = min(now_s + settings.access_token_s, authorization.ends_s)
    values: dict[str, Any] = {
        "authorization_id": authorization.id,
        "client_id": order.client.id,
        "family": order.family,
        "binding": order.bound_to,
        "issued_s": now_s,
    }
    access = tokens.issue(conn, kind=tokens.ACCESS, expires_s=expires_s, **values)
    grants.set_token_end(conn, authorization.id, max(expires_s, authorization.token_ends_s))
    answer: dict[str, Any] = {
        "access_token": access,
        "token_type": binding.token_type(order.bound_to),
        "expires_in": expires_s - now_s,
        "scope": order.scope,
        **members(conn, order.client, authorization, settings),
    }
    if order.refresh_token is None:
        return {**answer, "client_access_token": access}
    answer["refresh_token"] = order.refresh_token or tokens.issue(
        conn, kind=tokens.REFRESH, expires_s=authorization.ends_s, **values
    )
    return answer
