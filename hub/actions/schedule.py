"""Read what an availability search needs: one query a table, however many staff there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, select

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
    conn: sa.Connection,
    business_id: str,
    service_id: str,
    window: Window,
    now: int,
    *,
    ignore: str = "",
    apart: bool = False,
) -> Schedule:
    """Return everything that decides which starts in the window can be offered.

    ``ignore`` names a booking whose own time and events do not count: the one that is to be moved. ``apart`` leaves the
    events of our own bookings out of the busy times where they stand as booked: then a time has one reason and not two.
    """
    business = find_business(conn, business_id)
    rules, name = load_service(conn, business_id, service_id)
    wanted = [*rules.staff, *(one for group in rules.resources for one in group)]
    span = reach(rules, window)
    openings, zones = openings_of(conn, business_id, wanted, span)
    claimed, booked = _occurrences(conn, business_id, wanted, span, now, ignore)
    calendars = calendars_of(conn, business_id, wanted)
    busy = _busy(conn, business, calendars, span, ignore, apart=apart)
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
    return tuple(conn.execute(_CALENDARS, {"business": business_id, "holders": list(holders)}).all())


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
    given = {"business": business_id, "holders": list(wanted), "start": span.start, "end": span.end}
    days: dict[str, list[DayWindow]] = defaultdict(list)
    for row in conn.execute(_WORKING_HOURS, given):
        days[row.holder_id].append(DayWindow(row.weekday, row.starts, row.ends))
    exceptions: dict[str, list[Override]] = defaultdict(list)
    for row in conn.execute(_OVERRIDES, given):
        exceptions[row.holder_id].append(Override(row.day, tuple((start, end) for start, end in row.windows)))
    away: dict[str, list[Span]] = defaultdict(list)
    for row in conn.execute(_TIME_OFF, given):
        away[row.holder_id].append((row.starts_at, row.ends_at))
    holidays = frozenset(conn.execute(_HOLIDAYS, given).scalars())
    openings: dict[str, tuple[Openings, Reason | None]] = {}
    zones: dict[str, str] = {}
    weeks: dict[tuple[str, bool, tuple[DayWindow, ...]], Openings] = {}  # many have the same week
    for one, zone, always, active in conn.execute(_HOLDERS, given):
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
    given = {"business": business_id, "holders": list(wanted), "start": span.start, "end": span.end}
    claimed: dict[str, list[Span]] = defaultdict(list)
    booked: dict[str, list[Span]] = defaultdict(list)
    for one, start, end, starts_at, ends_at in conn.execute(_OCCURRENCES, {**given, "now": now, "ignore": ignore}):
        claimed[one].append((start, end))
        booked[one].append((starts_at, ends_at))
    return claimed, booked


def _busy(
    conn: sa.Connection,
    business: Business,
    calendars: Sequence[sa.Row[Any]],
    span: Window,
    ignore: str,
    *,
    apart: bool = False,
) -> dict[str, Sequence[Span]]:
    """Return the busy times of each holder, in order.

    There are tens of thousands of them, so they are taken as the driver gives them, calendar after calendar, and cut
    by their counts. Both queries see one state of the data, and the usual ones are answered by the index alone.
    """
    owner = {row.id: row.holder_id for row in calendars}
    if not owner:
        return {}
    table, count, each = calendar.BusyTime, _BUSY_COUNTS, _BUSY_TIMES
    where: list[sa.ColumnElement[bool]] = []
    if ignore:
        where.append(sa.or_(table.booking_id.is_(None), table.booking_id != ignore))
    if passing := [kind for kind in BusyKind if not counts_as_busy(business, kind)]:
        where.append(table.kind.not_in(passing))
    if apart:
        where.append(~_OWN_EVENT)
    if where:
        count, each = count.where(*where), each.where(*where)
    given = {"business": business.id, "calendars": list(owner), "start": span.start, "end": span.end}
    counts = conn.execute(count, given).all()
    result = conn.execute(each, given)
    spans: Sequence[Span] = result.cursor.fetchall() if result.cursor is not None else ()
    busy: dict[str, Sequence[Span]] = {}
    first = 0
    for calendar_id, many in counts:
        one, mine = owner[calendar_id], spans[first : first + many]
        first += many
        busy[one] = sorted([*busy[one], *mine]) if one in busy else mine
    return busy


def _of_holders(table: Any, *columns: Any) -> sa.Select[Any]:
    """Return a query for the rows of these ``holders`` of this ``business``."""
    mine = table.id if table is holder.Holder else table.holder_id
    chosen: sa.BindParameter[Any] = bindparam("holders", expanding=True)
    return select(*(columns or (table.__table__,))).where(table.business_id == bindparam("business"), mine.in_(chosen))


def _within(start: Any, end: Any) -> tuple[sa.ColumnElement[bool], ...]:
    return (end > bindparam("start"), start < bindparam("end"))


# Made once: to make them anew for each search would cost more than to run them.
_CALENDARS = _of_holders(calendar.Calendar).where(calendar.Calendar.checked).order_by(calendar.Calendar.id)
_WORKING_HOURS = _of_holders(holder.WorkingHours)
_OVERRIDES = _of_holders(holder.DayOverride)
_TIME_OFF = _of_holders(holder.TimeOff).where(*_within(holder.TimeOff.starts_at, holder.TimeOff.ends_at))
_HOLIDAYS = select(holder.Holiday.day).where(holder.Holiday.business_id == bindparam("business"))
_HOLDERS = _of_holders(
    holder.Holder, holder.Holder.id, holder.Holder.zone, holder.Holder.always_open, holder.Holder.active
)
_OCCURRENCES = (
    _of_holders(
        booking.Occurrence,
        booking.Occurrence.holder_id,
        booking.Occurrence.from_at,
        booking.Occurrence.until_at,
        booking.Booking.starts_at,
        booking.Booking.ends_at,
    )
    .join(booking.Booking, booking.Booking.id == booking.Occurrence.booking_id)
    .where(
        booking.Booking.business_id == bindparam("business"),
        *_within(booking.Occurrence.from_at, booking.Occurrence.until_at),
        sa.or_(booking.Occurrence.expires_at.is_(None), booking.Occurrence.expires_at > bindparam("now")),
        booking.Occurrence.booking_id != bindparam("ignore"),
    )
    .order_by(booking.Occurrence.from_at)
)
_BUSY = (
    calendar.BusyTime.business_id == bindparam("business"),
    calendar.BusyTime.calendar_id.in_(bindparam("calendars", expanding=True)),
    *_within(calendar.BusyTime.starts_at, calendar.BusyTime.ends_at),
)
_OWN_EVENT = (
    sa.exists()
    .where(
        calendar.BusyTime.booking_id == booking.Booking.id,
        calendar.BusyTime.starts_at == booking.Booking.starts_at,
        calendar.BusyTime.ends_at == booking.Booking.ends_at,
        booking.Booking.business_id == bindparam("business"),
        booking.Occurrence.booking_id == booking.Booking.id,
        booking.Occurrence.business_id == bindparam("business"),
        booking.Occurrence.holder_id == calendar.Calendar.holder_id,
        calendar.Calendar.id == calendar.BusyTime.calendar_id,
        calendar.Calendar.business_id == bindparam("business"),
    )
    .correlate(calendar.BusyTime)
)
_BUSY_COUNTS = (
    select(calendar.BusyTime.calendar_id, sa.func.count())
    .where(*_BUSY)
    .group_by(calendar.BusyTime.calendar_id)
    .order_by(calendar.BusyTime.calendar_id)
)
_BUSY_TIMES = (
    select(calendar.BusyTime.starts_at, calendar.BusyTime.ends_at)
    .where(*_BUSY)
    .order_by(calendar.BusyTime.calendar_id, calendar.BusyTime.starts_at, calendar.BusyTime.ends_at)
)
