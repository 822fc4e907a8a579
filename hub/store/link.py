"""Invite links of staff members: they connect, choose calendars and disconnect by it, without a console account."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, ForeignKey, String, Text, insert, select, update
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.guard import Across
from hub.store.holder import Holder
from hub.store.ids import LENGTH

_ID = About(Category.IDENTIFIER, Retention.BUSINESS, Link.STAFF, erase=Erase.ROW)
_SECRET = About(Category.CREDENTIAL, Retention.BUSINESS, Link.STAFF, erase=Erase.ROW)
_STATE = About(Category.SECURITY, Retention.BUSINESS, Link.STAFF, erase=Erase.ROW)


class StaffLink(Base):
    """An invite link. ``token_hash`` is SHA-256 of its secret. Works until ``until`` or ``ended_at``.

    ``made_by`` is who saw the secret: kind and id of the actor, as ``user:…``.
    """

    __tablename__ = "staff_link"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"))
    holder_id: Mapped[str] = column(_ID, ForeignKey("holder.id"), index=True)
    token_hash: Mapped[str] = column(_SECRET, Text, unique=True)
    made_at: Mapped[int] = column(_STATE, BigInteger)
    until: Mapped[int] = column(_STATE, BigInteger)
    seen_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
    ended_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
    made_by: Mapped[str] = column(_STATE, Text, server_default="")


def add_link(conn: sa.Connection, **values: Any) -> None:
    """Insert a link."""
    conn.execute(insert(StaffLink).values(**values))


def link_by_hash(conn: sa.Connection, token_hash: str, now: int) -> sa.Row[Any] | None:
    """Return the link with that secret, of whatever business, if it still works and its holder is active."""
    statement = (
        select(StaffLink.__table__, Holder.name.label("holder"))
        .join(Holder, sa.and_(Holder.id == StaffLink.holder_id, Holder.business_id == StaffLink.business_id))
        .where(StaffLink.token_hash == token_hash, StaffLink.ended_at.is_(None), StaffLink.until > now, Holder.active)
        .execution_options(across=Across.DOOR)
    )
    return conn.execute(statement).one_or_none()


def token_hash_of(conn: sa.Connection, link_id: str) -> str | None:
    """Return the hash of the secret of a link, of whatever business."""
    statement = select(StaffLink.token_hash).where(StaffLink.id == link_id).execution_options(across=Across.DOOR)
    return conn.scalar(statement)


def list_links(conn: sa.Connection, business_id: str, holder_id: str | None = None) -> list[sa.Row[Any]]:
    """Return the links of a business or of one of its holders, the newest first."""
    statement = (
        select(StaffLink.__table__, Holder.name.label("holder"))
        .join(Holder, Holder.id == StaffLink.holder_id)
        .where(StaffLink.business_id == business_id, Holder.business_id == business_id)
        .order_by(StaffLink.made_at.desc(), StaffLink.id.desc())
    )
    if holder_id is not None:
        statement = statement.where(StaffLink.holder_id == holder_id)
    return list(conn.execute(statement).all())


def end_links(conn: sa.Connection, business_id: str, now: int, *conditions: sa.ColumnElement[bool]) -> int:
    """End the links that meet the conditions and have not ended yet; return how many that were."""
    mine = (StaffLink.business_id == business_id, StaffLink.ended_at.is_(None), *conditions)
    return conn.execute(update(StaffLink).where(*mine).values(ended_at=now)).rowcount


def touch_link(conn: sa.Connection, business_id: str, link_id: str, now: int, before: int) -> bool:
    """Note that a link was used now, if it was not used since ``before``; tell whether that was noted."""
    mine = StaffLink.business_id == business_id, StaffLink.id == link_id
    late = sa.or_(StaffLink.seen_at.is_(None), StaffLink.seen_at <= before)
    return conn.execute(update(StaffLink).where(*mine, late).values(seen_at=now)).rowcount == 1
