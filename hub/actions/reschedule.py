"""Move a booking: the old time is given back and the new one claimed at once, or nothing changes."""

from __future__ import annotations

from hub.actions.book import Booked
from hub.actions.check import Verdict, check_live
from hub.actions.event import plan_events
from hub.actions.hold import staff_free_at, take
from hub.actions.notify import What, notify_booking
from hub.actions.offer import fresh_schedule
from hub.actions.tell import tell
from hub.core.booking import CalendarState, State
from hub.core.calendar import Window
from hub.core.changes import changed_meanwhile
from hub.core.errors import StateError, Taken, Unavailable
from hub.parts import Hub
from hub.store.booking import change_booking, find_booking, staff_of
from hub.store.claim import free, holders_of, lock_holders
from hub.store.crash import CrashPoint, crash_point

_TRIES = 3


def reschedule(
    hub: Hub, business_id: str, booking_id: str, start: int, *, zone: str = "", version: int | None = None
) -> Booked:
    """Move a confirmed booking to another start (UTC seconds), with the same staff where they are free.

    All or nothing: until the new time is claimed the booking stands as it was. Raises Taken when the new time is not
    free, Unavailable when the calendars cannot be asked (the booking stays), StateError when it is not confirmed
    (``changed`` when it is not at that ``version``).
    """
    for _ in range(_TRIES):
        booked = _try(hub, business_id, booking_id, start, zone, version)
        if booked is not None:
            return booked
    raise Unavailable("Somebody else is changing this booking right now; please look at it and try again.")


def _try(hub: Hub, business_id: str, booking_id: str, start: int, zone: str, version: int | None) -> Booked | None:
    """Move the booking, or return None if it changed meanwhile."""
    with hub.database.reading() as conn:
        row = find_booking(conn, business_id, booking_id)
        if version is not None and row.version != version:
            raise changed_meanwhile("booking")
        _check_confirmed(row.state)
        before = holders_of(conn, business_id, booking_id)
        current = staff_of(conn, business_id, booking_id)
    schedule, now = fresh_schedule(hub, business_id, row.service_id, Window(start, start + 1), moving=booking_id)
    service = schedule.service
    candidates = staff_free_at(service, schedule.holders, start, now)
    prefer = next((one for one in current if one in candidates), "")
    asked = [prefer] if prefer else list(candidates)
    window = Window(start - service.before, start + service.duration + service.after)
    verdict = check_live(hub, business_id, asked, window, booking_id=booking_id)
    if verdict is Verdict.BUSY:
        raise Taken("Something else stands in the calendar at that time; the appointment stays as it was.")
    if verdict is Verdict.OPEN:
        raise Unavailable("The calendar cannot be asked right now; the appointment stays as it was. Try again later.")
    rooms = [one for group in service.resources for one in group]
    with hub.database.writing() as conn:
        lock_holders(conn, business_id, [*before, *asked, *rooms])
        current_row = find_booking(conn, business_id, booking_id)
        if current_row.version != row.version or holders_of(conn, business_id, booking_id) != before:
            return None
        free(conn, business_id, booking_id)
        team = take(conn, business_id, booking_id, service, asked, start, now, expires_at=None, prefer=prefer)
        moved = change_booking(
            conn,
            business_id,
            booking_id,
            row.version,
            now=now,
            starts_at=start,
            ends_at=start + service.duration,
            zone=zone or row.zone,
        )
        if moved is None:
            raise Taken("The appointment was changed by somebody else just now; it stays as they left it.")
        calendar_state = plan_events(conn, moved, now)
        notify_booking(conn, moved, What.MOVED, now, before=row, staff_before=current)
        facts = {"business": business_id, "booking": booking_id, "state": State.CONFIRMED}
        tell(conn, business_id, "hub_booking_changed", {**facts, "calendar_state": calendar_state}, now)
        crash_point(CrashPoint.MOVE_BEFORE_COMMIT)
    crash_point(CrashPoint.MOVE_AFTER_COMMIT)
    return Booked(booking_id, State.CONFIRMED, CalendarState(calendar_state), start, start + service.duration, team)


def _check_confirmed(state: str) -> None:
    if state != State.CONFIRMED:
        raise StateError(f"Only a confirmed booking can be moved; this one is {state}.", code=state)
