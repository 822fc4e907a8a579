"""Withdraw a consent, as a whole or for writing alone; and end those that are over."""

from __future__ import annotations

from collections.abc import Collection

from hub.actions.calendars import own_connection
from hub.actions.consent_state import change, end_consent, locked_state
from hub.actions.disconnect import Disconnected, disconnect
from hub.actions.health import note_health
from hub.core.consent_record import ConsentState, withdrawable
from hub.core.errors import InputError, StateError
from hub.core.purpose import Purpose
from hub.core.security import Visit
from hub.parts import Hub
from hub.store.calendar import calendars_of_connections, change_calendars
from hub.store.connection import DISCONNECTED
from hub.store.consent import overdue

UNUSED = 86_400
"""Seconds after which a consent that no account goes by is over."""

_CLOCK = Visit(actor="clock")
_BATCH = 100


def withdraw_consent(
    hub: Hub,
    visit: Visit,
    business_id: str,
    connection_id: str,
    *,
    purposes: Collection[str] = (),
    holder_id: str | None = None,
    via: str = "",
) -> Disconnected | None:
    """Withdraw the consent of an account: all of it, which disconnects it, or these purposes alone.

    No call for them starts after the return, whoever began the work. With ``holder_id`` only that staff member's own
    accounts. A repeat changes nothing. Raises InputError for purposes that cannot be withdrawn alone, StateError
    (``ended``) for an account whose consent is not given, UnknownId.
    """
    if not purposes:
        return disconnect(hub, visit, business_id, connection_id, holder_id=holder_id)
    with hub.database.writing() as conn:
        calendars = calendars_of_connections(conn, business_id, [connection_id], lock=True)
        row = own_connection(conn, business_id, connection_id, holder_id)
        consent = locked_state(conn, business_id, row.consent_id or "")
        if row.health == DISCONNECTED or consent.state != ConsentState.GIVEN:
            raise StateError("This account is disconnected, so nothing is left to withdraw.", code="ended")
        wanted = set(purposes) & set(consent.purposes)
        if not wanted <= withdrawable(consent.purposes) or not set(purposes) <= {str(one) for one in Purpose}:
            raise InputError("purposes", "Writing events can be withdrawn alone; disconnect the account for the rest.")
        if wanted:
            left = set(consent.purposes) - wanted
            change(hub, conn, visit, business_id, row.consent_id, ConsentState.GIVEN, via=via, purposes=sorted(left))
        if Purpose.CREATE_EVENT in purposes:
            change_calendars(conn, business_id, [one.id for one in calendars], written=False)
    return None


def expire_consents(hub: Hub) -> None:
    """End the consents that are over, or that no account goes by after a day, and tell the owners of accounts."""
    while True:
        now = hub.clock()
        with hub.database.reading() as conn:
            found = overdue(conn, now, now - UNUSED, _BATCH)
        for row in found:
            _expire(hub, row.business_id, row.consent_id, now)
        if len(found) < _BATCH:
            return


def _expire(hub: Hub, business_id: str, consent_id: str, now: int) -> None:
    with hub.database.writing() as conn:
        row = locked_state(conn, business_id, consent_id)
        unused = row.connection_id is None and row.at < now - UNUSED
        if not unused and (row.expires_at is None or row.expires_at > now):
            return  # it was renewed meanwhile
        reason = "unused" if unused else "over"
        ended = end_consent(hub, conn, _CLOCK, business_id, consent_id, ConsentState.EXPIRED, reason=reason)
        if ended and row.connection_id is not None:
            note_health(conn, business_id, row.connection_id, "needs_reconnect", "consent", now)
