"""Answers of the API to requests with an idempotency key: which thing each of them made, so that a repeat finds it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, ColumnElement, ForeignKey, String, Text, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Retention, column
from hub.store.guard import Across
from hub.store.ids import LENGTH

_ID = About(Category.IDENTIFIER, Retention.PROCESSING)
_STATE = About(Category.TECHNICAL, Retention.PROCESSING)


class ApiAnswer(Base):
    """A request of an API key that made something. ``fingerprint`` is SHA-256 of what was asked, in hexadecimal.

    ``ref`` is the id of what was made: a repeat reads that thing again, so no answer with personal data is kept.
    """

    __tablename__ = "api_answer"

    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"), primary_key=True)
    key_id: Mapped[str] = column(_ID, ForeignKey("api_key.id"), primary_key=True)
    idempotency_key: Mapped[str] = column(_STATE, Text, primary_key=True)
    route: Mapped[str] = column(_STATE, Text)
    fingerprint: Mapped[str] = column(_STATE, Text)
    ref: Mapped[str] = column(_ID, String(LENGTH))
    made_at: Mapped[int] = column(_STATE, BigInteger)


def take_key(
    conn: sa.Connection,
    *,
    business_id: str,
    key_id: str,
    idempotency_key: str,
    route: str,
    fingerprint: str,
    now: int,
    ref: str = "",
) -> bool:
    """Take a key for a request; False if it is taken. Without a ``ref`` nobody knows yet what will be made."""
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    values = {"business_id": business_id, "key_id": key_id, "idempotency_key": idempotency_key, "route": route}
    statement = dialect.insert(ApiAnswer).values(**values, fingerprint=fingerprint, ref=ref, made_at=now)
    return conn.execute(statement.on_conflict_do_nothing().returning(ApiAnswer.key_id)).first() is not None


def find_key(conn: sa.Connection, business_id: str, key_id: str, idempotency_key: str) -> sa.Row[Any] | None:
    """Return the row of a key, None for one that is free."""
    return conn.execute(select(ApiAnswer.__table__).where(*_this(business_id, key_id, idempotency_key))).one_or_none()


def note_ref(conn: sa.Connection, business_id: str, key_id: str, idempotency_key: str, ref: str) -> None:
    """Write down what the request with a key made."""
    conn.execute(update(ApiAnswer).where(*_this(business_id, key_id, idempotency_key)).values(ref=ref))


def drop_key(conn: sa.Connection, business_id: str, key_id: str, idempotency_key: str) -> None:
    """Let a key be free again."""
    conn.execute(delete(ApiAnswer).where(*_this(business_id, key_id, idempotency_key)))


def forget_answers(conn: sa.Connection, before: int) -> int:
    """Delete what was answered before an instant, across businesses, and return how many."""
    old = delete(ApiAnswer).where(ApiAnswer.made_at < before).execution_options(across=Across.SWEEP)
    return conn.execute(old).rowcount


def _this(business_id: str, key_id: str, idempotency_key: str) -> tuple[ColumnElement[bool], ...]:
    return (
        ApiAnswer.business_id == business_id,
        ApiAnswer.key_id == key_id,
        ApiAnswer.idempotency_key == idempotency_key,
    )
