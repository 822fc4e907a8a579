"""Read what an availability search needs: one query a table, however many staff there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.core.availability import Holder, reach
from hub.core.calendar import BusyKind, Window
from hub.core.errors import UnknownId
from hub.core.hours import DayWindow, Openings, Override, WeeklyHours, always_open, open_spans
from hub.core.interval import Span
from hub.core.reason import Reason
from hub.core.service import Service
from hub.store import booking, calendar, holder, service
from hub.store.business import Business, find_business

_EVERY_HOUR = tuple(DayWindow(weekday, 0, 1440) for weekday in range(7))


@dataclass(frozen=True, slots=True)
class Schedule:
    """A service of a business with its holders and their calendars, as they stood at one moment."""

    business: Business
    service: Service
    name: str
    holders: tuple[Holder, ...]
    calendars: tuple[sa.Row[Any], ...]
    zones: dict[str, str]

    @property
    def staff(self) -> tuple[str, ...]:
        """The ids of the service's staff."""
        return self.service.staff


def load_service(
    conn: sa.Connection, business_id: str, service_id: str, *, also_inactive: bool = False
) -> tuple[Service, str]:
    """Return the service and its name; raise UnknownId if it is not of this business or is switched off."""
    row = service.find_service(conn, business_id, service_id)
    if not (row.active or also_inactive):
        raise UnknownId("service", service_id)
    return service.rules_of(row, service.members_of(conn, business_id, [row.id])[row.id]), row.name


def load_schedule(
    conn: sa.Connection, business_id: str, service_id: str, window: Window, now: int, *, ignore: str = ""
) -> Schedule:
    """Return everything that decides which starts in the window can be offered.

    ``ignore`` names a booking whose own time and events do not count: the one that is to be moved.
    """
    business = find_business(conn, business_id)
    rules, name = load_service(conn, business_id, service_id)
    wanted = [*rules.staff, *(one for group in rules.resources for one in group)]
    span = reach(rules, window)
    openings, zones = openings_of(conn, business_id, wanted, span)
    claimed, booked = _occurrences(conn, business_id, wanted, span, now, ignore)
    calendars = calendars_of(conn, business_id, wanted)
    busy = _busy(conn, business, calendars, span, ignore)
    holders = tuple(
        Holder(one, opened, busy.get(one, ()), claimed.get(one, ()), booked.get(one, ()), withheld)
        for one, (opened, withheld) in openings.items()
    )
    return Schedule(business, rules, name, holders, calendars, zones)


def withhold(schedule: Schedule, reasons: dict[str, Reason]) -> Schedule:
    """Return the schedule with these holders offering nothing, each for its reason."""
    holders = tuple(
        replace(one, withheld=one.withheld or reasons.get(one.id)) if one.id in reasons else one
        for one in schedule.holders
    )
    return replace(schedule, holders=holders)


def calendars_of(conn: sa.Connection, business_id: str, holders: Collection[str]) -> tuple[sa.Row[Any], ...]:
    """Return the rows of the calendars that are checked for these holders."""
    table = calendar.Calendar
    statement = select(table.__table__).where(
        table.business_id == business_id, table.holder_id.in_(holders), table.checked
    )
    return tuple(conn.execute(statement.order_by(table.id)).all())


def counts_as_busy(business: Business, kind: str) -> bool:
    """Tell whether a busy time of that kind blocks, by the business's policy. Unreadable always does."""
    if kind == BusyKind.TENTATIVE:
        return business.tentative_is_busy
    if kind == BusyKind.UNANSWERED:
        return business.unanswered_is_busy
    return True


