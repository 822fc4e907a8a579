"""Names of accounts and calendars from before they were sealed: a migration cannot open keys, so the next start seals
them. Empty ever after."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON, String, Text, delete, select
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.guard import Across
from hub.store.ids import LENGTH

_ID = About(Category.IDENTIFIER, Retention.CONNECTION)
_NAME = About(Category.CONTACT, Retention.CONNECTION, Link.STAFF, export=True, erase=Erase.ROW)


class UnsealedName(Base):
    """What ``row_id`` of a table (``connection``, ``calendar``) is called, as the function that seals it takes it."""

    __tablename__ = "unsealed_name"

    table_name: Mapped[str] = column(_ID, Text, primary_key=True)
    row_id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    content: Mapped[list[Any]] = column(_NAME, JSON)


def next_unsealed(conn: sa.Connection, limit: int) -> list[sa.Row[Any]]:
    """Return names of all businesses that are to be sealed, locked."""
    statement = select(UnsealedName.__table__).order_by(UnsealedName.table_name, UnsealedName.row_id).limit(limit)
    return list(conn.execute(statement.with_for_update().execution_options(across=Across.OPERATOR)).all())


def delete_unsealed(conn: sa.Connection, row: Any) -> None:
    """Forget a name that is sealed now."""
    mine = UnsealedName.business_id == row.business_id, UnsealedName.table_name == row.table_name
    conn.execute(delete(UnsealedName).where(*mine, UnsealedName.row_id == row.row_id))
