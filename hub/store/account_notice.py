"""Messages of providers about accounts: which were heard already, and by which words a grant may be named in them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import BigInteger, ForeignKey, String, Text, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.connection import DISCONNECTED, Connection
from hub.store.guard import Across
from hub.store.ids import LENGTH

_HEARD = About(Category.TECHNICAL, Retention.PROCESSING)
_ID = About(Category.IDENTIFIER, Retention.CONNECTION)
_MARK = About(Category.IDENTIFIER, Retention.CONNECTION, Link.STAFF, erase=Erase.ROW)


class HeardNotice(Base):
    """A message that was acted upon. ``id_hash`` is the SHA-256 of provider and the provider's id for it."""

    __tablename__ = "heard_notice"

    id_hash: Mapped[str] = column(_HEARD, Text, primary_key=True)
    heard_at: Mapped[int] = column(_HEARD, BigInteger, index=True)


class GrantMark(Base):
    """A keyed hash of a word by which the provider may name a connection's grant. It lives as long as that."""

    __tablename__ = "grant_mark"

    connection_id: Mapped[str] = column(_ID, ForeignKey("connection.id"), primary_key=True)
    mark_hash: Mapped[str] = column(_MARK, Text, primary_key=True, index=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))


def hear(conn: sa.Connection, id_hash: str, now: int) -> bool:
    """Note that a message is acted upon in this transaction; False if it was before."""
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(HeardNotice).values(id_hash=id_hash, heard_at=now).on_conflict_do_nothing()
    return conn.execute(statement.returning(HeardNotice.id_hash)).first() is not None


def forget_heard(conn: sa.Connection, before: int) -> int:
    """Forget the messages heard before an instant, and return how many."""
    return conn.execute(delete(HeardNotice).where(HeardNotice.heard_at < before)).rowcount


def put_marks(conn: sa.Connection, business_id: str, connection_id: str, hashes: Sequence[str]) -> None:
    """Keep these marks of a connection's grant in place of those there were."""
    mine = GrantMark.business_id == business_id, GrantMark.connection_id == connection_id
    conn.execute(delete(GrantMark).where(*mine))
    if hashes:
        ids = {"business_id": business_id, "connection_id": connection_id}
        conn.execute(insert(GrantMark), [{**ids, "mark_hash": one} for one in dict.fromkeys(hashes)])


def concerned(conn: sa.Connection, provider: str, account_hash: str, mark_hash: str) -> list[sa.Row[tuple[str, ...]]]:
    """Return the live connections that a message is about, over all businesses.

    Each with ``business_id``, ``id``, ``holder_id`` and ``user_id``. Callers tell people of one business nothing of
    another's.
    """
    marked = select(GrantMark.connection_id).where(GrantMark.mark_hash == mark_hash)
    about = Connection.account_hash == account_hash if account_hash else Connection.id.in_(marked)
    if not account_hash and not mark_hash:
        return []
    statement = (
        select(Connection.business_id, Connection.id, Connection.holder_id, Connection.user_id)
        .where(Connection.provider == provider, Connection.health != DISCONNECTED, about)
        .order_by(Connection.id)
        .execution_options(across=Across.ACCOUNT)
    )
    return list(conn.execute(statement).all())  # type: ignore[arg-type]
