"""Look at an event of ours that seems to be moved or deleted, and do what follows: the booking goes with it, or asks.

The event itself is read before anything is done, because lists of changes may be old or hostile. What was done is
written in one transaction with the change of the booking.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select, update

from hub.actions.ask import ask_provider
from hub.actions.conflicts import find_conflicts
from hub.actions.effect import Effect, Repeat, Work
from hub.actions.outside import LOOK_OUTSIDE, look_at, note_change
from hub.actions.outside_ask import ask_about, ask_about_many
from hub.actions.outside_follow import cancel_outside, follow_outside
from hub.core.booking import State
from hub.core.calendar import Busy, Calendar, Found, Window, Written
from hub.core.errors import NotFound, UnknownId
from hub.core.outside import ASKS, DELAY, TOGETHER, OutsideKind, Seen, Verdict, judge
from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.store import calendar
from hub.store.booking import Booking, BookingEvent, find_booking, lock_booking
from hub.store.booking_event import short_ref, whole_ref
from hub.store.business import find_business
from hub.store.outside import change_outside, open_changes, vanished
from hub.vault.names import open_calendar, open_calendars
from hub.vault.texts import Opener


@dataclass(frozen=True, slots=True)
class Looked:
    """An event as it was looked at: the rows of its booking, itself and its calendar, and what was found.

    ``which`` is the calendar as plugins know it.
    """

    booking: sa.Row[Any]
    event: sa.Row[Any]
    place: sa.Row[Any]
    which: Calendar
    found: Found | None


def _look(hub: Hub, work: Work) -> None:
    business_id, booking_id, calendar_id = work.business_id, work.payload["booking_id"], work.payload["calendar_id"]
    try:
        looked = _read(hub, business_id, booking_id, calendar_id)
    except UnknownId:
        return  # erased
    if looked is None:
        _end(hub, business_id, booking_id, calendar_id, Verdict.OVERTAKEN)
        return
    seen = Seen(looked.booking.starts_at, looked.booking.ends_at, looked.found)
    change_id = _note(hub, looked, seen)
    if change_id is None:
        return  # it is as it should be, is to be looked at once more, or waits for a person already
    if seen.kind is OutsideKind.DELETED and seen.start > hub.clock():
        elsewhere = _stands_elsewhere(hub, looked)
        if elsewhere is None:
            _end(hub, business_id, booking_id, calendar_id, Verdict.GONE)
            return
        seen = replace(seen, elsewhere=elsewhere)
    verdict = judge(_with_counts(hub, looked, seen), hub.clock())
    _DO[verdict](hub, looked, change_id, verdict)


def _read(hub: Hub, business_id: str, booking_id: str, calendar_id: str) -> Looked | None:
    """Read the event at its provider; None if the hub is about to change it, or it is nobody's any more."""
    with hub.database.reading() as conn:
        booking = find_booking(conn, business_id, booking_id)
        mine = BookingEvent.business_id == business_id, BookingEvent.booking_id == booking_id
        statement = select(BookingEvent.__table__).where(*mine, BookingEvent.calendar_id == calendar_id)
        event = conn.execute(statement).one_or_none()
        table = calendar.Calendar
        named = table.business_id == business_id, table.id == calendar_id, table.ref_hash != ""
        place = conn.execute(select(table.__table__).where(*named)).one_or_none()
        which = None if place is None else open_calendar(conn, hub.keyring, place)
    if event is None or place is None or which is None:
        return None
    if booking.state != State.CONFIRMED or event.wanted != event.shown:
        return None
    written = Written(event.uid, whole_ref(event.ref, which.ref), event.etag)
    arguments = {"calendar": which, "written": written}
    try:
        found = ask_provider(
            hub, business_id, place.connection_id, Purpose.PREVENT_CONFLICTS, "hub_read_event", **arguments
        )
    except NotFound:
        return None  # the whole calendar is gone, which the next look at it says
    return Looked(booking, event, place, which, found)


def _note(hub: Hub, looked: Looked, seen: Seen) -> str | None:
    """Write down what was found; return the change to be judged now, None if there is none."""
    business_id, booking_id, calendar_id, now = *_ids(looked), hub.clock()
    times = None if seen.found is None or seen.found.cancelled else (seen.found.start, seen.found.end)
    with hub.database.writing() as conn:
        lock_booking(conn, business_id, booking_id)
        booking = find_booking(conn, business_id, booking_id)
        if booking.version != looked.booking.version:
            return None  # its events are written anew
        known = _open(conn, business_id, booking_id, calendar_id)
        if seen.kind is None:
            event = BookingEvent.booking_id == booking_id, BookingEvent.calendar_id == calendar_id
            mine = update(BookingEvent).where(BookingEvent.business_id == business_id, *event)
            conn.execute(mine.values(looked_at=now))
            change_outside(conn, business_id, [one.id for one in known], state=Verdict.BACK, ended_at=now)
        elif note_change(conn, booking, business_id, calendar_id, times, known[-1] if known else None, now):
            if seen.kind is OutsideKind.DELETED:  # seen here first: it may only be on its way to another time
                look_at(conn, business_id, booking_id, calendar_id, now + DELAY, now)
                return None
            known = _open(conn, business_id, booking_id, calendar_id)
    if seen.kind is None and known and looked.place.holder_id is not None:
        with hub.database.writing() as conn:
            find_conflicts(conn, business_id, looked.place.holder_id, now)
    return str(known[-1].id) if seen.kind is not None and known and known[-1].state not in ASKS else None


