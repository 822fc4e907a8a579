"""Staff and resources: who and what can be booked, how they are, and how they are changed."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from flask import request
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import DataRequired, Length

from hub.actions.businesses import get_business
from hub.actions.connections import CalendarView, list_connections
from hub.actions.holders import HolderKind, add_resource, add_staff, change_holder, get_holder, list_holders
from hub.actions.hours import day_version, every_weekday, list_overrides, list_time_off
from hub.actions.openings import coming_days, next_absences
from hub.core.errors import InputError
from hub.core.hours import WeeklyHours
from hub.core.role import Right
from hub.web.console.edit import EditForm, NewForm, create, edit, given, new_once, version
from hub.web.console.fields import ClockField, ZoneField
from hub.web.console.frame import business_page
from hub.web.console.home import local_today
from hub.web.current import session, the_hub
from hub.web.door import Who
from hub.web.forms import blank, typed
from hub.web.pages import see_other
from hub.web.route import route

PAGE = 25
GIVE = "Please fill this in."
NINE, FIVE = 9 * 60, 17 * 60


class NewHolderForm(NewForm):
    """Somebody or something new; the week can be refined afterwards."""

    kind = HiddenField()
    name = StringField("Name", [DataRequired(GIVE), Length(max=200)])
    email = StringField("E-mail")
    zone = ZoneField(validators=[DataRequired(GIVE)])
    always_open = BooleanField("Can be used at any time")
    start = ClockField("From")
    end = ClockField("To", end=True)


class HolderForm(EditForm):
    """What a staff member or resource is, apart from the hours."""

    name = StringField("Name", [DataRequired(GIVE), Length(max=200)])
    email = StringField("E-mail")
    zone = ZoneField(validators=[DataRequired(GIVE)])
    always_open = BooleanField("Can be booked at any time, without weekly hours")


def holders(business_id: str) -> Response:
    """Show who and what can be booked, by name."""
    search, after, kind = (request.args.get(name, "")[:2000] for name in ("q", "after", "kind"))
    wanted = HolderKind(kind) if kind in set(HolderKind) else None
    page = list_holders(the_hub(), business_id, kind=wanted, after=after, limit=PAGE, search=search)
    return business_page(
        "console/holders.html",
        business_id,
        holders=page,
        absences=next_absences(the_hub(), business_id, [one.id for one in page.items]),
        calendars=_calendars(business_id),
        search=search,
        after=after,
        kind=kind if wanted else "",
    )


def holder(business_id: str, holder_id: str) -> Response:
    """Show one: the coming days, the week, what differs from it, the calendars."""
    hub = the_hub()
    sees = Right.SET_UP in session().user.rights
    found = get_holder(hub, business_id, holder_id, with_email=sees)
    after = request.args.get("after", "")
    return business_page(
        "console/holder.html",
        business_id,
        holder=found,
        days=coming_days(hub, business_id, holder_id),
        day_version=day_version,
        overrides=list_overrides(hub, business_id, holder_id, since=local_today(found.zone)),
        time_off=list_time_off(hub, business_id, holder_id, since=hub.clock(), after=after, limit=20),
        calendars=_calendars(business_id).get(holder_id, ()),
        after=after,
    )


def holder_new(business_id: str) -> Response:
    """Add a staff member or a resource."""
    kind = request.values.get("kind", "")
    kind = kind if kind in set(HolderKind) else HolderKind.STAFF
    if request.method != "POST":
        zone = get_business(the_hub(), business_id).zone
        form = blank(NewHolderForm, kind=kind, once=new_once(), zone=zone, start=NINE, end=FIVE, always_open=True)
        return business_page("console/holder_new.html", business_id, form=form, kind=kind)
    form = typed(NewHolderForm)
    made = create(form, lambda: _add(business_id, HolderKind(kind), form))
    if made is None:
        return business_page("console/holder_new.html", business_id, 422, form=form, kind=kind)
    return see_other("console.holder", "made", business_id=business_id, holder_id=made)


def holder_edit(business_id: str, holder_id: str) -> Response:
    """Change what somebody or something is."""
    found = get_holder(the_hub(), business_id, holder_id, with_email=True)
    form = blank(HolderForm, **_stored(found)) if request.method != "POST" else typed(HolderForm)
    status, looked_at = 200, found.version
    if request.method == "POST":
        done = edit(
            form,
            lambda: change_holder(the_hub(), business_id, holder_id, version(), given(form)),
            lambda: _stored(get_holder(the_hub(), business_id, holder_id, with_email=True)),
        )
        if done:
            return see_other("console.holder", "saved", business_id=business_id, holder_id=holder_id)
        status = 422
        looked_at = get_holder(the_hub(), business_id, holder_id).version if form.clash else version()
    return business_page("console/holder_edit.html", business_id, status, holder=found, form=form, version=looked_at)


def holder_switch(business_id: str, holder_id: str) -> Response:
    """Take somebody or something out of what is offered, or back in. What is booked stays."""
    active = request.form.get("active", "") == "yes"
    change_holder(the_hub(), business_id, holder_id, version(), {"active": active})
    return see_other("console.holder", "on" if active else "off", business_id=business_id, holder_id=holder_id)


def _add(business_id: str, kind: HolderKind, form: NewHolderForm) -> str:
    if kind is HolderKind.RESOURCE and form.always_open.data:
        return add_resource(the_hub(), business_id, form.name.data)
    start, end = form.start.data, form.end.data
    if start is None or end is None:
        raise InputError("end" if end is None else "start", "Give both times; the week can be refined afterwards.")
    if end <= start:
        raise InputError("end", "The day ends before it begins; choose a later end.")
    hours: WeeklyHours = every_weekday(form.zone.data, (start, end))
    if kind is HolderKind.RESOURCE:
        return add_resource(the_hub(), business_id, form.name.data, hours)
    return add_staff(the_hub(), business_id, form.name.data, hours, email=form.email.data or "")


def _stored(found: Any) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("name", "email", "zone", "always_open")}


def _calendars(business_id: str) -> dict[str, list[CalendarView]]:
    """Return the calendars that stand for each holder: checked, written, or both."""
    found: dict[str, list[CalendarView]] = defaultdict(list)
    for connection in list_connections(the_hub(), business_id):
        for calendar in connection.calendars:
            if calendar.holder_id and (calendar.checked or calendar.written):
                found[calendar.holder_id].append(calendar)
    return found


_ONE = "/console/<business_id>/holders/<holder_id>"
ROUTES = (
    route("console", "/console/<business_id>/holders", holders, "GET", Who.USER, Right.VIEW),
    route("console", "/console/<business_id>/holders/new", holder_new, "GET POST", Who.USER, Right.SET_UP),
    route("console", _ONE, holder, "GET", Who.USER, Right.VIEW),
    route("console", f"{_ONE}/edit", holder_edit, "GET POST", Who.USER, Right.SET_UP),
    route("console", f"{_ONE}/switch", holder_switch, "POST", Who.USER, Right.SET_UP),
)
