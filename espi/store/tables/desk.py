"""The help desk and the operator: tickets, look-ups, notices, who may get which role, third parties' standing."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, SmallInteger, String, Table, Text

from espi.store.tables.columns import METADATA, REFERENCE, Key

ticket = Table(
    "ticket",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("number", String(16), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("login_id", BigInteger, nullable=False, default=0),
    Column("name", String(128), nullable=False, default=""),
    Column("email", String(254), nullable=False, default=""),
    Column("language", String(8), nullable=False),
    Column("category", String(32), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("reference", String(64), nullable=False, default=""),
    Column("state", String(16), nullable=False),
    Column("assigned", String(256), nullable=False, default=""),
    Column("opened_s", BigInteger, nullable=False),
    Column("touched_s", BigInteger, nullable=False),
    Column("due_s", BigInteger),
    Column("left_s", BigInteger),
    Column("answered_s", BigInteger),
    Column("solved_s", BigInteger),
    Index(None, "login_id"),
    Index(None, "state", "due_s"),
    info=REFERENCE,
    comment="A question to the help desk. due_s: when its clock is over; left_s: what is left while it is paused.",
)

ticket_message = Table(
    "ticket_message",
    METADATA,
    Column("ticket_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("at_s", BigInteger, nullable=False),
    Column("author", String(256), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("text", Text, nullable=False),
    info=REFERENCE,
    comment="What was written about a ticket. kind: in (from the caller), out (to him) or note (among the desk).",
)

canned_reply = Table(
    "canned_reply",
    METADATA,
    Column("key", String(32), primary_key=True),
    Column("language", String(8), primary_key=True),
    Column("title", String(128), nullable=False),
    Column("text", Text, nullable=False),
    Column("changed_s", BigInteger, nullable=False),
    info=REFERENCE,
    comment="A reply that the desk sends often, as an operator has changed it.",
)

lookup_case = Table(
    "lookup_case",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("operator", String(256), nullable=False),
    Column("customer_id", BigInteger, nullable=False),
    Column("ticket", String(16), nullable=False),
    Column("reason", String(512), nullable=False),
    Column("sought_by", String(16), nullable=False),
    Column("opened_s", BigInteger, nullable=False),
    Column("ends_s", BigInteger, nullable=False),
    Index(None, "customer_id"),
    Index(None, "operator", "ends_s"),
    info=REFERENCE,
    comment="That the desk looked somebody up, why, and until when it may. The customer sees it.",
)

case_act = Table(
    "case_act",
    METADATA,
    Column("case_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("at_s", BigInteger, nullable=False),
    Column("what", String(16), nullable=False),
    Column("about", String(64), nullable=False),
    Column("reason", String(512), nullable=False),
    info=REFERENCE,
    comment="What the desk did in a case: unlock, resend, release. The customer sees it.",
)

notice = Table(
    "notice",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("component", String(16), nullable=False, default=""),
    Column("emergency", Boolean, nullable=False, default=False),
    Column("title_en", String(160), nullable=False),
    Column("title_es", String(160), nullable=False),
    Column("text_en", Text, nullable=False),
    Column("text_es", Text, nullable=False),
    Column("starts_s", BigInteger, nullable=False),
    Column("ends_s", BigInteger, nullable=False),
    Column("published_s", BigInteger, nullable=False),
    Column("updated_s", BigInteger, nullable=False),
    Column("publisher", String(256), nullable=False),
    Index(None, "ends_s"),
    info=REFERENCE,
    comment="What everybody is told: outage, incident, feature or change, in both languages, until ends_s.",
)

notice_reader = Table(
    "notice_reader",
    METADATA,
    Column("login_id", BigInteger, primary_key=True, autoincrement=False),
    Column("since_s", BigInteger, nullable=False),
    info=REFERENCE,
    comment="A login that chose to get notices by mail.",
)

role_proposal = Table(
    "role_proposal",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("login_name", String(256), nullable=False),
    Column("email", String(254), nullable=False, default=""),
    Column("language", String(8), nullable=False),
    Column("role", String(16), nullable=False),
    Column("party_id", BigInteger, nullable=False),
    Column("reason", String(512), nullable=False),
    Column("state", String(16), nullable=False),
    Column("proposed_by", String(256), nullable=False),
    Column("proposed_s", BigInteger, nullable=False),
    Column("decided_by", String(256), nullable=False, default=""),
    Column("decided_s", BigInteger),
    Column("answer", String(512), nullable=False, default=""),
    Index(None, "state"),
    info=REFERENCE,
    comment="That somebody should get a login of a role: proposed by one operator, approved or refused by another.",
)

standing_step = Table(
    "standing_step",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("third_party_id", BigInteger, nullable=False),
    Column("what", String(16), nullable=False),
    Column("item", String(32), nullable=False, default=""),
    Column("reason", String(2000), nullable=False, default=""),
    Column("actor", String(256), nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("effective_s", BigInteger),
    Index(None, "third_party_id", "id"),
    info=REFERENCE,
    comment="A step in a third party's approval, suspension or appeal: append-only, each with who and why.",
)
