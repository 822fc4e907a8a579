"""The texts that customers are asked to agree to, by their hash, and who agreed to which when they booked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String, Text, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.ids import LENGTH, new_id

_ID = About(Category.IDENTIFIER, Retention.BOOKING)
_PERSON = About(Category.IDENTIFIER, Retention.BOOKING, Link.CUSTOMER, erase=Erase.CLEAR)
_TEXT = About(Category.CONSENT, Retention.BUSINESS)
_GIVEN = About(Category.CONSENT, Retention.BOOKING, Link.CUSTOMER, export=True)


class TextVersion(Base):
    """A text as it was shown, never changed: ``hash`` is SHA-256 of purpose, language and text, in hexadecimal.

    ``purpose`` is ``booking`` (must be agreed to) or ``messages`` (may be). The one with ``until`` None is in use.
    """

    __tablename__ = "text_version"

    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"), primary_key=True)
    hash: Mapped[str] = column(_TEXT, Text, primary_key=True)
    purpose: Mapped[str] = column(_TEXT, Text)
    language: Mapped[str] = column(_TEXT, Text)
    text: Mapped[str] = column(_TEXT, Text)
    made_at: Mapped[int] = column(_TEXT, BigInteger)
    until: Mapped[int | None] = column(_TEXT, BigInteger, nullable=True)


class Agreement(Base):
    """That a customer was shown a text when booking, and whether they agreed. Append only."""

    __tablename__ = "agreement"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    booking_id: Mapped[str] = column(_ID, ForeignKey("booking.id"), index=True)
    person_id: Mapped[str | None] = column(_PERSON, ForeignKey("person.id"), nullable=True)
    text_hash: Mapped[str] = column(_GIVEN, Text)
    given: Mapped[bool] = column(_GIVEN, Boolean)
    channel: Mapped[str] = column(_GIVEN, Text)
    at: Mapped[int] = column(_GIVEN, BigInteger)

    __table_args__ = (Index("ix_agreement_person", "business_id", "person_id"),)


def texts_of(conn: sa.Connection, business_id: str, *, current: bool = False) -> list[sa.Row[Any]]:
    """Return the texts of a business, the newest first; ``current``: only those in use."""
    statement = select(TextVersion.__table__).where(TextVersion.business_id == business_id)
    if current:
        statement = statement.where(TextVersion.until.is_(None))
    return list(conn.execute(statement.order_by(TextVersion.made_at.desc(), TextVersion.hash)).all())


def texts_by_hash(conn: sa.Connection, business_id: str, hashes: Collection[str]) -> list[sa.Row[Any]]:
    """Return the texts of a business with these hashes."""
    statement = select(TextVersion.__table__).where(
        TextVersion.business_id == business_id, TextVersion.hash.in_(sorted(hashes))
    )
    return list(conn.execute(statement).all())


def put_in_use(conn: sa.Connection, business_id: str, now: int, **text: str) -> None:
    """Add a text (hash, purpose, language, text), or take an older one that is the same into use again."""
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(TextVersion).values(business_id=business_id, made_at=now, until=None, **text)
    conn.execute(statement.on_conflict_do_update(index_elements=["business_id", "hash"], set_={"until": None}))


def put_out_of_use(conn: sa.Connection, business_id: str, purpose: str, now: int) -> None:
    """End the use of the text that a business has for a purpose, if it has one."""
    mine = (TextVersion.business_id == business_id, TextVersion.purpose == purpose, TextVersion.until.is_(None))
    conn.execute(update(TextVersion).where(*mine).values(until=now))


def add_agreements(conn: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert agreements; there is no function that changes or deletes one."""
    if rows:
        conn.execute(insert(Agreement), [{"id": new_id(), **row} for row in rows])
