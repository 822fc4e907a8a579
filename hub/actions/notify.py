"""Tell people of a change, in the outbox with the change itself: the customer, and whom the business's rules name.

Nothing is written here but ids, times and machine words; what a mail says is composed when it is sent. Messages never
wait for a calendar.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.mail import plan_mail
from hub.actions.notice_rules import rules_of
from hub.actions.remind import drop_reminders, plan_reminders
from hub.core.booking import State
from hub.core.mail import MailKind, Reader
from hub.store.booking import find_booking, staff_of
from hub.store.business import find_business
from hub.store.holder import Holder
from hub.store.person import Person
from hub.store.prepared import MANY, prepared


class What(StrEnum):
    """What happened to a booking."""

    CONFIRMED = "confirmed"
    REQUESTED = "requested"
    MOVED = "moved"
    CANCELLED = "cancelled"
    CALENDAR_FAILED = "calendar_failed"
    CALENDAR_CONFLICT = "calendar_conflict"
    NEVER_CHECKED = "never_checked"
    # What somebody did to its event in the calendar, where the booking does not follow
    MOVED_TAKEN = "moved_taken"
    MOVED_UNCLAIMABLE = "moved_unclaimable"
    MOVED_TOLD = "moved_told"
    DELETED_TOLD = "deleted_told"
    DELETED_ELSEWHERE = "deleted_elsewhere"


_CUSTOMER = {
    What.CONFIRMED: MailKind.BOOKING_CONFIRMED,
    What.REQUESTED: MailKind.BOOKING_REQUESTED,
    What.MOVED: MailKind.BOOKING_MOVED,
    What.CANCELLED: MailKind.BOOKING_CANCELLED,
}
_STAFF = {
    What.CONFIRMED: MailKind.STAFF_BOOKED,
    What.MOVED: MailKind.STAFF_MOVED,
    What.CANCELLED: MailKind.STAFF_CANCELLED,
}
_PROBLEMS = frozenset(What) - set(_STAFF) - set(_CUSTOMER)
_INVITED = frozenset({What.CONFIRMED, What.MOVED, What.CANCELLED})


def notify_booking(
    conn: sa.Connection,
    row: sa.Row[Any],
    what: What,
    now: int,
    *,
    before: sa.Row[Any] | None = None,
    staff_before: Collection[str] = (),
) -> None:
    """Put into the outbox who is told what, in the transaction of the change and after it.

    ``row`` is the booking's as it now is, ``before`` as it was, for a move and a cancellation; ``staff_before`` are
    those who had it. An appointment that is over is nobody's news.
    """
    if row.ends_at <= now:
        return
    business, reached = find_business(conn, row.business_id), _has_address(conn, row)
    about: dict[str, Any] = {"start": row.starts_at, "end": row.ends_at, "version": row.version}
    if what is What.MOVED and before is not None:
        about |= {"old_start": before.starts_at, "old_end": before.ends_at}
    if what is What.CANCELLED:
        about |= {"staff": sorted(staff_before), "why": row.problem}
    elif what in _PROBLEMS:
        about["why"] = what.value
    was_promised = before is None or before.state == State.CONFIRMED
    if what in _CUSTOMER and reached:
        told = about | {"invited": what in _INVITED and was_promised}
        key, ids = f"mail:{row.id}:customer", {"booking_id": row.id, "person_id": row.person_id}
        plan_mail(conn, business_id=row.business_id, kind=_CUSTOMER[what], key=key, about=told, now=now, **ids)
    team = staff_of(conn, row.business_id, row.id) if what is not What.CANCELLED else tuple(staff_before)
    if what in _STAFF or what in _PROBLEMS:
        kind = _STAFF.get(what, MailKind.STAFF_CALENDAR_PROBLEM)
        _plan_staff(conn, row, business.email, kind, team, about, now)
    gone = set(staff_before) - set(team)
    if what is What.MOVED and before is not None and gone:
        old = {"start": before.starts_at, "end": before.ends_at, "version": row.version, "staff": sorted(staff_before)}
        _plan_staff(conn, row, "", MailKind.STAFF_CANCELLED, gone, old, now)
    if what in (What.CONFIRMED, What.MOVED) and reached:
        plan_reminders(conn, row, business.reminders, about, now)
    elif what is What.CANCELLED:
        drop_reminders(conn, row, now)


def notify_returned(conn: sa.Connection, mail: sa.Row[Any], why: str, now: int) -> None:
    """Tell the staff that a mail to their customer did not arrive: ``refused`` or ``bounced``.

    Not of a code, which goes to somebody who is no customer yet.
    """
    if mail.reader != Reader.CUSTOMER or mail.booking_id is None or mail.person_id is None:
        return
    row, business = find_booking(conn, mail.business_id, mail.booking_id), find_business(conn, mail.business_id)
    about = {"start": row.starts_at, "end": row.ends_at, "version": row.version, "why": why}
    team = staff_of(conn, row.business_id, row.id)
    _plan_staff(conn, row, business.email, MailKind.STAFF_MAIL_RETURNED, team, about, now)


def _plan_staff(
    conn: sa.Connection,
    row: sa.Row[Any],
    email: str,
    kind: MailKind,
    team: Collection[str],
    about: dict[str, Any],
    now: int,
) -> None:
    rules = rules_of(conn, row.business_id)
    readers = with_address(conn, row.business_id, team if (kind, "staff") in rules else ())
    if email and (kind, "business") in rules:
        readers.append("")
    for reader in readers:
        key, ids = f"mail:{row.id}:{reader or 'business'}", {"booking_id": row.id, "person_id": row.person_id}
        told = {**about, "holder": reader}
        plan_mail(conn, business_id=row.business_id, kind=kind, key=key, about=told, now=now, **ids)


def _has_address(conn: sa.Connection, row: sa.Row[Any]) -> bool:
    who = {"business_id": row.business_id, "person_id": row.person_id}
    return row.person_id is not None and _person(conn, **who).first() is not None


def with_address(conn: sa.Connection, business_id: str, holders: Collection[str]) -> list[str]:
    """Return which of these staff members can be written to."""
    if not holders:
        return []
    return list(_holders(conn, business_id=business_id, holders=list(holders)).scalars())


@prepared
def _person(business_id: Any, person_id: Any) -> sa.Executable:
    mine = Person.business_id == business_id, Person.id == person_id, Person.email.is_not(None)
    return select(Person.id).where(*mine)


@prepared
def _holders(business_id: Any, holders: Any = MANY) -> sa.Executable:
    mine = Holder.business_id == business_id, Holder.id.in_(holders), Holder.email.is_not(None), Holder.active
    return select(Holder.id).where(*mine).order_by(Holder.id)
