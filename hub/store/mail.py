"""Mails: what was sent to whom and how it ended, the business's own wording, and who of the staff is told what."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.ids import LENGTH

_ID = About(Category.IDENTIFIER, Retention.BOOKING)
_PERSON = About(Category.IDENTIFIER, Retention.BOOKING, Link.CUSTOMER, erase=Erase.CLEAR)
_SEALED = About(Category.MESSAGE, Retention.BOOKING, Link.CUSTOMER, export=True, erase=Erase.KEY)
_STATE = About(Category.TECHNICAL, Retention.BOOKING)
_RULE = About(Category.CONFIGURATION, Retention.BUSINESS)


class Mail(Base):
    """One mail. ``kind`` names the template, ``reader`` is ``customer``, ``staff`` or ``user``.

    ``message`` is the whole RFC 5322 message, sealed: with the person's key for a customer, else with the business's.
    It is kept where there is no mail server (state ``kept``), and otherwise emptied once it was ``sent``.
    ``refused``: the server did not take it; ``bounced``: it came back. ``message_id`` is the header, without brackets.
    """

    __tablename__ = "mail"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"))
    booking_id: Mapped[str | None] = column(_ID, ForeignKey("booking.id"), nullable=True)
    person_id: Mapped[str | None] = column(_PERSON, ForeignKey("person.id"), nullable=True)
    kind: Mapped[str] = column(_STATE, Text)
    reader: Mapped[str] = column(_STATE, Text)
    message_id: Mapped[str] = column(_ID, Text, unique=True)
    message: Mapped[bytes | None] = column(_SEALED, LargeBinary, nullable=True)
    state: Mapped[str] = column(_STATE, Text)
    problem: Mapped[str] = column(_STATE, Text, server_default="")
    made_at: Mapped[int] = column(_STATE, BigInteger)
    ended_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)

    __table_args__ = (
        Index("ix_mail_made", "business_id", "made_at"),
        Index("ix_mail_booking", "business_id", "booking_id"),
    )


class MailText(Base):
    """A business's own wording of one kind of mail, in place of the hub's."""

    __tablename__ = "mail_text"

    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"), primary_key=True)
    kind: Mapped[str] = column(_RULE, Text, primary_key=True)
    subject: Mapped[str] = column(_RULE, Text)
    body: Mapped[str] = column(_RULE, Text)


class NoticeRule(Base):
    """Whom a change is told: ``to`` is ``staff`` (those of the booking) or ``business`` (its address)."""

    __tablename__ = "notice_rule"

    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"), primary_key=True)
    kind: Mapped[str] = column(_RULE, Text, primary_key=True)
    to: Mapped[str] = column(_RULE, Text, primary_key=True)
