"""What a client says of itself when it registers (RFC 7591, with ESPI's members beside), checked.

The names are those of RFC 7591; `content` has them as ApplicationInformation does (ESPI, 5.1): one URI or scope an
element. Addresses of keys (`jwks_uri`) are not taken: the keys themselves are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from espi import scope
from espi.config import Settings
from espi.delivery.address import check_uri
from espi.errors import BadInput
from espi.oauth import certificate, client_keys
from espi.oauth.policy import METHODS, POLICIES, SECRET_METHODS

GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")
LISTS = {"redirect_uri": "redirect_uris", "contacts": "contacts", "grant_types": "grant_types", "scope": "scope"}
"""Elements that repeat, by ESPI's name: RFC 7591's."""

PAGES = ("client_uri", "logo_uri", "tos_uri", "policy_uri")
SCREENS = ("thirdPartyScopeSelectionScreenURI", "thirdPartyUserPortalScreenURI")
POSTED_TO = ("thirdPartyNotifyUri", "webhook_uri")
TEXTS = {
    "client_name": 256,
    "software_id": 256,
    "software_version": 32,
    "thirdPartyApplicationDescription": 256,
    "thirdPartyPhone": 32,
}
NUMBERS = ("thirdPartyApplicationStatus", "thirdPartyApplicationType", "thirdPartyApplicationUse")
CERTIFICATE_NAMES = certificate.NAMES
FLAGS = {
    "require_pushed_authorization_requests": "pushed",
    "dpop_bound_access_tokens": "bound",
    "tls_client_certificate_bound_access_tokens": "bound",
}
"""What a client may demand of itself; the policy that holds it to all of them is fapi2."""

MOST_URIS = 20
LONGEST_URI = 2048
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class BadMetadata(BadInput):
    """A registration that is refused (RFC 7591, section 3.2.2)."""

    code = "invalid_client_metadata"


class BadRedirect(BadMetadata):
    """A redirect URI that is refused."""

    code = "invalid_redirect_uri"


@dataclass(frozen=True)
class Metadata:
    """A checked registration. content: what ApplicationInformation keeps of it. The rest is the clients' own."""

    name: str
    content: Mapping[str, Any]
    policy: str
    auth_method: str
    keys: Mapping[str, Any]
    certificate: Mapping[str, Any]


def read(given: object, settings: Settings, *, sandbox: bool) -> Metadata:
    """The registration that a JSON object asks for. sandbox: of a developer, who may be sent back to his own machine.

    Raises `BadMetadata` or `BadRedirect`, which say what is wrong. Members that nobody knows are left out.
    """
    if not isinstance(given, dict):
        raise BadMetadata("Send the client's metadata as a JSON object (RFC 7591).")
    if given.get("jwks_uri") not in (None, ""):
        raise BadMetadata("jwks_uri is not taken: send the keys themselves as jwks.")
    method = _method(given)
    keys, certificates = client_keys.read(given, method)
    return Metadata(
        name=_name(given),
        content=_content(given, settings, sandbox=sandbox),
        policy=_policy(given, method),
        auth_method=method,
        keys=keys,
        certificate=certificates,
    )


