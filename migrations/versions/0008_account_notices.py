"""what providers say of accounts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "heard_notice",
        sa.Column("id_hash", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_heard_notice")),
    )
    op.create_index(op.f("ix_heard_notice_heard_at"), "heard_notice", ["heard_at"])
    op.create_table(
        "grant_mark",
        sa.Column("connection_id", sa.String(length=26), nullable=False),
        sa.Column("mark_hash", sa.Text(), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_grant_mark_connection_id_connection")
        ),
        sa.PrimaryKeyConstraint("connection_id", "mark_hash", name=op.f("pk_grant_mark")),
    )
    op.create_index(op.f("ix_grant_mark_mark_hash"), "grant_mark", ["mark_hash"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("grant_mark")
    op.drop_table("heard_notice")
