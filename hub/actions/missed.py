"""What was missed while an account could not be used: found once its calendars were looked at again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.at_risk import holders_of_connection
from hub.core.booking import CalendarState, State
from hub.core.mail_time import spell_span
from hub.store.booking import Booking, BookingEvent, Occurrence
from hub.store.calendar import Calendar
from hub.store.outside import OutsideChange
from hub.store.service import Service

MOST = 50
"""Bookings of each kind that a report names."""


class Missed(StrEnum):
    """What became of a booking meanwhile."""

    CONFLICT = "conflict"  # something else stands over it now
    MOVED = "moved"  # its event was moved, and so was it
    CANCELLED = "cancelled"  # its event was deleted, and so it was cancelled
    ASKED = "asked"  # its event was moved or deleted, and a person is to decide
    LATE = "late"  # its event was written only now
    UNWRITTEN = "unwritten"  # its event is not as it should be yet


SENTENCES: Mapping[Missed, str] = {
    Missed.CONFLICT: "Something else came to stand over these appointments:",
    Missed.MOVED: "These were moved in the calendar, and moved with it:",
    Missed.CANCELLED: "These were deleted in the calendar, and cancelled:",
    Missed.ASKED: "These were moved or deleted in the calendar; please decide what is to be:",
    Missed.LATE: "These were written into the calendar only now:",
    Missed.UNWRITTEN: "These are not in the calendar as they should be yet:",
}
NOTHING = "Nothing was missed: no appointment of yours was touched meanwhile."


@dataclass(frozen=True, slots=True)
class Line:
    """A booking that a report names. Times in UTC seconds."""

    what: Missed
    booking_id: str
    service: str
    start: int
    end: int


def find_missed(conn: sa.Connection, outage: sa.Row[Any], late: Collection[str], now: int) -> dict[str, list[str]]:
    """Return the bookings of each kind by id, as `Outage.report` keeps them: what was found since the trouble began."""
    business_id, since = outage.business_id, outage.began_at
    holders = holders_of_connection(conn, business_id, outage.connection_id)
    found: dict[str, list[str]] = {}
    conflicts = Booking.calendar_state == CalendarState.CONFLICT, Booking.changed_at >= since
    if ids := _bookings(conn, business_id, holders, now, *conflicts):
        found[Missed.CONFLICT] = ids
    for state, booking_id in _outside(conn, business_id, outage.connection_id, since):
        found.setdefault(_OUTCOMES.get(state, Missed.ASKED), []).append(booking_id)
    asked = set(found.get(Missed.ASKED, ()))
    if left := [one for one in found.get(Missed.CONFLICT, ()) if one not in asked]:
        found[Missed.CONFLICT] = left
    else:
        found.pop(Missed.CONFLICT, None)
    if late:
        open_ones = set(_unwritten(conn, business_id, late))
        if written := [one for one in late if one not in open_ones]:
            found[Missed.LATE] = written
        if open_ones:
            found[Missed.UNWRITTEN] = sorted(open_ones)
    return {what: sorted(set(ids))[:MOST] for what, ids in found.items()}


def lines_of(
    conn: sa.Connection, business_id: str, report: Mapping[str, Collection[str]], holder_id: str = ""
) -> list[Line]:
    """Return what a report names as it now is, by kind and time; with ``holder_id`` those of one staff member."""
    wanted = {one for ids in report.values() for one in ids}
    statement = (
        select(Booking.id, Booking.starts_at, Booking.ends_at, Service.name)
        .join(Service, Service.id == Booking.service_id)
        .where(Booking.business_id == business_id, Service.business_id == business_id, Booking.id.in_(wanted))
    )
    if holder_id:
        held = Booking.id.in_(_of_holders(business_id, [holder_id]))
        statement = statement.where(sa.or_(held, Booking.id.in_(_shown_to(business_id, holder_id))))
    rows = {row.id: row for row in conn.execute(statement)}
    found = []
    for what in Missed:
        for row in sorted((rows[one] for one in report.get(what, ()) if one in rows), key=lambda row: row.starts_at):
            found.append(Line(what, row.id, row.name, row.starts_at, row.ends_at))
    return found


def spell_missed(lines: Collection[Line], zone: str, by: str) -> str:
    """Return a report as the lines of a mail."""
    parts = []
    for what in Missed:
        mine = [one for one in lines if one.what is what]
        if mine:
            parts.append(SENTENCES[what])
            parts += [f"- {spell_span(one.start, one.end, zone, by)}: {one.service}" for one in mine]
            parts.append("")
    return "\n".join(parts).strip() or NOTHING


def spell_these(conn: sa.Connection, business_id: str, bookings: Collection[str], zone: str, by: str) -> str:
    """Return bookings as the lines of a mail, by time."""
    lines = lines_of(conn, business_id, {Missed.ASKED: bookings})
    return "\n".join(f"- {spell_span(one.start, one.end, zone, by)}: {one.service}" for one in lines[:MOST])


def _of_holders(business_id: str, holders: Collection[str]) -> sa.Select[Any]:
    mine = Occurrence.business_id == business_id, Occurrence.holder_id.in_(holders)
    return select(Occurrence.booking_id).where(*mine)


def _shown_to(business_id: str, holder_id: str) -> sa.Select[Any]:
    """Bookings with an event in a calendar of somebody: one that was cancelled is nobody's any more but for that."""
    mine = BookingEvent.business_id == business_id, Calendar.business_id == business_id
    found = select(BookingEvent.booking_id).join(Calendar, Calendar.id == BookingEvent.calendar_id)
    return found.where(*mine, Calendar.holder_id == holder_id)


def _bookings(
    conn: sa.Connection, business_id: str, holders: Collection[str], now: int, *more: sa.ColumnElement[bool]
) -> list[str]:
    coming = Booking.state == State.CONFIRMED, Booking.ends_at > now
    mine = Booking.business_id == business_id, Booking.id.in_(_of_holders(business_id, holders))
    return list(conn.execute(select(Booking.id).where(*mine, *coming, *more).limit(MOST)).scalars())


def _outside(conn: sa.Connection, business_id: str, connection_id: str, since: int) -> list[tuple[str, str]]:
    table = OutsideChange
    statement = (
        select(table.state, table.booking_id)
        .join(Calendar, Calendar.id == table.calendar_id)
        .where(table.business_id == business_id, Calendar.business_id == business_id)
        .where(Calendar.connection_id == connection_id, table.seen_at >= since, table.state.in_(_TOLD))
    )
    return [(state, booking_id) for state, booking_id in conn.execute(statement.limit(MOST * 2))]


def _unwritten(conn: sa.Connection, business_id: str, bookings: Collection[str]) -> list[str]:
    mine = BookingEvent.business_id == business_id, BookingEvent.booking_id.in_(bookings)
    late = select(BookingEvent.booking_id).where(*mine, BookingEvent.wanted != BookingEvent.shown).distinct()
    return list(conn.execute(late).scalars())


_OUTCOMES = {"followed": Missed.MOVED, "cancelled": Missed.CANCELLED}
_TOLD = ("followed", "cancelled", "taken", "unclaimable", "told", "many", "elsewhere")
