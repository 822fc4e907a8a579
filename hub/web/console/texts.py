"""What customers agree to, how mails are worded, and who of the staff is told what."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired

from hub.actions.mail_texts import TextView, get_text, list_texts, preview_text, reset_text
from hub.actions.mail_texts import set_text as set_mail_text
from hub.actions.notice_rules import KINDS, TO, list_rules, set_rules
from hub.actions.texts import ConsentText, current_texts, set_text, text_history
from hub.core.changes import changed_meanwhile
from hub.core.consent import LANGUAGE, TextPurpose
from hub.core.errors import InputError, StateError
from hub.core.mail import MailKind
from hub.core.mail import Text as MailWording
from hub.core.role import Right
from hub.web.console.edit import EditForm, edit
from hub.web.console.fields import choices
from hub.web.console.frame import business_page
from hub.web.current import the_hub
from hub.web.door import Who
from hub.web.forms import Form, blank, place, typed
from hub.web.pages import see_other
from hub.web.route import route

GIVE = "Please fill this in."
PURPOSES = {
    TextPurpose.BOOKING: (
        "To use their details",
        "Shown before booking. Nobody can book without agreeing, because the appointment needs their details.",
    ),
    TextPurpose.MESSAGES: (
        "To write to them about other things",
        "Shown before booking. Agreeing is free, and the appointment does not depend on it.",
    ),
}
"""What each text is for, in words."""
MAILS = {
    MailKind.BOOKING_CONFIRMED: "An appointment is booked",
    MailKind.BOOKING_REQUESTED: "An appointment is not confirmed yet",
    MailKind.BOOKING_MOVED: "An appointment was moved",
    MailKind.BOOKING_CANCELLED: "An appointment was cancelled",
    MailKind.BOOKING_REMINDER: "A reminder of an appointment",
    MailKind.BOOKING_CODE: "A code that shows that an address is theirs",
    MailKind.STAFF_BOOKED: "They have a new booking",
    MailKind.STAFF_MOVED: "A booking of theirs was moved",
    MailKind.STAFF_CANCELLED: "A booking of theirs was cancelled",
    MailKind.STAFF_CALENDAR_PROBLEM: "Something is wrong with a booking in the calendar",
    MailKind.STAFF_MAIL_RETURNED: "A mail to a customer came back",
    MailKind.STAFF_EVENTS_MISSING: "Many bookings are gone from a calendar at once",
    MailKind.CONNECTION_LOST: "An account has to be connected again",
    MailKind.CONNECTION_FAILING: "An account does not work for a while",
    MailKind.CONNECTION_MENDED: "An account works again, with what was missed",
    MailKind.CONNECTION_ENDING: "The consent to an account ends soon",
    MailKind.STAFF_ACCESS_ASKED: "Somebody asks to see their account",
    MailKind.STAFF_ACCESS_VIEWED: "Somebody looked at their account",
    MailKind.STAFF_ACCESS_LINK: "A link to their page was made",
    MailKind.STAFF_ACCESS_PAGE: "Their own link to their page, which they asked for",
    MailKind.BOOKING_ACCESS_ASKED: "Somebody asks to read a mail about the customer",
    MailKind.BOOKING_ACCESS_VIEWED: "Somebody read a mail about the customer",
    MailKind.USER_ACCESS_ASKED: "Somebody asks to see an account that a user connected",
    MailKind.USER_ACCESS_VIEWED: "Somebody looked at an account that a user connected",
    MailKind.USER_CONNECTIONS: "Accounts of businesses that do not work",
    MailKind.INVITATION: "An invitation to the console",
    MailKind.RESET: "A new password",
    MailKind.TEST: "A test of the mail server",
}
"""What each kind of mail says, in words."""
CHOICES = choices(*((f"{kind} {to}", MAILS[kind]) for kind in KINDS for to in TO))


class ConsentForm(EditForm):
    """The text that customers agree to. ``was`` is the hash of the one that was looked at, empty for none."""

    text = TextAreaField("Text", [DataRequired(GIVE)])
    language = StringField("Language", [DataRequired(GIVE)])
    was = HiddenField()


class MailForm(EditForm):
    """The wording of one kind of mail. ``was`` tells the wording that was looked at from another one."""

    subject = StringField("Subject", [DataRequired(GIVE)])
    body = TextAreaField("Text", [DataRequired(GIVE)])
    was = HiddenField()
    more = HiddenField()


class NoticesForm(Form):
    """Who is told what: boxes of a kind of notice and whom it goes to. ``was``: the choices that were looked at."""

    rules = SelectMultipleField("Who is told what", choices=CHOICES)
    was = HiddenField()


def texts(business_id: str) -> Response:
    """Show the texts in use, and the older ones."""
    consents = {one.purpose: one for one in current_texts(the_hub(), business_id)}
    return business_page(
        "console/texts.html",
        business_id,
        consents=consents,
        purposes=PURPOSES,
        history=[one for one in text_history(the_hub(), business_id) if one.until is not None],
        mails=list_texts(the_hub(), business_id),
        mail_names=MAILS,
        rules=list_rules(the_hub(), business_id),
        rules_seen=_rules_seen(business_id),
        kinds=KINDS,
    )


def text_notices(business_id: str) -> Response:
    """Choose who of the business is told what; who looked at older choices than those stored is asked again."""
    form = typed(NoticesForm)
    if form.was.data != _rules_seen(business_id):
        raise StateError(
            "Somebody else chose anew who is told what meanwhile, so nothing was changed. Go back, load the page anew.",
            code="changed",
        )
    set_rules(the_hub(), business_id, [tuple(one.split(" ", 1)) for one in form.rules.data or () if " " in one])
    return see_other("console.texts", "saved", business_id=business_id)


def text(business_id: str, purpose: str) -> Response:
    """Show the text for a purpose, and take another one into use."""
    wanted = _purpose(purpose)
    if request.method != "POST":
        return _consent_page(business_id, wanted, blank(ConsentForm, **_stored(business_id, wanted)))
    form = typed(ConsentForm)
    done = edit(form, lambda: _set(business_id, wanted, form), lambda: _stored(business_id, wanted))
    if done:
        return see_other("console.texts", "saved", business_id=business_id)
    if form.clash:
        form.was.data = _stored(business_id, wanted)["was"]
    return _consent_page(business_id, wanted, form, 422)


def text_out(business_id: str, purpose: str) -> Response:
    """Ask for nothing of that purpose any more; raises InputError where the agreement is needed."""
    set_text(the_hub(), business_id, _purpose(purpose), None, was=request.form.get("was", ""))
    return see_other("console.texts", "removed", business_id=business_id)


def text_mail(business_id: str, kind: str) -> Response:
    """Show the wording of a mail, try it on invented values, and change it."""
    found = get_text(the_hub(), business_id, _kind(kind))
    if request.method != "POST":
        return _mail_page(business_id, found, blank(MailForm, **_worded(found)))
    form = typed(MailForm)
    if form.more.data == "preview":
        return _mail_page(business_id, found, form)
    done = edit(
        form, lambda: _set_mail(business_id, found, form), lambda: _worded(get_text(the_hub(), business_id, found.kind))
    )
    if done:
        return see_other("console.text_mail", "saved", business_id=business_id, kind=kind)
    if form.clash:
        form.was.data = _worded(get_text(the_hub(), business_id, found.kind))["was"]
    return _mail_page(business_id, found, form, 422)


def text_mail_reset(business_id: str, kind: str) -> Response:
    """Go back to the hub's own words."""
    found = get_text(the_hub(), business_id, _kind(kind))
    reset_text(the_hub(), business_id, found.kind)
    return see_other("console.text_mail", "saved", business_id=business_id, kind=kind)


