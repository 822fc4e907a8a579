"""Bookings, the occurrences that they take of holders, and the claims that make two at one time impossible."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from hub.core.booking import State
from hub.core.errors import UnknownId
from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.guard import Across
from hub.store.holder import Holder
from hub.store.ids import LENGTH, is_id
from hub.store.prepared import prepared

_ID = About(Category.IDENTIFIER, Retention.BOOKING)
_PERSON = About(Category.IDENTIFIER, Retention.BOOKING, Link.CUSTOMER, erase=Erase.CLEAR)
_WHAT = About(Category.APPOINTMENT, Retention.BOOKING, Link.CUSTOMER, export=True)
_STATE = About(Category.TECHNICAL, Retention.BOOKING)
_ANSWERS = About(Category.APPOINTMENT, Retention.BOOKING, Link.CUSTOMER, export=True, erase=Erase.KEY)
_NETWORK = About(Category.SECURITY, Retention.BOOKING, Link.CUSTOMER, erase=Erase.CLEAR)


class Booking(Base):
    """An appointment, or a hold on one. States as in `core.booking`; times in UTC seconds, without buffers.

    ``version`` grows with each change, also of the calendar's event: work for an older one is not done.
    ``hold_until`` is set while held, and ``network`` is a keyed hash of where a hold came from, to limit hoarding.
    ``answers`` are the customer's answers to the service's questions, sealed with the person's key. ``source`` is the
    door (``page``, ``api``, ``console``), ``attendance`` empty or ``no_show``.
    """

    __tablename__ = "booking"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"))
    service_id: Mapped[str] = column(_ID, ForeignKey("service.id"))
    person_id: Mapped[str | None] = column(_PERSON, ForeignKey("person.id"), nullable=True)
    state: Mapped[str] = column(_STATE, Text)
    calendar_state: Mapped[str] = column(_STATE, Text)
    problem: Mapped[str] = column(_STATE, Text)
    starts_at: Mapped[int] = column(_WHAT, BigInteger)
    ends_at: Mapped[int] = column(_WHAT, BigInteger)
    zone: Mapped[str] = column(_WHAT, Text)
    hold_until: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
    version: Mapped[int] = column(_STATE, Integer)
    answers: Mapped[bytes | None] = column(_ANSWERS, LargeBinary, nullable=True)
    source: Mapped[str] = column(_STATE, Text, server_default="")
    attendance: Mapped[str] = column(_WHAT, Text, server_default="")
    network: Mapped[str | None] = column(_NETWORK, Text, nullable=True)
    idempotency_key: Mapped[str | None] = column(_STATE, Text, nullable=True)
    idempotency_hash: Mapped[str | None] = column(_STATE, Text, nullable=True)
    made_at: Mapped[int] = column(_STATE, BigInteger)
    changed_at: Mapped[int] = column(_STATE, BigInteger)

    __table_args__ = (
        UniqueConstraint("business_id", "idempotency_key"),
        Index("ix_booking_hold", "state", "hold_until"),
        Index("ix_booking_time", "business_id", "starts_at"),
        Index("ix_booking_network", "business_id", "network"),
    )


class Occurrence(Base):
    """The time that a booking takes of one holder. ``from_at`` and ``until_at`` include the buffers."""

    __tablename__ = "occurrence"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    booking_id: Mapped[str] = column(_ID, ForeignKey("booking.id"), index=True)
    holder_id: Mapped[str] = column(_ID, ForeignKey("holder.id"))
    from_at: Mapped[int] = column(_WHAT, BigInteger)
    until_at: Mapped[int] = column(_WHAT, BigInteger)
    expires_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)

    __table_args__ = (Index("ix_occurrence_range", "business_id", "holder_id", "until_at"),)


class Claim(Base):
    """A holder's five minutes, taken. The primary key is what makes a double booking impossible."""

    __tablename__ = "claim"

    holder_id: Mapped[str] = column(_ID, ForeignKey("holder.id"), primary_key=True)
    cell: Mapped[int] = column(_WHAT, BigInteger, primary_key=True, autoincrement=False)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    occurrence_id: Mapped[str] = column(_ID, ForeignKey("occurrence.id"), index=True)

    __table_args__ = ({"sqlite_with_rowid": False},)


