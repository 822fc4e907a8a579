"""Cancel a booking or let a hold go: its time is free at once, its events are taken out of the calendars."""

from __future__ import annotations

import sqlalchemy as sa

from hub.actions.event import plan_events
from hub.actions.notify import What, notify_booking
from hub.actions.tell import tell
from hub.core.booking import State, check_step
from hub.core.changes import changed_meanwhile
from hub.core.errors import Unavailable
from hub.parts import Hub
from hub.store.booking import change_booking, expired_holds, find_booking, staff_of
from hub.store.claim import free, lapse_hold, lock_holders_of
from hub.store.crash import CrashPoint, crash_point

_AT_ONCE = 200
_TRIES = 3


def cancel(hub: Hub, business_id: str, booking_id: str, *, version: int | None = None) -> State:
    """Cancel a held, requested or confirmed booking; one that is cancelled already stays so. Return its state.

    Raises StateError for a hold that lapsed (``changed`` when it is not at that ``version``), UnknownId, Unavailable
    when others keep moving it.
    """
    for _ in range(_TRIES):
        with hub.database.writing() as conn:
            find_booking(conn, business_id, booking_id)
            if lock_holders_of(conn, business_id, booking_id):
                row = find_booking(conn, business_id, booking_id)
                if version is not None and row.version != version and row.state != State.CANCELLED:
                    raise changed_meanwhile("booking")
                return cancel_locked(conn, business_id, booking_id, hub.clock())
    raise Unavailable("Somebody else is changing this booking right now; please look at it and try again.")


def cancel_locked(conn: sa.Connection, business_id: str, booking_id: str, now: int, *, problem: str = "") -> State:
    """Cancel a booking whose holders are locked; see `cancel`. ``problem`` is a machine word for why, or none."""
    row = find_booking(conn, business_id, booking_id)
    if row.state == State.CANCELLED:
        return State.CANCELLED
    check_step(State(row.state), State.CANCELLED)
    values = {"state": State.CANCELLED, "hold_until": None} | ({"problem": problem} if problem else {})
    cancelled = change_booking(conn, business_id, booking_id, row.version, now=now, **values)
    assert cancelled is not None, "its holders are locked"
    team = staff_of(conn, business_id, booking_id)
    free(conn, business_id, booking_id)
    calendar_state = plan_events(conn, cancelled, now)
    if row.state != State.HELD:  # nobody was promised anything
        notify_booking(conn, cancelled, What.CANCELLED, now, before=row, staff_before=team)
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
            if not lock_holders_of(conn, business_id, booking_id):
                continue  # confirmed or moved this moment: the next sweep looks again
            lapsed += lapse_hold(conn, business_id, booking_id, hub.clock())
            crash_point(CrashPoint.LAPSE_BEFORE_COMMIT)
        crash_point(CrashPoint.LAPSE_AFTER_COMMIT)
    return lapsed
