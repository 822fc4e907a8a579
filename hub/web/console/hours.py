"""When a staff member or resource works: the week, days that differ from it, and time off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from flask import request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import DateField, FieldList, FormField, HiddenField, RadioField
from wtforms.validators import DataRequired

from hub.actions.holders import Holder, get_holder
from hub.actions.hours import (
    add_time_off,
    day_version,
    list_overrides,
    remove_time_off,
    set_hours,
    set_override,
)
from hub.actions.openings import coming_days
from hub.core.errors import InputError
from hub.core.hours import DayWindow, WeeklyHours
from hub.core.interval import Span
from hub.core.role import Right
from hub.core.time_off import time_off_from_local
from hub.core.zones import local_to_utc
from hub.web.console.edit import EditForm, NewForm, RowsForm, create, edit, new_once, version, wants_row
from hub.web.console.fields import ClockField, choices, minute_words
from hub.web.console.frame import business_page
from hub.web.current import the_hub
from hub.web.door import Who
from hub.web.forms import Form, blank, typed
from hub.web.pages import see_other
from hub.web.route import route

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
GIVE = "Please fill this in."


class WindowForm(Form):
    """From when to when on a day."""

    start = ClockField("From")
    end = ClockField("To", end=True)


class WeekForm(EditForm, RowsForm):
    """The windows of the seven days."""

    copy = HiddenField()
    monday = FieldList(FormField(WindowForm), "Monday", min_entries=1)
    tuesday = FieldList(FormField(WindowForm), "Tuesday", min_entries=1)
    wednesday = FieldList(FormField(WindowForm), "Wednesday", min_entries=1)
    thursday = FieldList(FormField(WindowForm), "Thursday", min_entries=1)
    friday = FieldList(FormField(WindowForm), "Friday", min_entries=1)
    saturday = FieldList(FormField(WindowForm), "Saturday", min_entries=1)
    sunday = FieldList(FormField(WindowForm), "Sunday", min_entries=1)


class DayForm(EditForm, RowsForm):
    """A date that differs from the week. ``was`` is the date that the form was opened for, ``version`` how it was."""

    was = HiddenField()
    version = HiddenField()

    day = DateField("Day", [DataRequired("Choose the day.")])
    kind = RadioField("On this day", choices=choices(("closed", "Closed all day"), ("open", "Open at these times")))
    windows = FieldList(FormField(WindowForm), "Times", min_entries=1)


class TimeOffForm(NewForm):
    """An absence in local days and times; without times, whole days."""

    first = DateField("First day", [DataRequired("Choose the first day.")])
    start = ClockField("From")
    last = DateField("Last day", [DataRequired("Choose the last day.")])
    end = ClockField("Until", end=True)


def holder_hours(business_id: str, holder_id: str) -> Response:
    """Show the week, and replace it."""
    found = get_holder(the_hub(), business_id, holder_id)
    if request.method != "POST":
        return _week_page(business_id, found, blank(WeekForm, **_stored(found)), found.version)
    form = typed(WeekForm)
    if wants_row(form) or _copied(form):
        return _week_page(business_id, found, form, version())
    done = edit(
        form,
        lambda: set_hours(the_hub(), business_id, holder_id, _week(found.zone, form), version=version()),
        lambda: _stored(get_holder(the_hub(), business_id, holder_id)),
    )
    if done:
        return see_other("console.holder", "saved", business_id=business_id, holder_id=holder_id)
    now = get_holder(the_hub(), business_id, holder_id)
    return _week_page(business_id, now, form, now.version if form.clash else version(), 422)


def holder_day(business_id: str, holder_id: str) -> Response:
    """Let a date differ from the week."""
    found = get_holder(the_hub(), business_id, holder_id)
    if request.method != "POST":
        form = blank(DayForm, **_stored_day(business_id, holder_id, request.args.get("day", "")))
        _look_at(form, business_id, holder_id)
        return business_page("console/holder_day.html", business_id, holder=found, form=form)
    form = typed(DayForm)
    if wants_row(form):
        return business_page("console/holder_day.html", business_id, holder=found, form=form)
    same = bool(form.day.data) and form.was.data == form.day.data.isoformat()
    looked_at = form.version.data if same else day_version(None)  # another day was as usual, as far as one could see
    done = edit(
        form,
        lambda: set_override(
            the_hub(), business_id, holder_id, form.day.data, _windows_of_day(form), version=looked_at
        ),
        lambda: _stored_day(business_id, holder_id, form.day.data.isoformat()),
    )
    if done:
        return see_other("console.holder", "saved", business_id=business_id, holder_id=holder_id)
    if form.clash:
        _look_at(form, business_id, holder_id)
    return business_page("console/holder_day.html", business_id, 422, holder=found, form=form)


def holder_day_usual(business_id: str, holder_id: str, day: str) -> Response:
    """Let a date be as the week is again."""
    seen = request.args.get("version", "")
    set_override(the_hub(), business_id, holder_id, _date(day), None, version=seen)
    return see_other("console.holder", "removed", business_id=business_id, holder_id=holder_id)


def holder_time_off(business_id: str, holder_id: str) -> Response:
    """Add an absence."""
    found = get_holder(the_hub(), business_id, holder_id)
    form = blank(TimeOffForm, once=new_once()) if request.method != "POST" else typed(TimeOffForm)
    if request.method == "POST":
        made = create(form, lambda: add_time_off(the_hub(), business_id, holder_id, *_span(found.zone, form)))
        if made is not None:
            return see_other("console.holder", "made", business_id=business_id, holder_id=holder_id)
    status = 422 if request.method == "POST" else 200
    return business_page("console/holder_time_off.html", business_id, status, holder=found, form=form)


def holder_time_off_remove(business_id: str, holder_id: str, time_off_id: str) -> Response:
    """Take an absence back."""
    remove_time_off(the_hub(), business_id, holder_id, time_off_id)
    return see_other("console.holder", "removed", business_id=business_id, holder_id=holder_id)


def _week_page(business_id: str, found: Holder, form: WeekForm, looked_at: int, status: int = 200) -> Response:
    days = [form._fields[name] for name in WEEK]
    preview = coming_days(the_hub(), business_id, found.id)
    return business_page(
        "console/holder_hours.html",
        business_id,
        status,
        holder=found,
        form=form,
        week=days,
        days=preview,
        version=looked_at,
    )


def _stored(found: Holder) -> dict[str, Any]:
    week = found.hours.by_weekday()
    return {name: [{"start": start, "end": end} for start, end in week[number]] for number, name in enumerate(WEEK)}


def _copied(form: WeekForm) -> bool:
    """Give Tuesday to Friday the windows of Monday if the button for it was pressed, and tell whether it was."""
    if form.copy.data != "monday":
        return False
    rows = form.monday.data
    for name in WEEK[1:5]:
        form._fields[name].process(None, [dict(row) for row in rows])
    return True


def _week(zone: str, form: WeekForm) -> WeeklyHours:
    windows = [
        DayWindow(number, start, end)
        for number, name in enumerate(WEEK)
        for start, end in _windows(name, form._fields[name].entries)
    ]
    return WeeklyHours(zone, tuple(windows))


def _windows(name: str, rows: Sequence[Any]) -> list[Span]:
    """Return the windows of one day. Raises InputError that names the row; rows left empty do not count."""
    found: list[tuple[Span, int]] = []
    for number, row in enumerate(rows):
        start, end = row.form.start.data, row.form.end.data
        if start is None and end is None:
            continue
        if start is None or end is None:
            missing = "end" if end is None else "start"
            raise InputError(f"{name}.{number}.{missing}", "Give both times, or leave both empty.")
        if end <= start:
            raise InputError(
                f"{name}.{number}.end",
                "This ends before it begins. Hours past midnight are two rows: until 00:00, and from 00:00 on the next "
                "day.",
            )
        found.append(((start, end), number))
    for ((_, end), _), ((start, _), number) in pairwise(sorted(found)):
        if start < end:
            raise InputError(
                f"{name}.{number}.start",
                f"This begins at {minute_words(start)}, before another one ends at {minute_words(end)}; join or part "
                "them.",
            )
    return [window for window, _ in found]


def _windows_of_day(form: DayForm) -> list[Span]:
    if form.kind.data == "closed":
        return []
    windows = _windows("windows", form.windows.entries)
    if not windows:
        raise InputError("windows.0.start", "Give at least one time, or choose that it is closed.")
    return windows


def _stored_day(business_id: str, holder_id: str, day: str) -> dict[str, Any]:
    wanted = _date(day) if day else None
    for one in list_overrides(the_hub(), business_id, holder_id, since=wanted) if wanted else ():
        if one.day == wanted:
            rows = [{"start": start, "end": end} for start, end in one.windows]
            return {"day": wanted, "kind": "open" if rows else "closed", "windows": rows}
    return {"day": wanted, "kind": "closed"}


def _look_at(form: DayForm, business_id: str, holder_id: str) -> None:
    """Let the form know which day it shows, and how that is now."""
    day: date | None = form.day.data
    found = list_overrides(the_hub(), business_id, holder_id, since=day) if day else ()
    form.was.data = day.isoformat() if day else ""
    form.version.data = day_version(next((one for one in found if one.day == day), None))


def _span(zone: str, form: TimeOffForm) -> Span:
    """Return the absence in UTC seconds. A time that the clock skips on that day is refused: nobody means one."""
    start = form.start.data or 0
    end = 1440 if form.end.data is None else form.end.data
    for field, day, minute in (("start", form.first.data, start), ("end", form.last.data, end)):
        if 0 < minute < 1440:
            try:
                local_to_utc(zone, day, minute)
            except InputError as error:
                raise InputError(field, error.message.partition(": ")[2]) from None
    names = {"time_off.start": "first", "time_off.end": "last"}
    try:
        return time_off_from_local(zone, form.first.data, start, form.last.data, end)
    except InputError as error:
        raise InputError(names.get(error.field, error.field), error.message.partition(": ")[2]) from None


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound from None


_ONE = "/console/<business_id>/holders/<holder_id>"
_USUAL, _BACK = f"{_ONE}/days/<day>/usual", f"{_ONE}/time-off/<time_off_id>/remove"
ROUTES = (
    route("console", f"{_ONE}/hours", holder_hours, "GET POST", Who.USER, Right.SET_UP),
    route("console", f"{_ONE}/days", holder_day, "GET POST", Who.USER, Right.SET_UP),
    route("console", _USUAL, holder_day_usual, "POST", Who.USER, Right.SET_UP),
    route("console", f"{_ONE}/time-off", holder_time_off, "GET POST", Who.USER, Right.SET_UP),
    route("console", _BACK, holder_time_off_remove, "POST", Who.USER, Right.SET_UP),
)
