"""Put an event of ours back as the booking says, after somebody moved or deleted it outside: a person said so."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import update

from hub.actions.event import NEVER, plan_events
from hub.actions.record import note
from hub.core.booking import State
from hub.core.changes import changed_meanwhile
from hub.core.errors import StateError
from hub.core.security import Kind, Visit
from hub.parts import Hub
from hub.store.booking import BookingEvent, find_booking, lock_booking
from hub.store.connection import find_connection
from hub.store.outside import change_outside, gone_together, open_changes


def write_all_back(hub: Hub, visit: Visit, business_id: str, connection_id: str) -> int:
    """Write all events again that vanished from the calendars of a connection together; return of how many bookings.

    One that somebody changes meanwhile is left to them. Raises UnknownId.
    """
    with hub.database.reading() as conn:
        find_connection(conn, business_id, connection_id)
        found = gone_together(conn, business_id, connection_id, hub.clock())
    count = 0
    for booking_id, version in found:
        with suppress(StateError):
            write_back(hub, visit, business_id, booking_id, version)
            count += 1
    return count


def write_back(hub: Hub, visit: Visit, business_id: str, booking_id: str, version: int) -> None:
    """Write the events of a confirmed booking into the calendars again, where it was agreed to be.

    Raises StateError when it is not confirmed or is over, and (``changed``) when it is not at that ``version``;
    UnknownId.
    """
    with hub.database.writing() as conn:
        find_booking(conn, business_id, booking_id)
        lock_booking(conn, business_id, booking_id)
        row, now = find_booking(conn, business_id, booking_id), hub.clock()
        if row.version != version:
            raise changed_meanwhile("booking")
        if row.state != State.CONFIRMED or row.ends_at <= now:
            raise StateError("Only a confirmed booking that is not over stands in a calendar.", code=row.state)
        mine = BookingEvent.business_id == business_id, BookingEvent.booking_id == booking_id
        conn.execute(update(BookingEvent).where(*mine).values(shown=NEVER))
        plan_events(conn, row, now)
        ended = [one.id for one in open_changes(conn, business_id, [booking_id])]
        change_outside(conn, business_id, ended, state="written_back", ended_at=now)
        note(hub, conn, visit, Kind.BOOKING_CHANGED, about=booking_id, within=business_id, detail="written_back")