def openings_of(
    conn: sa.Connection, business_id: str, wanted: Sequence[str], span: Window
) -> tuple[dict[str, tuple[Openings, Reason | None]], dict[str, str]]:
    """Return when each of these holders works, with a reason if they cannot be booked at all, and their zones."""
    days: dict[str, list[DayWindow]] = defaultdict(list)
    for row in _rows(conn, holder.WorkingHours, business_id, wanted):
        days[row.holder_id].append(DayWindow(row.weekday, row.starts, row.ends))
    exceptions: dict[str, list[Override]] = defaultdict(list)
    for row in _rows(conn, holder.DayOverride, business_id, wanted):
        exceptions[row.holder_id].append(Override(row.day, tuple((start, end) for start, end in row.windows)))
    away: dict[str, list[Span]] = defaultdict(list)
    overlaps = (holder.TimeOff.ends_at > span.start, holder.TimeOff.starts_at < span.end)
    for row in _rows(conn, holder.TimeOff, business_id, wanted, *overlaps):
        away[row.holder_id].append((row.starts_at, row.ends_at))
    holidays = frozenset(
        conn.execute(select(holder.Holiday.day).where(holder.Holiday.business_id == business_id)).scalars()
    )
    table = holder.Holder
    statement = select(table.id, table.zone, table.always_open, table.active).where(
        table.business_id == business_id, table.id.in_(wanted)
    )
    openings: dict[str, tuple[Openings, Reason | None]] = {}
    zones: dict[str, str] = {}
    weeks: dict[tuple[str, bool, tuple[DayWindow, ...]], Openings] = {}  # many have the same week
    for one, zone, always, active in conn.execute(statement):
        if always and not away[one] and not exceptions[one]:
            opened = always_open()
        else:
            week = zone, always, _EVERY_HOUR if always else tuple(days[one])
            plain = not exceptions[one] and not away[one]
            if not plain or week not in weeks:
                hours, closed = WeeklyHours(zone, week[2]), frozenset() if always else holidays
                opened = open_spans(hours, span, overrides=exceptions[one], time_off=away[one], holidays=closed)
                if plain:
                    weeks[week] = opened
            else:
                opened = weeks[week]
        openings[one] = (opened, None if active else Reason.INACTIVE)
        zones[one] = zone
    return openings, zones


def _occurrences(
    conn: sa.Connection, business_id: str, wanted: Sequence[str], span: Window, now: int, ignore: str
) -> tuple[dict[str, list[Span]], dict[str, list[Span]]]:
    taken, appointment = booking.Occurrence, booking.Booking
    statement = (
        select(taken.holder_id, taken.from_at, taken.until_at, appointment.starts_at, appointment.ends_at)
        .join(appointment, appointment.id == taken.booking_id)
        .where(
            taken.business_id == business_id,
            appointment.business_id == business_id,
            taken.holder_id.in_(wanted),
            taken.until_at > span.start,
            taken.from_at < span.end,
            sa.or_(taken.expires_at.is_(None), taken.expires_at > now),
            taken.booking_id != ignore,
        )
        .order_by(taken.from_at)
    )
    claimed: dict[str, list[Span]] = defaultdict(list)
    booked: dict[str, list[Span]] = defaultdict(list)
    for one, start, end, starts_at, ends_at in conn.execute(statement):
        claimed[one].append((start, end))
        booked[one].append((starts_at, ends_at))
    return claimed, booked


def _busy(
    conn: sa.Connection, business: Business, calendars: Sequence[sa.Row[Any]], span: Window, ignore: str
) -> dict[str, Sequence[Span]]:
    """Return the busy times of each holder, in order.

    There are tens of thousands of them, so they are taken as the driver gives them, calendar after calendar, and cut
    by their counts. Both queries see one state of the data, and the usual ones are answered by the index alone.
    """
    owner = {row.id: row.holder_id for row in calendars}
    table = calendar.BusyTime
    where = [
        table.business_id == business.id,
        table.calendar_id.in_(list(owner)),
        table.ends_at > span.start,
        table.starts_at < span.end,
    ]
    if ignore:
        where.append(sa.or_(table.booking_id.is_(None), table.booking_id != ignore))
    if passing := [kind for kind in BusyKind if not counts_as_busy(business, kind)]:
        where.append(table.kind.not_in(passing))
    count = select(table.calendar_id, sa.func.count()).where(*where).group_by(table.calendar_id)
    counts = conn.execute(count.order_by(table.calendar_id)).all()
    order = table.calendar_id, table.starts_at, table.ends_at
    result = conn.execute(select(table.starts_at, table.ends_at).where(*where).order_by(*order))
    spans: Sequence[Span] = result.cursor.fetchall() if result.cursor is not None else ()
    busy: dict[str, Sequence[Span]] = {}
    first = 0
    for calendar_id, many in counts:
        one, mine = owner[calendar_id], spans[first : first + many]
        first += many
        busy[one] = sorted([*busy[one], *mine]) if one in busy else mine
    return busy


def _rows(conn: sa.Connection, table: Any, business_id: str, wanted: Sequence[str], *conditions: Any) -> Sequence[Any]:
    statement = select(table.__table__).where(
        table.business_id == business_id, table.holder_id.in_(wanted), *conditions
    )
    return conn.execute(statement).all()
