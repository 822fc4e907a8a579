"""stamp of the rules of a business"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column."""
    op.add_column("business", sa.Column("rules", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("business", "rules")
