"""A week of staff and resources as one looks at it: hours, busy times, bookings, time off, day by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.bookings import BookingRow, as_rows
from hub.actions.fresh import reasons_against
from hub.actions.rules import read_hours
from hub.actions.schedule import calendars_of, counts_as_busy
from hub.core.calendar import BusyKind, Window
from hub.core.errors import UnknownId
from hub.core.hours import Openings
from hub.core.interval import Span
from hub.core.purpose import Purpose
from hub.core.reason import Reason
from hub.core.week import LocalDay, local_week, window_of
from hub.parts import Hub
from hub.store.booking import Booking, Occurrence
from hub.store.booking_list import list_bookings
from hub.store.business import Business, find_business
from hub.store.calendar import BusyTime, check_taken
from hub.store.holder import Holder, TimeOff


@dataclass(frozen=True, slots=True)
class Block:
    """A busy time of a calendar, cut at midnight. ``blocks``: nothing is offered then, by the business's policy.

    What it is for was never read.
    """

    start: int
    end: int
    kind: BusyKind
    blocks: bool


@dataclass(frozen=True, slots=True)
class Appointment:
    """A booking or hold of one holder. ``from_at`` and ``until_at`` include its buffers; it is not cut at midnight."""

    booking: BookingRow
    from_at: int
    until_at: int


@dataclass(frozen=True, slots=True)
class DayView:
    """A local day, ``[start, end)``; all but appointments is cut at its ends. All times in UTC seconds.

    ``closed`` says why parts of it are shut; time off is in ``off`` alone.
    """

    day: date
    start: int
    end: int
    openings: tuple[Span, ...]
    busy: tuple[Block, ...]
    appointments: tuple[Appointment, ...]
    off: tuple[Span, ...]
    closed: tuple[tuple[int, int, Reason], ...]


@dataclass(frozen=True, slots=True)
class HolderWeek:
    """A week of a staff member or resource.

    ``withheld`` is why nothing of theirs is offered now: not active, or a calendar that is not fresh or was not read
    that far; then busy times may be missing. ``looked_at`` is when one of their calendars was last read.
    """

    id: str
    name: str
    kind: str
    zone: str
    withheld: Reason | None
    looked_at: int | None
    days: tuple[DayView, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """A week in the ``zone`` in which it is looked at, ``[start, end)``; ``now`` is when it was read."""

    zone: str
    start: int
    end: int
    now: int
    holders: tuple[HolderWeek, ...]


def week(hub: Hub, business_id: str, holder_ids: Collection[str], monday: date, zone: str) -> Week:
    """Return the week from a Monday on, of these holders in this order; of all active staff if none is named.

    Asks no provider, and the number of queries does not grow with the holders. Raises InputError for a day that is no
    Monday or an unknown zone, UnknownId for a holder of another business.
    """
    days, now = local_week(zone, monday), hub.clock()
    window = window_of(days)
    with hub.database.reading() as conn:
        business = find_business(conn, business_id)
        holders = _holders(conn, business_id, list(dict.fromkeys(holder_ids)))
        wanted = [row.id for row in holders]
        hours = read_hours(conn, business_id, wanted)
        calendars = calendars_of(conn, business_id, wanted)
        appointments = _appointments(hub, conn, business_id, wanted, window, now)
        busy = _busy(conn, business, calendars, window, appointments)
        off = _time_off(conn, business_id, wanted, window)
    openings, inactive = hours.openings(window), {one.id: one.withheld for one in hours.holders}
    stale = reasons_against(hub, calendars, window.end, now) if window.end > now else {}
    looks = {row.holder_id: row.read_at for row in sorted(calendars, key=lambda row: row.read_at) if row.read_at}
    return Week(
        zone,
        window.start,
        window.end,
        now,
        tuple(
            HolderWeek(
                id=row.id,
                name=row.name,
                kind=row.kind,
                zone=row.zone,
                withheld=inactive[row.id] or stale.get(row.id),
                looked_at=looks.get(row.id),
                days=tuple(
                    _day(one, openings[row.id], busy.get(row.id, ()), appointments.get(row.id, ()), off[row.id])
                    for one in days
                ),
            )
            for row in holders
        ),
    )


def _day(
    day: LocalDay,
    openings: Openings,
    busy: Iterable[Block],
    appointments: Iterable[Appointment],
    off: Sequence[Span],
) -> DayView:
    return DayView(
        day=day.day,
        start=day.start,
        end=day.end,
        openings=day.part((start, end) for start, end, _ in openings.opened),
        busy=tuple(
            Block(start, end, one.kind, one.blocks) for one in busy for start, end in day.part([(one.start, one.end)])
        ),
        appointments=tuple(one for one in appointments if day.meets(one.from_at, one.until_at)),
        off=day.part(off),
        closed=tuple(
            (start, end, why)
            for low, high, why in openings.closed
            if why is not Reason.TIME_OFF
            for start, end in day.part([(low, high)])
        ),
    )


def _holders(conn: sa.Connection, business_id: str, wanted: list[str]) -> list[sa.Row[Any]]:
    statement = select(Holder.__table__).where(Holder.business_id == business_id)
    if not wanted:
        staff = statement.where(Holder.kind == "staff", Holder.active).order_by(Holder.name, Holder.id)
        return list(conn.execute(staff).all())
    known = {row.id: row for row in conn.execute(statement)}
    for one in wanted:
        if one not in known:
            raise UnknownId("staff member or resource", one)
    return [known[one] for one in wanted]


def _appointments(
    hub: Hub, conn: sa.Connection, business_id: str, wanted: Collection[str], window: Window, now: int
) -> Mapping[str, list[Appointment]]:
    taken = Occurrence
    statement = select(taken.booking_id, taken.holder_id, taken.from_at, taken.until_at).where(
        taken.business_id == business_id,
        taken.holder_id.in_(wanted),
        taken.until_at > window.start,
        taken.from_at < window.end,
        sa.or_(taken.expires_at.is_(None), taken.expires_at > now),
    )
    found = conn.execute(statement.order_by(taken.from_at, taken.booking_id)).all()
    ids = {row.booking_id for row in found}
    rows = as_rows(hub, conn, [business_id], list_bookings(conn, [business_id], Booking.id.in_(ids)))
    bookings = {one.id: one for one in rows}
    appointments: dict[str, list[Appointment]] = defaultdict(list)
    for row in found:
        appointments[row.holder_id].append(Appointment(bookings[row.booking_id], row.from_at, row.until_at))
    return appointments


def _busy(
    conn: sa.Connection,
    business: Business,
    calendars: Sequence[sa.Row[Any]],
    window: Window,
    appointments: Mapping[str, Sequence[Appointment]],
) -> Mapping[str, list[Block]]:
    """Return busy times by holder, without the events of appointments that stand where the appointment does."""
    owner = {row.id: row.holder_id for row in calendars}
    shown = {
        (holder, one.booking.id, one.booking.start, one.booking.end)
        for holder, some in appointments.items()
        for one in some
    }
    statement = select(BusyTime.__table__).where(
        BusyTime.business_id == business.id,
        BusyTime.calendar_id.in_(list(owner)),
        BusyTime.ends_at > window.start,
        BusyTime.starts_at < window.end,
    )
    purpose = Purpose.CHECK_AVAILABILITY
    statement = statement.execution_options(purpose=purpose)
    busy: dict[str, list[Block]] = defaultdict(list)
    found = conn.execute(statement.order_by(BusyTime.starts_at, BusyTime.ends_at)).all()
    used = {row.calendar_id for row in found}
    check_taken((row for row in calendars if row.id in used), purpose)
    for row in found:
        holder = owner[row.calendar_id]
        if (holder, row.booking_id, row.starts_at, row.ends_at) not in shown:
            blocks = counts_as_busy(business, row.kind)
            busy[holder].append(Block(row.starts_at, row.ends_at, BusyKind(row.kind), blocks))
    return busy


def _time_off(
    conn: sa.Connection, business_id: str, wanted: Collection[str], window: Window
) -> Mapping[str, list[Span]]:
    statement = select(TimeOff.holder_id, TimeOff.starts_at, TimeOff.ends_at).where(
        TimeOff.business_id == business_id,
        TimeOff.holder_id.in_(wanted),
        TimeOff.ends_at > window.start,
        TimeOff.starts_at < window.end,
    )
    off: dict[str, list[Span]] = defaultdict(list)
    for one, start, end in conn.execute(statement.order_by(TimeOff.starts_at, TimeOff.ends_at)):
        off[one].append((start, end))
    return off
