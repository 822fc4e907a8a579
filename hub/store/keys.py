"""Wrapped keys. Person keys have a store of their own, outside the data and its backups.

Data root > a key per business (versions) > a key per person. Credential root > a key per connection. Roots are files,
never rows; `root_check` only holds what tells a wrong root from the right one.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Integer, LargeBinary, MetaData, String, Text, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.guard import Across
from hub.store.ids import LENGTH
from hub.store.prepared import MANY, prepared

_INSTALLATION = About(Category.KEY, Retention.INSTALLATION)
_BUSINESS = About(Category.KEY, Retention.BUSINESS)
_CONNECTION = About(Category.KEY, Retention.CONNECTION)
_PERSON = About(Category.KEY, Retention.PERSON, Link.CUSTOMER, erase=Erase.ROW)


class RootCheck(Base):
    """For each root (``credential``, ``data``) a value that only the right key verifies.

    While a root is rotated there is a second row, ``data.next``; afterwards ``data.old`` until the old file is given
    up. ``generation`` is the key version in every envelope that the root sealed.
    """

    __tablename__ = "root_check"

    root: Mapped[str] = column(_INSTALLATION, Text, primary_key=True)
    salt: Mapped[bytes] = column(_INSTALLATION, LargeBinary)
    check: Mapped[bytes] = column(_INSTALLATION, LargeBinary)
    generation: Mapped[int] = column(_INSTALLATION, Integer, server_default="1")


class RootSecret(Base):
    """What was once derived from the data root (``index``, ``hashes``, ``doors``) and outlives it, wrapped by the
    present one; and what came after the first ``doors`` (``doors.2``)."""

    __tablename__ = "root_secret"

    name: Mapped[str] = column(_INSTALLATION, Text, primary_key=True)
    wrapped: Mapped[bytes] = column(_INSTALLATION, LargeBinary)
    made_at: Mapped[int] = column(_INSTALLATION, BigInteger)


class BusinessKey(Base):
    """A version of a business's key, wrapped by the data root. The highest version seals, all open.

    ``uses`` is about how often it sealed: each process adds what it counted now and then.
    """

    __tablename__ = "business_key"

    business_id: Mapped[str] = column(_BUSINESS, String(LENGTH), primary_key=True)
    version: Mapped[int] = column(_BUSINESS, Integer, primary_key=True)
    wrapped: Mapped[bytes] = column(_BUSINESS, LargeBinary)
    made_at: Mapped[int] = column(_BUSINESS, BigInteger)
    uses: Mapped[int] = column(_BUSINESS, BigInteger, server_default="0")


class ConnectionKey(Base):
    """A version of a connection's key, wrapped by the credential root; ``uses`` as in `BusinessKey`."""

    __tablename__ = "connection_key"

    business_id: Mapped[str] = column(_CONNECTION, String(LENGTH))
    connection_id: Mapped[str] = column(_CONNECTION, String(LENGTH), primary_key=True)
    version: Mapped[int] = column(_CONNECTION, Integer, primary_key=True)
    wrapped: Mapped[bytes] = column(_CONNECTION, LargeBinary)
    made_at: Mapped[int] = column(_CONNECTION, BigInteger)
    uses: Mapped[int] = column(_CONNECTION, BigInteger, server_default="0")


class KeyStoreBase(DeclarativeBase):
    """The tables of the person key store."""

    metadata = MetaData()


class PersonKey(KeyStoreBase):
    """A person's key, wrapped by their business's key. Deleting this row is what erases the person."""

    __tablename__ = "person_key"

    business_id: Mapped[str] = column(_PERSON, String(LENGTH), primary_key=True)
    person_id: Mapped[str] = column(_PERSON, String(LENGTH), primary_key=True)
    business_key_version: Mapped[int] = column(_PERSON, Integer)
    wrapped: Mapped[bytes] = column(_PERSON, LargeBinary)
    made_at: Mapped[int] = column(_PERSON, BigInteger)


class Watermark(KeyStoreBase):
    """The highest version that a connection's credential has reached: an older one in the data was rolled back.

    Settings of providers have one too, without a business and under a name in the form of an id.
    """

    __tablename__ = "watermark"

    business_id: Mapped[str] = column(_CONNECTION, String(LENGTH), primary_key=True)
    connection_id: Mapped[str] = column(_CONNECTION, String(LENGTH), primary_key=True)
    version: Mapped[int] = column(_CONNECTION, Integer)


