"""Choosing calendars on a page: for whom each stands, whether it is checked, and which one is written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from wtforms import HiddenField

from hub.actions.calendars import Choice
from hub.actions.connections import CalendarView, ConnectionView
from hub.core.errors import HubError, InputError, PluginBroken, ProviderError
from hub.core.trouble import sentence
from hub.web.forms import Form, typed


@dataclass(frozen=True, slots=True)
class Row:
    """A calendar as it stands in the form: stored, or as it was typed."""

    calendar: CalendarView
    holder: str
    check: bool
    write: bool


class ChoiceForm(Form):
    """The form: each field has the calendar's id behind its name, as ``check-…``."""

    holder = HiddenField()
    check = HiddenField()
    write = HiddenField()
    version = HiddenField()


class AddForm(Form):
    """The id of a calendar, where the account may not list them."""

    ref = HiddenField()


def why_not_added(error: HubError) -> str:
    """Return in words why a calendar was not added."""
    if isinstance(error, ProviderError) and not isinstance(error, PluginBroken):
        return sentence(error.code)
    return error.message.removeprefix("calendar: ")


def looked_at() -> str:
    """Return the version of the choice that the visitor looked at; empty for a form that has none."""
    return request.form.get("version", "")[:64]


def stored_rows(connection: ConnectionView) -> tuple[Row, ...]:
    """Return the calendars as they are; one that stands for nobody yet is proposed to the account's owner."""
    return tuple(
        Row(one, one.holder_id or connection.holder_id or "", one.checked, one.written) for one in connection.calendars
    )


def typed_rows(connection: ConnectionView, holder_id: str = "") -> tuple[Row, ...]:
    """Return the calendars as they were sent; ``holder_id`` is for whom they all stand, if there is no choice."""
    given = request.form
    return tuple(
        Row(
            one,
            holder_id or given.get(f"holder-{one.id}", "")[:40],
            f"check-{one.id}" in given,
            f"write-{one.id}" in given,
        )
        for one in connection.calendars
    )


def read_choices(connection: ConnectionView, holder_id: str = "") -> dict[str, Choice]:
    """Return what was sent, by calendar: also ids that are none of this account, so that the whole is refused.

    Raises InputError for a calendar that is to be used and stands for nobody, UnprocessableEntity for a strange field.
    """
    typed(ChoiceForm)
    names = {one.id: one.name for one in connection.calendars}
    ids = {name.partition("-")[2] for name in request.form if name.partition("-")[0] in ("holder", "check", "write")}
    rows = {row.calendar.id: row for row in typed_rows(connection, holder_id)}
    choices: dict[str, Choice] = {}
    for one in sorted(ids | set(names)):
        row = rows.get(one)
        if row is None:
            choices[one] = Choice("", checked=False)
            continue
        if (row.check or row.write) and not row.holder:
            raise InputError("calendar", f"Say whom {names[one]!r} stands for, or leave both of its boxes empty.")
        choices[one] = Choice(row.holder, row.check, row.write)
    return choices


def holders_to_choose(holders: Sequence[tuple[str, str, bool]], rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return (id, name) of those for whom a calendar may stand: who is switched off only if chosen already."""
    chosen = {row.holder for row in rows}
    return [(one, name) for one, name, active in holders if active or one in chosen]
