"""Holders: the staff and resources of a business."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import insert

from hub.actions.hours import write_hours
from hub.core.hours import WeeklyHours
from hub.identity.name import clean_name
from hub.parts import Hub
from hub.store.business import find_business
from hub.store.holder import Holder
from hub.store.ids import new_id


def add_staff(hub: Hub, business_id: str, name: str, hours: WeeklyHours) -> str:
    """Add a staff member who works these hours, and return the id."""
    with hub.database.writing() as conn:
        find_business(conn, business_id)
        staff_id = _add_holder(conn, business_id, "staff", name, hours.zone, always_open=False)
        write_hours(conn, business_id, staff_id, hours)
    return staff_id


def add_resource(hub: Hub, business_id: str, name: str, hours: WeeklyHours | None = None) -> str:
    """Add a room, chair or vehicle, and return the id; without hours it can be used at any time."""
    with hub.database.writing() as conn:
        business = find_business(conn, business_id)
        zone = hours.zone if hours else business.zone
        resource_id = _add_holder(conn, business_id, "resource", name, zone, always_open=hours is None)
        if hours:
            write_hours(conn, business_id, resource_id, hours)
    return resource_id


def _add_holder(conn: sa.Connection, business_id: str, kind: str, name: str, zone: str, *, always_open: bool) -> str:
    holder_id = new_id()
    values = {"id": holder_id, "business_id": business_id, "kind": kind, "name": clean_name(f"{kind}.name", name)}
    conn.execute(insert(Holder).values(**values, zone=zone, always_open=always_open, active=True))
    return holder_id
