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

from hub.actions.kept_mails import count_timely, how_again, send_again, send_timely
from hub.actions.mail import MailView, find_mail_view, list_mails, read_mail
from hub.actions.try_mail import sends_mail
from hub.core.errors import InputError, StateError
from hub.core.mail import Reader
from hub.core.role import Right
from hub.core.trouble import sentence
from hub.store.business import AGENCY
from hub.store.mail import BOUNCED, FAILED, HANDED, KEPT, OVERTAKEN, REFUSED, SENT, UNKNOWN, WAITING
from hub.web.console.frame import business_page, console_page
from hub.web.console.reach import whole_installation
from hub.web.console.texts import MAILS
from hub.web.current import session, the_hub, visit
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
    KEPT: "No mail server was connected, so it was not sent. Send it once there is one, or download it.",
    REFUSED: "The mail server did not take it. Reach the person in another way, and look at the address.",
    BOUNCED: "It came back: it did not reach the person. Reach them in another way, and look at the address.",
    UNKNOWN: "Nobody can tell whether the mail server took it. Sent again, it may arrive twice.",
    FAILED: "It was given up after several tries. Send it again once the mail server works.",
    OVERTAKEN: "What it was to say was no longer so, so it was not sent.",
}
"""What each state means, and what helps."""
READERS = {Reader.CUSTOMER: "to the customer", Reader.STAFF: "to the staff", Reader.USER: "to a user of the console"}
_NOTED = {
    "address": "Mail servers do not take this address.",
    "token": "The token of an account stood in it, so it was kept back. Tell whoever runs this hub.",
    "cut": "The line to the mail server ended before it answered.",
    "worker_died": "The worker died while it handed the mail over.",
    "plugin_error": "The plugin made a mistake while it handed the mail over.",
}
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
    sends = sends_mail(the_hub(), business_id)
    timely = count_timely(the_hub(), business_id) if sends and Right.OPERATE in session().user.rights else 0
    return business_page("console/mails.html", business_id, sends=sends, timely=timely, **known)


def mail(business_id: str, mail_id: str) -> Response:
    """Show one mail."""
    found = find_mail_view(the_hub(), business_id, mail_id)
    again = how_again(the_hub(), business_id, mail_id) if Right.OPERATE in session().user.rights else None
    return business_page("console/mail.html", business_id, mail=found, again=again, **_shown(found), **_words())


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
    timely = count_timely(the_hub(), AGENCY) if sends and owns else 0
    return console_page("console/mails.html", sends=sends, timely=timely, hides=not owns, **known)


def agency_letter(agency_mail_id: str) -> Response:
    """Show one mail of the agency."""
    found = _of_agency(agency_mail_id)
    again = how_again(the_hub(), AGENCY, found.id) if Right.OWN in session().user.rights else None
    return console_page("console/mail.html", mail=found, again=again, **_shown(found), **_words())


def agency_letter_export(agency_mail_id: str) -> Response:
    """Give one mail of the agency as a file."""
    return _file(_of_agency(agency_mail_id))


def mails_send(business_id: str) -> Response:
    """Send the kept mails of a business that are still of use."""
    send_timely(the_hub(), visit(), business_id)
    return see_other("console.mails", "mailed", business_id=business_id)


def mail_send(business_id: str, mail_id: str) -> Response:
    """Send one mail again."""
    send_again(the_hub(), visit(), business_id, mail_id, twice=_twice())
    return see_other("console.mail", "mailed", business_id=business_id, mail_id=mail_id)


def agency_mails_send() -> Response:
    """Send the kept mails of the agency that are still of use."""
    whole_installation()
    send_timely(the_hub(), visit(), AGENCY)
    return see_other("console.agency_mails", "mailed")


def agency_letter_send(agency_mail_id: str) -> Response:
    """Send one mail of the agency again."""
    whole_installation()
    send_again(the_hub(), visit(), AGENCY, agency_mail_id, twice=_twice())
    return see_other("console.agency_letter", "mailed", agency_mail_id=agency_mail_id)


def _twice() -> bool:
    return request.form.get("twice") == "y"


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


def _shown(found: MailView) -> dict[str, Any]:
    """Return what a mail says as ``shown``, if it is for people; else ``masked`` says whether it can be asked for."""
    try:
        return {"shown": read(read_mail(the_hub(), found.business_id, found.id)), "masked": False}
    except StateError as error:
        return {"shown": None, "masked": error.code == "masked"}


def _file(found: MailView) -> Response:
    answer = Response(read_mail(the_hub(), found.business_id, found.id), mimetype="message/rfc822")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{found.kind}-{found.id}.eml")
    return answer


def _view() -> str:
    chosen = request.args.get("view", "")
    return chosen if chosen in VIEWS else ""


def noted(problem: str) -> str:
    """Return what the hub noted of a mail, in a sentence."""
    kind, _, code = problem.partition("_")
    if kind == "smtp" and code:
        return f"The mail server answered with the code {code}."
    return _NOTED.get(problem) or sentence(problem)


def _words() -> dict[str, Any]:
    return {"noted": noted, "kinds": MAILS, "readers": READERS, "states": STATES, "views": VIEWS}


_OF_BUSINESS = "/console/<business_id>/mails"
_OF_AGENCY = "/console/agency-mails"
_SEES, _SENDS, _OWNS = Right.VIEW_BOOKINGS, Right.OPERATE, Right.OWN
ROUTES = (
    route("console", _OF_BUSINESS, mails, "GET", Who.USER, _SEES),
    route("console", f"{_OF_BUSINESS}/<mail_id>", mail, "GET", Who.USER, _SEES),
    route("console", f"{_OF_BUSINESS}/<mail_id>/mail.eml", mail_export, "GET", Who.USER, _SEES),
    route("console", _OF_AGENCY, agency_mails, "GET", Who.USER, Right.OPERATE),
    route("console", f"{_OF_AGENCY}/<agency_mail_id>", agency_letter, "GET", Who.USER, Right.OPERATE),
    route("console", f"{_OF_AGENCY}/<agency_mail_id>/mail.eml", agency_letter_export, "GET", Who.USER, Right.OPERATE),
    route("console", f"{_OF_BUSINESS}/send", mails_send, "POST", Who.USER, _SENDS),
    route("console", f"{_OF_BUSINESS}/<mail_id>/send", mail_send, "POST", Who.USER, _SENDS),
    route("console", f"{_OF_AGENCY}/send", agency_mails_send, "POST", Who.USER, _OWNS),
    route("console", f"{_OF_AGENCY}/<agency_mail_id>/send", agency_letter_send, "POST", Who.USER, _OWNS),
)
