"""One booking: all that belongs to it, and what may be done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import current_app, request
from werkzeug.wrappers import Response

from hub.actions.attendance import set_attendance
from hub.actions.booking_details import BookingDetails, Happened, What, get_booking
from hub.actions.change_for import cancel_for
from hub.actions.decide import confirm_requested, decline_requested
from hub.actions.outside_view import changed_outside
from hub.actions.write_back import write_back
from hub.core.booking import Decline, State
from hub.core.errors import InputError, StateError, Unavailable
from hub.core.role import Right
from hub.core.trouble import sentence
from hub.web.console.edit import version
from hub.web.console.frame import business_page
from hub.web.console.texts import MAILS
from hub.web.current import session, the_hub, visit
from hub.web.door import Who
from hub.web.pages import see_other
from hub.web.route import route
from hub.web.words import tone, words

STATES = {
    State.HELD: "Held: somebody is filling in their details. It lapses by itself.",
    State.REQUESTED: "Not confirmed: the time is kept, but the calendar could not be asked. The hub goes on trying.",
    State.CONFIRMED: "Agreed with the customer.",
    State.CANCELLED: "Its time is free again.",
    State.LAPSED: "Nobody confirmed the held time. It is free again.",
}
"""What a state means, for people."""

_STAFF = {
    "booked": "Booked by the agency",
    "moved": "Moved by the agency",
    "cancelled": "Cancelled by the agency",
    "confirmed": "Confirmed by the agency",
    "declined": "Declined by the agency",
    "no_show": "Marked as not come",
    "came": "Mark taken off",
    "written_back": "Written into the calendar again by the agency",
}
_MAILS = {str(kind): name for kind, name in MAILS.items()}
_DOORS = {"page": "on the booking page", "api": "over the API", "console": "in the console"}
_CALENDAR = {
    "pending": "Is being written into the calendar",
    "written": "Stands in the calendar",
    "failed": "Could not be written into the calendar",
    "conflict": "Does not agree with the calendar",
    "none": "Does not stand in a calendar any more",
}

_DONE_OUTSIDE = {"moved": "Moved in the calendar", "deleted": "Deleted in the calendar"}
_CAME_OF_IT = {
    "followed": "the booking moved with it",
    "cancelled": "so the booking was cancelled",
    "taken": "to a time that is not free; the booking stays",
    "unclaimable": "to a time at which no appointment can be; the booking stays",
    "told": "the booking stays",
    "many": "together with many others; the booking stays",
    "elsewhere": "it stands in another one; the booking stays",
    "back": "and put back",
    "written_back": "and written back",
}


def booking(business_id: str, booking_id: str) -> Response:
    """Show it."""
    return show(business_id, booking_id)


def booking_cancel(business_id: str, booking_id: str) -> Response:
    """Cancel it: its time is free at once."""
    work = lambda: cancel_for(the_hub(), visit(), business_id, booking_id, version())  # noqa: E731
    return _do(business_id, booking_id, work, "cancelled")


def booking_confirm(business_id: str, booking_id: str) -> Response:
    """Confirm a requested one by one's own word."""
    work = lambda: confirm_requested(the_hub(), visit(), business_id, booking_id, version())  # noqa: E731
    return _do(business_id, booking_id, work, "agreed")


def booking_decline(business_id: str, booking_id: str) -> Response:
    """Decline a requested one for a reason, which the customer is told."""
    reason = request.form.get("reason", "")
    work = lambda: decline_requested(the_hub(), visit(), business_id, booking_id, version(), reason)  # noqa: E731
    return _do(business_id, booking_id, work, "cancelled")


def booking_write_back(business_id: str, booking_id: str) -> Response:
    """Write its events into the calendars again, as it was agreed."""
    work = lambda: write_back(the_hub(), visit(), business_id, booking_id, version())  # noqa: E731
    return _do(business_id, booking_id, work, "rewritten")


def booking_attendance(business_id: str, booking_id: str) -> Response:
    """Mark that the customer did not come, or take the mark off."""
    mark = request.form.get("attendance", "")
    work = lambda: set_attendance(the_hub(), visit(), business_id, booking_id, version(), mark)  # noqa: E731
    return _do(business_id, booking_id, work, "noted")


