"""An invitation to an appointment for the customer's own calendar program (iMIP, RFC 6047; iTIP, RFC 5546).

One organizer, the address that the mail comes from; one attendee, the person who booked. Nobody else is ever named,
nothing is attached and nothing rings. The customer asked for the time, so they have accepted it already.
"""

from __future__ import annotations

from enum import StrEnum

import icalendar

from hub.core.calendar import Event
from hub.core.mail_address import check_address, shown_name
from hub.core.mail_message import Mailbox
from hub.ical.write import calendar_around, new_event


class Method(StrEnum):
    """What the calendar program is to do."""

    REQUEST = "REQUEST"  # enter it, or move the one with this UID if the SEQUENCE is higher
    CANCEL = "CANCEL"


def invitation(event: Event, method: Method, organizer: Mailbox, attendee: Mailbox, *, now: int) -> bytes:
    """Return the iCalendar object. ``event.uid`` is one for a booking, and ``event.sequence`` grows with each change.

    Raises InputError for an address that cannot be written.
    """
    ours = new_event(event, now)
    ours.add("ORGANIZER", _address(organizer))
    guest = _address(attendee)
    guest.params["ROLE"] = icalendar.vText("REQ-PARTICIPANT")
    guest.params["PARTSTAT"] = icalendar.vText("ACCEPTED")
    guest.params["RSVP"] = icalendar.vText("FALSE")
    ours.add("ATTENDEE", guest)
    if method is Method.CANCEL:
        ours["STATUS"] = icalendar.vText("CANCELLED")
    calendar = calendar_around(ours, event)
    calendar.add("METHOD", method.value)
    written: bytes = calendar.to_ical()
    return written


def _address(mailbox: Mailbox) -> icalendar.vCalAddress:
    found = icalendar.vCalAddress(f"mailto:{check_address(mailbox.address)}")
    name = shown_name(mailbox.name)
    if name:
        found.params["CN"] = icalendar.vText(name)
    return found
