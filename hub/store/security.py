"""Security events: every sign-in, refusal and change of who may enter, without a body, a token or a message."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import BigInteger, Index, String, Text, insert
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Erase, Link, Retention, column
from hub.store.ids import LENGTH, new_id

_ID = About(Category.IDENTIFIER, Retention.SECURITY)
_WHAT = About(Category.SECURITY, Retention.SECURITY)
_WHO = About(Category.SECURITY, Retention.SECURITY, Link.USER, export=True, erase=Erase.CLEAR)
_ADDRESS = About(Category.SECURITY, Retention.ADDRESS, Link.USER, export=True, erase=Erase.CLEAR)


class SecurityEvent(Base):
    """One event. ``kind`` and ``outcome`` as in `core.security`; ``at`` in UTC seconds.

    ``actor`` is ``user``, ``key``, ``staff``, ``customer``, ``operator`` or empty for nobody, with an id where known.
    ``about`` is the id of what it concerns, ``within`` the business or empty, ``route`` the name of the page,
    ``detail`` a machine word. ``address`` is cut to its network after 90 days; ``address_hash`` stays. No value is
    text that a visitor wrote, but ``device``, which is cut to 200 printable characters.
    """

    __tablename__ = "security_event"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    at: Mapped[int] = column(_WHAT, BigInteger)
    kind: Mapped[str] = column(_WHAT, Text)
    outcome: Mapped[str] = column(_WHAT, Text)
    actor: Mapped[str] = column(_WHO, Text)
    actor_id: Mapped[str] = column(_WHO, Text)
    about: Mapped[str] = column(_WHAT, Text)
    within: Mapped[str] = column(_WHAT, Text)
    route: Mapped[str] = column(_WHAT, Text)
    detail: Mapped[str] = column(_WHAT, Text)
    address: Mapped[str] = column(_ADDRESS, Text)
    address_hash: Mapped[str] = column(_WHO, Text)
    device: Mapped[str] = column(_WHO, Text)

    __table_args__ = (
        Index("ix_security_event_at", "at"),
        Index("ix_security_event_actor", "actor_id", "at"),
        Index("ix_security_event_within", "within", "at"),
    )


def add_event(conn: sa.Connection, **values: object) -> None:
    """Insert an event."""
    conn.execute(insert(SecurityEvent).values(id=new_id(), **values))
