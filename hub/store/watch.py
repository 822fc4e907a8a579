"""Watches: the channels by which a provider tells that a calendar changed. Of their secrets only hashes are kept."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, and_, delete, or_, select, update
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.calendar import Calendar
from hub.store.connection import DISCONNECTED, Connection
from hub.store.guard import Across
from hub.store.ids import LENGTH
from hub.store.outbox import RUNNING, WAITING, Outbox

_ID = About(Category.IDENTIFIER, Retention.CONNECTION)
_STATE = About(Category.TECHNICAL, Retention.CONNECTION)
_REF = About(Category.AVAILABILITY, Retention.CONNECTION, Link.STAFF, erase=Erase.ROW)
_SECRET = About(Category.SECURITY, Retention.CONNECTION)

OPENING, LIVE, ENDING, ENDED = "opening", "live", "ending", "ended"


class Watch(Base):
    """One channel. Its ``id`` stands in the address to which the provider sends.

    States: ``opening`` (the provider is being asked), ``live`` (what it sends is believed), ``ending`` (it is to be
    ended at the provider), ``ended`` (nothing that comes is believed; it runs out at ``until``, UTC seconds, if it was
    not ended before). ``epoch`` is the connection's when it was made; ``ref`` the provider's name for it; ``number``
    the last number of a notification that was acted upon; ``renew_at`` when it is to be renewed.
    """

    __tablename__ = "watch"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"))
    connection_id: Mapped[str] = column(_ID, ForeignKey("connection.id"), index=True)
    calendar_id: Mapped[str] = column(_ID, String(LENGTH))
    provider: Mapped[str] = column(_STATE, Text)
    epoch: Mapped[int] = column(_STATE, Integer)
    secret_hash: Mapped[str] = column(_SECRET, Text)
    ref: Mapped[str] = column(_REF, Text)
    state: Mapped[str] = column(_STATE, Text)
    number: Mapped[int] = column(_STATE, BigInteger)
    made_at: Mapped[int] = column(_STATE, BigInteger)
    renew_at: Mapped[int] = column(_STATE, BigInteger)
    until: Mapped[int] = column(_STATE, BigInteger, index=True)

    __table_args__ = (Index("ix_watch_calendar", "business_id", "calendar_id"),)


_OF_CALENDAR = and_(Calendar.id == Watch.calendar_id, Calendar.business_id == Watch.business_id)
_MARKS = (Calendar.announced, Calendar.begun, Calendar.known, Calendar.cursor, Calendar.tried_at, Calendar.checked)
_CHANNEL = (
    select(Watch.__table__, *_MARKS)
    .join(Calendar, _OF_CALENDAR)
    .where(Watch.id == sa.bindparam("channel", type_=String))
    .execution_options(across=Across.DOOR)
)


def find_channel(conn: sa.Connection, channel: str) -> sa.Row[Any] | None:
    """Return the watch of a channel with the marks of its calendar, of whichever business it is, or None."""
    return conn.execute(_CHANNEL, {"channel": channel}).one_or_none()


def lock_calendar(conn: sa.Connection, business_id: str, calendar_id: str) -> sa.Row[Any] | None:
    """Return a calendar, locked. Who changes a watch locks its calendar first."""
    mine = Calendar.business_id == business_id, Calendar.id == calendar_id
    return conn.execute(select(Calendar.__table__).where(*mine).with_for_update(key_share=True)).one_or_none()


def find_watch(conn: sa.Connection, business_id: str, watch_id: str) -> sa.Row[Any] | None:
    """Return a watch, or None."""
    mine = Watch.business_id == business_id, Watch.id == watch_id
    return conn.execute(select(Watch.__table__).where(*mine)).one_or_none()


def watches_of(
    conn: sa.Connection, business_id: str, calendars: Collection[str], states: Collection[str]
) -> list[sa.Row[Any]]:
    """Return the watches of calendars in these states, the oldest first."""
    mine = Watch.business_id == business_id, Watch.calendar_id.in_(calendars), Watch.state.in_(states)
    return list(conn.execute(select(Watch.__table__).where(*mine).order_by(Watch.id)).all())


def change_watch(conn: sa.Connection, business_id: str, watch_id: str, **values: Any) -> None:
    """Set columns of a watch."""
    conn.execute(update(Watch).where(Watch.business_id == business_id, Watch.id == watch_id).values(**values))


def end_watches_of(conn: sa.Connection, business_id: str, connection_id: str) -> None:
    """End the watches of a connection here, and no longer count its calendars as pushed. No provider is told."""
    calendars = Calendar.business_id == business_id, Calendar.connection_id == connection_id
    conn.execute(update(Calendar).where(*calendars, Calendar.pushed_until > 0).values(pushed_until=0))
    mine = Watch.business_id == business_id, Watch.connection_id == connection_id
    conn.execute(update(Watch).where(*mine).values(state=ENDED))


def forget_watches(conn: sa.Connection, now: int) -> int:
    """Delete the watches of all businesses that have run out, and return how many."""
    statement = delete(Watch).where(Watch.until <= now).execution_options(across=Across.SWEEP)
    return conn.execute(statement).rowcount


def wanting_watch(conn: sa.Connection, now: int, providers: Collection[str], limit: int) -> list[sa.Row[Any]]:
    """Return checked calendars of these providers that need a watch, or whose watch is to be renewed or is another's.

    Of all businesses: ``business_id``, ``id``, ``origins`` of the account, and ``watch_id``: a live one that was made
    in an earlier epoch of the connection and must be ended. Those for which that is under way already are left out.
    """
    waiting = select(Outbox.key).where(Outbox.key.like("watch:%"), Outbox.state.in_((WAITING, RUNNING)))
    good = and_(Watch.epoch == Connection.epoch, Watch.renew_at > now)
    live = and_(Watch.calendar_id == Calendar.id, Watch.state == LIVE)
    stale = sa.case((Watch.epoch != Connection.epoch, Watch.id), else_=None).label("watch_id")
    statement = (
        select(Calendar.business_id, Calendar.id, Connection.origins, stale)
        .join(Connection, Connection.id == Calendar.connection_id)
        .outerjoin(Watch, live)
        .where(
            Calendar.checked,
            Calendar.watch_after <= now,
            Connection.provider.in_(providers),
            Connection.health.not_in((DISCONNECTED, "needs_reconnect")),
            or_(Watch.id.is_(None), ~good),
            (sa.literal("watch:") + Calendar.id).not_in(waiting),
        )
        .order_by(Calendar.id)
        .limit(limit)
        .execution_options(across=Across.SWEEP)
    )
    return list(conn.execute(statement).all())
