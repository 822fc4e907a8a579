"""The closed list of mails, the variables that each may use, and how a text is filled with them.

A text is written by an agency, so it is data and no program: `{name}` of the list is replaced, once, and everything
else stands as it was typed. There is no format, no attribute and no second round.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from hub.core.errors import InputError

LONGEST_SUBJECT, LONGEST_BODY = 200, 5_000
"""Characters of a business's own wording."""

LONGEST_VALUE = 1_000
"""Characters of a value that are put into a text."""

LISTS = frozenset({"accounts", "bookings", "changes", "meanwhile"})
"""Values of several lines, of at most..."""
LONGEST_LIST = 5_000
"""...these characters."""


class MailKind(StrEnum):
    """Why a mail is written. A customer's mail is about their own request, and there is no kind for anything else."""

    BOOKING_CONFIRMED = "booking_confirmed"
    BOOKING_REQUESTED = "booking_requested"
    BOOKING_MOVED = "booking_moved"
    BOOKING_CANCELLED = "booking_cancelled"
    BOOKING_REMINDER = "booking_reminder"
    BOOKING_CODE = "booking_code"  # shows that an address is theirs, before a booking
    STAFF_BOOKED = "staff_booked"
    STAFF_MOVED = "staff_moved"
    STAFF_CANCELLED = "staff_cancelled"
    STAFF_CALENDAR_PROBLEM = "staff_calendar_problem"
    STAFF_MAIL_RETURNED = "staff_mail_returned"
    STAFF_EVENTS_MISSING = "staff_events_missing"  # many events of ours are gone from a calendar at once
    CONNECTION_LOST = "connection_lost"
    CONNECTION_FAILING = "connection_failing"
    CONNECTION_MENDED = "connection_mended"  # with what was missed
    CONNECTION_ENDING = "connection_ending"  # the consent to an account ends soon
    STAFF_ACCESS_ASKED = "staff_access_asked"  # somebody asks to see data of theirs
    STAFF_ACCESS_VIEWED = "staff_access_viewed"
    STAFF_ACCESS_LINK = "staff_access_link"  # somebody made, and knows, a link to their page
    STAFF_ACCESS_PAGE = "staff_access_page"  # a link of their own, which nobody else sees
    BOOKING_ACCESS_ASKED = "booking_access_asked"
    BOOKING_ACCESS_VIEWED = "booking_access_viewed"
    USER_ACCESS_ASKED = "user_access_asked"
    USER_ACCESS_VIEWED = "user_access_viewed"
    USER_CONNECTIONS = "user_connections"  # accounts that do not work, of all businesses of a user
    INVITATION = "invitation"
    RESET = "reset"
    TEST = "test"  # to whoever tries the mail server


class Reader(StrEnum):
    """Who reads a mail."""

    CUSTOMER = "customer"
    STAFF = "staff"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Text:
    """Subject and body of a kind of mail, with variables, or of one mail, without."""

    subject: str
    body: str


_BUSINESS = frozenset({"business_name", "business_phone", "business_email"})
_BOOKING = _BUSINESS | {"customer_name", "service_name", "staff_names", "place", "when"}
_CUSTOMER = _BOOKING | {"manage_link"}
_STAFF = _BOOKING | {"reader_name", "customer_phone", "customer_email"}
_ACCOUNT = frozenset({"agency_name", "link", "until"})
_ACCESS = frozenset({"asked_by", "objects", "why"})
_ASKED = _ACCESS | {"hours", "link"}
_VIEWED = _ACCESS | {"seen_at"}

_TROUBLE = _BUSINESS | {"reader_name", "account_name", "problem", "since", "meanwhile", "bookings", "link"}

CONNECTION_KINDS = frozenset(kind for kind in MailKind if kind.startswith("connection_"))
"""Mails about an account: whom they go to is one choice."""

ACCESS_KINDS = frozenset(kind for kind in MailKind if "_access_" in kind)
"""Mails about people who look: they are no matter of choice."""

