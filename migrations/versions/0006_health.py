"""health of connections, events changed outside"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the tables and columns."""
    op.create_table(
        "health_change",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("connection_id", sa.String(length=26), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("health", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_health_change_connection_id_connection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_change")),
    )
    op.create_index("ix_health_change_connection", "health_change", ["connection_id", "id"])
    op.create_table(
        "outage",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("connection_id", sa.String(length=26), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("blind_from", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("settles_at", sa.BigInteger(), nullable=True),
        sa.Column("mailed", sa.Text(), server_default="", nullable=False),
        sa.Column("agency_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("late", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_outage_connection_id_connection")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
    )
    op.create_index("ix_outage_connection", "outage", ["connection_id", "ended_at"])
    op.create_table(
        "outside_change",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("booking_id", sa.String(length=26), nullable=False),
        sa.Column("calendar_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_outside_change_booking_id_booking")),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_outside_change_calendar_id_calendar")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_change")),
    )
    op.create_index("ix_outside_change_booking", "outside_change", ["booking_id", "ended_at"])
    op.create_index("ix_outside_change_calendar", "outside_change", ["calendar_id", "seen_at"])
    op.add_column("business", sa.Column("follow_calendar", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("booking_event", sa.Column("looked_at", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("booking_event", "looked_at")
    op.drop_column("business", "follow_calendar")
    for table in ("outside_change", "outage", "health_change"):
        op.drop_table(table)
