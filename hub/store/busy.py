"""The busy times of calendars as a search reads them: tens of thousands, as the driver gives them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select

from hub.core.calendar import Window
from hub.core.interval import Span
from hub.core.purpose import Purpose
from hub.store.booking import Booking, Occurrence
from hub.store.calendar import BusyTime, Calendar, check_taken
from hub.store.prepared import MANY, Run, prepared

_LONG = 8 * 86_400
"""A longer window is read by two queries: twice the work of the index, and a third less for each row."""


def busy_spans(
    conn: sa.Connection,
    business_id: str,
    calendars: Collection[sa.Row[Any]],
    window: Window,
    purpose: Purpose,
    *,
    passing: tuple[str, ...] = (),
    ignore: str = "",
    apart: bool = False,
) -> dict[str, Sequence[Span]]:
    """Return the busy times of these calendars that touch the window, in order, by calendar.

    Without those of the ``passing`` kinds, without those of the booking ``ignore``, and with ``apart`` without the
    events of our own bookings where they stand as booked. ``conn`` sees one state of the data. The usual queries are
    answered by the index alone. Raises Refused (``purpose``) for what was not taken for that.
    """
    given: dict[str, Any] = {"business_id": business_id, "calendars": [row.id for row in calendars]}
    given |= {"start": window.start, "end": window.end, "ignore": ignore}
    counts, times, both = _queries(purpose, passing, but_one=bool(ignore), apart=apart)
    busy: dict[str, Sequence[Span]] = {}
    if window.end - window.start <= _LONG:
        for one, rows in groupby(both(conn, **given), itemgetter(0)):
            busy[one] = [(start, end) for _, start, end in rows]
        check_taken((row for row in calendars if row.id in busy), purpose)
        return busy
    spans, first = times(conn, **given), 0
    for one, many in counts(conn, **given):
        busy[one] = spans[first : first + many]
        first += many
    check_taken((row for row in calendars if row.id in busy), purpose)
    return busy


@lru_cache
def _queries(purpose: Purpose, passing: tuple[str, ...], *, but_one: bool, apart: bool) -> tuple[Run, Run, Run]:
    """Return what counts busy times by calendar, what reads them in that order, and what reads them with it."""

    def chosen(business_id: Any, start: Any, end: Any, ignore: Any, calendars: Any) -> list[sa.ColumnElement[bool]]:
        where = [BusyTime.business_id == business_id, BusyTime.calendar_id.in_(calendars)]
        where += [BusyTime.ends_at > start, BusyTime.starts_at < end]
        if but_one:
            where.append(sa.or_(BusyTime.booking_id.is_(None), BusyTime.booking_id != ignore))
        if passing:
            where.append(BusyTime.kind.not_in(passing))
        return [*where, ~_own_event(business_id)] if apart else where

    def counts(business_id: Any, start: Any, end: Any, ignore: Any, calendars: Any = MANY) -> sa.Executable:
        counted = select(BusyTime.calendar_id, func.count()).where(*chosen(business_id, start, end, ignore, calendars))
        return counted.group_by(BusyTime.calendar_id).order_by(BusyTime.calendar_id).execution_options(purpose=purpose)

    def times(business_id: Any, start: Any, end: Any, ignore: Any, calendars: Any = MANY) -> sa.Executable:
        spans = select(BusyTime.starts_at, BusyTime.ends_at).where(*chosen(business_id, start, end, ignore, calendars))
        return spans.order_by(*_ORDER).execution_options(purpose=purpose)

    def both(business_id: Any, start: Any, end: Any, ignore: Any, calendars: Any = MANY) -> sa.Executable:
        spans = select(*_ORDER).where(*chosen(business_id, start, end, ignore, calendars))
        return spans.order_by(*_ORDER).execution_options(purpose=purpose)

    return prepared(counts, named=False), prepared(times, named=False), prepared(both, named=False)


_ORDER = BusyTime.calendar_id, BusyTime.starts_at, BusyTime.ends_at


def _own_event(business_id: Any) -> sa.Exists:
    """Return the condition that a busy time is the event of a booking of ours, and stands where that does."""
    stands = (
        BusyTime.booking_id == Booking.id,
        BusyTime.starts_at == Booking.starts_at,
        BusyTime.ends_at == Booking.ends_at,
    )
    own = (Occurrence.booking_id == Booking.id, Occurrence.holder_id == Calendar.holder_id)
    mine = (one.business_id == business_id for one in (Booking, Occurrence, Calendar))
    return sa.exists().where(*stands, *own, Calendar.id == BusyTime.calendar_id, *mine).correlate(BusyTime)
