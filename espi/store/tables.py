"""Every table, with two notes on each: what distributes it and how long it is kept.

`info["distribute"]` is the column a Citus cluster distributes the table by (its primary key then holds that column),
or None for a reference table. `info["keep"]` names the day column by which old rows expire, or None. Times are epoch
seconds in UTC (`..._s`), days are local day numbers (`espi.clock`), spans hold `from_day` and not `until_day`.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
METADATA = MetaData(naming_convention=NAMES)

Key = BigInteger().with_variant(Integer, "sqlite")
"""Integer keys that number themselves on every database."""

REFERENCE = {"distribute": None, "keep": None}
BY_USAGE_POINT = {"distribute": "usage_point_id", "keep": None}


def _runs() -> tuple[SchemaItem, ...]:
    """A usage point and a span of its days."""
    return (
        Column("usage_point_id", BigInteger, primary_key=True),
        Column("from_day", Integer, primary_key=True),
        Column("until_day", Integer, nullable=False),
        CheckConstraint("from_day < until_day", name="span"),
    )


def _stamps() -> tuple[SchemaItem, ...]:
    """When an entry was first published and last updated."""
    return Column("published_s", BigInteger, nullable=False), Column("updated_s", BigInteger, nullable=False)


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
    *_stamps(),
    UniqueConstraint("utility_id", "esiid"),
    Index(None, "path_id"),
    Index(None, "esiid"),
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
    *_runs(),
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
    Column("usage_point_id", BigInteger, primary_key=True),
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


def _readings() -> tuple[SchemaItem, ...]:
    """What a day of readings consists of, the same in the present and in the past."""
    return (
        Column("start_s", BigInteger, nullable=False),
        Column("interval_s", Integer, nullable=False),
        Column("count", Integer, nullable=False),
        Column("packed", LargeBinary, nullable=False),
        Column("quality", LargeBinary, nullable=False),
        Column("costs", LargeBinary),
        Column("tou", LargeBinary),
        Column("tier", LargeBinary),
        Column("cpp", LargeBinary),
        Column("total", BigInteger, nullable=False),
        Column("estimated", SmallInteger, nullable=False),
        Column("absent", SmallInteger, nullable=False),
        Column("sent_s", BigInteger, nullable=False),
        Column("file_id", BigInteger, nullable=False),
        *_stamps(),
    )


day_block = Table(
    "day_block",
    METADATA,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("usage_point_id", BigInteger, primary_key=True),
    Column("channel", Integer, primary_key=True),
    *_readings(),
    Column("revision", Integer, nullable=False),
    Column("merged", Boolean, nullable=False),
    info={"distribute": "usage_point_id", "keep": "day"},
    comment="The readings in force, day-major so that loading stays flat. merged: made of several files' readings.",
    sqlite_with_rowid=False,
)

day_block_version = Table(
    "day_block_version",
    METADATA,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("usage_point_id", BigInteger, primary_key=True),
    Column("channel", Integer, primary_key=True),
    Column("version", Integer, primary_key=True),
    *_readings(),
    Column("revision", Integer, nullable=False),
    Column("received", Boolean, nullable=False),
    Column("replaced_s", BigInteger),
    info={"distribute": "usage_point_id", "keep": "day"},
    comment="Readings once in force (revision > 0, until replaced_s) or received and never in force (revision 0).",
    sqlite_with_rowid=False,
)

register_read = Table(
    "register_read",
    METADATA,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("usage_point_id", BigInteger, primary_key=True),
    Column("channel", Integer, primary_key=True),
    Column("read_s", BigInteger, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("quality", SmallInteger, nullable=False),
    *_stamps(),
    info={"distribute": "usage_point_id", "keep": "day"},
    comment="A meter's dial at an instant; channel is a register series.",
)


def _summary() -> tuple[SchemaItem, ...]:
    """What is said of a span of days as a whole."""
    return (
        Column("usage_point_id", BigInteger, primary_key=True),
        Column("from_day", Integer, primary_key=True),
        Column("until_day", Integer, primary_key=True),
        Column("number", SmallInteger, primary_key=True, autoincrement=False),
        Column("uuid", String(36), nullable=False),
        Column("path_id", BigInteger, nullable=False),
        Column("content", JSON, nullable=False),
        *_stamps(),
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

customer = Table(
    "customer",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("path_id", BigInteger, nullable=False, unique=True),
    Column("name", String(256), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("language", String(8), nullable=False, default="en"),
    Column("content", JSON, nullable=False, default=dict),
    info=REFERENCE,
    comment="A retail customer. content: his ESPI customer elements. No row of his is ever joined to another's.",
)

tenancy = Table(
    "tenancy",
    METADATA,
    *_runs(),
    Column("customer_id", BigInteger, nullable=False),
    Index(None, "customer_id"),
    info=BY_USAGE_POINT,
    comment="Whose usage point it is, from move-in until move-out.",
)

rep = Table(
    "rep",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("name", String(256), nullable=False, unique=True),
    Column("duns", String(13), nullable=False, unique=True),
    Column("certificate_number", String(16), nullable=False, unique=True),
    info=REFERENCE,
    comment="A retail electric provider; certificate_number is the regulator's.",
)

rep_of_record = Table(
    "rep_of_record",
    METADATA,
    *_runs(),
    Column("rep_id", BigInteger, nullable=False),
    Index(None, "rep_id"),
    info=BY_USAGE_POINT,
    comment="Which REP served the usage point on which days.",
)

third_party = Table(
    "third_party",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("name", String(256), nullable=False, unique=True),
    Column("status", SmallInteger, nullable=False),
    Column("path_id", BigInteger, nullable=False, unique=True),
    Column("content", JSON, nullable=False, default=dict),
    info=REFERENCE,
    comment="A registered application. status: DataCustodianApplicationStatus. content: ApplicationInformation.",
)

authorization = Table(
    "authorization",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("path_id", BigInteger, nullable=False, unique=True),
    Column("subscription_path_id", BigInteger, nullable=False, unique=True),
    Column("third_party_id", BigInteger, nullable=False),
    Column("customer_id", BigInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("scope", String(256), nullable=False),
    Column("starts_s", BigInteger, nullable=False),
    Column("ends_s", BigInteger, nullable=False),
    Column("updated_s", BigInteger, nullable=False),
    Index(None, "third_party_id"),
    Index(None, "customer_id"),
    info=REFERENCE,
    comment="A customer's grant to a third party, from starts_s, before ends_s. status: AuthorizationStatus.",
)

authorization_usage_point = Table(
    "authorization_usage_point",
    METADATA,
    Column("authorization_id", BigInteger, primary_key=True),
    Column("usage_point_id", BigInteger, primary_key=True),
    Column("from_day", Integer, nullable=False),
    Column("until_day", Integer, nullable=False),
    CheckConstraint("from_day < until_day", name="span"),
    Index(None, "usage_point_id"),
    info=BY_USAGE_POINT,
    comment="Which usage points and which days a grant covers.",
)

login = Table(
    "login",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("name", String(256), nullable=False, unique=True),
    Column("password_hash", String(256), nullable=False),
    Column("totp_secret", String(64), nullable=False, default=""),
    Column("role", String(16), nullable=False),
    Column("party_id", BigInteger, nullable=False),
    Column("language", String(8), nullable=False, default="en"),
    Column("failures", SmallInteger, nullable=False, default=0),
    Column("failed_s", BigInteger, nullable=False, default=0),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("code_step", BigInteger, nullable=False, default=0),
    info=REFERENCE,
    comment="Who may log in, and for whom: party_id is the customer, REP, third party or utility.",
)

session = Table(
    "session",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("login_id", BigInteger, nullable=False),
    Column("data", JSON, nullable=False, default=dict),
    Column("started_s", BigInteger, nullable=False),
    Column("used_s", BigInteger, nullable=False),
    Index(None, "login_id"),
    info=REFERENCE,
    comment="A portal session; the cookie's token is kept as a SHA-256 only.",
)

received_file = Table(
    "received_file",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("name", String(512), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("utility_id", BigInteger),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("received_s", BigInteger, nullable=False),
    Column("finished_s", BigInteger),
    Column("checkpoint", BigInteger, nullable=False, default=0),
    Column("counts", JSON, nullable=False, default=dict),
    UniqueConstraint("name", "sha256"),
    info=REFERENCE,
    comment="A file that came in. state: loading, loaded, refused. checkpoint: bytes whose blocks are committed.",
)

refused_block = Table(
    "refused_block",
    METADATA,
    Column("file_id", BigInteger, primary_key=True),
    Column("row_number", BigInteger, primary_key=True),
    Column("code", String(2), nullable=False),
    Column("esiid", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("start_text", String(32), nullable=False),
    Column("reason", String(512), nullable=False),
    info=REFERENCE,
    comment="A block that was not loaded, with ERCOT's result code: the lines of the response file.",
)

parked_block = Table(
    "parked_block",
    METADATA,
    Column("file_id", BigInteger, primary_key=True),
    Column("row_number", BigInteger, primary_key=True),
    Column("utility_id", BigInteger, nullable=False),
    Column("esiid", String(64), nullable=False),
    Column("channel", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("sent_s", BigInteger, nullable=False),
    Column("packed", LargeBinary, nullable=False),
    Column("quality", LargeBinary, nullable=False),
    Column("count", Integer, nullable=False),
    Index(None, "utility_id", "esiid"),
    info={"distribute": None, "keep": "day"},
    comment="A good block of a meter nobody knows yet; it is loaded when the meter becomes known.",
)

audit = Table(
    "audit",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("at_s", BigInteger, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", String(256), nullable=False),
    Column("rule", String(128), nullable=False),
    Column("allowed", Boolean, nullable=False),
    Column("detail", JSON, nullable=False, default=dict),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "target"),
    info=REFERENCE,
    comment="Decisions and changes, append-only; each row carries the hash of the one before.",
)
