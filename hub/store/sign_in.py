"""What lets somebody in: sessions of the console, links that work once, API keys. Only hashes of secrets are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Executable,
    ForeignKey,
    LargeBinary,
    Row,
    String,
    Text,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.guard import Across
from hub.store.ids import LENGTH
from hub.store.prepared import prepared
from hub.store.user import ConsoleUser, UserBusiness

_ID = About(Category.IDENTIFIER, Retention.SIGN_IN, Link.USER, erase=Erase.ROW)
_SECRET = About(Category.CREDENTIAL, Retention.SIGN_IN, Link.USER, erase=Erase.ROW)
_STATE = About(Category.SECURITY, Retention.SIGN_IN, Link.USER, export=True, erase=Erase.ROW)
_CONTACT = About(Category.CONTACT, Retention.SIGN_IN, Link.USER, export=True, erase=Erase.ROW)


class ConsoleSession(Base):
    """A sign-in of a console user on one device.

    ``token_hash`` is SHA-256 of the cookie. ``stage`` is ``half`` until the second factor was given, then ``full``.
    ``confirmed_at`` is when the password or a passkey was last given: sensitive changes ask for it anew.
    ``keep`` holds what a step of signing in needs at the next one (a WebAuthn challenge). Ends at ``until``, or at
    ``ended_at``.
    """

    __tablename__ = "console_session"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    token_hash: Mapped[str] = column(_SECRET, Text, unique=True)
    user_id: Mapped[str] = column(_ID, ForeignKey("console_user.id"), index=True)
    stage: Mapped[str] = column(_STATE, Text)
    address: Mapped[str] = column(_STATE, Text)
    device: Mapped[str] = column(_STATE, Text)
    keep: Mapped[dict[str, Any]] = column(_STATE, JSON, server_default="{}")
    made_at: Mapped[int] = column(_STATE, BigInteger)
    seen_at: Mapped[int] = column(_STATE, BigInteger)
    confirmed_at: Mapped[int] = column(_STATE, BigInteger)
    until: Mapped[int] = column(_STATE, BigInteger)
    ended_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)


class OneTimeLink(Base):
    """A link that was mailed: ``invitation`` of a new console user or ``reset`` of a password. It works once.

    An invitation holds whom it is for (``email`` sealed with the agency's key) and what they will be.
    """

    __tablename__ = "one_time_link"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    token_hash: Mapped[str] = column(_SECRET, Text, unique=True)
    kind: Mapped[str] = column(_STATE, Text)
    user_id: Mapped[str | None] = column(_ID, ForeignKey("console_user.id"), nullable=True, index=True)
    email: Mapped[bytes | None] = column(_CONTACT, LargeBinary, nullable=True)
    email_hash: Mapped[str | None] = column(_CONTACT, Text, nullable=True)
    role: Mapped[str] = column(_STATE, Text, server_default="")
    everywhere: Mapped[bool] = column(_STATE, Boolean, server_default="0")
    businesses: Mapped[list[str]] = column(_STATE, JSON, server_default="[]")
    made_by: Mapped[str | None] = column(_ID, String(LENGTH), nullable=True)
    made_at: Mapped[int] = column(_STATE, BigInteger)
    until: Mapped[int] = column(_STATE, BigInteger)
    used_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)


class ApiKey(Base):
    """A key for programs. ``prefix`` is its beginning, for people to tell keys apart; ``scopes`` are rights.

    ``everywhere``: for every business, else for ``businesses``. It works while its maker is not dismissed.
    """

    __tablename__ = "api_key"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    token_hash: Mapped[str] = column(_SECRET, Text, unique=True)
    prefix: Mapped[str] = column(_STATE, Text)
    name: Mapped[str] = column(_STATE, Text)
    scopes: Mapped[list[str]] = column(_STATE, JSON)
    everywhere: Mapped[bool] = column(_STATE, Boolean)
    businesses: Mapped[list[str]] = column(_STATE, JSON)
    made_by: Mapped[str] = column(_ID, ForeignKey("console_user.id"), index=True)
    made_at: Mapped[int] = column(_STATE, BigInteger)
    used_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
    until: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)
    ended_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)


# Sessions

_WHO = (
    ConsoleUser.name.label("user_name"),
    ConsoleUser.role,
    ConsoleUser.everywhere.label("user_everywhere"),
    ConsoleUser.zone,
    ConsoleUser.version,
    ConsoleUser.totp.is_not(None).label("has_totp"),
    UserBusiness.business_id,
)
"""Columns about a user that come with a session or a key: a row for each business, one with None for none."""


def session_rows(conn: Connection, *where: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Return sessions that were not ended, with their users: a row for each business of the user."""
    query = select(ConsoleSession.__table__, *_WHO).join(ConsoleUser, ConsoleUser.id == ConsoleSession.user_id)
    query = query.outerjoin(UserBusiness, UserBusiness.user_id == ConsoleUser.id)
    query = query.where(*where, ConsoleSession.ended_at.is_(None), ConsoleUser.dismissed_at.is_(None))
    return conn.execute(query.execution_options(across=Across.DOOR)).all()


def change_session(conn: Connection, session_id: str, *where: ColumnElement[bool], **values: Any) -> bool:
    """Change a session that was not ended; False if it was, or a condition does not hold."""
    mine = (ConsoleSession.id == session_id, ConsoleSession.ended_at.is_(None), *where)
    return conn.execute(update(ConsoleSession).where(*mine).values(**values)).rowcount == 1


def kept(conn: Connection, session_id: str) -> dict[str, Any]:
    """Return what a session keeps for its next step, and let nobody change it until the end."""
    query = select(ConsoleSession.keep).where(ConsoleSession.id == session_id, ConsoleSession.ended_at.is_(None))
    return dict(conn.scalar(query.with_for_update()) or {})


def end_sessions(conn: Connection, user_id: str, now: int, *, but: str = "") -> list[str]:
    """End a user's sessions, all but one, and return the ids of those that were not over yet."""
    mine = (ConsoleSession.user_id == user_id, ConsoleSession.id != but, ConsoleSession.ended_at.is_(None))
    ended = update(ConsoleSession).where(*mine).values(ended_at=now, keep={})
    rows = conn.execute(ended.returning(ConsoleSession.id, ConsoleSession.until)).all()
    return sorted(row.id for row in rows if row.until > now)


# Links


def find_link_row(conn: Connection, token_hash: str) -> Row[Any] | None:
    """Return the link with this hash, whatever its state."""
    return conn.execute(select(OneTimeLink.__table__).where(OneTimeLink.token_hash == token_hash)).one_or_none()


def open_links(conn: Connection, kind: str, now: int, *where: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Return the links of a kind that still work, newest first."""
    works = (OneTimeLink.kind == kind, OneTimeLink.used_at.is_(None), OneTimeLink.until > now)
    return conn.execute(select(OneTimeLink.__table__).where(*works, *where).order_by(OneTimeLink.id.desc())).all()


def use_link(conn: Connection, link_id: str, now: int) -> bool:
    """Use a link up; False if it was used, withdrawn or is too old."""
    works = (OneTimeLink.id == link_id, OneTimeLink.used_at.is_(None), OneTimeLink.until > now)
    return conn.execute(update(OneTimeLink).where(*works).values(used_at=now)).rowcount == 1


def withdraw_links(conn: Connection, now: int, *where: ColumnElement[bool]) -> int:
    """Let links that were not used end now, and return how many."""
    works = (OneTimeLink.used_at.is_(None), OneTimeLink.until > now)
    return conn.execute(update(OneTimeLink).where(*works, *where).values(until=now)).rowcount


# Keys


def key_rows(conn: Connection, token_hash: str, now: int) -> Sequence[Row[Any]]:
    """Return the working key with this hash, and its maker if not dismissed: a row for each business of theirs."""
    return _key(conn, token_hash=token_hash, now=now).all()


def touch_key(conn: Connection, key_id: str, used_before: int, now: int) -> bool:
    """Note a use of a key unless it was used after an instant; False then."""
    stale = or_(ApiKey.used_at.is_(None), ApiKey.used_at < used_before)
    return conn.execute(update(ApiKey).where(ApiKey.id == key_id, stale).values(used_at=now)).rowcount == 1


def list_key_rows(conn: Connection, now: int, *where: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Return the keys that work, newest first."""
    query = select(ApiKey.__table__).where(_key_works(now), *where).order_by(ApiKey.made_at.desc(), ApiKey.id.desc())
    return conn.execute(query).all()


def key_names(conn: Connection, key_ids: Collection[str]) -> dict[str, str]:
    """Return the names of those of the ids that are keys', ended ones too."""
    query = select(ApiKey.id, ApiKey.name).where(ApiKey.id.in_(key_ids))
    return {row.id: row.name for row in conn.execute(query)}


def end_keys(conn: Connection, now: int, *where: ColumnElement[bool]) -> list[str]:
    """End keys that work, and return their ids."""
    ended = update(ApiKey).where(_key_works(now), *where).values(ended_at=now).returning(ApiKey.id)
    return sorted(conn.scalars(ended))


@prepared
def _key(token_hash: Any, now: Any) -> Executable:
    query = select(ApiKey.__table__, *_WHO).join(ConsoleUser, ConsoleUser.id == ApiKey.made_by)
    query = query.outerjoin(UserBusiness, UserBusiness.user_id == ConsoleUser.id)
    query = query.where(ApiKey.token_hash == token_hash, _key_works(now), ConsoleUser.dismissed_at.is_(None))
    return query.execution_options(across=Across.DOOR)


def _key_works(now: int) -> ColumnElement[bool]:
    return ApiKey.ended_at.is_(None) & or_(ApiKey.until.is_(None), ApiKey.until > now)


# Forgetting


def forget_sign_ins(conn: Connection, before: int) -> int:
    """Delete the sessions, links and keys that ended before an instant, and return how many."""
    old = (
        delete(ConsoleSession).where(func.coalesce(ConsoleSession.ended_at, ConsoleSession.until) < before),
        delete(OneTimeLink).where(func.coalesce(OneTimeLink.used_at, OneTimeLink.until) < before),
        delete(ApiKey).where(func.coalesce(ApiKey.ended_at, ApiKey.until) < before),
    )
    return sum(conn.execute(statement).rowcount for statement in old)