SECRET_KINDS = frozenset(
    {MailKind.STAFF_ACCESS_PAGE, MailKind.STAFF_ACCESS_ASKED, MailKind.BOOKING_ACCESS_ASKED, MailKind.BOOKING_CODE}
)
"""Mails with a link by which their reader alone decides, or a code: nobody else may read them."""

VARIABLES: Mapping[MailKind, frozenset[str]] = MappingProxyType(
    {
        MailKind.BOOKING_CONFIRMED: _CUSTOMER,
        MailKind.BOOKING_REQUESTED: _CUSTOMER,
        MailKind.BOOKING_MOVED: _CUSTOMER | {"old_when"},
        MailKind.BOOKING_CANCELLED: _BOOKING | {"reason", "book_link"},
        MailKind.BOOKING_REMINDER: _CUSTOMER,
        MailKind.BOOKING_CODE: _BUSINESS | {"code", "service_name", "when"},  # nothing that a visitor typed
        MailKind.STAFF_BOOKED: _STAFF,
        MailKind.STAFF_MOVED: _STAFF | {"old_when"},
        MailKind.STAFF_CANCELLED: _STAFF | {"reason"},
        MailKind.STAFF_CALENDAR_PROBLEM: _STAFF | {"problem"},
        MailKind.STAFF_MAIL_RETURNED: _STAFF | {"problem"},
        MailKind.STAFF_EVENTS_MISSING: _BUSINESS | {"reader_name", "bookings", "link"},
        MailKind.CONNECTION_LOST: _TROUBLE,
        MailKind.CONNECTION_FAILING: _TROUBLE,
        MailKind.CONNECTION_MENDED: _BUSINESS | {"reader_name", "account_name", "since", "changes", "link"},
        MailKind.CONNECTION_ENDING: _BUSINESS | {"reader_name", "account_name", "until", "link"},
        MailKind.STAFF_ACCESS_ASKED: _BUSINESS | _ASKED | {"reader_name"},
        MailKind.STAFF_ACCESS_VIEWED: _BUSINESS | _VIEWED | {"reader_name"},
        MailKind.STAFF_ACCESS_LINK: _BUSINESS | {"asked_by", "reader_name"},
        MailKind.STAFF_ACCESS_PAGE: _BUSINESS | {"reader_name", "link"},
        MailKind.BOOKING_ACCESS_ASKED: _BUSINESS | _ASKED | {"customer_name"},
        MailKind.BOOKING_ACCESS_VIEWED: _BUSINESS | _VIEWED | {"customer_name"},
        MailKind.USER_ACCESS_ASKED: _ASKED | {"agency_name", "business_name"},
        MailKind.USER_ACCESS_VIEWED: _VIEWED | {"agency_name", "business_name"},
        MailKind.USER_CONNECTIONS: frozenset({"agency_name", "accounts", "link"}),
        MailKind.INVITATION: _ACCOUNT,
        MailKind.RESET: _ACCOUNT,
        MailKind.TEST: frozenset({"agency_name"}),
    }
)
"""What may stand in braces in each kind of mail."""

_WHEN = frozenset({"when"})
_DECIDE = _ACCESS | {"link"}

