"""Bookings over the API: made, listed, read, moved, cancelled, and who did not come."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hub.actions import bookings as actions
from hub.actions.attendance import set_attendance
from hub.actions.booking_details import get_booking as details_of
from hub.actions.bookings import BookingFilter, BookingRow, Who
from hub.actions.change_for import cancel_for, move_for
from hub.core.booking import Attendance, CalendarState, State
from hub.core.role import Right
from hub.web.api.call import Reply, call
from hub.web.api.fields import Given, Id, Instant, Moment, Shown, Version, left_out
from hub.web.api.repeat import Paged, listed
from hub.web.api.shapes import ZoneName
from hub.web.current import key, the_hub, visit

TAG = "Bookings"


class Move(Given):
    """A new start for a booking."""

    version: Version
    start: Moment
    zone: ZoneName = left_out("The customer's IANA zone; left out: as before.")


class Cancelling(Given):
    """Which version of the booking to cancel; without one whatever it is now."""

    version: Version = left_out("The version that was looked at.")


class Came(Given):
    """Whether the customer came."""

    version: Version
    attendance: Attendance


class Party(Shown):
    """A staff member or resource whose time a booking has, or had."""

    id: str
    name: str


class Booking(Shown):
    """A booking. `requested`: not confirmed yet, because the calendars could not be asked.

    `customer_name` is null without the scope `view_bookings`, for a hold, and once the customer was erased.
    """

    id: Id
    service_id: str
    state: State
    calendar_state: CalendarState
    problem: str
    start: Instant
    end: Instant
    zone: str
    staff: list[Party]
    resources: list[Party]
    customer_name: str | None
    attendance: str
    source: str
    hold_until: Instant | None
    made_at: Instant
    changed_at: Instant
    version: int


class ShownCustomer(Shown):
    """The customer of a booking."""

    name: str
    email: str
    phone: str


class BookingDetails(Booking):
    """A booking with its customer and their answers."""

    customer: ShownCustomer | None
    answers: dict[str, str] = Field(description="By the questions as they were asked.")


class Bookings(Shown):
    """A part of the list of bookings."""

    items: list[Booking]
    next: str | None


class AskedBookings(Paged):
    """Which bookings, by start. Without states: all but holds."""

    from_: Moment | None = Field(None, alias="from", description="Starts at this or later.")
    until: Moment | None = Field(None, description="Starts before this.")
    state: State | None = None
    calendar_state: CalendarState | None = None
    holder_id: Id | None = Field(None, description="With this staff member or resource.")
    service_id: Id | None = None
    attention: bool = Field(False, description="Only coming ones that somebody must look at.")
    search: str = Field("", max_length=254, description="A whole e-mail address, telephone number, or an id.")
    newest: bool = Field(False, description="The latest start first.")


def list_bookings(business_id: str, query: AskedBookings) -> Reply:
    """List the bookings of a business, by start."""
    filters = BookingFilter(
        start_from=query.from_,
        start_until=query.until,
        states=[query.state] if query.state else (),
        calendar_states=[query.calendar_state] if query.calendar_state else (),
        holder_id=query.holder_id or "",
        service_id=query.service_id or "",
        attention=query.attention,
        search=query.search,
    )
    page = actions.list_bookings(
        the_hub(), business_id, filters, newest=query.newest, after=query.after, limit=query.limit
    )
    return listed(Bookings(items=[shown(one) for one in page.items], next=page.next or None), page.next)


def get_booking(business_id: str, booking_id: str) -> BookingDetails:
    """Read a booking, with its customer and their answers."""
    found = details_of(the_hub(), business_id, booking_id)
    customer = None
    if found.customer is not None:
        customer = ShownCustomer(name=found.customer.name, email=found.customer.email, phone=found.customer.phone)
    return BookingDetails(**_values(found.booking), customer=customer, answers=dict(found.answers))


def move_booking(business_id: str, booking_id: str, body: Move) -> Booking:
    """Move a confirmed booking to another start, or leave it as it is."""
    zone = body.zone if "zone" in body.model_fields_set else ""
    move_for(the_hub(), visit(), business_id, booking_id, body.version, body.start, zone=zone)
    return read(business_id, booking_id)


def cancel_booking(business_id: str, booking_id: str, body: Cancelling) -> Booking:
    """Cancel a booking. One that is cancelled already stays so."""
    version = body.version if "version" in body.model_fields_set else None
    cancel_for(the_hub(), visit(), business_id, booking_id, version)
    return read(business_id, booking_id)


def put_attendance(business_id: str, booking_id: str, body: Came) -> Booking:
    """Note that a customer did not come, or that they did after all."""
    set_attendance(the_hub(), visit(), business_id, booking_id, body.version, body.attendance)
    return read(business_id, booking_id)


def read(business_id: str, booking_id: str) -> Booking:
    """Return a booking as programs see it in lists."""
    return shown(actions.find_row(the_hub(), business_id, booking_id))


def shown(row: BookingRow) -> Booking:
    """Return a row as programs see it."""
    return Booking(**_values(row))


def _values(row: BookingRow) -> dict[str, Any]:
    same = Booking.model_fields.keys() - {"staff", "resources", "customer_name"}
    values: dict[str, Any] = {name: getattr(row, name) for name in same}
    for name in ("staff", "resources"):
        values[name] = [Party(id=one.id, name=one.name) for one in getattr(row, name)]
    known = row.who is Who.KNOWN and Right.VIEW_BOOKINGS in key().rights
    return values | {"customer_name": row.customer if known else None}


_ALL = "/businesses/<business_id>/bookings"
_ONE = f"{_ALL}/<booking_id>"
ROUTES = (
    call("GET", _ALL, list_bookings, Right.VIEW_BOOKINGS, TAG, asks=AskedBookings, gives=Bookings),
    call("GET", _ONE, get_booking, Right.VIEW_BOOKINGS, TAG, gives=BookingDetails),
    call("PATCH", _ONE, move_booking, Right.BOOK, TAG, takes=Move, gives=Booking, also=(409,)),
    call("POST", f"{_ONE}/cancel", cancel_booking, Right.BOOK, TAG, takes=Cancelling, gives=Booking, also=(409,)),
    call("PUT", f"{_ONE}/attendance", put_attendance, Right.BOOK, TAG, takes=Came, gives=Booking, also=(409,)),
)
