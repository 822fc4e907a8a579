"""Let a booking go with its event: moved to where staff moved it, or cancelled because they deleted it.

Each is one transaction, under the locks of the booking's holders, like a move or a cancellation by anybody else.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import select, update

from hub.actions.cancel import cancel_locked
from hub.actions.check import Verdict as Live
from hub.actions.check import check_live
from hub.actions.event import plan_events
from hub.actions.notify import What, notify_booking
from hub.actions.rules import read_service
from hub.actions.tell import tell
from hub.core.booking import State
from hub.core.calendar import Found, Window
from hub.core.errors import Retry
from hub.core.outside import Verdict
from hub.parts import Hub
from hub.store.booking import BookingEvent, change_booking, find_booking, staff_of
from hub.store.claim import claim, free, holders_of, lapse_holds, lock_holders, taken
from hub.store.crash import CrashPoint, crash_point
from hub.store.outside import change_outside

WHY_CANCELLED = "cancelled_outside"
"""The problem of a booking whose event staff deleted."""


def follow_outside(hub: Hub, booking: sa.Row[Any], event: sa.Row[Any], found: Found, ref: str, change_id: str) -> bool:
    """Move a booking to where its event stands now; False if the time is not free, and nothing was changed.

    The same people and rooms. ``ref`` is the event's name as it is kept (`store.booking_event.short_ref`). Raises Retry
    when a calendar cannot be asked: unknown is not free.
    """
    business_id, start, end = booking.business_id, found.start, found.end
    with hub.database.reading() as conn:
        service = read_service(conn, business_id, booking.service_id, also_inactive=True)
        holders = holders_of(conn, business_id, booking.id)
    window = Window(start - service.before, end + service.after)
    live = check_live(hub, business_id, holders, window, booking_id=booking.id, moved_to=Window(start, end))
    if live is Live.OPEN:
        raise Retry("The calendar cannot be asked whether the new time is free.")
    if live is Live.BUSY:
        return False
    now = hub.clock()
    with hub.database.writing() as conn:
        lock_holders(conn, business_id, holders)
        if not is_as_seen(conn, booking, event) or holders_of(conn, business_id, booking.id) != holders:
            change_outside(conn, business_id, [change_id], state=Verdict.OVERTAKEN, ended_at=now)
            return True
        lapse_holds(conn, business_id, holders, window.start, window.end, now)
        if taken(conn, business_id, holders, window.start, window.end, but=booking.id):
            return False
        free(conn, business_id, booking.id)
        for one in holders:
            if not claim(conn, business_id, booking.id, one, window.start, window.end, None):
                raise Retry("Somebody took the time this moment.")  # what was freed is rolled back
        moved = change_booking(conn, business_id, booking.id, booking.version, now=now, starts_at=start, ends_at=end)
        assert moved is not None, "its holders are locked"
        place = {"ref": ref, "etag": found.written.etag}
        mine = BookingEvent.booking_id == booking.id, BookingEvent.calendar_id == event.calendar_id
        conn.execute(update(BookingEvent).where(BookingEvent.business_id == business_id, *mine).values(**place))
        calendar_state = plan_events(conn, moved, now)
        team = staff_of(conn, business_id, booking.id)
        notify_booking(conn, moved, What.MOVED, now, before=booking, staff_before=team)
        change_outside(conn, business_id, [change_id], state=Verdict.FOLLOWED, ended_at=now)
        facts = {"business": business_id, "booking": booking.id, "state": State.CONFIRMED}
        tell(conn, business_id, "hub_booking_changed", {**facts, "calendar_state": calendar_state}, now)
        crash_point(CrashPoint.FOLLOW_BEFORE_COMMIT)
    return True


def cancel_outside(hub: Hub, booking: sa.Row[Any], event: sa.Row[Any], change_id: str) -> None:
    """Cancel a booking whose event was deleted, as the staff do; the customer is told how to book again."""
    business_id, now = booking.business_id, hub.clock()
    with hub.database.writing() as conn:
        lock_holders(conn, business_id, holders_of(conn, business_id, booking.id))
        if not is_as_seen(conn, booking, event):
            change_outside(conn, business_id, [change_id], state=Verdict.OVERTAKEN, ended_at=now)
            return
        change_outside(conn, business_id, [change_id], state=Verdict.CANCELLED, ended_at=now)
        cancel_locked(conn, business_id, booking.id, now, problem=WHY_CANCELLED)


def is_as_seen(conn: sa.Connection, booking: sa.Row[Any], event: sa.Row[Any]) -> bool:
    """Tell whether neither a booking nor its event was changed by the hub since they were read."""
    row = find_booking(conn, booking.business_id, booking.id)
    mine = BookingEvent.business_id == booking.business_id, BookingEvent.booking_id == booking.id
    statement = select(BookingEvent.wanted, BookingEvent.shown, BookingEvent.etag)
    now = conn.execute(statement.where(*mine, BookingEvent.calendar_id == event.calendar_id)).one_or_none()
    same = now is not None and tuple(now) == (event.wanted, event.shown, event.etag)
    return bool(same and row.state == State.CONFIRMED and row.version == booking.version)
