"""Moving a booking: the new time is claimed before the old one is let go, or nothing changes."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.actions.book import book
from hub.actions.effects import EFFECTS
from hub.actions.hold import hold
from hub.actions.reschedule import reschedule
from hub.core.booking import CalendarState
from hub.core.errors import InputError, StateError, Taken, Unavailable
from hub.jobs.perform import drain
from hub.plugin import Busy
from hub.store.booking import Booking, Occurrence
from tests.world import ADA, BEN, HOUR, MINUTE, MONDAY, World, down

TEN = MONDAY + 2 * HOUR
NOON = MONDAY + 4 * HOUR


def make(world: World, service: str, start: int = TEN, customer: object = ADA) -> str:
    held = hold(world.hub, world.business, service, start, zone="Europe/Berlin")
    book(world.hub, world.business, held.booking_id, customer)  # type: ignore[arg-type]
    drain(world.hub, EFFECTS)
    return held.booking_id


def spans(world: World) -> list[tuple[int, int]]:
    with world.hub.database.reading() as conn:
        statement = select(Occurrence.from_at, Occurrence.until_at).where(Occurrence.business_id == world.business)
        return sorted((start, end) for start, end in conn.execute(statement))


def calendar_state(world: World, booking_id: str) -> str:
    with world.hub.database.reading() as conn:
        statement = select(Booking.calendar_state).where(
            Booking.business_id == world.business, Booking.id == booking_id
        )
        return conn.execute(statement).scalar_one()


def test_a_moved_booking_frees_its_old_time_and_moves_its_one_event(world: World) -> None:
    ada = world.staff()
    booking_id = make(world, world.service(ada))
    moved = reschedule(world.hub, world.business, booking_id, NOON)
    assert (moved.start, moved.calendar_state) == (NOON, CalendarState.PENDING)
    assert spans(world) == [(NOON, NOON + 30 * MINUTE)]
    drain(world.hub, EFFECTS)
    assert world.calendars.event_times(ada) == [(NOON, NOON + 30 * MINUTE)]
    assert calendar_state(world, booking_id) == CalendarState.WRITTEN


def test_a_booking_can_be_moved_into_its_own_time(world: World) -> None:
    booking_id = make(world, world.service(world.staff(), duration=HOUR, after=15 * MINUTE))
    reschedule(world.hub, world.business, booking_id, TEN + 15 * MINUTE)
    assert spans(world) == [(TEN + 15 * MINUTE, TEN + 90 * MINUTE)]


def test_a_time_that_is_taken_leaves_the_booking_where_it_was(world: World) -> None:
    service = world.service(world.staff())
    booking_id = make(world, service)
    make(world, service, NOON, BEN)
    with pytest.raises(Taken):
        reschedule(world.hub, world.business, booking_id, NOON)
    assert (TEN, TEN + 30 * MINUTE) in spans(world)


def test_a_calendar_that_turns_out_busy_leaves_the_booking_where_it_was(world: World) -> None:
    ada = world.staff()
    booking_id = make(world, world.service(ada))
    world.calendars.busy[ada].append(Busy(NOON, NOON + HOUR))
    with pytest.raises(Taken, match="stays as it was"):
        reschedule(world.hub, world.business, booking_id, NOON)
    assert spans(world) == [(TEN, TEN + 30 * MINUTE)]


def test_a_calendar_that_cannot_be_asked_leaves_the_booking_where_it_was(world: World) -> None:
    booking_id = make(world, world.service(world.staff()))
    world.calendars.fail = down("hub_free_busy")
    with pytest.raises(Unavailable, match="stays as it was"):
        reschedule(world.hub, world.business, booking_id, NOON)
    assert spans(world) == [(TEN, TEN + 30 * MINUTE)]


def test_when_the_same_staff_member_is_not_free_another_one_takes_over_event_and_all(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    booking_id = make(world, world.service(ada, ben))
    world.calendars.busy[ada].append(Busy(NOON, NOON + HOUR))
    world.clock.now += 6 * MINUTE  # the calendars are looked at again
    assert reschedule(world.hub, world.business, booking_id, NOON).staff == (ben,)
    drain(world.hub, EFFECTS)
    assert world.calendars.event_times(ada) == []
    assert world.calendars.event_times(ben) == [(NOON, NOON + 30 * MINUTE)]


def test_an_event_that_was_deleted_outside_is_written_anew_when_the_booking_moves(world: World) -> None:
    ada = world.staff()
    booking_id = make(world, world.service(ada))
    world.calendars.events[ada].clear()
    reschedule(world.hub, world.business, booking_id, NOON)
    drain(world.hub, EFFECTS)
    assert world.calendars.event_times(ada) == [(NOON, NOON + 30 * MINUTE)]


def test_two_that_swap_their_times_one_after_the_other_never_overlap(world: World) -> None:
    service = world.service(world.staff())
    first, second = make(world, service), make(world, service, NOON, BEN)
    for booking_id, start in ((first, NOON), (second, TEN)):
        with pytest.raises(Taken):
            reschedule(world.hub, world.business, booking_id, start)
    reschedule(world.hub, world.business, first, TEN + HOUR)
    reschedule(world.hub, world.business, second, TEN)
    assert spans(world) == [(TEN, TEN + 30 * MINUTE), (TEN + HOUR, TEN + 90 * MINUTE)]


def test_only_a_confirmed_booking_can_be_moved(world: World) -> None:
    service = world.service(world.staff())
    held = hold(world.hub, world.business, service, TEN, zone="Europe/Berlin")
    with pytest.raises(StateError, match="held"):
        reschedule(world.hub, world.business, held.booking_id, NOON)


def test_a_start_that_is_not_offered_is_refused(world: World) -> None:
    booking_id = make(world, world.service(world.staff()))
    with pytest.raises(InputError, match="outside_hours"):
        reschedule(world.hub, world.business, booking_id, MONDAY + 12 * HOUR)
