"""Holders: staff members and resources, when they work, and when they do not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON, BigInteger, Boolean, Date, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped

from hub.core.errors import UnknownId
from hub.core.hours import DayWindow
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


def change_row(conn: sa.Connection, business_id: str, holder_id: str, version: int | None, **values: Any) -> bool:
    """Change a holder that is still at that version, or at any; count the version up, and tell whether it was."""
    statement = sa.update(Holder).where(Holder.business_id == business_id, Holder.id == holder_id)
    if version is not None:
        statement = statement.where(Holder.version == version)
    return conn.execute(statement.values(**values, version=Holder.version + 1)).rowcount == 1


def list_rows(
    conn: sa.Connection, business_id: str, kind: str, search: str, after: tuple[str, str] | None, limit: int
) -> list[sa.Row[Any]]:
    """Return holders by name, with ``sort_name``, from after a (sort name, id) on; without a kind, both."""
    sort_name = sa.func.lower(Holder.name)
    statement = sa.select(Holder.__table__, sort_name.label("sort_name")).where(Holder.business_id == business_id)
    if kind:
        statement = statement.where(Holder.kind == kind)
    if search:
        statement = statement.where(Holder.name.icontains(search, autoescape=True))
    if after:
        later = sa.and_(sort_name == after[0], Holder.id > after[1])
        statement = statement.where(sa.or_(sort_name > after[0], later))
    return list(conn.execute(statement.order_by(sort_name, Holder.id).limit(limit)).all())


def kinds_of(conn: sa.Connection, business_id: str, holders: Collection[str]) -> dict[str, str]:
    """Return the kind of each of these holders that the business has."""
    statement = sa.select(Holder.id, Holder.kind).where(Holder.business_id == business_id, Holder.id.in_(holders))
    return {row.id: row.kind for row in conn.execute(statement)}


def windows_of(conn: sa.Connection, business_id: str, holders: Collection[str]) -> dict[str, list[DayWindow]]:
    """Return the windows of the week of each of these holders, in order."""
    table = WorkingHours
    statement = sa.select(table.holder_id, table.weekday, table.starts, table.ends).where(
        table.business_id == business_id, table.holder_id.in_(holders)
    )
    found: dict[str, list[DayWindow]] = {one: [] for one in holders}
    for holder_id, weekday, starts, ends in conn.execute(statement.order_by(table.weekday, table.starts)):
        found[holder_id].append(DayWindow(weekday, starts, ends))
    return found


def overrides_of(
    conn: sa.Connection, business_id: str, holder_id: str, since: date
) -> Sequence[sa.Row[date, list[list[int]]]]:
    """Return the days of a holder that differ from the week, from one on, in order."""
    table = DayOverride
    statement = sa.select(table.day, table.windows).where(
        table.business_id == business_id, table.holder_id == holder_id, table.day >= since
    )
    return conn.execute(statement.order_by(table.day)).all()


def time_off_of(
    conn: sa.Connection, business_id: str, holder_id: str, since: int, after: tuple[int, str] | None, limit: int
) -> Sequence[sa.Row[str, int, int]]:
    """Return the absences of a holder that end after an instant, in order, from after a (start, id) on."""
    table = TimeOff
    statement = sa.select(table.id, table.starts_at, table.ends_at).where(
        table.business_id == business_id, table.holder_id == holder_id, table.ends_at > since
    )
    if after:
        later = sa.and_(table.starts_at == after[0], table.id > after[1])
        statement = statement.where(sa.or_(table.starts_at > after[0], later))
    return conn.execute(statement.order_by(table.starts_at, table.id).limit(limit)).all()


def holidays_of(conn: sa.Connection, business_id: str, since: date) -> Sequence[sa.Row[date, str]]:
    """Return the days on which a business is closed, from one on, in order."""
    statement = sa.select(Holiday.day, Holiday.name).where(Holiday.business_id == business_id, Holiday.day >= since)
    return conn.execute(statement.order_by(Holiday.day)).all()
