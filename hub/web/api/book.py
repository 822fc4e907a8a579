"""Booking over the API: a hold is confirmed, or a start is held and booked in one step."""

from __future__ import annotations

from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from hub.actions.book import book
from hub.actions.book_for import book_for
from hub.actions.businesses import get_business
from hub.actions.people import Customer
from hub.core.role import Right
from hub.web.api.bookings import TAG, Booking, read
from hub.web.api.call import Reply, call
from hub.web.api.fields import Given, Id, Line, Moment, Text, left_out
from hub.web.api.repeat import booking_key, do_again, fingerprint, made, was_made
from hub.web.api.shapes import Email, Name, Phone, ZoneName
from hub.web.current import the_hub, visit


def _given(field: str) -> dict[str, Any]:
    return {"required": [field], "properties": {field: {"minLength": 1}}}


_OF_A_HOLD: dict[str, Any] = {
    "required": ["hold_id"],
    "properties": {"service_id": False, "start": False, "zone": False, "staff_id": False},
}
_DIRECT: dict[str, Any] = {"required": ["service_id", "start", "zone"], "properties": {"hold_id": False}}
"""The two ways to book, in the words of JSON Schema."""


class GivenCustomer(Given):
    """Who books. At least one of e-mail address and telephone number."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_given("email"), _given("phone")]})

    name: Name
    email: Email = ""
    phone: Phone = Field("", description="With country code, or as dialled in the business's region.")


class NewBooking(Given):
    """A booking: of a hold, or of a `service_id` with `start` and `zone`."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_OF_A_HOLD, _DIRECT]})

    customer: GivenCustomer
    hold_id: Id = left_out("The hold to confirm.")
    service_id: Id = left_out("")
    start: Moment = left_out("")
    zone: ZoneName = left_out("The customer's IANA zone.")
    staff_id: Id = left_out("Only with this staff member.")
    answers: dict[Line, Text] = left_out("To the service's questions, by label.")
    agreements: dict[Line, bool] = left_out("Which texts were shown, by hash, and whether the customer agreed.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = self.model_fields_set
        direct = {"service_id", "start", "zone"}
        if "hold_id" in given and given & {*direct, "staff_id"}:
            raise PydanticCustomError("way", "Give a hold_id, or service_id, start and zone; not both.")
        if "hold_id" not in given and not direct <= given:
            raise PydanticCustomError("way", "Give a hold_id, or all of service_id, start and zone.")
        return self


def add_booking(business_id: str, body: NewBooking) -> Reply:
    """Book: confirm a hold, or hold and book in one step.

    The calendars are asked once more. If one is busy by now, nothing is booked (409). If they cannot be asked, the
    booking is `requested` and confirmed later.
    """
    given = body.model_fields_set
    more: dict[str, Any] = {
        "answers": body.answers if "answers" in given else {},
        "agreements": body.agreements if "agreements" in given else None,
        "source": "api",
    }
    customer = _customer(business_id, body.customer)
    if "hold_id" in given:
        repeated = do_again(
            business_id, body, body.hold_id, lambda: book(the_hub(), business_id, body.hold_id, customer, **more)
        )
        return made(read(business_id, body.hold_id), repeated=repeated)
    key, repeated = booking_key(), was_made(business_id)
    staff = body.staff_id if "staff_id" in given else ""
    more |= {"zone": body.zone, "staff": staff, "idempotency_key": key, "request": fingerprint(body) if key else ""}
    booked = book_for(the_hub(), visit(), business_id, body.service_id, body.start, customer, **more)
    return made(read(business_id, booked.booking_id), repeated=repeated)


def _customer(business_id: str, given: GivenCustomer) -> Customer:
    local = given.phone and not given.phone.lstrip().startswith("+")
    region = get_business(the_hub(), business_id).region if local else "US"
    return Customer(given.name, given.email, given.phone, region)


ROUTES = (
    call(
        "POST",
        "/businesses/<business_id>/bookings",
        add_booking,
        Right.BOOK,
        TAG,
        takes=NewBooking,
        gives=Booking,
        status=201,
        keyed=True,
        also=(409,),
    ),
)
