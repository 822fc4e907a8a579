"""The details of a held time: who comes, what the service asks, what is agreed to; then it is booked."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from hub.actions.appointment import Appointment, find_appointment
from hub.actions.book import Booked, book
from hub.actions.contact_code import TOO_MANY_CODES
from hub.actions.customer_link import customer_token
from hub.actions.public_page import PublicPage, PublicService
from hub.actions.texts import ConsentText, current_texts
from hub.core.booking import State
from hub.core.errors import StateError, Taken, TooMany, UnknownId
from hub.core.zones import day_of
from hub.web.booking.choose import TRAPPED, find_offered, show_times
from hub.web.booking.details_form import DetailsForm, details_form
from hub.web.booking.flow import Flow, is_embedded, is_trapped, network, read_flow
from hub.web.booking.hold_token import open_hold_token
from hub.web.booking.prove import AGAIN, BOOK, CHANGE, Owed, by_hand, let_through, name_browser
from hub.web.current import the_hub
from hub.web.door import Rate, Who
from hub.web.forms import attempt, blank, typed
from hub.web.pages import page, see_other
from hub.web.route import route


def details(slug: str, service_slug: str, held_token: str) -> Response:
    """Ask for the details of a held time."""
    found = _held(slug, service_slug, held_token)
    if isinstance(found, Response):
        return found
    business, offered, held, flow = found
    if held.hold_until <= the_hub().clock():
        return _lapsed(business, offered, held, flow)
    return _form(business, offered, held, flow, blank(details_form(offered)))


def finish(slug: str, service_slug: str, held_token: str) -> Response:
    """Book the held time, after a code where one is owed. A second click and the back button lead to one booking."""
    found = _held(slug, service_slug, held_token)
    if isinstance(found, Response):
        return found
    (business, offered, held, flow), hub = found, the_hub()
    form = typed(details_form(offered, current_texts(hub, business.business_id)))
    name_browser(form)
    if is_trapped():
        form.problem = TRAPPED
        return _form(business, offered, held, flow, form, status=422)
    if form.step.data == CHANGE:
        return _form(business, offered, held, flow, form)

    def work() -> Booked | Owed | Taken | TooMany | StateError:
        answers = {asked.label: form[f"q{number}"].data or "" for number, asked in enumerate(offered.questions)}
        try:
            return let_through(hub, business, held, form) or book(
                hub,
                business.business_id,
                held.booking_id,
                form.customer(business),
                answers=answers,
                agreements=form.agreements(),
                source="page",
                network=network(hub),
            )
        except (Taken, TooMany, StateError) as error:
            return error

    names = {f"answers.{asked.label}": f"q{number}" for number, asked in enumerate(offered.questions)}
    done, answer = attempt(form, work, names | {"agreements": "agreed"})
    if isinstance(answer, Owed):
        return _code(business, offered, held, flow, form, sent=answer.sent)
    if not done or answer is None:
        form.problem = form.problem or "Nothing is booked yet: please look at what is marked below."
        show = _code if form.code.errors else _form
        return show(business, offered, held, flow, form, status=422)
    if isinstance(answer, TooMany):
        form.problem = f"{answer.message} Nothing is booked. To make another appointment, please {by_hand(business)}."
        show = _code if answer.code == TOO_MANY_CODES and form.step.data else _form
        return show(business, offered, held, flow, form, status=429)
    if isinstance(answer, Taken):
        problem = "This time has just been taken, so nothing was booked. Please choose another one."
        return show_times(business, offered, flow, problem, status=409, start=held.start)
    if isinstance(answer, StateError):
        return _lapsed(business, offered, held, flow)
    return _to_appointment(business.business_id, held.booking_id)


def _held(slug: str, service_slug: str, token: str) -> tuple[PublicPage, PublicService, Appointment, Flow] | Response:
    """Return what is held by whom the token was made for, or the answer where there is nothing to fill in any more."""
    found = find_offered(slug, service_slug)
    if isinstance(found, Response):
        return found
    business, offered = found
    try:
        booking_id = open_hold_token(the_hub(), business.business_id, token)
        held = find_appointment(the_hub(), business.business_id, booking_id)
    except UnknownId:
        return page("booking/gone.html", 404, business=business)
    if held.service_id != offered.id:
        return page("booking/gone.html", 404, business=business)
    if held.state in (State.CONFIRMED, State.REQUESTED):
        return _to_appointment(business.business_id, booking_id)
    flow = read_flow(the_hub(), business, offered, zone=held.zone)
    flow = Flow(flow.zone, flow.own_zone, flow.staff, flow.embed, token, booking_id)
    return _lapsed(business, offered, held, flow) if held.state is not State.HELD else (business, offered, held, flow)


def _form(
    business: PublicPage, offered: PublicService, held: Appointment, flow: Flow, form: DetailsForm, *, status: int = 200
) -> Response:
    name_browser(form)
    texts: tuple[ConsentText, ...] = current_texts(the_hub(), business.business_id)
    shown = _shown(business, offered, held, flow)
    return page("booking/details.html", status, form=form, texts=texts, **shown)


def _code(
    business: PublicPage,
    offered: PublicService,
    held: Appointment,
    flow: Flow,
    form: DetailsForm,
    *,
    status: int = 200,
    sent: bool = False,
) -> Response:
    """Show the page that asks for the code. What was typed before goes along with it, and is kept nowhere."""
    held = find_appointment(the_hub(), business.business_id, held.booking_id)  # perhaps it is kept longer by now
    form.code.flags.required = True
    again = sent and form.step.data == AGAIN
    shown = _shown(business, offered, held, flow)
    return page("booking/code.html", status, form=form, again=again, steps=(BOOK, AGAIN, CHANGE), **shown)


def _shown(business: PublicPage, offered: PublicService, held: Appointment, flow: Flow) -> dict[str, Any]:
    return {
        "business": business,
        "service": offered,
        "held": held,
        "zone": flow.zone,
        "left": max(0, held.hold_until - the_hub().clock()),
        "back": _back(business, offered, held, flow),
    }


def _lapsed(business: PublicPage, offered: PublicService, held: Appointment, flow: Flow) -> Response:
    return page(
        "booking/lapsed.html",
        410,
        business=business,
        service=offered,
        held=held,
        back=_back(business, offered, held, flow),
    )


def _back(business: PublicPage, offered: PublicService, held: Appointment, flow: Flow) -> dict[str, Any]:
    """Return what leads back to the times: the address of the service, what it carries, and the day."""
    day = date.fromordinal(day_of(flow.zone, held.start)).isoformat()
    path = url_for("booking.service", slug=business.slug, service_slug=offered.slug)
    return {"path": path, "carried": flow.carried, "zone": flow.zone, "day": day}


def _to_appointment(business_id: str, booking_id: str) -> Response:
    token = customer_token(the_hub(), business_id, booking_id)
    carried = {"embed": "1"} if is_embedded() else {}
    return see_other("booking.manage", done="booked", token=token, **carried)


ROUTES = (
    route("booking", "/b/<slug>/<service_slug>/details/<held_token>", details, "GET", Who.ANYONE, framed=True),
    route(
        "booking",
        "/b/<slug>/<service_slug>/details/<held_token>",
        finish,
        "POST",
        Who.ANYONE,
        rate=Rate.BOOK,
        framed=True,
    ),
)
