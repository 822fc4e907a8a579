"""Read what an availability search needs: what rarely changes from memory, one query a table for the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.rules import Rules, rules_of
from hub.core.availability import Holder, reach
from hub.core.calendar import BusyKind, Window
from hub.core.interval import Span
from hub.core.purpose import Purpose
from hub.core.reason import Reason
from hub.core.service import Service
from hub.store.booking import Booking, Occurrence
from hub.store.business import Business, find_business
from hub.store.busy import busy_spans
from hub.store.calendar import Calendar
from hub.store.prepared import MANY, prepared


@dataclass(frozen=True, slots=True)
class Schedule:
    """A service of a business with its holders, as they stood at one moment.

    Of their calendars that which tells whether they are fresh, and what they were read for.
    """

    business: Business
    rules: Rules
    holders: tuple[Holder, ...]
    calendars: tuple[sa.Row[Any], ...]

    @property
    def service(self) -> Service:
        """The service as the core knows it."""
        return self.rules.service


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
    rules = rules_of(conn, business, service_id)
    span = reach(rules.service, window)
    openings, wanted = rules.openings(span), [one.id for one in rules.hours.holders]
    claimed, booked = _occurrences(conn, business_id, wanted, span, now, ignore)
    calendars = tuple(_looks(conn, business_id=business_id, holders=wanted))
    busy = _busy(conn, business, calendars, span, ignore, apart=apart)
    holders = tuple(
        Holder(
            one.id,
            openings[one.id],
            busy.get(one.id, ()),
            claimed.get(one.id, ()),
            booked.get(one.id, ()),
            one.withheld,
        )
        for one in rules.hours.holders
    )
    return Schedule(business, rules, holders, calendars)


def withhold(schedule: Schedule, reasons: dict[str, Reason]) -> Schedule:
    """Return the schedule with these holders offering nothing, each for its reason."""
    holders = tuple(
        replace(one, withheld=one.withheld or reasons.get(one.id)) if one.id in reasons else one
        for one in schedule.holders
    )
    return replace(schedule, holders=holders)


def calendars_of(conn: sa.Connection, business_id: str, holders: Collection[str]) -> tuple[sa.Row[Any], ...]:
    """Return the rows of the calendars that are checked for these holders."""
    return tuple(_calendars(conn, business_id=business_id, holders=list(holders)))


def counts_as_busy(business: Business, kind: str) -> bool:
    """Tell whether a busy time of that kind blocks, by the business's policy. Unreadable always does."""
    if kind == BusyKind.TENTATIVE:
        return business.tentative_is_busy
    if kind == BusyKind.UNANSWERED:
        return business.unanswered_is_busy
    return True


def _occurrences(
    conn: sa.Connection, business_id: str, wanted: Sequence[str], span: Window, now: int, ignore: str
) -> tuple[dict[str, list[Span]], dict[str, list[Span]]]:
    given = {"business_id": business_id, "holders": wanted, "start": span.start, "end": span.end}
    claimed: dict[str, list[Span]] = defaultdict(list)
    booked: dict[str, list[Span]] = defaultdict(list)
    for one, start, end, starts_at, ends_at in _taken(conn, **given, now=now, ignore=ignore):
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
    """Return the busy times of each holder, in order."""
    owner = {row.id: row.holder_id for row in calendars}
    if not owner:
        return {}
    passing = tuple(kind for kind in BusyKind if not counts_as_busy(business, kind))
    busy: dict[str, Sequence[Span]] = {}
    found = busy_spans(
        conn, business.id, calendars, span, Purpose.CHECK_AVAILABILITY, passing=passing, ignore=ignore, apart=apart
    )
    for calendar_id, spans in found.items():
        one = owner[calendar_id]
        busy[one] = sorted([*busy[one], *spans]) if one in busy else spans
    return busy


def _checked(columns: Iterable[Any], business_id: Any, holders: Any) -> sa.Executable:
    mine = Calendar.business_id == business_id, Calendar.holder_id.in_(holders), Calendar.checked
    return select(*columns).where(*mine).order_by(Calendar.id)


@prepared
def _calendars(business_id: Any, holders: Any = MANY) -> sa.Executable:
    return _checked(Calendar.__table__.c, business_id, holders)


@prepared
def _looks(business_id: Any, holders: Any = MANY) -> sa.Executable:
    table = Calendar
    what = table.id, table.holder_id, table.taken_for, table.restricted, table.problem, table.tried_at, table.read_at
    return _checked((*what, table.read_until, table.announced, table.known, table.pushed_until), business_id, holders)


@prepared
def _taken(business_id: Any, start: Any, end: Any, now: Any, ignore: Any, holders: Any = MANY) -> sa.Executable:
    """Return the times that live bookings take, with and without buffers."""
    times = Occurrence.from_at, Occurrence.until_at, Booking.starts_at, Booking.ends_at
    mine = Occurrence.business_id == business_id, Booking.business_id == business_id, Occurrence.holder_id.in_(holders)
    there = Occurrence.until_at > start, Occurrence.from_at < end, Occurrence.booking_id != ignore
    live = sa.or_(Occurrence.expires_at.is_(None), Occurrence.expires_at > now)
    taken = select(Occurrence.holder_id, *times).join(Booking, Booking.id == Occurrence.booking_id)
    return taken.where(*mine, *there, live).order_by(Occurrence.from_at)
