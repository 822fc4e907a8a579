"""Make the staff's calendars show a booking as it is: written once, read back, moved, removed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import delete, insert, select, update

from hub.actions.ask import ask_provider
from hub.actions.effect import Effect, Repeat, Work
from hub.actions.notify import What, notify_booking
from hub.actions.people import open_person
from hub.actions.tell import tell
from hub.core.booking import CalendarState, State
from hub.core.calendar import Calendar, Event, Found, Written
from hub.core.errors import Conflict, NotFound, Retry
from hub.core.purpose import Purpose
from hub.identity.phone import spell_phone
from hub.parts import Hub
from hub.store import calendar
from hub.store.booking import Booking, BookingEvent, find_booking, lock_booking, staff_of
from hub.store.booking_event import short_ref, whole_ref
from hub.store.crash import CrashPoint, crash_point
from hub.store.holder import Holder
from hub.store.outbox import add_effect
from hub.store.prepared import MANY, prepared
from hub.store.service import Service
from hub.vault.names import open_calendar

UNWANTED, NEVER = -1, 0
"""An event that should not exist, and one that was never seen as it should be."""


def plan_events(conn: sa.Connection, row: sa.Row[Any], now: int) -> CalendarState:
    """Set down which calendars shall show the booking as it now is, and put the writing into the outbox.

    Called in the transaction of the change with its row after that. Returns the calendar state it leads to.
    """
    business_id, booking_id = row.business_id, row.id
    wanted = _targets(conn, business_id, booking_id) if row.state == State.CONFIRMED else {}
    known = {one.calendar_id for one in _events(conn, business_id, booking_id)}
    for calendar_id in known - set(wanted):
        _set_event(conn, business_id, booking_id, calendar_id, wanted=UNWANTED)
    for calendar_id, uid in wanted.items():
        if calendar_id in known:
            _set_event(conn, business_id, booking_id, calendar_id, wanted=row.version)
        else:
            ids = {"business_id": business_id, "booking_id": booking_id, "calendar_id": calendar_id, "uid": uid}
            _add(conn, **ids, ref="", etag="", wanted=row.version, shown=NEVER)
    for calendar_id in sorted(known | set(wanted)):
        payload = {"booking_id": booking_id, "calendar_id": calendar_id}
        key = f"event:{booking_id}:{calendar_id}"
        add_effect(conn, business_id=business_id, kind=WRITE_EVENT.name, key=key, payload=payload, due_at=now, now=now)
    state = CalendarState.PENDING if known or wanted else CalendarState.NONE
    _set_state(conn, business_id, booking_id, state)
    return state


def _write_event(hub: Hub, work: Work) -> None:
    """Bring one event to what the booking wants now, whatever an earlier attempt did or did not do."""
    business_id, booking_id, calendar_id = work.business_id, work.payload["booking_id"], work.payload["calendar_id"]
    with hub.database.reading() as conn:
        booking = find_booking(conn, business_id, booking_id)
        event = next((one for one in _events(conn, business_id, booking_id) if one.calendar_id == calendar_id), None)
        place = _place(conn, business_id, calendar_id)
        which = None if place is None else open_calendar(conn, hub.keyring, place)
    if event is None or place is None or which is None or event.wanted == event.shown:
        return
    if event.wanted == UNWANTED:
        written = None
        _remove(hub, place, which, event)
    else:
        wanted = _event_of(hub, business_id, booking, event, place.holder_zone)
        written = _show(hub, place, which, event, wanted)
        written = replace(written, ref=short_ref(written.ref, which.ref))
    with hub.database.writing() as conn:
        lock_booking(conn, business_id, booking_id)  # first, as a customer who moves or cancels it does
        _note_shown(conn, business_id, booking_id, event, written, hub.clock())
        crash_point(CrashPoint.EVENT_BEFORE_COMMIT)


def _show(hub: Hub, place: sa.Row[Any], which: Calendar, event: sa.Row[Any], wanted: Event) -> Written:
    """Write the event, read it back, and return where it stands. Every step may be repeated."""
    crash_point(CrashPoint.EVENT_BEFORE_WRITE)
    written = _write(hub, place, which, _known_at(event, which), wanted)
    crash_point(CrashPoint.EVENT_AFTER_WRITE)
    arguments = {"calendar": which, "written": written}
    found: Found | None = ask_provider(
        hub, place.business_id, place.connection_id, Purpose.PREVENT_CONFLICTS, "hub_read_event", **arguments
    )
    if found is None or found.cancelled or (found.start, found.end) != (wanted.start, wanted.end):
        raise Retry("The calendar does not show the event as it was written.")
    return found.written


def _write(hub: Hub, place: sa.Row[Any], which: Calendar, known: Written, wanted: Event) -> Written:
    """Create the event, or update the one that is known to be there.

    It is not always as it is known. An update of one that was deleted outside becomes a new one. One that was changed
    outside, or that was created by an attempt whose answer was lost and now stands at an older time, is
    overwritten: the booking is what was agreed.
    """

    def ask(purpose: Purpose, hook: str, **arguments: Any) -> Written:
        answer = ask_provider(
            hub, place.business_id, place.connection_id, purpose, hook, calendar=which, event=wanted, **arguments
        )
        assert isinstance(answer, Written)
        return answer

    try:
        if known.ref:
            return ask(Purpose.UPDATE_EVENT, "hub_update_event", written=known)
    except NotFound:
        pass
    except Conflict:
        return ask(Purpose.UPDATE_EVENT, "hub_update_event", written=Written(known.uid, known.ref))
    try:
        return ask(Purpose.CREATE_EVENT, "hub_create_event")
    except Conflict:
        return ask(Purpose.UPDATE_EVENT, "hub_update_event", written=Written(known.uid, ""))


def _remove(hub: Hub, place: sa.Row[Any], which: Calendar, event: sa.Row[Any]) -> None:
    crash_point(CrashPoint.EVENT_BEFORE_WRITE)
    # Also when no write was ever seen to succeed: one whose outcome is unknown may have.
    known = _known_at(event, which)
    where = place.business_id, place.connection_id
    ask_provider(hub, *where, Purpose.CANCEL_EVENT, "hub_cancel_event", calendar=which, written=known)
    crash_point(CrashPoint.EVENT_AFTER_WRITE)


def _known_at(event: sa.Row[Any], which: Calendar) -> Written:
    return Written(event.uid, whole_ref(event.ref, which.ref), event.etag)


def _note_shown(
    conn: sa.Connection, business_id: str, booking_id: str, event: sa.Row[Any], written: Written | None, now: int
) -> None:
    place = {"ref": written.ref, "etag": written.etag} if written else {"ref": "", "etag": ""}
    _set_event(conn, business_id, booking_id, event.calendar_id, shown=event.wanted, **place)
    # What was read of our own event before is out of date; the next look brings it as it is now.
    times = calendar.BusyTime
    conn.execute(
        delete(times).where(
            times.business_id == business_id,
            times.calendar_id == event.calendar_id,
            times.booking_id == booking_id,
        )
    )
    events = _events(conn, business_id, booking_id)
    if any(one.wanted != one.shown for one in events):
        return
    shown = any(one.wanted != UNWANTED for one in events)
    _announce(conn, business_id, booking_id, CalendarState.WRITTEN if shown else CalendarState.NONE, now)


def _gave_up(hub: Hub, work: Work) -> None:
    with hub.database.writing() as conn:
        lock_booking(conn, work.business_id, work.payload["booking_id"])
        _announce(conn, work.business_id, work.payload["booking_id"], CalendarState.FAILED, hub.clock())


def _announce(conn: sa.Connection, business_id: str, booking_id: str, state: CalendarState, now: int) -> None:
    row = find_booking(conn, business_id, booking_id)
    if row.calendar_state == state:
        return
    _set_state(conn, business_id, booking_id, state)
    if state is CalendarState.FAILED:
        notify_booking(conn, row, What.CALENDAR_FAILED, now)
    facts = {"business": business_id, "booking": booking_id, "state": row.state, "calendar_state": state}
    tell(conn, business_id, "hub_booking_changed", facts, now)


def _place(conn: sa.Connection, business_id: str, calendar_id: str) -> sa.Row[Any] | None:
    """Return a calendar's row with the zone of its holder, in which the event is to be shown."""
    table = calendar.Calendar
    statement = (
        select(table.__table__, Holder.zone.label("holder_zone"))
        .join(Holder, Holder.id == table.holder_id)
        .where(table.business_id == business_id, Holder.business_id == business_id, table.id == calendar_id)
    )
    return conn.execute(statement).one_or_none()


