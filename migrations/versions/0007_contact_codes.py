"""codes that prove an address on the booking pages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables and columns."""
    op.create_table(
        "contact_code",
        *(sa.Column(name, sa.String(length=26), nullable=False) for name in ("id", "business_id", "booking_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("contact_hash", "network", "bound", "code_hash")),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("proved_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_contact_code_booking_id_booking"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_code")),
    )
    op.create_index("ix_contact_code_booking", "contact_code", ["business_id", "booking_id"])
    op.create_index("ix_contact_code_contact", "contact_code", ["business_id", "contact_hash"])
    op.create_index("ix_contact_code_network", "contact_code", ["business_id", "network"])
    op.add_column("business", sa.Column("contact_proof", sa.Text(), server_default="second", nullable=False))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("business", "contact_proof")
    op.drop_table("contact_code")
