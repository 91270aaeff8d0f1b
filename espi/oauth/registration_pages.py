"""`/oauth/register` (RFC 7591), `/oauth/register/CLIENT_ID` (RFC 7592) and `/oauth/par` (RFC 9126)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from espi import access, sharing
from espi.access import TokenKind
from espi.config import Settings
from espi.errors import BadInput, Denied, EspiError
from espi.oauth import client_metadata, pushed, registration, tokens
from espi.oauth.answers import answer, refusal
from espi.oauth.client_authentication import authenticate
from espi.oauth.client_metadata import BadMetadata
from espi.oauth.parameters import parameters_of
from espi.oauth.policy import CERTIFICATE_METHODS, POLICIES, SECRET_METHODS
from espi.oauth.registration import Registered
from espi.store import audit, clients, grants, quotas
from espi.store.clients import Client
from espi.store.database import Conn
from espi.store.grants import ThirdParty
from espi.web.call import call_of
from espi.web.site import site

HOUR_S = 3600
REGISTRATIONS_AN_HOUR = 20

registration_pages = Blueprint("registration", __name__, url_prefix="/oauth")
registration_pages.register_error_handler(EspiError, refusal)


class TooMany(EspiError):
    """More registrations from one address than anybody needs."""

    status = 429
    code = "temporarily_unavailable"
    public = "Too many registrations came from this address within the hour. Try again in the next."


@registration_pages.post("/register")
def register() -> Response:
    """Open registration: anybody may ask, the operator lets in (or, in a sandbox, the sandbox does)."""
    here = site()
    _count()
    asked = client_metadata.read(_json(), here.settings, sandbox=here.settings.sandbox)
    with here.database.write() as conn:
        made = registration.register(conn, asked, here.settings, sandbox=here.settings.sandbox)
        audit.record(
            conn,
            at_s=here.now_s(),
            actor="anybody",
            action="client:register",
            target=made.client_id,
            rule="open registration",
            allowed=True,
        )
        client = registration.main_client(conn, made.third_party.id)
        return answer(_information(made.third_party, client, here.settings, made), 201)


@registration_pages.get("/register/<client_id>")
def read(client_id: str) -> Response:
    """What is registered; the secrets are not in it."""
    here = site()
    with here.database.read() as conn:
        third_party, client, token = _own(conn, client_id, "registration:read", here.settings)
        told = Registered(third_party, client.client_id, token)
        return answer(_information(third_party, client, here.settings, told))


@registration_pages.put("/register/<client_id>")
def change(client_id: str) -> Response:
    """Replace the registration by what is sent."""
    here = site()
    given = _json()
    with here.database.read() as conn:
        _third_party, client, _token = _own(conn, client_id, "registration:change", here.settings)
        _check_identity(conn, client, given, here.now_s())
    asked = client_metadata.read(given, here.settings, sandbox=client.sandbox)
    with here.database.write() as conn:
        third_party, client, token = _own(conn, client_id, "registration:change", here.settings)
        told = registration.change(conn, third_party, asked, here.settings)
        third_party = grants.third_party(conn, third_party.id)
        client = clients.client(conn, client.id)
        return answer(_information(third_party, client, here.settings, Registered(third_party, client_id, token, told)))


@registration_pages.delete("/register/<client_id>")
def withdraw(client_id: str) -> Response:
    """The third party leaves: its grants and tokens end, its clients are shut out."""
    here = site()
    with here.database.write() as conn:
        third_party, _client, _token = _own(conn, client_id, "registration:change", here.settings)
        actor = tokens.bearer(conn, call_of(request, here.settings), here.settings).principal
        sharing.withdraw_third_party(conn, third_party, settings=here.settings, actor=actor)
        for own in clients.clients_of(conn, registration.ROLE, third_party.id):
            clients.set_disabled(conn, own, True)
    return Response(status=204)


@registration_pages.post("/par")
def push() -> Response:
    """Take an authorization request from the client itself."""
    here = site()
    call = call_of(request, here.settings)
    with here.database.write() as conn:
        parameters = parameters_of(request, here.settings)
        client = authenticate(conn, call, parameters, here.settings)
        uri = pushed.push(conn, call, client, parameters, here.settings)
    return answer({"request_uri": uri, "expires_in": pushed.PUSHED_S}, 201)


def _count() -> None:
    here = site()
    hour_s = here.now_s() // HOUR_S * HOUR_S
    with here.database.write() as conn:
        count = quotas.add_use(conn, f"register/{request.remote_addr}", hour_s)
    if count > REGISTRATIONS_AN_HOUR:
        raise TooMany


def _json() -> Any:
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        raise BadMetadata("Send the client's metadata as a JSON object (RFC 7591).")
    return given


def _own(conn: Conn, client_id: str, action: str, settings: Settings) -> tuple[ThirdParty, Client, str]:
    """The registration that the token opens, if it is this one; and the token."""
    bearer = tokens.bearer(conn, call_of(request, settings), settings)
    access.require(conn, bearer.principal, action, settings=settings, target=f"register/{client_id}")
    if bearer.kind is not TokenKind.registration:
        raise Denied(detail="not a registration token")
    client = registration.main_client(conn, bearer.principal.id)
    if client.client_id != client_id:
        raise Denied(detail="the registration of another")
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    return grants.third_party(conn, bearer.principal.id), client, token


def _check_identity(conn: Conn, client: Client, given: dict[str, Any], now_s: int) -> None:
    """RFC 7592, section 2.2: the client says which it is, and no secret of its own choice."""
    if given.get("client_id") != client.client_id:
        raise BadMetadata("client_id is missing or another's.")
    secret = given.get("client_secret")
    if secret is not None and not (isinstance(secret, str) and clients.secret_matches(conn, client, secret, now_s)):
        raise BadInput("client_secret is not the one that this client has.")


def _information(third_party: ThirdParty, client: Client, settings: Settings, told: Registered) -> dict[str, Any]:
    """The client information of RFC 7591, section 3.2.1, with ESPI's members beside."""
    content = third_party.content
    plain = {name: content[name] for name in _PLAIN if name in content}
    return {
        **_identity(client, settings, told),
        **plain,
        "client_name": third_party.name,
        "redirect_uris": list(client_metadata.redirect_uris(content)),
        "grant_types": list(client_metadata.GRANT_TYPES),
        "response_types": ["code"],
        "scope": " ".join(content.get("scope") or settings.scopes),
        **_proof(client),
        **registration.custodian_members(third_party, settings),
        "applicationInformationURI": registration.information_uri(third_party, settings),
        "dataCustodianScopeSelectionScreenURI": registration.scope_selection_uri(client, settings),
    }


