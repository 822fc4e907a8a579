"""Read events of ours back from time to time where nothing else shows that they stand as they were written.

A calendar that tells of its events by uid does so at each look. One that tells busy times alone, or that is only
written to, does not: there each coming event is read by itself.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.outside import LOOK_OUTSIDE, look_at
from hub.core.booking import State
from hub.parts import Hub
from hub.store.booking import Booking, BookingEvent
from hub.store.calendar import BusyTime, Calendar
from hub.store.connection import Connection
from hub.store.guard import Across
from hub.store.outbox import RUNNING, WAITING, Outbox

DAY, SOON = 86_400, 4 * 3600
"""Seconds between two looks at an event, and for one that begins within a day."""

_AT_ONCE = 500


def read_back_events(hub: Hub) -> int:
    """Put a look at each coming event that was not seen for long into the outbox; return how many."""
    now = hub.clock()
    waiting = select(Outbox.key).where(Outbox.kind == LOOK_OUTSIDE, Outbox.state.in_((WAITING, RUNNING)))
    key = sa.literal("outside:") + BookingEvent.booking_id + ":" + BookingEvent.calendar_id
    shown_by_look = (
        sa.exists()
        .where(
            BusyTime.calendar_id == BookingEvent.calendar_id,
            BusyTime.booking_id == BookingEvent.booking_id,
            BusyTime.starts_at == Booking.starts_at,
            BusyTime.ends_at == Booking.ends_at,
        )
        .correlate(BookingEvent, Booking)
    )
    due = sa.case((Booking.starts_at <= now + DAY, now - SOON), else_=now - DAY)
    statement = (
        select(BookingEvent.business_id, BookingEvent.booking_id, BookingEvent.calendar_id)
        .join(Booking, Booking.id == BookingEvent.booking_id)
        .join(Calendar, Calendar.id == BookingEvent.calendar_id)
        .join(Connection, Connection.id == Calendar.connection_id)
        .where(
            Booking.state == State.CONFIRMED,
            Booking.starts_at > now,
            BookingEvent.wanted == BookingEvent.shown,
            BookingEvent.looked_at <= due,
            Booking.changed_at <= due,
            Connection.health == "ok",
            ~shown_by_look,
            key.not_in(waiting),
        )
        .order_by(Booking.starts_at, BookingEvent.booking_id)
        .limit(_AT_ONCE)
        .execution_options(across=Across.SWEEP)
    )
    with hub.database.reading() as conn:
        found = conn.execute(statement).all()
    for business_id, booking_id, calendar_id in found:
        with hub.database.writing() as conn:
            look_at(conn, business_id, booking_id, calendar_id, now, now)
    return len(found)
