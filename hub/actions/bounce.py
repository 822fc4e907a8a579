"""Take in a mail that came back: mark what it was about, and let the staff know."""

from __future__ import annotations

from dataclasses import dataclass

from hub.actions.notify import notify_returned
from hub.core.bounce import read_bounce
from hub.parts import Hub
from hub.store.mail import bounce_mail


@dataclass(frozen=True, slots=True)
class Bounced:
    """The mail that came back."""

    business_id: str
    mail_id: str
    booking_id: str | None


def take_bounce(hub: Hub, raw: bytes) -> Bounced | None:
    """Mark the mail that a delivery report is about as ``bounced``, and tell the staff of its booking.

    Returns None when the report is about a delay or about no mail of ours; a second report of the same changes nothing.
    Raises InputError for what is no delivery report.
    """
    returned = read_bounce(raw)
    if returned is None or not returned.message_ids:
        return None
    now = hub.clock()
    with hub.database.writing() as conn:
        row = bounce_mail(conn, returned.message_ids, returned.status or "returned", now)
        if row is None:
            return None
        notify_returned(conn, row, "bounced", now)
    return Bounced(row.business_id, row.id, row.booking_id)
