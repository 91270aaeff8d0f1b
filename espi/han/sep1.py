"""The words of ZigBee Smart Energy Profile 1.0 that we speak: the clusters, their commands and attributes.

Each command is declared once, in the order of its bytes; `espi.han.fields` writes and reads them. The meter is the
server, a device at home is the client. Times are epoch seconds, or `NOW`; None is what the profile calls unused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated, Any, NamedTuple

from espi.han.fields import U8, U16, U24, U32, U48, Bitmap, Fixed, Number, Octets, Part, Tail, Text, Time, unsigned

PROFILE = 0x0109
LONGEST_EVENT_MIN = 1440
UNTIL_CHANGED = 0xFFFF
"""As a duration in minutes: until another follows."""

LABEL_BYTES = 12
SIGNATURE_BYTES = 42
NO_SIGNATURE = b"\xff" * SIGNATURE_BYTES


class Cluster(IntEnum):
    """The clusters by their ids."""

    PRICE = 0x0700
    LOAD_CONTROL = 0x0701
    METERING = 0x0702
    MESSAGING = 0x0703


class DeviceClass(IntFlag):
    """What a load-control event is for."""

    HVAC = 1 << 0
    HEATER = 1 << 1
    WATER_HEATER = 1 << 2
    POOL_PUMP = 1 << 3
    APPLIANCE = 1 << 4
    IRRIGATION = 1 << 5
    COMMERCIAL = 1 << 6
    SIMPLE_LOAD = 1 << 7
    EXTERIOR_LIGHT = 1 << 8
    INTERIOR_LIGHT = 1 << 9
    ELECTRIC_VEHICLE = 1 << 10
    GENERATION = 1 << 11


ALL_CLASSES = 0x0FFF


class Criticality(IntEnum):
    """How urgent a load-control event is; 7 to 9 leave nobody a choice."""

    GREEN = 1
    LEVEL_1 = 2
    LEVEL_2 = 3
    LEVEL_3 = 4
    LEVEL_4 = 5
    LEVEL_5 = 6
    EMERGENCY = 7
    PLANNED_OUTAGE = 8
    SERVICE_DISCONNECT = 9


MANDATORY = frozenset({Criticality.EMERGENCY, Criticality.PLANNED_OUTAGE, Criticality.SERVICE_DISCONNECT})


class Status(IntEnum):
    """What a device reports of a load-control event."""

    RECEIVED = 1
    STARTED = 2
    COMPLETED = 3
    OPTED_OUT = 4
    OPTED_IN = 5
    CANCELLED = 6
    SUPERSEDED = 7
    PARTLY_OPTED_OUT = 8
    PARTLY_OPTED_IN = 9
    NO_PARTICIPATION = 0x0A
    REJECTED_CANCEL = 0xF8
    REJECTED_TIME = 0xF9
    REJECTED_EXPIRED = 0xFB
    REJECTED_UNDEFINED = 0xFD
    REJECTED = 0xFE


class Transmission(IntEnum):
    """Over what a text goes."""

    NORMAL = 0
    NORMAL_AND_INTER_PAN = 1
    INTER_PAN = 2


class Importance(IntEnum):
    """How a text is shown."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2
    CRITICAL = 3


EventId = Annotated[int, U32]
Classes = Annotated[int, Bitmap(2, ALL_CLASSES)]
Group = Annotated[int, U8]
Instant = Annotated[int, Time()]
Minutes = Annotated[int, U16]
Level = Annotated[int, unsigned(1, 9, least=1)]
Offset = Annotated[int | None, unsigned(1, 0xFE, unused=0xFF)]
SetPoint = Annotated[int | None, Number(2, -27315, 32767, unused=-32768)]
Adjustment = Annotated[int | None, Number(1, -100, 100, unused=-128)]
DutyCycle = Annotated[int | None, unsigned(1, 100, unused=0xFF)]
First = Annotated[bool, Part(0, 1)]
SecondLast = Annotated[bool, Part(1, 1, ends=True)]
Alone = Annotated[bool, Part(0, 1, ends=True)]


