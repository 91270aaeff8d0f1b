"""Addresses that others name and we call: which are allowed, and where they lead.

A third party says where its notifications go, so whoever registers one could make this server call others of its own
network. An address is checked when it is given and again at each call, and the call goes to the very address that was
checked, whatever the name stands for a moment later.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from espi.config import Settings
from espi.errors import BadInput

LONGEST = 2048
PORTS = {"https": 443, "http": 80}

_ODD = re.compile(r"[^\x21-\x7e]|[\\\"<>^`{|}]")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Target:
    """Where a URI leads. addresses: every one of the host, all of them checked."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


def check_uri(uri: str, settings: Settings) -> None:
    """Raise `BadInput` unless notifications may go there; says what is wrong with it."""
    parts = _parts(uri, settings)
    if not settings.notify_private:
        _resolved(parts, settings)


def resolve(uri: str, settings: Settings) -> Target:
    """Where a URI leads now, to call exactly that. `BadInput` if it may not be called."""
    parts = _parts(uri, settings)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, _host(parts), _port(parts), path, _resolved(parts, settings))


def _parts(uri: str, settings: Settings) -> SplitResult:
    if len(uri) > LONGEST or _ODD.search(uri):
        raise BadInput("The address is too long, or has characters that a URI must encode.")
    try:
        parts = urlsplit(uri)
        _port(parts)
    except ValueError as err:
        raise BadInput(f"The address cannot be understood: {err}.") from err
    if parts.scheme != "https" and not (settings.notify_private and parts.scheme == "http" and _is_here(parts)):
        raise BadInput("The address must begin with https://.")
    if not parts.hostname:
        raise BadInput("The address names no host.")
    if parts.username is not None or parts.password is not None:
        raise BadInput("The address must not hold a user name or password.")
    if "#" in uri:
        raise BadInput("The address must not have a fragment.")
    return parts


def _is_here(parts: SplitResult) -> bool:
    return parts.hostname in {"localhost", "127.0.0.1", "::1"}


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".")


def _port(parts: SplitResult) -> int:
    return parts.port or PORTS.get(parts.scheme, 0)


def _resolved(parts: SplitResult, settings: Settings) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(_host(parts), _port(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as err:
        raise BadInput("The host of the address cannot be found.", detail=str(err)) from err
    addresses = tuple(dict.fromkeys(str(each[4][0]) for each in found))
    if not settings.notify_private and not all(_is_public(ipaddress.ip_address(each)) for each in addresses):
        raise BadInput("The address leads into a private network.", detail=", ".join(addresses))
    return addresses


def _is_public(address: Address) -> bool:
    """Whether an address is of the public internet, and not one that only stands for another (mapped, tunnelled)."""
    if isinstance(address, ipaddress.IPv6Address):
        stands_for = address.ipv4_mapped or address.sixtofour or address.teredo
        if stands_for or address in _TRANSLATED or address.scope_id:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
