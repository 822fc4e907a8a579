"""What follows when an account is connected again: its health, and the events that could not be written meanwhile."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import select, update

from hub.actions.event import UNWANTED, WRITE_EVENT
from hub.actions.health import condition_of, save
from hub.core.booking import CalendarState
from hub.core.health import Health, connected
from hub.parts import Hub
from hub.store.booking import Booking, BookingEvent, lock_booking
from hub.store.calendar import Calendar, calendars_of_connections, change_calendars
from hub.store.outage import change_outage, changes_of
from hub.store.outbox import DEAD, RUNNING, UNKNOWN, WAITING, Outbox, add_effect


def note_connected(hub: Hub, business_id: str, connection_id: str) -> None:
    """Note that an account was connected again, and put the events that are late into the outbox, all at once.

    Its calendars are looked at next; then people are told what was missed (`actions.trouble`).
    """
    now = hub.clock()
    with hub.database.writing() as conn:
        calendars = calendars_of_connections(conn, business_id, [connection_id], lock=True)
        found = condition_of(conn, business_id, connection_id)
        if found is None or found.health is Health.DISCONNECTED:
            return
        last = changes_of(conn, business_id, connection_id, 1)
        # The broker wrote the new state with the new credential; what it was before stands in the history.
        before = replace(found, health=Health(last[0].health)) if last else found
        outage_id = save(conn, business_id, connection_id, before, connected(before, now), now)
        checked = [one.id for one in calendars if one.checked]
        look_soon(conn, business_id, checked)
        # What was wrong with the old permission says nothing of this one: one calendar's would fail the account again.
        change_calendars(conn, business_id, checked, problem="")
        late = write_late(conn, business_id, connection_id, now)
        if outage_id is not None:
            change_outage(conn, business_id, outage_id, late=late)


def look_soon(conn: sa.Connection, business_id: str, calendars: list[str]) -> None:
    """Let calendars be looked at with the next poll: they count as announced (`core.announced`), and not as tried."""
    waits = Calendar.announced > Calendar.begun
    more = sa.case((waits, Calendar.announced), else_=Calendar.announced + 1)
    change_calendars(conn, business_id, calendars, announced=more, tried_at=0)


def write_late(conn: sa.Connection, business_id: str, connection_id: str, now: int) -> list[str]:
    """Let the events of coming bookings in a connection's calendars that were given up be written now, or taken out.

    Return the bookings whose events are to be written.
    """
    statement = (
        select(BookingEvent.booking_id, BookingEvent.calendar_id, BookingEvent.wanted)
        .join(Calendar, Calendar.id == BookingEvent.calendar_id)
        .join(Booking, Booking.id == BookingEvent.booking_id)
        .where(
            BookingEvent.business_id == business_id,
            Calendar.business_id == business_id,
            Booking.business_id == business_id,
            Calendar.connection_id == connection_id,
            BookingEvent.wanted != BookingEvent.shown,
            Booking.ends_at > now,
        )
        .order_by(BookingEvent.booking_id, BookingEvent.calendar_id)
    )
    late = conn.execute(statement).all()
    bookings = sorted({row.booking_id for row in late})
    for booking_id in bookings:
        lock_booking(conn, business_id, booking_id)
    for row in late:
        _write(conn, business_id, row.booking_id, row.calendar_id, now)
    given_up = Booking.id.in_(bookings), Booking.calendar_state == CalendarState.FAILED
    pending = update(Booking).where(Booking.business_id == business_id, *given_up)
    conn.execute(pending.values(calendar_state=CalendarState.PENDING))
    return sorted({row.booking_id for row in late if row.wanted != UNWANTED})


def _write(conn: sa.Connection, business_id: str, booking_id: str, calendar_id: str, now: int) -> None:
    key = f"event:{booking_id}:{calendar_id}"
    mine = Outbox.business_id == business_id, Outbox.key == key
    again = {"state": WAITING, "attempts": 1, "due_at": now, "ended_at": None}
    tried = update(Outbox).where(*mine, Outbox.state.in_((DEAD, UNKNOWN))).values(**again)
    if conn.execute(tried).rowcount:
        return
    waits = update(Outbox).where(*mine, Outbox.state == WAITING).values(due_at=now)
    if conn.execute(waits).rowcount:
        return  # it waited for its next attempt
    if conn.execute(select(Outbox.id).where(*mine, Outbox.state == RUNNING)).first() is None:
        payload = {"booking_id": booking_id, "calendar_id": calendar_id}
        add_effect(conn, business_id=business_id, kind=WRITE_EVENT.name, key=key, payload=payload, due_at=now, now=now)
