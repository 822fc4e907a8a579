"""API keys for programs: made with a few rights and an end, shown once, listed, ended."""

from __future__ import annotations

from datetime import timedelta

from flask import request
from werkzeug.wrappers import Response
from wtforms import DateField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from hub.actions.api_keys import MadeKey, end_key, list_keys, make_key
from hub.actions.users import list_users
from hub.core.errors import InputError
from hub.core.role import API_RIGHTS, Right
from hub.core.zones import local_day
from hub.web.console.edit import NewForm, create, new_once
from hub.web.console.fields import choices
from hub.web.console.frame import console_page
from hub.web.console.reach import ReachForm, access, business_names, offered, reach_words
from hub.web.current import session, the_hub, visit
from hub.web.door import Who
from hub.web.forms import blank, typed
from hub.web.pages import see_other
from hub.web.route import route

GIVE = "Please fill this in."
SCOPES = {
    Right.VIEW: "See businesses, services, staff, hours and free times",
    Right.VIEW_BOOKINGS: "See bookings, and whose they are",
    Right.BOOK: "Book, move and cancel",
    Right.SET_UP: "Change businesses, staff, hours, services and texts",
    Right.CONNECT: "Connect and disconnect accounts, choose calendars",
}
"""What each scope lets a program do, in words."""


class KeyForm(NewForm, ReachForm):
    """What a key is for."""

    name = StringField("Name", [DataRequired(GIVE), Length(max=200)])
    scopes = SelectMultipleField(
        "What it may do", [DataRequired("Choose one or more.")], widget=ListWidget(), option_widget=CheckboxInput()
    )
    until = DateField("Last day", [Optional()])


def keys() -> Response:
    """Show the keys that work."""
    by, names = session().user, business_names()
    found = list_keys(the_hub(), by)
    makers = {one.id: one.name for one in list_users(the_hub(), by, dismissed=True)}
    return console_page(
        "console/keys.html",
        keys=found,
        scopes=SCOPES,
        makers=makers,
        reach={one.id: reach_words(one, names) for one in found},
    )


def key_new() -> Response:
    """Make a key, and show it once."""
    if request.method != "POST":
        form = blank(KeyForm, once=new_once(), reach="some", scopes=[Right.VIEW])
        return console_page("console/key_new.html", form=_choices(form))
    form = _choices(typed(KeyForm))
    if form.until.process_errors:
        form.until.process_errors = ["Give a day as the calendar knows it, such as 2027-03-15."]
    made = create(form, lambda: _make(form))
    if made is None:
        return console_page("console/key_new.html", 422, form=form)
    return console_page("console/key_made.html", made=made, example=example(made), scopes=SCOPES)


def key_end(key_id: str) -> Response:
    """End a key at once."""
    end_key(the_hub(), visit(), session().user, key_id)
    return see_other("console.keys", "ended")


def example(made: MadeKey) -> str:
    """Return a call to try a key with: the program's own shell holds the key, so that it is not in each line."""
    return f'curl -H "Authorization: Bearer {made.token}" {the_hub().settings.base_url}/api/v1/businesses'


def _make(form: KeyForm) -> MadeKey:
    return make_key(
        the_hub(),
        visit(),
        session().user,
        form.name.data or "",
        form.scopes.data or (),
        until=_until(form),
        **access(form),
    )


def _until(form: KeyForm) -> int | None:
    """Return when the last day is over in the user's zone."""
    if form.until.data is None:
        return None
    now = the_hub().clock()
    if not 1971 <= form.until.data.year <= 9990:
        raise InputError("until", "Give a day to come, or none.")
    after = (form.until.data + timedelta(days=1)).toordinal()
    stretches = local_day(session().user.zone, after) or local_day(session().user.zone, after + 1)
    if stretches[0].start <= now:
        raise InputError("until", "This day is over; give a later one, or none for a key without an end.")
    return stretches[0].start


def _choices(form: KeyForm) -> KeyForm:
    mine = API_RIGHTS & session().user.rights
    form.scopes.choices = choices(*((str(one), text) for one, text in SCOPES.items() if one in mine))
    return offered(form)


ROUTES = (
    route("console", "/console/keys", keys, "GET", Who.USER, Right.MANAGE_KEYS),
    route("console", "/console/keys/new", key_new, "GET POST", Who.USER, Right.MANAGE_KEYS, confirmed=True),
    route("console", "/console/keys/<key_id>/end", key_end, "POST", Who.USER, Right.MANAGE_KEYS),
)
