"""Who was sent to a provider's pages to connect an account, and may come back from there once, within ten minutes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text, delete, insert, select
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.guard import Across
from hub.store.ids import LENGTH

_ID = About(Category.IDENTIFIER, Retention.PROCESSING)
_STATE = About(Category.TECHNICAL, Retention.PROCESSING)
_WHO = About(Category.IDENTIFIER, Retention.PROCESSING, Link.USER, erase=Erase.ROW)
_STAFF = About(Category.IDENTIFIER, Retention.PROCESSING, Link.STAFF, erase=Erase.ROW)
_SECRET = About(Category.SECURITY, Retention.PROCESSING)

_HASH = 64


class Connecting(Base):
    """One owner under way. ``id`` is SHA-256 of the state that goes there and back, ``browser_hash`` of a cookie.

    ``actor`` and ``actor_id`` are who was sent off, ``via`` the sign-in or link by which they came. ``keep`` is what
    the plugin kept for their return, sealed. The row is gone once somebody is back, and soon after its time.
    """

    __tablename__ = "connecting"

    id: Mapped[str] = column(_STATE, String(_HASH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"))
    provider: Mapped[str] = column(_STATE, Text)
    level: Mapped[str] = column(_STATE, Text)
    consent_id: Mapped[str] = column(_ID, Text)
    holder_id: Mapped[str | None] = column(_STAFF, String(LENGTH), nullable=True)
    connection_id: Mapped[str | None] = column(_ID, String(LENGTH), nullable=True)
    actor: Mapped[str] = column(_STATE, Text)
    actor_id: Mapped[str] = column(_WHO, Text)
    via: Mapped[str] = column(_WHO, Text)
    browser_hash: Mapped[str] = column(_STATE, String(_HASH))
    keep: Mapped[bytes] = column(_SECRET, LargeBinary)
    expires_at: Mapped[int] = column(_STATE, BigInteger, index=True)


def add_connecting(conn: sa.Connection, **values: Any) -> None:
    """Note that somebody is sent off."""
    conn.execute(insert(Connecting).values(**values))


def find_connecting(conn: sa.Connection, identifier: str, now: int) -> sa.Row[Any] | None:
    """Return the row of a state, whichever business it is for, unless its time is over."""
    mine = Connecting.id == identifier, Connecting.expires_at > now
    statement = select(Connecting.__table__).where(*mine).execution_options(across=Across.DOOR)
    return conn.execute(statement).one_or_none()


def take_connecting(conn: sa.Connection, business_id: str, identifier: str, now: int) -> sa.Row[Any] | None:
    """Take the row of a state away and return it: whoever asks a second time, or too late, gets None."""
    mine = Connecting.business_id == business_id, Connecting.id == identifier, Connecting.expires_at > now
    return conn.execute(delete(Connecting).where(*mine).returning(*Connecting.__table__.c)).one_or_none()


def forget_connecting_of(conn: sa.Connection, business_id: str, connection_id: str) -> None:
    """Delete what waits for those who are away to connect an account again that was ended meanwhile."""
    mine = Connecting.business_id == business_id, Connecting.connection_id == connection_id
    conn.execute(delete(Connecting).where(*mine))


def forget_connecting(conn: sa.Connection, now: int) -> None:
    """Delete the rows of those who did not come back in time."""
    overdue = delete(Connecting).where(Connecting.expires_at <= now)
    conn.execute(overdue.execution_options(across=Across.SWEEP))
