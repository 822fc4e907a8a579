"""Let a hold go before its time is over: somebody chose another one, or went away."""

from __future__ import annotations

from hub.core.booking import State
from hub.parts import Hub
from hub.store.booking import change_booking, find_booking
from hub.store.claim import free, lock_holders_of

_TRIES = 3


def let_go(hub: Hub, business_id: str, booking_id: str) -> bool:
    """Free the time of a hold, and tell whether it was one: what was booked meanwhile stays booked.

    Nobody is told: nobody was promised anything. Raises UnknownId.
    """
    for _ in range(_TRIES):
        with hub.database.writing() as conn:
            find_booking(conn, business_id, booking_id)
            if not lock_holders_of(conn, business_id, booking_id):
                continue
            row = find_booking(conn, business_id, booking_id)
            if row.state != State.HELD:
                return False
            change_booking(conn, business_id, booking_id, row.version, now=hub.clock(), state=State.LAPSED)
            free(conn, business_id, booking_id)
            return True
    return False
