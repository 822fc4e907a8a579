"""Forms of pages: what was typed, the faults beside each field, and nothing that the form does not have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import wtforms
from flask import request
from werkzeug.exceptions import UnprocessableEntity

from hub.core.errors import HubError, InputError

_T = TypeVar("_T")
_OURS = frozenset({"token", "version", "next", "embed", "website"})
"""Names that any form may carry: its token, the version that was looked at, where to go on, a trap for machines."""


class Form(wtforms.Form):  # type: ignore[misc]  # wtforms has no types
    """A form. ``problem`` is a fault of no single field."""

    problem: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, by field."""
        return {name: value for name, value in self.data.items() if not isinstance(value, bytes)}


F = TypeVar("F", bound=Form)


def blank(kind: type[F], **values: Any) -> F:
    """Return a form to be filled in, with these values in it."""
    return kind(data=values)


def typed(kind: type[F], **values: Any) -> F:
    """Return the form as it was sent. Raises UnprocessableEntity for a field that it does not have."""
    form = kind(request.form, data=values)
    known = set(form.data) | _OURS
    strange = [name for name in request.form if name not in known and name.split("-")[0] not in known]
    if strange:
        raise UnprocessableEntity("The form was sent with a field that it does not have; nothing was changed.")
    return form


def attempt(form: Form, work: Callable[[], _T], names: Mapping[str, str] | None = None) -> tuple[bool, _T | None]:
    """Do ``work`` if the form is in order: (True, its answer), or (False, None) with the faults in the form.

    An InputError stands beside the field that it names; ``names`` says which one that is where names differ. Other
    errors of the hub stand above the form.
    """
    if not form.validate():
        return False, None
    try:
        return True, work()
    except InputError as error:
        place(form, error, names)
    except HubError as error:
        form.problem = error.message
    return False, None


def place(form: Form, error: InputError, names: Mapping[str, str] | None = None) -> None:
    """Put a fault beside its field, or above the form."""
    text = error.message.removeprefix(f"{error.field}: ")
    text = text[:1].upper() + text[1:]
    name = (names or {}).get(error.field) or error.field.rpartition(".")[2]
    if name in form._fields:
        field = form._fields[name]
        field.errors = [*field.errors, text]
    else:
        form.problem = text
