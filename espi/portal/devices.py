"""Where a session is used from, in plain words: the browser, the machine and the network."""

from __future__ import annotations

import ipaddress

from flask import Request

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
MACHINES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "Chromebook"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
IPV4_BITS, IPV6_BITS = 24, 56


def seen(request: Request) -> dict[str, str]:
    """What is kept with a session, to tell its owner where it is used from."""
    agent = request.headers.get("User-Agent", "")
    return {"browser": browser(agent), "machine": machine(agent), "network": network(request.remote_addr)}


def in_words(found: str) -> str:
    """A network as people may know it: the beginning of its addresses."""
    if not found:
        return ""
    known = ipaddress.ip_network(found)
    return ".".join(str(known.network_address).split(".")[:3]) + ".…" if known.version == 4 else f"{known}"


def browser(agent: str) -> str:
    """What a browser calls itself: its name, or ""."""
    return next((name for mark, name in BROWSERS if mark in agent), "")


def machine(agent: str) -> str:
    """What a browser says that it runs on, or ""."""
    return next((name for mark, name in MACHINES if mark in agent), "")


def network(address: str | None) -> str:
    """The network that an address is in, wide enough for a household or a carrier's corner; "" for no address."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, IPV4_BITS if found.version == 4 else IPV6_BITS), strict=False))
