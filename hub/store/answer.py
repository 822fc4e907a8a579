"""Answers of the API to requests with an idempotency key: which thing each of them made, so that a repeat finds it."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped

from hub.store.annotate import About, Base, Category, Retention, column
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
