"""Set up a business: the business itself, its staff and resources, their hours, and its services."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy import delete, insert, select

from hub.core.calendar import LAST
from hub.core.errors import InputError, UnknownId
from hub.core.hours import DayWindow, Override, WeeklyHours
from hub.core.interval import Span
from hub.core.service import Service as Rules
from hub.core.zones import check_zone
from hub.identity.name import clean_name
from hub.parts import Hub
from hub.store.business import add_business, find_business
from hub.store.holder import DayOverride, Holder, Holiday, TimeOff, WorkingHours
from hub.store.ids import new_id
from hub.store.service import Service, ServiceHolder


def create_business(hub: Hub, name: str, zone: str) -> str:
    """Add a client of the agency in an IANA zone, with a key of its own, and return its id."""
    check_zone(zone)
    with hub.database.writing() as conn:
        business_id = add_business(conn, clean_name("business.name", name), zone, hub.clock())
        hub.keyring.make_business_key(conn, business_id)
    return business_id


def add_staff(hub: Hub, business_id: str, name: str, hours: WeeklyHours) -> str:
    """Add a staff member who works these hours, and return the id."""
    with hub.database.writing() as conn:
        find_business(conn, business_id)
        staff_id = _add_holder(conn, business_id, "staff", name, hours.zone, always_open=False)
        _set_hours(conn, business_id, staff_id, hours)
    return staff_id


def add_resource(hub: Hub, business_id: str, name: str, hours: WeeklyHours | None = None) -> str:
    """Add a room, chair or vehicle, and return the id; without hours it can be used at any time."""
    with hub.database.writing() as conn:
        business = find_business(conn, business_id)
        zone = hours.zone if hours else business.zone
        resource_id = _add_holder(conn, business_id, "resource", name, zone, always_open=hours is None)
        if hours:
            _set_hours(conn, business_id, resource_id, hours)
    return resource_id


def set_hours(hub: Hub, business_id: str, holder_id: str, hours: WeeklyHours) -> None:
    """Replace the weekly hours of a staff member or resource."""
    with hub.database.writing() as conn:
        _find_holder(conn, business_id, holder_id)
        conn.execute(
            sa.update(Holder)
            .where(Holder.business_id == business_id, Holder.id == holder_id)
            .values(zone=hours.zone, always_open=False)
        )
        _set_hours(conn, business_id, holder_id, hours)


def set_override(hub: Hub, business_id: str, holder_id: str, day: date, windows: Sequence[Span] | None) -> None:
    """Let a day differ from the week: open in these windows (minutes), closed with none, as usual with None."""
    override = Override(day, tuple(windows)) if windows is not None else None
    with hub.database.writing() as conn:
        _find_holder(conn, business_id, holder_id)
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
        _find_holder(conn, business_id, holder_id)
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


def add_service(hub: Hub, business_id: str, name: str, rules: Rules) -> str:
    """Add a service with these rules (their id is not used) and return its id; raise UnknownId for a strange holder."""
    service_id = new_id()
    groups = [rules.staff, *rules.resources]
    with hub.database.writing() as conn:
        find_business(conn, business_id)
        for holder_id in {one for group in groups for one in group}:
            _find_holder(conn, business_id, holder_id)
        conn.execute(
            insert(Service).values(
                id=service_id,
                business_id=business_id,
                name=clean_name("service.name", name),
                duration=rules.duration,
                before=rules.before,
                after=rules.after,
                notice=rules.notice,
                horizon=rules.horizon,
                step=rules.step,
                anchor=rules.anchor,
                staff_rule=rules.staff_rule,
                active=True,
            )
        )
        rows = [
            {"service_id": service_id, "business_id": business_id, "holder_id": one, "group_no": number, "rank": rank}
            for number, group in enumerate(groups)
            for rank, one in enumerate(group)
        ]
        if rows:
            conn.execute(insert(ServiceHolder), rows)
    return service_id


def _add_holder(conn: sa.Connection, business_id: str, kind: str, name: str, zone: str, *, always_open: bool) -> str:
    holder_id = new_id()
    values = {"id": holder_id, "business_id": business_id, "kind": kind, "name": clean_name(f"{kind}.name", name)}
    conn.execute(insert(Holder).values(**values, zone=zone, always_open=always_open, active=True))
    return holder_id


def _set_hours(conn: sa.Connection, business_id: str, holder_id: str, hours: WeeklyHours) -> None:
    table = WorkingHours
    conn.execute(delete(table).where(table.business_id == business_id, table.holder_id == holder_id))
    ids = {"business_id": business_id, "holder_id": holder_id}
    rows = [ids | {"weekday": one.weekday, "starts": one.start, "ends": one.end} for one in hours.windows]
    if rows:
        conn.execute(insert(table), rows)


def _find_holder(conn: sa.Connection, business_id: str, holder_id: str) -> None:
    statement = select(Holder.id).where(Holder.business_id == business_id, Holder.id == holder_id)
    if conn.execute(statement).first() is None:
        raise UnknownId("staff member or resource", holder_id)


def every_weekday(zone: str, *windows: Span) -> WeeklyHours:
    """Return Monday to Friday with the same windows (minutes after midnight), the usual beginning."""
    return WeeklyHours(zone, tuple(DayWindow(day, start, end) for day in range(5) for start, end in windows))
