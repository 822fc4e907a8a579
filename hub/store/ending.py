"""What is left of ended connections: other live ones of the same account, states at the provider, old calendars."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import delete, select, update

from hub.store.booking import BookingEvent
from hub.store.calendar import Calendar
from hub.store.connection import DISCONNECTED, Connection
from hub.store.guard import Across


def siblings(
    conn: sa.Connection, provider: str, account_hash: str, without: str, *, lock: bool = False
) -> list[tuple[str, str]]:
    """Return business and id of the other live connections of a provider account, over all businesses.

    With ``lock`` none of them can end meanwhile. Callers tell people of one business nothing of another's.
    """
    if not account_hash:
        return []
    statement = select(Connection.business_id, Connection.id).where(
        Connection.provider == provider,
        Connection.account_hash == account_hash,
        Connection.id != without,
        Connection.health != DISCONNECTED,
    )
    statement = statement.order_by(Connection.id)
    if lock:
        statement = statement.with_for_update(read=True)
    rows = conn.execute(statement.execution_options(across=Across.ACCOUNT))
    return [(row.business_id, row.id) for row in rows]


def kept_with(conn: sa.Connection, provider: str, account_hash: str, state: str) -> list[sa.Row[*tuple[Any, ...]]]:
    """Return business, id and epoch of the ended connections of an account that are in that state, locked."""
    if not account_hash:
        return []
    mine = Connection.provider == provider, Connection.account_hash == account_hash
    statement = select(Connection.business_id, Connection.id, Connection.epoch).where(
        *mine, Connection.end_state == state, Connection.health == DISCONNECTED
    )
    statement = statement.order_by(Connection.id).with_for_update()
    return list(conn.execute(statement.execution_options(across=Across.ACCOUNT)).all())


def set_end_state(conn: sa.Connection, business_id: str, connection_id: str, state: str) -> bool:
    """Note what is known of an ended connection's grant at the provider; False if it is connected again."""
    mine = Connection.business_id == business_id, Connection.id == connection_id
    changed = conn.execute(update(Connection).where(*mine, Connection.health == DISCONNECTED).values(end_state=state))
    return changed.rowcount == 1


def count_connections(conn: sa.Connection) -> dict[str, int]:
    """Return how many connections of all businesses are not disconnected, by provider."""
    statement = (
        select(Connection.provider, sa.func.count().label("many"))
        .where(Connection.health != DISCONNECTED)
        .group_by(Connection.provider)
        .execution_options(across=Across.DOOR)
    )
    return {row.provider: row.many for row in conn.execute(statement)}


def count_end_states(conn: sa.Connection) -> dict[str, int]:
    """Return how many ended connections of all businesses are in each state."""
    statement = (
        select(Connection.end_state, sa.func.count().label("many"))
        .where(Connection.health == DISCONNECTED)
        .group_by(Connection.end_state)
        .execution_options(across=Across.OPERATOR)
    )
    return {row.end_state: row.many for row in conn.execute(statement)}


def forget_calendars(conn: sa.Connection, before: int, limit: int = 500) -> int:
    """Delete calendars of connections that ended before an instant, and return how many.

    One in which an event of ours stands keeps its row, emptied of the provider's name and its own.
    """
    across = {"across": Across.SWEEP}
    ended = select(Connection.id).where(Connection.health == DISCONNECTED, Connection.health_at < before)
    found = select(Calendar.id).where(Calendar.connection_id.in_(ended), Calendar.ref_hash != "").order_by(Calendar.id)
    ids = list(conn.execute(found.limit(limit).execution_options(**across)).scalars())
    used = select(BookingEvent.calendar_id).where(BookingEvent.calendar_id.in_(ids)).distinct()
    kept = set(conn.execute(used.execution_options(**across)).scalars())
    emptied = update(Calendar).where(Calendar.id.in_(kept)).values(ref_hash="", names=None, holder_id=None)
    conn.execute(emptied.execution_options(**across))
    conn.execute(delete(Calendar).where(Calendar.id.in_(set(ids) - kept)).execution_options(**across))
    return len(ids)
