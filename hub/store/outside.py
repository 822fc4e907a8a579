"""What was done outside to events of ours: moved or taken out of a calendar by somebody there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, insert, select, update
from sqlalchemy.orm import Mapped

from hub.core.booking import State
from hub.store.annotate import About, Base, Category, Link, Retention, column
from hub.store.booking import Booking
from hub.store.calendar import Calendar
from hub.store.ids import LENGTH, new_id

_ID = About(Category.IDENTIFIER, Retention.BOOKING)
_WHAT = About(Category.APPOINTMENT, Retention.BOOKING, Link.CUSTOMER, export=True)
_STATE = About(Category.TECHNICAL, Retention.BOOKING)


class OutsideChange(Base):
    """An event of a booking that is not in its calendar as it was written.

    ``version`` is the booking's when it was seen, ``kind`` is ``moved`` or ``deleted``, ``starts_at`` and ``ends_at``
    where it stands now (UTC seconds). ``state`` is ``seen`` (to be looked at), one of those that wait for a person
    (`core.outside.Verdict`), or how it ended.
    """

    __tablename__ = "outside_change"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    booking_id: Mapped[str] = column(_ID, ForeignKey("booking.id"))
    calendar_id: Mapped[str] = column(_ID, ForeignKey("calendar.id"))
    version: Mapped[int] = column(_STATE, Integer)
    kind: Mapped[str] = column(_STATE, Text)
    starts_at: Mapped[int | None] = column(_WHAT, BigInteger, nullable=True)
    ends_at: Mapped[int | None] = column(_WHAT, BigInteger, nullable=True)
    state: Mapped[str] = column(_STATE, Text)
    seen_at: Mapped[int] = column(_STATE, BigInteger)
    ended_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)

    __table_args__ = (
        Index("ix_outside_change_booking", "booking_id", "ended_at"),
        Index("ix_outside_change_calendar", "calendar_id", "seen_at"),
    )


def open_changes(conn: sa.Connection, business_id: str, booking_ids: Collection[str]) -> list[sa.Row[Any]]:
    """Return what is not ended of these bookings."""
    mine = OutsideChange.business_id == business_id, OutsideChange.booking_id.in_(booking_ids)
    statement = select(OutsideChange.__table__).where(*mine, OutsideChange.ended_at.is_(None))
    return list(conn.execute(statement.order_by(OutsideChange.id)).all())


def gone_together(conn: sa.Connection, business_id: str, connection_id: str, now: int) -> list[tuple[str, int]]:
    """Return id and version of the coming bookings whose events vanished from a connection's calendars with others."""
    table = OutsideChange
    statement = (
        select(Booking.id, Booking.version, Booking.starts_at)
        .join(table, table.booking_id == Booking.id)
        .join(Calendar, Calendar.id == table.calendar_id)
        .where(
            Booking.business_id == business_id,
            table.business_id == business_id,
            Calendar.business_id == business_id,
            Calendar.connection_id == connection_id,
            table.state == "many",
            table.ended_at.is_(None),
            table.version == Booking.version,
            Booking.state == State.CONFIRMED,
            Booking.ends_at > now,
        )
        .order_by(Booking.starts_at, Booking.id)
        .distinct()
    )
    return [(row.id, row.version) for row in conn.execute(statement)]


def is_judging(conn: sa.Connection, business_id: str, connection_id: str, since: int) -> bool:
    """Tell whether an event in a connection's calendars that was seen to be changed lately is not judged yet."""
    table = OutsideChange
    statement = (
        select(table.id)
        .join(Calendar, Calendar.id == table.calendar_id)
        .where(table.business_id == business_id, Calendar.business_id == business_id)
        .where(Calendar.connection_id == connection_id, table.state == "seen", table.ended_at.is_(None))
        .where(table.seen_at > since)
    )
    return conn.execute(statement.limit(1)).first() is not None


def find_outside(conn: sa.Connection, business_id: str, change_id: str) -> sa.Row[Any] | None:
    """Return a change's row, or None."""
    mine = OutsideChange.business_id == business_id, OutsideChange.id == change_id
    return conn.execute(select(OutsideChange.__table__).where(*mine)).one_or_none()


def outside_of(conn: sa.Connection, business_id: str, booking_id: str) -> list[sa.Row[Any]]:
    """Return all that was seen of a booking, the oldest first."""
    mine = OutsideChange.business_id == business_id, OutsideChange.booking_id == booking_id
    return list(conn.execute(select(OutsideChange.__table__).where(*mine).order_by(OutsideChange.id)).all())


def add_outside(conn: sa.Connection, business_id: str, booking_id: str, calendar_id: str, **values: Any) -> str:
    """Insert a change that was seen, and return its id."""
    change_id, ids = new_id(), {"business_id": business_id, "booking_id": booking_id, "calendar_id": calendar_id}
    conn.execute(insert(OutsideChange).values(id=change_id, **ids, **values))
    return change_id


def change_outside(conn: sa.Connection, business_id: str, change_ids: Collection[str], **values: Any) -> None:
    """Set columns of changes."""
    mine = OutsideChange.business_id == business_id, OutsideChange.id.in_(change_ids)
    conn.execute(update(OutsideChange).where(*mine).values(**values))


def vanished(conn: sa.Connection, business_id: str, calendar_id: str, since: int) -> list[sa.Row[Any]]:
    """Return the deletions in a calendar that were seen since an instant and not taken back."""
    table = OutsideChange
    mine = table.business_id == business_id, table.calendar_id == calendar_id, table.kind == "deleted"
    lately = table.seen_at > since, table.state.in_(("seen", "cancelled", "many"))
    return list(conn.execute(select(table.__table__).where(*mine, *lately).order_by(table.id)).all())
