"""Devices of the home area network at meters, and what they are sent: text, prices, load control."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from espi.store.tables.columns import BY_USAGE_POINT, METADATA, REFERENCE, Key

home_device = Table(
    "home_device",
    METADATA,
    Column("usage_point_id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("utility_id", BigInteger, nullable=False),
    Column("eui64", String(16), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("name", String(64), nullable=False),
    Column("device_class", Integer, nullable=False),
    Column("device_group", SmallInteger, nullable=False),
    Column("clusters", SmallInteger, nullable=False),
    Column("state", String(24), nullable=False),
    Column("state_s", BigInteger, nullable=False),
    Column("failure", String(32), nullable=False),
    Column("sealed_key", LargeBinary),
    Column("asked_by", String(128), nullable=False),
    Column("customer_id", BigInteger, nullable=False),
    Column("authorization_id", BigInteger, nullable=False),
    Column("made_s", BigInteger, nullable=False),
    Column("contact_s", BigInteger),
    Column("tries", SmallInteger, nullable=False),
    Column("due_s", BigInteger),
    Column("removed_for", String(16), nullable=False),
    Index(None, "eui64"),
    Index(None, "due_s"),
    info=BY_USAGE_POINT,
    comment="A device at a meter. sealed_key: its link key, until it has joined. due_s: when it is seen to next.",
)

device_enrolment = Table(
    "device_enrolment",
    METADATA,
    Column("usage_point_id", Integer, primary_key=True, autoincrement=False),
    Column("device_number", BigInteger, primary_key=True, autoincrement=False),
    Column("provider", String(32), primary_key=True),
    Column("from_s", BigInteger, nullable=False),
    Column("until_s", BigInteger),
    Column("ended_by", String(128), nullable=False),
    info=BY_USAGE_POINT,
    comment="That a REP or third party (provider: rep/7) may send to a device, until somebody ends it.",
)

device_agreement = Table(
    "device_agreement",
    METADATA,
    Column("authorization_id", BigInteger, primary_key=True, autoincrement=False),
    Column("usage_point_id", Integer, primary_key=True, autoincrement=False),
    Column("eui64", String(16), nullable=False),
    Column("services", Boolean, nullable=False),
    info=BY_USAGE_POINT,
    comment="What a grant says of devices. eui64: the one that may join (In-Home Device). services: sending.",
)

home_command = Table(
    "home_command",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("path_id", BigInteger, nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("provider", String(32), nullable=False),
    Column("sender", String(128), nullable=False),
    Column("reference", String(64)),
    Column("content", JSON, nullable=False),
    Column("frame", LargeBinary, nullable=False),
    Column("cancel_frame", LargeBinary),
    Column("critical", SmallInteger, nullable=False),
    Column("confirms", Boolean, nullable=False),
    Column("made_s", BigInteger, nullable=False),
    Column("start_s", BigInteger, nullable=False),
    Column("until_s", BigInteger, nullable=False),
    Column("cancelled_s", BigInteger),
    UniqueConstraint("provider", "reference"),
    Index(None, "made_s"),
    info=REFERENCE,
    comment="A text, price or load-control event. id: its event id. reference: the sender's own id.",
)

home_target = Table(
    "home_target",
    METADATA,
    Column("usage_point_id", Integer, primary_key=True, autoincrement=False),
    Column("command_id", BigInteger, primary_key=True, autoincrement=False),
    Column("device_number", BigInteger, primary_key=True, autoincrement=False),
    Column("utility_id", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("code", SmallInteger, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("sent_s", BigInteger),
    Column("delivered_s", BigInteger),
    Column("started_s", BigInteger),
    Column("chosen_s", BigInteger),
    Column("closed_s", BigInteger),
    Column("cancel_s", BigInteger),
    Column("pending", SmallInteger, nullable=False),
    Column("deadline_s", BigInteger),
    Index(None, "command_id"),
    Index(None, "deadline_s"),
    Index(None, "utility_id", "pending"),
    info=BY_USAGE_POINT,
    comment="What became of a command at a device. pending: 1 to send, 2 to cancel. deadline_s: while open.",
)

home_report = Table(
    "home_report",
    METADATA,
    Column("usage_point_id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("device_number", BigInteger, nullable=False),
    Column("command_id", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("frame", LargeBinary, nullable=False),
    Column("reason", String(32), nullable=False),
    Index(None, "command_id"),
    info=BY_USAGE_POINT,
    comment="What a head end has reported, as it came. number: its place in that network's stream.",
)

home_network = Table(
    "home_network",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("seen", BigInteger, nullable=False),
    info=REFERENCE,
    comment="Up to which of its reports a network's stream is taken in.",
)
