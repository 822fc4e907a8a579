"""What became of the health of connections: each change, and the troubles that people were told of."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, delete, insert, select, update
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Retention, column
from hub.store.connection import OK, Connection
from hub.store.guard import Across
from hub.store.ids import LENGTH, new_id

_ID = About(Category.IDENTIFIER, Retention.CONNECTION)
_STATE = About(Category.TECHNICAL, Retention.CONNECTION)

_TROUBLED = ("failing", "needs_reconnect")

KEPT_CHANGES = 50
"""Changes of one connection that are kept, the newest."""


class HealthChange(Base):
    """A connection came into another health, or into the same one for another reason."""

    __tablename__ = "health_change"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    connection_id: Mapped[str] = column(_ID, ForeignKey("connection.id"))
    at: Mapped[int] = column(_STATE, BigInteger)
    health: Mapped[str] = column(_STATE, Text)
    reason: Mapped[str] = column(_STATE, Text)

    __table_args__ = (Index("ix_health_change_connection", "connection_id", "id"),)


class Outage(Base):
    """A trouble of a connection: open until ``ended_at``, and one that is open a connection at most.

    ``began_at``, ``told_at`` and ``settles_at`` are those of `core.health.Condition`. ``blind_from`` is when its
    calendars were last known to be current before it. ``mailed`` is the last effect that told people of the business,
    ``agency_at`` when the agency last was. ``late`` are the bookings whose events were not as they should be when it
    was connected again, and ``report`` what was missed: bookings by kind (`actions.missed`).
    """

    __tablename__ = "outage"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    connection_id: Mapped[str] = column(_ID, ForeignKey("connection.id"))
    began_at: Mapped[int] = column(_STATE, BigInteger)
    blind_from: Mapped[int] = column(_STATE, BigInteger)
    reason: Mapped[str] = column(_STATE, Text)
    told_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
    settles_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
    mailed: Mapped[str] = column(_STATE, Text, server_default="")
    agency_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
    ended_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
    late: Mapped[list[str]] = column(_STATE, JSON, server_default="[]")
    report: Mapped[dict[str, Any] | None] = column(_STATE, JSON(none_as_null=True), nullable=True)

    __table_args__ = (Index("ix_outage_connection", "connection_id", "ended_at"),)


def add_change(conn: sa.Connection, business_id: str, connection_id: str, health: str, reason: str, now: int) -> None:
    """Note a change of health, and forget those of long ago."""
    ids = {"id": new_id(), "business_id": business_id, "connection_id": connection_id}
    conn.execute(insert(HealthChange).values(**ids, at=now, health=health, reason=reason))
    mine = HealthChange.business_id == business_id, HealthChange.connection_id == connection_id
    old = select(HealthChange.id).where(*mine).order_by(HealthChange.id.desc()).offset(KEPT_CHANGES).limit(1)
    if oldest := conn.execute(old).scalar_one_or_none():
        conn.execute(delete(HealthChange).where(*mine, HealthChange.id <= oldest))


def changes_of(conn: sa.Connection, business_id: str, connection_id: str, limit: int) -> list[sa.Row[Any]]:
    """Return the last changes of a connection's health, the newest first."""
    mine = HealthChange.business_id == business_id, HealthChange.connection_id == connection_id
    statement = select(HealthChange.__table__).where(*mine).order_by(HealthChange.id.desc()).limit(limit)
    return list(conn.execute(statement).all())


def open_outage(conn: sa.Connection, business_id: str, connection_id: str) -> sa.Row[Any] | None:
    """Return the trouble of a connection that is not over, if there is one."""
    mine = Outage.business_id == business_id, Outage.connection_id == connection_id, Outage.ended_at.is_(None)
    return conn.execute(select(Outage.__table__).where(*mine)).one_or_none()


