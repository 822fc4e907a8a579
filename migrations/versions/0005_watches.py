"""watches of calendars, what was announced and not read yet"""

from __future__ import annotations

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables and columns."""


def downgrade() -> None:
    """Take them away."""
