"""Note that a customer did not come, or that they did after all."""

from __future__ import annotations

from hub.actions.decide import check_version
from hub.actions.record import note
from hub.actions.tell import tell
from hub.core.booking import Attendance, State
from hub.core.errors import InputError, StateError
from hub.core.security import Kind, Visit
from hub.parts import Hub
from hub.store.booking import change_booking, find_booking, lock_booking


def set_attendance(
    hub: Hub, visit: Visit, business_id: str, booking_id: str, version: int, attendance: Attendance | str
) -> int:
    """Mark a confirmed booking that has begun as ``no_show``, or take the mark off with an empty text.

    Returns the booking's new version; what is so already stays as it is. Raises InputError for another word, StateError
    (``changed`` when it is not at that ``version`` any more), UnknownId.
    """
    if attendance not in set(Attendance):
        raise InputError("attendance", "Use 'no_show', or nothing to take the mark off.")
    with hub.database.writing() as conn:
        lock_booking(conn, business_id, booking_id)
        row = find_booking(conn, business_id, booking_id)
        check_version(row, version)
        now = hub.clock()
        if row.state != State.CONFIRMED:
            raise StateError(f"Only a confirmed booking can be missed; this one is {row.state}.", code=row.state)
        if row.starts_at > now:
            raise StateError("This booking has not begun yet, so nobody can have missed it.", code="not_begun")
        if row.attendance == attendance:
            return int(row.version)
        change_booking(conn, business_id, booking_id, version, now=now, attendance=str(attendance))
        facts = {"business": business_id, "booking": booking_id, "state": row.state}
        tell(conn, business_id, "hub_booking_changed", {**facts, "calendar_state": row.calendar_state}, now)
        detail = "no_show" if attendance else "came"
        note(hub, conn, visit, Kind.BOOKING_CHANGED, about=booking_id, within=business_id, detail=detail)
    return version + 1
