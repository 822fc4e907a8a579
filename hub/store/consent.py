"""Consents to the use of accounts: every state that each had, and the texts that were read. Nothing is ever changed.

Triggers of the database refuse to change or delete a row (`migrations.versions.0003_keys`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON, BigInteger, Index, Integer, String, Text, and_, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, aliased

from hub.core.consent_record import ConsentState
from hub.core.errors import UnknownId
from hub.store.annotate import About, Base, Category, Link, Retention, column
from hub.store.guard import Across
from hub.store.ids import LENGTH, is_id
from hub.store.outbox import Outbox

_ID = About(Category.IDENTIFIER, Retention.BUSINESS)
_TEXT = About(Category.CONSENT, Retention.BUSINESS)
_SAID = About(Category.CONSENT, Retention.BUSINESS, Link.STAFF, export=True)
_WHO = About(Category.IDENTIFIER, Retention.BUSINESS, Link.STAFF, export=True)
_USER = About(Category.IDENTIFIER, Retention.BUSINESS, Link.USER, export=True)
_PROOF = About(Category.SECURITY, Retention.BUSINESS, Link.STAFF)


class ConsentText(Base):
    """A text as it was shown: ``hash`` is SHA-256 of its bytes, in hexadecimal."""

    __tablename__ = "consent_text"

    business_id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    hash: Mapped[str] = column(_TEXT, Text, primary_key=True)
    language: Mapped[str] = column(_TEXT, Text)
    template: Mapped[str] = column(_TEXT, Text)
    text: Mapped[str] = column(_TEXT, Text)
    made_at: Mapped[int] = column(_TEXT, BigInteger)


class Consent(Base):
    """One state of a consent, whole. The one with the highest ``number`` of a ``consent_id`` counts.

    ``purposes`` are those that it permits from here on, ``withdrawn`` those that were taken out with this state.
    ``data``, ``recipients``, ``retention`` and ``withdrawal`` are codes, ``controllers`` ids, ``jurisdiction`` the
    country of the business (ISO 3166). ``holder_id`` or ``user_id`` is who answered (nobody for a program or the
    operator), ``account_holder_id`` the staff member whose account it is. Proof: ``actor`` and ``actor_id``, ``via``
    (the sign-in or link), a keyed hash of the network, and the scopes that the provider granted. ``at`` and
    ``expires_at`` are in UTC seconds.
    """

    __tablename__ = "consent"

    consent_id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    number: Mapped[int] = column(_TEXT, Integer, primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    receipt_id: Mapped[str] = column(_ID, String(LENGTH))
    schema_version: Mapped[str] = column(_TEXT, Text)
    state: Mapped[str] = column(_SAID, Text)
    reason: Mapped[str] = column(_SAID, Text)
    at: Mapped[int] = column(_SAID, BigInteger)
    expires_at: Mapped[int | None] = column(_SAID, BigInteger, nullable=True)
    connection_id: Mapped[str | None] = column(_ID, String(LENGTH), nullable=True)
    provider: Mapped[str] = column(_SAID, Text)
    level: Mapped[str] = column(_SAID, Text)
    purposes: Mapped[list[str]] = column(_SAID, JSON)
    withdrawn: Mapped[list[str]] = column(_SAID, JSON)
    data: Mapped[list[str]] = column(_SAID, JSON)
    controllers: Mapped[list[str]] = column(_SAID, JSON)
    recipients: Mapped[list[str]] = column(_SAID, JSON)
    retention: Mapped[str] = column(_SAID, Text)
    jurisdiction: Mapped[str] = column(_SAID, Text)
    withdrawal: Mapped[str] = column(_SAID, Text)
    text_hash: Mapped[str] = column(_SAID, Text)
    language: Mapped[str] = column(_SAID, Text)
    channel: Mapped[str] = column(_SAID, Text)
    holder_id: Mapped[str | None] = column(_WHO, String(LENGTH), nullable=True)
    user_id: Mapped[str | None] = column(_USER, String(LENGTH), nullable=True)
    account_holder_id: Mapped[str | None] = column(_WHO, String(LENGTH), nullable=True)
    actor: Mapped[str] = column(_PROOF, Text)
    actor_id: Mapped[str] = column(_PROOF, Text)
    via: Mapped[str] = column(_PROOF, Text)
    network_hash: Mapped[str] = column(_PROOF, Text)
    scopes: Mapped[list[str]] = column(_SAID, JSON)

    __table_args__ = (
        Index("ix_consent_business", "business_id", "consent_id"),
        Index("ix_consent_connection", "business_id", "connection_id"),
    )


def is_newest(one: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a row of (an alias of) `Consent` is the newest state of its consent."""
    later = aliased(Consent)
    newest = select(func.max(later.number)).where(
        later.consent_id == one.consent_id, later.business_id == one.business_id
    )
    return sa.cast(one.number == newest.scalar_subquery(), sa.Boolean)


WHAT_IT_PERMITS = (
    Consent.state.label("consent_state"),
    Consent.purposes.label("consent_purposes"),
    Consent.expires_at.label("consent_until"),
)
"""The columns that `hub.core.consent_record.permits` judges by."""


