"""Forms of pages: what was typed, the faults beside each field, and nothing that the form does not have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import wtforms
from flask import request
from werkzeug.exceptions import UnprocessableEntity

from hub.core.errors import HubError, InputError

_T = TypeVar("_T")
_OURS = frozenset({"token", "version", "next", "embed", "website"})
"""Names that any form may carry: its token, the version that was looked at, where to go on, a trap for machines."""
_STRANGE = "The form was sent with a field that it does not have; nothing was changed."
_LONGEST_NAME = 100
_NOT_OF_THE_FORM = frozenset({"confirm", "not_allowed", "sign_in_again"})
"""Errors that lead elsewhere, whatever was typed: see `hub.web.refusals`."""


class Form(wtforms.Form):
    """A form. ``problem`` is a fault of no single field, ``problem_code`` the machine word of the error that it was."""

    problem: str = ""
    problem_code: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, by field."""
        return {name: value for name, value in self.data.items() if not isinstance(value, bytes)}


F = TypeVar("F", bound=Form)


def blank(kind: type[F], /, **values: Any) -> F:
    """Return a form to be filled in, with these values in it."""
    return kind(data=values)


def typed(kind: type[F], /, **values: Any) -> F:
    """Return the form as it was sent. Raises UnprocessableEntity for a field that it does not have."""
    if not all(name.isascii() and len(name) <= _LONGEST_NAME for name in request.form):
        raise UnprocessableEntity(_STRANGE)
    form = kind(request.form, data=values)
    known = set(form.data) | _OURS
    strange = [name for name in request.form if name not in known and name.split("-")[0] not in known]
    if strange:
        raise UnprocessableEntity(_STRANGE)
    return form


def attempt(form: Form, work: Callable[[], _T], names: Mapping[str, str] | None = None) -> tuple[bool, _T | None]:
    """Do ``work`` if the form is in order: (True, its answer), or (False, None) with the faults in the form.

    An InputError stands beside the field that it names; ``names`` says which one that is where names differ. Other
    errors of the hub stand above the form, but for those of who one is and what one may do: they are raised.
    """
    if not form.validate():
        return False, None
    try:
        return True, work()
    except InputError as error:
        place(form, error, names)
    except HubError as error:
        if error.code in _NOT_OF_THE_FORM:
            raise
        form.problem, form.problem_code = error.message, error.code
    return False, None


def sent_object() -> dict[str, Any]:
    """Return the JSON object that a script of ours sent. Raises UnprocessableEntity for anything else."""
    found: object = None
    with suppress(RecursionError):  # brackets in brackets, without end
        found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise UnprocessableEntity("Send a JSON object.")
    return found


def place(form: Form, error: InputError, names: Mapping[str, str] | None = None) -> None:
    """Put a fault beside its field, or above the form."""
    text = error.message.removeprefix(f"{error.field}: ")
    text = text[:1].upper() + text[1:]
    field = _field(form, (names or {}).get(error.field) or error.field)
    if field is None:
        form.problem = text
        return
    field.errors = [*field.errors, text]
    if field.name not in form._fields:  # in a row of the form, whose faults WTForms does not look for again
        form.problem = "Nothing was changed yet: please look at what is marked below."


def _field(form: Form, path: str) -> Any:
    """Return the field that a path such as ``service.place`` or ``questions.2.label`` means; None for no field."""
    whole = path.rpartition(".")[2]
    found: Any = form
    for part in path.split("."):
        if isinstance(found, wtforms.FieldList) and part.isdecimal() and int(part) < len(found.entries):
            found = found.entries[int(part)]
        elif part in getattr(found, "_fields", {}):
            found = found._fields[part]
        elif part in getattr(getattr(found, "form", None), "_fields", {}):
            found = found.form._fields[part]
    if isinstance(found, wtforms.Field) and not isinstance(found, wtforms.FieldList | wtforms.FormField):
        return found
    return form._fields.get(whole)
