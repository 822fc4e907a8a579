"""Every text that is sealed with a business's key itself, so that a rotation finds them all.

A test compares the list with the columns of the tables: a sealed one that is not here would become unreadable.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Text, cast, select, update

from hub.core.errors import Tampered, UnknownId
from hub.store.business import AGENCY
from hub.store.calendar import Calendar
from hub.store.connecting import Connecting
from hub.store.connection import Connection
from hub.store.guard import Across
from hub.store.holder import Holder
from hub.store.mail import Mail
from hub.store.rotation import is_sealed_by_another
from hub.store.sign_in import ConsoleSession, OneTimeLink
from hub.store.user import ConsoleUser
from hub.vault.cipher import Cipher, Place, key_version
from hub.vault.keys import Keyring


@dataclass(frozen=True, slots=True)
class SealedText:
    """A column of such texts. Without a ``business_id`` its texts are the agency's, and with ``unless`` set another
    key seals them."""

    column: Any
    unless: Any = None

    @property
    def table(self) -> sa.Table:
        """The table that it is in."""
        table = self.column.property.columns[0].table
        assert isinstance(table, sa.Table)
        return table


TEXTS = (
    SealedText(ConsoleUser.email),
    SealedText(ConsoleUser.totp),
    SealedText(OneTimeLink.email),
    SealedText(Holder.email),
    SealedText(Mail.message, unless=Mail.person_id),
    SealedText(Connecting.keep),
    SealedText(Connection.account),
    SealedText(Calendar.names),
)


def texts_of(business: str) -> tuple[SealedText, ...]:
    """Return the columns in which a business has texts; those of the installation are the agency's."""
    return tuple(text for text in TEXTS if business == AGENCY or "business_id" in text.table.c)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step did: how many were sealed anew, how many do not open, and behind which id to go on."""

    done: int
    broken: int = 0
    last: str | None = None


def reseal(
    conn: sa.Connection, keyring: Keyring, text: SealedText, business: str, newest: Cipher, after: str, limit: int
) -> Batch:
    """Seal the next texts of a column with the newest key of their business. ``conn`` is writing."""
    table, column = text.table, text.table.c[text.column.key]
    rows = conn.execute(_waiting(text, business, newest.version, after).limit(limit).with_for_update()).all()
    done = broken = 0
    for row in rows:
        place = Place(business, table.name, row.id, column.name)
        sealed = _anew(conn, keyring, place, row.sealed, newest)
        if sealed is None:
            broken += 1
            continue
        done += 1
        same = table.c.id == row.id, *_mine(table, business)
        conn.execute(update(table).where(*same).values({column.name: sealed}))
    return Batch(done, broken, rows[-1].id if rows else None)


def reseal_pending(conn: sa.Connection, keyring: Keyring, newest: Cipher) -> Batch:
    """Seal secrets that a session keeps until they are confirmed anew with the agency's newest key."""
    done = broken = 0
    for session, keep in _pending(conn):
        sealed = b64decode(keep["totp"])
        if key_version(sealed) == newest.version:
            continue
        anew = _anew(conn, keyring, Place(AGENCY, "console_session", session, "totp"), sealed, newest)
        if anew is None:
            broken += 1
            continue
        done += 1
        keep = keep | {"totp": b64encode(anew).decode()}
        conn.execute(update(ConsoleSession).where(ConsoleSession.id == session).values(keep=keep))
    return Batch(done, broken)


def is_needed(conn: sa.Connection, business: str, newest: int) -> bool:
    """Tell whether a text of a business is still sealed with another version of its key than the newest."""
    for text in texts_of(business):
        if conn.execute(_waiting(text, business, newest, "").limit(1)).first() is not None:
            return True
    if business != AGENCY:
        return False
    return any(key_version(b64decode(keep["totp"])) != newest for _, keep in _pending(conn))


def _anew(conn: sa.Connection, keyring: Keyring, place: Place, sealed: bytes, newest: Cipher) -> bytes | None:
    try:
        old = keyring.business_key(conn, place.business, key_version(sealed))
        return newest.seal(old.open(sealed, place, 1), place, 1)
    except (Tampered, UnknownId):  # it did not open before either: it stays as it is
        return None


def _waiting(text: SealedText, business: str, newest: int, after: str) -> sa.Select[Any]:
    table, column = text.table, text.table.c[text.column.key]
    statement = select(table.c.id, column.label("sealed")).where(
        column.is_not(None), is_sealed_by_another(column, newest), table.c.id > after, *_mine(table, business)
    )
    if text.unless is not None:
        statement = statement.where(text.unless.is_(None))
    return statement.order_by(table.c.id)


def _mine(table: sa.Table, business: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (table.c.business_id == business,) if "business_id" in table.c else ()


def _pending(conn: sa.Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    statement = select(ConsoleSession.id, ConsoleSession.keep).where(cast(ConsoleSession.keep, Text).like('%"totp"%'))
    for row in conn.execute(statement.with_for_update().execution_options(across=Across.OPERATOR)).all():
        keep = row.keep if isinstance(row.keep, dict) else json.loads(row.keep)
        if "totp" in keep:
            yield row.id, keep
