"""Why a time is not offered: the closed list of codes, each with a sentence for people."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """One reason against a start. The codes are stable: pages, the API and logs name them."""

    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    OFF_STEP = "off_step"
    NO_STAFF = "no_staff"
    RESOURCE_TAKEN = "resource_taken"
    OUTSIDE_HOURS = "outside_hours"
    CLOSED_DAY = "closed_day"
    HOLIDAY = "holiday"
    TIME_OFF = "time_off"
    BUSY = "busy"
    BOOKED = "booked"
    BUFFER = "buffer"
    INACTIVE = "inactive"
    CALENDAR_STALE = "calendar_stale"
    CALENDAR_UNREACHABLE = "calendar_unreachable"
    CALENDAR_UNREADABLE = "calendar_unreadable"

    @property
    def sentence(self) -> str:
        """One plain sentence, without a name or an hour in it."""
        return _SENTENCES[self]


_SENTENCES: dict[Reason, str] = {
    Reason.TOO_SOON: "The start is nearer than the service's minimum notice.",
    Reason.TOO_FAR: "The start is beyond the service's booking horizon.",
    Reason.OFF_STEP: "The service does not begin at this minute.",
    Reason.NO_STAFF: "No staff member gives this service.",
    Reason.RESOURCE_TAKEN: "Not enough of the rooms or equipment that the service needs is free.",
    Reason.OUTSIDE_HOURS: "The appointment would not lie within one opening of the working hours.",
    Reason.CLOSED_DAY: "The day is closed by an exception to the weekly hours.",
    Reason.HOLIDAY: "The day is a holiday.",
    Reason.TIME_OFF: "The appointment would reach into time off.",
    Reason.BUSY: "A connected calendar is busy at that time.",
    Reason.BOOKED: "Another appointment is booked at that time.",
    Reason.BUFFER: "The time before or after the appointment is not free.",
    Reason.INACTIVE: "The staff member or resource cannot be booked at present.",
    Reason.CALENDAR_STALE: "A connected calendar has not been read recently enough.",
    Reason.CALENDAR_UNREACHABLE: "A connected calendar cannot be reached.",
    Reason.CALENDAR_UNREADABLE: "A connected calendar holds something that cannot be read.",
}
