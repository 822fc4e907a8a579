"""The settings of a business, and the days on which all of it is closed."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import request
from werkzeug.wrappers import Response
from wtforms import DateField, FieldList, FormField, SelectField, StringField
from wtforms.validators import DataRequired, Length, Optional

from hub.actions.businesses import Business, change_business, get_business
from hub.actions.hours import list_holidays, set_holidays
from hub.actions.try_mail import sends_mail
from hub.core.contact_proof import ContactProof
from hub.core.errors import InputError
from hub.core.role import Right
from hub.web.console.edit import EditForm, RowsForm, edit, given, version, wants_row
from hub.web.console.fields import LengthField, LinesField, ZoneField, choices
from hub.web.console.frame import business_page
from hub.web.console.home import local_today
from hub.web.current import the_hub
from hub.web.door import Who
from hub.web.forms import Form, blank, typed
from hub.web.pages import see_other
from hub.web.route import route

DAY = 86_400
GIVE = "Please fill this in."
_POLICY = choices(("yes", "Keep the time free of bookings"), ("no", "Offer the time all the same"))
_FOLLOW = choices(
    ("yes", "Move or cancel the booking too, and tell the customer"), ("no", "Change nothing, and tell us")
)
_FLAGS = ("tentative_is_busy", "unanswered_is_busy", "follow_calendar")
_PROOF = choices(
    (ContactProof.SECOND, "From their second booking on"),
    (ContactProof.ALWAYS, "Before each booking"),
    (ContactProof.NEVER, "Never"),
)


class BusinessForm(EditForm, RowsForm):
    """Everything about a business that is not its staff, services and texts."""

    name = StringField("Name", [DataRequired(GIVE), Length(max=200)])
    slug = StringField("Address of the booking page")
    zone = ZoneField(validators=[DataRequired(GIVE)])
    email = StringField("E-mail")
    phone = StringField("Phone")
    region = StringField("Country", [DataRequired(GIVE)])
    place = StringField("Place")
    tentative_is_busy = SelectField("Entries marked as tentative", [DataRequired(GIVE)], choices=_POLICY)
    unanswered_is_busy = SelectField("Invitations nobody has answered", [DataRequired(GIVE)], choices=_POLICY)
    follow_calendar = SelectField("An appointment moved or deleted in a calendar", choices=_FOLLOW)
    cancel_notice = LengthField("Customers may move or cancel until", most=366 * DAY)
    contact_proof = SelectField("Customers show by a code that their address is theirs", choices=_PROOF)
    reminders = FieldList(LengthField("Before the appointment", least=300, most=60 * DAY))
    embed_origins = LinesField("Web sites that may show the booking page")


class DayForm(Form):
    """A day and what it is."""

    day = DateField("Day", [Optional()])
    name = StringField("What day it is")


class HolidaysForm(EditForm, RowsForm):
    """The coming days on which a business is closed."""

    days = FieldList(FormField(DayForm), "Holidays")


def business(business_id: str) -> Response:
    """Show the settings, and change them."""
    found = get_business(the_hub(), business_id)
    if request.method != "POST":
        return _settings(found, blank(BusinessForm, **_stored(found)))
    form = typed(BusinessForm)
    if wants_row(form):
        return _settings(found, form, keep=True)
    if edit(form, lambda: _change(business_id, form), lambda: _stored(get_business(the_hub(), business_id))):
        return see_other("console.business", "saved", business_id=business_id)
    return _settings(get_business(the_hub(), business_id), form, 422, keep=not form.clash)


def holidays(business_id: str) -> Response:
    """Show the coming holidays, and replace them as a whole."""
    found = get_business(the_hub(), business_id)
    if request.method != "POST":
        return _holidays(found, blank(HolidaysForm, **_coming(found)))
    form = typed(HolidaysForm)
    if wants_row(form):
        return _holidays(found, form, keep=True)
    if edit(form, lambda: _set_holidays(found, form), lambda: _coming(get_business(the_hub(), business_id))):
        return see_other("console.holidays", "saved", business_id=business_id)
    return _holidays(get_business(the_hub(), business_id), form, 422, keep=not form.clash)


def _settings(found: Business, form: BusinessForm, status: int = 200, *, keep: bool = False) -> Response:
    """Return the page; ``keep``: with the version that was looked at, not the one of now."""
    looked_at = version() if keep else found.version
    known = {"business": found, "version": looked_at, "mailed": sends_mail(the_hub(), found.id)}
    return business_page("console/business.html", found.id, status, form=form, **known)


def _holidays(found: Business, form: HolidaysForm, status: int = 200, *, keep: bool = False) -> Response:
    if not form.days.entries:
        form.days.append_entry()
    looked_at = version() if keep else found.version
    return business_page("console/holidays.html", found.id, status, business=found, form=form, version=looked_at)


def _stored(found: Business) -> dict[str, Any]:
    values = {name: getattr(found, name) for name in BusinessForm()._fields if name != "more"}
    policies = {name: "yes" if values[name] else "no" for name in _FLAGS}
    return values | policies | {"slug": found.slug or ""}


def _change(business_id: str, form: BusinessForm) -> Business:
    values = given(form)
    for name in _FLAGS:
        values[name] = values[name] == "yes"
    values["cancel_notice"] = values["cancel_notice"] or 0
    values["reminders"] = [one for one in values["reminders"] if one is not None]
    return change_business(the_hub(), business_id, version(), values)


def _coming(found: Business) -> dict[str, Any]:
    days = list_holidays(the_hub(), found.id, since=local_today(found.zone))
    return {"days": [{"day": one.day, "name": one.name} for one in days]}


def _set_holidays(found: Business, form: HolidaysForm) -> None:
    days: list[tuple[date, str]] = []
    for number, row in enumerate(form.days.entries):
        day, name = row.form.day.data, row.form.name.data or ""
        if day is None and name.strip():
            raise InputError(f"days.{number}.day", "Choose the day, or clear its name to take the row away.")
        if day is not None:
            days.append((day, name.strip() or "Holiday"))
    past = [(one.day, one.name) for one in list_holidays(the_hub(), found.id) if one.day < local_today(found.zone)]
    set_holidays(the_hub(), found.id, [*(one for one in past if one[0] not in dict(days)), *days], version=version())


ROUTES = (
    route("console", "/console/<business_id>/settings", business, "GET POST", Who.USER, Right.SET_UP),
    route("console", "/console/<business_id>/holidays", holidays, "GET POST", Who.USER, Right.SET_UP),
)
