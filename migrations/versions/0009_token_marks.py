"""token marks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column. A credential that is there gets its marks when it is stored the next time."""
    op.add_column("credential", sa.Column("token_marks", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("credential", "token_marks")
