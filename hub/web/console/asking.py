"""The page that asks before an account is connected, and the answer to it: in the console and behind staff links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response
from wtforms import HiddenField

from hub.actions.consent import answer_consent, consent_about, consent_question
from hub.actions.consent_state import About
from hub.actions.off_site import Intent, step
from hub.core.consent_text import ConsentText
from hub.core.errors import StateError
from hub.web.console.connecting import GO, ConnectForm, Offered, Step, read_answer, take_step
from hub.web.current import the_hub, visit
from hub.web.forms import Form, typed
from hub.web.offsite.leaving import lead_off, lead_on, via

AGREE = "agree"


class AnswerForm(Form):
    """What is answered: ``agree`` or ``no``, to the text with that hash, about that level and whose account."""

    answer = HiddenField()
    text = HiddenField()
    level = HiddenField()
    holder = HiddenField()


@dataclass(frozen=True, slots=True)
class Question:
    """What the page shows: the text, and what it is about. ``changed``: it is another one than was answered."""

    offered: Offered
    level: str
    text: ConsentText
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """An answer: the consent's id, and whether it was yes."""

    consent_id: str
    agreed: bool


def question(business_id: str, offered: Offered, level: str, *, changed: bool = False) -> Question:
    """Return what is asked before an account is connected at that level."""
    about = consent_about(the_hub(), business_id, offered.name, level)
    return Question(offered, level, consent_question(the_hub(), about), changed)


def read_decision() -> AnswerForm:
    """Return what was answered. Raises UnprocessableEntity for a strange field."""
    return typed(AnswerForm)


def take_answer(about: About, form: AnswerForm) -> Given | None:
    """Record an answer; None if the text is another one by now, so that it must be read again."""
    agreed = form.answer.data == AGREE
    try:
        text_hash = form.text.data or ""
        return Given(answer_consent(the_hub(), visit(), about, text_hash, agreed=agreed, via=via()), agreed)
    except StateError:
        return None


def intent_of(business_id: str, given: Any, holder_id: str | None, connection_id: str | None = None) -> Intent:
    """Return what is to be connected, under a consent that was ``given``."""
    return Intent(business_id, given.provider, given.level, given.consent_id, holder_id or None, connection_id)


def go_on(intent: Intent, form: ConnectForm, token: str = "") -> Response | Step:
    """Go on with what was sent: an answer that leads on, or the step to show again.

    ``token`` is the secret of a staff member's link.
    """
    if form.answer.data == GO:
        return lead_on(intent, token) or take_step(connecting(intent), None)
    taken = take_step(connecting(intent), read_answer())
    return lead_off(taken.away, intent.provider, token) if taken.away else taken


def connecting(intent: Intent) -> Any:
    """Return `hub.actions.off_site.step` with all but the answer."""

    def work(answer: Mapping[str, str] | None) -> Any:
        return step(the_hub(), visit(), via(), intent, answer)

    return work
