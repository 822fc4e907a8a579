"""See in what was read of a calendar that an event of ours was moved or deleted there, and have it looked at."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.core.booking import State
from hub.core.outside import DELAY, OutsideKind, Verdict
from hub.core.purpose import Purpose
from hub.store.booking import Booking, BookingEvent
from hub.store.calendar import BusyTime
from hub.store.outbox import WAITING, Outbox, add_effect
from hub.store.outside import add_outside, change_outside, open_changes

_FOR = Purpose.PREVENT_CONFLICTS
"""Of busy times, only those of our own events are read here."""

LOOK_OUTSIDE = "look_outside"
"""The kind of the effect that looks at an event itself (`actions.outside_look`)."""


def lock_ours(
    conn: sa.Connection,
    business_id: str,
    calendar_id: str,
    items: Collection[str] | None,
    refs: Collection[str],
    uids: Collection[str],
    now: int,
) -> list[str]:
    """Lock the coming bookings that a change of a calendar may concern, and return their ids.

    Called before the busy times are changed: ``items`` are the keyed hashes of what changed (None: everything),
    ``refs`` how the provider names what changed, ``uids`` what stands there now. So bookings are locked before busy
    times, as everywhere.
    """
    busy = BusyTime.business_id == business_id, BusyTime.calendar_id == calendar_id
    known = select(BusyTime.booking_id).where(*busy, BusyTime.booking_id.is_not(None)).execution_options(purpose=_FOR)
    if items is not None:
        known = known.where(BusyTime.item.in_(items))
    event = BookingEvent.business_id == business_id, BookingEvent.calendar_id == calendar_id
    named = sa.and_(BookingEvent.ref != "", BookingEvent.ref.in_(refs))
    ours = select(BookingEvent.booking_id).where(*event)
    if items is not None or not uids:  # else everything was read, with the names of ours: then what is missing is gone
        ours = ours.where(sa.or_(BookingEvent.uid.in_(uids), named))
    found = {one for statement in (known, ours) for one in conn.execute(statement).scalars()}
    if not found:
        return []
    coming = Booking.business_id == business_id, Booking.id.in_(sorted(found)), Booking.starts_at > now
    statement = select(Booking.id).where(*coming).order_by(Booking.id).with_for_update(key_share=True)
    return list(conn.execute(statement).scalars())


def note_outside(
    conn: sa.Connection, business_id: str, calendar_id: str, bookings: Collection[str], window_end: int, now: int
) -> int:
    """Compare the events of these locked bookings with what stands in the calendar now; return how many differ.

    What differs is noted, and looked at by itself: what a calendar tells may be old. Events that the hub is about to
    change say nothing.
    """
    if not bookings:
        return 0
    statement = (
        select(Booking.id, Booking.version, Booking.starts_at, Booking.ends_at)
        .join(BookingEvent, BookingEvent.booking_id == Booking.id)
        .where(
            Booking.business_id == business_id,
            BookingEvent.business_id == business_id,
            BookingEvent.calendar_id == calendar_id,
            BookingEvent.wanted == BookingEvent.shown,
            Booking.id.in_(bookings),
            Booking.state == State.CONFIRMED,
            Booking.starts_at > now,
            Booking.ends_at <= window_end,
        )
        .order_by(Booking.id)
    )
    settled = conn.execute(statement).all()
    stands = _stands(conn, business_id, calendar_id, bookings)
    known = {row.booking_id: row for row in open_changes(conn, business_id, bookings) if row.calendar_id == calendar_id}
    count = 0
    for row in settled:
        times = stands.get(row.id, [])
        if (row.starts_at, row.ends_at) in times:
            if row.id in known:  # it was put back: let a look say so
                look_at(conn, business_id, row.id, calendar_id, now, now)
            continue
        count += 1
        if note_change(conn, row, business_id, calendar_id, times[0] if times else None, known.get(row.id), now):
            due = now if times else now + DELAY
            look_at(conn, business_id, row.id, calendar_id, due, now)
    return count


def note_change(
    conn: sa.Connection,
    booking: Any,
    business_id: str,
    calendar_id: str,
    times: tuple[int, int] | None,
    known: sa.Row[Any] | None,
    now: int,
) -> bool:
    """Note where an event of a locked booking stands now (None: nowhere); False if that is known already."""
    kind = OutsideKind.DELETED if times is None else OutsideKind.MOVED
    start, end = times or (None, None)
    if known is not None:
        said = known.version, known.kind, known.starts_at, known.ends_at
        if said == (booking.version, kind, start, end):
            return False
        change_outside(conn, business_id, [known.id], state=Verdict.OVERTAKEN, ended_at=now)
    values = {"version": booking.version, "kind": kind, "starts_at": start, "ends_at": end}
    add_outside(conn, business_id, booking.id, calendar_id, **values, state="seen", seen_at=now)
    return True


def look_at(conn: sa.Connection, business_id: str, booking_id: str, calendar_id: str, due_at: int, now: int) -> None:
    """Put a look at an event of ours into the outbox, unless one waits there already."""
    key = f"outside:{booking_id}:{calendar_id}"
    waits = Outbox.business_id == business_id, Outbox.key == key, Outbox.state == WAITING, Outbox.due_at <= due_at
    if conn.execute(select(Outbox.id).where(*waits)).first() is None:
        payload = {"booking_id": booking_id, "calendar_id": calendar_id}
        where = {"business_id": business_id, "kind": LOOK_OUTSIDE, "key": key}
        add_effect(conn, **where, payload=payload, due_at=due_at, now=now)


def _stands(
    conn: sa.Connection, business_id: str, calendar_id: str, bookings: Collection[str]
) -> dict[str, list[tuple[int, int]]]:
    mine = BusyTime.business_id == business_id, BusyTime.calendar_id == calendar_id
    times = select(BusyTime.booking_id, BusyTime.starts_at, BusyTime.ends_at).execution_options(purpose=_FOR)
    found: dict[str, list[tuple[int, int]]] = {}
    for booking_id, start, end in conn.execute(times.where(*mine, BusyTime.booking_id.in_(bookings))):
        found.setdefault(str(booking_id), []).append((start, end))
    return found
