"""Choosing a day and a time in the console, among the same offers that customers see; and moving a booking there."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from werkzeug.wrappers import Response

from hub.actions.bookings import find_row
from hub.actions.change_for import move_for
from hub.actions.public_page import PublicService, page_of, service_of
from hub.core.booking import State
from hub.core.errors import InputError, StateError, Taken, Unavailable, UnknownId
from hub.core.role import Right
from hub.web.booking.flow import Flow, read_start
from hub.web.booking.picker import Picker, pick
from hub.web.console.edit import version
from hub.web.console.frame import business_page
from hub.web.current import the_hub, visit
from hub.web.door import Rate, Who
from hub.web.pages import see_other
from hub.web.route import route


def booking_move(business_id: str, booking_id: str) -> Response:
    """Show the times to which it may be moved."""
    return _times(business_id, booking_id)


def booking_moved(business_id: str, booking_id: str) -> Response:
    """Move it to the time that was chosen, or say why not; then it stays as it was."""
    start: int | None = None
    try:
        start = read_start()
        move_for(the_hub(), visit(), business_id, booking_id, version(), start)
    except Taken:
        problem, status = "This time has just been taken; the booking stays as it was. Choose another one.", 409
    except InputError:
        problem, status = "This time is not offered any more; the booking stays as it was. Choose another one.", 422
    except StateError as error:
        problem, status = error.message, 409
    except Unavailable as error:
        problem, status = error.message, 503
    else:
        return see_other("console.booking", "moved", business_id=business_id, booking_id=booking_id)
    return _times(business_id, booking_id, problem, status=status, start=start)


def choose(
    business_id: str, service_id: str, *, staff: str = "", moving: str = "", start: int | None = None
) -> tuple[Picker | None, PublicService]:
    """Return what is offered in the month that the address names, in the business's zone; None if it is switched off.

    Raises UnknownId for a service of another business.
    """
    business, offered = page_of(the_hub(), business_id), service_of(the_hub(), business_id, service_id)
    known = staff if staff in dict(offered.staff) else ""
    flow = Flow(zone=business.zone, own_zone=False, staff=known)
    try:
        return pick(the_hub(), business, offered, flow, moving=moving, start=start), offered
    except UnknownId:
        return None, offered


def _times(
    business_id: str, booking_id: str, problem: str = "", *, status: int = 200, start: int | None = None
) -> Response:
    found = find_row(the_hub(), business_id, booking_id)
    if found.state is not State.CONFIRMED:
        return see_other("console.booking", business_id=business_id, booking_id=booking_id)
    picker, offered = choose(business_id, found.service_id, moving=booking_id, start=start)
    return business_page(
        "console/booking_move.html",
        business_id,
        status,
        booking=found,
        picker=picker,
        service=replace(offered, staff=()),
        problem=problem,
        path=request.path,
    )


_MOVE = "/console/<business_id>/bookings/<booking_id>/move"
ROUTES = (
    route("console", _MOVE, booking_move, "GET", Who.USER, Right.BOOK),
    route("console", _MOVE, booking_moved, "POST", Who.USER, Right.BOOK, rate=Rate.BOOK),
)
