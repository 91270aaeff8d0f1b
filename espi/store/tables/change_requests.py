"""Requests to change how the system works: what companies write about them, and how the utilities vote."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, SmallInteger, String, Table, Text

from espi.store.tables.columns import METADATA, REFERENCE, Key

change_request = Table(
    "change_request",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("number", String(16), nullable=False, unique=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("title", String(160), nullable=False),
    Column("need", Text, nullable=False),
    Column("wish", Text, nullable=False),
    Column("impact", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("company", String(256), nullable=False),
    Column("login_id", BigInteger, nullable=False),
    Column("submitted_s", BigInteger, nullable=False),
    Column("changed_s", BigInteger, nullable=False),
    Column("voting_until_s", BigInteger),
    Column("decided_s", BigInteger),
    Column("decided_by", String(256), nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Index(None, "state"),
    info=REFERENCE,
    comment="A wish to change the system, public but for login_id. state: open, voting, accepted, rejected...",
)

change_comment = Table(
    "change_comment",
    METADATA,
    Column("request_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("at_s", BigInteger, nullable=False),
    Column("company", String(256), nullable=False),
    Column("login_id", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    info=REFERENCE,
    comment="What a company wrote about a change request, public but for login_id.",
)

change_vote = Table(
    "change_vote",
    METADATA,
    Column("request_id", BigInteger, primary_key=True, autoincrement=False),
    Column("utility_id", BigInteger, primary_key=True, autoincrement=False),
    Column("choice", String(8), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("login_id", BigInteger, nullable=False),
    info=REFERENCE,
    comment="The one vote of a utility on a change request: yes, no or abstain; public but for login_id.",
)
