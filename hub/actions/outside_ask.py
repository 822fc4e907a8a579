"""Ask people about an event of ours that was moved or deleted and that its booking does not follow."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.actions.mail import plan_mail
from hub.actions.notice_rules import rules_of
from hub.actions.notify import What, notify_booking, with_address
from hub.actions.outside_follow import is_as_seen
from hub.actions.tell import tell
from hub.core.booking import CalendarState, State
from hub.core.mail import MailKind
from hub.core.outside import TOGETHER, OutsideKind, Verdict
from hub.parts import Hub
from hub.store.booking import find_booking, lock_booking, set_calendar_state
from hub.store.business import find_business
from hub.store.crash import CrashPoint, crash_point
from hub.store.outside import change_outside, find_outside, vanished

_WHY = {
    (OutsideKind.MOVED, Verdict.TAKEN): What.MOVED_TAKEN,
    (OutsideKind.MOVED, Verdict.UNCLAIMABLE): What.MOVED_UNCLAIMABLE,
    (OutsideKind.MOVED, Verdict.TOLD): What.MOVED_TOLD,
    (OutsideKind.DELETED, Verdict.TOLD): What.DELETED_TOLD,
    (OutsideKind.DELETED, Verdict.ELSEWHERE): What.DELETED_ELSEWHERE,
}


def ask_about(hub: Hub, booking: sa.Row[Any], event: sa.Row[Any], change_id: str, verdict: Verdict) -> None:
    """Let a change wait for a person, show it as a conflict of the booking, and tell the staff; once."""
    business_id, now = booking.business_id, hub.clock()
    with hub.database.writing() as conn:
        lock_booking(conn, business_id, booking.id)
        change = find_outside(conn, business_id, change_id)
        if change is None or change.ended_at is not None or change.state == verdict:
            return
        if not is_as_seen(conn, booking, event):
            change_outside(conn, business_id, [change_id], state=Verdict.OVERTAKEN, ended_at=now)
            return
        change_outside(conn, business_id, [change_id], state=verdict)
        _show(conn, business_id, booking.id, now)
        what = _WHY[OutsideKind(change.kind), verdict]
        notify_booking(conn, find_booking(conn, business_id, booking.id), what, now)
        crash_point(CrashPoint.OUTSIDE_BEFORE_COMMIT)


def ask_about_many(hub: Hub, business_id: str, calendar_id: str, holder_id: str | None) -> None:
    """Let all that vanished from a calendar lately wait for a person, and tell its holder and the business; once."""
    now = hub.clock()
    with hub.database.writing() as conn:
        found = [row for row in vanished(conn, business_id, calendar_id, now - TOGETHER) if row.state == "seen"]
        for booking_id in sorted({row.booking_id for row in found}):
            lock_booking(conn, business_id, booking_id)
        # Who waited for the locks may have come too late.
        found = [row for row in vanished(conn, business_id, calendar_id, now - TOGETHER) if row.state == "seen"]
        if not found:
            return
        change_outside(conn, business_id, [row.id for row in found], state=Verdict.MANY)
        bookings = sorted({row.booking_id for row in found})
        for booking_id in bookings:
            _show(conn, business_id, booking_id, now)
        _plan_mails(conn, business_id, calendar_id, holder_id, bookings, now)
        crash_point(CrashPoint.OUTSIDE_BEFORE_COMMIT)


def _show(conn: sa.Connection, business_id: str, booking_id: str, now: int) -> None:
    row = find_booking(conn, business_id, booking_id)
    if row.state != State.CONFIRMED or row.calendar_state == CalendarState.CONFLICT:
        return
    set_calendar_state(conn, business_id, booking_id, CalendarState.CONFLICT, now)
    facts = {"business": business_id, "booking": booking_id, "state": row.state}
    tell(conn, business_id, "hub_booking_changed", {**facts, "calendar_state": CalendarState.CONFLICT}, now)


def _plan_mails(
    conn: sa.Connection, business_id: str, calendar_id: str, holder_id: str | None, bookings: list[str], now: int
) -> None:
    rules, kind = rules_of(conn, business_id), MailKind.STAFF_EVENTS_MISSING
    readers = with_address(conn, business_id, [holder_id] if holder_id and (kind, "staff") in rules else [])
    if (kind, "business") in rules and find_business(conn, business_id).email:
        readers.append("")
    for reader in readers:
        about = {"bookings": bookings, "holder": reader}
        key = f"mail:{calendar_id}:{reader or 'business'}"
        plan_mail(conn, business_id=business_id, kind=kind, key=key, about=about, now=now)
