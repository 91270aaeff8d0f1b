"""What goes out: jobs, events for third parties, their deliveries, prepared answers, and what was asked how often."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, SmallInteger, String, Table

from espi.store.tables.columns import METADATA, REFERENCE, Key

job = Table(
    "job",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("path_id", BigInteger, nullable=False, unique=True),
    Column("kind", String(64), nullable=False),
    Column("key", String(128), unique=True),
    Column("payload", JSON, nullable=False),
    Column("owner", String(128), nullable=False, default=""),
    Column("state", String(16), nullable=False),
    Column("due_s", BigInteger, nullable=False),
    Column("attempts", SmallInteger, nullable=False, default=0),
    Column("claim", String(32), nullable=False, default=""),
    Column("claimed_until_s", BigInteger, nullable=False, default=0),
    Column("done", BigInteger, nullable=False, default=0),
    Column("total", BigInteger, nullable=False, default=0),
    Column("result", JSON, nullable=False, default=dict),
    Column("error", String(512), nullable=False, default=""),
    Column("created_s", BigInteger, nullable=False),
    Column("finished_s", BigInteger),
    Index(None, "state", "due_s"),
    info=REFERENCE,
    comment="Something to do, written with the change that caused it. key: asking again for the same joins it.",
)

prepared_part = Table(
    "prepared_part",
    METADATA,
    Column("job_id", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("packed", LargeBinary, nullable=False),
    info=REFERENCE,
    comment="A piece of the gzip stream that a job has prepared as an answer.",
)

event = Table(
    "event",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("third_party_id", BigInteger, nullable=False),
    Column("authorization_id", BigInteger),
    Column("kind", String(32), nullable=False),
    Column("resources", JSON, nullable=False),
    Column("detail", JSON, nullable=False, default=dict),
    Column("at_s", BigInteger, nullable=False),
    Index(None, "third_party_id", "id"),
    info=REFERENCE,
    comment="What a third party is to know; resources are the addresses that a BatchList names. Never data.",
)

delivery = Table(
    "delivery",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("event_id", ForeignKey("event.id"), nullable=False),
    Column("number", SmallInteger, nullable=False, default=0),
    Column("third_party_id", BigInteger, nullable=False),
    Column("format", String(16), nullable=False),
    Column("uri", String(2048), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", SmallInteger, nullable=False, default=0),
    Column("due_s", BigInteger, nullable=False),
    Column("delivered_s", BigInteger),
    Index(None, "third_party_id", "id"),
    Index(None, "state", "due_s"),
    info=REFERENCE,
    comment="An event to be posted. format: batch_list or webhook. number: which of its resources.",
)

delivery_attempt = Table(
    "delivery_attempt",
    METADATA,
    Column("delivery_id", BigInteger, primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("at_s", BigInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("answer", String(512), nullable=False),
    info=REFERENCE,
    comment="One try at a delivery. status 0: no answer, and answer says why.",
)

quota = Table(
    "quota",
    METADATA,
    Column("subject", String(128), primary_key=True),
    Column("window_s", BigInteger, primary_key=True, autoincrement=False),
    Column("used", Integer, nullable=False),
    info=REFERENCE,
    comment="How often something was done in the window that begins at window_s.",
)

exchange = Table(
    "exchange",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("client_id", BigInteger, nullable=False),
    Column("request_id", String(32), nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("method", String(8), nullable=False),
    Column("route", String(256), nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("code", String(64), nullable=False),
    Column("reason", String(512), nullable=False),
    Column("size", BigInteger, nullable=False, default=0),
    Index(None, "client_id", "id"),
    Index(None, "request_id"),
    info=REFERENCE,
    comment="A request of a client that failed, or any of a sandbox client, for its developer to look up.",
)

fault = Table(
    "fault",
    METADATA,
    Column("client_id", BigInteger, primary_key=True, autoincrement=False),
    Column("status", SmallInteger, nullable=False),
    Column("remaining", Integer, nullable=False),
    info=REFERENCE,
    comment="What the next requests of a sandbox client are answered with, as its developer wished; for trying.",
)
