"""Connections: provider accounts that somebody authorised, and their sealed credentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Text,
    and_,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from hub.core.ended import EndState
from hub.core.errors import UnknownId
from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.consent import WHAT_IT_PERMITS, Consent, consent_of
from hub.store.holder import Holder
from hub.store.ids import LENGTH, is_id
from hub.store.keys import ConnectionKey
from hub.store.passing import wait_for_end
from hub.store.prepared import prepared

_ID = About(Category.IDENTIFIER, Retention.CONNECTION)
_RULE = About(Category.CONFIGURATION, Retention.CONNECTION)
_STATE = About(Category.TECHNICAL, Retention.CONNECTION)
_OWNER = About(Category.CONTACT, Retention.CONNECTION, Link.STAFF, export=True, erase=Erase.ROW)
_USER = About(Category.IDENTIFIER, Retention.CONNECTION, Link.USER, erase=Erase.CLEAR)
_ACCOUNT = About(Category.IDENTIFIER, Retention.CONNECTION, Link.STAFF, erase=Erase.ROW)
_SEALED = About(Category.CREDENTIAL, Retention.CONNECTION, Link.STAFF, erase=Erase.ROW)


class Connection(Base):
    """One provider account.

    ``epoch`` grows at each disconnect and reconnect: a call or a refresh that began under an older one is refused.
    ``origins`` are what ``{connection}`` means, ``purposes`` what its owner agreed to. ``health`` is ``ok``,
    ``failing``, ``needs_reconnect`` or ``disconnected``; ``health_reason`` a machine word. ``holder_id`` is the staff
    member whose own account it is, None for one of the business; then ``user_id`` is the console user who connected it.
    ``account`` is its name with the plugin's settings, sealed (`hub.vault.names`);
    ``account_hash`` is a keyed hash by which connections of one provider account know each other, over all businesses;
    ``end_state`` is what is known of an ended one's grant at the provider (`hub.core.ended.EndState`). ``scopes`` are
    what the provider says was granted, ``limits`` sentences of the plugin: what cannot be done because it was less.
    """

    __tablename__ = "connection"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"), index=True)
    holder_id: Mapped[str | None] = column(_ID, ForeignKey("holder.id"), nullable=True)
    provider: Mapped[str] = column(_RULE, Text)
    level: Mapped[str] = column(_RULE, Text)
    account: Mapped[bytes | None] = column(_OWNER, LargeBinary, nullable=True)
    origins: Mapped[list[str]] = column(_RULE, JSON)
    purposes: Mapped[list[str]] = column(_RULE, JSON)
    consent_id: Mapped[str | None] = column(_ID, String(LENGTH), nullable=True)
    epoch: Mapped[int] = column(_STATE, Integer)
    health: Mapped[str] = column(_STATE, Text)
    health_reason: Mapped[str] = column(_STATE, Text)
    health_at: Mapped[int] = column(_STATE, BigInteger)
    made_at: Mapped[int] = column(_STATE, BigInteger)
    user_id: Mapped[str | None] = column(_USER, String(LENGTH), nullable=True)
    account_hash: Mapped[str] = column(_ACCOUNT, Text, index=True, server_default="")
    end_state: Mapped[str] = column(_STATE, Text, server_default="")
    scopes: Mapped[list[str]] = column(_RULE, JSON, server_default="[]")
    limits: Mapped[list[str]] = column(_RULE, JSON, server_default="[]")


class Credential(Base):
    """The sealed grant of a connection. ``version`` grows with each one stored and is bound into the ciphertext.

    ``token_marks`` are keyed hashes by which its tokens are known (`hub.vault.token_watch`).
    """

    __tablename__ = "credential"

    connection_id: Mapped[str] = column(_ID, ForeignKey("connection.id"), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    version: Mapped[int] = column(_STATE, Integer)
    key_version: Mapped[int] = column(_STATE, Integer)
    sealed: Mapped[bytes] = column(_SEALED, LargeBinary)
    stored_at: Mapped[int] = column(_STATE, BigInteger)
    token_marks: Mapped[list[str]] = column(_SEALED, JSON, server_default="[]")


OK = "ok"
DISCONNECTED = "disconnected"

_BUSINESS, _ID_GIVEN = (sa.bindparam(name, None, String) for name in ("business_id", "connection_id"))
_MINE = Connection.business_id == _BUSINESS, Connection.id == _ID_GIVEN
_WITH_CONSENT = select(Connection.__table__, *WHAT_IT_PERMITS).outerjoin(Consent, consent_of(Connection))
_for_account = prepared(lambda: _WITH_CONSENT.where(*_MINE))
_FOR_CALL = (
    select(
        *WHAT_IT_PERMITS,
        Connection.provider,
        Connection.epoch,
        Connection.health,
        Connection.health_reason,
        Connection.purposes,
        Connection.origins,
        Credential.version,
        Credential.key_version,
        Credential.sealed,
        ConnectionKey.wrapped,
    )
    .select_from(Connection)
    .outerjoin(Consent, consent_of(Connection))
    .outerjoin(
        Credential, and_(Credential.connection_id == Connection.id, Credential.business_id == Connection.business_id)
    )
    .outerjoin(
        ConnectionKey,
        and_(
            ConnectionKey.connection_id == Credential.connection_id,
            ConnectionKey.business_id == Credential.business_id,
            ConnectionKey.version == Credential.key_version,
        ),
    )
    .where(*_MINE)
)


@dataclass(frozen=True, slots=True)
class Granted:
    """What an owner's consent made of a connection, but its names; written anew at each reconnect."""

    level: str
    origins: Sequence[str]
    purposes: Sequence[str]
    account_hash: str = ""
    scopes: Sequence[str] = ()
    limits: Sequence[str] = ()

    def columns(self) -> dict[str, object]:
        """Return the values as the columns take them."""
        texts = {"level": self.level, "account_hash": self.account_hash}
        lists = {name: list(getattr(self, name)) for name in ("origins", "purposes", "scopes", "limits")}
        return {**texts, **lists}


