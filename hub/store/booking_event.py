"""Which events of calendars are the hub's own: those that a booking has there, or had."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.store.booking import BookingEvent
from hub.store.calendar import Calendar
from hub.store.prepared import prepared


def is_ours(conn: sa.Connection, business_id: str, connection_id: str, ref: str, uid: str) -> bool:
    """Tell whether a booking of the business has, or had, that event in the connection's calendar ``ref``."""
    given = {"connection_id": connection_id, "ref": ref, "uid": uid}
    return _own(conn, business_id=business_id, **given).first() is not None


@prepared
def _own(business_id: Any, connection_id: Any, ref: Any, uid: Any) -> sa.Executable:
    mine = BookingEvent.business_id == business_id, Calendar.business_id == business_id, BookingEvent.uid == uid
    there = Calendar.connection_id == connection_id, Calendar.ref == ref
    return select(BookingEvent.uid).join(Calendar, Calendar.id == BookingEvent.calendar_id).where(*mine, *there)