def add_root_check(conn: sa.Connection, root: str, salt: bytes, check: bytes, generation: int = 1) -> None:
    """Note how a root is recognised; the first note stays."""
    values = {"root": root, "salt": salt, "check": check, "generation": generation}
    conn.execute(_insert(conn, RootCheck).values(**values).on_conflict_do_nothing())


def list_root_checks(
    conn: sa.Connection, root: str, *, shared: bool = False, locked: bool = False
) -> list[sa.Row[Any]]:
    """Return the checks of a root, of the next one and of the old one, the newest generation first.

    ``shared`` keeps them as they are until this transaction ends; ``locked`` waits for those that do so.
    """
    names = (root, f"{root}.next", f"{root}.old")
    statement = select(RootCheck.__table__).where(RootCheck.root.in_(names)).order_by(RootCheck.generation.desc())
    if shared or locked:
        statement = statement.with_for_update(read=shared)
    return list(conn.execute(statement).all())


def delete_root_check(conn: sa.Connection, name: str) -> None:
    """Forget how a root is recognised."""
    conn.execute(delete(RootCheck).where(RootCheck.root == name))


def add_root_secret(conn: sa.Connection, name: str, wrapped: bytes, now: int) -> None:
    """Keep a secret that outlives the root it was derived from; the first one stays."""
    values = {"name": name, "wrapped": wrapped, "made_at": now}
    conn.execute(_insert(conn, RootSecret).values(**values).on_conflict_do_nothing())


def find_root_secret(conn: sa.Connection, name: str) -> bytes | None:
    """Return a wrapped secret, or None before the first rotation of the data root."""
    return conn.execute(select(RootSecret.wrapped).where(RootSecret.name == name)).scalar_one_or_none()


def list_root_secrets(conn: sa.Connection, name: str) -> list[sa.Row[Any]]:
    """Return the versions of a secret: the first has its name, later ones the name, a dot and a number."""
    mine = sa.or_(RootSecret.name == name, RootSecret.name.startswith(f"{name}.", autoescape=True))
    return list(conn.execute(select(RootSecret.__table__).where(mine)).all())


def delete_root_secret(conn: sa.Connection, name: str) -> None:
    """Delete a version of a secret."""
    conn.execute(delete(RootSecret).where(RootSecret.name == name))


def find_root_check(conn: sa.Connection, root: str) -> tuple[bytes, bytes] | None:
    """Return salt and check of a root, or None before the first start."""
    row = conn.execute(select(RootCheck.salt, RootCheck.check).where(RootCheck.root == root)).one_or_none()
    return None if row is None else (row.salt, row.check)


def holds_keys(conn: sa.Connection, root: str) -> bool:
    """Tell whether there are keys here that the root wrapped."""
    table = ConnectionKey if root == "credential" else BusinessKey
    return conn.execute(select(table.version).limit(1).execution_options(across=Across.OPERATOR)).first() is not None


def add_business_key(conn: sa.Connection, business_id: str, version: int, wrapped: bytes, now: int) -> None:
    """Insert a version of a business's key; one that is there stays."""
    values = {"business_id": business_id, "version": version, "wrapped": wrapped, "made_at": now}
    conn.execute(_insert(conn, BusinessKey).values(**values).on_conflict_do_nothing())


def find_business_key(conn: sa.Connection, business_id: str, version: int | None = None) -> tuple[int, bytes] | None:
    """Return version and wrapped key of a business, the newest unless a version is given."""
    given = {"business_id": business_id}
    found = _newest(conn, **given) if version is None else _of_version(conn, **given, version=version)
    row = found.one_or_none()
    return None if row is None else (row.version, row.wrapped)


def add_connection_key(
    conn: sa.Connection, business_id: str, connection_id: str, version: int, wrapped: bytes, now: int
) -> None:
    """Insert a version of a connection's key."""
    values = {"business_id": business_id, "connection_id": connection_id, "version": version, "wrapped": wrapped}
    conn.execute(insert(ConnectionKey).values(**values, made_at=now))


def list_business_keys(conn: sa.Connection, businesses: Collection[str]) -> dict[tuple[str, int], bytes]:
    """Return the wrapped keys of these businesses, by business and version."""
    found = _business_keys(conn, businesses=list(businesses))
    return {(business_id, version): wrapped for business_id, version, wrapped in found}


