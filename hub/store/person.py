"""People: the data subjects. Their fields are sealed with a key of their own and found by keyed hash."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary, String, Text, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped

from hub.core.errors import UnknownId
from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.ids import LENGTH
from hub.store.prepared import MANY, prepared

_ID = About(Category.IDENTIFIER, Retention.PERSON, Link.CUSTOMER, erase=Erase.ROW)
_SEALED = About(Category.CONTACT, Retention.PERSON, Link.CUSTOMER, export=True, erase=Erase.KEY)
_HASH = About(Category.CONTACT, Retention.PERSON, Link.CUSTOMER, erase=Erase.ROW)
_STATE = About(Category.TECHNICAL, Retention.PERSON, Link.CUSTOMER, erase=Erase.ROW)


class Person(Base):
    """A customer or lead of one business. ``version`` is bound into the sealed fields and grows with each change."""

    __tablename__ = "person"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"))
    name: Mapped[bytes] = column(_SEALED, LargeBinary)
    email: Mapped[bytes | None] = column(_SEALED, LargeBinary, nullable=True)
    phone: Mapped[bytes | None] = column(_SEALED, LargeBinary, nullable=True)
    email_hash: Mapped[str | None] = column(_HASH, Text, nullable=True)
    phone_hash: Mapped[str | None] = column(_HASH, Text, nullable=True)
    version: Mapped[int] = column(_STATE, Integer)
    made_at: Mapped[int] = column(_STATE, BigInteger)

    __table_args__ = (
        sa.Index("ix_person_email", "business_id", "email_hash"),
        sa.Index("ix_person_phone", "business_id", "phone_hash"),
    )


def add_person(conn: sa.Connection, **values: object) -> None:
    """Insert a person whose fields are sealed already."""
    _add(conn, **values)


def find_person(conn: sa.Connection, business_id: str, person_id: str) -> sa.Row[tuple[object, ...]]:
    """Return the person's row, or raise UnknownId."""
    row = _one(conn, business_id=business_id, person_id=person_id).one_or_none()
    if row is None:
        raise UnknownId("person", person_id)
    return row


def find_people(conn: sa.Connection, businesses: Collection[str], people: Collection[str]) -> list[sa.Row[Any]]:
    """Return the rows of these people."""
    return list(_many(conn, businesses=list(businesses), people=list(people)).all())


def people_by_hash(
    conn: sa.Connection, hashes: Mapping[str, Collection[str]], column: InstrumentedAttribute[str | None]
) -> list[str]:
    """Return the ids of those whom a business (the key) knows under one of the hashes (the value) in that column."""
    mine = Person.business_id.in_(list(hashes)), column.in_([one for some in hashes.values() for one in some])
    found = conn.execute(select(Person.id, Person.business_id, column.label("hash")).where(*mine))
    return [row.id for row in found if row.hash in hashes[row.business_id]]


def person_by_hash(conn: sa.Connection, business_id: str, email_hash: str | None, phone_hash: str | None) -> str | None:
    """Return the id of the person known under that address or number, the oldest first."""
    if email_hash is None and phone_hash is None:
        return None
    known: str | None = _known(conn, business_id=business_id, email_hash=email_hash, phone_hash=phone_hash).scalar()
    return known


_add = prepared(lambda: insert(Person))


@prepared
def _one(business_id: Any, person_id: Any) -> sa.Executable:
    return select(Person.__table__).where(Person.business_id == business_id, Person.id == person_id)


@prepared
def _many(businesses: Any = MANY, people: Any = MANY) -> sa.Executable:
    return select(Person.__table__).where(Person.business_id.in_(businesses), Person.id.in_(people))


@prepared
def _known(business_id: Any, email_hash: Any, phone_hash: Any) -> sa.Executable:
    same = sa.or_(Person.email_hash == email_hash, Person.phone_hash == phone_hash)  # nothing equals NULL
    return select(Person.id).where(Person.business_id == business_id, same).order_by(Person.id)