def _event_of(hub: Hub, business_id: str, booking: sa.Row[Any], event: sa.Row[Any], zone: str) -> Event:
    with hub.database.reading() as conn:
        statement = select(Service.name).where(Service.business_id == business_id, Service.id == booking.service_id)
        service = conn.execute(statement).scalar_one()
    summary, description = service, ""
    if booking.person_id:
        customer = open_person(hub, business_id, booking.person_id)
        summary = f"{service}: {customer.name}"
        number = spell_phone(customer.phone, "")  # with its country code: a calendar is read anywhere
        description = "\n".join(part for part in (customer.name, number, customer.email) if part)
    return Event(
        uid=event.uid,
        start=booking.starts_at,
        end=booking.ends_at,
        zone=zone,
        summary=summary,
        description=description,
        sequence=booking.version,
    )


def _targets(conn: sa.Connection, business_id: str, booking_id: str) -> dict[str, str]:
    """Return the calendars to write to, one a staff member at most, with the uid of the event in each."""
    rows = _written(conn, business_id=business_id, holders=staff_of(conn, business_id, booking_id))
    # A uid for each calendar: some servers refuse the same one in two calendars of one account.
    return {row.id: f"frontdesk-{booking_id}-{row.holder_id}" for row in rows}


def _events(conn: sa.Connection, business_id: str, booking_id: str) -> list[sa.Row[Any]]:
    return list(_known(conn, business_id=business_id, booking_id=booking_id).all())


def _set_event(conn: sa.Connection, business_id: str, booking_id: str, calendar_id: str, **values: Any) -> None:
    conn.execute(
        update(BookingEvent)
        .where(
            BookingEvent.business_id == business_id,
            BookingEvent.booking_id == booking_id,
            BookingEvent.calendar_id == calendar_id,
        )
        .values(**values)
    )


def _set_state(conn: sa.Connection, business_id: str, booking_id: str, state: CalendarState) -> None:
    _state(conn, business=business_id, booking=booking_id, calendar_state=state)


_add = prepared(lambda: insert(BookingEvent))


@prepared
def _known(business_id: Any, booking_id: Any) -> sa.Executable:
    mine = BookingEvent.business_id == business_id, BookingEvent.booking_id == booking_id
    return select(BookingEvent.__table__).where(*mine).order_by(BookingEvent.calendar_id)


@prepared
def _written(business_id: Any, holders: Any = MANY) -> sa.Executable:
    table = calendar.Calendar
    mine = table.business_id == business_id, table.holder_id.in_(holders), table.written
    return select(table.id, table.holder_id).where(*mine).order_by(table.id)


@prepared
def _state(business: Any, booking: Any) -> sa.Executable:
    return update(Booking).where(Booking.business_id == business, Booking.id == booking)


WRITE_EVENT = Effect("write_event", Repeat.SAFE, _write_event, gave_up=_gave_up)
