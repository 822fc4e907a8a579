"""What the operator entered once for a provider, for all accounts of it: one sealed row a provider."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Integer, LargeBinary, Text, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from hub.core.errors import StateError
from hub.store.annotate import About, Base, Category, Retention, column

_STATE = About(Category.TECHNICAL, Retention.INSTALLATION)
_SEALED = About(Category.KEY, Retention.INSTALLATION)  # the agency's own: it leads to nobody


class ProviderSetting(Base):
    """All settings of one provider, sealed as one text by the credential root itself: the broker alone opens it.

    ``version`` grows with each change and is bound into the ciphertext.
    """

    __tablename__ = "provider_setting"

    provider: Mapped[str] = column(_STATE, Text, primary_key=True)
    version: Mapped[int] = column(_STATE, Integer)
    wrapped: Mapped[bytes] = column(_SEALED, LargeBinary)
    changed_at: Mapped[int] = column(_STATE, BigInteger)


def find_provider_setting(conn: sa.Connection, provider: str, *, locked: bool = False) -> sa.Row[Any] | None:
    """Return the row of a provider, or None; ``locked`` keeps others from changing it until this transaction ends."""
    statement = select(ProviderSetting.__table__).where(ProviderSetting.provider == provider)
    return conn.execute(statement.with_for_update() if locked else statement).one_or_none()


def put_provider_setting(
    conn: sa.Connection, provider: str, version: int, wrapped: bytes, now: int, *, before: int
) -> None:
    """Store a version of a provider's settings in the place of the one ``before``, 0 where there is none.

    Raises StateError if another one was stored meanwhile.
    """
    values = {"version": version, "wrapped": wrapped, "changed_at": now}
    if not before:
        dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
        statement: Any = dialect.insert(ProviderSetting).values(provider=provider, **values).on_conflict_do_nothing()
    else:
        mine = ProviderSetting.provider == provider, ProviderSetting.version == before
        statement = update(ProviderSetting).where(*mine).values(**values)
    if conn.execute(statement.returning(ProviderSetting.version)).first() is None:
        raise StateError("Somebody else changed these settings at this moment; look at them, and try again.")
