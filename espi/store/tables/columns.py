"""What tables are made of: the names of constraints, keys that number themselves, columns that stand in several."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, MetaData
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


def runs() -> tuple[SchemaItem, ...]:
    """A usage point and a span of its days."""
    return (
        Column("usage_point_id", Integer, primary_key=True),
        Column("from_day", Integer, primary_key=True),
        Column("until_day", Integer, nullable=False),
        CheckConstraint("from_day < until_day", name="span"),
    )


def stamps() -> tuple[SchemaItem, ...]:
    """When an entry was first published and last updated."""
    return Column("published_s", BigInteger, nullable=False), Column("updated_s", BigInteger, nullable=False)
