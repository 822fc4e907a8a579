"""Hold a time for somebody who is still typing: claim it now, let it lapse by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select

from hub.actions.offer import fresh_schedule
from hub.core import availability, explain
from hub.core.booking import CalendarState, State
from hub.core.calendar import Window
from hub.core.contact_proof import ContactProof, is_hoarding
from hub.core.errors import InputError, Taken, TooMany
from hub.core.reason import Reason
from hub.core.service import Service, StaffRule, assign_resources, rank_staff
from hub.core.zones import check_zone
from hub.parts import Hub
from hub.store.booking import Booking, Occurrence, add_booking, live_holds, staff_of
from hub.store.booking_contact import count_lapsed
from hub.store.business import find_client, lock_business
from hub.store.claim import claim, lapse_holds, lock_holders, taken
from hub.store.crash import CrashPoint, crash_point
from hub.store.ids import new_id
from hub.store.prepared import MANY, prepared

_DAY = 86_400
_RECENT = 30 * _DAY
"""Fair turns are counted over the last and the coming thirty days."""


@dataclass(frozen=True, slots=True)
class Held:
    """A held time: the booking's id, who and what it takes, and until when it is kept (UTC seconds)."""

    booking_id: str
    start: int
    end: int
    staff: tuple[str, ...]
    until: int


def hold(
    hub: Hub,
    business_id: str,
    service_id: str,
    start: int,
    *,
    zone: str,
    staff: str = "",
    idempotency_key: str = "",
    request: str = "",
    source: str = "",
    network: str = "",
) -> Held:
    """Claim a start (UTC seconds) of a service and return the hold; ``staff`` asks for one of its staff.

    ``zone`` is the customer's. With an ``idempotency_key`` a repeat returns the first answer; ``request`` is a hash of
    what else was asked with it. ``source`` is the door (``page``, ``api``, ``console``). ``network`` is a keyed hash of
    where it comes from: with one, only so many times may be held at once (TooMany). Raises Taken when the time is not
    free, InputError when it is never offered (notice, horizon, step, hours), UnknownId.
    """
    check_zone(zone)
    fingerprint = _fingerprint(service_id, start, zone, staff, *([request] if request else []))
    if repeated := _repeated(hub, business_id, idempotency_key, fingerprint):
        return repeated
    try:
        door = {"source": source, "network": network or None}
        return _hold(hub, business_id, service_id, start, zone, staff, idempotency_key, fingerprint, door)
    except Taken:
        # Taken by whom? Perhaps by the same request, sent twice at once.
        if repeated := _repeated(hub, business_id, idempotency_key, fingerprint):
            return repeated
        raise


def _hold(
    hub: Hub,
    business_id: str,
    service_id: str,
    start: int,
    zone: str,
    staff: str,
    key: str,
    fingerprint: str,
    door: dict[str, str | None],
) -> Held:
    schedule, now = fresh_schedule(hub, business_id, service_id, Window(start, start + 1))
    service = schedule.service
    if staff and staff not in service.staff:
        raise InputError("staff", f"{staff!r} does not give this service; leave it out or name one of its staff.")
    free = staff_free_at(service, schedule.holders, start, now)
    if staff:
        free = tuple(one for one in free if one == staff)
    if not free:
        raise Taken("This time has just become busy; please choose another one.")
    booking_id, until = new_id(), now + hub.settings.hold_seconds
    with hub.database.writing() as conn:
        lock_holders(conn, business_id, [*free, *(one for group in service.resources for one in group)])
        new = add_booking(
            conn,
            id=booking_id,
            business_id=business_id,
            service_id=service_id,
            starts_at=start,
            ends_at=start + service.duration,
            zone=zone,
            state=State.HELD,
            calendar_state=CalendarState.NONE,
            hold_until=until,
            idempotency_key=key or None,
            idempotency_hash=fingerprint if key else None,
            now=now,
            **door,
        )
        if not new:
            raise Taken("This request was made already; please look at its booking.")
        if network := door["network"]:
            _check_hoarding(hub, conn, business_id, network, now)
        team = take(conn, business_id, booking_id, service, free, start, now, expires_at=until)
        crash_point(CrashPoint.HOLD_BEFORE_COMMIT)
    crash_point(CrashPoint.HOLD_AFTER_COMMIT)
    return Held(booking_id, start, start + service.duration, team, until)


def staff_free_at(service: Service, holders: Collection[availability.Holder], start: int, now: int) -> tuple[str, ...]:
    """Return who is free at a start; raise Taken if nobody is, InputError if it is no start of the service."""
    free = availability.offer(service, holders, Window(start, start + 1), now).staff_at(start)
    if free:
        return free
    reasons = explain.explain(service, holders, start, now).reasons
    codes = ", ".join(reasons) or "busy"
    if set(reasons) & _PASSING:
        raise Taken(f"This time is not free ({codes}); please choose another one.", code="taken")
    raise InputError("start", f"This time is not offered ({codes}); choose one of the offered times.")