REQUIRED: Mapping[MailKind, frozenset[str]] = MappingProxyType(
    {
        MailKind.BOOKING_CONFIRMED: _WHEN | {"manage_link"},
        MailKind.BOOKING_REQUESTED: _WHEN,
        MailKind.BOOKING_MOVED: _WHEN | {"manage_link"},
        MailKind.BOOKING_CANCELLED: _WHEN,
        MailKind.BOOKING_REMINDER: _WHEN | {"manage_link"},
        MailKind.BOOKING_CODE: frozenset({"code"}),
        MailKind.STAFF_BOOKED: _WHEN,
        MailKind.STAFF_MOVED: _WHEN,
        MailKind.STAFF_CANCELLED: _WHEN,
        MailKind.STAFF_CALENDAR_PROBLEM: _WHEN | {"problem"},
        MailKind.STAFF_MAIL_RETURNED: _WHEN,
        MailKind.STAFF_EVENTS_MISSING: frozenset({"bookings"}),
        MailKind.CONNECTION_LOST: frozenset({"account_name"}),
        MailKind.CONNECTION_FAILING: frozenset({"account_name"}),
        MailKind.CONNECTION_MENDED: frozenset({"account_name", "changes"}),
        MailKind.CONNECTION_ENDING: frozenset({"account_name", "until"}),
        MailKind.STAFF_ACCESS_ASKED: _DECIDE,
        MailKind.STAFF_ACCESS_VIEWED: _ACCESS,
        MailKind.STAFF_ACCESS_LINK: frozenset({"asked_by"}),
        MailKind.STAFF_ACCESS_PAGE: frozenset({"link"}),
        MailKind.BOOKING_ACCESS_ASKED: _DECIDE,
        MailKind.BOOKING_ACCESS_VIEWED: _ACCESS,
        MailKind.USER_ACCESS_ASKED: _DECIDE,
        MailKind.USER_ACCESS_VIEWED: _ACCESS,
        MailKind.USER_CONNECTIONS: frozenset({"accounts"}),
        MailKind.INVITATION: frozenset({"link"}),
        MailKind.RESET: frozenset({"link"}),
        MailKind.TEST: frozenset(),
    }
)
"""Without which a body of that kind would be of no use."""

_JOINERS = "\u200c\u200d"  # they do not show, but belong to the spelling in Persian and the scripts of India
_VARIABLE = re.compile(r"\{([a-z_]{1,40})\}")


def reader_of(kind: MailKind) -> Reader:
    """Return who reads mails of that kind."""
    if kind in (MailKind.INVITATION, MailKind.RESET, MailKind.TEST) or kind.startswith("user_"):
        return Reader.USER
    return Reader.CUSTOMER if kind.startswith("booking_") else Reader.STAFF


def check_text(kind: MailKind, subject: str, body: str) -> Text:
    """Return a business's own wording in tidy form, or raise InputError that says what is missing."""
    subject = one_line(subject)
    body = _tidy(body)
    if not subject or len(subject) > LONGEST_SUBJECT:
        raise InputError("subject", f"Give a subject of 1 to {LONGEST_SUBJECT} characters.")
    if not body or len(body) > LONGEST_BODY:
        raise InputError("body", f"Give a text of 1 to {LONGEST_BODY} characters.")
    for name in sorted(REQUIRED[kind]):
        if f"{{{name}}}" not in body:
            raise InputError("body", f"The text must have {{{name}}} in it: without it its reader can do nothing.")
    return Text(subject, body)


def fill(kind: MailKind, text: Text, values: Mapping[str, str]) -> Text:
    """Return a text with its variables replaced by the values, each put on one line but for `LISTS`.

    A variable without a value becomes nothing, and a line of the body whose variables all become nothing is left out,
    so that "Place: {place}" does not stand there empty. What is in braces but on no list stays as it is.
    """
    known = {name: _value(name, values.get(name, "")) for name in VARIABLES[kind]}
    lines = []
    for line in text.body.split("\n"):
        named = [name for name in _VARIABLE.findall(line) if name in known]
        if not named or any(known[name] for name in named):
            lines.append(_replace(line, known))
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    return Text(one_line(_replace(text.subject, known))[:LONGEST_SUBJECT], body)


def _value(name: str, text: str) -> str:
    if name not in LISTS:
        return one_line(text)[:LONGEST_VALUE]
    return "\n".join(one_line(line) for line in text.split("\n"))[:LONGEST_LIST]


def one_line(text: str) -> str:
    """Return a text on one line, with single blanks and without anything that does not show."""
    return " ".join(_visible(text).split())


def _replace(text: str, known: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: known.get(found[1], found[0]), text)


def _tidy(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_visible(line).rstrip() for line in lines).strip("\n")


def _visible(text: str) -> str:
    """Control characters become blanks; what reorders or hides text (Unicode format characters) is dropped."""
    kinds = ((one, "" if one in _JOINERS else unicodedata.category(one)) for one in text)
    return "".join(" " if kind in ("Cc", "Zl", "Zp") else one for one, kind in kinds if kind not in ("Cf", "Cs"))
