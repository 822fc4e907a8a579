"""watches of calendars, what was announced and not read yet, calls counted for budgets"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_MARKS = ("announced", "begun", "known", "pushed_until", "watch_after")


def upgrade() -> None:
    """Add the tables and columns."""
    for name in _MARKS:
        op.add_column("calendar", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "watch",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("connection_id", sa.String(length=26), nullable=False),
        sa.Column("calendar_id", sa.String(length=26), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("renew_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_watch_business_id")),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_watch_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch")),
    )
    op.create_index("ix_watch_calendar", "watch", ["business_id", "calendar_id"])
    op.create_index("ix_watch_connection_id", "watch", ["connection_id"])
    op.create_index("ix_watch_until", "watch", ["until"])
    op.create_table(
        "call_count",
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("connection_id", sa.String(length=26), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "slot", name=op.f("pk_call_count")),
    )
    op.create_index("ix_call_count_provider", "call_count", ["provider", "slot", "business_id", "calls"])
    op.create_table(
        "call_pause",
        sa.Column("connection_id", sa.String(length=26), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_call_pause")),
    )


def downgrade() -> None:
    """Take them away."""
    for table in ("call_pause", "call_count", "watch"):
        op.drop_table(table)
    for name in reversed(_MARKS):
        op.drop_column("calendar", name)
