"""names of accounts and calendars are sealed

A migration opens no keys. It moves the names into a table of their own, which the next start seals and empties.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_CONNECTION = sa.table(
    "connection",
    *(sa.column(name) for name in ("id", "business_id", "account_name")),
    sa.column("settings", sa.JSON()),
)
_CALENDAR = sa.table("calendar", *(sa.column(name) for name in ("id", "business_id", "ref", "name")))
_EVENT = sa.table("booking_event", *(sa.column(name) for name in ("booking_id", "calendar_id", "ref")))


def upgrade() -> None:
    """Move the names, and shorten those of events by that of their calendar."""
    unsealed = op.create_table(
        "unsealed_name",
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.String(length=26), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("table_name", "row_id", name=op.f("pk_unsealed_name")),
    )
    bind = op.get_bind()
    rows = [
        *(("connection", *row) for row in bind.execute(sa.select(_CONNECTION))),
        *(("calendar", *row) for row in bind.execute(sa.select(_CALENDAR).where(_CALENDAR.c.ref != ""))),
    ]
    if rows:
        named = ({"table_name": one[0], "row_id": one[1], "business_id": one[2], "content": one[3:]} for one in rows)
        op.bulk_insert(unsealed, list(named))
    length, begin = sa.func.length(_CALENDAR.c.ref), sa.func.substr(_EVENT.c.ref, 1, sa.func.length(_CALENDAR.c.ref))
    mine = sa.select(sa.literal("./") + sa.func.substr(_EVENT.c.ref, length + 1)).where(
        _CALENDAR.c.id == _EVENT.c.calendar_id
    )
    within = sa.exists().where(_CALENDAR.c.id == _EVENT.c.calendar_id, _CALENDAR.c.ref != "", begin == _CALENDAR.c.ref)
    bind.execute(sa.update(_EVENT).where(within).values(ref=mine.scalar_subquery()))
    for table, names in (("connection", ("account_name", "settings")), ("calendar", ("ref", "name"))):
        for name in names:
            op.drop_column(table, name)
    op.add_column("connection", sa.Column("account", sa.LargeBinary(), nullable=True))
    op.add_column("calendar", sa.Column("names", sa.LargeBinary(), nullable=True))
    op.add_column("calendar", sa.Column("ref_hash", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Take the sealed names away. They do not come back: restore a backup from before instead."""
    for name in ("ref_hash", "names"):
        op.drop_column("calendar", name)
    op.drop_column("connection", "account")
    for table, names in (("connection", ("account_name",)), ("calendar", ("ref", "name"))):
        for name in names:
            op.add_column(table, sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("connection", sa.Column("settings", sa.JSON(), server_default="{}", nullable=False))
    op.drop_table("unsealed_name")
