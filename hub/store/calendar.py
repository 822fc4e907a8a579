"""Calendars of connections, and the busy times read from them. No titles, attendees or bodies are ever stored."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.ids import LENGTH

_ID = About(Category.IDENTIFIER, Retention.CONNECTION)
_RULE = About(Category.CONFIGURATION, Retention.CONNECTION)
_STATE = About(Category.TECHNICAL, Retention.CONNECTION)
_NAME = About(Category.AVAILABILITY, Retention.CONNECTION, Link.STAFF, export=True, erase=Erase.ROW)
_BUSY = About(Category.AVAILABILITY, Retention.CONNECTION, Link.STAFF, export=True, erase=Erase.ROW)


class Calendar(Base):
    """A calendar that the hub checks for a holder (``checked``) or writes bookings to (``written``).

    ``cursor`` is the provider's, ``read_from`` and ``read_until`` the window its busy times cover, ``read_at`` when
    they were last known to be current; ``problem`` a machine word when the last look, at ``tried_at``, failed.
    """

    __tablename__ = "calendar"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"))
    connection_id: Mapped[str] = column(_ID, ForeignKey("connection.id"), index=True)
    holder_id: Mapped[str | None] = column(_ID, ForeignKey("holder.id"), nullable=True)
    ref: Mapped[str] = column(_NAME, Text)
    name: Mapped[str] = column(_NAME, Text)
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