@dataclass(frozen=True, slots=True)
class LoadControlEvent:
    """DRLC 0x00 to devices, 23 bytes. offsets in 0.1 °C, set points in 0.01 °C, the others in per cent."""

    event_id: EventId
    device_class: Classes
    group: Group
    start_s: Instant
    duration_min: Annotated[int, unsigned(2, LONGEST_EVENT_MIN)]
    criticality: Level
    cooling_offset: Offset = None
    heating_offset: Offset = None
    cooling_set_point: SetPoint = None
    heating_set_point: SetPoint = None
    load_adjustment: Adjustment = None
    duty_cycle: DutyCycle = None
    randomise_start: First = False
    randomise_end: SecondLast = False


@dataclass(frozen=True, slots=True)
class CancelLoadControlEvent:
    """DRLC 0x01 to devices, 12 bytes. randomise: end it as its end would have been. effective_s: `NOW` or later."""

    event_id: EventId
    device_class: Classes
    group: Group
    randomise: Alone
    effective_s: Instant


@dataclass(frozen=True, slots=True)
class CancelAllLoadControlEvents:
    """DRLC 0x02 to devices, 1 byte."""

    randomise: Alone


@dataclass(frozen=True, slots=True)
class ReportEventStatus:
    """DRLC 0x00 from devices, 60 bytes. What they apply may differ from what they were asked."""

    event_id: EventId
    status: Annotated[int, Number(1, 1, 0xFE, among=frozenset(map(int, Status)))]
    at_s: Instant
    criticality: Level
    cooling_set_point: SetPoint = None
    heating_set_point: SetPoint = None
    load_adjustment: Adjustment = None
    duty_cycle: DutyCycle = None
    randomised_start: First = False
    randomised_end: SecondLast = False
    signature_type: Annotated[int, unsigned(1, 1)] = 0
    signature: Annotated[bytes, Fixed(SIGNATURE_BYTES)] = NO_SIGNATURE


@dataclass(frozen=True, slots=True)
class GetScheduledEvents:
    """DRLC 0x01 from devices, 5 bytes. number: how many at most, 0 for all. from_id: later versions' (9 bytes)."""

    start_s: Instant
    number: Annotated[int, U8] = 0
    from_id: Annotated[int | None, Tail(U32)] = None


@dataclass(frozen=True, slots=True)
class DisplayMessage:
    """Messaging 0x00 to devices. text: up to 254 bytes of UTF-8; a network takes fewer."""

    message_id: EventId
    transmission: Annotated[int, Part(0, 2, most=2)]
    importance: Annotated[int, Part(2, 2)]
    enhanced: Annotated[bool, Part(5, 1)]
    confirm: Annotated[bool, Part(7, 1, ends=True)]
    start_s: Instant
    duration_min: Minutes
    text: Annotated[str, Text()]


@dataclass(frozen=True, slots=True)
class CancelMessage:
    """Messaging 0x01 to devices, 5 bytes."""

    message_id: EventId
    transmission: Annotated[int, Part(0, 2, most=2)] = 0
    importance: Annotated[int, Part(2, 2)] = 0
    enhanced: Annotated[bool, Part(5, 1)] = False
    confirm: Annotated[bool, Part(7, 1, ends=True)] = False


@dataclass(frozen=True, slots=True)
class GetLastMessage:
    """Messaging 0x00 from devices, empty."""


@dataclass(frozen=True, slots=True)
class MessageConfirmation:
    """Messaging 0x01 from devices, 8 bytes."""

    message_id: EventId
    at_s: Instant


