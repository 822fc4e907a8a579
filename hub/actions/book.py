"""Book a held time: check the calendars live, then confirm it, together with everything that must follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from hub.actions.answers import checked_answers, seal_answers
from hub.actions.check import Verdict, ask_all, whom_to_ask
from hub.actions.effect import Effect, Repeat, Work
from hub.actions.event import plan_events
from hub.actions.notify import What, notify_booking
from hub.actions.people import Checked, Customer, check_customer, find_or_add_person
from hub.actions.record import note
from hub.actions.tell import tell
from hub.actions.texts import check_agreements, note_agreements
from hub.core.booking import CalendarState, State, check_step
from hub.core.errors import Retry, Taken
from hub.core.security import Kind, Visit
from hub.parts import Hub
from hub.store.booking import change_booking, find_booking, staff_of
from hub.store.claim import claimed_span, free, holders_of, keep, lock_holders
from hub.store.crash import CrashPoint, crash_point
from hub.store.outbox import add_effect
from hub.vault.people import person_fields

_CHECK_AGAIN = 20
"""Seconds until a check that could not be made is tried again, the first time."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking as the customer is told of it. ``state`` is ``confirmed``, or ``requested``: not confirmed yet."""

    booking_id: str
    state: State
    calendar_state: CalendarState
    start: int
    end: int
    staff: tuple[str, ...]


def book(
    hub: Hub,
    business_id: str,
    booking_id: str,
    customer: Customer | Checked,
    *,
    answers: Mapping[str, object] | None = None,
    agreements: Mapping[str, bool] | None = None,
    source: str = "",
    network: str = "",
    visit: Visit | None = None,
) -> Booked:
    """Turn a hold into a booking for this customer.

    Asks the calendars live, without a transaction. Free: confirmed, and its events, messages and facts are in the
    outbox with it. Busy: the hold is let go and Taken is raised. Could not be asked: ``requested``, and checked again
    until it can. A repeat returns the booking as it stands. ``answers`` are to the service's questions, by label, and
    ``agreements`` to the texts that were shown, by hash; None where the door asked for none. ``source`` and
    ``network`` as in `hold`; a ``visit`` is noted as the one that booked. Raises InputError that names the question or
    ``agreements``, StateError for a hold that lapsed, UnknownId.
    """
    checked = customer if isinstance(customer, Checked) else check_customer(customer)
    with hub.database.reading() as conn:
        row = find_booking(conn, business_id, booking_id)
        holders = holders_of(conn, business_id, booking_id)
        if row.state in (State.CONFIRMED, State.REQUESTED):
            return _as_booked(conn, row)
        check_step(State(row.state), State.CONFIRMED)
        given = checked_answers(conn, business_id, row.service_id, answers) if answers is not None else {}
        if agreements is not None:
            check_agreements(conn, business_id, agreements, hub.clock())
        window, question = claimed_span(conn, business_id, booking_id), whom_to_ask(hub, conn, business_id, holders)
    verdict = ask_all(hub, question, window)
    if verdict is Verdict.BUSY:
        _let_go(hub, business_id, booking_id, State.LAPSED)
        raise Taken("Something else has been entered in the calendar at this time; please choose another one.")
    now = hub.clock()
    state = State.CONFIRMED if verdict is Verdict.FREE else State.REQUESTED
    with hub.database.writing() as conn:
        lock_holders(conn, business_id, holders)
        row = find_booking(conn, business_id, booking_id)
        if row.state in (State.CONFIRMED, State.REQUESTED):
            return _as_booked(conn, row)  # the same request, sent twice at once
        check_step(State(row.state), state)
        person_id = find_or_add_person(hub, conn, business_id, checked)
        values: dict[str, Any] = {"state": state, "person_id": person_id, "hold_until": None}
        values |= {name: value for name, value in (("source", source), ("network", network)) if value}
        if given:
            sealed = person_fields(conn, hub.keyring, business_id, person_id)
            values["answers"] = seal_answers(sealed, booking_id, given)
        changed = change_booking(conn, business_id, booking_id, row.version, now=now, **values)
        if changed is None or not keep(conn, business_id, booking_id):
            raise Taken("The held time ran out and somebody else took it; please choose another one.")
        if agreements is not None:
            note_agreements(conn, business_id, booking_id, person_id, agreements, source or row.source, now)
        calendar_state = follow(conn, changed, now)
        if visit is not None:
            note(hub, conn, visit, Kind.BOOKING_CHANGED, about=booking_id, within=business_id, detail="booked")
        crash_point(CrashPoint.BOOK_BEFORE_COMMIT)
        booked = replace(_as_booked(conn, changed), calendar_state=calendar_state)
    crash_point(CrashPoint.BOOK_AFTER_COMMIT)
    return booked


