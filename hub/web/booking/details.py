"""The details of a held time: who comes, what the service asks, what is agreed to; then it is booked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import wtforms
from flask import url_for
from werkzeug.wrappers import Response
from wtforms.validators import DataRequired

from hub.actions.appointment import Appointment, find_appointment
from hub.actions.book import Booked, book
from hub.actions.customer_link import customer_token
from hub.actions.hoarding import check_booker
from hub.actions.people import Customer
from hub.actions.public_page import PublicPage, PublicService
from hub.actions.texts import ConsentText, current_texts
from hub.core.booking import State
from hub.core.errors import StateError, Taken, TooMany, UnknownId
from hub.core.question import Question
from hub.core.zones import day_of
from hub.web.booking.choose import TRAPPED, find_offered, show_times
from hub.web.booking.flow import Flow, is_embedded, is_trapped, network, read_flow
from hub.web.booking.hold_token import open_hold_token
from hub.web.current import the_hub
from hub.web.door import Rate, Who
from hub.web.forms import Form, attempt, blank, typed
from hub.web.pages import page, see_other
from hub.web.route import route
from hub.web.words import phone

_SHORT = 80
"""Characters of the longest choice that still stands as a round button rather than in a list."""


def details(slug: str, service_slug: str, held_token: str) -> Response:
    """Ask for the details of a held time."""
    found = _held(slug, service_slug, held_token)
    if isinstance(found, Response):
        return found
    business, offered, held, flow = found
    if held.hold_until <= the_hub().clock():
        return _lapsed(business, offered, held, flow)
    return _form(business, offered, held, flow, blank(_form_of(offered)))


def finish(slug: str, service_slug: str, held_token: str) -> Response:
    """Book the held time. A second click, the back button and loading anew lead to the same booking."""
    found = _held(slug, service_slug, held_token)
    if isinstance(found, Response):
        return found
    (business, offered, held, flow), hub = found, the_hub()
    form = typed(_form_of(offered, current_texts(hub, business.business_id)))
    if is_trapped():
        form.problem = TRAPPED
        return _form(business, offered, held, flow, form, status=422)

    def work() -> Booked | Taken | TooMany | StateError:
        customer = Customer(form.name.data, form.email.data or "", form.phone.data or "", business.region)
        answers = {asked.label: form[f"q{number}"].data or "" for number, asked in enumerate(offered.questions)}
        agreed = set(form.agreed.data or ())
        agreements = {one: one in agreed for one in form.shown.data or ()}
        try:
            check_booker(hub, business.business_id, held.booking_id, customer, network=network(hub))
            return book(
                hub,
                business.business_id,
                held.booking_id,
                customer,
                answers=answers,
                agreements=agreements,
                source="page",
                network=network(hub),
            )
        except (Taken, TooMany, StateError) as error:
            return error

    names = {f"answers.{asked.label}": f"q{number}" for number, asked in enumerate(offered.questions)}
    done, answer = attempt(form, work, names | {"agreements": "agreed"})
    if not done or answer is None:
        form.problem = form.problem or "Nothing is booked yet: please look at what is marked below."
        return _form(business, offered, held, flow, form, status=422)
    if isinstance(answer, TooMany):
        form.problem = f"{answer.message} Nothing is booked. {_by_hand(business)}"
        return _form(business, offered, held, flow, form, status=429)
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
    business: PublicPage, offered: PublicService, held: Appointment, flow: Flow, form: Form, *, status: int = 200
) -> Response:
    texts: tuple[ConsentText, ...] = current_texts(the_hub(), business.business_id)
    return page(
        "booking/details.html",
        status,
        business=business,
        service=offered,
        held=held,
        zone=flow.zone,
        form=form,
        texts=texts,
        left=max(0, held.hold_until - the_hub().clock()),
        back=_back(business, offered, held, flow),
    )


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


def _by_hand(business: PublicPage) -> str:
    """Say how an appointment is made where the page does not go on."""
    number = phone(business.phone, business.region)
    ways = [f"call {number}" if number else "", f"write to {business.email}" if business.email else ""]
    how = " or ".join(one for one in ways if one)
    return f"To make another appointment, please {how or f'ask {business.name}'}."


def _to_appointment(business_id: str, booking_id: str) -> Response:
    token = customer_token(the_hub(), business_id, booking_id)
    carried = {"embed": "1"} if is_embedded() else {}
    return see_other("booking.manage", done="booked", token=token, **carried)


def _form_of(offered: PublicService, texts: Iterable[ConsentText] = ()) -> type[_DetailsForm]:
    """Return the form of a service: who comes, and a field for each question."""
    fields: dict[str, Any] = {f"q{number}": _field(asked) for number, asked in enumerate(offered.questions)}
    needed = frozenset(one.hash for one in texts if one.is_required)
    return type("DetailsForm", (_DetailsForm,), {**fields, "needed": needed})


def _field(asked: Question) -> wtforms.Field:
    needed = [DataRequired("Please answer this question; it is needed for the appointment.")] if asked.required else []
    if not asked.choices:
        return wtforms.TextAreaField(asked.label, needed)
    choices = [wtforms.SelectChoice(one) for one in asked.choices]
    if len(choices) <= 5 and asked.required and all(len(one) <= _SHORT for one in asked.choices):
        return wtforms.RadioField(asked.label, needed, choices=choices, validate_choice=False)
    return wtforms.SelectField(
        asked.label, needed, choices=[wtforms.SelectChoice("", "Choose"), *choices], validate_choice=False
    )


class _DetailsForm(Form):
    """Who comes, which texts were shown and which were agreed to (by hash); ``needed`` are those that must be."""

    needed: frozenset[str] = frozenset()
    name = wtforms.StringField("Your name", [DataRequired("Give a name, so that they know who comes.")])
    email = wtforms.EmailField("E-mail address")
    phone = wtforms.TelField("Phone number")
    shown = wtforms.SelectMultipleField(choices=[], validate_choice=False)
    agreed = wtforms.SelectMultipleField(choices=[], validate_choice=False)

    def validate(self, extra_validators: Any = None) -> bool:
        """Tell whether all is there; what `book` would refuse one by one is told at once."""
        good = bool(super().validate(extra_validators))
        if not (self.email.data or self.phone.data):
            self.email.errors = ["Give an e-mail address or a phone number, so that you can be reached."]
            good = False
        if self.needed & set(self.shown.data) - set(self.agreed.data):
            self.agreed.errors = ["Please agree to how your details are used; it is needed for the appointment."]
            good = False
        return good


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
