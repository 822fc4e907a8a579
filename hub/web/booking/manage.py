"""What a customer sees by the link to a booking: the appointment, its file for a calendar, moving and cancelling.

Looking changes nothing, whoever fetches the address: only the buttons of the pages do.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask import Response as Answer
from flask import request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from hub.actions.appointment import Appointment, cancel_appointment, find_appointment, move_appointment
from hub.actions.customer_link import customer_link
from hub.actions.public_page import PublicPage, PublicService, page_of, service_of
from hub.core.booking import State
from hub.core.calendar import Event
from hub.core.errors import InputError, StateError, Taken, Unavailable, UnknownId
from hub.ical.write import event_to_ical
from hub.identity.phone import spell_phone
from hub.web.booking.calendar_links import calendar_links
from hub.web.booking.flow import frame, read_flow, read_start
from hub.web.booking.picker import Picker, pick
from hub.web.current import customer_booking, the_hub, visit
from hub.web.door import Who
from hub.web.pages import page, see_other
from hub.web.route import route


def manage(token: str) -> Response:
    """Show the appointment: what, when, where, with whom, and what may still be done about it."""
    business, service, found = _found()
    frame(business)
    event = _event(business, service, found)
    return page(
        "booking/appointment.html",
        token=token,
        links=calendar_links(event) if found.state is State.CONFIRMED else (),
        is_new=request.args.get("done") == "booked",
        done=_note(found),
        **_shown(business, service, found),
    )


def appointment_file(token: str) -> Response:
    """Send the appointment as a file that calendars take in."""
    business, service, found = _found()
    if found.state is not State.CONFIRMED:
        raise StateError("There is a file for the calendar once an appointment is confirmed.", code=found.state)
    event = _event(business, service, found)
    link = customer_link(the_hub(), business.business_id, found.booking_id)
    event = replace(event, description=f"{event.description}\nTo move or cancel it: {link}".strip())
    content = event_to_ical(event, now=the_hub().clock())
    answer = Answer(content, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = "attachment; filename=appointment.ics"  # ours: no text of others in it
    return answer


def move(token: str) -> Response:
    """Show the times to which the appointment may be moved."""
    business, service, found = _found()
    if not found.may_move(the_hub().clock()):
        return see_other("booking.manage", token=token)
    return _times(token, business, service, found)


def move_to(token: str) -> Response:
    """Move the appointment to the time that was chosen."""
    business, service, found = _found()
    flow = read_flow(the_hub(), business, service, zone=found.zone)
    start: int | None = None
    try:
        start = read_start()
        move_appointment(the_hub(), business.business_id, found.booking_id, start, zone=flow.zone, visit=visit())
    except (StateError, UnknownId):  # too late, ended meanwhile, or no longer offered
        return see_other("booking.manage", token=token)
    except Taken:
        problem, status = "This time has just been taken; your appointment stays as it was. Choose another one.", 409
    except InputError:
        problem, status = (
            "This time is not offered any more; your appointment stays as it was. Choose another one.",
            422,
        )
    except Unavailable:
        problem, status = "It could not be moved right now; your appointment stays as it was. Try again later.", 503
    else:
        return see_other("booking.manage", done="moved", token=token)
    return _times(token, business, service, found, problem, status=status, start=start)


def ask_cancel(token: str) -> Response:
    """Ask whether the appointment shall be cancelled."""
    business, service, found = _found()
    if not found.may_cancel(the_hub().clock()):
        return see_other("booking.manage", token=token)
    return page("booking/cancel.html", token=token, **_shown(business, service, found))


def cancel_now(token: str) -> Response:
    """Cancel the appointment; a second click leads to the same page."""
    business, _, found = _found()
    try:
        cancel_appointment(the_hub(), business.business_id, found.booking_id, visit=visit())
    except StateError:
        return see_other("booking.manage", token=token)
    return see_other("booking.manage", done="cancelled", token=token)


def _found() -> tuple[PublicPage, PublicService, Appointment]:
    business_id, booking_id = customer_booking()
    try:
        found = find_appointment(the_hub(), business_id, booking_id)
        return page_of(the_hub(), business_id), service_of(the_hub(), business_id, found.service_id), found
    except UnknownId:
        raise NotFound("This appointment is not here any more.") from None


def _times(
    token: str,
    business: PublicPage,
    service: PublicService,
    found: Appointment,
    problem: str = "",
    *,
    status: int = 200,
    start: int | None = None,
) -> Response:
    flow = read_flow(the_hub(), business, service, zone=found.zone)
    if flow.problem:
        problem, status = problem or flow.problem, max(status, 422)
    service = replace(service, staff=())  # a move keeps the staff where they are free; there is no choice to offer
    picker: Picker | None = None
    with suppress(UnknownId):  # the service was switched off: what was booked stands, but nothing new is offered
        picker = pick(the_hub(), business, service, flow, moving=found.booking_id, start=start)
    path = url_for("booking.move", token=token)
    return page(
        "booking/move.html",
        status,
        token=token,
        picker_view=picker,
        path=path,
        problem=problem,
        **_shown(business, service, found),
    )


def _shown(business: PublicPage, service: PublicService, found: Appointment) -> dict[str, Any]:
    now = the_hub().clock()
    return {
        "business": business,
        "service": service,
        "appointment": found,
        "zone": found.zone,
        "place": service.place or business.place,
        "may_move": found.may_move(now) and service.active,
        "may_cancel": found.may_cancel(now),
        "is_over": found.end <= now,
        "again": _again(business, service),
    }


def _again(business: PublicPage, service: PublicService) -> str:
    """Return where to book anew: the page of the service, else of the business, else nowhere."""
    if business.slug and business.service(service.slug):
        return url_for("booking.service", slug=business.slug, service_slug=service.slug)
    return url_for("booking.business", slug=business.slug) if business.slug else ""


def _note(found: Appointment) -> str | None:
    """Return what the page says was just done, where the state does not say it already."""
    return (
        "Your appointment was moved."
        if request.args.get("done") == "moved" and found.state is State.CONFIRMED
        else None
    )


def _event(business: PublicPage, service: PublicService, found: Appointment) -> Event:
    return Event(
        uid=f"frontdesk-{found.booking_id}",  # as in the mail, so that a calendar has it once
        start=found.start,
        end=found.end,
        zone=found.zone,
        summary=f"{service.name} ({business.name})",
        description=_description(business, found),
        location=service.place or business.place,
        sequence=found.version,
    )


def _description(business: PublicPage, found: Appointment) -> str:
    lines = [
        f"With {', '.join(found.staff)}" if found.staff else "",
        spell_phone(business.phone, business.region),
        business.email,
    ]
    return "\n".join(line for line in lines if line)


ROUTES = (
    route("booking", "/b/manage/<token>", manage, "GET", Who.CUSTOMER, framed=True),
    route("booking", "/b/manage/<token>/appointment.ics", appointment_file, "GET", Who.CUSTOMER),
    route("booking", "/b/manage/<token>/move", move, "GET", Who.CUSTOMER),
    route("booking", "/b/manage/<token>/move", move_to, "POST", Who.CUSTOMER),
    route("booking", "/b/manage/<token>/cancel", ask_cancel, "GET", Who.CUSTOMER),
    route("booking", "/b/manage/<token>/cancel", cancel_now, "POST", Who.CUSTOMER),
)
