"""When a holder is open in the days to come, with the reason where a day is not as usual; and who is away next."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import select

from hub.core.calendar import Window
from hub.core.hours import Override, WeeklyHours, open_spans
from hub.core.interval import Span
from hub.core.zones import day_of, local_day
from hub.parts import Hub
from hub.store import holder as store
from hub.store.holder import TimeOff, find_holder

_MOST_ABSENCES = 1000


@dataclass(frozen=True, slots=True)
class DayLook:
    """A local day of a holder: its openings in UTC seconds, and what makes it differ from the week.

    ``holiday`` is the name of the business's holiday, unless the day is open all the same. ``other``: hours of its own.
    ``away``: time off takes some of it.
    """

    day: date
    openings: tuple[Span, ...]
    holiday: str = ""
    other: bool = False
    away: bool = False


def coming_days(hub: Hub, business_id: str, holder_id: str, days: int = 14) -> tuple[DayLook, ...]:
    """Return the holder's days from today on, in the holder's zone; a day that the zone skips is left out.

    One who is always open has none. Raises UnknownId.
    """
    now = hub.clock()
    with hub.database.reading() as conn:
        row = find_holder(conn, business_id, holder_id)
        if row.always_open:
            return ()
        first = day_of(row.zone, now)
        since = date.fromordinal(first - 1)
        week = WeeklyHours(row.zone, tuple(store.windows_of(conn, business_id, [holder_id])[holder_id]))
        others = {
            one.day: tuple((start, end) for start, end in one.windows)
            for one in store.overrides_of(conn, business_id, holder_id, since)
        }
        off = [
            (one.starts_at, one.ends_at)
            for one in store.time_off_of(conn, business_id, holder_id, now - 86_400, None, _MOST_ABSENCES)
        ]
        holidays = {one.day: one.name for one in store.holidays_of(conn, business_id, since)}
    looks = []
    for ordinal in range(first, first + days):
        stretches = local_day(row.zone, ordinal)
        if not stretches:
            continue
        begin, end, day = stretches[0].start, stretches[-1].end, date.fromordinal(ordinal)
        overrides = [Override(one, windows) for one, windows in others.items()]
        found = open_spans(week, Window(begin, end), overrides=overrides, time_off=off, holidays=holidays)
        openings = tuple(
            (max(start, begin), min(until, end)) for start, until, _ in found.opened if start < end and until > begin
        )
        away = any(start < end and until > begin for start, until in off)
        looks.append(DayLook(day, openings, "" if day in others else holidays.get(day, ""), day in others, away))
    return tuple(looks)


def next_absences(hub: Hub, business_id: str, holder_ids: Collection[str]) -> dict[str, Span]:
    """Return for each holder who has one the absence that ends next, in UTC seconds; one query for all."""
    table, now = TimeOff, hub.clock()
    coming = (table.business_id == business_id, table.holder_id.in_(sorted(holder_ids)), table.ends_at > now)
    first = select(table.holder_id, sa.func.min(table.starts_at).label("starts_at")).where(*coming)
    earliest = first.group_by(table.holder_id).subquery()
    query = (
        select(table.holder_id, table.starts_at, sa.func.min(table.ends_at))
        .join(earliest, sa.and_(earliest.c.holder_id == table.holder_id, earliest.c.starts_at == table.starts_at))
        .where(*coming)
        .group_by(table.holder_id, table.starts_at)
    )
    with hub.database.reading() as conn:
        return {holder_id: (start, end) for holder_id, start, end in conn.execute(query)}
