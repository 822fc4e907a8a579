"""End the grant of a disconnected connection at its provider: through the outbox, and when somebody asks for it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import select, update

from hub.actions.calendars import own_connection
from hub.actions.effect import Effect, Repeat, Work
from hub.core.ended import Ended, EndState
from hub.core.errors import Refused, Retry, StateError, UnknownId
from hub.core.ledger import EntryKind, Value
from hub.ledger.append import append
from hub.parts import Hub
from hub.store.connection import DISCONNECTED, find_connection
from hub.store.ending import set_end_state
from hub.store.outbox import DEAD, DONE, RUNNING, UNKNOWN, WAITING, Outbox, add_effect
from hub.vault.stopwatch import milliseconds

_AFTER = 60.0
"""Seconds until a provider that has not revoked a grant is asked again, at least."""


def add_revocation(conn: sa.Connection, business_id: str, connection_id: str, now: int) -> None:
    """Put into the outbox what is left to do at the provider of a connection that ends in this transaction."""
    key, payload = _key(connection_id), {"connection_id": connection_id}
    add_effect(conn, business_id=business_id, kind=REVOKE.name, key=key, payload=payload, due_at=now, now=now)


def try_revocation(hub: Hub, business_id: str, connection_id: str, *, holder_id: str | None = None) -> Ended:
    """Ask the provider now to end the grant of a disconnected connection, and say what it came to.

    What is still open then is tried again through the outbox, also if the hub had given up. With ``holder_id`` only
    that staff member's own connections. Raises StateError for one that is not disconnected, UnknownId, Unavailable.
    """
    with hub.database.reading() as conn:
        row = own_connection(conn, business_id, connection_id, holder_id)
    if row.health != DISCONNECTED:
        raise StateError("The account is connected; disconnect it first.", code="connected")
    ended = hub.broker.revoke(business_id, connection_id)
    with hub.database.writing() as conn:
        if ended.is_over:
            _close(conn, business_id, connection_id, hub.clock())
        elif not _is_waiting(conn, business_id, connection_id):
            set_end_state(conn, business_id, connection_id, EndState.OPEN)
            add_revocation(conn, business_id, connection_id, hub.clock())
    return ended


def _key(connection_id: str) -> str:
    return f"revoke:{connection_id}"


def _is_waiting(conn: sa.Connection, business_id: str, connection_id: str) -> bool:
    mine = Outbox.business_id == business_id, Outbox.key == _key(connection_id)
    query = select(Outbox.id).where(*mine, Outbox.state.in_((WAITING, RUNNING))).limit(1)
    return conn.execute(query).first() is not None


def _close(conn: sa.Connection, business_id: str, connection_id: str, now: int) -> None:
    """Let nobody look any more after attempts that were given up."""
    mine = Outbox.business_id == business_id, Outbox.key == _key(connection_id)
    ended = update(Outbox).where(*mine, Outbox.state.in_((DEAD, UNKNOWN)))
    conn.execute(ended.values(state=DONE, problem="", ended_at=now))


def _revoke(hub: Hub, work: Work) -> None:
    """End the grant of a disconnected connection at its provider, and destroy it here."""
    try:
        ended = hub.broker.revoke(work.business_id, work.payload["connection_id"])
    except UnknownId:
        return
    except Refused as error:
        if error.reason == "connected":
            return  # it was connected again: what is stored now is to live
        raise
    if not ended.is_over:
        raise Retry("The provider has not revoked the grant yet.", after=_AFTER, code="not_revoked")


def _gave_up(hub: Hub, work: Work) -> None:
    """Note that nothing more is tried by itself: somebody has to look."""
    connection_id = work.payload["connection_id"]
    with hub.database.writing() as conn:
        try:
            row = find_connection(conn, work.business_id, connection_id)
        except UnknownId:
            return
        if row.end_state != EndState.OPEN or not set_end_state(conn, work.business_id, connection_id, EndState.FAILED):
            return
        said: dict[str, Value] = {"epoch": row.epoch, "reason": "gave_up", "at_ms": milliseconds(hub.clock)}
        append(conn, work.business_id, EntryKind.REVOCATION_FAILED, said, at=hub.clock(), connection_id=connection_id)


REVOKE = Effect("revoke", Repeat.SAFE, _revoke, gave_up=_gave_up)
