"""When holders work: their weekly hours, days that differ, time off, and the holidays of a business."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy import delete, insert

from hub.core.calendar import LAST
from hub.core.errors import InputError
from hub.core.hours import DayWindow, Override, WeeklyHours
from hub.core.interval import Span
from hub.identity.name import clean_name
from hub.parts import Hub
from hub.store.business import find_business
from hub.store.holder import DayOverride, Holder, Holiday, TimeOff, WorkingHours, find_holder
from hub.store.ids import new_id


def every_weekday(zone: str, *windows: Span) -> WeeklyHours:
    """Return Monday to Friday with the same windows (minutes after midnight), the usual beginning."""
    return WeeklyHours(zone, tuple(DayWindow(day, start, end) for day in range(5) for start, end in windows))


def set_hours(hub: Hub, business_id: str, holder_id: str, hours: WeeklyHours) -> None:
    """Replace the weekly hours of a staff member or resource."""
    with hub.database.writing() as conn:
        find_holder(conn, business_id, holder_id)
        conn.execute(
            sa.update(Holder)
            .where(Holder.business_id == business_id, Holder.id == holder_id)
            .values(zone=hours.zone, always_open=False)
        )
        write_hours(conn, business_id, holder_id, hours)


def set_override(hub: Hub, business_id: str, holder_id: str, day: date, windows: Sequence[Span] | None) -> None:
    """Let a day differ from the week: open in these windows (minutes), closed with none, as usual with None."""
    override = Override(day, tuple(windows)) if windows is not None else None
    with hub.database.writing() as conn:
        find_holder(conn, business_id, holder_id)
        table = DayOverride
        conn.execute(
            delete(table).where(table.business_id == business_id, table.holder_id == holder_id, table.day == day)
        )
        if override:
            pairs = [list(window) for window in override.windows]
            ids = {"business_id": business_id, "holder_id": holder_id}
            conn.execute(insert(table).values(**ids, day=day, windows=pairs))


def add_time_off(hub: Hub, business_id: str, holder_id: str, start: int, end: int) -> str:
    """Let a staff member or resource be away for a span (UTC seconds), and return the id of the absence."""
    if start < 0 or end > LAST:
        raise InputError("time_off", "Give both ends in UTC seconds, within the years 1970 to 9999.")
    if end <= start:
        raise InputError("time_off.end", "The end must come after the start; swap them or choose a later end.")
    time_off_id = new_id()
    with hub.database.writing() as conn:
        find_holder(conn, business_id, holder_id)
        ids = {"id": time_off_id, "business_id": business_id, "holder_id": holder_id}
        conn.execute(insert(TimeOff).values(**ids, starts_at=start, ends_at=end))
    return time_off_id


def set_holidays(hub: Hub, business_id: str, holidays: Iterable[tuple[date, str]]) -> None:
    """Replace the days on which the whole business is closed."""
    rows = [
        {"business_id": business_id, "day": day, "name": clean_name("holiday.name", name)} for day, name in holidays
    ]
    if len({row["day"] for row in rows}) != len(rows):
        raise InputError("holidays", "A day is named twice; name each once.")
    with hub.database.writing() as conn:
        find_business(conn, business_id)
        conn.execute(delete(Holiday).where(Holiday.business_id == business_id))
        if rows:
            conn.execute(insert(Holiday), rows)


def write_hours(conn: sa.Connection, business_id: str, holder_id: str, hours: WeeklyHours) -> None:
    """Replace the windows of a holder's week in the caller's transaction."""
    table = WorkingHours
    conn.execute(delete(table).where(table.business_id == business_id, table.holder_id == holder_id))
    ids = {"business_id": business_id, "holder_id": holder_id}
    rows = [ids | {"weekday": one.weekday, "starts": one.start, "ends": one.end} for one in hours.windows]
    if rows:
        conn.execute(insert(table), rows)
