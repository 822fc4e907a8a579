"""Who did not come: marked when the appointment has begun, and taken back."""

from __future__ import annotations

import pytest

from hub.actions.attendance import set_attendance
from hub.core.booking import CalendarState
from hub.core.errors import InputError, StateError, UnknownId
from tests.actions.test_book import booked, held, row, settle
from tests.actions.test_decide import CYD, noted, requested
from tests.tables import nothing_changed
from tests.world import HOUR, MONDAY, World

TEN = MONDAY + 2 * HOUR


def test_a_no_show_is_marked_and_taken_back_and_the_event_stays_as_it_is(world: World) -> None:
    done = booked(world, world.service(world.staff()))
    settle(world)
    world.clock.now = TEN
    assert set_attendance(world.hub, CYD, world.business, done.booking_id, 2, "no_show") == 3
    assert row(world, done.booking_id).attendance == "no_show"
    with nothing_changed(world.hub):
        assert set_attendance(world.hub, CYD, world.business, done.booking_id, 3, "no_show") == 3
    assert set_attendance(world.hub, CYD, world.business, done.booking_id, 3, "") == 4
    writes = world.calendars.writes
    settle(world)
    assert world.calendars.writes == writes
    after = row(world, done.booking_id)
    assert (after.attendance, after.state, after.calendar_state) == ("", "confirmed", CalendarState.WRITTEN)
    assert [one[3] for one in noted(world)] == ["no_show", "came"]


def test_only_a_confirmed_booking_that_has_begun_can_be_missed(world: World) -> None:
    service = world.service(world.staff())
    waiting, hold = requested(world, service), held(world, service, TEN + 2 * HOUR)
    confirmed = booked(world, service, TEN + HOUR).booking_id
    world.clock.now = TEN + HOUR - 1
    with nothing_changed(world.hub):
        for booking_id, version, code in (
            (confirmed, 2, "not_begun"),
            (confirmed, 1, "changed"),
            (waiting, 2, "requested"),
            (hold, 1, "held"),
        ):
            with pytest.raises(StateError) as caught:
                set_attendance(world.hub, CYD, world.business, booking_id, version, "no_show")
            assert caught.value.code == code
        with pytest.raises(InputError):
            set_attendance(world.hub, CYD, world.business, confirmed, 2, "late")


def test_the_booking_of_another_business_is_unknown(world: World, strangers: dict[str, str]) -> None:
    confirmed = booked(world, world.service(world.staff())).booking_id
    world.clock.now = TEN
    with nothing_changed(world.hub):
        for business, booking_id in ((strangers["ben"], confirmed), (world.business, strangers["nobody"])):
            with pytest.raises(UnknownId):
                set_attendance(world.hub, CYD, business, booking_id, 2, "no_show")