def take(
    conn: sa.Connection,
    business_id: str,
    booking_id: str,
    service: Service,
    free: Collection[str],
    start: int,
    now: int,
    *,
    expires_at: int | None,
    prefer: str = "",
) -> tuple[str, ...]:
    """Claim a start for a booking of staff who seemed free, and of resources, all locked; return the staff taken.

    Lapses expired holds in the way. ``prefer`` is tried first. Raises Taken when there are not enough left: the
    transaction must then be rolled back.
    """
    resources = {one for group in service.resources for one in group}
    first, last = start - service.before, start + service.duration + service.after
    lapse_holds(conn, business_id, [*free, *resources], first, last, now)
    gone = taken(conn, business_id, [*free, *resources], first, last, but=booking_id)
    team = _team(conn, business_id, service, [one for one in free if one not in gone], now, prefer)
    rooms = assign_resources(service.resources, resources - gone)
    if not team or rooms is None:
        raise Taken("This time has just been taken; please choose another one.")
    for one in (*team, *rooms):
        if not claim(conn, business_id, booking_id, one, first, last, expires_at):
            raise Taken("This time has just been taken; please choose another one.")
    return team


def _team(
    conn: sa.Connection, business_id: str, service: Service, left: list[str], now: int, prefer: str
) -> tuple[str, ...]:
    if service.staff_rule is StaffRule.ALL:
        return service.staff if set(service.staff) <= set(left) else ()
    if prefer in left:
        return (prefer,)
    recent = {"since": now - _RECENT, "until": now + _RECENT}
    in_turn = service.staff_rule is StaffRule.ROUND_ROBIN
    rows = _turns(conn, business_id=business_id, holders=left, **recent).all() if in_turn else []
    ranked = rank_staff(service, {one: count for one, count, _ in rows}, {one: last for one, _, last in rows})
    return next(((one,) for one in ranked if one in left), ())


def _check_hoarding(hub: Hub, conn: sa.Connection, business_id: str, network: str, now: int) -> None:
    """Raise TooMany when a network, with the hold just made, holds more times of the business than it may.

    That is one at a time once it let several lapse today, unless the business never asks for a proof.
    """
    lock_business(conn, business_id)  # or two holds at once would each count without the other
    most = hub.settings.holds_per_network
    held = live_holds(conn, business_id, network, now)
    if held > 1 and _lets_lapse(conn, business_id, network, now):
        most = 1
    if held > most:
        many = f"{most} times" if most > 1 else "one time"
        raise TooMany(f"Only {many} can be held at once; book or let go of one, or wait until they lapse.")


def _lets_lapse(conn: sa.Connection, business_id: str, network: str, now: int) -> bool:
    if find_client(conn, business_id).contact_proof == ContactProof.NEVER:
        return False
    return is_hoarding(count_lapsed(conn, business_id, (), network, now, now - _DAY))


def _repeated(hub: Hub, business_id: str, key: str, fingerprint: str) -> Held | None:
    """Return the hold that was made under this key; raise InputError if it was made for something else."""
    if not key:
        return None
    with hub.database.reading() as conn:
        row = conn.execute(
            select(Booking.__table__).where(Booking.business_id == business_id, Booking.idempotency_key == key)
        ).one_or_none()
        if row is None:
            return None
        if row.idempotency_hash != fingerprint:
            raise InputError("idempotency_key", "It was used for another request already; use a new key for a new one.")
        return Held(row.id, row.starts_at, row.ends_at, staff_of(conn, business_id, row.id), row.hold_until or 0)


def _fingerprint(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


_PASSING = frozenset(Reason) - {
    Reason.TOO_SOON,
    Reason.TOO_FAR,
    Reason.OFF_STEP,
    Reason.OUTSIDE_HOURS,
    Reason.CLOSED_DAY,
    Reason.HOLIDAY,
    Reason.NO_STAFF,
}
"""Reasons that another moment may lift; with any of them somebody else was faster, not wrong."""


@prepared
def _turns(business_id: Any, since: Any, until: Any, holders: Any = MANY) -> sa.Executable:
    mine = Occurrence.business_id == business_id, Occurrence.holder_id.in_(holders)
    turns = select(Occurrence.holder_id, func.count(), func.max(Occurrence.from_at))
    return turns.where(*mine, Occurrence.from_at.between(since, until)).group_by(Occurrence.holder_id)
