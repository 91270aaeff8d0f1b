"""Utilities, usage points, meters, channels, and what is measured."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem

from espi.store.tables.columns import BY_USAGE_POINT, METADATA, REFERENCE, Key, runs, stamps

deployment = Table(
    "deployment",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    info=REFERENCE,
    comment="Facts of this installation: the secret that ids are derived from, among others.",
)

utility = Table(
    "utility",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("name", String(256), nullable=False, unique=True),
    Column("duns", String(13), nullable=False, unique=True),
    Column("zone", String(64), nullable=False),
    Column("service_kind", SmallInteger, nullable=False, default=0),
    Column("esiid_lengths", String(64), nullable=False, default="17,22"),
    Column("dialect", JSON, nullable=False, default=dict),
    Column("local_time_uuid", String(36), nullable=False),
    Column("local_time_path_id", BigInteger, nullable=False, unique=True),
    info=REFERENCE,
    comment="A TDSP, gas or water company: whose meters, which time zone, how its files are written.",
)

usage_point = Table(
    "usage_point",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("utility_id", ForeignKey("utility.id"), nullable=False),
    Column("esiid", String(64), nullable=False),
    Column("uuid", String(36), nullable=False),
    Column("path_id", BigInteger, nullable=False),
    Column("title", String(256), nullable=False),
    Column("service_kind", SmallInteger, nullable=False),
    Column("content", JSON, nullable=False, default=dict),
    *stamps(),
    UniqueConstraint("utility_id", "esiid"),
    Index(None, "path_id"),
    Index(None, "esiid"),
    Index(None, "utility_id", "id"),
    info=REFERENCE,
    comment="A point of delivery at a premise (ESIID). content: its further ESPI elements.",
)

meter = Table(
    "meter",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("utility_id", ForeignKey("utility.id"), nullable=False),
    Column("serial_number", String(64), nullable=False),
    Column("attributes", JSON, nullable=False, default=dict),
    UniqueConstraint("utility_id", "serial_number"),
    info=REFERENCE,
    comment="A meter: the device, not the place. attributes: manufacturer, class, multiplier and the like.",
)

meter_installation = Table(
    "meter_installation",
    METADATA,
    *runs(),
    Column("meter_id", BigInteger, nullable=False),
    info=BY_USAGE_POINT,
    comment="Which meter hung at which usage point from when until when.",
)

reading_type = Table(
    "reading_type",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("code", String(128), nullable=False, unique=True),
    Column("uuid", String(36), nullable=False),
    Column("path_id", BigInteger, nullable=False, unique=True),
    Column("title", String(256), nullable=False),
    Column("content", JSON, nullable=False),
    Column("published_s", BigInteger, nullable=False),
    info=REFERENCE,
    comment="An ESPI ReadingType, shared by every channel of that kind. code: the SHA-256 of its values.",
)

channel = Table(
    "channel",
    METADATA,
    Column("usage_point_id", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("series", String(16), nullable=False),
    Column("of_number", Integer),
    Column("reading_type_id", BigInteger, nullable=False),
    Column("uuid", String(36), nullable=False),
    Column("path_id", BigInteger, nullable=False),
    Column("title", String(256), nullable=False),
    Column("published_s", BigInteger, nullable=False),
    info=BY_USAGE_POINT,
    comment="A MeterReading. series: interval, or what is made of channel of_number: daily, monthly, register.",
)


day_block = Table(
    "day_block",
    METADATA,
    Column("day", SmallInteger, nullable=False, autoincrement=False),
    Column("channel", SmallInteger, nullable=False),
    Column("usage_point_id", Integer, nullable=False),
    Column("updated_s", BigInteger, nullable=False),
    Column("file_id", Integer, nullable=False),
    Column("revision", SmallInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("day", "usage_point_id", "channel"),
    info={"distribute": "usage_point_id", "keep": "day"},
    comment="The readings in force, day-major so that loading stays flat. content: as espi.store.form has it.",
    postgresql_partition_by="RANGE (day)",
    sqlite_with_rowid=False,
)
"""Columns stand in the order that leaves no gaps between them on PostgreSQL."""

day_block_version = Table(
    "day_block_version",
    METADATA,
    Column("day", SmallInteger, nullable=False, autoincrement=False),
    Column("channel", SmallInteger, nullable=False),
    Column("usage_point_id", Integer, nullable=False),
    Column("updated_s", BigInteger, nullable=False),
    Column("file_id", Integer, nullable=False),
    Column("revision", SmallInteger, nullable=False),
    Column("version", SmallInteger, nullable=False),
    Column("replaced_s", BigInteger),
    Column("received", Boolean, nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("day", "usage_point_id", "channel", "version"),
    info={"distribute": "usage_point_id", "keep": "day"},
    comment="Readings once in force (revision > 0, until replaced_s) or received and never in force (revision 0).",
    postgresql_partition_by="RANGE (day)",
    sqlite_with_rowid=False,
)

register_read = Table(
    "register_read",
    METADATA,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("usage_point_id", Integer, primary_key=True),
    Column("channel", Integer, primary_key=True),
    Column("read_s", BigInteger, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("quality", SmallInteger, nullable=False),
    *stamps(),
    info={"distribute": "usage_point_id", "keep": "day"},
    comment="A meter's dial at an instant; channel is a register series.",
)


def _summary() -> tuple[SchemaItem, ...]:
    """What is said of a span of days as a whole."""
    return (
        Column("usage_point_id", Integer, primary_key=True),
        Column("from_day", Integer, primary_key=True),
        Column("until_day", Integer, primary_key=True),
        Column("number", SmallInteger, primary_key=True, autoincrement=False),
        Column("uuid", String(36), nullable=False),
        Column("path_id", BigInteger, nullable=False),
        Column("content", JSON, nullable=False),
        *stamps(),
    )


usage_summary = Table(
    "usage_summary",
    METADATA,
    *_summary(),
    info={"distribute": "usage_point_id", "keep": "from_day"},
    comment="A bill's summary (ESPI UsageSummary) for the local days it covers.",
)

power_quality_summary = Table(
    "power_quality_summary",
    METADATA,
    *_summary(),
    info={"distribute": "usage_point_id", "keep": "from_day"},
    comment="An ESPI ElectricPowerQualitySummary for the local days it covers.",
)
