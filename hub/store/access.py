"""Grants of human access: which objects somebody may see, why, until when, who decided, and each look."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from hub.core.access import AccessState, Named, ObjectKind, Subject
from hub.core.errors import UnknownId
from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.guard import Across
from hub.store.ids import LENGTH, is_id

_ID = About(Category.IDENTIFIER, Retention.BUSINESS)
_USER = About(Category.IDENTIFIER, Retention.BUSINESS, Link.USER, export=True)
_SUBJECT = About(Category.IDENTIFIER, Retention.BUSINESS, Link.CUSTOMER, export=True, erase=Erase.CLEAR)
_STATE = About(Category.SECURITY, Retention.BUSINESS, Link.USER, export=True)


class AccessGrant(Base):
    """A request to see named objects, and what became of it. ``user_id`` asked. Times in UTC seconds.

    ``until`` is when nobody may answer any more, and from the approval on (``decided_at``) when it works no more:
    ``seconds`` later. ``decided_by`` is kind and id of the actor. ``delay`` says why the person is told later, until
    ``lifted_at``.
    """

    __tablename__ = "access_grant"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"))
    reason: Mapped[str] = column(_STATE, Text)
    reference: Mapped[str] = column(_STATE, Text)
    state: Mapped[str] = column(_STATE, Text)
    user_id: Mapped[str] = column(_USER, ForeignKey("console_user.id"))
    made_at: Mapped[int] = column(_STATE, BigInteger)
    seconds: Mapped[int] = column(_STATE, Integer)
    until: Mapped[int] = column(_STATE, BigInteger)
    decided_by: Mapped[str] = column(_STATE, Text, server_default="")
    decided_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
    ended_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
    delay: Mapped[str] = column(_STATE, Text, server_default="")
    lifted_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)

    __table_args__ = (
        Index("ix_access_grant_business", "business_id", "id"),
        Index("ix_access_grant_until", "state", "until"),
    )


class AccessObject(Base):
    """One object that a grant names, and whose data it is: a holder, console user or person; empty if not known."""

    __tablename__ = "access_object"

    grant_id: Mapped[str] = column(_ID, ForeignKey("access_grant.id"), primary_key=True)
    kind: Mapped[str] = column(_STATE, Text, primary_key=True)
    object_id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    subject: Mapped[str] = column(_STATE, Text)
    subject_id: Mapped[str] = column(_SUBJECT, String(LENGTH))

    __table_args__ = (Index("ix_access_object_subject", "business_id", "subject_id"),)


class AccessView(Base):
    """A look at an object under a grant, one a minute. ``told_at`` is when the person was told of it."""

    __tablename__ = "access_view"

    grant_id: Mapped[str] = column(_ID, ForeignKey("access_grant.id"), primary_key=True)
    kind: Mapped[str] = column(_STATE, Text, primary_key=True)
    object_id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    minute: Mapped[int] = column(_STATE, BigInteger, primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    told_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)


def add_grant(
    conn: sa.Connection, business_id: str, objects: Iterable[tuple[Named, Subject, str]], **values: Any
) -> None:
    """Insert a request with the objects that it names and whose they are."""
    conn.execute(insert(AccessGrant).values(business_id=business_id, state=AccessState.ASKED, **values))
    rows = [
        {
            "grant_id": values["id"],
            "business_id": business_id,
            "kind": one.kind,
            "object_id": one.id,
            "subject": subject,
            "subject_id": subject_id,
        }
        for one, subject, subject_id in objects
    ]
    conn.execute(insert(AccessObject), rows)


def find_grant(conn: sa.Connection, business_id: str, grant_id: str, *, lock: bool = False) -> sa.Row[Any]:
    """Return a grant's row, with ``lock`` locked until the transaction ends. Raises UnknownId."""
    statement = select(AccessGrant.__table__).where(AccessGrant.business_id == business_id, AccessGrant.id == grant_id)
    row = conn.execute(statement.with_for_update() if lock else statement).one_or_none() if is_id(grant_id) else None
    if row is None:
        raise UnknownId("request for access", grant_id)
    return row


