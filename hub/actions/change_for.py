"""Move or cancel a booking for a customer, as staff and programs do: at the version that they looked at."""

from __future__ import annotations

from hub.actions.book import Booked
from hub.actions.cancel import cancel
from hub.actions.record import record
from hub.actions.reschedule import reschedule
from hub.core.booking import State
from hub.core.security import Kind, Visit
from hub.core.zones import check_zone
from hub.parts import Hub
from hub.store.booking import find_booking


def move_for(
    hub: Hub, visit: Visit, business_id: str, booking_id: str, version: int, start: int, *, zone: str = ""
) -> Booked:
    """Move a confirmed booking to another start (UTC seconds), as `reschedule` does, and note who did it.

    Raises StateError (``changed``) when it is not at that version any more, and what `reschedule` raises.
    """
    if zone:
        check_zone(zone)
    moved = reschedule(hub, business_id, booking_id, start, zone=zone, version=version)
    record(hub, visit, Kind.BOOKING_CHANGED, about=booking_id, within=business_id, detail="moved")
    return moved


def cancel_for(hub: Hub, visit: Visit, business_id: str, booking_id: str, version: int | None = None) -> State:
    """Cancel a booking, as `cancel` does, and note who did it; one that is cancelled already is no event.

    Raises StateError (``changed``) when it is not at that version any more, and what `cancel` raises.
    """
    with hub.database.reading() as conn:
        before = find_booking(conn, business_id, booking_id).state
    state = cancel(hub, business_id, booking_id, version=version)
    if before != State.CANCELLED:
        record(hub, visit, Kind.BOOKING_CHANGED, about=booking_id, within=business_id, detail="cancelled")
    return state
