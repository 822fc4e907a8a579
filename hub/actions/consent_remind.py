"""Tell in time that a consent ends, with the link to agree again: two weeks before, and two days before."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.actions.mail import plan_mail
from hub.actions.notify import with_address
from hub.actions.staff_links import mailed_link
from hub.core.mail import MailKind
from hub.parts import Hub
from hub.store.connection import find_connection
from hub.store.consent import ending

_DAY = 86_400
DAYS = (14, 2)
"""How many days before the end a mail goes out; not for a consent that was given for a day more than that, or less."""

_BATCH = 100


def remind_of_ends(hub: Hub) -> None:
    """Plan the mails about consents that end soon: one to the account's owner, or without an address to the business.

    Each mail once: its row of the outbox is kept for longer than the time to the end. Whoever the business tells of
    accounts in trouble makes no difference, for this is about what its reader said themselves.
    """
    for days, later in zip(DAYS, (*DAYS[1:], 0), strict=True):
        key = f"consent_ends:{days}:"
        while True:
            now = hub.clock()
            with hub.database.writing() as conn:
                span = now + later * _DAY, now + days * _DAY
                found = ending(conn, *span, (days + 1) * _DAY, key, _BATCH)
                for row in found:
                    _plan(hub, conn, row, f"{key}{row.consent_id}:{row.connection_id}", now)
            if len(found) < _BATCH:
                break


def _plan(hub: Hub, conn: sa.Connection, row: sa.Row[Any], key: str, now: int) -> None:
    owner = find_connection(conn, row.business_id, row.connection_id).holder_id
    reader = next(iter(with_address(conn, row.business_id, [owner] if owner else [])), "")
    about = {"connection": row.connection_id, "consent": row.consent_id, "until": row.expires_at, "holder": reader}
    if reader:
        about["link"] = mailed_link(hub, conn, row.business_id, reader)
    kind = MailKind.CONNECTION_ENDING
    plan_mail(conn, business_id=row.business_id, kind=kind, key=key, about=about, now=now)
