"""A step of connecting over the API: the form that comes next, or the page on which a browser goes on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hub.actions.consent import consent_about, consent_question
from hub.actions.provider_settings import redirect_address
from hub.core.errors import HubError
from hub.core.provider import Form, Redirect, SettingField
from hub.vault.border import RoundTrip
from hub.web.api.fields import Shown
from hub.web.current import the_hub


def nobody() -> RoundTrip:
    """Return what lets a plugin say that its provider asks elsewhere: nobody goes there, and nobody could come back."""
    return RoundTrip(redirect_address(the_hub().settings), "nobody")


def connected(step: object, business_id: str, provider: str, level: str, page: str) -> str:
    """Return the id of what was connected, or raise what comes next; ``page`` of the console connects in a browser."""
    if not isinstance(step, Form | Redirect):
        return str(step.connection)  # type: ignore[attr-defined]
    consent = asked_of(business_id, provider, level)
    if isinstance(step, Redirect):
        url = f"{the_hub().settings.base_url}/console/{business_id}/connections/{page}"
        raise NotYet(NextStep(step="redirect", problem="", fields=[], url=url, consent=consent))
    fields = [*map(_field, step.fields)]
    raise NotYet(NextStep(step="form", problem=step.problem, fields=fields, url="", consent=consent))


def asked_of(business_id: str, provider: str, level: str) -> ConsentAsked:
    """Return what is asked before an account is connected at that level."""
    asked = consent_question(the_hub(), consent_about(the_hub(), business_id, provider, level))
    return ConsentAsked(hash=asked.hash, language=asked.language, text=asked.text)


def _field(one: SettingField) -> FormField:
    choices = [FormChoice(value=value, title=title) for value, title in one.choices]
    same = FormField.model_fields.keys() - {"choices"}
    return FormField(**{name: getattr(one, name) for name in same}, choices=choices)


class FormChoice(Shown):
    """A value that a field may have, and how people read it."""

    value: str
    title: str


class FormField(Shown):
    """A field to fill in. What is `secret` is not shown while it is typed, and never answered.

    With `choices` it has one of their values.
    """

    name: str
    title: str
    help: str
    secret: bool
    required: bool
    default: str
    choices: list[FormChoice]


class ConsentAsked(Shown):
    """What is asked before an account is connected: show it to whose account it is, and send its `hash` as `agreed`."""

    hash: str
    language: str
    text: str


class NextStep(Shown):
    """What comes next: a form to fill in and send as `answer`, or a page of the console.

    A provider that asks on its own pages is connected in a browser only: at `url` somebody who may connect accounts
    signs in, agrees and is led there and back. For a staff member's own account make them a link instead.
    """

    step: Literal["form", "redirect"]
    problem: str = Field(description="Why the answer was not accepted; empty if there was none.")
    fields: list[FormField]
    url: str
    consent: ConsentAsked


class NotYet(HubError):
    """Nothing was made yet: there is another step."""

    def __init__(self, step: NextStep) -> None:
        super().__init__("Another step comes first.", code="step")
        self.step = step
