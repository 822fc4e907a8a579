"""Uses of keys and refused calls, counted by the minute until the ledger takes each minute as one entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Text,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Retention, column
from hub.store.guard import Across
from hub.store.ids import LENGTH

_ID = About(Category.IDENTIFIER, Retention.CONNECTION)
_STATE = About(Category.TECHNICAL, Retention.CONNECTION)


class KeyUse(Base):
    """How often a connection's key was used in one minute, for which operation and purpose.

    ``collected`` of the ``uses`` are in an entry of the ledger.
    """

    __tablename__ = "key_use"

    business_id: Mapped[str] = column(_ID, String(LENGTH))
    connection_id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    minute: Mapped[int] = column(_STATE, BigInteger, primary_key=True)
    operation: Mapped[str] = column(_STATE, Text, primary_key=True)
    purpose: Mapped[str] = column(_STATE, Text, primary_key=True)
    uses: Mapped[int] = column(_STATE, Integer)
    collected: Mapped[int] = column(_STATE, Integer, server_default="0")

    __table_args__ = (
        Index("ix_key_use_business_minute", "business_id", "minute"),
        Index(
            "ix_key_use_left",
            "minute",
            sqlite_where=text("uses > collected"),
            postgresql_where=text("uses > collected"),
        ),
    )


class CallRefusal(Base):
    """How often a call in the name of a connection was refused in one minute, and why.

    ``reason`` and ``hook`` are machine words; ``collected`` of the ``calls`` are in an entry of the ledger.
    """

    __tablename__ = "call_refusal"

    business_id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    connection_id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    minute: Mapped[int] = column(_STATE, BigInteger, primary_key=True)
    hook: Mapped[str] = column(_STATE, Text, primary_key=True)
    purpose: Mapped[str] = column(_STATE, Text, primary_key=True)
    reason: Mapped[str] = column(_STATE, Text, primary_key=True)
    calls: Mapped[int] = column(_STATE, Integer)
    collected: Mapped[int] = column(_STATE, Integer, server_default="0")

    __table_args__ = (
        Index(
            "ix_call_refusal_left",
            "minute",
            sqlite_where=text("calls > collected"),
            postgresql_where=text("calls > collected"),
        ),
    )


def add_use(conn: Connection, business_id: str, connection_id: str, minute: int, operation: str, purpose: str) -> None:
    """Count one use of a connection's key. ``minute`` is UTC seconds divided by 60."""
    values = {"connection_id": connection_id, "minute": minute, "operation": operation, "purpose": purpose}
    conn.execute(_USE[conn.dialect.name], {"business_id": business_id, "uses": 1, **values})


def add_refusal(
    conn: Connection, business_id: str, connection_id: str, minute: int, hook: str, purpose: str, reason: str
) -> None:
    """Count one refused call. ``minute`` is UTC seconds divided by 60."""
    values = {"connection_id": connection_id, "minute": minute, "hook": hook, "purpose": purpose, "reason": reason}
    conn.execute(_REFUSAL[conn.dialect.name], {"business_id": business_id, "calls": 1, **values})


Counted = type[KeyUse] | type[CallRefusal]

_LOCK = 0x6B65797573  # any number that no other program takes on this database


def lock_counts(conn: Connection) -> None:
    """Wait until this transaction alone collects. SQLite has one writer anyhow."""
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(_LOCK))).all()


def counted(conn: Connection, table: Counted, before: int, limit: int) -> list[Row[*tuple[Any, ...]]]:
    """Return counts of all businesses from minutes before ``before`` that are not wholly in the ledger.

    Each begins with business, connection and minute, by which they are sorted, and ends with ``count`` and
    ``collected``; what is counted stands between.
    """
    columns = table.__table__.c
    what = [one for one in table.__table__.primary_key if one.name not in _WHERE]
    keys = [columns.business_id, columns.connection_id, columns.minute, *what]
    count = columns[_NAMES[table]]
    statement = select(*keys, count.label("count"), columns.collected).where(
        count > columns.collected, columns.minute < before
    )
    statement = statement.order_by(columns.minute, *keys).limit(limit)
    return list(conn.execute(statement.execution_options(across=Across.LEDGER)).all())


def set_collected(conn: Connection, table: Counted, rows: Sequence[Row[*tuple[Any, ...]]]) -> None:
    """Note that these counts are in the ledger as they were read; what was counted meanwhile is left."""
    keys = list(dict.fromkeys(["business_id", *(one.name for one in table.__table__.primary_key)]))
    columns = table.__table__.c
    statement = update(table).where(*(columns[name] == bindparam(f"its_{name}") for name in keys))
    values = [{"seen": row.count, **{f"its_{name}": row._mapping[name] for name in keys}} for row in rows]
    if values:
        conn.execute(statement.values(collected=bindparam("seen")), values)


def _counting(table: Counted, count: str) -> dict[str, sqlite.Insert | postgresql.Insert]:
    keys, more = [one.name for one in table.__table__.primary_key], {count: table.__table__.c[count] + 1}
    made: dict[str, sqlite.Insert | postgresql.Insert] = {}
    for dialect in (sqlite, postgresql):
        insert = dialect.insert(table)
        made[dialect.__name__.rpartition(".")[2]] = insert.on_conflict_do_update(index_elements=keys, set_=more)
    return made


_NAMES: dict[Counted, str] = {KeyUse: "uses", CallRefusal: "calls"}
_WHERE = ("business_id", "connection_id", "minute")
_USE = _counting(KeyUse, "uses")
_REFUSAL = _counting(CallRefusal, "calls")
