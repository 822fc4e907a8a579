"""The coming bookings of staff whose calendars nobody checks for now: times, services and names of staff, no more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import func, select

from hub.core.booking import State
from hub.store.booking import Booking, Occurrence
from hub.store.calendar import Calendar
from hub.store.holder import Holder
from hub.store.service import Service

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A coming booking of somebody whose calendars are not checked. Times in UTC seconds."""

    booking_id: str
    service: str
    start: int
    end: int
    holder_id: str
    holder: str


def coming_bookings(
    conn: sa.Connection, business_id: str, holders: Collection[str], now: int
) -> tuple[tuple[AtRisk, ...], int]:
    """Return the next of the requested and confirmed bookings of these holders, and how many there are."""
    mine = (
        Booking.business_id == business_id,
        Occurrence.business_id == business_id,
        Holder.business_id == business_id,
        Service.business_id == business_id,
        Occurrence.holder_id.in_(holders),
        Booking.state.in_((State.CONFIRMED, State.REQUESTED)),
        Booking.ends_at > now,
    )
    source = (
        sa.join(Booking, Occurrence, Occurrence.booking_id == Booking.id)
        .join(Holder, Holder.id == Occurrence.holder_id)
        .join(Service, Service.id == Booking.service_id)
    )
    found = select(Booking.id, Service.name, Booking.starts_at, Booking.ends_at, Holder.id, Holder.name)
    rows = conn.execute(
        found.select_from(source).where(*mine).order_by(Booking.starts_at, Booking.id, Holder.id).limit(_SHOWN)
    )
    count = select(func.count()).select_from(source).where(*mine)
    return tuple(AtRisk(*row) for row in rows), conn.execute(count).scalar_one()


def holders_of_connection(conn: sa.Connection, business_id: str, connection_id: str) -> list[str]:
    """Return whom the calendars of a connection stand for, to be checked or written to; sorted."""
    used = sa.or_(Calendar.checked, Calendar.written)
    mine = Calendar.business_id == business_id, Calendar.connection_id == connection_id, used
    found = select(Calendar.holder_id).where(*mine, Calendar.holder_id.is_not(None)).distinct()
    return sorted(one for one in conn.execute(found).scalars() if one is not None)
