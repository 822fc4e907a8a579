"""Rotations of keys: how far each is, and the wrapped keys and sealed texts that still wait for the newest key.

Nothing remembers which rows are done: an envelope names the version of the key that sealed it, and what names another
one than the newest is left to do. So a rotation that was killed anywhere goes on where it was.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Integer, LargeBinary, String, Text, delete, func, insert, literal, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped

from hub.store.annotate import About, Base, Category, Retention, column
from hub.store.connection import Connection, Credential
from hub.store.guard import Across
from hub.store.ids import LENGTH
from hub.store.keys import BusinessKey, ConnectionKey, PersonKey, RootCheck

_STATE = About(Category.TECHNICAL, Retention.INSTALLATION)


class Rotation(Base):
    """One rotation: of which ``kind`` of keys, its ``phase``, and how many records it has ``done``. Ended or not."""

    __tablename__ = "rotation"

    id: Mapped[str] = column(_STATE, String(LENGTH), primary_key=True)
    kind: Mapped[str] = column(_STATE, Text)
    phase: Mapped[str] = column(_STATE, Text)
    done: Mapped[int] = column(_STATE, Integer)
    started_at: Mapped[int] = column(_STATE, BigInteger)
    changed_at: Mapped[int] = column(_STATE, BigInteger)
    ended_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)


def open_rotation(conn: sa.Connection, kind: str) -> sa.Row[Any] | None:
    """Return the rotation of a kind that has not ended, or None."""
    mine = Rotation.kind == kind, Rotation.ended_at.is_(None)
    return conn.execute(select(Rotation.__table__).where(*mine)).first()


def last_rotations(conn: sa.Connection, limit: int = 20) -> Sequence[sa.Row[Any]]:
    """Return rotations, the newest first."""
    return conn.execute(select(Rotation.__table__).order_by(Rotation.id.desc()).limit(limit)).all()


def add_rotation(conn: sa.Connection, identifier: str, kind: str, phase: str, now: int) -> None:
    """Begin a rotation."""
    values = {"id": identifier, "kind": kind, "phase": phase, "done": 0, "started_at": now, "changed_at": now}
    conn.execute(insert(Rotation).values(**values))


def move_rotation(conn: sa.Connection, identifier: str, now: int, *, done: int = 0, **values: Any) -> None:
    """Write down that a rotation went on: ``done`` more records, and what else changed."""
    changed = {"changed_at": now, "done": Rotation.done + done, **values}
    conn.execute(update(Rotation).where(Rotation.id == identifier).values(**changed))


def newest_versions(conn: sa.Connection) -> dict[str, tuple[int, int]]:
    """Return for each business the newest version of its key, and when that was made."""
    statement = select(BusinessKey.business_id, BusinessKey.version, BusinessKey.made_at).order_by(BusinessKey.version)
    rows = conn.execute(statement.execution_options(across=Across.OPERATOR))
    return {row.business_id: (row.version, row.made_at) for row in rows}


def all_business_keys(conn: sa.Connection) -> Sequence[sa.Row[Any]]:
    """Return all versions of the keys of all businesses."""
    statement = select(BusinessKey.__table__).order_by(BusinessKey.business_id, BusinessKey.version)
    return conn.execute(statement.execution_options(across=Across.OPERATOR)).all()


def all_connection_keys(conn: sa.Connection) -> Sequence[sa.Row[Any]]:
    """Return all versions of the keys of all connections."""
    return conn.execute(select(ConnectionKey.__table__).execution_options(across=Across.OPERATOR)).all()


def old_versions(conn: sa.Connection, business_id: str) -> list[int]:
    """Return the versions of a business's key below the newest."""
    statement = select(BusinessKey.version).where(BusinessKey.business_id == business_id).order_by(BusinessKey.version)
    return list(conn.execute(statement).scalars())[:-1]


def delete_business_key(conn: sa.Connection, business_id: str, version: int) -> None:
    """Destroy a version of a business's key."""
    mine = BusinessKey.business_id == business_id, BusinessKey.version == version
    conn.execute(delete(BusinessKey).where(*mine))


def people_under_old_keys(
    conn: sa.Connection, business_id: str, newest: int, after: str, limit: int
) -> list[sa.Row[Any]]:
    """Return from the key store, locked, keys of people behind an id that another version than the newest wraps."""
    mine = (
        PersonKey.business_id == business_id,
        PersonKey.business_key_version != newest,
        PersonKey.person_id > after,
    )
    statement = select(PersonKey.__table__).where(*mine).order_by(PersonKey.person_id).limit(limit)
    return list(conn.execute(statement.with_for_update()).all())


