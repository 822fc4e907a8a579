"""See what has come to stand over a booking since it was confirmed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from hub.actions.event import UNWANTED
from hub.actions.notify import What, notify_booking
from hub.actions.schedule import counts_as_busy
from hub.actions.tell import tell
from hub.core.booking import CalendarState, State
from hub.core.calendar import BusyKind
from hub.core.outside import ASKS
from hub.core.purpose import Purpose
from hub.store.booking import Booking, BookingEvent, Occurrence, find_booking
from hub.store.business import find_business
from hub.store.calendar import BusyTime, Calendar, taken_for
from hub.store.outside import OutsideChange


def find_conflicts(conn: sa.Connection, business_id: str, holder_id: str, now: int) -> list[str]:
    """Mark the holder's coming bookings over which another event stands, and clear those that are free of it again.

    Return the ids of the former.

    Buffers do not conflict: an event may end at the minute at which the appointment begins. Nor does what could not be
    read: it keeps new bookings away, but nobody knows that it stands over this one.
    """
    business = find_business(conn, business_id)
    whole_team = aliased(Occurrence)  # what stands in the calendar of another one of them counts too
    usable = taken_for(Purpose.PREVENT_CONFLICTS)
    statement = (
        select(Booking.id, Booking.calendar_state, BusyTime.kind, _asks(business_id).label("asks"))
        .join(Occurrence, Occurrence.booking_id == Booking.id)
        .join(whole_team, whole_team.booking_id == Booking.id)
        .outerjoin(Calendar, sa.and_(Calendar.holder_id == whole_team.holder_id, Calendar.checked, usable))
        .outerjoin(
            BusyTime,
            sa.and_(
                BusyTime.calendar_id == Calendar.id,
                BusyTime.starts_at < Booking.ends_at,
                BusyTime.ends_at > Booking.starts_at,
                sa.or_(BusyTime.booking_id.is_(None), BusyTime.booking_id != Booking.id),
                BusyTime.business_id == business_id,
            ),
        )
        .where(
            Booking.business_id == business_id,
            Occurrence.business_id == business_id,
            whole_team.business_id == business_id,
            sa.or_(Calendar.business_id == business_id, Calendar.business_id.is_(None)),
            Occurrence.holder_id == holder_id,
            Booking.state == State.CONFIRMED,
            Booking.ends_at > now,
        )
        .execution_options(purpose=Purpose.PREVENT_CONFLICTS)
    )
    clashing: dict[str, bool] = {}
    before: dict[str, str] = {}
    for booking_id, state, kind, asks in conn.execute(statement):
        before[booking_id] = state
        clashes = asks or (kind is not None and kind != BusyKind.UNREADABLE and counts_as_busy(business, kind))
        clashing[booking_id] = clashing.get(booking_id, False) or clashes
    for booking_id, clashes in clashing.items():
        if clashes and before[booking_id] in (CalendarState.WRITTEN, CalendarState.NONE):
            _set(conn, business_id, booking_id, before[booking_id], CalendarState.CONFLICT, now)
        elif not clashes and before[booking_id] == CalendarState.CONFLICT:
            written = select(BookingEvent.uid).where(
                BookingEvent.business_id == business_id,
                BookingEvent.booking_id == booking_id,
                BookingEvent.wanted != UNWANTED,
            )
            state = CalendarState.WRITTEN if conn.execute(written).first() else CalendarState.NONE
            _set(conn, business_id, booking_id, CalendarState.CONFLICT, state, now)
    return sorted(one for one, clashes in clashing.items() if clashes)


def _asks(business_id: str) -> sa.ColumnElement[bool]:
    """Whether its own event was moved or deleted, and a person is to decide."""
    table = OutsideChange
    mine = table.business_id == business_id, table.booking_id == Booking.id, table.version == Booking.version
    return sa.exists().where(*mine, table.ended_at.is_(None), table.state.in_(sorted(ASKS))).correlate(Booking)


def _set(conn: sa.Connection, business_id: str, booking_id: str, before: str, state: CalendarState, now: int) -> None:
    changed = conn.execute(
        update(Booking)
        .where(
            Booking.business_id == business_id,
            Booking.id == booking_id,
            Booking.state == State.CONFIRMED,
            Booking.calendar_state == before,  # a customer who moves or cancels it meanwhile knows better
        )
        .values(calendar_state=state, changed_at=now)
    )
    if changed.rowcount:
        if state is CalendarState.CONFLICT:
            notify_booking(conn, find_booking(conn, business_id, booking_id), What.CALENDAR_CONFLICT, now)
        facts = {"business": business_id, "booking": booking_id, "state": State.CONFIRMED, "calendar_state": state}
        tell(conn, business_id, "hub_booking_changed", facts, now)
