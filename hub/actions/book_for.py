"""Book for a customer in one step, as staff at the telephone and programs do: held and booked, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from hub.actions.book import Booked, book
from hub.actions.cancel import cancel_locked
from hub.actions.hold import hold
from hub.actions.people import Customer, check_customer
from hub.core.booking import State
from hub.core.errors import HubError
from hub.core.security import Visit
from hub.parts import Hub
from hub.store.booking import find_booking
from hub.store.claim import lock_holders_of


def book_for(
    hub: Hub,
    visit: Visit,
    business_id: str,
    service_id: str,
    start: int,
    customer: Customer,
    *,
    zone: str,
    staff: str = "",
    answers: Mapping[str, object] | None = None,
    agreements: Mapping[str, bool] | None = None,
    source: str = "console",
    idempotency_key: str = "",
    request: str = "",
) -> Booked:
    """Book a start (UTC seconds) of a service for a customer, by the same rules as on the booking page.

    If it cannot be booked after it was held, the time is let go again at once. With an ``idempotency_key`` a repeat
    returns the booking as it stands; ``request`` as in `hold`. Raises what `hold` and `book` raise.
    """
    checked = check_customer(customer)  # before a time is taken for nobody
    keyed = {"idempotency_key": idempotency_key, "request": request}
    held = hold(hub, business_id, service_id, start, zone=zone, staff=staff, source=source, **keyed)
    given: dict[str, Any] = {"answers": answers, "agreements": agreements, "source": source, "visit": visit}
    try:
        return book(hub, business_id, held.booking_id, checked, **given)
    except BaseException:
        with suppress(HubError):  # then it lapses by itself
            _let_go(hub, business_id, held.booking_id)
        raise


def _let_go(hub: Hub, business_id: str, booking_id: str) -> None:
    """Let a hold go that is still one: the same request, sent twice, may have booked it meanwhile."""
    with hub.database.writing() as conn:
        locked = lock_holders_of(conn, business_id, booking_id)
        if locked and find_booking(conn, business_id, booking_id).state == State.HELD:
            cancel_locked(conn, business_id, booking_id, hub.clock())
