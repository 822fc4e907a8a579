"""Edit what others may be editing too, and send a form twice: both end in words, and nobody writes over anybody."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import wtforms
from flask import request
from wtforms import HiddenField

from hub.web.console.fields import ClockField, LengthField, minute_words
from hub.web.current import session, the_limiter
from hub.web.forms import Form, attempt, blank
from hub.web.words import span

_T = TypeVar("_T")
_ONCE = "1/hour"
_STEERING = frozenset({"once", "more", "copy", "was", "version"})
_MOST_ROWS = 30
SENT = "This page was sent before, so nothing was added now. Look at the list first; to add one more, send it again."


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that somebody else changed meanwhile, or that one wants to: what is stored, and what was typed."""

    label: str
    stored: str
    typed: str


class EditForm(Form):
    """A form for what has a version. ``clash`` holds what differs when somebody else changed it first."""

    clash: tuple[Difference, ...] = ()


class NewForm(Form):
    """A form that makes something. ``once`` tells a second sending of the same page from a second wish."""

    once = HiddenField()


class RowsForm(Form):
    """A form with rows, of which one may ask for more: the button ``more`` names the list."""

    more = HiddenField()


def wants_row(form: RowsForm) -> bool:
    """Add an empty row if the button for one was pressed, and tell whether it was: then the form is shown again."""
    rows = form._fields.get(form.more.data or "")
    if not isinstance(rows, wtforms.FieldList):
        return False
    if len(rows.entries) < _MOST_ROWS:
        rows.append_entry()
    return True


def given(form: Form) -> dict[str, Any]:
    """Return what was typed by field, without what only steers the form."""
    return {
        name: "" if value is None and isinstance(form._fields[name], wtforms.StringField) else value
        for name, value in form.values.items()
        if name not in _STEERING
    }


def version() -> int:
    """Return the version that the visitor looked at; one that cannot be read is older than any."""
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def edit(
    form: EditForm,
    work: Callable[[], Any],
    stored: Callable[[], Mapping[str, Any]],
    *,
    prepare: Callable[[Any], Any] = lambda form: form,
) -> bool:
    """Do ``work`` if the form is in order, and tell whether all is as it was typed.

    If somebody else was faster, the form gets what is stored now (``stored`` reads it, by field) beside what was typed.
    Nothing differs when the same form was sent twice: then it was done. ``prepare`` gives a form its choices.
    """
    done, _ = attempt(form, work)
    if form.problem_code != "changed":
        return done
    form.clash = differences(form, prepare(blank(type(form), **stored())))
    return not form.clash


def create(form: NewForm, work: Callable[[], _T], names: Mapping[str, str] | None = None) -> _T | None:
    """Do ``work`` if the form is in order, and return what it returns; None, and the form says why, if it is not.

    A page that was sent before, by a second click or on the way back, does nothing; what was typed stands in it still.
    """
    once, form.once.data = form.once.data or "", new_once()
    if not form.validate():
        form.once.data = once
        return None
    if once and not the_limiter().hit(_ONCE, "once", session().id, once[:60]):
        form.problem = SENT
        return None
    return attempt(form, work, names)[1]


def new_once() -> str:
    """Return what tells this page from every other."""
    return secrets.token_urlsafe(12)


def differences(typed: Form, stored: Form) -> tuple[Difference, ...]:
    """Return the fields of two forms of a kind whose values differ, in words."""
    pairs = [(mine, stored[name]) for name, mine in typed._fields.items() if name not in _STEERING]
    return tuple(
        Difference(mine.label.text, shown(theirs), shown(mine))
        for mine, theirs in pairs
        if shown(mine) != shown(theirs)
    )


def shown(field: Any) -> str:
    """Return the value of a field as people read it."""
    if isinstance(field, wtforms.FieldList):
        return "; ".join(text for text in (shown(entry) for entry in field.entries) if text)
    if isinstance(field, wtforms.FormField):
        parts = [shown(one) for one in field.form._fields.values() if not isinstance(one, wtforms.BooleanField)]
        return ", ".join(part for part in parts if part)
    if isinstance(field, wtforms.BooleanField):
        return "yes" if field.data else "no"
    if isinstance(field, LengthField):
        return "" if field.data is None else span(field.data)
    if isinstance(field, ClockField):
        return "" if field.data is None else minute_words(field.data)
    if callable(getattr(field, "in_words", None)):
        return str(field.in_words())
    if isinstance(field, wtforms.SelectField):
        return next((str(one.label.text) for one in field if one.checked), str(field.data or ""))
    if isinstance(field.data, tuple | list):
        return ", ".join(str(one) for one in field.data)
    return str(field.data or "").replace("\r\n", "\n").strip()
