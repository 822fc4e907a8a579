"""The page that asks before an account is connected, and the answer to it: in the console and behind staff links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Response
from wtforms import HiddenField

from hub.actions.consent import answer_consent, consent_about, consent_question, renew_consent
from hub.actions.consent_state import About
from hub.actions.off_site import Intent, step
from hub.actions.provider_settings import addresses
from hub.core.consent_text import ConsentText
from hub.core.errors import InputError, StateError
from hub.core.provider import ConnectLevel
from hub.core.time_off import end_of_day
from hub.web.console.connecting import GO, ConnectForm, Offered, Step, read_answer, take_step
from hub.web.current import the_hub, visit
from hub.web.forms import Form, typed
from hub.web.offsite.leaving import lead_off, lead_on, via

AGREE, UNTIL = "agree", "until"


class AnswerForm(Form):
    """What is answered: ``agree`` or ``no``, about that level and whose account. ``text`` are the hashes of all texts
    that stood there. ``ends`` is `UNTIL` for a yes that ends by itself, with the last ``until`` day."""

    answer = HiddenField()
    ends = HiddenField()
    until = HiddenField()
    text = HiddenField()
    level = HiddenField()
    holder = HiddenField()


@dataclass(frozen=True, slots=True)
class Choice:
    """How much may be agreed to, and the text for that."""

    level: ConnectLevel
    text: ConsentText


@dataclass(frozen=True, slots=True)
class Question:
    """What the page shows: the text of the level, and of each that may be chosen.

    ``leads``: the provider asks on its own pages afterwards. ``changed``: the text is another one than was answered.
    ``again``: the account is connected and a yes lets it go on. ``zone`` is that of whoever answers, ``today`` the day
    there; ``ends``, ``until`` and ``problem`` are what was answered about the end and what is wrong with it.
    """

    offered: Offered
    level: str
    text: ConsentText
    choices: tuple[Choice, ...]
    zone: str
    today: date
    leads: bool = False
    changed: bool = False
    again: bool = False
    ends: str = ""
    until: str = ""
    problem: str = ""

    @property
    def hashes(self) -> str:
        """Those of all texts that stand on the page, for the form."""
        return " ".join(one.text.hash for one in self.choices)


@dataclass(frozen=True, slots=True)
class Given:
    """An answer: the consent's id, and whether it was yes."""

    consent_id: str
    agreed: bool


def question(
    business_id: str, offered: Offered, level: str, zone: str, *, form: AnswerForm | None = None, again: bool = False
) -> Question:
    """Return what is asked before an account is connected at that level, or after an answer that was not taken.

    ``again``: of the account that is connected at that level, and of no other level.
    """
    choices = tuple(
        Choice(one, consent_question(the_hub(), consent_about(the_hub(), business_id, offered.name, one.name)))
        for one in offered.levels
        if not again or one.name == level
    )
    text = next(one.text for one in choices if one.level.name == level)
    problem = "" if form is None else (form.until.errors or ("",))[0]
    return Question(
        offered,
        level,
        text,
        choices,
        zone,
        datetime.fromtimestamp(the_hub().clock(), ZoneInfo(zone)).date(),
        leads=not again and bool(addresses(the_hub(), offered.name)),
        changed=form is not None and not problem,
        again=again,
        ends="" if form is None else form.ends.data or "",
        until="" if form is None else form.until.data or "",
        problem=problem,
    )


def status_of(asked: Question) -> int:
    """Return the status of the page with a question."""
    return 409 if asked.changed else 422 if asked.problem else 200


def read_decision() -> AnswerForm:
    """Return what was answered. Raises UnprocessableEntity for a strange field."""
    return typed(AnswerForm)


def take_answer(about: About, form: AnswerForm, zone: str, *, connection_id: str = "") -> Given | None:
    """Record an answer; None if the text of that level is none that was shown, so that it must be read again.

    Also None with a fault in the form, for an end that cannot be. With ``connection_id`` it is about that account,
    which is connected: raises StateError (``ended``) if it is not any more.
    """
    agreed, now = form.answer.data == AGREE, consent_question(the_hub(), about).hash
    shown = now if now in (form.text.data or "").split() else ""
    try:
        how = {"agreed": agreed, "via": via(), "until": _until(form, zone) if agreed else None}
        if connection_id:
            return Given(renew_consent(the_hub(), visit(), about, connection_id, shown, **how), agreed)
        return Given(answer_consent(the_hub(), visit(), about, shown, **how), agreed)
    except InputError as error:
        form.until.errors = [error.message]
    except StateError as error:
        if error.code != "changed":
            raise
    return None


def _until(form: AnswerForm, zone: str) -> int | None:
    typed_day = (form.until.data or "").strip()
    if form.ends.data != UNTIL:
        if typed_day:
            raise InputError("until", "You chose a day: choose as well that it ends then, or empty the day.")
        return None
    try:
        day = date.fromisoformat(typed_day)
    except ValueError:
        raise InputError("until", "Choose the last day, or that it lasts until you stop it.") from None
    return end_of_day("until", zone, day)


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
