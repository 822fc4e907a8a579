"""The ledger: entries that are never changed, and what they say, which goes when a person is erased.

Triggers of the database keep an entry as it was written: nothing but its place in the order (``seq``) may be set, once
and without a gap, and no row may be deleted (`migrations.versions.0003_keys`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    String,
    Text,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped

from hub.core.ledger import Entry, EntryKind
from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.guard import Across
from hub.store.ids import LENGTH

_ID = About(Category.IDENTIFIER, Retention.INSTALLATION)
_STATE = About(Category.TECHNICAL, Retention.INSTALLATION)
_SAID = About(Category.TECHNICAL, Retention.BUSINESS, Link.CUSTOMER, export=True, erase=Erase.ROW)
_SALT = About(Category.TECHNICAL, Retention.BUSINESS, Link.CUSTOMER, erase=Erase.ROW)
_PERSON = About(Category.IDENTIFIER, Retention.PERSON, Link.CUSTOMER, erase=Erase.ROW)
_STAFF = About(Category.IDENTIFIER, Retention.BUSINESS, Link.STAFF, erase=Erase.ROW)
_USER = About(Category.IDENTIFIER, Retention.BUSINESS, Link.USER, erase=Erase.ROW)

_LOCK = 0x6C6564676572  # any number that no other program takes on this database


class LedgerEntry(Base):
    """One entry as it stays: what kind, when (UTC seconds), and a commitment to all that it says.

    ``seq`` is its place in the order of all businesses, from 0, without a gap; None until the sequencer gave it one.
    No foreign key leads to the business: the entry outlives it.
    """

    __tablename__ = "ledger_entry"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    kind: Mapped[str] = column(_STATE, Text)
    at: Mapped[int] = column(_STATE, BigInteger)
    commitment: Mapped[bytes] = column(_STATE, LargeBinary)
    seq: Mapped[int | None] = column(_STATE, BigInteger, nullable=True, unique=True)

    __table_args__ = (
        Index("ix_ledger_entry_business", "business_id", "id"),
        Index(
            "ix_ledger_entry_waiting",
            "at",
            "id",
            sqlite_where=text("seq IS NULL"),
            postgresql_where=text("seq IS NULL"),
        ),
    )


class LedgerContent(Base):
    """What an entry says, with the salt of its commitment and whom it is about. Deleted when that person is erased."""

    __tablename__ = "ledger_content"

    entry_id: Mapped[str] = column(_ID, ForeignKey("ledger_entry.id"), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    salt: Mapped[bytes] = column(_SALT, LargeBinary)
    content: Mapped[dict[str, Any]] = column(_SAID, JSON)
    connection_id: Mapped[str] = column(_ID, String(LENGTH))
    person_id: Mapped[str] = column(_PERSON, String(LENGTH))
    holder_id: Mapped[str] = column(_STAFF, String(LENGTH))
    user_id: Mapped[str] = column(_USER, String(LENGTH))

    __table_args__ = (
        Index("ix_ledger_content_connection", "business_id", "connection_id", "entry_id"),
        Index("ix_ledger_content_person", "business_id", "person_id", "entry_id"),
        Index("ix_ledger_content_holder", "business_id", "holder_id", "entry_id"),
        Index("ix_ledger_content_user", "business_id", "user_id", "entry_id"),
    )


def add_entry(conn: sa.Connection, entry: Entry, commitment: bytes, salt: bytes) -> None:
    """Insert an entry and what it says."""
    mine = {"business_id": entry.business_id}
    conn.execute(insert(LedgerEntry).values(id=entry.id, kind=entry.kind, at=entry.at, commitment=commitment, **mine))
    about = {name: getattr(entry, name) for name in ("connection_id", "person_id", "holder_id", "user_id")}
    said = {"content": dict(entry.content), "salt": salt}
    conn.execute(insert(LedgerContent).values(entry_id=entry.id, **mine, **about, **said))


def find_entries(
    conn: sa.Connection,
    business_id: str,
    *,
    kinds: Collection[EntryKind] = (),
    before: str = "",
    limit: int = 50,
    **about: str,
) -> Sequence[Row[Any]]:
    """Return entries of a business, the newest first, from before the one with the id ``before`` on.

    Each has ``content`` and ``salt``, None where they were erased. ``about`` are columns of `LedgerContent`, such as
    ``connection_id``; ``kinds`` empty means all.
    """
    source = sa.outerjoin(LedgerEntry, LedgerContent, LedgerContent.entry_id == LedgerEntry.id)
    said = [one for one in LedgerContent.__table__.columns if one.name not in ("entry_id", "business_id")]
    statement = (
        select(LedgerEntry.__table__, *said)
        .select_from(source)
        .where(
            LedgerEntry.business_id == business_id,
            sa.or_(LedgerContent.business_id == business_id, LedgerContent.business_id.is_(None)),
        )
    )
    for name, value in about.items():
        statement = statement.where(LedgerContent.__table__.c[name] == value)
    if kinds:
        statement = statement.where(LedgerEntry.kind.in_(kinds))
    if before:
        statement = statement.where(LedgerEntry.id < before)
    return conn.execute(statement.order_by(LedgerEntry.id.desc()).limit(limit)).all()


def lock_order(conn: sa.Connection) -> None:
    """Wait until this transaction alone gives entries their places. SQLite has one writer anyhow."""
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(_LOCK))).all()


def next_place(conn: sa.Connection) -> int:
    """Return the place of the next entry in the order."""
    last = conn.scalar(select(func.max(LedgerEntry.seq)).execution_options(across=Across.LEDGER))
    return 0 if last is None else int(last) + 1


def waiting_entries(conn: sa.Connection, limit: int) -> list[str]:
    """Return the ids of entries of all businesses that have no place yet, by time and id."""
    statement = select(LedgerEntry.id).where(LedgerEntry.seq.is_(None)).order_by(LedgerEntry.at, LedgerEntry.id)
    return list(conn.execute(statement.limit(limit).execution_options(across=Across.LEDGER)).scalars())


def order_of(conn: sa.Connection) -> tuple[int, int]:
    """Return how many entries of all businesses have a place, and which place the next one gets."""
    counted = conn.scalar(select(func.count(LedgerEntry.seq)).execution_options(across=Across.LEDGER))
    return int(counted or 0), next_place(conn)


def newest_entries(conn: sa.Connection, limit: int) -> Sequence[Row[Any]]:
    """Return the newest entries of all businesses whose content was not erased, with content, salt and ids."""
    said = [one for one in LedgerContent.__table__.columns if one.name not in ("entry_id", "business_id")]
    source = sa.join(LedgerEntry, LedgerContent, LedgerContent.entry_id == LedgerEntry.id)
    statement = select(LedgerEntry.__table__, *said).select_from(source).order_by(LedgerEntry.id.desc()).limit(limit)
    return conn.execute(statement.execution_options(across=Across.LEDGER)).all()


def set_places(conn: sa.Connection, places: dict[str, int]) -> None:
    """Give entries their places, in that order."""
    statement = update(LedgerEntry).where(LedgerEntry.id == sa.bindparam("entry")).values(seq=sa.bindparam("place"))
    rows = [{"entry": entry, "place": place} for entry, place in places.items()]
    if rows:
        conn.execute(statement, rows, execution_options={"across": Across.LEDGER})
