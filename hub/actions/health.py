"""The health of a connection: noted where it is seen, and told when it changes."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import select, update

from hub.actions.notify import notify_connection
from hub.actions.tell import tell
from hub.core.errors import HubError, NeedsReconnect
from hub.store.connection import Connection

_LOST = "needs_reconnect"


def health_after(error: HubError) -> str:
    """Return what an error of a call makes of the account's health: lost, when only its owner can mend it."""
    return _LOST if isinstance(error, NeedsReconnect) or error.code == "consent" else "failing"


def note_health(conn: sa.Connection, business_id: str, connection_id: str, health: str, reason: str, now: int) -> None:
    """Note that a connection is ``ok``, ``failing`` or ``needs_reconnect``; only a change is written and told.

    A disconnected one stays disconnected.
    """
    lost = health == _LOST and _health(conn, business_id, connection_id) != _LOST
    changed = conn.execute(
        update(Connection)
        .where(
            Connection.business_id == business_id,
            Connection.id == connection_id,
            Connection.health != "disconnected",
            sa.or_(Connection.health != health, Connection.health_reason != reason),
        )
        .values(health=health, health_reason=reason, health_at=now)
    )
    if changed.rowcount:
        facts = {"business": business_id, "connection": connection_id, "health": health}
        tell(conn, business_id, "hub_connection_changed", facts, now)
        if lost:
            notify_connection(conn, business_id, connection_id, now)


def _health(conn: sa.Connection, business_id: str, connection_id: str) -> str | None:
    mine = Connection.business_id == business_id, Connection.id == connection_id
    return conn.execute(select(Connection.health).where(*mine)).scalar_one_or_none()
