"""An appointment in its customer's hands: what it is, and whether they may still move or cancel it themselves."""

from __future__ import annotations

from dataclasses import dataclass

from hub.actions.book import Booked
from hub.actions.cancel import cancel
from hub.actions.people import open_person
from hub.actions.record import record
from hub.actions.reschedule import reschedule
from hub.core.booking import Decline, State
from hub.core.errors import StateError
from hub.core.security import Kind, Visit
from hub.parts import Hub
from hub.store.booking import find_booking, staff_of
from hub.store.business import find_client
from hub.store.holder import names_of


@dataclass(frozen=True, slots=True, repr=False)
class Appointment:
    """A booking as its customer sees it. Times in UTC seconds, ``zone`` is the customer's.

    ``name`` is the customer's, empty once they were erased; ``mailed`` tells whether there is an address to write to.
    ``until`` is when moving and cancelling by the customer ends, ``why`` a sentence if the business ended it.
    """

    booking_id: str
    service_id: str
    state: State
    start: int
    end: int
    zone: str
    hold_until: int
    staff: tuple[str, ...]
    name: str
    mailed: bool
    until: int
    why: str
    version: int

    def may_cancel(self, now: int) -> bool:
        """Whether the customer may cancel it themselves now."""
        return self.state in (State.CONFIRMED, State.REQUESTED) and now < self.until

    def may_move(self, now: int) -> bool:
        """Whether the customer may move it themselves now: only what is confirmed can be moved."""
        return self.state is State.CONFIRMED and now < self.until


def find_appointment(hub: Hub, business_id: str, booking_id: str) -> Appointment:
    """Return an appointment, or a hold, with who it is with and for. Raises UnknownId."""
    with hub.database.reading() as conn:
        notice = find_client(conn, business_id).cancel_notice
        row = find_booking(conn, business_id, booking_id)
        names = names_of(conn, business_id, staff_of(conn, business_id, booking_id))
    person = open_person(hub, business_id, row.person_id) if row.person_id else None
    return Appointment(
        booking_id=row.id,
        service_id=row.service_id,
        state=State(row.state),
        start=row.starts_at,
        end=row.ends_at,
        zone=row.zone,
        hold_until=row.hold_until or 0,
        staff=tuple(sorted(names.values())),
        name=person.name if person else "",
        mailed=bool(person and person.email),
        until=row.starts_at - notice,
        why=_why(row.problem),
        version=row.version,
    )


def move_appointment(
    hub: Hub, business_id: str, booking_id: str, start: int, *, zone: str = "", visit: Visit
) -> Booked | None:
    """Move an appointment for its customer; None if it is at that start already, as after a second click.

    Raises StateError (``late``) once the business's notice has begun, else as `reschedule`.
    """
    found = find_appointment(hub, business_id, booking_id)
    _check_notice(hub, found)
    if found.state is State.CONFIRMED and found.start == start:
        return None
    moved = reschedule(hub, business_id, booking_id, start, zone=zone)
    record(hub, visit, Kind.CUSTOMER_LINK_USED, about=booking_id, within=business_id, detail="moved")
    return moved


def cancel_appointment(hub: Hub, business_id: str, booking_id: str, *, visit: Visit) -> State:
    """Cancel an appointment for its customer; one that is cancelled already stays so.

    Raises StateError (``late``) once the business's notice has begun, else as `cancel`.
    """
    found = find_appointment(hub, business_id, booking_id)
    if found.state is State.CANCELLED:
        return State.CANCELLED
    _check_notice(hub, found)
    state = cancel(hub, business_id, booking_id)
    record(hub, visit, Kind.CUSTOMER_LINK_USED, about=booking_id, within=business_id, detail="cancelled")
    return state


def _why(problem: str) -> str:
    if problem == "calendar_busy":
        return Decline.NOT_AVAILABLE.sentence
    return Decline(problem).sentence if problem in set(Decline) else ""


def _check_notice(hub: Hub, found: Appointment) -> None:
    if hub.clock() >= found.until:
        raise StateError("It is too late to change this appointment here; please call the business.", code="late")
