"""Disconnect an account: here at once, in one transaction, then at its provider until that is done.

Nothing stands between the end of the connection and what follows from it, so there is nothing to sweep up after a
crash. No provider is called meanwhile: a disconnect works, and is over in a moment, while the provider is down.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.access_mask import shown_account
from hub.actions.at_risk import AtRisk, coming_bookings
from hub.actions.calendars import own_connection, release
from hub.actions.consent_state import end_consent
from hub.actions.health import note_end
from hub.actions.record import note
from hub.actions.revoke import add_revocation
from hub.actions.tell import tell
from hub.core.errors import HubError, PluginBroken
from hub.core.ledger import EntryKind, Value
from hub.core.provider import Revocation
from hub.core.security import Kind, Visit
from hub.ledger.append import append
from hub.parts import Hub
from hub.store.budget import forget_calls_of
from hub.store.calendar import Calendar, calendars_of_connections
from hub.store.connecting import forget_connecting_of
from hub.store.connection import DISCONNECTED, end_connection
from hub.store.crash import CrashPoint, crash_point
from hub.store.key_use import last_use
from hub.store.watch import end_watches_of
from hub.vault.stopwatch import milliseconds

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Disconnected:
    """How a connection ended. ``revoked``: nothing is left to do at the provider, and the credential is destroyed.

    ``at_risk`` are the next of ``at_risk_count`` bookings that nobody's calendar protects from now on. ``keeps`` is
    what the provider keeps, in its plugin's words. ``account_name`` is as whoever disconnects sees it.
    """

    connection_id: str
    account_name: str
    ended_at: int
    revoked: bool
    keeps: str
    at_risk: tuple[AtRisk, ...]
    at_risk_count: int


def disconnect(
    hub: Hub, visit: Visit, business_id: str, connection_id: str, *, holder_id: str | None = None
) -> Disconnected:
    """End a connection: no call of it starts any more, its calendars are let go and what was read of them is deleted.

    What is left to revoke at the provider is done through the outbox (``revoke``). A repeat answers the same again and
    notes nothing. With ``holder_id`` only that staff member's own connections. Raises UnknownId.
    """
    asked_ms = milliseconds(hub.clock)
    with hub.database.writing() as conn:
        now = hub.clock()
        # Calendars first, as one who reads them does, then the connection.
        calendars = calendars_of_connections(conn, business_id, [connection_id], lock=True)
        row = own_connection(conn, business_id, connection_id, holder_id)
        holders = {one.holder_id for one in calendars if one.holder_id is not None}
        ended_at = row.health_at
        if row.health != DISCONNECTED:
            ended_at = now
            end(hub, conn, business_id, connection_id, asked_ms=asked_ms)
            end_consent(hub, conn, visit, business_id, row.consent_id, reason="disconnected")
            facts = {"business": business_id, "connection": connection_id, "health": DISCONNECTED}
            tell(conn, business_id, "hub_connection_changed", facts, now)
            note(hub, conn, visit, Kind.DISCONNECTED, about=connection_id, within=business_id)
        release(conn, business_id, calendars, now)
        at_risk, count = _at_risk(conn, business_id, holders, now)
        user_id = visit.actor_id if visit.actor == "user" else ""
        name = shown_account(hub, conn, row, holder_id=holder_id, user_id=user_id)
        crash_point(CrashPoint.DISCONNECT_BEFORE_COMMIT)
    crash_point(CrashPoint.DISCONNECT_AFTER_COMMIT)
    revoked = destroy_at_once(hub, business_id, connection_id, row.provider)
    return Disconnected(connection_id, name, ended_at, revoked, keeps(hub, row.provider), at_risk, count)


def risk_of_disconnect(
    hub: Hub, business_id: str, connection_id: str, *, holder_id: str | None = None
) -> tuple[tuple[AtRisk, ...], int]:
    """Return the coming bookings that a disconnect would leave without a checked calendar, and how many there are.

    With ``holder_id`` only that staff member's own connections. Raises UnknownId.
    """
    with hub.database.reading() as conn:
        own_connection(conn, business_id, connection_id, holder_id)
        calendars = calendars_of_connections(conn, business_id, [connection_id])
        holders = {one.holder_id for one in calendars if one.holder_id is not None and one.checked}
        return _at_risk(conn, business_id, holders, hub.clock(), without=connection_id)


def end(hub: Hub, conn: sa.Connection, business_id: str, connection_id: str, *, asked_ms: int = 0) -> None:
    """End a connection here, record when, and put into the outbox what is left to do at its provider.

    The connection is locked when the watch is stopped, and the broker locks it as well to let a call through: so no
    call is let through after that moment, if this transaction is committed.
    """
    now = hub.clock()
    epoch = end_connection(conn, business_id, connection_id, now)
    stopped_ms = milliseconds(hub.clock)
    said: dict[str, Value] = {"epoch": epoch, "asked_ms": asked_ms or stopped_ms, "stopped_ms": stopped_ms}
    said["last_call_ms"] = last_use(conn, business_id, connection_id)
    append(conn, business_id, EntryKind.DISCONNECTED, said, at=now, connection_id=connection_id)
    note_end(conn, business_id, connection_id, now)
    add_revocation(conn, business_id, connection_id, now)
    end_watches_of(conn, business_id, connection_id)
    forget_calls_of(conn, business_id, connection_id)
    forget_connecting_of(conn, business_id, connection_id)  # who is away to connect it again must begin anew


def destroy_at_once(hub: Hub, business_id: str, connection_id: str, provider: str) -> bool:
    """Destroy the credential of an ended connection at once where its provider has nothing to revoke.

    False: that is left to the outbox, because the provider must be asked, or because it could not be done now.
    """
    try:
        if hub.registry.provider(provider).revocation is Revocation.NONE:
            return hub.broker.revoke(business_id, connection_id).is_over
    except HubError as error:
        _log.warning("the credential of %s is not destroyed yet: %s", connection_id, error.code)
    return False


def keeps(hub: Hub, provider: str) -> str:
    """Return what the provider keeps after a disconnect, empty if its plugin cannot say."""
    try:
        return hub.registry.provider(provider).keeps
    except PluginBroken:
        return ""


def _at_risk(
    conn: sa.Connection, business_id: str, holders: Collection[str], now: int, *, without: str = ""
) -> tuple[tuple[AtRisk, ...], int]:
    """Return the coming bookings of those of the holders who have no checked calendar, and how many there are.

    Calendars of the connection ``without`` do not count.
    """
    checked = select(Calendar.holder_id).where(
        Calendar.business_id == business_id,
        Calendar.holder_id.in_(holders),
        Calendar.checked,
        Calendar.connection_id != without,
    )
    bare = set(holders) - set(conn.execute(checked).scalars())
    return coming_bookings(conn, business_id, bare, now)
