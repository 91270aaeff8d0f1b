"""No test talks to the network; one that asks for it may talk to its own machine."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo
_allowed = 0


class NetworkShutError(RuntimeError):
    """A test tried to leave the machine, or to reach it without saying so."""


@contextlib.contextmanager
def loopback_allowed() -> Iterator[None]:
    """Within the block, connections to this machine are let through."""
    global _allowed  # noqa: PLW0603 - sockets know nothing of the test that opens them
    _allowed += 1
    try:
        yield
    finally:
        _allowed -= 1


def shut() -> None:
    """Shut the network for this process."""

    def connect(self: socket.socket, address: Any) -> None:
        _check(self, address)
        _connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _check(self, address)
        return _connect_ex(self, address)

    def getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
        if not _is_loopback(host):
            raise NetworkShutError(f"a test asked for the address of {host!r}")
        return _getaddrinfo(host, *rest, **named)

    socket.socket.connect = connect  # type: ignore[method-assign]
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]
    socket.getaddrinfo = getaddrinfo


def _check(opened: socket.socket, address: Any) -> None:
    if opened.family == socket.AF_UNIX:
        return
    if not (_allowed and _is_loopback(address[0])):
        raise NetworkShutError(f"a test connected to {address!r}; the fixture or marker loopback allows 127.0.0.1")


def _is_loopback(host: Any) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False
