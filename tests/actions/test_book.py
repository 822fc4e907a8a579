"""Booking: held, checked live, confirmed with its event; or honestly not."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.actions.book import Booked, book
from hub.actions.cancel import cancel, lapse_expired_holds
from hub.actions.effects import EFFECTS
from hub.actions.hold import hold
from hub.actions.people import Customer, open_person
from hub.core.booking import CalendarState, State
from hub.core.errors import InputError, StateError, Taken, UnknownId
from hub.jobs.perform import drain
from hub.plugin import Busy
from hub.store.booking import Booking, Claim, find_booking
from tests.world import ADA, BEN, DAY, HOUR, MINUTE, MONDAY, World, down

TEN = MONDAY + 2 * HOUR


def held(world: World, service: str, start: int = TEN) -> str:
    return hold(world.hub, world.business, service, start, zone="Europe/Berlin").booking_id


def settle(world: World) -> None:
    drain(world.hub, EFFECTS)


def row(world: World, booking_id: str) -> Booking:
    with world.hub.database.reading() as conn:
        return find_booking(conn, world.business, booking_id)  # type: ignore[return-value]


def claims(world: World) -> int:
    with world.hub.database.reading() as conn:
        return len(conn.execute(select(Claim.cell).where(Claim.business_id == world.business)).all())


def booked(world: World, service: str, start: int = TEN) -> Booked:
    return book(world.hub, world.business, held(world, service, start), ADA)


def test_a_held_time_is_confirmed_and_its_event_is_written_once_and_read_back(world: World) -> None:
    ada = world.staff()
    done = booked(world, world.service(ada))
    assert (done.state, done.calendar_state, done.staff) == (State.CONFIRMED, CalendarState.PENDING, (ada,))
    settle(world)
    assert world.calendars.event_times(ada) == [(TEN, TEN + 30 * MINUTE)]
    assert world.calendars.writes == 1
    assert world.calendars.calls[-1] == "hub_read_event"
    assert row(world, done.booking_id).calendar_state == CalendarState.WRITTEN


def test_the_second_customer_is_refused_while_the_first_still_types(world: World) -> None:
    service = world.service(world.staff())
    held(world, service)
    with pytest.raises(Taken):
        held(world, service)


def test_confirming_twice_is_one_booking(world: World) -> None:
    service = world.service(world.staff())
    booking_id = held(world, service)
    first = book(world.hub, world.business, booking_id, ADA)
    assert book(world.hub, world.business, booking_id, ADA) == first
    settle(world)
    assert world.calendars.writes == 1


def test_what_was_entered_in_the_calendar_meanwhile_stops_the_booking_and_frees_the_time(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    booking_id = held(world, service)
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    with pytest.raises(Taken, match="calendar"):
        book(world.hub, world.business, booking_id, ADA)
    assert row(world, booking_id).state == State.LAPSED
    assert claims(world) == 0


def test_a_calendar_that_is_busy_beside_the_appointment_does_not_stop_it(world: World) -> None:
    ada = world.staff()
    booking_id = held(world, world.service(ada))
    world.calendars.busy[ada] += [Busy(TEN - HOUR, TEN), Busy(TEN + 30 * MINUTE, TEN + HOUR)]
    assert book(world.hub, world.business, booking_id, ADA).state is State.CONFIRMED


def test_a_calendar_that_is_busy_within_the_buffer_stops_it(world: World) -> None:
    ada = world.staff()
    booking_id = held(world, world.service(ada, after=10 * MINUTE))
    world.calendars.busy[ada].append(Busy(TEN + 35 * MINUTE, TEN + HOUR))
    with pytest.raises(Taken):
        book(world.hub, world.business, booking_id, ADA)


def test_when_the_check_cannot_be_made_the_booking_is_requested_and_nothing_is_written(world: World) -> None:
    ada = world.staff()
    booking_id = held(world, world.service(ada))
    world.calendars.fail = down("hub_free_busy")
    assert book(world.hub, world.business, booking_id, ADA).state is State.REQUESTED
    settle(world)
    assert world.calendars.events[ada] == {}
    assert claims(world) == 6


def test_a_requested_booking_is_confirmed_once_the_check_can_be_made(world: World) -> None:
    ada = world.staff()
    booking_id = held(world, world.service(ada))
    world.calendars.fail = down("hub_free_busy")
    book(world.hub, world.business, booking_id, ADA)
    world.calendars.fail = lambda hook: None
    world.clock.now += HOUR
    settle(world)
    settle(world)
    assert row(world, booking_id).state == State.CONFIRMED
    assert world.calendars.event_times(ada) == [(TEN, TEN + 30 * MINUTE)]


def test_a_requested_booking_is_cancelled_when_the_calendar_turns_out_to_be_busy(world: World) -> None:
    ada = world.staff()
    booking_id = held(world, world.service(ada))
    world.calendars.fail = down("hub_free_busy")
    book(world.hub, world.business, booking_id, ADA)
    world.calendars.fail = lambda hook: None
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    world.clock.now += HOUR
    settle(world)
    found = row(world, booking_id)
    assert (found.state, found.problem) == (State.CANCELLED, "calendar_busy")
    assert claims(world) == 0


def test_a_requested_booking_that_can_never_be_checked_is_left_to_the_staff(world: World) -> None:
    booking_id = held(world, world.service(world.staff()))
    world.calendars.fail = down("hub_free_busy")
    book(world.hub, world.business, booking_id, ADA)
    for _ in range(25):
        settle(world)
        world.clock.now += DAY
    found = row(world, booking_id)
    assert (found.state, found.problem) == (State.REQUESTED, "never_checked")
    assert claims(world) == 6
    assert cancel(world.hub, world.business, booking_id) is State.CANCELLED


def test_a_hold_that_lapsed_cannot_be_confirmed(world: World) -> None:
    booking_id = held(world, world.service(world.staff()))
    world.clock.now += HOUR
    assert lapse_expired_holds(world.hub) == 1
    with pytest.raises(StateError, match="lapsed"):
        book(world.hub, world.business, booking_id, ADA)


def test_a_hold_whose_time_somebody_else_took_cannot_be_confirmed(world: World) -> None:
    service = world.service(world.staff())
    first = held(world, service)
    world.clock.now += 20 * MINUTE
    second = held(world, service)  # lapses the first on its way
    with pytest.raises(StateError, match="lapsed"):
        book(world.hub, world.business, first, ADA)
    assert book(world.hub, world.business, second, BEN).state is State.CONFIRMED


def test_a_hold_that_is_over_but_that_nobody_took_can_still_be_confirmed(world: World) -> None:
    booking_id = held(world, world.service(world.staff()))
    world.clock.now += 20 * MINUTE
    assert book(world.hub, world.business, booking_id, ADA).state is State.CONFIRMED


def test_without_any_calendar_a_booking_is_confirmed_and_nothing_is_to_be_written(world: World) -> None:
    done = booked(world, world.service(world.staff(connected=False)))
    assert (done.state, done.calendar_state) == (State.CONFIRMED, CalendarState.NONE)


@pytest.mark.parametrize(
    ("customer", "field"),
    [
        (Customer("", email="ada@example.com"), "name"),
        (Customer("Ada"), "email"),
        (Customer("Ada", email="not an address"), "email"),
        (Customer("Ada", phone="12"), "phone"),
    ],
)
def test_a_customer_who_cannot_be_reached_is_asked_again_and_the_hold_stands(
    world: World, customer: Customer, field: str
) -> None:
    booking_id = held(world, world.service(world.staff()))
    with pytest.raises(InputError) as caught:
        book(world.hub, world.business, booking_id, customer)
    assert caught.value.field == field
    assert row(world, booking_id).state == State.HELD


def test_a_customer_who_comes_back_is_the_same_person_and_is_stored_sealed(world: World) -> None:
    service = world.service(world.staff())
    first = row(world, booked(world, service).booking_id).person_id
    again = Customer("Ada L.", email="ADA@example.com")
    second = book(world.hub, world.business, held(world, service, TEN + HOUR), again)
    assert row(world, second.booking_id).person_id == first
    assert first is not None
    assert open_person(world.hub, world.business, first).name == "Ada Lovelace"
    world.hub.database.close()
    for file in world.hub.settings.data_dir.glob("*.sqlite*"):
        assert b"Lovelace" not in file.read_bytes()
        assert b"ada@example.com" not in file.read_bytes()


def test_the_booking_of_another_business_answers_like_an_unknown_one(world: World) -> None:
    from hub.actions.businesses import create_business

    booking_id = held(world, world.service(world.staff()))
    other = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    for business, identifier in ((other, booking_id), (world.business, "no-such-booking")):
        with pytest.raises(UnknownId) as caught:
            book(world.hub, business, identifier, ADA)
        assert caught.value.message == f"There is no booking {identifier!r} in this business."
        with pytest.raises(UnknownId):
            cancel(world.hub, business, identifier)


def test_a_calendar_that_is_down_when_the_event_is_written_gets_it_later(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    world.calendars.fail = down("hub_create_event")
    done = booked(world, service)
    settle(world)
    assert row(world, done.booking_id).calendar_state == CalendarState.PENDING
    world.calendars.fail = lambda hook: None
    world.clock.now += DAY
    settle(world)
    assert row(world, done.booking_id).calendar_state == CalendarState.WRITTEN
    assert world.calendars.event_times(ada) == [(TEN, TEN + 30 * MINUTE)]


def test_a_write_that_succeeded_but_was_answered_with_an_error_is_one_event(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    world.calendars.fail = down("after write")
    done = booked(world, service)
    settle(world)
    world.calendars.fail = lambda hook: None
    world.clock.now += DAY
    settle(world)
    assert world.calendars.writes == 2
    assert len(world.calendars.events[ada]) == 1
    assert row(world, done.booking_id).calendar_state == CalendarState.WRITTEN


def test_an_event_that_can_never_be_written_is_shown_as_failed(world: World) -> None:
    from hub.plugin import Refused

    service = world.service(world.staff())
    world.calendars.fail = lambda hook: Refused("forbidden") if hook == "hub_create_event" else None
    done = booked(world, service)
    settle(world)
    assert row(world, done.booking_id).calendar_state == CalendarState.FAILED
    assert row(world, done.booking_id).state == State.CONFIRMED
