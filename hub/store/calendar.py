"""Calendars of connections, and the busy times read from them. No titles, attendees or bodies are ever stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    delete,
    select,
    true,
    update,
)
from sqlalchemy.orm import Mapped

from hub.core.purpose import CALENDAR_PURPOSES, Purpose, check_use
from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.ids import LENGTH

_ID = About(Category.IDENTIFIER, Retention.CONNECTION)
_RULE = About(Category.CONFIGURATION, Retention.CONNECTION)
_STATE = About(Category.TECHNICAL, Retention.CONNECTION)
_NAME = About(Category.AVAILABILITY, Retention.CONNECTION, Link.STAFF, export=True, erase=Erase.ROW)
_HASH = About(Category.IDENTIFIER, Retention.CONNECTION, Link.STAFF, erase=Erase.ROW)
_BUSY = About(Category.AVAILABILITY, Retention.CONNECTION, Link.STAFF, export=True, erase=Erase.ROW)


class Calendar(Base):
    """A calendar that the hub checks for a holder (``checked``) or writes bookings to (``written``).

    ``names`` are its name at the provider and the one that people gave it, sealed (`hub.vault.names`), ``ref_hash`` a
    keyed hash of the first, empty when both are forgotten. ``taken_for`` are the
    purposes that were agreed to when its busy times were read, which alone they are used for; ``restricted`` says that
    the provider's policy restricts them (`core.purpose.check_use`). ``cursor`` is the provider's, ``read_from`` and
    ``read_until`` the window its busy times cover, ``read_at`` when they were last known to be current; ``problem`` a
    machine word when the last look, at ``tried_at``, failed.
    """

    __tablename__ = "calendar"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"))
    connection_id: Mapped[str] = column(_ID, ForeignKey("connection.id"), index=True)
    holder_id: Mapped[str | None] = column(_ID, ForeignKey("holder.id"), nullable=True)
    names: Mapped[bytes | None] = column(_NAME, LargeBinary, nullable=True)
    ref_hash: Mapped[str] = column(_HASH, Text, server_default="")
    taken_for: Mapped[list[str]] = column(_RULE, JSON, server_default="[]")
    restricted: Mapped[bool] = column(_RULE, Boolean, server_default=true())
    zone: Mapped[str] = column(_RULE, Text)
    writable: Mapped[bool] = column(_RULE, Boolean)
    checked: Mapped[bool] = column(_RULE, Boolean)
    written: Mapped[bool] = column(_RULE, Boolean)
    cursor: Mapped[str | None] = column(_STATE, Text, nullable=True)
    read_from: Mapped[int] = column(_STATE, BigInteger)
    read_until: Mapped[int] = column(_STATE, BigInteger)
    read_at: Mapped[int] = column(_STATE, BigInteger)
    tried_at: Mapped[int] = column(_STATE, BigInteger)
    problem: Mapped[str] = column(_STATE, Text)
    announced: Mapped[int] = column(_STATE, BigInteger, server_default="0")
    begun: Mapped[int] = column(_STATE, BigInteger, server_default="0")
    known: Mapped[int] = column(_STATE, BigInteger, server_default="0")
    pushed_until: Mapped[int] = column(_STATE, BigInteger, server_default="0")
    watch_after: Mapped[int] = column(_STATE, BigInteger, server_default="0")

    __table_args__ = (Index("ix_calendar_holder", "business_id", "holder_id"),)


class BusyTime(Base):
    """A busy time of a calendar, UTC seconds. ``item`` is a keyed hash of the provider's name for the event."""

    __tablename__ = "busy_time"

    calendar_id: Mapped[str] = column(_ID, ForeignKey("calendar.id"), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    item: Mapped[str] = column(_BUSY, Text, primary_key=True)
    n: Mapped[int] = column(_STATE, Integer, primary_key=True)
    starts_at: Mapped[int] = column(_BUSY, BigInteger)
    ends_at: Mapped[int] = column(_BUSY, BigInteger)
    kind: Mapped[str] = column(_BUSY, Text)
    booking_id: Mapped[str | None] = column(_ID, String(LENGTH), nullable=True)

    __table_args__ = (Index("ix_busy_time_range", "business_id", "calendar_id", "starts_at", "ends_at"),)


UNREAD: dict[str, Any] = {
    **{"cursor": None, "read_from": 0, "read_until": 0, "read_at": 0, "tried_at": 0, "problem": ""},
    **{"pushed_until": 0, "watch_after": 0, "taken_for": []},
}
"""The state of a calendar of which nothing is known."""


def check_taken(calendars: Iterable[Any], purpose: Purpose) -> None:
    """See that what was read of these calendars may be used for a purpose. Raises Refused (``purpose``)."""
    for row in calendars:
        check_use(row.taken_for, purpose, restricted=row.restricted)


def taken_for(purpose: Purpose) -> sa.ColumnElement[bool]:
    """Return the same as a condition on `Calendar`, for a statement that reads busy times with it."""
    named = sa.cast(Calendar.taken_for, Text).contains(f'"{purpose}"')
    return named if purpose in CALENDAR_PURPOSES else sa.and_(named, ~Calendar.restricted)


def calendars_of_connections(
    conn: sa.Connection, business_id: str, connections: Collection[str], *, lock: bool = False
) -> list[sa.Row[Any]]:
    """Return the calendars of these connections in the order of their ids; with ``lock`` locked.

    Who changes what calendars stand for locks them before anything else but holders, as one who reads them does.
    """
    statement = select(Calendar.__table__).where(
        Calendar.business_id == business_id, Calendar.connection_id.in_(connections), Calendar.ref_hash != ""
    )
    if lock:
        statement = statement.with_for_update(key_share=True)
    return list(conn.execute(statement.order_by(Calendar.id)).all())


def change_calendars(conn: sa.Connection, business_id: str, calendars: Collection[str], **values: Any) -> None:
    """Set columns of calendars."""
    mine = Calendar.business_id == business_id, Calendar.id.in_(calendars)
    conn.execute(update(Calendar).where(*mine).values(**values))


def forget_busy(conn: sa.Connection, business_id: str, calendars: Collection[str]) -> None:
    """Delete what was read of calendars. They are no longer checked, or are read anew."""
    mine = BusyTime.business_id == business_id, BusyTime.calendar_id.in_(calendars)
    conn.execute(delete(BusyTime).where(*mine))