def redirect_uris(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Where a customer may be sent back to; an address must equal one of them, letter by letter."""
    return tuple(content.get("redirect_uri", ()))


def offered_scopes(content: Mapping[str, Any], settings: Settings) -> tuple[scope.Scope, ...]:
    """The scopes that a registration may ask for: those it has registered, else all that there are."""
    return tuple(scope.parse(text) for text in content.get("scope") or settings.scopes)


def _content(given: Mapping[str, Any], settings: Settings, *, sandbox: bool) -> dict[str, Any]:
    redirects = _redirects(given, sandbox=sandbox)
    found: dict[str, Any] = {"redirect_uri": redirects}
    for name in TEXTS:
        if name in given:
            found[name] = _text(given, name)
    for name in PAGES + SCREENS:
        if given.get(name):
            found[name] = _page(given, name, sandbox=sandbox)
    for name in POSTED_TO:
        if given.get(name):
            found[name] = _posted_to(given, name, settings, sandbox=sandbox)
    for name in NUMBERS:
        if name in given:
            found[name] = _number(given, name)
    found["contacts"] = [_checked_text(each, "contacts", 256) for each in _list(given, "contacts")]
    found["grant_types"] = _grant_types(given)
    found["scope"] = _scopes(given, settings)
    _check_response_types(given)
    return _with_defaults(found)


def _with_defaults(found: dict[str, Any]) -> dict[str, Any]:
    """What ESPI needs and RFC 7591 does not, from what is there."""
    first: SplitResult = urlsplit(found["redirect_uri"][0])
    home = found.get("client_uri") or f"{first.scheme}://{first.netloc}/"
    defaults = {"client_uri": home, "software_id": found["client_name"], "software_version": "1"}
    return defaults | dict.fromkeys(SCREENS, home) | found


def _name(given: Mapping[str, Any]) -> str:
    name = " ".join(_text(given, "client_name").split())
    if len(name) < 2:
        raise BadMetadata("client_name is missing: it is what customers see when they are asked.")
    return name


def _text(given: Mapping[str, Any], name: str) -> str:
    return _checked_text(given.get(name, ""), name, TEXTS[name])


def _checked_text(value: object, name: str, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise BadMetadata(f"{name} is text of at most {longest} characters.")
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn"} for letter in value):
        raise BadMetadata(f"{name} holds characters that cannot be seen.")
    return value


def _number(given: Mapping[str, Any], name: str) -> int:
    value = given[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65_535:
        raise BadMetadata(f"{name} is a whole number.")
    return value


def _list(given: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = given.get(name) or []
    if not isinstance(value, list) or len(value) > MOST_URIS:
        raise BadMetadata(f"{name} is an array of at most {MOST_URIS}.")
    return value


def _redirects(given: Mapping[str, Any], *, sandbox: bool) -> list[str]:
    found = [_redirect(each, sandbox=sandbox) for each in _list(given, "redirect_uris")]
    if not found:
        raise BadRedirect("redirect_uris is missing: it names where customers are sent back to.")
    return list(dict.fromkeys(found))


def _redirect(value: object, *, sandbox: bool) -> str:
    try:
        return _address(value, "redirect_uris", sandbox=sandbox)
    except BadMetadata as err:
        raise BadRedirect(err.public) from err


def _page(given: Mapping[str, Any], name: str, *, sandbox: bool) -> str:
    return _address(given[name], name, sandbox=sandbox)


def _posted_to(given: Mapping[str, Any], name: str, settings: Settings, *, sandbox: bool) -> str:
    address = _address(given[name], name, sandbox=sandbox)
    try:
        check_uri(address, settings)
    except BadInput as err:
        raise BadMetadata(f"{name}: {err.public}", detail=err.detail) from err
    return address


def _address(value: object, name: str, *, sandbox: bool) -> str:
    """An absolute https address without user, fragment or wildcard; a sandbox client's may be http on its machine."""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or len(value) > LONGEST_URI:
        raise BadMetadata(f"{name} is an address of at most {LONGEST_URI} ASCII characters.")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError as err:
        raise BadMetadata(f"{name}: {value!r} is no address.") from err
    local = sandbox and parts.scheme == "http" and host in _LOOPBACK
    if (parts.scheme != "https" and not local) or not host or port == 0:
        raise BadMetadata(f"{name}: {value!r} does not begin with https:// and a host.")
    if parts.username is not None or "#" in value or "*" in host or " " in value or "\\" in value:
        raise BadMetadata(f"{name}: {value!r} holds a user, a fragment, a wildcard, a blank or a backslash.")
    return value


def _grant_types(given: Mapping[str, Any]) -> list[str]:
    """ESPI clients need all three; what a client leaves out of RFC 7591's default is added, what is unsafe refused."""
    asked = _list(given, "grant_types")
    if unknown := [each for each in asked if each not in GRANT_TYPES]:
        raise BadMetadata(f"grant_types: {unknown[0]!r} is not granted; these are: {', '.join(GRANT_TYPES)}.")
    return list(GRANT_TYPES)


def _check_response_types(given: Mapping[str, Any]) -> None:
    if any(each != "code" for each in _list(given, "response_types")):
        raise BadMetadata("response_types is code only.")


def _scopes(given: Mapping[str, Any], settings: Settings) -> list[str]:
    value = given.get("scope", "")
    if not isinstance(value, str):
        raise BadMetadata("scope is text: ESPI scopes, apart by spaces.")
    offered = [scope.parse(text) for text in settings.scopes]
    asked = value.split()
    for text in asked[:MOST_URIS]:
        scope.within(scope.parse(text), offered)
    return asked[:MOST_URIS] or list(settings.scopes)


def _method(given: Mapping[str, Any]) -> str:
    method = given.get("token_endpoint_auth_method", "client_secret_basic")
    if method not in METHODS:
        known = ", ".join(sorted(METHODS))
        raise BadMetadata(f"token_endpoint_auth_method is one of {known}: every client proves who it is.")
    return str(method)


def _policy(given: Mapping[str, Any], method: str) -> str:
    strict = any(given.get(name) is True for name in FLAGS)
    usual = "fapi2" if strict else "classic" if method in SECRET_METHODS else "modern"
    name = given.get("security_profile", usual)
    if name not in POLICIES:
        raise BadMetadata(f"security_profile is one of {', '.join(POLICIES)}.")
    if strict and not POLICIES[name].bound:
        raise BadMetadata("Bound tokens and pushed requests are held to by the security_profile fapi2.")
    if method not in POLICIES[name].methods:
        raise BadMetadata(f"With the security_profile {name} a client does not prove itself by {method}.")
    return str(name)
