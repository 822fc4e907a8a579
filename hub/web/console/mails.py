"""Mails: how each of them ended, and what those say that the hub still keeps."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

from flask import request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from hub.actions.mail import MailView, find_mail_view, list_mails, read_mail
from hub.actions.try_mail import sends_mail
from hub.core.errors import InputError, StateError
from hub.core.mail import Reader
from hub.core.role import Right
from hub.store.business import AGENCY
from hub.store.mail import BOUNCED, FAILED, HANDED, KEPT, OVERTAKEN, REFUSED, SENT, UNKNOWN, WAITING
from hub.web.console.frame import business_page, console_page
from hub.web.console.reach import whole_installation
from hub.web.console.texts import MAILS
from hub.web.current import session, the_hub
from hub.web.door import Who
from hub.web.pages import see_other
from hub.web.route import route

PAGE = 50
VIEWS = {
    "": ("All", ()),
    "waiting": ("Waiting", (WAITING, HANDED)),
    "sent": ("Sent", (SENT,)),
    "kept": ("Kept here", (KEPT,)),
    "trouble": ("Not arrived", (REFUSED, BOUNCED, UNKNOWN, FAILED)),
}
"""What can be looked at: the word in the address, its name, and the states (none: all)."""
STATES = {
    WAITING: "It waits to be sent.",
    HANDED: "It was given to the mail server, which has not answered yet.",
    SENT: "The mail server took it.",
    KEPT: "No mail server was connected, so it was not sent. Download it and hand it over.",
    REFUSED: "The mail server did not take it. Reach the person in another way, and look at the address.",
    BOUNCED: "It came back: it did not reach the person. Reach them in another way, and look at the address.",
    UNKNOWN: "Nobody can tell whether the mail server took it. Trying it again in the outbox may send it twice.",
    FAILED: "It was given up after several tries. The outbox can try it again.",
    OVERTAKEN: "What it was to say was no longer so, so it was not sent.",
}
"""What each state means, and what helps."""
READERS = {Reader.CUSTOMER: "to the customer", Reader.STAFF: "to the staff", Reader.USER: "to a user of the console"}
_HEADERS = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a mail says, as text. ``attachments`` are (name, type) of what comes with it; none of it is shown."""

    headers: tuple[tuple[str, str], ...]
    text: str
    attachments: tuple[tuple[str, str], ...]


def mails(business_id: str) -> Response:
    """Show the mails of a business, newest first."""
    view, after = _view(), request.args.get("after", "")
    try:
        found, following = list_mails(the_hub(), [business_id], cursor=after, limit=PAGE, states=VIEWS[view][1])
    except InputError:
        return see_other("console.mails", business_id=business_id, view=view or None)
    known: dict[str, Any] = {"mails": found, "next": following, "after": after, "view": view, **_words()}
    return business_page("console/mails.html", business_id, sends=sends_mail(the_hub(), business_id), **known)


def mail(business_id: str, mail_id: str) -> Response:
    """Show one mail."""
    found = find_mail_view(the_hub(), business_id, mail_id)
    return business_page("console/mail.html", business_id, mail=found, shown=_shown(found), **_words())


def mail_export(business_id: str, mail_id: str) -> Response:
    """Give one mail as a file for mail programs."""
    return _file(find_mail_view(the_hub(), business_id, mail_id))


def agency_mails() -> Response:
    """Show the agency's own mails. Those to users hold links that give accounts, so they are for owners alone."""
    whole_installation()
    view, after = _view(), request.args.get("after", "")
    wanted: dict[str, Any] = {"states": VIEWS[view][1], "readers": _readers()}
    try:
        found, following = list_mails(the_hub(), [AGENCY], cursor=after, limit=PAGE, **wanted)
    except InputError:
        return see_other("console.agency_mails", view=view or None)
    known: dict[str, Any] = {"mails": found, "next": following, "after": after, "view": view, **_words()}
    sends, owns = sends_mail(the_hub()), Right.OWN in session().user.rights
    return console_page("console/mails.html", sends=sends, hides=not owns, **known)


def agency_letter(agency_mail_id: str) -> Response:
    """Show one mail of the agency."""
    found = _of_agency(agency_mail_id)
    return console_page("console/mail.html", mail=found, shown=_shown(found), **_words())


def agency_letter_export(agency_mail_id: str) -> Response:
    """Give one mail of the agency as a file."""
    return _file(_of_agency(agency_mail_id))


def read(raw: bytes) -> Shown:
    """Return what a mail says: its plain part, and the names of what else is in it."""
    message = message_from_bytes(raw, policy=SMTP)
    headers = tuple((name, str(message[name])) for name in _HEADERS if message[name])
    body = message.get_body(("plain",))
    named = tuple(
        (part.get_filename() or "invitation.ics", part.get_content_type())
        for part in message.walk()
        if part.get_filename() or part.get_content_type() == "text/calendar"
    )
    return Shown(headers, "" if body is None else body.get_content(), named)


def _of_agency(mail_id: str) -> MailView:
    whole_installation()
    found = find_mail_view(the_hub(), AGENCY, mail_id)
    if found.reader not in (_readers() or Reader):
        raise NotFound
    return found


def _readers() -> Collection[Reader]:
    """Return whose mails of the agency one may see, none for all: a link to an account is as good as its password."""
    return () if Right.OWN in session().user.rights else (Reader.STAFF, Reader.CUSTOMER)


def _shown(found: MailView) -> Shown | None:
    try:
        return read(read_mail(the_hub(), found.business_id, found.id))
    except StateError:
        return None


def _file(found: MailView) -> Response:
    answer = Response(read_mail(the_hub(), found.business_id, found.id), mimetype="message/rfc822")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{found.kind}-{found.id}.eml")
    return answer


def _view() -> str:
    chosen = request.args.get("view", "")
    return chosen if chosen in VIEWS else ""


def _words() -> dict[str, Any]:
    return {"kinds": MAILS, "readers": READERS, "states": STATES, "views": VIEWS}


_OF_BUSINESS = "/console/<business_id>/mails"
_OF_AGENCY = "/console/agency-mails"
_SEES = Right.VIEW_BOOKINGS
ROUTES = (
    route("console", _OF_BUSINESS, mails, "GET", Who.USER, _SEES),
    route("console", f"{_OF_BUSINESS}/<mail_id>", mail, "GET", Who.USER, _SEES),
    route("console", f"{_OF_BUSINESS}/<mail_id>/mail.eml", mail_export, "GET", Who.USER, _SEES),
    route("console", _OF_AGENCY, agency_mails, "GET", Who.USER, Right.OPERATE),
    route("console", f"{_OF_AGENCY}/<agency_mail_id>", agency_letter, "GET", Who.USER, Right.OPERATE),
    route("console", f"{_OF_AGENCY}/<agency_mail_id>/mail.eml", agency_letter_export, "GET", Who.USER, Right.OPERATE),
)
