"""When holders work: their weekly hours, days that differ, time off, and the holidays of a business."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import delete, insert

from hub.core.calendar import LAST
from hub.core.changes import changed_meanwhile, state_word
from hub.core.errors import InputError, UnknownId
from hub.core.hours import DayWindow, Override, WeeklyHours
from hub.core.interval import Span
from hub.core.page import Page, check_limit, cut, read_cursor
from hub.identity.name import clean_name
from hub.parts import Hub
from hub.store import holder as store
from hub.store.business import change_row, find_client, rules_changed
from hub.store.claim import lock_holders
from hub.store.holder import DayOverride, WorkingHours, find_holder
from hub.store.ids import is_id, new_id

MOST_WINDOWS = 140
"""The most windows of a week, and seven times those of a day."""
MOST_DAYS = 1000
"""The most overrides of a holder, holidays of a business, and absences of a holder that are not over."""
_EVER = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class TimeOff:
    """An absence of a holder, in UTC seconds. Without a reason: that is nobody's business."""

    id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which the whole business is closed."""

    day: date
    name: str


def every_weekday(zone: str, *windows: Span) -> WeeklyHours:
    """Return Monday to Friday with the same windows (minutes after midnight), the usual beginning."""
    return WeeklyHours(zone, tuple(DayWindow(day, start, end) for day in range(5) for start, end in windows))


def set_hours(hub: Hub, business_id: str, holder_id: str, hours: WeeklyHours, *, version: int | None = None) -> int:
    """Replace the weekly hours of a staff member or resource, and return its new version; no longer always open.

    With a ``version`` (the holder's) raises StateError (``changed``) when somebody else was faster.
    """
    check_hours(hours)
    with hub.database.writing() as conn:
        find_client(conn, business_id)
        find_holder(conn, business_id, holder_id)
        values = {"zone": hours.zone, "always_open": False}
        if not store.change_row(conn, business_id, holder_id, version, **values):
            raise changed_meanwhile("week")
        write_hours(conn, business_id, holder_id, hours)
        return int(find_holder(conn, business_id, holder_id).version)


def list_overrides(hub: Hub, business_id: str, holder_id: str, *, since: date = _EVER) -> tuple[Override, ...]:
    """Return the days of a holder that differ from the week, from ``since`` on, in order."""
    with hub.database.reading() as conn:
        find_holder(conn, business_id, holder_id)
        rows = store.overrides_of(conn, business_id, holder_id, since)
    return tuple(Override(row.day, tuple((start, end) for start, end in row.windows)) for row in rows)


def day_version(override: Override | None) -> str:
    """Return what stands for how a day differs from the week, or that it does not (None)."""
    return state_word(None if override is None else override.windows)


def set_override(
    hub: Hub, business_id: str, holder_id: str, day: date, windows: Sequence[Span] | None, *, version: str = ""
) -> None:
    """Let a day differ from the week: open in these windows (minutes), closed with none, as usual with None.

    With a ``version`` (`day_version` of what was looked at) raises StateError (``changed``) when somebody else was
    faster, unless they did the same.
    """
    override = Override(day, tuple(windows)) if windows is not None else None
    if override and len(override.windows) > MOST_WINDOWS // 7:
        raise InputError("hours", f"A day has {MOST_WINDOWS // 7} windows at most; join some of them.")
    with hub.database.writing() as conn:
        find_holder(conn, business_id, holder_id)
        lock_holders(conn, business_id, [holder_id])  # or two who set one day at once would collide
        table = DayOverride
        if version:
            _check_day(conn, business_id, holder_id, day, version, override)
        conn.execute(
            delete(table).where(table.business_id == business_id, table.holder_id == holder_id, table.day == day)
        )
        if override:
            if len(store.overrides_of(conn, business_id, holder_id, _EVER)) >= MOST_DAYS:
                raise InputError("override", f"A holder has {MOST_DAYS} of them at most; take old ones away first.")
            pairs = [list(window) for window in override.windows]
            ids = {"business_id": business_id, "holder_id": holder_id}
            conn.execute(insert(table).values(**ids, day=day, windows=pairs))
        rules_changed(conn, business_id)


def _check_day(
    conn: sa.Connection, business_id: str, holder_id: str, day: date, version: str, wanted: Override | None
) -> None:
    """Raise StateError if a day is neither as it was looked at nor as it is to be."""
    rows = [row for row in store.overrides_of(conn, business_id, holder_id, day) if row.day == day]
    now = [Override(row.day, tuple((start, end) for start, end in row.windows)) for row in rows]
    if day_version(now[0] if now else None) not in (version, day_version(wanted)):
        raise changed_meanwhile("day")


def list_time_off(
    hub: Hub, business_id: str, holder_id: str, *, since: int = 0, after: str = "", limit: int = 50
) -> Page[TimeOff]:
    """Return the absences of a holder that end after ``since`` (UTC seconds), in order."""
    place: Any = read_cursor("time_off", after, int, str)
    check_limit(limit)
    if not 0 <= since <= LAST:
        raise InputError("since", "Give UTC seconds, within the years 1970 to 9999.")
    with hub.database.reading() as conn:
        find_holder(conn, business_id, holder_id)
        rows = store.time_off_of(conn, business_id, holder_id, since, place, limit + 1)
    page = cut("time_off", rows, limit, lambda row: (row.starts_at, row.id))
    return Page(tuple(TimeOff(row.id, row.starts_at, row.ends_at) for row in page.items), page.next)


def add_time_off(hub: Hub, business_id: str, holder_id: str, start: int, end: int) -> str:
    """Let a staff member or resource be away for a span (UTC seconds), and return the id of the absence.

    `core.time_off` makes the span of local days and times.
    """
    if start < 0 or end > LAST:
        raise InputError("time_off", "Give both ends in UTC seconds, within the years 1970 to 9999.")
    if end <= start:
        raise InputError("time_off.end", "The end must come after the start; swap them or choose a later end.")
    time_off_id = new_id()
    with hub.database.writing() as conn:
        find_holder(conn, business_id, holder_id)
        if len(store.time_off_of(conn, business_id, holder_id, hub.clock(), None, MOST_DAYS)) >= MOST_DAYS:
            raise InputError("time_off", f"A holder has {MOST_DAYS} coming ones at most; take some away first.")
        ids = {"id": time_off_id, "business_id": business_id, "holder_id": holder_id}
        conn.execute(insert(store.TimeOff).values(**ids, starts_at=start, ends_at=end))
        rules_changed(conn, business_id)
    return time_off_id


def remove_time_off(hub: Hub, business_id: str, holder_id: str, time_off_id: str) -> None:
    """Take an absence of a holder back, or raise UnknownId."""
    table = store.TimeOff
    with hub.database.writing() as conn:
        find_holder(conn, business_id, holder_id)
        mine = (table.business_id == business_id, table.holder_id == holder_id, table.id == time_off_id)
        if not is_id(time_off_id) or conn.execute(delete(table).where(*mine)).rowcount != 1:
            raise UnknownId("absence", time_off_id)
        rules_changed(conn, business_id)


def list_holidays(hub: Hub, business_id: str, *, since: date = _EVER) -> tuple[Holiday, ...]:
    """Return the days on which a business is closed, from ``since`` on, in order."""
    with hub.database.reading() as conn:
        find_client(conn, business_id)
        return tuple(Holiday(row.day, row.name) for row in store.holidays_of(conn, business_id, since))


def set_holidays(
    hub: Hub, business_id: str, holidays: Iterable[tuple[date, str]], *, version: int | None = None
) -> int:
    """Replace the days on which the whole business is closed, and return the business's new version.

    With a ``version`` (the business's) raises StateError (``changed``) when somebody else was faster.
    """
    rows = [
        {"business_id": business_id, "day": day, "name": clean_name("holiday.name", name)} for day, name in holidays
    ]
    if len(rows) > MOST_DAYS:
        raise InputError("holidays", f"Name {MOST_DAYS} days at most; leave past ones out.")
    if len({row["day"] for row in rows}) != len(rows):
        raise InputError("holidays", "A day is named twice; name each once.")
    table = store.Holiday
    with hub.database.writing() as conn:
        find_client(conn, business_id)
        if not change_row(conn, business_id, version):
            raise changed_meanwhile("business")
        conn.execute(delete(table).where(table.business_id == business_id))
        if rows:
            conn.execute(insert(table), rows)
        rules_changed(conn, business_id)
        return find_client(conn, business_id).version


def check_hours(hours: WeeklyHours) -> None:
    """Raise InputError for more windows than a week may have."""
    if len(hours.windows) > MOST_WINDOWS:
        raise InputError("hours", f"A week has {MOST_WINDOWS} windows at most; join some of them.")


def write_hours(conn: sa.Connection, business_id: str, holder_id: str, hours: WeeklyHours) -> None:
    """Replace the windows of a holder's week in the caller's transaction."""
    table = WorkingHours
    conn.execute(delete(table).where(table.business_id == business_id, table.holder_id == holder_id))
    ids = {"business_id": business_id, "holder_id": holder_id}
    rows = [ids | {"weekday": one.weekday, "starts": one.start, "ends": one.end} for one in hours.windows]
    if rows:
        conn.execute(insert(table), rows)
    rules_changed(conn, business_id)
