"""How far each login has come on the tour of the portal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def make() -> None:
    """Make the table."""
    op.create_table(
        "tour",
        sa.Column("login_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_tour")),
        comment="The step of the tour that a login saw last, and whether he is through or wanted none.",
    )
