"""Cancelling: the time is free at once, the event goes, and what is over stays over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from hub.actions.book import book
from hub.actions.businesses import create_business
from hub.actions.cancel import cancel, lapse_expired_holds
from hub.actions.hold import hold
from hub.actions.offer import offer
from hub.core.booking import CalendarState, State
from hub.core.calendar import Window
from hub.core.errors import StateError, Taken, UnknownId
from hub.plugin import Refused
from hub.store.outbox import Outbox
from tests.actions.test_book import booked, claims, held, row, settle
from tests.tables import nothing_changed
from tests.world import ADA, BEN, DAY, HOUR, MINUTE, MONDAY, World, down

TEN = MONDAY + 2 * HOUR


def told(world: World, booking_id: str) -> list[tuple[str, str]]:
    with world.hub.database.reading() as conn:
        statement = select(Outbox.payload).where(Outbox.business_id == world.business, Outbox.kind == "tell")
        facts = [one["facts"] for one in conn.execute(statement.order_by(Outbox.id)).scalars()]
    return [(one["state"], one["calendar_state"]) for one in facts if one.get("booking") == booking_id]


def test_a_cancelled_booking_frees_its_time_at_once_and_its_event_goes(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    done = booked(world, service)
    settle(world)
    assert cancel(world.hub, world.business, done.booking_id) is State.CANCELLED
    assert claims(world) == 0
    assert row(world, done.booking_id).calendar_state == CalendarState.PENDING
    settle(world)
    assert world.calendars.events[ada] == {}
    assert row(world, done.booking_id).calendar_state == CalendarState.NONE
    assert TEN in offer(world.hub, world.business, service, Window(MONDAY, MONDAY + DAY)).starts


def test_the_next_customer_gets_the_time_before_the_old_event_is_gone(world: World) -> None:
    """The calendar still shows the old event when it is asked live: it says nothing, it is about to go."""
    service = world.service(world.staff())
    done = booked(world, service)
    settle(world)
    cancel(world.hub, world.business, done.booking_id)
    assert book(world.hub, world.business, held(world, service), BEN).state is State.CONFIRMED


def test_a_booking_that_is_cancelled_before_its_event_was_written_never_gets_one(world: World) -> None:
    ada = world.staff()
    done = booked(world, world.service(ada))
    cancel(world.hub, world.business, done.booking_id)
    settle(world)
    assert world.calendars.events[ada] == {}
    assert world.calendars.writes == 0
    assert row(world, done.booking_id).calendar_state == CalendarState.NONE


def test_an_event_whose_writing_ended_unknown_is_taken_out_too(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    world.calendars.fail = down("after write")
    done = booked(world, service)
    settle(world)
    assert len(world.calendars.events[ada]) == 1
    cancel(world.hub, world.business, done.booking_id)
    world.calendars.fail = lambda hook: None
    world.clock.now += DAY
    settle(world)
    settle(world)
    assert world.calendars.events[ada] == {}


def test_cancelling_twice_is_cancelling_once(world: World) -> None:
    done = booked(world, world.service(world.staff()))
    cancel(world.hub, world.business, done.booking_id)
    with nothing_changed(world.hub):
        assert cancel(world.hub, world.business, done.booking_id) is State.CANCELLED


def test_many_who_cancel_at_once_cancel_once_and_tell_it_once(world: World) -> None:
    done = booked(world, world.service(world.staff()))
    settle(world)
    with ThreadPoolExecutor(6) as pool:
        states = set(pool.map(lambda _: cancel(world.hub, world.business, done.booking_id), range(6)))
    assert states == {State.CANCELLED}
    settle(world)
    assert told(world, done.booking_id).count(("cancelled", "pending")) == 1
    assert told(world, done.booking_id)[-1] == ("cancelled", "none")


def test_a_hold_and_a_request_can_be_cancelled_and_leave_no_event_to_write(world: World) -> None:
    service = world.service(world.staff())
    first, second = held(world, service), held(world, service, TEN + HOUR)
    world.calendars.fail = down("hub_free_busy")
    assert book(world.hub, world.business, second, ADA).state is State.REQUESTED
    for booking_id in (first, second):
        assert cancel(world.hub, world.business, booking_id) is State.CANCELLED
        assert row(world, booking_id).calendar_state == CalendarState.NONE
        assert row(world, booking_id).hold_until is None
    assert claims(world) == 0
    world.calendars.fail = lambda hook: None
    world.clock.now += HOUR
    settle(world)  # the check of the request comes too late
    assert row(world, second).state == State.CANCELLED
    assert world.calendars.writes == 0


def test_a_hold_that_lapsed_cannot_be_cancelled(world: World) -> None:
    booking_id = held(world, world.service(world.staff()))
    world.clock.now += HOUR
    lapse_expired_holds(world.hub)
    with nothing_changed(world.hub), pytest.raises(StateError, match="lapsed"):
        cancel(world.hub, world.business, booking_id)


def test_a_cancelled_hold_cannot_be_booked_and_does_not_lapse_later(world: World) -> None:
    booking_id = held(world, world.service(world.staff()))
    cancel(world.hub, world.business, booking_id)
    world.clock.now += HOUR
    assert lapse_expired_holds(world.hub) == 0
    with pytest.raises(StateError, match="cancelled"):
        book(world.hub, world.business, booking_id, ADA)


def test_an_event_that_cannot_be_taken_out_is_shown_as_failed_and_the_time_is_free(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    done = booked(world, service)
    settle(world)
    world.calendars.fail = lambda hook: Refused("forbidden") if hook == "hub_cancel_event" else None
    cancel(world.hub, world.business, done.booking_id)
    settle(world)
    assert (row(world, done.booking_id).state, row(world, done.booking_id).calendar_state) == ("cancelled", "failed")
    assert claims(world) == 0


def test_the_booking_of_another_business_is_unknown(world: World) -> None:
    booking_id = held(world, world.service(world.staff()))
    other = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    with nothing_changed(world.hub):
        for business, identifier in ((other, booking_id), (world.business, "x" * 26)):
            with pytest.raises(UnknownId):
                cancel(world.hub, business, identifier)


def test_only_holds_whose_time_is_over_lapse_and_each_of_them_alone(world: World) -> None:
    service = world.service(world.staff())
    over, confirmed = held(world, service), booked(world, service, TEN + HOUR)
    world.clock.now += 10 * MINUTE - 1
    assert lapse_expired_holds(world.hub) == 0
    fresh = held(world, service, TEN + 3 * HOUR)
    world.clock.now += 1
    assert lapse_expired_holds(world.hub) == 1
    states = [row(world, one).state for one in (over, confirmed.booking_id, fresh)]
    assert states == [State.LAPSED, State.CONFIRMED, State.HELD]


def test_a_hold_that_is_booked_while_the_sweep_runs_is_one_or_the_other(world: World) -> None:
    """Confirmed or lapsed, and the claims say the same."""
    staff = [world.staff(connected=False) for _ in range(6)]
    service = world.service(*staff)
    holds = [hold(world.hub, world.business, service, TEN, zone="UTC").booking_id for _ in staff]
    world.clock.now += 10 * MINUTE

    def confirm(booking_id: str) -> bool:
        try:
            return book(world.hub, world.business, booking_id, ADA).state is State.CONFIRMED
        except (StateError, Taken):
            return False

    with ThreadPoolExecutor(4) as pool:
        sweep = pool.submit(lapse_expired_holds, world.hub)
        won = list(pool.map(confirm, holds))
    states = [row(world, one).state for one in holds]
    assert states == [State.CONFIRMED if one else State.LAPSED for one in won]
    assert sweep.result() == won.count(False)
    assert claims(world) == 6 * won.count(True)
