"""The texts that customers are asked to agree to, by their hash, and who agreed to which when they booked."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.ids import LENGTH

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
