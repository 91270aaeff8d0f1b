"""Utilities, usage points, their meters and channels, and who has to do with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make the tables."""
    _deployment()
    _utility()
    _usage_point()
    _meter()
    _meter_installation()
    _reading_type()
    _channel()
    _customer()
    _tenancy()
    _rep()
    _rep_of_record()


def _deployment() -> None:
    op.create_table(
        "deployment",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_deployment")),
        comment="Facts of this installation: the secret that ids are derived from, among others.",
    )


def _utility() -> None:
    op.create_table(
        "utility",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("duns", sa.String(length=13), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("service_kind", sa.SmallInteger(), nullable=False),
        sa.Column("esiid_lengths", sa.String(length=64), nullable=False),
        sa.Column("dialect", sa.JSON(), nullable=False),
        sa.Column("local_time_uuid", sa.String(length=36), nullable=False),
        sa.Column("local_time_path_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utility")),
        sa.UniqueConstraint("duns", name=op.f("uq_utility_duns")),
        sa.UniqueConstraint("local_time_path_id", name=op.f("uq_utility_local_time_path_id")),
        sa.UniqueConstraint("name", name=op.f("uq_utility_name")),
        comment="A TDSP, gas or water company: whose meters, which time zone, how its files are written.",
    )


def _usage_point() -> None:
    op.create_table(
        "usage_point",
        sa.Column("id", KEY, nullable=False),
        sa.Column("utility_id", KEY, nullable=False),
        sa.Column("esiid", sa.String(length=64), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("path_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=256), nullable=False),
        sa.Column("service_kind", sa.SmallInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("published_s", sa.BigInteger(), nullable=False),
        sa.Column("updated_s", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["utility_id"], ["utility.id"], name=op.f("fk_usage_point_utility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_point")),
        sa.UniqueConstraint("utility_id", "esiid", name=op.f("uq_usage_point_utility_id_esiid")),
        comment="A point of delivery at a premise (ESIID). content: its further ESPI elements.",
    )
    op.create_index(op.f("ix_usage_point_esiid"), "usage_point", ["esiid"], unique=False)
    op.create_index(op.f("ix_usage_point_path_id"), "usage_point", ["path_id"], unique=False)
    op.create_index(op.f("ix_usage_point_utility_id_id"), "usage_point", ["utility_id", "id"], unique=False)


def _meter() -> None:
    op.create_table(
        "meter",
        sa.Column("id", KEY, nullable=False),
        sa.Column("utility_id", KEY, nullable=False),
        sa.Column("serial_number", sa.String(length=64), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["utility_id"], ["utility.id"], name=op.f("fk_meter_utility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter")),
        sa.UniqueConstraint("utility_id", "serial_number", name=op.f("uq_meter_utility_id_serial_number")),
        comment="A meter: the device, not the place. attributes: manufacturer, class, multiplier and the like.",
    )


def _meter_installation() -> None:
    op.create_table(
        "meter_installation",
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Integer(), nullable=False),
        sa.Column("until_day", sa.Integer(), nullable=False),
        sa.Column("meter_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("from_day < until_day", name=op.f("ck_meter_installation_span")),
        sa.PrimaryKeyConstraint("usage_point_id", "from_day", name=op.f("pk_meter_installation")),
        comment="Which meter hung at which usage point from when until when.",
    )


def _reading_type() -> None:
    op.create_table(
        "reading_type",
        sa.Column("id", KEY, nullable=False),
        sa.Column("code", sa.String(length=128), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("path_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=256), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("published_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_type")),
        sa.UniqueConstraint("code", name=op.f("uq_reading_type_code")),
        sa.UniqueConstraint("path_id", name=op.f("uq_reading_type_path_id")),
        comment="An ESPI ReadingType, shared by every channel of that kind. code: the SHA-256 of its values.",
    )


def _channel() -> None:
    op.create_table(
        "channel",
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("of_number", sa.Integer(), nullable=True),
        sa.Column("reading_type_id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("path_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=256), nullable=False),
        sa.Column("published_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("usage_point_id", "number", name=op.f("pk_channel")),
        comment="A MeterReading. series: interval, or what is made of channel of_number: daily, monthly, register.",
    )


def _customer() -> None:
    op.create_table(
        "customer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("path_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("path_id", name=op.f("uq_customer_path_id")),
        comment="A retail customer. content: his ESPI customer elements. No row of his is ever joined to another's.",
    )


def _tenancy() -> None:
    op.create_table(
        "tenancy",
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Integer(), nullable=False),
        sa.Column("until_day", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("from_day < until_day", name=op.f("ck_tenancy_span")),
        sa.PrimaryKeyConstraint("usage_point_id", "from_day", name=op.f("pk_tenancy")),
        comment="Whose usage point it is, from move-in until move-out.",
    )
    op.create_index(op.f("ix_tenancy_customer_id"), "tenancy", ["customer_id"], unique=False)


def _rep() -> None:
    op.create_table(
        "rep",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("duns", sa.String(length=13), nullable=False),
        sa.Column("certificate_number", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rep")),
        sa.UniqueConstraint("certificate_number", name=op.f("uq_rep_certificate_number")),
        sa.UniqueConstraint("duns", name=op.f("uq_rep_duns")),
        sa.UniqueConstraint("name", name=op.f("uq_rep_name")),
        comment="A retail electric provider; certificate_number is the regulator's.",
    )


def _rep_of_record() -> None:
    op.create_table(
        "rep_of_record",
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Integer(), nullable=False),
        sa.Column("until_day", sa.Integer(), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("from_day < until_day", name=op.f("ck_rep_of_record_span")),
        sa.PrimaryKeyConstraint("usage_point_id", "from_day", name=op.f("pk_rep_of_record")),
        comment="Which REP served the usage point on which days.",
    )
    for column in ("from_day", "until_day"):
        op.create_index(op.f(f"ix_rep_of_record_rep_id_{column}"), "rep_of_record", ["rep_id", column], unique=False)