def _consent_page(business_id: str, purpose: TextPurpose, form: ConsentForm, status: int = 200) -> Response:
    history = [one for one in text_history(the_hub(), business_id) if one.purpose is purpose]
    title, lead = PURPOSES[purpose]
    return business_page(
        "console/text.html",
        business_id,
        status,
        form=form,
        purpose=purpose,
        title=title,
        lead=lead,
        history=history,
    )


def _mail_page(business_id: str, found: TextView, form: MailForm, status: int = 200) -> Response:
    looked_at: MailWording | None = None
    try:
        looked_at = preview_text(found.kind, form.subject.data or "", form.body.data or "")
    except InputError as error:
        if status == 200:
            place(form, error)
    return business_page(
        "console/text_mail.html",
        business_id,
        status,
        form=form,
        text=found,
        looked_at=looked_at,
        name=MAILS[found.kind],
    )


def _stored(business_id: str, purpose: TextPurpose) -> dict[str, Any]:
    found: ConsentText | None = next(
        (one for one in current_texts(the_hub(), business_id) if one.purpose is purpose), None
    )
    if found is None:
        return {"text": "", "language": LANGUAGE, "was": ""}
    return {"text": found.text, "language": found.language, "was": found.hash}


def _set(business_id: str, purpose: TextPurpose, form: ConsentForm) -> None:
    set_text(
        the_hub(), business_id, purpose, form.text.data, language=form.language.data.strip(), was=form.was.data or ""
    )


def _worded(found: TextView) -> dict[str, Any]:
    was = sha256("\0".join((found.subject, found.body)).encode()).hexdigest()
    return {"subject": found.subject, "body": found.body, "was": was}


def _set_mail(business_id: str, found: TextView, form: MailForm) -> None:
    if form.was.data != _worded(found)["was"]:
        raise changed_meanwhile("wording")
    set_mail_text(the_hub(), business_id, found.kind, form.subject.data, form.body.data)


def _rules_seen(business_id: str) -> str:
    return sha256(repr(sorted(list_rules(the_hub(), business_id))).encode()).hexdigest()


def _purpose(text: str) -> TextPurpose:
    if text not in set(TextPurpose):
        raise NotFound
    return TextPurpose(text)


def _kind(text: str) -> MailKind:
    if text not in set(MailKind):
        raise NotFound
    return MailKind(text)


_TEXTS = "/console/<business_id>/texts"
ROUTES = (
    route("console", _TEXTS, texts, "GET", Who.USER, Right.SET_UP),
    route("console", f"{_TEXTS}/notices", text_notices, "POST", Who.USER, Right.SET_UP),
    route("console", f"{_TEXTS}/consent/<purpose>", text, "GET POST", Who.USER, Right.SET_UP),
    route("console", f"{_TEXTS}/consent/<purpose>/out", text_out, "POST", Who.USER, Right.SET_UP),
    route("console", f"{_TEXTS}/mails/<kind>", text_mail, "GET POST", Who.USER, Right.SET_UP),
    route("console", f"{_TEXTS}/mails/<kind>/reset", text_mail_reset, "POST", Who.USER, Right.SET_UP),
)
