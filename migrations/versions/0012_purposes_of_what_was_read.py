"""purposes of what was read"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the marks. What was read before was read for what its owner agreed to, and counts as restricted until the
    next look says it."""
    op.add_column("calendar", sa.Column("taken_for", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("calendar", sa.Column("restricted", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.execute(
        "UPDATE calendar SET taken_for = (SELECT purposes FROM connection WHERE id = calendar.connection_id)"
        " WHERE read_at > 0"
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_column("calendar", "restricted")
    op.drop_column("calendar", "taken_for")
