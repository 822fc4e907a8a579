"""What lets somebody in: sessions of the console, links that work once, API keys. Only hashes of secrets are kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.ids import LENGTH

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
