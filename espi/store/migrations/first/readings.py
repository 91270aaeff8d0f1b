"""Days of readings, register reads and summaries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def make() -> None:
    """Make the tables."""
    _day_block()
    _day_block_version()
    _register_read()
    _usage_summary()
    _power_quality_summary()


def _day_block() -> None:
    op.create_table(
        "day_block",
        sa.Column("day", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("updated_s", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", "usage_point_id", "channel", name=op.f("pk_day_block")),
        postgresql_partition_by="RANGE (day)",
        comment="The readings in force, day-major so that loading stays flat. content: as espi.store.form has it.",
        sqlite_with_rowid=False,
    )


def _day_block_version() -> None:
    op.create_table(
        "day_block_version",
        sa.Column("day", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("updated_s", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("replaced_s", sa.BigInteger(), nullable=True),
        sa.Column("received", sa.Boolean(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", "usage_point_id", "channel", "version", name=op.f("pk_day_block_version")),
        postgresql_partition_by="RANGE (day)",
        comment="Readings once in force (revision > 0, until replaced_s) or received and never in force (revision 0).",
        sqlite_with_rowid=False,
    )


def _register_read() -> None:
    op.create_table(
        "register_read",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Integer(), nullable=False),
        sa.Column("read_s", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("quality", sa.SmallInteger(), nullable=False),
        sa.Column("published_s", sa.BigInteger(), nullable=False),
        sa.Column("updated_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "usage_point_id", "channel", name=op.f("pk_register_read")),
        comment="A meter's dial at an instant; channel is a register series.",
    )


def _usage_summary() -> None:
    op.create_table(
        "usage_summary",
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Integer(), nullable=False),
        sa.Column("until_day", sa.Integer(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("path_id", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("published_s", sa.BigInteger(), nullable=False),
        sa.Column("updated_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("usage_point_id", "from_day", "until_day", "number", name=op.f("pk_usage_summary")),
        comment="A bill's summary (ESPI UsageSummary) for the local days it covers.",
    )


def _power_quality_summary() -> None:
    op.create_table(
        "power_quality_summary",
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Integer(), nullable=False),
        sa.Column("until_day", sa.Integer(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("path_id", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("published_s", sa.BigInteger(), nullable=False),
        sa.Column("updated_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "usage_point_id", "from_day", "until_day", "number", name=op.f("pk_power_quality_summary")
        ),
        comment="An ESPI ElectricPowerQualitySummary for the local days it covers.",
    )
