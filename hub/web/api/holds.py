"""Holds over the API: a time that is kept for somebody who is still typing."""

from __future__ import annotations

from pydantic import Field

from hub.actions.hold import hold
from hub.actions.let_go import let_go
from hub.core.errors import StateError
from hub.core.role import Right
from hub.web.api.call import Reply, call
from hub.web.api.fields import Given, Id, Instant, Moment, Shown, left_out
from hub.web.api.repeat import booking_key, fingerprint, made, was_made
from hub.web.api.shapes import ZoneName
from hub.web.current import the_hub

TAG = "Bookings"


class NewHold(Given):
    """A start to keep."""

    service_id: Id
    start: Moment
    zone: ZoneName = Field(description="The customer's IANA zone.")
    staff_id: Id = left_out("Only with this staff member.")


class Hold(Shown):
    """A time that is kept until `until`. Its id is that of the booking which it becomes."""

    id: Id
    start: Instant
    end: Instant
    staff: list[str]
    until: Instant | None


def add_hold(business_id: str, body: NewHold) -> Reply:
    """Keep a start for a few minutes."""
    key, repeated = booking_key(), was_made(business_id)
    staff = body.staff_id if "staff_id" in body.model_fields_set else ""
    request = fingerprint(body) if key else ""
    held = hold(
        the_hub(),
        business_id,
        body.service_id,
        body.start,
        zone=body.zone,
        staff=staff,
        idempotency_key=key,
        request=request,
        source="api",
    )
    shown = Hold(id=held.booking_id, start=held.start, end=held.end, staff=list(held.staff), until=held.until or None)
    return made(shown, repeated=repeated)


def drop_hold(business_id: str, hold_id: str) -> Reply:
    """Let a hold go."""
    if not let_go(the_hub(), business_id, hold_id):
        raise StateError("This is no hold any more: it ran out, was let go, or was booked.")
    return Reply(None, 204)


_ALL = "/businesses/<business_id>/holds"
ROUTES = (
    call("POST", _ALL, add_hold, Right.BOOK, TAG, takes=NewHold, gives=Hold, status=201, keyed=True, also=(409,)),
    call("DELETE", f"{_ALL}/<hold_id>", drop_hold, Right.BOOK, TAG, status=204, also=(409,)),
)