def _identity(client: Client, settings: Settings, told: Registered) -> dict[str, Any]:
    companions = {
        f"{kind}_client_id": pattern.format(client.client_id)
        for kind, pattern in registration.COMPANIONS.items()
        if kind != registration.MAIN
    }
    secrets = {
        "client_secret" if kind == registration.MAIN else f"{kind}_client_secret": secret
        for kind, secret in told.secrets.items()
    }
    ends = {"client_secret_expires_at": 0} if client.auth_method in SECRET_METHODS else {}
    return {
        "client_id": client.client_id,
        "client_id_issued_at": client.created_s,
        **ends,
        **companions,
        **secrets,
        "registration_client_uri": f"{settings.base_url}/oauth/register/{client.client_id}",
        "registration_access_token": told.registration_access_token,
    }


def _proof(client: Client) -> dict[str, Any]:
    """How the client proves itself and what it is held to."""
    policy = POLICIES[client.policy]
    certified = client.auth_method in CERTIFICATE_METHODS
    return {
        "token_endpoint_auth_method": client.auth_method,
        "security_profile": client.policy,
        "require_pushed_authorization_requests": policy.pushed,
        "dpop_bound_access_tokens": policy.bound and not certified,
        "tls_client_certificate_bound_access_tokens": certified,
        **({"jwks": dict(client.keys)} if client.keys else {}),
        **{name: client.certificate[name] for name in client_metadata.CERTIFICATE_NAMES if name in client.certificate},
    }


_PLAIN = (
    *client_metadata.PAGES,
    *client_metadata.SCREENS,
    *client_metadata.POSTED_TO,
    *client_metadata.NUMBERS,
    *client_metadata.TEXTS,
    "contacts",
)
