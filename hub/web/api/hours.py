"""Hours over the API: the week of a staff member or resource, days that differ from it, and absences."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from hub.actions import hours as actions
from hub.actions.holders import get_holder
from hub.core.errors import InputError
from hub.core.hours import Override
from hub.core.role import Right
from hub.core.time_off import time_off_from_local
from hub.web.api.call import Reply, call
from hub.web.api.fields import (
    EDGE_SCHEMA,
    ClockTime,
    Day,
    Given,
    Id,
    Instant,
    Moment,
    Shown,
    ShownClock,
    Version,
    left_out,
    read_day,
    read_edge,
)
from hub.web.api.holders import GivenWindow, ShownWindow, weekly
from hub.web.api.repeat import Paged, listed, made, make_once
from hub.web.api.shapes import ZoneName
from hub.web.current import the_hub

TAG = "Hours"

Edge = Annotated[int | date, BeforeValidator(read_edge), EDGE_SCHEMA]


class GivenHours(Given):
    """The week of a staff member or resource, as a whole. With a `version` nothing newer is written over."""

    zone: ZoneName = Field(description="IANA zone of the wall clock.")
    windows: list[GivenWindow] = Field(max_length=140)
    version: Version = left_out("The version of the staff member or resource that was looked at.")


class Hours(Shown):
    """The week of a staff member or resource."""

    zone: str
    always_open: bool
    windows: list[ShownWindow]
    version: int


class GivenSpan(Given):
    """Open from `start` to `end`."""

    start: ClockTime
    end: ClockTime


class ShownSpan(Shown):
    """Open from `start` to `end`."""

    start: ShownClock
    end: ShownClock


class GivenDay(Given):
    """What holds on one day instead of the week; no windows: closed. With a `version` nothing newer is written over."""

    windows: list[GivenSpan] = Field(max_length=20)
    version: str = left_out("The version of the day that was looked at; that of a day as usual: `usual_version`.")


class DifferentDay(Shown):
    """A day that differs from the week."""

    day: Day
    windows: list[ShownSpan]
    version: str


class DifferentDays(Shown):
    """The days that differ from the week, in order; `usual_version` is the version of every other day."""

    items: list[DifferentDay]
    usual_version: str


class NewTimeOff(Given):
    """An absence. Two days mean the whole of both, on the wall clock of who is away."""

    start: Edge = Field(description="The first moment, or the first day.")
    end: Edge = Field(description="The moment after the last, or the last day.")


class TimeOff(Shown):
    """An absence. It has no reason: that is nobody's business."""

    id: Id
    start: Instant
    end: Instant


class TimeOffs(Shown):
    """A part of the list of absences."""

    items: list[TimeOff]
    next: str | None


class AskedTimeOff(Paged):
    """Which absences."""

    since: Moment | None = Field(None, description="Only those that end after this.")


def get_hours(business_id: str, holder_id: str) -> Hours:
    """Read the weekly hours of a staff member or resource."""
    found = get_holder(the_hub(), business_id, holder_id)
    windows = [ShownWindow(weekday=one.weekday, start=one.start, end=one.end) for one in sorted(found.hours.windows)]
    return Hours(zone=found.zone, always_open=found.always_open, windows=windows, version=found.version)


def put_hours(business_id: str, holder_id: str, body: GivenHours) -> Hours:
    """Replace the weekly hours of a staff member or resource."""
    version = body.version if "version" in body.model_fields_set else None
    actions.set_hours(the_hub(), business_id, holder_id, weekly(body.zone, body.windows), version=version)
    return get_hours(business_id, holder_id)


def list_different_days(business_id: str, holder_id: str) -> DifferentDays:
    """List the days on which a staff member or resource differs from the week."""
    found = actions.list_overrides(the_hub(), business_id, holder_id)
    return DifferentDays(items=[_day(one) for one in found], usual_version=actions.day_version(None))


def put_different_day(business_id: str, holder_id: str, day: str, body: GivenDay) -> DifferentDay:
    """Let one day differ from the week."""
    wanted = Override(_read(day), tuple((one.start, one.end) for one in body.windows))
    version = body.version or ""
    actions.set_override(the_hub(), business_id, holder_id, wanted.day, wanted.windows, version=version)
    return _day(wanted)


def drop_different_day(business_id: str, holder_id: str, day: str, version: str) -> Reply:
    """Let a day be as its week again."""
    actions.set_override(the_hub(), business_id, holder_id, _read(day), None, version=version)
    return Reply(None, 204)


def list_time_off(business_id: str, holder_id: str, query: AskedTimeOff) -> Reply:
    """List the absences of a staff member or resource, in order."""
    asked = {"since": query.since or 0, "after": query.after, "limit": query.limit}
    page = actions.list_time_off(the_hub(), business_id, holder_id, **asked)  # type: ignore[arg-type]
    items = [TimeOff(id=one.id, start=one.start, end=one.end) for one in page.items]
    return listed(TimeOffs(items=items, next=page.next or None), page.next)


def add_time_off(business_id: str, holder_id: str, body: NewTimeOff) -> Reply:
    """Let a staff member or resource be away."""
    first, last = body.start, body.end
    if isinstance(first, int) and isinstance(last, int):
        span = first, last
    elif isinstance(first, date) and isinstance(last, date):
        span = time_off_from_local(get_holder(the_hub(), business_id, holder_id).zone, first, 0, last, 1440)
    else:
        raise InputError("end", "Give two moments, or two days.")
    made_id, repeated = make_once(
        business_id, body, lambda: actions.add_time_off(the_hub(), business_id, holder_id, *span)
    )
    return made(TimeOff(id=made_id, start=span[0], end=span[1]), repeated=repeated)


def drop_time_off(business_id: str, holder_id: str, time_off_id: str) -> Reply:
    """Take an absence back."""
    actions.remove_time_off(the_hub(), business_id, holder_id, time_off_id)
    return Reply(None, 204)


def _read(day: str) -> date:
    try:
        return read_day(day)
    except ValueError as error:
        raise InputError("day", str(error)) from None


def _day(found: Override) -> DifferentDay:
    windows = [ShownSpan(start=start, end=end) for start, end in found.windows]
    return DifferentDay(day=found.day, windows=windows, version=actions.day_version(found))


_HOLDER = "/businesses/<business_id>/holders/<holder_id>"
_DAY = f"{_HOLDER}/different-days/<day>"
_AWAY = f"{_HOLDER}/time-off"
ROUTES = (
    call("GET", f"{_HOLDER}/hours", get_hours, Right.VIEW, TAG, gives=Hours),
    call("PUT", f"{_HOLDER}/hours", put_hours, Right.SET_UP, TAG, takes=GivenHours, gives=Hours, also=(409,)),
    call("GET", f"{_HOLDER}/different-days", list_different_days, Right.VIEW, TAG, gives=DifferentDays),
    call("PUT", _DAY, put_different_day, Right.SET_UP, TAG, takes=GivenDay, gives=DifferentDay, also=(409,)),
    call("DELETE", _DAY, drop_different_day, Right.SET_UP, TAG, status=204),
    call("GET", _AWAY, list_time_off, Right.VIEW, TAG, asks=AskedTimeOff, gives=TimeOffs),
    call("POST", _AWAY, add_time_off, Right.SET_UP, TAG, takes=NewTimeOff, gives=TimeOff, status=201, keyed=True),
    call("DELETE", f"{_AWAY}/<time_off_id>", drop_time_off, Right.SET_UP, TAG, status=204),
)
