"""Between the details and the booking: who has to, types the code that was mailed to their address."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from werkzeug.exceptions import UnprocessableEntity

from hub.actions.appointment import Appointment
from hub.actions.contact_code import check_code, is_proved, send_code
from hub.actions.hoarding import check_booker
from hub.actions.public_page import PublicPage
from hub.core.contact_proof import Need
from hub.core.errors import InputError
from hub.parts import Hub
from hub.web.booking.details_form import DetailsForm
from hub.web.booking.flow import network
from hub.web.words import phone

BOOK, AGAIN, CHANGE = "book", "again", "change"
"""What the buttons of the page of the code say: book with this code, send another one, back to the details."""
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Owed:
    """A code was mailed and has to be typed; ``sent``: by this very request."""

    sent: bool


def let_through(hub: Hub, business: PublicPage, held: Appointment, form: DetailsForm) -> Owed | None:
    """Return None if the hold may be booked as the form says, else the code that is owed first.

    Raises what `check_booker`, `check_code` and `send_code` raise, and InputError where no code can be sent to a
    telephone number alone.
    """
    customer, browser, where = form.customer(business), form.browser.data, network(hub)
    hold = hub, business.business_id, held.booking_id, customer
    need = check_booker(*hold, network=where)
    if need is Need.NOTHING:
        return None
    if need is Need.ADDRESS:
        raise InputError("email", f"Give an e-mail address too: a code is sent to it first. Or {by_hand(business)}.")
    if form.step.data == BOOK:
        check_code(*hold, form.code.data or "", browser=browser)
    elif form.step.data == AGAIN or not is_proved(*hold, browser=browser):
        return Owed(send_code(*hold, browser=browser, network=where, again=form.step.data == AGAIN))
    check_booker(*hold, network=where, proved=True)
    return None


def name_browser(form: DetailsForm) -> None:
    """Give a form that has none yet the random word by which codes are bound to this browser's page.

    Raises UnprocessableEntity for what no page of ours holds.
    """
    given = form.browser.data or ""
    if not given.isascii() or len(given) > _LONGEST:
        raise UnprocessableEntity("The form was sent with a field that it does not have; nothing was done.")
    form.browser.data = given or secrets.token_urlsafe(16)


def by_hand(business: PublicPage) -> str:
    """Say how an appointment is made where the page does not go on: "call … or write to …"."""
    number = phone(business.phone, business.region)
    ways = [f"call {number}" if number else "", f"write to {business.email}" if business.email else ""]
    return " or ".join(one for one in ways if one) or f"ask {business.name}"
