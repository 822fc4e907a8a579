"""Services: what can be booked, who does it, and what it needs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped

from hub.core.errors import UnknownId
from hub.store.annotate import About, Base, Category, Retention, column
from hub.store.ids import LENGTH, is_id

_ID = About(Category.IDENTIFIER, Retention.BUSINESS)
_RULE = About(Category.CONFIGURATION, Retention.BUSINESS)


class Service(Base):
    """What can be booked. All times in seconds; ``anchor`` and ``staff_rule`` as in `core.service`.

    ``slug`` is the end of its booking page's address, None for no page. ``questions`` are asked when booking:
    ``{"label", "required", "choices"}``, no choices for a free answer. ``version`` counts changes.
    """

    __tablename__ = "service"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, ForeignKey("business.id"), index=True)
    name: Mapped[str] = column(_RULE, Text)
    duration: Mapped[int] = column(_RULE, Integer)
    before: Mapped[int] = column(_RULE, Integer)
    after: Mapped[int] = column(_RULE, Integer)
    notice: Mapped[int] = column(_RULE, Integer)
    horizon: Mapped[int] = column(_RULE, Integer)
    step: Mapped[int] = column(_RULE, Integer)
    anchor: Mapped[str] = column(_RULE, Text)
    staff_rule: Mapped[str] = column(_RULE, Text)
    active: Mapped[bool] = column(_RULE, Boolean)
    slug: Mapped[str | None] = column(_RULE, Text, nullable=True)
    description: Mapped[str] = column(_RULE, Text, server_default="")
    place: Mapped[str] = column(_RULE, Text, server_default="")
    questions: Mapped[list[dict[str, Any]]] = column(_RULE, JSON, server_default="[]")
    version: Mapped[int] = column(_RULE, Integer, server_default="1")

    __table_args__ = (UniqueConstraint("business_id", "slug"),)


class ServiceHolder(Base):
    """A holder of a service. ``group_no`` 0 are its staff; each higher number is a set of resources, one is needed.

    ``rank`` is the order in which they are preferred.
    """

    __tablename__ = "service_holder"

    service_id: Mapped[str] = column(_ID, ForeignKey("service.id"), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    holder_id: Mapped[str] = column(_ID, ForeignKey("holder.id"), primary_key=True)
    group_no: Mapped[int] = column(_RULE, Integer, primary_key=True)
    rank: Mapped[int] = column(_RULE, Integer)


def find_service(conn: sa.Connection, business_id: str, service_id: str) -> sa.Row[Any]:
    """Return the service's row, switched off or not, or raise UnknownId."""
    if not is_id(service_id):
        raise UnknownId("service", service_id)
    statement = select(Service.__table__).where(Service.business_id == business_id, Service.id == service_id)
    row = conn.execute(statement).one_or_none()
    if row is None:
        raise UnknownId("service", service_id)
    return row