def add_connection(
    conn: sa.Connection, business_id: str, connection_id: str, provider: str, granted: Granted, now: int
) -> int:
    """Insert a connection, healthy, and return its first epoch."""
    state = {"epoch": 1, "health": OK, "health_reason": "", "health_at": now, "made_at": now}
    names = {"id": connection_id, "business_id": business_id, "provider": provider}
    conn.execute(insert(Connection).values(**names, **granted.columns(), **state))
    return 1


def renew_connection(conn: sa.Connection, business_id: str, connection_id: str, granted: Granted, now: int) -> int:
    """Write a reconnected account over the old one and return its new epoch. Raises UnknownId."""
    state = {"health": OK, "health_reason": "", "health_at": now, "end_state": EndState.LIVE}
    return _next_epoch(conn, business_id, connection_id, {**granted.columns(), **state})


def set_owner(conn: sa.Connection, business_id: str, connection_id: str, holder_id: str) -> None:
    """Note whose own account a connection is."""
    mine = Connection.business_id == business_id, Connection.id == connection_id
    conn.execute(update(Connection).where(*mine).values(holder_id=holder_id))


def set_user(conn: sa.Connection, business_id: str, connection_id: str, user_id: str) -> None:
    """Note which console user connected an account, if it is not a staff member's own."""
    mine = Connection.business_id == business_id, Connection.id == connection_id, Connection.holder_id.is_(None)
    conn.execute(update(Connection).where(*mine).values(user_id=user_id))


def set_consent(conn: sa.Connection, business_id: str, connection_id: str, consent_id: str) -> None:
    """Note under which consent a connection is used from now on."""
    mine = Connection.business_id == business_id, Connection.id == connection_id
    conn.execute(update(Connection).where(*mine).values(consent_id=consent_id))


def end_connection(conn: sa.Connection, business_id: str, connection_id: str, now: int, reason: str = "owner") -> int:
    """Mark a connection as disconnected and return its new epoch: no call of an older one passes. Raises UnknownId."""
    state = {"health": DISCONNECTED, "health_reason": reason, "health_at": now, "end_state": EndState.OPEN}
    return _next_epoch(conn, business_id, connection_id, state)


