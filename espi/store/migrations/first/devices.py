"""Devices of the home area network at meters, and what they are sent: text, prices, load control."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make the tables."""
    _devices()
    _enrolments()
    _agreements()
    _commands()
    _targets()
    _reports()
    _networks()


def _devices() -> None:
    op.create_table(
        "home_device",
        sa.Column("usage_point_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("utility_id", sa.BigInteger(), nullable=False),
        sa.Column("eui64", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("device_class", sa.Integer(), nullable=False),
        sa.Column("device_group", sa.SmallInteger(), nullable=False),
        sa.Column("clusters", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("state_s", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.String(32), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("asked_by", sa.String(128), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("authorization_id", sa.BigInteger(), nullable=False),
        sa.Column("made_s", sa.BigInteger(), nullable=False),
        sa.Column("contact_s", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("due_s", sa.BigInteger(), nullable=True),
        sa.Column("removed_for", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("usage_point_id", "number", name=op.f("pk_home_device")),
        comment="A device at a meter. sealed_key: its link key, until it has joined. due_s: when it is seen to next.",
    )
    op.create_index(op.f("ix_home_device_eui64"), "home_device", ["eui64"], unique=False)
    op.create_index(op.f("ix_home_device_due_s"), "home_device", ["due_s"], unique=False)


def _enrolments() -> None:
    op.create_table(
        "device_enrolment",
        sa.Column("usage_point_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("from_s", sa.BigInteger(), nullable=False),
        sa.Column("until_s", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("usage_point_id", "device_number", "provider", name=op.f("pk_device_enrolment")),
        comment="That a REP or third party (provider: rep/7) may send to a device, until somebody ends it.",
    )


def _agreements() -> None:
    op.create_table(
        "device_agreement",
        sa.Column("authorization_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("usage_point_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("eui64", sa.String(16), nullable=False),
        sa.Column("services", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("authorization_id", "usage_point_id", name=op.f("pk_device_agreement")),
        comment="What a grant says of devices. eui64: the one that may join (In-Home Device). services: sending.",
    )


def _commands() -> None:
    op.create_table(
        "home_command",
        sa.Column("id", KEY, nullable=False),
        sa.Column("path_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("sender", sa.String(128), nullable=False),
        sa.Column("reference", sa.String(64), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("frame", sa.LargeBinary(), nullable=False),
        sa.Column("cancel_frame", sa.LargeBinary(), nullable=True),
        sa.Column("critical", sa.SmallInteger(), nullable=False),
        sa.Column("confirms", sa.Boolean(), nullable=False),
        sa.Column("made_s", sa.BigInteger(), nullable=False),
        sa.Column("start_s", sa.BigInteger(), nullable=False),
        sa.Column("until_s", sa.BigInteger(), nullable=False),
        sa.Column("cancelled_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_home_command")),
        sa.UniqueConstraint("path_id", name=op.f("uq_home_command_path_id")),
        sa.UniqueConstraint("provider", "reference", name=op.f("uq_home_command_provider_reference")),
        comment="A text, price or load-control event. id: its event id. reference: the sender's own id.",
    )
    op.create_index(op.f("ix_home_command_made_s"), "home_command", ["made_s"], unique=False)


def _targets() -> None:
    op.create_table(
        "home_target",
        sa.Column("usage_point_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("command_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("utility_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("code", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("sent_s", sa.BigInteger(), nullable=True),
        sa.Column("delivered_s", sa.BigInteger(), nullable=True),
        sa.Column("started_s", sa.BigInteger(), nullable=True),
        sa.Column("chosen_s", sa.BigInteger(), nullable=True),
        sa.Column("closed_s", sa.BigInteger(), nullable=True),
        sa.Column("cancel_s", sa.BigInteger(), nullable=True),
        sa.Column("pending", sa.SmallInteger(), nullable=False),
        sa.Column("deadline_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("usage_point_id", "command_id", "device_number", name=op.f("pk_home_target")),
        comment="What became of a command at a device. pending: 1 to send, 2 to cancel. deadline_s: while open.",
    )
    op.create_index(op.f("ix_home_target_command_id"), "home_target", ["command_id"], unique=False)
    op.create_index(op.f("ix_home_target_deadline_s"), "home_target", ["deadline_s"], unique=False)
    op.create_index(op.f("ix_home_target_utility_id_pending"), "home_target", ["utility_id", "pending"], unique=False)


def _reports() -> None:
    op.create_table(
        "home_report",
        sa.Column("usage_point_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device_number", sa.BigInteger(), nullable=False),
        sa.Column("command_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.Column("frame", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("usage_point_id", "number", name=op.f("pk_home_report")),
        comment="What a head end has reported, as it came. number: its place in that network's stream.",
    )
    op.create_index(op.f("ix_home_report_command_id"), "home_report", ["command_id"], unique=False)


def _networks() -> None:
    op.create_table(
        "home_network",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_home_network")),
        comment="Up to which of its reports a network's stream is taken in.",
    )
