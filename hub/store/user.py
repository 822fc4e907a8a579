"""Console users: who may sign in to the console, with what, and which businesses they may enter."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.ids import LENGTH

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
