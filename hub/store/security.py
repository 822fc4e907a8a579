"""Security events: every sign-in, refusal and change of who may enter, without a body, a token or a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Index,
    Row,
    String,
    Text,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.ids import LENGTH, new_id
from hub.store.prepared import prepared

_ID = About(Category.IDENTIFIER, Retention.SECURITY)
_WHAT = About(Category.SECURITY, Retention.SECURITY)
_WHO = About(Category.SECURITY, Retention.SECURITY, Link.USER, export=True, erase=Erase.CLEAR)
_ADDRESS = About(Category.SECURITY, Retention.ADDRESS, Link.USER, export=True, erase=Erase.CLEAR)


class SecurityEvent(Base):
    """One event. ``kind`` and ``outcome`` as in `core.security`; ``at`` in UTC seconds.

    ``actor`` is ``user``, ``key``, ``staff``, ``customer``, ``operator`` or empty for nobody, with an id where known.
    ``about`` is the id of what it concerns, ``within`` the business or empty, ``route`` the name of the page,
    ``detail`` a machine word. ``address`` is cut to its network after 90 days; ``address_hash`` stays. No value is
    text that a visitor wrote, but ``device``, which is cut to 200 printable characters.
    """

    __tablename__ = "security_event"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    at: Mapped[int] = column(_WHAT, BigInteger)
    kind: Mapped[str] = column(_WHAT, Text)
    outcome: Mapped[str] = column(_WHAT, Text)
    actor: Mapped[str] = column(_WHO, Text)
    actor_id: Mapped[str] = column(_WHO, Text)
    about: Mapped[str] = column(_WHAT, Text)
    within: Mapped[str] = column(_WHAT, Text)
    route: Mapped[str] = column(_WHAT, Text)
    detail: Mapped[str] = column(_WHAT, Text)
    address: Mapped[str] = column(_ADDRESS, Text)
    address_hash: Mapped[str] = column(_WHO, Text)
    device: Mapped[str] = column(_WHO, Text)

    __table_args__ = (
        Index("ix_security_event_at", "at"),
        Index("ix_security_event_actor", "actor_id", "at"),
        Index("ix_security_event_within", "within", "at"),
    )


def add_event(conn: sa.Connection, **values: object) -> None:
    """Insert an event."""
    _add(conn, id=new_id(), **values)


def list_events(
    conn: sa.Connection, *where: ColumnElement[bool], after: tuple[int, str] | None, limit: int
) -> Sequence[Row[Any]]:
    """Return events, newest first, from behind the one with this time and id."""
    query = select(SecurityEvent.__table__).where(*where)
    if after is not None:
        at, identifier = after
        query = query.where(or_(SecurityEvent.at < at, and_(SecurityEvent.at == at, SecurityEvent.id < identifier)))
    return conn.execute(query.order_by(SecurityEvent.at.desc(), SecurityEvent.id.desc()).limit(limit)).all()


def count_events(conn: sa.Connection, *where: ColumnElement[bool]) -> int:
    """Return how many events there are."""
    return conn.scalar(select(func.count()).select_from(SecurityEvent).where(*where)) or 0


def full_addresses(conn: sa.Connection, before: int, limit: int) -> dict[str, str]:
    """Return ids and addresses of old events whose address was not cut yet."""
    whole = (SecurityEvent.address != "", SecurityEvent.address.not_like("%/%"))
    query = select(SecurityEvent.id, SecurityEvent.address).where(SecurityEvent.at < before, *whole)
    return {row.id: row.address for row in conn.execute(query.order_by(SecurityEvent.at).limit(limit))}


def replace_addresses(conn: sa.Connection, networks: Mapping[str, str]) -> None:
    """Put networks in the place of addresses, by the ids of their events."""
    statement = update(SecurityEvent).where(SecurityEvent.id == sa.bindparam("event"))
    rows = [{"event": identifier, "network": network} for identifier, network in networks.items()]
    conn.execute(statement.values(address=sa.bindparam("network")), rows)


def forget_events(conn: sa.Connection, before: int) -> int:
    """Delete the events from before an instant, and return how many."""
    return conn.execute(delete(SecurityEvent).where(SecurityEvent.at < before)).rowcount


_add = prepared(lambda: insert(SecurityEvent))
