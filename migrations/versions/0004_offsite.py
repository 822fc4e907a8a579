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
    op.create_table(
        "connecting",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("consent_id", sa.Text(), nullable=False),
        sa.Column("holder_id", sa.String(length=26), nullable=True),
        sa.Column("connection_id", sa.String(length=26), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("keep", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_connecting_business_id_business")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connecting")),
    )
    with op.batch_alter_table("connecting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_connecting_expires_at"), ["expires_at"], unique=False)

    for name in ("scopes", "limits"):
        op.add_column("connection", sa.Column(name, sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    """Take them away."""
    for name in ("limits", "scopes"):
        op.drop_column("connection", name)
    with op.batch_alter_table("connecting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_connecting_expires_at"))

    op.drop_table("connecting")
    op.drop_table("provider_setting")
