"""What in businesses needs somebody's attention, in numbers, and what a new business still lacks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields, replace

import sqlalchemy as sa
from sqlalchemy import exists, func, select

from hub.actions.revoke import REVOKE
from hub.core.booking import CalendarState, State
from hub.core.ended import EndState
from hub.parts import Hub
from hub.store.booking import Booking
from hub.store.business import AGENCY, find_client
from hub.store.calendar import Calendar
from hub.store.connection import DISCONNECTED, Connection
from hub.store.holder import Holder, WorkingHours
from hub.store.outage import Outage
from hub.store.outbox import DEAD, UNKNOWN, Outbox
from hub.store.service import Service, ServiceHolder

_LOST, _FAILING = "needs_reconnect", "failing"
_LATE = 3600
_SENDS = "hub_send_message"


@dataclass(frozen=True, slots=True)
class Attention:
    """How much needs somebody in a business.

    ``reconnect``: connections to be connected again, ``failing``: those that do not work for so long that people were
    told. ``requested``: bookings kept, but not confirmed. ``conflict``
    and ``failed``: confirmed ones to come over which something else stands, and whose event was not written.
    ``dead``: effects that were given up. ``revoke``: ended accounts whose permission the provider has not ended, an
    hour after the disconnect or given up.
    """

    reconnect: int = 0
    failing: int = 0
    requested: int = 0
    conflict: int = 0
    failed: int = 0
    dead: int = 0
    revoke: int = 0

    @property
    def total(self) -> int:
        """How much it is altogether."""
        return sum(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a business has that it needs to be booked: each is one step of setting up.

    ``mail``: an account that mails go out by, of the business or of the agency. ``page``: the business and one of its
    services have a booking page.
    """

    staff: bool
    checked: bool
    written: bool
    service: bool
    page: bool
    mail: bool

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(getattr(self, one.name) for one in fields(self))

    @property
    def all(self) -> int:
        """How many steps there are."""
        return len(fields(self))

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return self.done == self.all


def attention(hub: Hub, business_ids: Collection[str]) -> dict[str, Attention]:
    """Return what needs somebody in each of these businesses; the same few queries however many there are."""
    found = dict.fromkeys(business_ids, Attention())
    if not found:
        return {}
    ids, now = sorted(found), hub.clock()
    with hub.database.reading() as conn:
        counts = (*_connections(conn, ids, now), *_bookings(conn, ids, now), *_effects(conn, ids))
        for business_id, name, count in counts:
            found[business_id] = replace(found[business_id], **{name: getattr(found[business_id], name) + count})
    return found


def readiness(hub: Hub, business_id: str) -> Readiness:
    """Return which steps of setting a business up are done. Raises UnknownId."""
    with hub.database.reading() as conn:
        business = find_client(conn, business_id)
        mine = business_id
        works = exists().where(WorkingHours.business_id == mine, WorkingHours.holder_id == Holder.id)
        staff = exists().where(
            Holder.business_id == mine, Holder.kind == "staff", Holder.active, sa.or_(Holder.always_open, works)
        )
        checked = exists().where(Calendar.business_id == mine, Calendar.checked)
        written = exists().where(Calendar.business_id == mine, Calendar.written)
        given = exists().where(
            ServiceHolder.business_id == mine, ServiceHolder.service_id == Service.id, ServiceHolder.group_no == 0
        )
        service = exists().where(Service.business_id == mine, Service.active, given)
        page = exists().where(Service.business_id == mine, Service.active, given, Service.slug.is_not(None))
        flags = conn.execute(select(staff, checked, written, service, page)).one()
        providers = conn.execute(
            select(Connection.provider)
            .where(Connection.business_id.in_([mine, AGENCY]), Connection.health != "disconnected")
            .distinct()
        ).scalars()
        mail = any(hub.registry.offers(one, _SENDS) for one in list(providers))
    return Readiness(flags[0], flags[1], flags[2], flags[3], bool(flags[4] and business.slug), mail)


_Counts = list[tuple[str, str, int]]


def _connections(conn: sa.Connection, ids: list[str], now: int) -> _Counts:
    table = Connection
    late = sa.and_(table.end_state == EndState.OPEN, table.health_at < now - _LATE)
    left = sa.and_(table.health == DISCONNECTED, sa.or_(table.end_state == EndState.FAILED, late))
    told = sa.exists().where(
        Outage.connection_id == table.id,
        Outage.business_id == table.business_id,
        Outage.ended_at.is_(None),
        Outage.told_at.is_not(None),
    )
    lasting = sa.and_(table.health == _FAILING, told)
    query = (
        select(table.business_id, table.health, func.count())
        .where(table.business_id.in_(ids), sa.or_(table.health == _LOST, lasting, left))
        .group_by(table.business_id, table.health)
    )
    words = {_LOST: "reconnect", _FAILING: "failing", DISCONNECTED: "revoke"}
    return [(business_id, words[health], count) for business_id, health, count in conn.execute(query)]


def _bookings(conn: sa.Connection, ids: list[str], now: int) -> _Counts:
    table = Booking
    troubled = table.calendar_state.in_([CalendarState.CONFLICT, CalendarState.FAILED])
    query = (
        select(table.business_id, table.state, table.calendar_state, func.count())
        .where(
            table.business_id.in_(ids),
            table.ends_at > now,
            sa.or_(table.state == State.REQUESTED, sa.and_(table.state == State.CONFIRMED, troubled)),
        )
        .group_by(table.business_id, table.state, table.calendar_state)
    )
    return [
        (business_id, "requested" if state == State.REQUESTED else str(calendar_state), count)
        for business_id, state, calendar_state, count in conn.execute(query)
    ]


def _effects(conn: sa.Connection, ids: list[str]) -> _Counts:
    table = Outbox
    query = (
        select(table.business_id, func.count())
        .where(table.business_id.in_(ids), table.state.in_([DEAD, UNKNOWN]), table.kind != REVOKE.name)
        .group_by(table.business_id)
    )
    return [(business_id, "dead", count) for business_id, count in conn.execute(query)]
