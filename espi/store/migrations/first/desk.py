"""The help desk and the operator's desk: tickets, look-ups, notices, proposals of roles, third parties' standing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make the tables."""
    _ticket()
    _ticket_message()
    _canned_reply()
    _lookup_case()
    _case_act()
    _notice()
    _notice_reader()
    _role_proposal()
    _standing_step()


def _ticket() -> None:
    op.create_table(
        "ticket",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("assigned", sa.String(length=256), nullable=False),
        sa.Column("opened_s", sa.BigInteger(), nullable=False),
        sa.Column("touched_s", sa.BigInteger(), nullable=False),
        sa.Column("due_s", sa.BigInteger(), nullable=True),
        sa.Column("left_s", sa.BigInteger(), nullable=True),
        sa.Column("answered_s", sa.BigInteger(), nullable=True),
        sa.Column("solved_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("number", name=op.f("uq_ticket_number")),
        comment="A question to the help desk. due_s: when its clock is over; left_s: what is left while it is paused.",
    )
    op.create_index(op.f("ix_ticket_login_id"), "ticket", ["login_id"], unique=False)
    op.create_index(op.f("ix_ticket_state_due_s"), "ticket", ["state", "due_s"], unique=False)


def _ticket_message() -> None:
    op.create_table(
        "ticket_message",
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.String(length=256), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "number", name=op.f("pk_ticket_message")),
        comment="What was written about a ticket. kind: in (from the caller), out (to him) or note (among the desk).",
    )


def _canned_reply() -> None:
    op.create_table(
        "canned_reply",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "language", name=op.f("pk_canned_reply")),
        comment="A reply that the desk sends often, as an operator has changed it.",
    )


def _lookup_case() -> None:
    op.create_table(
        "lookup_case",
        sa.Column("id", KEY, nullable=False),
        sa.Column("operator", sa.String(length=256), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=512), nullable=False),
        sa.Column("sought_by", sa.String(length=16), nullable=False),
        sa.Column("opened_s", sa.BigInteger(), nullable=False),
        sa.Column("ends_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookup_case")),
        comment="That the desk looked somebody up, why, and until when it may. The customer sees it.",
    )
    op.create_index(op.f("ix_lookup_case_customer_id"), "lookup_case", ["customer_id"], unique=False)
    op.create_index(op.f("ix_lookup_case_operator_ends_s"), "lookup_case", ["operator", "ends_s"], unique=False)


def _case_act() -> None:
    op.create_table(
        "case_act",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=512), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_case_act")),
        comment="What the desk did in a case: unlock, resend, release. The customer sees it.",
    )


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("component", sa.String(length=16), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("title_en", sa.String(length=160), nullable=False),
        sa.Column("title_es", sa.String(length=160), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("text_es", sa.Text(), nullable=False),
        sa.Column("starts_s", sa.BigInteger(), nullable=False),
        sa.Column("ends_s", sa.BigInteger(), nullable=False),
        sa.Column("published_s", sa.BigInteger(), nullable=False),
        sa.Column("updated_s", sa.BigInteger(), nullable=False),
        sa.Column("publisher", sa.String(length=256), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("uuid", name=op.f("uq_notice_uuid")),
        comment="What everybody is told: outage, incident, feature or change, in both languages, until ends_s.",
    )
    op.create_index(op.f("ix_notice_ends_s"), "notice", ["ends_s"], unique=False)


def _notice_reader() -> None:
    op.create_table(
        "notice_reader",
        sa.Column("login_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_notice_reader")),
        comment="A login that chose to get notices by mail.",
    )


def _role_proposal() -> None:
    op.create_table(
        "role_proposal",
        sa.Column("id", KEY, nullable=False),
        sa.Column("login_name", sa.String(length=256), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=512), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("proposed_by", sa.String(length=256), nullable=False),
        sa.Column("proposed_s", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=256), nullable=False),
        sa.Column("decided_s", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.String(length=512), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_proposal")),
        comment="That somebody should get a login of a role: proposed by one operator, approved or refused by another.",
    )
    op.create_index(op.f("ix_role_proposal_state"), "role_proposal", ["state"], unique=False)


def _standing_step() -> None:
    op.create_table(
        "standing_step",
        sa.Column("id", KEY, nullable=False),
        sa.Column("third_party_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("item", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("actor", sa.String(length=256), nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.Column("effective_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_step")),
        comment="A step in a third party's approval, suspension or appeal: append-only, each with who and why.",
    )
    op.create_index(op.f("ix_standing_step_third_party_id_id"), "standing_step", ["third_party_id", "id"], unique=False)
