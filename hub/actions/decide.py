"""Decide what the hub could not: staff confirm a requested booking by their own word, or decline it with a reason."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from hub.actions.book import follow
from hub.actions.cancel import cancel_locked
from hub.actions.record import note
from hub.core.booking import Decline, State
from hub.core.errors import InputError, StateError, Unavailable
from hub.core.security import Kind, Visit
from hub.parts import Hub
from hub.store.booking import change_booking, find_booking
from hub.store.claim import lock_holders_of

_TRIES = 3


def confirm_requested(hub: Hub, visit: Visit, business_id: str, booking_id: str, version: int) -> State:
    """Confirm a requested booking without the live check: whoever does so has looked. Return its state.

    Its events and messages follow as for any confirmed booking. Raises StateError (``changed`` when it is not at that
    ``version`` any more), UnknownId, Unavailable when others keep changing it.
    """

    def confirm(conn: sa.Connection, row: sa.Row[object]) -> State:
        now = hub.clock()
        if row.ends_at <= now:
            raise StateError("The time of this booking is over, so it cannot be confirmed any more.", code="over")
        changed = change_booking(conn, business_id, booking_id, version, now=now, state=State.CONFIRMED, problem="")
        if changed is not None:
            follow(conn, changed, now)
        return State.CONFIRMED

    return _decide(hub, visit, business_id, booking_id, version, "confirmed", confirm)


def decline_requested(
    hub: Hub, visit: Visit, business_id: str, booking_id: str, version: int, reason: Decline | str
) -> State:
    """Cancel a requested booking for a reason, which becomes its ``problem``: its time is free at once.

    Raises InputError for a reason that is none, and as `confirm_requested`.
    """
    if reason not in set(Decline):
        raise InputError("reason", f"Choose one of {', '.join(Decline)}.")

    def decline(conn: sa.Connection, row: sa.Row[object]) -> State:
        return cancel_locked(conn, business_id, booking_id, hub.clock(), problem=str(reason))

    return _decide(hub, visit, business_id, booking_id, version, "declined", decline)


def check_version(row: sa.Row[object], version: int) -> None:
    """Raise StateError if a booking changed since it was looked at."""
    if row.version != version:
        raise StateError("Somebody else changed this booking meanwhile; look at it again.", code="changed")


def _decide(
    hub: Hub,
    visit: Visit,
    business_id: str,
    booking_id: str,
    version: int,
    word: str,
    change: Callable[[sa.Connection, sa.Row[object]], State],
) -> State:
    for _ in range(_TRIES):
        with hub.database.writing() as conn:
            find_booking(conn, business_id, booking_id)
            if not lock_holders_of(conn, business_id, booking_id):
                continue
            row = find_booking(conn, business_id, booking_id)
            check_version(row, version)
            if row.state != State.REQUESTED:
                raise StateError(
                    f"Only a requested booking can be decided on; this one is {row.state}.", code=row.state
                )
            state = change(conn, row)
            note(hub, conn, visit, Kind.BOOKING_CHANGED, about=booking_id, within=business_id, detail=word)
            return state
    raise Unavailable("Somebody else is changing this booking right now; please look at it and try again.")
