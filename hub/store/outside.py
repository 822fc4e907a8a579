"""What was done outside to events of ours: moved or taken out of a calendar by somebody there."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Link, Retention, column
from hub.store.ids import LENGTH

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
