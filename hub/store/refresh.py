"""The refresh of a connection that is under way: one at a time over all processes, and what became of the last one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Retention, column
from hub.store.ids import LENGTH

_ID = About(Category.IDENTIFIER, Retention.CONNECTION)
_STATE = About(Category.TECHNICAL, Retention.CONNECTION)


class Refresh(Base):
    """Who asks the provider for a credential newer than ``version``, until when; then why there is none.

    A row without a ``problem`` whose ``until`` has passed was left by a process that died. A row for an older version
    than the stored one means nothing any more.
    """

    __tablename__ = "refresh"

    connection_id: Mapped[str] = column(_ID, ForeignKey("connection.id"), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    version: Mapped[int] = column(_STATE, Integer)
    owner: Mapped[str] = column(_STATE, Text)
    until: Mapped[int] = column(_STATE, BigInteger)
    problem: Mapped[str] = column(_STATE, Text)


def find_refresh(conn: sa.Connection, business_id: str, connection_id: str) -> sa.Row[*tuple[Any, ...]] | None:
    """Return the row of a connection, or None."""
    mine = Refresh.business_id == business_id, Refresh.connection_id == connection_id
    return conn.execute(select(Refresh.__table__).where(*mine)).one_or_none()


def begin_refresh(
    conn: sa.Connection, business_id: str, connection_id: str, version: int, owner: str, until: int
) -> None:
    """Write down who refreshes now. Who calls has locked the connection, so nobody else does so meanwhile."""
    values = {"business_id": business_id, "version": version, "owner": owner, "until": until, "problem": ""}
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Refresh).values(connection_id=connection_id, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["connection_id"], set_=values))


def end_refresh(
    conn: sa.Connection, business_id: str, connection_id: str, owner: str, *, until: int, problem: str
) -> None:
    """Write down why an owner's refresh brought nothing; another owner's is left alone."""
    mine = Refresh.business_id == business_id, Refresh.connection_id == connection_id, Refresh.owner == owner
    conn.execute(update(Refresh).where(*mine).values(until=until, problem=problem))


def forget_refresh(conn: sa.Connection, business_id: str, connection_id: str) -> None:
    """Delete the row of a connection: its credential is another one, or gone."""
    conn.execute(delete(Refresh).where(Refresh.business_id == business_id, Refresh.connection_id == connection_id))
