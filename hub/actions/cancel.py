"""Cancel a booking or let a hold go: its time is free at once, its events are taken out of the calendars."""

from __future__ import annotations

from hub.actions.event import plan_events
from hub.actions.tell import tell
from hub.core.booking import State, check_step
from hub.parts import Hub
from hub.store.booking import change_booking, expired_holds, find_booking
from hub.store.claim import free, holders_of, lapse_hold, lock_holders
from hub.store.crash import CrashPoint, crash_point

_AT_ONCE = 200


def cancel(hub: Hub, business_id: str, booking_id: str) -> State:
    """Cancel a held, requested or confirmed booking; one that is cancelled already stays so. Return its state.

    Raises StateError for a hold that lapsed, UnknownId.
    """
    now = hub.clock()
    with hub.database.writing() as conn:
        find_booking(conn, business_id, booking_id)
        lock_holders(conn, business_id, holders_of(conn, business_id, booking_id))
        row = find_booking(conn, business_id, booking_id)
        if row.state == State.CANCELLED:
            return State.CANCELLED
        check_step(State(row.state), State.CANCELLED)
        change_booking(conn, business_id, booking_id, row.version, now=now, state=State.CANCELLED, hold_until=None)
        free(conn, business_id, booking_id)
        calendar_state = plan_events(conn, business_id, booking_id, now)
        facts = {"business": business_id, "booking": booking_id, "state": State.CANCELLED}
        tell(conn, business_id, "hub_booking_changed", {**facts, "calendar_state": calendar_state}, now)
        crash_point(CrashPoint.CANCEL_BEFORE_COMMIT)
    return State.CANCELLED


def lapse_expired_holds(hub: Hub) -> int:
    """Lapse the holds whose time is over, each in a transaction of its own under its holders' locks; return how many.

    One sweep over all of them at once would wait for bookings in the wrong order and deadlock with them.
    """
    with hub.database.reading() as conn:
        expired = expired_holds(conn, hub.clock(), _AT_ONCE)
    lapsed = 0
    for business_id, booking_id in expired:
        with hub.database.writing() as conn:
            lock_holders(conn, business_id, holders_of(conn, business_id, booking_id))
            lapsed += lapse_hold(conn, business_id, booking_id, hub.clock())
            crash_point(CrashPoint.LAPSE_BEFORE_COMMIT)
        crash_point(CrashPoint.LAPSE_AFTER_COMMIT)
    return lapsed
