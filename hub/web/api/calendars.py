"""Calendars over the API: what those of a connection stand for, chosen together or not at all."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from hub.actions.calendars import Choice, choices_version, choose_calendars
from hub.actions.connections import CalendarView, get_connection
from hub.actions.in_step import Way
from hub.core.errors import InputError
from hub.core.role import Right
from hub.web.api.call import call
from hub.web.api.fields import Given, Id, Instant, Shown, left_out
from hub.web.current import the_hub

TAG = "Calendars"


class ShownInStep(Shown):
    """How a checked calendar is kept in step, and whether what is known of it counts."""

    way: Way = Field(description="`pushed`: the provider tells of changes; `polled`: it is asked; `paused`: it is not.")
    every: int | None = Field(description="Seconds between two looks of the hub's own; null while it is paused.")
    fresh_for: int = Field(description="Seconds for which what a look found counts.")
    fresh: bool = Field(description="It counts now: times are offered from it.")
    watch_until: Instant | None = Field(description="When the provider stops telling; null where it does not tell.")
    problem: str = Field(description="A word for why it does not tell, or may soon not any more; empty for none.")
    sentence: str = Field(description="What that means, for people.")


class ShownCalendar(Shown):
    """A calendar. `checked`: its busy times block; `written`: bookings are written to it."""

    id: Id
    name: str
    zone: str
    writable: bool
    checked: bool
    written: bool
    holder_id: str | None
    looked_at: Instant | None
    age: int | None
    problem: str
    sentence: str
    in_step: ShownInStep | None = Field(description="Null for a calendar that is not checked.")


class Calendars(Shown):
    """The calendars of a connection. `version` stands for how they are chosen, and nothing else."""

    items: list[ShownCalendar]
    version: str


_OF_SOMEBODY: dict[str, Any] = {"properties": {"holder_id": {"type": "string"}}}
_OF_NOBODY: dict[str, Any] = {"properties": {"checked": {"const": False}, "written": {"const": False}}}


class CalendarChoice(Given):
    """What one calendar stands for; with neither flag it stands for nobody, and `holder_id` is null."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_OF_SOMEBODY, _OF_NOBODY]})

    calendar_id: Id
    holder_id: Id | None
    checked: bool
    written: bool


class CalendarChoices(Given):
    """What calendars of a connection stand for. Those that are not named stay as they are."""

    choices: list[CalendarChoice] = Field(max_length=200)
    version: str = left_out("The version of the choice that was looked at.")


def list_calendars(business_id: str, connection_id: str) -> Calendars:
    """List the calendars of a connection, as they were at the last look."""
    found = get_connection(the_hub(), business_id, connection_id)
    return Calendars(items=[calendar(one) for one in found.calendars], version=choices_version(found.calendars))


def put_calendars(business_id: str, connection_id: str, body: CalendarChoices) -> Calendars:
    """Choose what calendars stand for: all of the choices, or none."""
    choices: dict[str, Choice] = {}
    for number, one in enumerate(body.choices):
        if one.calendar_id in choices:
            raise InputError(f"choices.{number}.calendar_id", "It is named twice; name each once.")
        if one.holder_id is None and (one.checked or one.written):
            raise InputError(f"choices.{number}.holder_id", "Say whose calendar it is, or neither check nor write it.")
        choices[one.calendar_id] = Choice(one.holder_id or "", one.checked, one.written)
    choose_calendars(the_hub(), business_id, connection_id, choices, version=body.version or "")
    return list_calendars(business_id, connection_id)


def calendar(found: CalendarView) -> ShownCalendar:
    """Return a calendar as programs see it."""
    values: dict[str, Any] = {name: getattr(found, name) for name in ShownCalendar.model_fields}
    return ShownCalendar(**values)


_ALL = "/businesses/<business_id>/connections/<connection_id>/calendars"
ROUTES = (
    call("GET", _ALL, list_calendars, Right.VIEW, TAG, gives=Calendars),
    call("PUT", _ALL, put_calendars, Right.CONNECT, TAG, takes=CalendarChoices, gives=Calendars, also=(409,)),
)