class BookingEvent(Base):
    """The event that a booking has (or shall have) in one holder's calendar.

    ``uid`` is set before the first write. ``ref`` and ``etag`` are the provider's, empty until it was seen there.
    ``wanted`` is the booking's version that it should show (-1: it should not exist), ``shown`` the one read back.
    ``looked_at`` is when it was last seen to stand there as it was written, UTC seconds.
    """

    __tablename__ = "booking_event"

    booking_id: Mapped[str] = column(_ID, ForeignKey("booking.id"), primary_key=True)
    calendar_id: Mapped[str] = column(_ID, ForeignKey("calendar.id"), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    uid: Mapped[str] = column(_ID, Text, index=True)
    ref: Mapped[str] = column(_STATE, Text)
    etag: Mapped[str] = column(_STATE, Text)
    wanted: Mapped[int] = column(_STATE, Integer)
    shown: Mapped[int] = column(_STATE, Integer)
    looked_at: Mapped[int] = column(_STATE, BigInteger, server_default="0")


def add_booking(conn: sa.Connection, *, now: int, **values: Any) -> bool:
    """Insert a booking at version 1; False, and nothing changed, if its idempotency key was used already."""
    add = _add_pg if conn.dialect.name == "postgresql" else _add_sqlite
    return add(conn, **values, problem="", version=1, made_at=now, changed_at=now).first() is not None


def find_booking(conn: sa.Connection, business_id: str, booking_id: str) -> sa.Row[Any]:
    """Return the booking's row, or raise UnknownId."""
    if not is_id(booking_id):
        raise UnknownId("booking", booking_id)
    row = _one(conn, business_id=business_id, booking_id=booking_id).one_or_none()
    if row is None:
        raise UnknownId("booking", booking_id)
    return row


def lock_booking(conn: sa.Connection, business_id: str, booking_id: str) -> None:
    """Lock a booking until the transaction ends: for whoever changes its events first and then the booking itself."""
    statement = select(Booking.id).where(Booking.business_id == business_id, Booking.id == booking_id)
    conn.execute(statement.with_for_update(key_share=True)).all()


def change_booking(
    conn: sa.Connection, business_id: str, booking_id: str, version: int, *, now: int, **values: Any
) -> sa.Row[Any] | None:
    """Change a booking that is still at that version and count it up; return its new row, None if it is not."""
    given = {"business": business_id, "booking": booking_id, "seen": version}
    return _change(conn, **given, **values, version=version + 1, changed_at=now).one_or_none()


def set_calendar_state(conn: sa.Connection, business_id: str, booking_id: str, state: str, now: int) -> None:
    """Set what is known of the events of a locked booking."""
    mine = Booking.business_id == business_id, Booking.id == booking_id
    conn.execute(update(Booking).where(*mine).values(calendar_state=state, changed_at=now))


def live_holds(conn: sa.Connection, business_id: str, network: str, now: int) -> int:
    """Return how many times of a business that network (a keyed hash) holds now."""
    return int(_live(conn, business_id=business_id, network=network, now=now).scalar_one())


def expired_holds(conn: sa.Connection, now: int, limit: int) -> list[tuple[str, str]]:
    """Return (business, booking) of holds whose time is over, across businesses, the oldest first."""
    statement = (
        select(Booking.business_id, Booking.id)
        .where(Booking.state == State.HELD, Booking.hold_until <= now)
        .order_by(Booking.hold_until)
        .limit(limit)
        .execution_options(across=Across.SWEEP)
    )
    return [(business_id, booking_id) for business_id, booking_id in conn.execute(statement)]


def staff_of(conn: sa.Connection, business_id: str, booking_id: str) -> tuple[str, ...]:
    """Return the staff, without the resources, whose time a booking has."""
    return tuple(_staff(conn, business_id=business_id, booking_id=booking_id).scalars())


def coming_of(conn: sa.Connection, business_id: str, holders: Collection[str], now: int) -> dict[str, int]:
    """Return how many requested and confirmed bookings that are not over each of these holders has."""
    statement = (
        select(Occurrence.holder_id, sa.func.count(Booking.id.distinct()))
        .join(Booking, Booking.id == Occurrence.booking_id)
        .where(
            Occurrence.business_id == business_id,
            Booking.business_id == business_id,
            Occurrence.holder_id.in_(holders),
            Occurrence.until_at > now,
            Booking.ends_at > now,
            Booking.state.in_((State.REQUESTED, State.CONFIRMED)),
        )
        .group_by(Occurrence.holder_id)
    )
    return {row[0]: row[1] for row in conn.execute(statement)}


def booking_by_key(conn: sa.Connection, business_id: str, idempotency_key: str) -> str | None:
    """Return the id of the booking that was made with an idempotency key, None without one."""
    statement = select(Booking.id).where(Booking.business_id == business_id, Booking.idempotency_key == idempotency_key)
    return conn.execute(statement).scalar_one_or_none()


def _adding(dialect_insert: sqlite.Insert | postgresql.Insert) -> sa.Executable:
    return dialect_insert.on_conflict_do_nothing(index_elements=["business_id", "idempotency_key"]).returning(
        Booking.id
    )


_add_sqlite = prepared(lambda: _adding(sqlite.insert(Booking)))
_add_pg = prepared(lambda: _adding(postgresql.insert(Booking)))


@prepared
def _one(business_id: Any, booking_id: Any) -> sa.Executable:
    return select(Booking.__table__).where(Booking.business_id == business_id, Booking.id == booking_id)


@prepared
def _change(business: Any, booking: Any, seen: Any) -> sa.Executable:
    mine = Booking.business_id == business, Booking.id == booking, Booking.version == seen
    return update(Booking).where(*mine).returning(*Booking.__table__.c)


@prepared
def _live(business_id: Any, network: Any, now: Any) -> sa.Executable:
    held = Booking.state == State.HELD, Booking.hold_until > now
    return select(sa.func.count()).where(Booking.business_id == business_id, Booking.network == network, *held)


@prepared
def _staff(business_id: Any, booking_id: Any) -> sa.Executable:
    mine = Occurrence.business_id == business_id, Holder.business_id == business_id, Occurrence.booking_id == booking_id
    staff = select(Occurrence.holder_id).join(Holder, Holder.id == Occurrence.holder_id)
    return staff.where(*mine, Holder.kind == "staff").order_by(Occurrence.holder_id)