def follow(conn: sa.Connection, row: sa.Row[Any], now: int) -> CalendarState:
    """Put into the outbox what follows from a booking's new state, confirmed or requested; ``row`` as it now is.

    Returns the state of its calendar that this leads to.
    """
    business_id, booking_id, state, calendar_state = row.business_id, row.id, State(row.state), CalendarState.NONE
    if state is State.CONFIRMED:
        calendar_state = plan_events(conn, row, now)
    else:
        key, payload = f"booking:{booking_id}", {"booking_id": booking_id}
        due = now + _CHECK_AGAIN
        add_effect(conn, business_id=business_id, kind=CHECK_AGAIN.name, key=key, payload=payload, due_at=due, now=now)
    notify_booking(conn, row, What(state), now)
    facts = {"business": business_id, "booking": booking_id, "state": state, "calendar_state": calendar_state}
    tell(conn, business_id, "hub_booking_changed", facts, now)
    return calendar_state


def _check_again(hub: Hub, work: Work) -> None:
    """Make the live check of a requested booking that could not be made before."""
    business_id, booking_id = work.business_id, work.payload["booking_id"]
    with hub.database.reading() as conn:
        row = find_booking(conn, business_id, booking_id)
        holders = holders_of(conn, business_id, booking_id)
        if row.state != State.REQUESTED:
            return
        window, question = claimed_span(conn, business_id, booking_id), whom_to_ask(hub, conn, business_id, holders)
    verdict = ask_all(hub, question, window)
    if verdict is Verdict.OPEN:
        raise Retry("The calendar still cannot be asked.")
    if verdict is Verdict.BUSY:
        _let_go(hub, business_id, booking_id, State.CANCELLED)
        return
    now = hub.clock()
    with hub.database.writing() as conn:
        lock_holders(conn, business_id, holders)
        changed = change_booking(conn, business_id, booking_id, row.version, now=now, state=State.CONFIRMED)
        if changed is not None:
            follow(conn, changed, now)


def _let_go(hub: Hub, business_id: str, booking_id: str, state: State) -> None:
    """Give up a time at which the calendar turned out to be busy."""
    now = hub.clock()
    with hub.database.writing() as conn:
        lock_holders(conn, business_id, holders_of(conn, business_id, booking_id))
        row = find_booking(conn, business_id, booking_id)
        if row.state not in (State.HELD, State.REQUESTED):
            return
        changed = change_booking(
            conn, business_id, booking_id, row.version, now=now, state=state, problem="calendar_busy", hold_until=None
        )
        team = staff_of(conn, business_id, booking_id)
        free(conn, business_id, booking_id)
        if state is State.CANCELLED and changed is not None:
            notify_booking(conn, changed, What.CANCELLED, now, before=row, staff_before=team)
        facts = {"business": business_id, "booking": booking_id, "state": state, "calendar_state": CalendarState.NONE}
        tell(conn, business_id, "hub_booking_changed", facts, now)


def _as_booked(conn: sa.Connection, row: sa.Row[Any]) -> Booked:
    staff = staff_of(conn, row.business_id, row.id)
    return Booked(row.id, State(row.state), CalendarState(row.calendar_state), row.starts_at, row.ends_at, staff)


def _never_checked(hub: Hub, work: Work) -> None:
    """Leave a booking that nobody could check for hours to the staff: it keeps its time and stays requested."""
    business_id, booking_id, now = work.business_id, work.payload["booking_id"], hub.clock()
    with hub.database.writing() as conn:
        row = find_booking(conn, business_id, booking_id)
        if row.state != State.REQUESTED or row.problem:
            return
        changed = change_booking(conn, business_id, booking_id, row.version, now=now, problem="never_checked")
        if changed is not None:
            notify_booking(conn, changed, What.NEVER_CHECKED, now)
        facts = {"business": business_id, "booking": booking_id, "state": row.state}
        tell(conn, business_id, "hub_booking_changed", {**facts, "calendar_state": row.calendar_state}, now)


CHECK_AGAIN = Effect("check_again", Repeat.SAFE, _check_again, gave_up=_never_checked)