def _next_epoch(conn: sa.Connection, business_id: str, connection_id: str, values: Mapping[str, object]) -> int:
    wait_for_end(conn, connection_id, shared=False)
    statement = (
        update(Connection)
        .where(Connection.business_id == business_id, Connection.id == connection_id)
        .values(epoch=Connection.epoch + 1, **values)
        .returning(Connection.epoch)
    )
    epoch = conn.execute(statement).scalar_one_or_none()
    if epoch is None:
        raise UnknownId("connection", connection_id)
    return int(epoch)


def find_connection(conn: sa.Connection, business_id: str, connection_id: str) -> sa.Row[*tuple[Any, ...]]:
    """Return the connection's row, or raise UnknownId."""
    statement = select(Connection.__table__).where(
        Connection.business_id == business_id, Connection.id == connection_id
    )
    row = conn.execute(statement).one_or_none() if is_id(connection_id) else None
    if row is None:
        raise UnknownId("connection", connection_id)
    return row


def list_connections(
    conn: sa.Connection, business_id: str, *, holder_id: str | None = None, connection_id: str | None = None
) -> list[sa.Row[Any]]:
    """Return a business's connections, the oldest first, each with ``holder_name`` and whether it is ``sealed`` still.

    With ``holder_id`` only those that this staff member connected, with ``connection_id`` only that one.
    """
    statement = (
        select(Connection.__table__, Holder.name.label("holder_name"), Credential.version.is_not(None).label("sealed"))
        .outerjoin(Holder, and_(Holder.id == Connection.holder_id, Holder.business_id == business_id))
        .outerjoin(Credential, and_(Credential.connection_id == Connection.id, Credential.business_id == business_id))
        .where(Connection.business_id == business_id)
        .order_by(Connection.made_at, Connection.id)
    )
    if holder_id is not None:
        statement = statement.where(Connection.holder_id == holder_id)
    if connection_id is not None:
        statement = statement.where(Connection.id == connection_id)
    return list(conn.execute(statement).all())


def find_for_call(
    conn: sa.Connection, business_id: str, connection_id: str, *, admitting: bool = False
) -> sa.Row[*tuple[Any, ...]] | None:
    """Return what the broker decides and signs by, in one read: connection, consent, sealed credential and key.

    ``admitting``: the connection cannot end before this transaction has. So no call is let through after an end.
    """
    if admitting:
        wait_for_end(conn, connection_id, shared=True)
    return conn.execute(_FOR_CALL, {"business_id": business_id, "connection_id": connection_id}).one_or_none()


def find_for_account(conn: sa.Connection, business_id: str, connection_id: str) -> sa.Row[*tuple[Any, ...]]:
    """Return the connection's row with the newest state of its consent, in one read. Raises UnknownId."""
    found = _for_account(conn, business_id=business_id, connection_id=connection_id) if is_id(connection_id) else None
    if not found:
        raise UnknownId("connection", connection_id)
    return found.one()


def hold_epoch(conn: sa.Connection, business_id: str, connection_id: str, epoch: int, *, ended: bool = False) -> bool:
    """Lock a connection if it is in that epoch and not disconnected (``ended``: and is), and tell whether it is."""
    statement = (
        select(Connection.id)
        .where(
            Connection.business_id == business_id,
            Connection.id == connection_id,
            Connection.epoch == epoch,
            (Connection.health == DISCONNECTED) if ended else (Connection.health != DISCONNECTED),
        )
        .with_for_update()
    )
    return conn.execute(statement).first() is not None


def credential_version(conn: sa.Connection, business_id: str, connection_id: str) -> int:
    """Return the version of the stored credential, 0 for none."""
    statement = select(Credential.version).where(
        Credential.business_id == business_id, Credential.connection_id == connection_id
    )
    return conn.execute(statement).scalar_one_or_none() or 0


def put_credential(
    conn: sa.Connection, business_id: str, connection_id: str, version: int, key_version: int, sealed: bytes, now: int
) -> None:
    """Store a sealed credential in place of the one there was."""
    values = {"version": version, "key_version": key_version, "sealed": sealed, "stored_at": now}
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Credential).values(connection_id=connection_id, business_id=business_id, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["connection_id"], set_=values))


def delete_credential(conn: sa.Connection, business_id: str, connection_id: str) -> None:
    """Delete the sealed credential of a connection."""
    mine = (Credential.business_id == business_id, Credential.connection_id == connection_id)
    conn.execute(delete(Credential).where(*mine))
