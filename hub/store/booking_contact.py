"""Under which contacts a booking was asked for on a public page: what the limits on hoarding are counted by."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index, String, Text, delete, func, insert, or_, select
from sqlalchemy.orm import Mapped

from hub.core.booking import State
from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.booking import Booking
from hub.store.ids import LENGTH

_ID = About(Category.IDENTIFIER, Retention.BOOKING, Link.CUSTOMER, erase=Erase.ROW)
_HASH = About(Category.CONTACT, Retention.BOOKING, Link.CUSTOMER, erase=Erase.ROW)
_KEPT = (State.REQUESTED, State.CONFIRMED)


class BookingContact(Base):
    """The keyed hash of an address or number (``kind``) under which a booking was made or is being made."""

    __tablename__ = "booking_contact"

    booking_id: Mapped[str] = column(_ID, ForeignKey("booking.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = column(_ID, Text, primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    contact_hash: Mapped[str] = column(_HASH, Text)

    __table_args__ = (Index("ix_booking_contact_hash", "business_id", "contact_hash"),)


def note_contacts(conn: sa.Connection, business_id: str, booking_id: str, hashes: Mapping[str, str]) -> None:
    """Write down under which contacts (kind to keyed hash) a booking is asked for, in place of earlier ones."""
    table = BookingContact
    conn.execute(delete(table).where(table.business_id == business_id, table.booking_id == booking_id))
    ids = {"business_id": business_id, "booking_id": booking_id}
    conn.execute(insert(table), [ids | {"kind": kind, "contact_hash": one} for kind, one in hashes.items()])


def count_coming(conn: sa.Connection, business_id: str, hashes: Collection[str], now: int, *, but: str) -> int:
    """Return how many coming bookings these contacts have, with those that are being confirmed, without one."""
    coming = sa.and_(Booking.state.in_(_KEPT), Booking.ends_at > now)
    return _count(conn, business_id, but, _under(business_id, hashes), or_(coming, _live(now)))


def count_cancelled(conn: sa.Connection, business_id: str, hashes: Collection[str], since: int) -> int:
    """Return how many bookings these contacts made since an instant that are cancelled by now."""
    gone = Booking.state == State.CANCELLED, Booking.made_at > since
    return _count(conn, business_id, "", _under(business_id, hashes), *gone)


def count_of_network(conn: sa.Connection, business_id: str, network: str, now: int, since: int, *, but: str) -> int:
    """Return how many bookings a network (a keyed hash) made since an instant, whatever became of them, without one."""
    made = or_(Booking.state.in_((*_KEPT, State.CANCELLED)), _live(now))
    table = BookingContact
    asked = Booking.id.in_(select(table.booking_id).where(table.business_id == business_id))
    return _count(conn, business_id, but, Booking.network == network, Booking.made_at > since, made, asked)


def count_lapsed(
    conn: sa.Connection, business_id: str, hashes: Collection[str], network: str, now: int, since: int
) -> int:
    """Return how many times these contacts or that network held since an instant and let lapse.

    A time that was let go for another one is none of them, nor one at which the calendar turned out to be busy.
    """
    swept = sa.and_(Booking.state == State.LAPSED, Booking.changed_at >= Booking.hold_until)
    over = sa.and_(Booking.state == State.HELD, Booking.hold_until <= now)
    whose = [_under(business_id, hashes)] if hashes else []
    whose += [Booking.network == network] if network else []
    if not whose:
        return 0
    return _count(conn, business_id, "", or_(*whose), Booking.made_at > since, or_(swept, over))


def _count(conn: sa.Connection, business_id: str, but: str, *rules: sa.ColumnElement[bool]) -> int:
    statement = select(func.count()).where(Booking.business_id == business_id, Booking.id != but, *rules)
    return int(conn.execute(statement).scalar_one())


def _under(business_id: str, hashes: Collection[str]) -> sa.ColumnElement[bool]:
    table = BookingContact
    mine = table.business_id == business_id, table.contact_hash.in_(hashes)
    return Booking.id.in_(select(table.booking_id).where(*mine))


def _live(now: int) -> sa.ColumnElement[bool]:
    return sa.and_(Booking.state == State.HELD, Booking.hold_until > now)