def change_grant(conn: sa.Connection, business_id: str, grant_id: str, **values: Any) -> None:
    """Change a grant that is locked."""
    mine = AccessGrant.business_id == business_id, AccessGrant.id == grant_id
    conn.execute(update(AccessGrant).where(*mine).values(**values))


def objects_of(conn: sa.Connection, business_id: str, grants: Collection[str]) -> list[sa.Row[Any]]:
    """Return the objects that these grants name, in one order."""
    mine = AccessObject.business_id == business_id, AccessObject.grant_id.in_(grants)
    order = AccessObject.grant_id, AccessObject.kind, AccessObject.object_id
    return list(conn.execute(select(AccessObject.__table__).where(*mine).order_by(*order)).all())


def list_grants(
    conn: sa.Connection,
    business_id: str,
    *,
    subject: tuple[Subject, str] | None = None,
    states: Collection[AccessState] = (),
    before: str = "",
    limit: int,
) -> list[sa.Row[Any]]:
    """Return grants of a business, the newest first; with ``subject`` those that name something of theirs."""
    statement = select(AccessGrant.__table__).where(AccessGrant.business_id == business_id)
    if subject is not None:
        theirs = select(AccessObject.grant_id).where(
            AccessObject.business_id == business_id,
            AccessObject.subject == subject[0],
            AccessObject.subject_id == subject[1],
        )
        statement = statement.where(AccessGrant.id.in_(theirs))
    if states:
        statement = statement.where(AccessGrant.state.in_(states))
    if before:
        statement = statement.where(AccessGrant.id < before)
    return list(conn.execute(statement.order_by(AccessGrant.id.desc()).limit(limit)).all())


def over_grants(conn: sa.Connection, now: int, limit: int) -> list[tuple[str, str]]:
    """Return (business, id) of grants of all businesses whose time is over and that are still asked or approved."""
    live = AccessGrant.state.in_((AccessState.ASKED, AccessState.APPROVED)), AccessGrant.until <= now
    statement = select(AccessGrant.business_id, AccessGrant.id).where(*live).limit(limit)
    return [(row.business_id, row.id) for row in conn.execute(statement.execution_options(across=Across.SWEEP))]


def add_view(conn: sa.Connection, business_id: str, grant_id: str, one: Named, at: int, told_at: int | None) -> bool:
    """Note a look; False if one in the same minute is noted already."""
    values = {"grant_id": grant_id, "kind": one.kind, "object_id": one.id, "minute": at // 60, "told_at": told_at}
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(AccessView).values(business_id=business_id, **values).on_conflict_do_nothing()
    return conn.execute(statement.returning(AccessView.minute)).first() is not None


def views_of(
    conn: sa.Connection, business_id: str, grants: Collection[str], *, untold: bool = False
) -> list[sa.Row[Any]]:
    """Return the looks under these grants, the newest first; ``untold``: those of which nobody was told."""
    mine = AccessView.business_id == business_id, AccessView.grant_id.in_(grants)
    statement = select(AccessView.__table__).where(*mine)
    if untold:
        statement = statement.where(AccessView.told_at.is_(None))
    return list(conn.execute(statement.order_by(AccessView.minute.desc(), AccessView.object_id)).all())


def set_told(conn: sa.Connection, business_id: str, grant_id: str, now: int) -> None:
    """Note that the person was told of all looks under a grant."""
    mine = AccessView.business_id == business_id, AccessView.grant_id == grant_id, AccessView.told_at.is_(None)
    conn.execute(update(AccessView).where(*mine).values(told_at=now))


def named(row: sa.Row[Any]) -> Named:
    """Return the object of a row that has ``kind`` and ``object_id``."""
    return Named(ObjectKind(row.kind), row.object_id)