def put_people_keys(conn: sa.Connection, business_id: str, version: int, wrapped: Mapping[str, bytes]) -> None:
    """Write keys of people as the newest version wraps them. One that was destroyed meanwhile stays destroyed."""
    mine = PersonKey.business_id == business_id, PersonKey.person_id == sa.bindparam("person")
    statement = update(PersonKey).where(*mine).values(business_key_version=version, wrapped=sa.bindparam("new"))
    conn.execute(statement, [{"person": person, "new": one} for person, one in wrapped.items()])


def connection_key_age(conn: sa.Connection, business_id: str, connection_id: str) -> int:
    """Return when the newest version of a connection's key was made, 0 for none."""
    mine = ConnectionKey.business_id == business_id, ConnectionKey.connection_id == connection_id
    return conn.scalar(select(func.max(ConnectionKey.made_at)).where(*mine)) or 0


def delete_connection_key_versions(conn: sa.Connection, business_id: str, connection_id: str, *, below: int) -> None:
    """Destroy the versions of a connection's key below one."""
    mine = ConnectionKey.business_id == business_id, ConnectionKey.connection_id == connection_id
    conn.execute(delete(ConnectionKey).where(*mine, ConnectionKey.version < below))


def lock_connection(conn: sa.Connection, business_id: str, connection_id: str) -> None:
    """Keep others from storing a credential of a connection until this transaction ends."""
    mine = Connection.business_id == business_id, Connection.id == connection_id
    conn.execute(select(Connection.id).where(*mine).with_for_update())


def put_resealed(
    conn: sa.Connection, business_id: str, connection_id: str, version: int, key_version: int, sealed: bytes
) -> None:
    """Store the same credential as another version of its key sealed it; its own version stays."""
    mine = Credential.business_id == business_id, Credential.connection_id == connection_id
    values = {"key_version": key_version, "sealed": sealed}
    conn.execute(update(Credential).where(*mine, Credential.version == version).values(**values))


def is_sealed_by_another(column: Any, version: int) -> sa.ColumnElement[bool]:
    """Compare the key version that an envelope names (its bytes 2 to 5) with one."""
    return func.substr(column, 2, 4) != literal(struct.pack(">I", version), LargeBinary)


def connections_with_keys(conn: sa.Connection, after: tuple[str, str], limit: int) -> list[tuple[str, str]]:
    """Return business and id of connections that have keys, in order, from behind one on."""
    one = sa.tuple_(ConnectionKey.business_id, ConnectionKey.connection_id)
    statement = select(ConnectionKey.business_id, ConnectionKey.connection_id).distinct().where(one > after)
    statement = statement.order_by(ConnectionKey.business_id, ConnectionKey.connection_id).limit(limit)
    rows = conn.execute(statement.execution_options(across=Across.OPERATOR))
    return [(row.business_id, row.connection_id) for row in rows]


def keys_under_another_root(
    conn: sa.Connection, table: type[DeclarativeBase], generation: int, *, locked: bool = False
) -> list[sa.Row[Any]]:
    """Return the rows whose wrapped key names another generation of its root."""
    statement = select(table.__table__).where(is_sealed_by_another(table.__table__.c.wrapped, generation))
    if locked:
        statement = statement.with_for_update()
    return list(conn.execute(statement.execution_options(across=Across.OPERATOR)).all())


def put_wrapped(conn: sa.Connection, table: type[DeclarativeBase], row: Any, wrapped: bytes) -> bool:
    """Write a wrapped key over the one that was read, and tell whether it was still there."""
    mine = [key == getattr(row, key.name) for key in sa.inspect(table).primary_key]
    statement = update(table).where(*mine, table.__table__.c.wrapped == row.wrapped).values(wrapped=wrapped)
    return conn.execute(statement.execution_options(across=Across.OPERATOR)).rowcount == 1


def take_next_root(conn: sa.Connection, root: str) -> None:
    """Let the next root be the root, and the root the old one."""
    for name, becomes in ((root, f"{root}.old"), (f"{root}.next", root)):
        conn.execute(update(RootCheck).where(RootCheck.root == name).values(root=becomes))
