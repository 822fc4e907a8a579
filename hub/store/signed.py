"""Until when what the doors signed is of use: links to bookings, links in mails, links to decide on a look."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import func, select

from hub.core.booking import State
from hub.store.access import AccessGrant
from hub.store.booking import Booking
from hub.store.guard import Across
from hub.store.link import StaffLink
from hub.store.sign_in import OneTimeLink

DAY = 86_400
_OVER = (State.CANCELLED, State.LAPSED)


def last_signed_until(conn: sa.Connection, before: int) -> int:
    """Return the last instant at which a link is of use that was signed before another one; 0 where there is none.

    A booking's works until a day after it: people look at where they were.
    """
    found = (
        select(func.max(Booking.ends_at) + DAY).where(Booking.made_at < before, Booking.state.not_in(_OVER)),
        select(func.max(StaffLink.until)).where(StaffLink.made_at < before, StaffLink.ended_at.is_(None)),
        select(func.max(OneTimeLink.until)).where(OneTimeLink.made_at < before, OneTimeLink.used_at.is_(None)),
        select(func.max(AccessGrant.until)).where(AccessGrant.made_at < before),
    )
    return max(conn.scalar(one.execution_options(across=Across.OPERATOR)) or 0 for one in found)
