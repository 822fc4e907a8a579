"""Booking for a customer, as at the telephone: a service, a time that is offered, who comes, what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import wtforms
from flask import request
from werkzeug.wrappers import Response
from wtforms.validators import DataRequired

from hub.actions.book import Booked
from hub.actions.book_for import book_for
from hub.actions.businesses import get_business
from hub.actions.holders import list_holders
from hub.actions.people import Customer
from hub.actions.public_page import PublicService, service_of
from hub.actions.services import list_services
from hub.core.errors import InputError, StateError, Taken
from hub.core.page import LARGEST
from hub.core.question import Question
from hub.core.role import Right
from hub.web.console.booking_move import choose
from hub.web.console.edit import NewForm, new_once
from hub.web.console.fields import ZoneField
from hub.web.console.frame import business_page
from hub.web.current import session, the_hub, visit
from hub.web.door import Rate, Who
from hub.web.forms import attempt, blank, typed
from hub.web.pages import see_other
from hub.web.route import route

GIVE = "Please fill this in."


def booking_new(business_id: str) -> Response:
    """Choose what is to be booked."""
    found = [one for one in list_services(the_hub(), business_id, limit=LARGEST).items if one.active]
    return business_page("console/booking_new.html", business_id, services=found, people=_names(business_id))


def booking_times(business_id: str, service_id: str) -> Response:
    """Choose with whom and when."""
    return _times(business_id, service_id)


def booking_who(business_id: str, service_id: str) -> Response:
    """Say who comes at the time that was chosen."""
    offered = service_of(the_hub(), business_id, service_id)
    start = _start(request.args.get("start", ""))
    if start is None:
        return see_other("console.booking_times", business_id=business_id, service_id=service_id)
    form = blank(_form_of(offered), once=new_once(), zone=get_business(the_hub(), business_id).zone)
    return _details(business_id, offered, start, request.args.get("staff", ""), form)


def booking_made(business_id: str, service_id: str) -> Response:
    """Book it, by the same rules as on the booking page. A second click leads to the same booking."""
    offered = service_of(the_hub(), business_id, service_id)
    form = typed(_form_of(offered))
    start, staff = _start(form.start.data or ""), form.staff.data or ""
    if start is None:
        return see_other("console.booking_times", business_id=business_id, service_id=service_id)
    names = {f"answers.{asked.label}": f"q{number}" for number, asked in enumerate(offered.questions)}
    done, answer = attempt(form, lambda: _book(business_id, offered, start, staff, form), names)
    if isinstance(answer, Taken):
        problem = "This time has just been taken, so nothing was booked. Choose another one."
        return _times(business_id, service_id, problem, status=409, start=start)
    if isinstance(answer, InputError):
        problem = "This time is not offered any more, so nothing was booked. Choose another one."
        return _times(business_id, service_id, problem, status=422, start=start)
    if not done or answer is None:
        form.once.data = new_once()  # what failed was let go: another try is another request
        return _details(business_id, offered, start, staff, form, 422)
    return see_other("console.booking", "booked", business_id=business_id, booking_id=answer.booking_id)


def _book(business_id: str, offered: PublicService, start: int, staff: str, form: Any) -> Booked | Taken | InputError:
    customer = Customer(form.name.data, form.email.data or "", form.phone.data or "", _region(business_id))
    answers: Mapping[str, object] = {
        asked.label: form[f"q{number}"].data or "" for number, asked in enumerate(offered.questions)
    }
    given = repr((customer.name, customer.email, customer.phone, sorted(answers.items())))
    once = form.once.data or new_once()
    try:
        return book_for(
            the_hub(),
            visit(),
            business_id,
            offered.id,
            start,
            customer,
            zone=form.zone.data,
            staff=staff,
            answers=answers,
            idempotency_key=sha256(f"{session().id} {once}".encode()).hexdigest(),
            request=sha256(given.encode()).hexdigest(),
        )
    except Taken as error:
        return error
    except InputError as error:
        if error.field in ("start", "staff"):
            return error
        raise
    except StateError as error:
        return Taken(error.message)


def _times(
    business_id: str, service_id: str, problem: str = "", *, status: int = 200, start: int | None = None
) -> Response:
    staff = request.values.get("staff", "")
    picker, offered = choose(business_id, service_id, staff=staff, start=start)
    path = request.path.removesuffix("/who")
    return business_page(
        "console/booking_times.html",
        business_id,
        status,
        service=offered,
        picker=picker,
        problem=problem,
        path=path,
    )


def _details(
    business_id: str, offered: PublicService, start: int, staff: str, form: Any, status: int = 200
) -> Response:
    return business_page(
        "console/booking_who.html",
        business_id,
        status,
        service=offered,
        start=start,
        staff=staff,
        with_whom=_names(business_id).get(staff, ""),
        form=form,
    )


def _form_of(offered: PublicService) -> type[_WhoForm]:
    """Return the form of a service: who comes, and a field for each question."""
    fields = {f"q{number}": _field(asked) for number, asked in enumerate(offered.questions)}
    return type("WhoForm", (_WhoForm,), fields)


def _field(asked: Question) -> wtforms.Field:
    needed = [DataRequired(GIVE)] if asked.required else []
    if not asked.choices:
        return wtforms.TextAreaField(asked.label, needed)
    choices = [wtforms.SelectChoice("", "Choose"), *(wtforms.SelectChoice(one) for one in asked.choices)]
    return wtforms.SelectField(asked.label, needed, choices=choices, validate_choice=False)


class _WhoForm(NewForm):
    """Who comes, and when, as it was chosen before."""

    start = wtforms.HiddenField()
    staff = wtforms.HiddenField()
    name = wtforms.StringField("Name", [DataRequired(GIVE)])
    email = wtforms.EmailField("E-mail")
    phone = wtforms.TelField("Phone")
    zone = ZoneField("Time zone of the customer", [DataRequired(GIVE)])


def _start(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 11 else None


def _region(business_id: str) -> str:
    return get_business(the_hub(), business_id).region


def _names(business_id: str) -> dict[str, str]:
    return {one.id: one.name for one in list_holders(the_hub(), business_id, limit=LARGEST).items}


_NEW = "/console/<business_id>/bookings/new"
_ONE = f"{_NEW}/<service_id>"
ROUTES = (
    route("console", _NEW, booking_new, "GET", Who.USER, Right.BOOK),
    route("console", _ONE, booking_times, "GET", Who.USER, Right.BOOK),
    route("console", f"{_ONE}/who", booking_who, "GET", Who.USER, Right.BOOK),
    route("console", f"{_ONE}/who", booking_made, "POST", Who.USER, Right.BOOK, rate=Rate.BOOK),
)
