"""Console users: who may sign in to the console, with what, and which businesses they may enter."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Text,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.business import AGENCY, Business
from hub.store.guard import Across
from hub.store.ids import LENGTH, is_id

_ID = About(Category.IDENTIFIER, Retention.USER, Link.USER, erase=Erase.ROW)
_NAME = About(Category.CONTACT, Retention.USER, Link.USER, export=True, erase=Erase.ROW)
_SECRET = About(Category.CREDENTIAL, Retention.USER, Link.USER, erase=Erase.ROW)
_STATE = About(Category.SECURITY, Retention.USER, Link.USER, export=True, erase=Erase.ROW)


class ConsoleUser(Base):
    """Somebody with an account of the console. ``role`` as in `core.role`.

    ``email`` is sealed with the agency's key and found by ``email_hash``. ``password_hash`` is argon2id, None until an
    invitation is accepted. ``totp`` is the sealed secret, ``totp_step`` the last time step whose code was used.
    ``everywhere``: may enter every business, else those of `UserBusiness`. ``dismissed_at`` ends every way in.
    """

    __tablename__ = "console_user"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    email: Mapped[bytes] = column(_NAME, LargeBinary)
    email_hash: Mapped[str] = column(_NAME, Text, unique=True)
    name: Mapped[str] = column(_NAME, Text)
    role: Mapped[str] = column(_STATE, Text)
    everywhere: Mapped[bool] = column(_STATE, Boolean)
    zone: Mapped[str] = column(_STATE, Text, server_default="UTC")
    password_hash: Mapped[str | None] = column(_SECRET, Text, nullable=True)
    totp: Mapped[bytes | None] = column(_SECRET, LargeBinary, nullable=True)
    totp_step: Mapped[int] = column(_STATE, BigInteger, server_default="0")
    version: Mapped[int] = column(_STATE, Integer, server_default="1")
    made_at: Mapped[int] = column(_STATE, BigInteger)
    dismissed_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)


class UserBusiness(Base):
    """A business that a console user may enter."""

    __tablename__ = "user_business"

    user_id: Mapped[str] = column(_ID, ForeignKey("console_user.id"), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"), primary_key=True)


class RecoveryCode(Base):
    """A code that stands in for the second factor, once. Only its hash is kept."""

    __tablename__ = "recovery_code"

    user_id: Mapped[str] = column(_ID, ForeignKey("console_user.id"), primary_key=True)
    code_hash: Mapped[str] = column(_SECRET, Text, primary_key=True)
    used_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)


class Passkey(Base):
    """A WebAuthn credential of a console user (W3C Web Authentication Level 3)."""

    __tablename__ = "passkey"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    user_id: Mapped[str] = column(_ID, ForeignKey("console_user.id"), index=True)
    credential_id: Mapped[bytes] = column(_SECRET, LargeBinary, unique=True)
    public_key: Mapped[bytes] = column(_SECRET, LargeBinary)
    sign_count: Mapped[int] = column(_STATE, BigInteger)
    name: Mapped[str] = column(_NAME, Text)
    made_at: Mapped[int] = column(_STATE, BigInteger)
    used_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)


# Users


def any_user(conn: Connection) -> bool:
    """Tell whether there ever was a console user."""
    return bool(conn.scalar(select(exists().where(ConsoleUser.id.is_not(None)))))


def find_user(conn: Connection, user_id: str, *, locked: bool = False) -> Row[Any] | None:
    """Return a user's row, None for an unknown id; ``locked`` keeps others from changing it until the end."""
    if not is_id(user_id):
        return None
    query = select(ConsoleUser.__table__).where(ConsoleUser.id == user_id)
    return conn.execute(query.with_for_update() if locked else query).one_or_none()


def find_user_by_email(conn: Connection, hashes: Collection[str]) -> Row[Any] | None:
    """Return the row of whoever has an address, by what it may be stored as; a dismissed user too."""
    return conn.execute(select(ConsoleUser.__table__).where(ConsoleUser.email_hash.in_(hashes))).one_or_none()


def all_users(conn: Connection) -> Sequence[Row[Any]]:
    """Return the rows of all users, oldest first."""
    return conn.execute(select(ConsoleUser.__table__).order_by(ConsoleUser.made_at, ConsoleUser.id)).all()


def user_names(conn: Connection, user_ids: Collection[str]) -> dict[str, str]:
    """Return the names of those of the ids that are users', dismissed ones too."""
    query = select(ConsoleUser.id, ConsoleUser.name).where(ConsoleUser.id.in_(user_ids))
    return {row.id: row.name for row in conn.execute(query)}


def lock_owners(conn: Connection, role: str) -> list[str]:
    """Return the ids of users of a role who are not dismissed, and keep them from changing until the end."""
    query = select(ConsoleUser.id).where(ConsoleUser.role == role, ConsoleUser.dismissed_at.is_(None))
    return list(conn.scalars(query.order_by(ConsoleUser.id).with_for_update()))


def change_user_row(conn: Connection, user_id: str, **values: Any) -> None:
    """Change columns of a user and count the version."""
    counted = {**values, "version": ConsoleUser.version + 1}
    conn.execute(update(ConsoleUser).where(ConsoleUser.id == user_id).values(**counted))


