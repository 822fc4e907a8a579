"""What mails say until a business writes its own: plain English, the facts first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hub.core.mail import MailKind, Text

_SIGNED = """

{business_name}
Phone: {business_phone}
E-mail: {business_email}
"""
_ABOUT = """
What: {service_name}
When: {when}
With: {staff_names}
Where: {place}
"""
_CUSTOMER = """
Customer: {customer_name}
Phone: {customer_phone}
E-mail: {customer_email}
"""
_CHANGE = """
To move or cancel it, open this page:
{manage_link}
"""

_ASKED = """{asked_by} asks to see this:
{objects}

Why: {why}
For how long: {hours}

It is not shown unless you agree. Open this page to agree or to refuse:
{link}

If you do nothing, it stays as it is.
"""
_VIEWED = """{asked_by} looked at this:
{objects}

Why: {why}
When: {seen_at}

It is written down in a record that nobody can change. If this was not right, answer this mail.
"""

_MEND = """Connect it again on this page: {link}

You get this mail once a day until it is connected again, or disconnected."""


def _text(subject: str, body: str) -> Text:
    return Text(subject, body.strip("\n"))


DEFAULTS: Mapping[MailKind, Text] = MappingProxyType(
    {
        MailKind.BOOKING_CONFIRMED: _text(
            "Confirmed: {service_name}, {when}",
            f"Hello {{customer_name}},\n\nYour appointment is confirmed.\n{_ABOUT}{_CHANGE}{_SIGNED}",
        ),
        MailKind.BOOKING_REQUESTED: _text(
            "Not confirmed yet: {service_name}, {when}",
            "Hello {customer_name},\n\nWe have your request, and the time is kept for you. It is not confirmed yet: we "
            "could not look into the calendar just now. You get another mail as soon as we could.\n"
            f"{_ABOUT}{_CHANGE}{_SIGNED}",
        ),
        MailKind.BOOKING_MOVED: _text(
            "New time: {service_name}, {when}",
            "Hello {customer_name},\n\nYour appointment has a new time.\n"
            f"{_ABOUT}\nIt was before: {{old_when}}\n{_CHANGE}{_SIGNED}",
        ),
        MailKind.BOOKING_CANCELLED: _text(
            "Cancelled: {service_name}, {when}",
            "Hello {customer_name},\n\nYour appointment does not take place.\n\n{reason}\n"
            f"{_ABOUT}\nTo choose another time: {{book_link}}\n{_SIGNED}",
        ),
        MailKind.BOOKING_REMINDER: _text(
            "Reminder: {service_name}, {when}",
            f"Hello {{customer_name}},\n\nThis is to remind you of your appointment.\n{_ABOUT}{_CHANGE}{_SIGNED}",
        ),
        MailKind.BOOKING_CODE: _text(
            "Your code for {business_name}",
            "Hello,\n\nYour code is {code}\n\nType it on the page on which you book. It works once, for ten minutes."
            "\n\nWhat: {service_name}\nWhen: {when}\n\nNothing is booked yet. If it was not you who asked for it, "
            f"do nothing.\n{_SIGNED}",
        ),
        MailKind.STAFF_BOOKED: _text(
            "Booked: {service_name}, {when}",
            f"Hello {{reader_name}},\n\nAn appointment was booked.\n{_ABOUT}{_CUSTOMER}{_SIGNED}",
        ),
        MailKind.STAFF_MOVED: _text(
            "Moved: {service_name}, {when}",
            "Hello {reader_name},\n\nAn appointment has a new time.\n"
            f"{_ABOUT}\nIt was before: {{old_when}}\n{_CUSTOMER}{_SIGNED}",
        ),
        MailKind.STAFF_CANCELLED: _text(
            "Cancelled: {service_name}, {when}",
            "Hello {reader_name},\n\nAn appointment was cancelled; its time is free.\n\n{reason}\n"
            f"{_ABOUT}{_CUSTOMER}{_SIGNED}",
        ),
        MailKind.STAFF_CALENDAR_PROBLEM: _text(
            "Please look at the calendar: {service_name}, {when}",
            f"Hello {{reader_name}},\n\n{{problem}}\n{_ABOUT}{_CUSTOMER}{_SIGNED}",
        ),
        MailKind.STAFF_MAIL_RETURNED: _text(
            "The customer was not reached: {service_name}, {when}",
            "Hello {reader_name},\n\nA mail to the customer about this appointment did not arrive. {problem} Please "
            f"reach them in another way.\n{_ABOUT}{_CUSTOMER}{_SIGNED}",
        ),
        MailKind.CONNECTION_LOST: _text(
            "Please connect again: {account_name}",
            "Hello {reader_name},\n\nThe hub cannot use the account {account_name} any more. {problem}\n\n"
            f"Since: {{since}}\n\n{{meanwhile}}\n\n{{bookings}}\n\n{_MEND}\n\n{{business_name}}",
        ),
        MailKind.CONNECTION_FAILING: _text(
            "Not working for a while: {account_name}",
            "Hello {reader_name},\n\nThe hub has not been able to use the account {account_name} for a while. "
            "{problem}\n\nSince: {since}\n\n{meanwhile}\n\n{bookings}\n\nYou get another mail when it works again. To "
            "look at it: {link}\n\n{business_name}",
        ),
        MailKind.CONNECTION_MENDED: _text(
            "It works again: {account_name}",
            "Hello {reader_name},\n\nThe hub can use the account {account_name} again. It could not since {since}."
            "\n\n{changes}\n\nTo look at it: {link}\n\n{business_name}",
        ),
        MailKind.CONNECTION_ENDING: _text(
            "Ends soon: the use of {account_name}",
            "Hello {reader_name},\n\nThe use of the account {account_name} was agreed to until {until}. Then the hub "
            "does not use it any more, and no new times that depend on it are offered.\n\nTo agree again, so that it "
            "goes on without a break: {link}\n\nIf you do nothing, it ends.\n\n{business_name}",
        ),
        MailKind.STAFF_EVENTS_MISSING: _text(
            "Many appointments are gone from the calendar: please look",
            "Hello {reader_name},\n\nMany appointments are not in the calendar any more, all at once. That looks like "
            "a mistake, or like a calendar that was emptied, so nothing was cancelled and no customer was told.\n\n"
            "{bookings}\n\nPlease look which of them take place. On the page of each booking in the console it can be "
            "written into the calendar again, or cancelled.\n\nTo look at them: {link}\n\n{business_name}",
        ),
        MailKind.STAFF_ACCESS_ASKED: _text(
            "May {asked_by} see something of yours?",
            f"Hello {{reader_name}},\n\n{_ASKED}{_SIGNED}",
        ),
        MailKind.STAFF_ACCESS_VIEWED: _text(
            "{asked_by} looked at something of yours",
            f"Hello {{reader_name}},\n\n{_VIEWED}{_SIGNED}",
        ),
        MailKind.STAFF_ACCESS_LINK: _text(
            "There is a new link to your page",
            "Hello {reader_name},\n\n{asked_by} made a link to the page on which you connect your calendar. Whoever "
            "has it sees your accounts there and can disconnect them; an older link works no more. If you did not ask "
            f"for it, answer this mail.\n{_SIGNED}",
        ),
        MailKind.STAFF_ACCESS_PAGE: _text(
            "Your own link to your page",
            "Hello {reader_name},\n\nHere is the link that you asked for: {link}\n\nNobody but you sees it, so it "
            f"shows the names of your accounts and calendars. It works for two weeks at most.\n{_SIGNED}",
        ),
        MailKind.BOOKING_ACCESS_ASKED: _text(
            "May {asked_by} of {business_name} read a mail about you?",
            f"Hello {{customer_name}},\n\n{_ASKED}{_SIGNED}",
        ),
        MailKind.BOOKING_ACCESS_VIEWED: _text(
            "{asked_by} of {business_name} read a mail about you",
            f"Hello {{customer_name}},\n\n{_VIEWED}{_SIGNED}",
        ),
        MailKind.USER_ACCESS_ASKED: _text(
            "May {asked_by} see an account of yours?",
            f"Hello,\n\n{_ASKED}\n\n{{business_name}}\n{{agency_name}}",
        ),
        MailKind.USER_ACCESS_VIEWED: _text(
            "{asked_by} looked at an account of yours",
            f"Hello,\n\n{_VIEWED}\n\n{{business_name}}\n{{agency_name}}",
        ),
        MailKind.USER_CONNECTIONS: _text(
            "Accounts that do not work",
            "Hello,\n\nThe hub cannot use these accounts. Until they work, no new times that depend on them are "
            "offered, and nobody sees what comes to stand over the appointments that stand.\n\n{accounts}\n\nThose "
            "whose accounts they are have been told. You get this mail once a day until all of them work or are "
            "disconnected. To look at them: {link}\n\n{agency_name}",
        ),
        MailKind.INVITATION: _text(
            "Your access to {agency_name}",
            "Hello,\n\nYou are invited to the console of {agency_name}. Open this page to choose a password:\n{link}"
            "\n\nThe link works once, until {until}. If you do not expect it, do nothing.\n\n{agency_name}",
        ),
        MailKind.RESET: _text(
            "A new password for {agency_name}",
            "Hello,\n\nSomebody, probably you, asked for a new password for the console of {agency_name}. Open this "
            "page to choose one:\n{link}\n\nThe link works once, until {until}. If it was not you, do nothing: your "
            "password stays as it is.\n\n{agency_name}",
        ),
        MailKind.TEST: _text(
            "A test from {agency_name}",
            "Hello,\n\nYou asked for this mail in the console of {agency_name}. That it is here shows that the hub can "
            "send mails.\n\n{agency_name}",
        ),
    }
)
"""The hub's own wording of each kind."""
