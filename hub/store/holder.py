"""Holders: staff members and resources, when they work, and when they do not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON, BigInteger, Boolean, Date, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped

from hub.core.errors import UnknownId
from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.ids import LENGTH, is_id

_ID = About(Category.IDENTIFIER, Retention.BUSINESS)
_RULE = About(Category.CONFIGURATION, Retention.BUSINESS)
_NAME = About(Category.CONTACT, Retention.BUSINESS, Link.STAFF, export=True, erase=Erase.CLEAR)
_ABSENCE = About(Category.AVAILABILITY, Retention.BUSINESS, Link.STAFF, export=True, erase=Erase.ROW)


class Holder(Base):
    """A staff member or resource. ``kind`` is ``staff`` or ``resource``; ``zone`` an IANA zone.

    ``always_open``: without weekly hours of its own, as a room may be. ``email`` is sealed with the business's key
    (`vault.texts`). ``version`` counts changes.
    """

    __tablename__ = "holder"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"), index=True)
    kind: Mapped[str] = column(_RULE, Text)
    name: Mapped[str] = column(_NAME, Text)
    zone: Mapped[str] = column(_RULE, Text)
    always_open: Mapped[bool] = column(_RULE, Boolean)
    active: Mapped[bool] = column(_RULE, Boolean)
    email: Mapped[bytes | None] = column(_NAME, LargeBinary, nullable=True)
    version: Mapped[int] = column(_RULE, Integer, server_default="1")


class WorkingHours(Base):
    """One window of a holder's week: minutes after local midnight, Monday is 0."""

    __tablename__ = "working_hours"

    holder_id: Mapped[str] = column(_ID, ForeignKey("holder.id"), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    weekday: Mapped[int] = column(_RULE, Integer, primary_key=True)
    starts: Mapped[int] = column(_RULE, Integer, primary_key=True)
    ends: Mapped[int] = column(_RULE, Integer)


class DayOverride(Base):
    """A day that differs from the week: ``windows`` are ``[start, end]`` pairs of minutes, none means closed."""

    __tablename__ = "day_override"

    holder_id: Mapped[str] = column(_ID, ForeignKey("holder.id"), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    day: Mapped[date] = column(_RULE, Date, primary_key=True)
    windows: Mapped[list[list[int]]] = column(_RULE, JSON)


class TimeOff(Base):
    """A span in which a holder does not work, UTC seconds. Without a reason: that is nobody's business."""

    __tablename__ = "time_off"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    holder_id: Mapped[str] = column(_ID, ForeignKey("holder.id"))
    starts_at: Mapped[int] = column(_ABSENCE, BigInteger)
    ends_at: Mapped[int] = column(_ABSENCE, BigInteger)

    __table_args__ = (Index("ix_time_off_holder", "business_id", "holder_id", "ends_at"),)


class Holiday(Base):
    """A day on which the whole business is closed, in each holder's own zone."""

    __tablename__ = "holiday"

    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"), primary_key=True)
    day: Mapped[date] = column(_RULE, Date, primary_key=True)
    name: Mapped[str] = column(_RULE, Text)


def find_holder(conn: sa.Connection, business_id: str, holder_id: str) -> sa.Row[Any]:
    """Return the row of a staff member or resource, or raise UnknownId."""
    if not is_id(holder_id):
        raise UnknownId("staff member or resource", holder_id)
    statement = sa.select(Holder.__table__).where(Holder.business_id == business_id, Holder.id == holder_id)
    row = conn.execute(statement).one_or_none()
    if row is None:
        raise UnknownId("staff member or resource", holder_id)
    return row


def names_of(conn: sa.Connection, business_id: str, holders: Collection[str]) -> dict[str, str]:
    """Return the names of staff members and resources by id, also of those who are no longer active."""
    statement = sa.select(Holder.id, Holder.name).where(Holder.business_id == business_id, Holder.id.in_(holders))
    return {row.id: row.name for row in conn.execute(statement)}
