"""Services: what can be booked, who does it, and what it needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped

from hub.core.errors import UnknownId
from hub.core.service import Anchor, StaffRule
from hub.core.service import Service as Rules
from hub.store.annotate import About, Base, Category, Retention, column
from hub.store.ids import LENGTH, is_id
from hub.store.prepared import MANY, prepared

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
    row = _one(conn, business_id=business_id, service_id=service_id).one_or_none()
    if row is None:
        raise UnknownId("service", service_id)
    return row


def list_rows(
    conn: sa.Connection, business_id: str, search: str, after: tuple[str, str] | None, limit: int
) -> list[sa.Row[Any]]:
    """Return services by name, with ``sort_name``, from after a (sort name, id) on."""
    sort_name = sa.func.lower(Service.name)
    statement = select(Service.__table__, sort_name.label("sort_name")).where(Service.business_id == business_id)
    if search:
        statement = statement.where(Service.name.icontains(search, autoescape=True))
    if after:
        later = sa.and_(sort_name == after[0], Service.id > after[1])
        statement = statement.where(sa.or_(sort_name > after[0], later))
    return list(conn.execute(statement.order_by(sort_name, Service.id).limit(limit)).all())


def members_of(conn: sa.Connection, business_id: str, services: Collection[str]) -> dict[str, dict[int, list[str]]]:
    """Return the holders of each of these services by the number of their group, in the order of preference."""
    found: dict[str, dict[int, list[str]]] = {one: {} for one in services}
    for service_id, group, holder_id in _members(conn, business_id=business_id, services=list(services)):
        found[service_id].setdefault(group, []).append(holder_id)
    return found


def rules_of(row: sa.Row[Any], groups: Mapping[int, Sequence[str]]) -> Rules:
    """Return the rules in a service's row, with its holders by group."""
    return Rules(
        id=row.id,
        duration=row.duration,
        step=row.step,
        horizon=row.horizon,
        before=row.before,
        after=row.after,
        notice=row.notice,
        anchor=Anchor(row.anchor),
        staff_rule=StaffRule(row.staff_rule),
        staff=tuple(groups.get(0, ())),
        resources=tuple(tuple(groups[number]) for number in sorted(groups) if number),
    )


def set_members(conn: sa.Connection, business_id: str, service_id: str, rules: Rules) -> None:
    """Replace the staff and the resources of a service."""
    mine = ServiceHolder.business_id == business_id, ServiceHolder.service_id == service_id
    conn.execute(sa.delete(ServiceHolder).where(*mine))
    ids = {"business_id": business_id, "service_id": service_id}
    rows = [
        {**ids, "holder_id": one, "group_no": number, "rank": rank}
        for number, group in enumerate((rules.staff, *rules.resources))
        for rank, one in enumerate(group)
    ]
    if rows:
        conn.execute(sa.insert(ServiceHolder), rows)


def change_row(conn: sa.Connection, business_id: str, service_id: str, version: int, **values: Any) -> bool:
    """Change a service that is still at that version, count the version up, and tell whether it was."""
    mine = Service.business_id == business_id, Service.id == service_id, Service.version == version
    statement = sa.update(Service).where(*mine).values(**values, version=Service.version + 1)
    return conn.execute(statement).rowcount == 1


def slugs_like(conn: sa.Connection, business_id: str, slug: str) -> set[str]:
    """Return the slugs in use in a business that are this one or begin with it and a hyphen."""
    alike = sa.or_(Service.slug == slug, Service.slug.startswith(f"{slug}-"))
    statement = select(Service.slug).where(Service.business_id == business_id, alike)
    return {str(one) for one in conn.execute(statement).scalars()}


@prepared
def _one(business_id: Any, service_id: Any) -> sa.Executable:
    return select(Service.__table__).where(Service.business_id == business_id, Service.id == service_id)


@prepared
def _members(business_id: Any, services: Any = MANY) -> sa.Executable:
    table = ServiceHolder
    mine = table.business_id == business_id, table.service_id.in_(services)
    return select(table.service_id, table.group_no, table.holder_id).where(*mine).order_by(table.rank, table.holder_id)
