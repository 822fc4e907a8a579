"""health of connections, events changed outside"""

from __future__ import annotations

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the tables and columns."""


def downgrade() -> None:
    """Take them away."""