def consent_of(connection: Any) -> sa.ColumnElement[bool]:
    """Return the condition under which a row of `Consent` is the newest state of a connection's consent."""
    same = Consent.consent_id == connection.consent_id, Consent.business_id == connection.business_id
    return and_(*same, is_newest(Consent))


def put_text(conn: sa.Connection, business_id: str, now: int, **text: str) -> None:
    """Keep a text (hash, language, template, text), if it is not kept yet."""
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(ConsentText).values(business_id=business_id, made_at=now, **text)
    conn.execute(statement.on_conflict_do_nothing(index_elements=["business_id", "hash"]))


def texts(conn: sa.Connection, business_id: str, hashes: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """Return the texts of a business by their hashes."""
    mine = ConsentText.business_id == business_id, ConsentText.hash.in_(sorted(set(hashes)))
    return {row.hash: row for row in conn.execute(select(ConsentText.__table__).where(*mine))}


def add_state(conn: sa.Connection, values: Mapping[str, Any]) -> None:
    """Insert a state; there is no function that changes or deletes one."""
    conn.execute(insert(Consent).values(**values))


def lock_consent(conn: sa.Connection, consent_id: str) -> None:
    """Wait until this transaction alone adds a state to a consent. SQLite has one writer anyhow."""
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(consent_id, 0)))).all()


def newest_state(conn: sa.Connection, business_id: str, consent_id: str) -> sa.Row[Any]:
    """Return the newest state of a consent. Raises UnknownId."""
    mine = Consent.business_id == business_id, Consent.consent_id == consent_id
    statement = select(Consent.__table__).where(*mine).order_by(Consent.number.desc()).limit(1)
    row = conn.execute(statement).one_or_none() if is_id(consent_id) else None
    if row is None:
        raise UnknownId("consent", consent_id)
    return row


def states_of(
    conn: sa.Connection,
    business_id: str,
    *,
    consent_id: str = "",
    connection_id: str = "",
    holder_id: str = "",
    limit: int = 500,
) -> list[sa.Row[Any]]:
    """Return states of a business's consents, the newest consent first and within it the newest state.

    With ``consent_id`` of that one, with ``connection_id`` of those that ever were that account's, with ``holder_id``
    of those that this staff member answered or whose account it is.
    """
    about = aliased(Consent)
    meant = select(about.consent_id).where(about.business_id == business_id)
    if consent_id:
        meant = meant.where(about.consent_id == consent_id)
    if connection_id:
        meant = meant.where(about.connection_id == connection_id)
    if holder_id:
        meant = meant.where(sa.or_(about.holder_id == holder_id, about.account_holder_id == holder_id))
    mine = Consent.business_id == business_id, Consent.consent_id.in_(meant)
    order = Consent.consent_id.desc(), Consent.number.desc()
    return list(conn.execute(select(Consent.__table__).where(*mine).order_by(*order).limit(limit)).all())


def consent_ends(conn: sa.Connection, business_id: str, consents: Sequence[str]) -> dict[str, int]:
    """Return when those of a business's consents end that are given and have an end."""
    mine = Consent.business_id == business_id, Consent.consent_id.in_(consents), is_newest(Consent)
    with_end = Consent.state == ConsentState.GIVEN, Consent.expires_at.is_not(None)
    rows = conn.execute(select(Consent.consent_id, Consent.expires_at).where(*mine, *with_end))
    return {row.consent_id: row.expires_at for row in rows}


def ending(conn: sa.Connection, since: int, until: int, given_for: int, key: str, limit: int) -> Sequence[sa.Row[Any]]:
    """Return the newest states of all businesses' consents of accounts that end after one instant and by another.

    Only of those that were given for at least so many seconds, and not where the outbox holds a row of which the key
    is ``key`` with the ids of consent and connection behind it.
    """
    said = sa.literal(key) + Consent.consent_id + ":" + Consent.connection_id
    known = select(Outbox.id).where(Outbox.business_id == Consent.business_id, Outbox.key == said).exists()
    statement = (
        select(Consent.__table__)
        .where(
            Consent.state == ConsentState.GIVEN,
            Consent.connection_id.is_not(None),
            Consent.expires_at > since,
            Consent.expires_at <= until,
            Consent.expires_at - Consent.at >= given_for,
            is_newest(Consent),
            ~known,
        )
        .order_by(Consent.expires_at, Consent.consent_id)
        .limit(limit)
    )
    return conn.execute(statement.execution_options(across=Across.SWEEP)).all()


def overdue(conn: sa.Connection, now: int, unused_before: int, limit: int) -> Sequence[sa.Row[str, str]]:
    """Return the newest states of all businesses that are given and over: ended, or never used since that time."""
    unused = and_(Consent.connection_id.is_(None), Consent.at < unused_before)
    over = sa.or_(Consent.expires_at <= now, unused)
    statement = (
        select(Consent.business_id, Consent.consent_id)
        .where(Consent.state == ConsentState.GIVEN, over, is_newest(Consent))
        .limit(limit)
    )
    return [*conn.execute(statement.execution_options(across=Across.SWEEP))]
