"""connecting on the provider's own pages, settings of providers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables and columns."""
    op.create_table(
        "provider_setting",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_setting")),
    )
    for name in ("scopes", "limits"):
        op.add_column("connection", sa.Column(name, sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    """Take them away."""
    for name in ("limits", "scopes"):
        op.drop_column("connection", name)
    op.drop_table("provider_setting")
