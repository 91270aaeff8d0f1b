"""What we ask of a utility's head end, the system that speaks with its meters: one interface, several networks.

Each request bears a correlation id that the caller gives and gets back; asking again with the same id is the same
request. What comes of it arrives later, in the stream of reports. Which head end serves a meter its utility says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

KWH_UOM = 72
"""Wh, as ESPI codes units."""


@dataclass(frozen=True)
class Limits:
    """What a network takes. text_bytes: of a text. orders: in one call. lag_s: how late what it says may come.

    join_window_s: how long a meter lets a device join. devices_a_meter: how many it holds.
    """

    text_bytes: int = 48
    devices_a_meter: int = 5
    join_window_s: int = 3600
    orders: int = 1000
    lag_s: int = 600


@dataclass(frozen=True, slots=True)
class Joining:
    """That a device shall join a meter's network. link_key: of its install code."""

    correlation: str
    esiid: str
    eui64: str
    link_key: bytes

    def __repr__(self) -> str:
        """Without the key, wherever it is shown."""
        return f"Joining({self.correlation!r}, {self.esiid!r}, {self.eui64!r})"


@dataclass(frozen=True, slots=True)
class Leaving:
    """That a device shall leave a meter's network."""

    correlation: str
    esiid: str
    eui64: str


@dataclass(frozen=True, slots=True)
class Order:
    """A frame for a device of a meter, or for all that have the cluster (eui64 ""). until_s: of no use after that."""

    correlation: str
    esiid: str
    eui64: str
    cluster: int
    frame: bytes
    until_s: int


class ReportKind(StrEnum):
    """What a head end may report."""

    KEY_SENT = "key-sent"
    JOIN_OPEN = "join-open"
    JOINED = "joined"
    KEY_ESTABLISHED = "key-established"
    ACTIVE = "active"
    JOIN_FAILED = "join-failed"
    REMOVED = "removed"
    REMOVAL_FAILED = "removal-failed"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FRAME = "frame"
    REGISTER = "register"
    READ_FAILED = "read-failed"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Register:
    """What a meter shows. value: in the unit `uom` times ten to `power_of_ten`. read_s: when it was read."""

    value: int
    uom: int
    power_of_ten: int
    read_s: int


@dataclass(frozen=True, slots=True)
class Report:
    """Something that a head end says. number: its place in the stream. correlation: the request that it is about.

    frame: what a device sent, of a cluster. reason: why something failed.
    """

    number: int
    kind: ReportKind
    at_s: int
    esiid: str
    eui64: str = ""
    correlation: str = ""
    cluster: int = 0
    frame: bytes = b""
    reason: str = ""
    register: Register | None = None


class HeadEnd(Protocol):
    """A utility's network of meters, as we see it."""

    name: str
    limits: Limits

    def provision(self, joining: Joining) -> str:
        """Let a device join."""
        ...

    def deprovision(self, leaving: Leaving) -> str:
        """Let a device leave."""
        ...

    def send(self, orders: Sequence[Order]) -> list[str]:
        """Take frames to be delivered, `limits.orders` at most."""
        ...

    def cancel(self, correlation: str) -> bool:
        """Drop what was to be sent; false where it has left already, and a cancelling frame must follow it."""
        ...

    def read_register(self, correlation: str, esiid: str) -> str:
        """Read a meter now; `REGISTER` or `READ_FAILED` follows."""
        ...

    def reports(self, after: int, limit: int) -> Sequence[Report]:
        """What it has said since the report of a number, in order. Nothing of it is ever taken back."""
        ...


class NullGateway:
    """A utility without a network: everything that is asked of it fails at once."""

    name = "null"
    limits = Limits()

    def __init__(self) -> None:
        self._said: list[Report] = []

    def provision(self, joining: Joining) -> str:
        """As `HeadEnd` has it."""
        self._say(ReportKind.JOIN_FAILED, joining.esiid, joining.eui64, joining.correlation)
        return joining.correlation

    def deprovision(self, leaving: Leaving) -> str:
        """As `HeadEnd` has it; nothing was there, so it is gone."""
        self._say(ReportKind.REMOVED, leaving.esiid, leaving.eui64, leaving.correlation)
        return leaving.correlation

    def send(self, orders: Sequence[Order]) -> list[str]:
        """As `HeadEnd` has it."""
        for order in orders:
            self._say(ReportKind.UNDELIVERED, order.esiid, order.eui64, order.correlation)
        return [order.correlation for order in orders]

    def cancel(self, correlation: str) -> bool:
        """As `HeadEnd` has it."""
        del correlation
        return False

    def read_register(self, correlation: str, esiid: str) -> str:
        """As `HeadEnd` has it."""
        self._say(ReportKind.READ_FAILED, esiid, "", correlation)
        return correlation

    def reports(self, after: int, limit: int) -> Sequence[Report]:
        """As `HeadEnd` has it."""
        return self._said[after : after + limit]

    def _say(self, kind: ReportKind, esiid: str, eui64: str, correlation: str) -> None:
        number = len(self._said) + 1
        self._said.append(Report(number, kind, 0, esiid, eui64, correlation=correlation, reason="meter-unreachable"))


Gateways = Mapping[str, HeadEnd]
"""Head ends by the name that a utility's dialect has for its own (`head_end`)."""

_KNOWN: dict[str, HeadEnd] = {}


def connect(head_end: HeadEnd) -> None:
    """Let this process speak with a head end, under its name."""
    _KNOWN[head_end.name] = head_end


def disconnect(name: str) -> None:
    """Speak with it no more."""
    _KNOWN.pop(name, None)


def connected() -> Gateways:
    """The head ends that this process speaks with."""
    return dict(_KNOWN)
