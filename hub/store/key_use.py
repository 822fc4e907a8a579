"""Uses of keys and refused calls, counted by the minute until the ledger takes each minute as one entry."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    case,
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

    ``collected`` of the ``uses`` are in an entry of the ledger. ``last_ms`` is when the last one was let through, in
    milliseconds (UTC): with it a disconnect shows that no later one was.
    """

    __tablename__ = "key_use"

    business_id: Mapped[str] = column(_ID, String(LENGTH))
    connection_id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    minute: Mapped[int] = column(_STATE, BigInteger, primary_key=True)
    operation: Mapped[str] = column(_STATE, Text, primary_key=True)
    purpose: Mapped[str] = column(_STATE, Text, primary_key=True)
    uses: Mapped[int] = column(_STATE, Integer)
    last_ms: Mapped[int] = column(_STATE, BigInteger, server_default="0")
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


def add_use(
    conn: Connection,
    business_id: str,
    connection_id: str,
    minute: int,
    operation: str,
    purpose: str,
    *,
    at_ms: int | None = None,
) -> None:
    """Count one use of a connection's key. ``minute`` is UTC seconds divided by 60, ``at_ms`` the very moment."""
    values = {"connection_id": connection_id, "minute": minute, "operation": operation, "purpose": purpose}
    last = {"last_ms": minute * 60_000 if at_ms is None else at_ms}
    conn.execute(_USE[conn.dialect.name], {"business_id": business_id, "uses": 1, **values, **last})


def last_use(conn: Connection, business_id: str, connection_id: str) -> int:
    """Return when the last call in the name of a connection was let through, in milliseconds, 0 for never."""
    mine = KeyUse.business_id == business_id, KeyUse.connection_id == connection_id
    found = conn.execute(select(func.max(KeyUse.last_ms)).where(*mine, KeyUse.operation.not_in(ENDING)))
    return int(found.scalar_one() or 0)


def calls_after(conn: Connection, business_id: str, connection_id: str, since_ms: int, until_ms: int) -> int:
    """Return how many minutes and operations saw a call after an end and before the account was connected again."""
    mine = KeyUse.business_id == business_id, KeyUse.connection_id == connection_id
    late = KeyUse.operation.not_in(ENDING), KeyUse.last_ms > since_ms, KeyUse.last_ms < until_ms
    return int(conn.execute(select(func.count()).select_from(KeyUse).where(*mine, *late)).scalar_one())


def refused_after(
    conn: Connection, business_id: str, connection_id: str, since: int, until: int, reasons: Collection[str]
) -> int:
    """Return how many calls were refused for one of these reasons in minutes from ``since`` until ``until``."""
    mine = CallRefusal.business_id == business_id, CallRefusal.connection_id == connection_id
    when = CallRefusal.minute >= since, CallRefusal.minute <= until, CallRefusal.reason.in_(reasons)
    return int(conn.execute(select(func.coalesce(func.sum(CallRefusal.calls), 0)).where(*mine, *when)).scalar_one())


ENDING = ("hub_revoke", "hub_refresh_probe")
"""What the key of an ended connection is used for still: to end it, and to see that it is ended."""


def add_refusal(
    conn: Connection, business_id: str, connection_id: str, minute: int, hook: str, purpose: str, reason: str
) -> None:
    """Count one refused call. ``minute`` is UTC seconds divided by 60."""
    values = {"connection_id": connection_id, "minute": minute, "hook": hook, "purpose": purpose, "reason": reason}
    conn.execute(_REFUSAL[conn.dialect.name], {"business_id": business_id, "calls": 1, **values})


def uses_since(conn: Connection, business_id: str, connection_id: str, minute: int) -> Sequence[Any]:
    """Return the counted uses of a connection's key from a minute on: ``minute``, ``purpose``, ``count``."""
    table = KeyUse
    mine = table.business_id == business_id, table.connection_id == connection_id, table.minute >= minute
    count = func.sum(table.uses).label("count")
    statement = select(table.minute, table.purpose, count).where(*mine).group_by(table.minute, table.purpose)
    return conn.execute(statement.order_by(table.minute)).all()


def refusals_since(conn: Connection, business_id: str, connection_id: str, minute: int) -> Sequence[Any]:
    """Return the counted refusals of a connection from a minute on: ``minute``, ``purpose``, ``reason``, ``count``."""
    table = CallRefusal
    mine = table.business_id == business_id, table.connection_id == connection_id, table.minute >= minute
    keys = table.minute, table.purpose, table.reason
    statement = select(*keys, func.sum(table.calls).label("count")).where(*mine).group_by(*keys)
    return conn.execute(statement.order_by(table.minute)).all()


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
    keys = [one.name for one in table.__table__.primary_key]
    made: dict[str, sqlite.Insert | postgresql.Insert] = {}
    for dialect in (sqlite, postgresql):
        insert = dialect.insert(table)
        more: dict[str, Any] = {count: table.__table__.c[count] + 1}
        if table is KeyUse:
            more["last_ms"] = case(
                (insert.excluded.last_ms > KeyUse.last_ms, insert.excluded.last_ms), else_=KeyUse.last_ms
            )
        made[dialect.__name__.rpartition(".")[2]] = insert.on_conflict_do_update(index_elements=keys, set_=more)
    return made


_NAMES: dict[Counted, str] = {KeyUse: "uses", CallRefusal: "calls"}
_WHERE = ("business_id", "connection_id", "minute")
_USE = _counting(KeyUse, "uses")
_REFUSAL = _counting(CallRefusal, "calls")
