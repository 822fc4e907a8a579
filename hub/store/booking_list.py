"""Queries over many bookings at once, for lists, pages and weeks: their number does not grow with the bookings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exists, select

from hub.core.errors import UnknownId
from hub.store.booking import Booking, BookingEvent, Occurrence
from hub.store.holder import Holder
from hub.store.ids import is_id
from hub.store.prepared import MANY, prepared
from hub.store.service import Service


@dataclass(frozen=True, slots=True)
class Taken:
    """A staff member or resource whose time a booking has, or had before it was cancelled."""

    id: str
    name: str
    kind: str


def list_bookings(
    conn: sa.Connection,
    businesses: Collection[str],
    *where: sa.ColumnElement[bool],
    after: tuple[Any, ...] | None = None,
    newest: bool = False,
    limit: int | None = None,
) -> list[sa.Row[Any]]:
    """Return bookings with the name of their ``service``, by start and id; ``newest``: the latest start first.

    ``after`` is the ``(start, id)`` behind which to begin.
    """
    key = Booking.starts_at, Booking.id
    statement = (
        select(Booking.__table__, Service.name.label("service"))
        .join(Service, sa.and_(Service.id == Booking.service_id, Service.business_id == Booking.business_id))
        .where(Booking.business_id.in_(businesses), *where)
        .order_by(*(one.desc() for one in key) if newest else key)
        .limit(limit)
    )
    if after is not None:
        start, identifier = after
        beyond = key[0] < start if newest else key[0] > start
        same = key[1] < identifier if newest else key[1] > identifier
        statement = statement.where(sa.or_(beyond, sa.and_(key[0] == start, same)))
    return list(conn.execute(statement).all())


def find_listed(conn: sa.Connection, business_id: str, booking_id: str) -> sa.Row[Any]:
    """Return one booking as `list_bookings` does, or raise UnknownId."""
    row = _one(conn, business_id=business_id, booking_id=booking_id).one_or_none() if is_id(booking_id) else None
    if row is None:
        raise UnknownId("booking", booking_id)
    return row


def has_holder(holder_id: str) -> sa.ColumnElement[bool]:
    """Return the condition that a booking has, or had, the time of this staff member or resource."""
    taken = exists().where(
        Occurrence.business_id == Booking.business_id,
        Occurrence.booking_id == Booking.id,
        Occurrence.holder_id == holder_id,
    )
    had = exists().where(
        BookingEvent.business_id == Booking.business_id,
        BookingEvent.booking_id == Booking.id,
        BookingEvent.uid.endswith(f"-{holder_id}", autoescape=True),
    )
    return sa.or_(taken, had)


def holders_of_many(
    conn: sa.Connection, businesses: Collection[str], bookings: Sequence[str]
) -> dict[str, tuple[Taken, ...]]:
    """Return whose time these bookings have, by booking, staff first.

    A cancelled one has nobody's any more; then those are named in whose calendars it was.
    """
    given = {"businesses": list(businesses), "bookings": list(bookings)}
    pairs = {(row.booking_id, row.holder_id) for row in _taken(conn, **given)}
    live = {booking for booking, _ in pairs}
    for row in _events(conn, **given):
        if row.booking_id not in live:
            pairs.add((row.booking_id, row.uid.rpartition("-")[2]))  # a uid ends with the holder's id
    names = _names(conn, businesses=list(businesses), holders=list({holder for _, holder in pairs}))
    known = {row.id: Taken(row.id, row.name, row.kind) for row in names}
    found: dict[str, list[Taken]] = defaultdict(list)
    for booking, holder in pairs:
        if holder in known:
            found[booking].append(known[holder])
    return {
        one: tuple(sorted(some, key=lambda it: (it.kind != "staff", it.name, it.id))) for one, some in found.items()
    }


@prepared
def _one(business_id: Any, booking_id: Any) -> sa.Executable:
    mine = Booking.business_id == business_id, Service.business_id == business_id, Booking.id == booking_id
    named = select(Booking.__table__, Service.name.label("service")).join(Service, Service.id == Booking.service_id)
    return named.where(*mine)


@prepared
def _taken(businesses: Any = MANY, bookings: Any = MANY) -> sa.Executable:
    mine = Occurrence.business_id.in_(businesses), Occurrence.booking_id.in_(bookings)
    return select(Occurrence.booking_id, Occurrence.holder_id).where(*mine)


@prepared
def _events(businesses: Any = MANY, bookings: Any = MANY) -> sa.Executable:
    mine = BookingEvent.business_id.in_(businesses), BookingEvent.booking_id.in_(bookings)
    return select(BookingEvent.booking_id, BookingEvent.uid).where(*mine)


@prepared
def _names(businesses: Any = MANY, holders: Any = MANY) -> sa.Executable:
    mine = Holder.business_id.in_(businesses), Holder.id.in_(holders)
    return select(Holder.id, Holder.name, Holder.kind).where(*mine)