@dataclass(frozen=True, slots=True)
class PublishPrice:
    """Price 0x00 to devices. price: per unit, times ten to the trailing digit. currency: its ISO 4217 number."""

    provider_id: Annotated[int, U32]
    rate_label: Annotated[bytes, Octets(LABEL_BYTES)]
    event_id: EventId
    current_s: Instant
    unit: Annotated[int, U8]
    currency: Annotated[int, unsigned(2, 999)]
    trailing_digit: Annotated[int, Part(4, 4)]
    tier: Annotated[int, Part(0, 4, ends=True)]
    tiers: Annotated[int, Part(4, 4)]
    register_tier: Annotated[int, Part(0, 4, ends=True)]
    start_s: Instant
    duration_min: Minutes
    price: Annotated[int, U32]
    price_ratio: Annotated[int | None, Tail(U8)] = None
    generation_price: Annotated[int | None, Tail(U32)] = None
    generation_price_ratio: Annotated[int | None, Tail(U8)] = None
    alternate_cost: Annotated[int | None, Tail(U32)] = None
    alternate_cost_unit: Annotated[int | None, Tail(U8)] = None
    alternate_cost_trailing_digit: Annotated[int | None, Tail(U8)] = None


@dataclass(frozen=True, slots=True)
class GetCurrentPrice:
    """Price 0x00 from devices, 1 byte. listens: its receiver is on when it is idle."""

    listens: Alone


@dataclass(frozen=True, slots=True)
class GetScheduledPrices:
    """Price 0x01 from devices, 5 bytes. number: how many at most, 0 for all."""

    start_s: Instant
    number: Annotated[int, U8] = 0


class Command(NamedTuple):
    """A command of a cluster. from_server: whether the meter sends it."""

    cluster: Cluster
    from_server: bool
    id: int
    body: type[Any]


COMMANDS = (
    Command(Cluster.LOAD_CONTROL, True, 0x00, LoadControlEvent),
    Command(Cluster.LOAD_CONTROL, True, 0x01, CancelLoadControlEvent),
    Command(Cluster.LOAD_CONTROL, True, 0x02, CancelAllLoadControlEvents),
    Command(Cluster.LOAD_CONTROL, False, 0x00, ReportEventStatus),
    Command(Cluster.LOAD_CONTROL, False, 0x01, GetScheduledEvents),
    Command(Cluster.MESSAGING, True, 0x00, DisplayMessage),
    Command(Cluster.MESSAGING, True, 0x01, CancelMessage),
    Command(Cluster.MESSAGING, False, 0x00, GetLastMessage),
    Command(Cluster.MESSAGING, False, 0x01, MessageConfirmation),
    Command(Cluster.PRICE, True, 0x00, PublishPrice),
    Command(Cluster.PRICE, False, 0x00, GetCurrentPrice),
    Command(Cluster.PRICE, False, 0x01, GetScheduledPrices),
)


class Attribute(NamedTuple):
    """An attribute. type: its ZCL data type. at_server: whether the meter has it."""

    cluster: Cluster
    at_server: bool
    id: int
    name: str
    type: int
    kind: Number | Bitmap


ATTRIBUTES = (
    Attribute(Cluster.LOAD_CONTROL, False, 0x0000, "utility enrolment group", 0x20, U8),
    Attribute(Cluster.LOAD_CONTROL, False, 0x0001, "start randomise minutes", 0x20, U8),
    Attribute(Cluster.LOAD_CONTROL, False, 0x0002, "end randomise minutes", 0x20, U8),
    Attribute(Cluster.LOAD_CONTROL, False, 0x0003, "device class", 0x21, U16),
    Attribute(Cluster.METERING, True, 0x0000, "current summation delivered", 0x25, U48),
    Attribute(Cluster.METERING, True, 0x0001, "current summation received", 0x25, U48),
    Attribute(Cluster.METERING, True, 0x0300, "unit of measure", 0x30, U8),
    Attribute(Cluster.METERING, True, 0x0301, "multiplier", 0x22, U24),
    Attribute(Cluster.METERING, True, 0x0302, "divisor", 0x22, U24),
)
