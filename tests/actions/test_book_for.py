"""Booking in one step: all the rules of the booking page, and no time left taken when it fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.actions.book_for import book_for
from hub.actions.people import Customer, open_person
from hub.core.booking import State
from hub.core.errors import InputError, Taken, Unavailable, UnknownId
from hub.plugin import Busy
from tests.actions.test_book import claims, row
from tests.actions.test_decide import CYD, noted
from tests.tables import nothing_changed
from tests.world import ADA, BEN, HOUR, MINUTE, MONDAY, World

TEN = MONDAY + 2 * HOUR


def test_it_holds_and_books_at_once_and_notes_by_whom(world: World) -> None:
    ada = world.staff()
    done = book_for(world.hub, CYD, world.business, world.service(ada), TEN, ADA, zone="Europe/Berlin")
    assert (done.state, done.start, done.staff) == (State.CONFIRMED, TEN, (ada,))
    found = row(world, done.booking_id)
    assert (found.source, found.zone) == ("console", "Europe/Berlin")
    assert open_person(world.hub, world.business, str(found.person_id)).name == "Ada Lovelace"
    assert noted(world) == [("booking_changed", "cyd", done.booking_id, "booked")]


def test_the_rules_are_those_of_everybody(world: World) -> None:
    service = world.service(world.staff(), notice=3 * HOUR)
    with nothing_changed(world.hub, but={"calendar", "busy_time"}):  # which are read on the way
        for start, error, match in (
            (TEN, InputError, "too_soon"),
            (TEN + 4 * HOUR + 60, InputError, "off_step"),
            (MONDAY + 10 * HOUR, InputError, "outside_hours"),
        ):
            with pytest.raises(error, match=match):
                book_for(world.hub, CYD, world.business, service, start, ADA, zone="UTC")
    book_for(world.hub, CYD, world.business, service, TEN + 4 * HOUR, ADA, zone="UTC")
    with nothing_changed(world.hub), pytest.raises(Taken):
        book_for(world.hub, CYD, world.business, service, TEN + 4 * HOUR, BEN, zone="UTC")


def test_wrong_details_take_no_time_at_all(world: World) -> None:
    service = world.service(world.staff())
    with nothing_changed(world.hub):
        for customer in (Customer("Ada"), Customer("", email="ada@example.com"), Customer("Ada", email="nobody")):
            with pytest.raises(InputError):
                book_for(world.hub, CYD, world.business, service, TEN, customer, zone="UTC")


def test_a_time_that_cannot_be_booked_after_all_is_let_go(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    world.calendars.busy[ada].append(Busy(TEN + HOUR, TEN + 2 * HOUR))  # read now
    assert book_for(world.hub, CYD, world.business, service, TEN, ADA, zone="UTC").state is State.CONFIRMED
    taken = claims(world)
    world.calendars.busy[ada].append(Busy(TEN + 3 * HOUR, TEN + 4 * HOUR))  # known to the live check alone
    with pytest.raises(Taken):
        book_for(world.hub, CYD, world.business, service, TEN + 3 * HOUR, ADA, zone="UTC")
    with pytest.raises(InputError):
        book_for(world.hub, CYD, world.business, service, TEN + 5 * HOUR, ADA, zone="UTC", agreements={"x" * 64: True})
    assert claims(world) == taken
    assert len(noted(world)) == 1


def test_a_repeat_returns_the_booking_as_it_stands_and_is_noted_once(world: World) -> None:
    service = world.service(world.staff(), world.staff())
    given = (world.hub, CYD, world.business, service, TEN, ADA)
    first = book_for(*given, zone="UTC", idempotency_key="one")
    with nothing_changed(world.hub):
        assert book_for(*given, zone="UTC", idempotency_key="one") == first
    assert len(noted(world)) == 1


def test_the_same_request_sent_many_times_at_once_books_once(world: World) -> None:
    service = world.service(*(world.staff() for _ in range(3)))

    def again(_: int) -> str:
        try:
            given = (world.hub, CYD, world.business, service, TEN, ADA)
            return book_for(*given, zone="UTC", idempotency_key="one").booking_id
        except (Taken, Unavailable) as error:
            return error.code

    with ThreadPoolExecutor(6) as pool:
        ends = set(pool.map(again, range(6)))
    assert len(ends - {"taken", "unavailable"}) == 1
    assert claims(world) == 30 * MINUTE // 300


def test_a_service_of_another_business_is_unknown(world: World, strangers: dict[str, str]) -> None:
    service = world.service(world.staff())
    with nothing_changed(world.hub):
        for business, one in ((strangers["ben"], service), (world.business, strangers["nobody"])):
            with pytest.raises(UnknownId):
                book_for(world.hub, CYD, business, one, TEN, ADA, zone="UTC")
