"""What the key store keeps for a restore: copies of the businesses' keys, who was erased, and notes of backups.

The key store stays when old data come back. So it holds what the old data cannot know: newer keys that the keys of
people are wrapped by, and the list of those who must be erased again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Integer, LargeBinary, String, Text, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped

from hub.store.annotate import About, Category, Link, Retention, column
from hub.store.guard import Across
from hub.store.ids import LENGTH
from hub.store.keys import KeyStoreBase

_KEY = About(Category.KEY, Retention.BUSINESS)
_NOTE = About(Category.TECHNICAL, Retention.INSTALLATION)
_ERASED = About(Category.IDENTIFIER, Retention.INSTALLATION, Link.CUSTOMER)

RESTORED = "restored"
"""The note that is there from before old data come back until the erasure list has been replayed."""


class BusinessKeyCopy(KeyStoreBase):
    """A version of a business's key as the data hold it, for when older data come back that do not."""

    __tablename__ = "business_key_copy"

    business_id: Mapped[str] = column(_KEY, String(LENGTH), primary_key=True)
    version: Mapped[int] = column(_KEY, Integer, primary_key=True)
    wrapped: Mapped[bytes] = column(_KEY, LargeBinary)
    made_at: Mapped[int] = column(_KEY, BigInteger)


class Erasure(KeyStoreBase):
    """A person whose key was destroyed. Only the id: it must be kept as long as an old backup may come back."""

    __tablename__ = "erasure"

    business_id: Mapped[str] = column(_ERASED, String(LENGTH), primary_key=True)
    person_id: Mapped[str] = column(_ERASED, String(LENGTH), primary_key=True)
    erased_at: Mapped[int] = column(_ERASED, BigInteger)
    replayed_at: Mapped[int | None] = column(_ERASED, BigInteger, nullable=True)


class StoreNote(KeyStoreBase):
    """When something was last done with the whole store (``backup``, ``drill``, ``restored`` …), and a word about it.

    The tables of the key store belong to no business, so this one has an empty ``business_id``.
    """

    __tablename__ = "store_note"

    business_id: Mapped[str] = column(_NOTE, String(LENGTH), primary_key=True)
    name: Mapped[str] = column(_NOTE, Text, primary_key=True)
    at: Mapped[int] = column(_NOTE, BigInteger)
    detail: Mapped[str] = column(_NOTE, Text)


def add_key_copy(conn: sa.Connection, business_id: str, version: int, wrapped: bytes, now: int) -> None:
    """Keep a copy of a business's key, in place of one whose transaction in the data failed."""
    values = {"business_id": business_id, "version": version, "wrapped": wrapped, "made_at": now}
    statement = _insert(conn, BusinessKeyCopy).values(**values)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["business_id", "version"], set_={"wrapped": wrapped, "made_at": now}
        )
    )


def find_key_copy(conn: sa.Connection, business_id: str, version: int) -> bytes | None:
    """Return the copy of a version of a business's key, or None."""
    mine = BusinessKeyCopy.business_id == business_id, BusinessKeyCopy.version == version
    return conn.execute(select(BusinessKeyCopy.wrapped).where(*mine)).scalar_one_or_none()


def list_key_copies(conn: sa.Connection) -> Sequence[sa.Row[Any]]:
    """Return all copies of the businesses' keys."""
    return conn.execute(select(BusinessKeyCopy.__table__).execution_options(across=Across.OPERATOR)).all()


def delete_key_copies(conn: sa.Connection, business_id: str, below: int) -> None:
    """Destroy the copies of versions below one."""
    mine = BusinessKeyCopy.business_id == business_id, BusinessKeyCopy.version < below
    conn.execute(delete(BusinessKeyCopy).where(*mine))


def add_erasure(conn: sa.Connection, business_id: str, person_id: str, now: int) -> None:
    """Note that a person was erased, in the transaction that destroys their key."""
    values = {"business_id": business_id, "person_id": person_id, "erased_at": now}
    conn.execute(_insert(conn, Erasure).values(**values).on_conflict_do_nothing())


def list_erasures(conn: sa.Connection, after: tuple[str, str] = ("", ""), limit: int = 500) -> list[tuple[str, str]]:
    """Return business and person of the erased, in order, from behind one on."""
    statement = select(Erasure.business_id, Erasure.person_id)
    statement = statement.where(sa.tuple_(Erasure.business_id, Erasure.person_id) > after)
    statement = statement.order_by(Erasure.business_id, Erasure.person_id).limit(limit)
    rows = conn.execute(statement.execution_options(across=Across.OPERATOR))
    return [(row.business_id, row.person_id) for row in rows]


def note_replayed(conn: sa.Connection, now: int) -> None:
    """Note of all erasures that they were brought about in the data that came back."""
    conn.execute(sa.update(Erasure).values(replayed_at=now).execution_options(across=Across.OPERATOR))


def put_note(conn: sa.Connection, name: str, at: int, detail: str = "") -> None:
    """Write a note over the one of its name."""
    statement = _insert(conn, StoreNote).values(business_id="", name=name, at=at, detail=detail)
    conn.execute(
        statement.on_conflict_do_update(index_elements=["business_id", "name"], set_={"at": at, "detail": detail})
    )


def find_note(conn: sa.Connection, name: str) -> tuple[int, str] | None:
    """Return when and what was noted last under a name, or None."""
    mine = StoreNote.business_id == "", StoreNote.name == name
    row = conn.execute(select(StoreNote.at, StoreNote.detail).where(*mine)).one_or_none()
    return None if row is None else (row.at, row.detail)


def delete_note(conn: sa.Connection, name: str) -> None:
    """Take a note away."""
    conn.execute(delete(StoreNote).where(StoreNote.business_id == "", StoreNote.name == name))


def _insert(conn: sa.Connection, table: type[DeclarativeBase]) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if conn.dialect.name == "postgresql" else sqlite.insert(table)
