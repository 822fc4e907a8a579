"""Codes that were mailed to visitors of the booking pages, so that they show that an address is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, delete, func, insert, select, update
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.guard import Across
from hub.store.ids import LENGTH
from hub.store.mail import Mail

_ID = About(Category.IDENTIFIER, Retention.PROCESSING, Link.CUSTOMER, erase=Erase.ROW)
_HASH = About(Category.CONTACT, Retention.PROCESSING, Link.CUSTOMER, erase=Erase.ROW)
_SECRET = About(Category.SECURITY, Retention.PROCESSING, Link.CUSTOMER, erase=Erase.ROW)
_STATE = About(Category.TECHNICAL, Retention.PROCESSING)


class ContactCode(Base):
    """A code for one hold. Of several for the same hold the newest counts alone.

    ``contact_hash`` is the keyed hash of the address that it went to, ``network`` of where it was asked for. ``bound``
    is a keyed hash of hold, address and browser together, ``code_hash`` of those and the code. Times in UTC seconds.
    """

    __tablename__ = "contact_code"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    booking_id: Mapped[str] = column(_ID, ForeignKey("booking.id", ondelete="CASCADE"))
    contact_hash: Mapped[str] = column(_HASH, Text)
    network: Mapped[str] = column(_SECRET, Text)
    bound: Mapped[str] = column(_SECRET, Text)
    code_hash: Mapped[str] = column(_SECRET, Text)
    tries: Mapped[int] = column(_STATE, Integer)
    made_at: Mapped[int] = column(_STATE, BigInteger)
    proved_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)

    __table_args__ = (
        Index("ix_contact_code_booking", "business_id", "booking_id"),
        Index("ix_contact_code_contact", "business_id", "contact_hash"),
        Index("ix_contact_code_network", "business_id", "network"),
    )


def add_code(conn: sa.Connection, values: Mapping[str, Any]) -> None:
    """Insert a code that nobody has tried yet."""
    conn.execute(insert(ContactCode).values(**values, tries=0))


def newest_code(conn: sa.Connection, business_id: str, booking_id: str) -> sa.Row[Any] | None:
    """Return the code of a hold that counts, if one was sent."""
    mine = ContactCode.business_id == business_id, ContactCode.booking_id == booking_id
    return conn.execute(select(ContactCode.__table__).where(*mine).order_by(ContactCode.id.desc()).limit(1)).first()


def count_codes(
    conn: sa.Connection, business_id: str, since: int, *, booking_id: str = "", contact: str = "", network: str = ""
) -> int:
    """Return how many codes were sent since an instant for a hold, to an address or for a network (keyed hashes)."""
    table = ContactCode
    given = ((table.booking_id, booking_id), (table.contact_hash, contact), (table.network, network))
    rules = [name == value for name, value in given if value]
    statement = select(func.count()).where(table.business_id == business_id, table.made_at > since, *rules)
    return int(conn.execute(statement).scalar_one())


def take_try(conn: sa.Connection, business_id: str, code_id: str, most: int) -> int | None:
    """Count a try of a code and return which it was; None, and nothing counted, when all of them are used."""
    mine = ContactCode.business_id == business_id, ContactCode.id == code_id, ContactCode.tries < most
    counted = update(ContactCode).where(*mine).values(tries=ContactCode.tries + 1).returning(ContactCode.tries)
    return conn.execute(counted).scalar_one_or_none()


def note_proved(conn: sa.Connection, business_id: str, code_id: str, now: int) -> None:
    """Note that the right code was typed."""
    mine = ContactCode.business_id == business_id, ContactCode.id == code_id
    conn.execute(update(ContactCode).where(*mine).values(proved_at=now))


def forget_codes(conn: sa.Connection, kind: str, before: int) -> None:
    """Delete old codes of all businesses, and what is left of the mails (of that kind) in which they stood."""
    across = {"across": Across.SWEEP}
    conn.execute(delete(ContactCode).where(ContactCode.made_at < before).execution_options(**across))
    left = Mail.kind == kind, Mail.made_at < before, Mail.message.is_not(None)
    conn.execute(update(Mail).where(*left).values(message=None).execution_options(**across))
