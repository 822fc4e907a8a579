"""What a stranger sees of a business: its booking page with the services on it, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.core.question import Question, check_questions
from hub.core.service import StaffRule
from hub.core.slug import LONGEST
from hub.parts import Hub
from hub.store.business import AGENCY, find_by_slug, find_client
from hub.store.holder import Holder
from hub.store.service import Service, ServiceHolder, find_service


@dataclass(frozen=True, slots=True)
class PublicService:
    """A service as customers see it. ``staff`` are (id, name) of those among whom they may choose, if they may.

    ``slug`` is empty for one without a page, and ``active`` false for one that cannot be booked at present.
    """

    id: str
    slug: str
    name: str
    description: str
    duration: int
    notice: int
    horizon: int
    place: str
    questions: tuple[Question, ...]
    active: bool
    staff: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PublicPage:
    """A business as customers see it, and its services that have a page, by name. ``slug`` is empty without a page."""

    business_id: str
    slug: str
    name: str
    zone: str
    region: str
    email: str
    phone: str
    place: str
    cancel_notice: int
    embed_origins: tuple[str, ...]
    services: tuple[PublicService, ...] = ()

    def service(self, slug: str) -> PublicService | None:
        """Return the service with that slug, or None."""
        return next((one for one in self.services if one.slug == slug), None)


def find_page(hub: Hub, slug: str) -> PublicPage:
    """Return the booking page with that address, or raise UnknownId."""
    with hub.database.reading() as conn:
        business = find_by_slug(conn, slug[: LONGEST + 1])
        return _page(conn, business)


def page_of(hub: Hub, business_id: str) -> PublicPage:
    """Return a business as its customers see it, whether it has a page or not. Raises UnknownId."""
    with hub.database.reading() as conn:
        return _page(conn, find_client(conn, business_id))


def service_of(hub: Hub, business_id: str, service_id: str) -> PublicService:
    """Return a service as customers see it, also one that is switched off or has no page. Raises UnknownId."""
    with hub.database.reading() as conn:
        row = find_service(conn, business_id, service_id)
        return _service(row, _staff(conn, business_id, [row]))


def sites_of_slug(hub: Hub, slug: str) -> tuple[str, ...]:
    """Return the origins that may show the booking page with that address in a frame. Raises UnknownId."""
    with hub.database.reading() as conn:
        return tuple(find_by_slug(conn, slug[: LONGEST + 1]).embed_origins)


def sites_of(hub: Hub, business_id: str) -> tuple[str, ...]:
    """Return the origins that may show a business's pages in a frame. Raises UnknownId."""
    with hub.database.reading() as conn:
        return tuple(find_client(conn, business_id).embed_origins)


def _page(conn: sa.Connection, business: Any) -> PublicPage:
    table = Service
    statement = select(table.__table__).where(table.business_id == business.id, table.active, table.slug.is_not(None))
    rows = conn.execute(statement.order_by(sa.func.lower(table.name), table.id)).all()
    staff = _staff(conn, business.id, rows)
    has_page = business.slug is not None and business.id != AGENCY
    return PublicPage(
        business_id=business.id,
        slug=business.slug if has_page else "",
        name=business.name,
        zone=business.zone,
        region=business.region,
        email=business.email,
        phone=business.phone,
        place=business.place,
        cancel_notice=business.cancel_notice,
        embed_origins=tuple(business.embed_origins),
        services=tuple(_service(row, staff) for row in rows),
    )


def _staff(conn: sa.Connection, business_id: str, rows: Any) -> dict[str, list[tuple[str, str]]]:
    """Return the active staff of services among whom customers may choose, in the services' order."""
    chosen = [row.id for row in rows if row.staff_rule != StaffRule.ALL]
    statement = (
        select(ServiceHolder.service_id, Holder.id, Holder.name)
        .join(Holder, Holder.id == ServiceHolder.holder_id)
        .where(
            ServiceHolder.business_id == business_id,
            Holder.business_id == business_id,
            ServiceHolder.service_id.in_(chosen),
            ServiceHolder.group_no == 0,
            Holder.active,
        )
        .order_by(ServiceHolder.rank, Holder.id)
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for service_id, holder_id, name in conn.execute(statement):
        found.setdefault(service_id, []).append((holder_id, name))
    return found


def _service(row: Any, staff: dict[str, list[tuple[str, str]]]) -> PublicService:
    choosable = staff.get(row.id, [])
    return PublicService(
        id=row.id,
        slug=row.slug or "",
        name=row.name,
        description=row.description,
        duration=row.duration,
        notice=row.notice,
        horizon=row.horizon,
        place=row.place,
        questions=check_questions(row.questions),
        active=bool(row.active),
        staff=tuple(choosable) if len(choosable) > 1 else (),
    )