def _stands_elsewhere(hub: Hub, looked: Looked) -> bool | None:
    """Tell whether the event is in another used calendar of the account now; None if its own one does not answer."""
    table, place, own = calendar.Calendar, looked.place, looked.which.ref
    with hub.database.reading() as conn:
        mine = table.business_id == place.business_id, table.connection_id == place.connection_id
        used = sa.or_(table.checked, table.written, table.id == place.id)
        rows = conn.execute(select(table.__table__).where(*mine, used).order_by(table.id)).all()
        calendars = open_calendars(Opener(conn, hub.keyring), rows)
    window = Window(looked.booking.starts_at, looked.booking.ends_at)
    try:
        answer = ask_provider(
            hub,
            place.business_id,
            place.connection_id,
            Purpose.PREVENT_CONFLICTS,
            "hub_free_busy",
            calendars=calendars,
            window=window,
        )
    except NotFound:
        return None
    if own not in answer:
        return None
    others: list[Busy] = [one for ref, found in answer.items() if ref != own for one in found]
    return any(one.uid == looked.event.uid for one in others)


def _with_counts(hub: Hub, looked: Looked, seen: Seen) -> Seen:
    business_id, _, calendar_id = _ids(looked)
    now = hub.clock()
    with hub.database.reading() as conn:
        gone = vanished(conn, business_id, calendar_id, now - TOGETHER)
        coming = conn.execute(
            select(func.count())
            .select_from(BookingEvent)
            .join(Booking, Booking.id == BookingEvent.booking_id)
            .where(
                BookingEvent.business_id == business_id,
                Booking.business_id == business_id,
                BookingEvent.calendar_id == calendar_id,
                Booking.state == State.CONFIRMED,
                Booking.starts_at > now,
            )
        ).scalar_one()
        follows = find_business(conn, business_id).follow_calendar
    cancelled = sum(one.state == "cancelled" for one in gone)
    return replace(seen, follows=follows, vanished=len(gone), coming=coming + cancelled)


def _end(hub: Hub, business_id: str, booking_id: str, calendar_id: str, state: Verdict) -> None:
    with hub.database.writing() as conn:
        lock_booking(conn, business_id, booking_id)
        ids = [one.id for one in _open(conn, business_id, booking_id, calendar_id)]
        change_outside(conn, business_id, ids, state=state, ended_at=hub.clock())


def _ended(hub: Hub, looked: Looked, _change_id: str, verdict: Verdict) -> None:
    _end(hub, *_ids(looked), verdict)


def _follow(hub: Hub, looked: Looked, change_id: str, _verdict: Verdict) -> None:
    assert looked.found is not None
    ref = short_ref(looked.found.written.ref, looked.which.ref)
    if not follow_outside(hub, looked.booking, looked.event, looked.found, ref, change_id):
        ask_about(hub, looked.booking, looked.event, change_id, Verdict.TAKEN)


def _cancel(hub: Hub, looked: Looked, change_id: str, _verdict: Verdict) -> None:
    cancel_outside(hub, looked.booking, looked.event, change_id)


def _ask(hub: Hub, looked: Looked, change_id: str, verdict: Verdict) -> None:
    ask_about(hub, looked.booking, looked.event, change_id, verdict)


def _ask_many(hub: Hub, looked: Looked, _change_id: str, _verdict: Verdict) -> None:
    ask_about_many(hub, looked.booking.business_id, looked.place.id, looked.place.holder_id)


def _open(conn: sa.Connection, business_id: str, booking_id: str, calendar_id: str) -> list[sa.Row[Any]]:
    return [one for one in open_changes(conn, business_id, [booking_id]) if one.calendar_id == calendar_id]


def _ids(looked: Looked) -> tuple[str, str, str]:
    return looked.booking.business_id, looked.booking.id, looked.place.id


_DO = {
    **dict.fromkeys((Verdict.BACK, Verdict.PAST, Verdict.OVERTAKEN, Verdict.GONE), _ended),
    **dict.fromkeys(ASKS, _ask),
    Verdict.FOLLOWED: _follow,
    Verdict.CANCELLED: _cancel,
    Verdict.MANY: _ask_many,
}


def _gave_up(hub: Hub, work: Work) -> None:
    """Leave an event that could not be read alone, until it is seen to be changed again."""
    _end(hub, work.business_id, work.payload["booking_id"], work.payload["calendar_id"], Verdict.OVERTAKEN)


LOOK_AT_EVENT = Effect(LOOK_OUTSIDE, Repeat.SAFE, _look, gave_up=_gave_up)
