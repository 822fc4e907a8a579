from __future__ import annotations

import pytest

from hub.actions.book import book
from hub.actions.hold import hold
from hub.actions.let_go import let_go
from hub.actions.offer import offer
from hub.core.booking import State
from hub.core.calendar import Window
from hub.core.errors import StateError, UnknownId
from hub.store.booking import find_booking
from tests.world import ADA, HOUR, MONDAY, World

TEN = MONDAY + 2 * HOUR


def held(world: World, service: str) -> str:
    return hold(world.hub, world.business, service, TEN, zone="Europe/Berlin").booking_id


def state(world: World, booking_id: str) -> State:
    with world.hub.database.reading() as conn:
        return State(find_booking(conn, world.business, booking_id).state)


def test_a_time_that_was_let_go_is_free_at_once(world: World) -> None:
    service = world.service(world.staff())
    booking_id = held(world, service)
    assert let_go(world.hub, world.business, booking_id)
    assert state(world, booking_id) is State.LAPSED
    assert TEN in offer(world.hub, world.business, service, Window(TEN, TEN + 1)).starts
    assert not let_go(world.hub, world.business, booking_id)
    with pytest.raises(StateError):
        book(world.hub, world.business, booking_id, ADA)


def test_what_was_booked_meanwhile_stays_booked(world: World) -> None:
    booking_id = held(world, world.service(world.staff()))
    book(world.hub, world.business, booking_id, ADA)
    assert not let_go(world.hub, world.business, booking_id)
    assert state(world, booking_id) is State.CONFIRMED


def test_nobody_lets_go_of_what_another_business_holds(world: World, strangers: dict[str, str]) -> None:
    booking_id = held(world, world.service(world.staff()))
    with pytest.raises(UnknownId):
        let_go(world.hub, strangers["ben"], booking_id)
    assert state(world, booking_id) is State.HELD
