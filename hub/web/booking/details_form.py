"""The form of the details: who comes, a field for each question of the service, and the texts to agree to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import wtforms
from wtforms.validators import DataRequired

from hub.actions.people import Customer
from hub.actions.public_page import PublicPage, PublicService
from hub.actions.texts import ConsentText
from hub.core.question import Question
from hub.web.forms import Form

_SHORT = 80
"""Characters of the longest choice that still stands as a round button rather than in a list."""


class DetailsForm(Form):
    """Who comes, which texts were shown and which were agreed to (by hash); ``needed`` are those that must be.

    ``browser`` is a random word of the page, to which a code is bound: no cookie is needed. ``code`` and ``step`` are
    of the page that asks for it.
    """

    needed: frozenset[str] = frozenset()
    name = wtforms.StringField("Your name", [DataRequired("Give a name, so that they know who comes.")])
    email = wtforms.EmailField("E-mail address")
    phone = wtforms.TelField("Phone number")
    shown = wtforms.SelectMultipleField(choices=[], validate_choice=False)
    agreed = wtforms.SelectMultipleField(choices=[], validate_choice=False)
    browser = wtforms.HiddenField()
    code = wtforms.StringField("Code of six digits", render_kw={"inputmode": "numeric"})
    step = wtforms.HiddenField()

    def validate(self, extra_validators: Any = None) -> bool:
        """Tell whether all is there; what `book` would refuse one by one is told at once."""
        good = bool(super().validate(extra_validators))
        if not (self.email.data or self.phone.data):
            self.email.errors = ["Give an e-mail address or a phone number, so that you can be reached."]
            good = False
        if self.needed & set(self.shown.data) - set(self.agreed.data):
            self.agreed.errors = ["Please agree to how your details are used; it is needed for the appointment."]
            good = False
        return good

    def customer(self, business: PublicPage) -> Customer:
        """Return who comes, as typed."""
        return Customer(self.name.data, self.email.data or "", self.phone.data or "", business.region)

    def agreements(self) -> dict[str, bool]:
        """Return which of the texts that were shown were agreed to."""
        agreed = set(self.agreed.data or ())
        return {one: one in agreed for one in self.shown.data or ()}


def details_form(offered: PublicService, texts: Iterable[ConsentText] = ()) -> type[DetailsForm]:
    """Return the form of a service."""
    fields: dict[str, Any] = {f"q{number}": _field(asked) for number, asked in enumerate(offered.questions)}
    needed = frozenset(one.hash for one in texts if one.is_required)
    return type("ServiceDetailsForm", (DetailsForm,), {**fields, "needed": needed})


def _field(asked: Question) -> wtforms.Field:
    needed = [DataRequired("Please answer this question; it is needed for the appointment.")] if asked.required else []
    if not asked.choices:
        return wtforms.TextAreaField(asked.label, needed)
    choices = [wtforms.SelectChoice(one) for one in asked.choices]
    if len(choices) <= 5 and asked.required and all(len(one) <= _SHORT for one in asked.choices):
        return wtforms.RadioField(asked.label, needed, choices=choices, validate_choice=False)
    return wtforms.SelectField(
        asked.label, needed, choices=[wtforms.SelectChoice("", "Choose"), *choices], validate_choice=False
    )
