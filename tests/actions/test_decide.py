"""What staff decide about a requested booking: confirmed by their word, or declined with a reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from hub.actions.book import book
from hub.actions.cancel import cancel
from hub.actions.decide import confirm_requested, decline_requested
from hub.actions.offer import offer
from hub.core.booking import CalendarState, Decline, State
from hub.core.calendar import Window
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.security import Visit
from hub.store.security import SecurityEvent
from tests.actions.test_book import booked, claims, held, row, settle
from tests.tables import nothing_changed
from tests.world import ADA, DAY, HOUR, MONDAY, World, down

TEN = MONDAY + 2 * HOUR
CYD = Visit("user", "cyd")


def requested(world: World, service: str) -> str:
    """Book while the calendar cannot be asked."""
    world.calendars.fail = down("hub_free_busy")
    booking_id = held(world, service)
    assert book(world.hub, world.business, booking_id, ADA).state is State.REQUESTED
    world.calendars.fail = lambda hook: None
    return booking_id


def noted(world: World) -> list[tuple[str, str, str, str]]:
    table = SecurityEvent
    columns = table.kind, table.actor_id, table.about, table.detail
    with world.hub.database.reading() as conn:
        return [tuple(one) for one in conn.execute(select(*columns).order_by(table.at, table.id))]


def test_a_request_that_staff_confirm_gets_its_event_like_any_other_booking(world: World) -> None:
    ada = world.staff()
    booking_id = requested(world, world.service(ada))
    assert confirm_requested(world.hub, CYD, world.business, booking_id, 2) is State.CONFIRMED
    settle(world)
    assert world.calendars.event_times(ada) == [(TEN, TEN + 1800)]
    assert row(world, booking_id).calendar_state == CalendarState.WRITTEN
    assert noted(world) == [("booking_changed", "cyd", booking_id, "confirmed")]
    world.clock.now += HOUR
    settle(world)  # the check that still waited has nothing left to do
    assert row(world, booking_id).state == State.CONFIRMED


def test_a_request_that_is_declined_is_cancelled_for_that_reason_and_its_time_is_free(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    booking_id = requested(world, service)
    assert decline_requested(world.hub, CYD, world.business, booking_id, 2, "not_offered") is State.CANCELLED
    assert (row(world, booking_id).state, row(world, booking_id).problem) == ("cancelled", Decline.NOT_OFFERED)
    assert claims(world) == 0
    assert TEN in offer(world.hub, world.business, service, Window(MONDAY, MONDAY + DAY)).starts
    settle(world)
    assert world.calendars.writes == 0
    assert noted(world) == [("booking_changed", "cyd", booking_id, "declined")]
    with nothing_changed(world.hub), pytest.raises(StateError, match="cancelled"):
        decline_requested(world.hub, CYD, world.business, booking_id, 3, "other")


def test_of_two_who_decide_at_once_the_second_is_told_to_look_again(world: World) -> None:
    booking_id = requested(world, world.service(world.staff()))

    def decide(number: int) -> str:
        try:
            if number % 2:
                return confirm_requested(world.hub, CYD, world.business, booking_id, 2)
            return decline_requested(world.hub, CYD, world.business, booking_id, 2, Decline.OTHER)
        except StateError as error:
            return error.code

    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(decide, range(4)))
    assert ends.count("changed") == 3
    assert row(world, booking_id).state in ends
    assert len(noted(world)) == 1


def test_what_is_not_requested_any_more_or_was_changed_meanwhile_cannot_be_decided_on(world: World) -> None:
    service = world.service(world.staff())
    confirmed, gone = booked(world, service, TEN + HOUR).booking_id, held(world, service, TEN + 2 * HOUR)
    cancel(world.hub, world.business, gone)
    waiting = requested(world, service)
    with nothing_changed(world.hub):
        for booking_id, version, code in ((confirmed, 2, "confirmed"), (gone, 2, "cancelled"), (waiting, 1, "changed")):
            with pytest.raises(StateError) as caught:
                confirm_requested(world.hub, CYD, world.business, booking_id, version)
            assert caught.value.code == code
            with pytest.raises(StateError):
                decline_requested(world.hub, CYD, world.business, booking_id, version, "other")
        with pytest.raises(InputError, match="reason"):
            decline_requested(world.hub, CYD, world.business, waiting, 2, "because I say so")
        world.clock.now = TEN + HOUR
        with pytest.raises(StateError, match="over"):
            confirm_requested(world.hub, CYD, world.business, waiting, 2)


def test_the_booking_of_another_business_is_unknown(world: World, strangers: dict[str, str]) -> None:
    waiting = requested(world, world.service(world.staff()))
    with nothing_changed(world.hub):
        for business, booking_id in ((strangers["ben"], waiting), (world.business, strangers["nobody"])):
            with pytest.raises(UnknownId):
                confirm_requested(world.hub, CYD, business, booking_id, 2)
            with pytest.raises(UnknownId):
                decline_requested(world.hub, CYD, business, booking_id, 2, "other")
