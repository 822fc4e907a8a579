"""Which events of calendars are the hub's own: those that a booking has there, or had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.store.booking import BookingEvent
from hub.store.calendar import Calendar
from hub.store.prepared import MANY, prepared


def is_ours(conn: sa.Connection, business_id: str, connection_id: str, ref_hashes: Sequence[str], uid: str) -> bool:
    """Tell whether a booking of the business has, or had, that event in a calendar of the connection."""
    given = {"connection_id": connection_id, "ref_hashes": ref_hashes, "uid": uid}
    return _own(conn, business_id=business_id, **given).first() is not None


@prepared
def _own(business_id: Any, connection_id: Any, uid: Any, ref_hashes: Any = MANY) -> sa.Executable:
    mine = BookingEvent.business_id == business_id, Calendar.business_id == business_id, BookingEvent.uid == uid
    there = Calendar.connection_id == connection_id, Calendar.ref_hash.in_(ref_hashes)
    return select(BookingEvent.uid).join(Calendar, Calendar.id == BookingEvent.calendar_id).where(*mine, *there)


def short_ref(ref: str, calendar_ref: str) -> str:
    """Return an event's name at its provider as it is kept: without that of its calendar, which is often an address."""
    return f"{_HERE}{ref[len(calendar_ref) :]}" if calendar_ref and ref.startswith(calendar_ref) else ref


def whole_ref(ref: str, calendar_ref: str) -> str:
    """Return an event's name at its provider from what is kept of it."""
    return calendar_ref + ref.removeprefix(_HERE) if ref.startswith(_HERE) else ref


_HERE = "./"