def last_outage(conn: sa.Connection, business_id: str, connection_id: str) -> sa.Row[Any] | None:
    """Return the last trouble of a connection that is over and of which people were told."""
    mine = Outage.business_id == business_id, Outage.connection_id == connection_id, Outage.ended_at.is_not(None)
    return conn.execute(select(Outage.__table__).where(*mine).order_by(Outage.id.desc()).limit(1)).one_or_none()


def find_outage(conn: sa.Connection, business_id: str, outage_id: str) -> sa.Row[Any] | None:
    """Return a trouble's row, or None."""
    mine = Outage.business_id == business_id, Outage.id == outage_id
    return conn.execute(select(Outage.__table__).where(*mine)).one_or_none()


def add_outage(conn: sa.Connection, business_id: str, connection_id: str, **values: Any) -> str:
    """Insert a trouble and return its id."""
    outage_id = new_id()
    conn.execute(insert(Outage).values(id=outage_id, business_id=business_id, connection_id=connection_id, **values))
    return outage_id


def change_outage(conn: sa.Connection, business_id: str, outage_id: str, **values: Any) -> None:
    """Set columns of a trouble."""
    mine = Outage.business_id == business_id, Outage.id == outage_id
    conn.execute(update(Outage).where(*mine).values(**values))


def drop_outage(conn: sa.Connection, business_id: str, outage_id: str) -> None:
    """Forget a trouble of which nobody was told."""
    conn.execute(delete(Outage).where(Outage.business_id == business_id, Outage.id == outage_id))


def in_trouble(conn: sa.Connection, failing_since: int, told_before: int, limit: int = 1000) -> list[tuple[str, str]]:
    """Return business and id of the connections, of all businesses, that time may make news of.

    They have been failing since an instant and nobody was told, were told of before one, or work again.
    """
    trouble = sa.and_(Outage.connection_id == Connection.id, Outage.ended_at.is_(None))
    ill = Connection.health.in_(_TROUBLED)
    lasting = sa.and_(ill, Outage.told_at.is_(None), Connection.health_at <= failing_since)
    again = sa.and_(ill, Outage.told_at <= told_before)
    over = sa.and_(Connection.health == OK, Outage.id.is_not(None))
    statement = select(Connection.business_id, Connection.id).join(Outage, trouble, isouter=True)
    statement = statement.where(sa.or_(lasting, again, over)).order_by(Connection.id).limit(limit)
    rows = conn.execute(statement.execution_options(across=Across.SWEEP))
    return [(business_id, connection_id) for business_id, connection_id in rows]


def untold_agency(conn: sa.Connection, before: int) -> list[sa.Row[Any]]:
    """Return the open troubles, of all businesses, of which the agency was not told since an instant."""
    late = sa.or_(Outage.agency_at.is_(None), Outage.agency_at <= before)
    statement = (
        select(Outage.__table__, Connection.health, Connection.health_reason, Connection.holder_id)
        .join(Connection, Connection.id == Outage.connection_id)
        .where(Outage.ended_at.is_(None), Outage.told_at.is_not(None), Connection.health.in_(_TROUBLED), late)
        .order_by(Outage.business_id, Outage.id)
        .execution_options(across=Across.SWEEP)
    )
    return list(conn.execute(statement).all())


def take_for_agency(conn: sa.Connection, row: sa.Row[Any], now: int, before: int) -> bool:
    """Note that the agency is told of a trouble now; False if somebody else has just told it."""
    late = sa.or_(Outage.agency_at.is_(None), Outage.agency_at <= before)
    mine = Outage.business_id == row.business_id, Outage.id == row.id, Outage.ended_at.is_(None)
    return conn.execute(update(Outage).where(*mine, late).values(agency_at=now)).rowcount == 1


def agency_told_at(conn: sa.Connection) -> int | None:
    """Return when the agency was last told of any trouble."""
    found: int | None = conn.scalar(select(sa.func.max(Outage.agency_at)).execution_options(across=Across.SWEEP))
    return found
