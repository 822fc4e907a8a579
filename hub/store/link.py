"""Invite links of staff members: they connect, choose calendars and disconnect by it, without a console account."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.ids import LENGTH

_ID = About(Category.IDENTIFIER, Retention.BUSINESS, Link.STAFF, erase=Erase.ROW)
_SECRET = About(Category.CREDENTIAL, Retention.BUSINESS, Link.STAFF, erase=Erase.ROW)
_STATE = About(Category.SECURITY, Retention.BUSINESS, Link.STAFF, erase=Erase.ROW)


class StaffLink(Base):
    """An invite link. ``token_hash`` is SHA-256 of its secret. Works until ``until`` or ``ended_at``."""

    __tablename__ = "staff_link"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"))
    holder_id: Mapped[str] = column(_ID, ForeignKey("holder.id"), index=True)
    token_hash: Mapped[str] = column(_SECRET, Text, unique=True)
    made_at: Mapped[int] = column(_STATE, BigInteger)
    until: Mapped[int] = column(_STATE, BigInteger)
    seen_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
    ended_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