def find_connection_key(conn: sa.Connection, business_id: str, connection_id: str) -> tuple[int, bytes] | None:
    """Return version and wrapped key of a connection, the newest."""
    statement = (
        select(ConnectionKey.version, ConnectionKey.wrapped)
        .where(ConnectionKey.business_id == business_id, ConnectionKey.connection_id == connection_id)
        .order_by(ConnectionKey.version.desc())
        .limit(1)
    )
    row = conn.execute(statement).one_or_none()
    return None if row is None else (row.version, row.wrapped)


def delete_connection_keys(conn: sa.Connection, business_id: str, connection_id: str) -> None:
    """Delete all versions of a connection's key: what they sealed is unreadable from then on."""
    mine = (ConnectionKey.business_id == business_id, ConnectionKey.connection_id == connection_id)
    conn.execute(delete(ConnectionKey).where(*mine))


def add_person_key(
    conn: sa.Connection, business_id: str, person_id: str, business_key_version: int, wrapped: bytes, now: int
) -> None:
    """Insert a person's key into the key store; one that is there stays."""
    values = {"business_id": business_id, "person_id": person_id, "business_key_version": business_key_version}
    statement = _insert(conn, PersonKey).values(**values, wrapped=wrapped, made_at=now)
    conn.execute(statement.on_conflict_do_nothing())


def find_person_key(conn: sa.Connection, business_id: str, person_id: str) -> tuple[int, bytes] | None:
    """Return from the key store the business key's version and the wrapped key of a person."""
    row = _person_keys(conn, businesses=[business_id], people=[person_id]).one_or_none()
    return None if row is None else (row.business_key_version, row.wrapped)


def list_person_keys(conn: sa.Connection, businesses: Collection[str], people: Collection[str]) -> list[sa.Row[Any]]:
    """Return the rows of these people from the key store; those who were erased are missing."""
    return _person_keys(conn, businesses=list(businesses), people=list(people)).all()


def delete_person_key(conn: sa.Connection, business_id: str, person_id: str) -> bool:
    """Delete a person's key from the key store, and tell whether there was one."""
    mine = (PersonKey.business_id == business_id, PersonKey.person_id == person_id)
    return conn.execute(delete(PersonKey).where(*mine)).rowcount > 0


def find_watermark(conn: sa.Connection, business_id: str, connection_id: str) -> int:
    """Return from the key store the highest credential version of a connection, 0 for none."""
    statement = select(Watermark.version).where(
        Watermark.business_id == business_id, Watermark.connection_id == connection_id
    )
    return conn.execute(statement).scalar_one_or_none() or 0


def raise_watermark(conn: sa.Connection, business_id: str, connection_id: str, version: int) -> None:
    """Note in the key store that a credential reached a version; it never falls."""
    values = {"business_id": business_id, "connection_id": connection_id, "version": version}
    statement = _insert(conn, Watermark).values(**values)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["business_id", "connection_id"],
            set_={"version": statement.excluded.version},
            where=Watermark.version < statement.excluded.version,
        )
    )


def _insert(conn: sa.Connection, table: type[DeclarativeBase]) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can say what a conflict means, in the dialect of the connection."""
    return postgresql.insert(table) if conn.dialect.name == "postgresql" else sqlite.insert(table)


@prepared
def _newest(business_id: Any) -> sa.Executable:
    mine = select(BusinessKey.version, BusinessKey.wrapped).where(BusinessKey.business_id == business_id)
    return mine.order_by(BusinessKey.version.desc()).limit(1)


@prepared
def _of_version(business_id: Any, version: Any) -> sa.Executable:
    mine = BusinessKey.business_id == business_id, BusinessKey.version == version
    return select(BusinessKey.version, BusinessKey.wrapped).where(*mine)


@prepared
def _business_keys(businesses: Any = MANY) -> sa.Executable:
    table = BusinessKey
    return select(table.business_id, table.version, table.wrapped).where(table.business_id.in_(businesses))


@prepared
def _person_keys(businesses: Any = MANY, people: Any = MANY) -> sa.Executable:
    return select(PersonKey.__table__).where(PersonKey.business_id.in_(businesses), PersonKey.person_id.in_(people))
