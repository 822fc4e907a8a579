"""A consent that is just there: what an account goes by in tests of rooms below the actions that ask for one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from hub.store.connection import find_connection, set_consent
from hub.store.consent import add_state
from hub.store.ids import new_id

NOTHING = {
    **dict.fromkeys(("reason", "jurisdiction", "text_hash", "language", "actor_id", "via", "network_hash"), ""),
    **{"receipt_id": "r" * 26, "schema_version": "test", "expires_at": None, "channel": "operator"},
    **{"retention": "connection", "withdrawal": "account_page", "actor": "operator"},
    **{"withdrawn": [], "data": [], "controllers": [], "recipients": [], "scopes": []},
    **{"holder_id": None, "user_id": None, "account_holder_id": None},
}
"""The columns that say nothing."""


def give(
    conn: sa.Connection, business_id: str, connection_id: str, now: int, purposes: Collection[str] | None = None
) -> str:
    """Let a connection go by a consent, for its own purposes or these, and return the consent's id."""
    row, consent_id = find_connection(conn, business_id, connection_id), new_id()
    named = {"consent_id": consent_id, "number": 1, "business_id": business_id, "connection_id": connection_id}
    what = {"provider": row.provider, "level": row.level, "purposes": sorted(purposes or row.purposes)}
    add_state(conn, {**NOTHING, **named, **what, "state": "given", "at": now})
    set_consent(conn, business_id, connection_id, consent_id)
    return consent_id


def then(conn: sa.Connection, business_id: str, consent_id: str, number: int, **values: Any) -> None:
    """Add a state to such a consent."""
    named = {"consent_id": consent_id, "number": number, "business_id": business_id, "connection_id": None}
    what = {"provider": "dav", "level": "full", "purposes": [], "state": "withdrawn", "at": 0}
    add_state(conn, {**NOTHING, **named, **what, **values})
