"""The states of a booking, which may follow which, and the answer that a customer may be given in each.

A booking has one honest state, and beside it the state of its event in the calendar: messages never wait for a
calendar, and a booking never claims an event that was not seen there.
"""

from __future__ import annotations

from enum import StrEnum

from hub.core.errors import StateError


class State(StrEnum):
    """What has been agreed with the customer."""

    HELD = "held"  # the time is kept until hold_until, for somebody who is still typing
    REQUESTED = "requested"  # the live check could not be made: kept, but not confirmed, and the customer is told so
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"  # a hold that nobody confirmed in time


class CalendarState(StrEnum):
    """What is known of the booking's event in the staff's calendars."""

    NONE = "none"  # no calendar to write to, or not confirmed yet
    PENDING = "pending"  # to be written, or the outcome of writing is open
    WRITTEN = "written"  # read back, and it shows the booking as it is
    FAILED = "failed"  # given up; the staff are told
    CONFLICT = "conflict"  # something else stands in the calendar at that time; the staff are told


class Decline(StrEnum):
    """Why staff do not confirm what a customer asked for: kept as the booking's problem, and told to the customer."""

    NOT_AVAILABLE = "not_available"
    NOT_OFFERED = "not_offered"
    DUPLICATE = "duplicate"
    NOT_REACHED = "not_reached"
    OTHER = "other"

    @property
    def sentence(self) -> str:
        """One plain sentence for the customer."""
        return _DECLINES[self]


_DECLINES: dict[Decline, str] = {
    Decline.NOT_AVAILABLE: "Nobody is available at that time after all.",
    Decline.NOT_OFFERED: "This is not offered at present.",
    Decline.DUPLICATE: "There is another appointment for the same thing already.",
    Decline.NOT_REACHED: "A question about it could not be answered in time.",
    Decline.OTHER: "The appointment cannot take place.",
}


class Attendance(StrEnum):
    """Whether the customer came, as far as anybody said."""

    UNSAID = ""
    NO_SHOW = "no_show"


LIVE = frozenset({State.HELD, State.REQUESTED, State.CONFIRMED})
"""The states in which a booking's claims stand."""

_NEXT: dict[State, frozenset[State]] = {
    State.HELD: frozenset({State.CONFIRMED, State.REQUESTED, State.CANCELLED, State.LAPSED}),
    State.REQUESTED: frozenset({State.CONFIRMED, State.CANCELLED}),
    State.CONFIRMED: frozenset({State.CANCELLED}),
    State.CANCELLED: frozenset(),
    State.LAPSED: frozenset(),
}


def check_step(state: State, following: State) -> None:
    """Raise StateError if a booking in one state cannot pass to the other; say what it is instead."""
    if following not in _NEXT[state]:
        raise StateError(f"This booking is {state}, so it cannot become {following}; make a new one.", code=state)
