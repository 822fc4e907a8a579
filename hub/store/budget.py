"""How many calls each account made lately, and which of them its provider has asked to wait: for the budgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Connection, Index, Integer, String, Text, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from hub.core.provider import LONGEST_SPAN
from hub.store.annotate import About, Base, Category, Retention, column
from hub.store.connection import DISCONNECTED
from hub.store.connection import Connection as Account
from hub.store.guard import Across
from hub.store.ids import LENGTH

SLOT = 10
"""Seconds of one count. A span is looked at in whole slots, so it is never counted too short."""

KEPT = LONGEST_SPAN + 2 * SLOT
"""Seconds after which a count is deleted."""

_ID = About(Category.IDENTIFIER, Retention.CONNECTION)
_STATE = About(Category.TECHNICAL, Retention.CONNECTION)


class CallCount(Base):
    """How many calls in the name of a connection were let through in one slot (UTC seconds divided by `SLOT`)."""

    __tablename__ = "call_count"

    business_id: Mapped[str] = column(_ID, String(LENGTH))
    connection_id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    slot: Mapped[int] = column(_STATE, BigInteger, primary_key=True)
    provider: Mapped[str] = column(_STATE, Text)
    calls: Mapped[int] = column(_STATE, Integer)

    __table_args__ = (Index("ix_call_count_provider", "provider", "slot", "business_id", "calls"),)


class CallPause(Base):
    """Until when (UTC seconds) the provider of a connection has asked not to be called in its name."""

    __tablename__ = "call_pause"

    connection_id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    until: Mapped[int] = column(_STATE, BigInteger)


def add_call(conn: Connection, business_id: str, connection_id: str, provider: str, now: int) -> None:
    """Count one call of a connection."""
    keys = {"business_id": business_id, "connection_id": connection_id, "slot": now // SLOT}
    conn.execute(_ADD[conn.dialect.name], {**keys, "provider": provider, "calls": 1})


def calls_of(conn: Connection, business_id: str, connection_id: str, since: int) -> int:
    """Return the calls of a connection from the slot on in which ``since`` (UTC seconds) lies."""
    return int(
        conn.execute(_OF, {"business": business_id, "connection": connection_id, "slot": since // SLOT}).scalar_one()
    )


def calls_by_business(conn: Connection, provider: str, since: int) -> dict[str, int]:
    """Return the calls to a provider from the slot on in which ``since`` lies, of each business that made any."""
    return {row.business_id: int(row.many) for row in conn.execute(_ALL, {"provider": provider, "slot": since // SLOT})}


def count_businesses(conn: Connection, provider: str) -> int:
    """Return how many businesses have a live account at a provider."""
    return int(conn.execute(_BUSINESSES, {"provider": provider}).scalar_one())


def paused_until(conn: Connection, business_id: str, connection_id: str) -> int:
    """Return until when a connection's provider has asked to wait, 0 if it has not."""
    return int(conn.execute(_PAUSED, {"business": business_id, "connection": connection_id}).scalar() or 0)


def pause_calls(conn: Connection, business_id: str, connection_id: str, until: int) -> None:
    """Let no call of a connection through before ``until``; a pause is never made shorter."""
    conn.execute(
        _PAUSE[conn.dialect.name], {"business_id": business_id, "connection_id": connection_id, "until": until}
    )


def forget_calls_of(conn: Connection, business_id: str, connection_id: str) -> None:
    """Delete what was counted of a connection: it has ended."""
    for table in (CallCount, CallPause):
        conn.execute(delete(table).where(table.business_id == business_id, table.connection_id == connection_id))


def forget_calls(conn: Connection, now: int) -> None:
    """Delete the counts and pauses of all businesses that are of no use any more."""
    across = {"across": Across.SWEEP}
    conn.execute(delete(CallCount).where(CallCount.slot < (now - KEPT) // SLOT).execution_options(**across))
    conn.execute(delete(CallPause).where(CallPause.until <= now).execution_options(**across))


def _upserts(table: Any, key: list[str], change: Any) -> Mapping[str, Any]:
    made = {}
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql)):
        insert = dialect.insert(table)
        made[name] = insert.on_conflict_do_update(index_elements=key, set_=change(insert))
    return made


_ADD = _upserts(CallCount, ["connection_id", "slot"], lambda insert: {"calls": CallCount.calls + 1})
_PAUSE = _upserts(
    CallPause,
    ["connection_id"],
    lambda insert: {
        "until": sa.case((insert.excluded.until > CallPause.until, insert.excluded.until), else_=CallPause.until)
    },
)
_OF = select(func.coalesce(func.sum(CallCount.calls), 0)).where(
    CallCount.business_id == sa.bindparam("business", type_=String),
    CallCount.connection_id == sa.bindparam("connection", type_=String),
    CallCount.slot >= sa.bindparam("slot", type_=BigInteger),
)
_ALL = (
    select(CallCount.business_id, func.sum(CallCount.calls).label("many"))
    .where(
        CallCount.provider == sa.bindparam("provider", type_=String),
        CallCount.slot >= sa.bindparam("slot", type_=BigInteger),
    )
    .group_by(CallCount.business_id)
    .execution_options(across=Across.BUDGET)
)
_BUSINESSES = (
    select(func.count(sa.distinct(Account.business_id)))
    .where(Account.provider == sa.bindparam("provider", type_=String), Account.health != DISCONNECTED)
    .execution_options(across=Across.BUDGET)
)
_PAUSED = select(CallPause.until).where(
    CallPause.business_id == sa.bindparam("business", type_=String),
    CallPause.connection_id == sa.bindparam("connection", type_=String),
)