def set_password_hash(conn: Connection, user_id: str, old: str | None, new: str) -> bool:
    """Replace a password's hash; False if it is not the old one any more, or the user was dismissed."""
    mine = (ConsoleUser.id == user_id, ConsoleUser.dismissed_at.is_(None), ConsoleUser.password_hash == old)
    return conn.execute(update(ConsoleUser).where(*mine).values(password_hash=new)).rowcount == 1


# Businesses that they may enter


def existing_businesses(conn: Connection) -> frozenset[str]:
    """Return the ids of all businesses but the agency's own row."""
    return frozenset(conn.scalars(select(Business.id).where(Business.id != AGENCY)))


def businesses_of(conn: Connection, user_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Return for each of these users the businesses that they may enter."""
    query = select(UserBusiness.user_id, UserBusiness.business_id).where(UserBusiness.user_id.in_(user_ids))
    found: dict[str, set[str]] = {user_id: set() for user_id in user_ids}
    for row in conn.execute(query.execution_options(across=Across.DOOR)):
        found[row.user_id].add(row.business_id)
    return {user_id: frozenset(businesses) for user_id, businesses in found.items()}


def set_businesses(conn: Connection, user_id: str, businesses: Collection[str]) -> None:
    """Replace the businesses that a user may enter."""
    mine = delete(UserBusiness).where(UserBusiness.user_id == user_id)
    conn.execute(mine.execution_options(across=Across.DOOR))
    if businesses:
        conn.execute(insert(UserBusiness), [{"user_id": user_id, "business_id": one} for one in sorted(businesses)])


# The second factor


def take_totp_step(conn: Connection, user_id: str, step: int) -> bool:
    """Use up a time step; False if it, or a later one, was used before."""
    mine = (ConsoleUser.id == user_id, ConsoleUser.totp_step < step)
    return conn.execute(update(ConsoleUser).where(*mine).values(totp_step=step)).rowcount == 1


def replace_recovery_codes(conn: Connection, user_id: str, hashes: Collection[str]) -> None:
    """Replace a user's recovery codes."""
    conn.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    if hashes:
        conn.execute(insert(RecoveryCode), [{"user_id": user_id, "code_hash": one} for one in hashes])


def take_recovery_code(conn: Connection, user_id: str, code_hash: str, now: int) -> bool:
    """Use up a recovery code; False if there is none such that was not used."""
    mine = (RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_at.is_(None))
    return conn.execute(update(RecoveryCode).where(*mine).values(used_at=now)).rowcount == 1


def count_recovery_codes(conn: Connection, user_id: str) -> int:
    """Return how many codes are left."""
    left = (RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return conn.scalar(select(func.count()).select_from(RecoveryCode).where(*left)) or 0


def passkeys_of(conn: Connection, user_id: str) -> Sequence[Row[Any]]:
    """Return the rows of a user's passkeys, oldest first."""
    return conn.execute(select(Passkey.__table__).where(Passkey.user_id == user_id).order_by(Passkey.id)).all()


def find_passkey(conn: Connection, credential_id: bytes) -> Row[Any] | None:
    """Return the passkey with this WebAuthn id, of a user who is not dismissed."""
    query = select(Passkey.__table__).join(ConsoleUser, ConsoleUser.id == Passkey.user_id)
    query = query.where(Passkey.credential_id == credential_id, ConsoleUser.dismissed_at.is_(None))
    return conn.execute(query).one_or_none()


def count_up_passkey(conn: Connection, passkey_id: str, count: int, now: int) -> bool:
    """Note a use and the counter that came with it; False when it did not go up, unless it never counts (0)."""
    rises = Passkey.sign_count < count if count else Passkey.sign_count == 0
    changed = update(Passkey).where(Passkey.id == passkey_id, rises).values(sign_count=count, used_at=now)
    return conn.execute(changed).rowcount == 1


def has_second_factor(conn: Connection, user_id: str) -> bool:
    """Tell whether a user has codes of an app or a passkey."""
    totp = exists().where(ConsoleUser.id == user_id, ConsoleUser.totp.is_not(None))
    return bool(conn.scalar(select(totp | exists().where(Passkey.user_id == user_id))))


def second_factors(conn: Connection) -> dict[str, tuple[int, int]]:
    """Return for each role how many sign in with a password, and how many of them owe a second factor too."""
    has = ConsoleUser.totp.is_not(None) | exists().where(Passkey.user_id == ConsoleUser.id)
    live = ConsoleUser.dismissed_at.is_(None), ConsoleUser.password_hash.is_not(None)
    query = select(ConsoleUser.role, func.count(), func.count().filter(has)).where(*live).group_by(ConsoleUser.role)
    return {role: (all_of_them, with_one) for role, all_of_them, with_one in conn.execute(query)}


def drop_second_factor(conn: Connection, user_id: str) -> None:
    """Delete app secret, passkeys and recovery codes of a user."""
    conn.execute(update(ConsoleUser).where(ConsoleUser.id == user_id).values(totp=None))
    conn.execute(delete(Passkey).where(Passkey.user_id == user_id))
    conn.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