def show(business_id: str, booking_id: str, problem: str = "", status: int = 200) -> Response:
    """Return the page of a booking; ``problem`` is what could not be done just now."""
    found = get_booking(the_hub(), business_id, booking_id)
    now = the_hub().clock()
    one = found.booking
    live = one.state in (State.CONFIRMED, State.REQUESTED)
    return business_page(
        "console/booking.html",
        business_id,
        status,
        found=found,
        booking=one,
        means=STATES[one.state],
        why=why(one.problem),
        timeline=tuple(timeline(found)),
        declines=[(str(one), one.sentence) for one in Decline],
        problem=problem,
        sentence=sentence,
        outside=changed_outside(the_hub(), business_id, booking_id),
        mail_names=_MAILS,
        known=current_app.view_functions,
        may_move=one.state is State.CONFIRMED and one.end > now,
        may_cancel=live and one.end > now,
        may_mark=one.state is State.CONFIRMED and one.start <= now,
        may_decide=one.state is State.REQUESTED,
        is_over=one.end <= now,
    )


def why(problem: str) -> str:
    """Return in a sentence what a booking's problem is; empty for none."""
    if not problem:
        return ""
    if problem == "calendar_busy":
        return "The calendar turned out to be busy at that time."
    if problem == "cancelled_outside":
        return "Its event was deleted in the calendar."
    if problem in set(Decline):
        return f"The customer was told: {Decline(problem).sentence}"
    return sentence(problem)


def timeline(found: BookingDetails) -> Iterator[tuple[int, str, str, str]]:
    """Give the lines of a booking's history: instant, what happened, more about it, how it looks."""
    for one in found.history:
        title, text, look = _line(one)
        yield one.at, title, text, look


def _line(one: Happened) -> tuple[str, str, str]:
    if one.what is What.MADE:
        return "Begun", _DOORS.get(one.detail, ""), "quiet"
    if one.what is What.STATE:
        return words(one.detail).capitalize(), "", tone(one.detail)
    if one.what is What.CALENDAR:
        return _CALENDAR.get(one.detail, words(one.detail)), "", tone(one.detail)
    if one.what is What.MAIL:
        return f"Mail: {_MAILS.get(one.detail, words(one.detail))}", "", "info"
    if one.what is What.OUTSIDE:
        kind, _, state = one.detail.partition("_")
        return _DONE_OUTSIDE.get(kind, words(kind)), _CAME_OF_IT.get(state, words(state)), "warn"
    mine = one.actor == "user" and one.actor_id == session().user.id
    by = "by you" if mine else "by a program, with an API key" if one.actor == "key" else ""
    return _STAFF.get(one.detail, words(one.detail)), by, "info"


def _do(business_id: str, booking_id: str, work: Callable[[], Any], done: str) -> Response:
    """Do it and show the booking; what cannot be done is said above it as it stands now."""
    try:
        work()
    except InputError as error:
        return show(business_id, booking_id, error.message.removeprefix(f"{error.field}: "), 422)
    except StateError as error:
        return show(business_id, booking_id, error.message, 409)
    except Unavailable as error:
        return show(business_id, booking_id, error.message, 503)
    return see_other("console.booking", done, business_id=business_id, booking_id=booking_id)


_ONE = "/console/<business_id>/bookings/<booking_id>"
ROUTES = (
    route("console", _ONE, booking, "GET", Who.USER, Right.VIEW_BOOKINGS),
    route("console", f"{_ONE}/cancel", booking_cancel, "POST", Who.USER, Right.BOOK),
    route("console", f"{_ONE}/confirm", booking_confirm, "POST", Who.USER, Right.BOOK),
    route("console", f"{_ONE}/decline", booking_decline, "POST", Who.USER, Right.BOOK),
    route("console", f"{_ONE}/write-back", booking_write_back, "POST", Who.USER, Right.BOOK),
    route("console", f"{_ONE}/attendance", booking_attendance, "POST", Who.USER, Right.BOOK),
)
