"""Reminders: mails that wait until some time before an appointment, and say nothing if it is not then as it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from hub.actions.mail import plan_mail
from hub.core.mail import MailKind
from hub.store.mail import overtake_mails

MOST = 5
"""Reminders of one appointment."""


def plan_reminders(
    conn: sa.Connection, row: sa.Row[Any], before: Iterable[int], about: Mapping[str, Any], now: int
) -> None:
    """Put the reminders of a booking into the outbox, those whose time is still to come, in place of earlier ones.

    ``before`` are seconds before the start. When one is sent it is checked again that the booking is confirmed for this
    very start (`actions.letters`).
    """
    drop_reminders(conn, row, now)
    for seconds in sorted(set(before), reverse=True)[:MOST]:
        due = row.starts_at - seconds
        if due <= now:
            continue
        plan_mail(
            conn,
            business_id=row.business_id,
            kind=MailKind.BOOKING_REMINDER,
            key=f"remind:{row.id}:{row.version}:{seconds}",
            about=about,
            now=now,
            due_at=due,
            booking_id=row.id,
            person_id=row.person_id,
        )


def drop_reminders(conn: sa.Connection, row: sa.Row[Any], now: int) -> None:
    """End the reminders of a booking that still wait: it was moved or cancelled."""
    overtake_mails(conn, row.business_id, row.id, MailKind.BOOKING_REMINDER, now)
