"""Pushed authorization requests (RFC 9126): a client sends its request first, itself, and the browser a reference.

The reference is the client's own, counts for `PUSHED_S` and once. The authorization endpoint takes the parameters with
`resolve` when the browser comes, keeps them while the customer logs in and decides, and uses the reference up with
`use` when it answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from espi import scope
from espi.config import Settings
from espi.errors import BadInput
from espi.oauth import binding, client_metadata, dpop
from espi.oauth.policy import POLICIES
from espi.store import grants, pushed
from espi.store.clients import Client
from espi.store.database import Conn
from espi.web.call import Call

PUSHED_S = 90
"""How long a pushed request counts: long enough to send the browser on, and no longer."""

KEPT = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


class BadRequestUri(BadInput):
    """A request_uri that stands for nothing (any more)."""

    code = "invalid_request_uri"
    public = "This request_uri is not yours, was used or is too old: push the request again."


def push(conn: Conn, call: Call, client: Client, parameters: Mapping[str, str], settings: Settings) -> str:
    """Check and keep an authorization request of a client that has proved itself; the request_uri for it.

    Raises `BadInput`, or `BadScope`, where the authorization endpoint would refuse.
    """
    kept = {name: parameters[name] for name in KEPT if parameters.get(name)} | {"client_id": client.client_id}
    if "request_uri" in parameters:
        raise BadInput("A pushed request holds no request_uri.")
    if parameters.get("client_id", client.client_id) != client.client_id:
        raise BadInput("client_id names another client than the one that pushes.")
    check(conn, client, kept, settings)
    if call.dpop:
        print_ = dpop.check(conn, call, settings)
        if kept.setdefault("dpop_jkt", print_) != print_:
            raise BadInput("dpop_jkt is not the key of the DPoP proof.")
    now_s = settings.clock.now_s()
    return pushed.add_pushed(conn, client.id, kept, expires_s=now_s + PUSHED_S, now_s=now_s)


def check(conn: Conn, client: Client, parameters: Mapping[str, str], settings: Settings) -> None:
    """Raise `BadInput` unless these are parameters with which the client may ask for a code (RFC 6749, 4.1.1)."""
    if client.kind != "main":
        raise BadInput("This client gets no codes: customers meet the main client.", detail=client.kind)
    content = grants.third_party(conn, client.party_id).content
    if parameters.get("response_type") != "code":
        raise BadInput("response_type is code.")
    if parameters.get("redirect_uri") not in client_metadata.redirect_uris(content):
        raise BadInput("redirect_uri is missing or not registered.")
    if "scope" in parameters:
        scope.within(scope.parse(parameters["scope"]), client_metadata.offered_scopes(content, settings))
    check_challenge(client, parameters)
    if "dpop_jkt" in parameters and not _THUMBPRINT.fullmatch(parameters["dpop_jkt"]):
        raise BadInput("dpop_jkt is no thumbprint of a key (RFC 7638).")


def check_challenge(client: Client, parameters: Mapping[str, str]) -> None:
    """PKCE (RFC 7636): S256 and nothing else; required where the client's policy says so."""
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None and method is None:
        if POLICIES[client.policy].pkce:
            raise BadInput("code_challenge is missing: this client uses PKCE (RFC 7636).")
        return
    if method != "S256":
        raise BadInput("code_challenge_method is S256.")
    if challenge is None or not _CHALLENGE.fullmatch(challenge):
        raise BadInput("code_challenge is 43 characters of base64url.")


def resolve(conn: Conn, client: Client, request_uri: str, settings: Settings) -> dict[str, str]:
    """The parameters that stand behind a request_uri of the client, while it counts. `BadRequestUri` if it does not."""
    found = pushed.pushed(conn, request_uri, client.id, settings.clock.now_s())
    if found is None:
        raise BadRequestUri
    return dict(found)


def use(conn: Conn, client: Client, request_uri: str, settings: Settings) -> None:
    """Use a request_uri up. `BadRequestUri` if somebody was faster."""
    if not pushed.use_pushed(conn, request_uri, client.id, settings.clock.now_s()):
        raise BadRequestUri


def code_binding(parameters: Mapping[str, str]) -> str:
    """What a code of this request is bound to (`espi.oauth.binding`): the key it names, if any."""
    print_ = parameters.get("dpop_jkt", "")
    return binding.KEY + print_ if print_ else ""
