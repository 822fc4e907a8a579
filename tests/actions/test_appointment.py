from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.actions.appointment import cancel_appointment, find_appointment, move_appointment
from hub.actions.book import book
from hub.actions.hold import hold
from hub.core.booking import State
from hub.core.errors import StateError, Taken, UnknownId
from hub.core.security import Kind, Visit
from hub.plugin import Busy
from hub.store.outbox import Outbox
from hub.store.security import SecurityEvent
from tests.front import Front, make_front
from tests.world import ADA, HOUR, MINUTE, MONDAY, World, down

TEN, TWO = MONDAY + 2 * HOUR, MONDAY + 6 * HOUR
VISIT = Visit(actor="customer")


def booked(front: Front) -> str:
    world = front.world
    held = hold(world.hub, world.business, front.service, TEN, zone="America/New_York").booking_id
    return book(world.hub, world.business, held, ADA).booking_id


def events(world: World) -> list[str]:
    with world.hub.database.reading() as conn:
        used = select(SecurityEvent.detail).where(SecurityEvent.kind == Kind.CUSTOMER_LINK_USED)
        return list(conn.execute(used).scalars())


def effects(world: World) -> int:
    with world.hub.database.reading() as conn:
        return len(conn.execute(select(Outbox.id).where(Outbox.business_id == world.business)).all())


def test_an_appointment_says_what_its_customer_may_know(world: World) -> None:
    front = make_front(world)
    found = find_appointment(world.hub, world.business, booked(front))
    assert (found.state, found.start, found.zone) == (State.CONFIRMED, TEN, "America/New_York")
    assert (found.staff, found.name, found.mailed) == (("Staff 1",), "Ada Lovelace", True)
    assert found.may_move(MONDAY)
    assert found.may_cancel(MONDAY)
    assert "Lovelace" not in repr(found)


def test_a_customer_moves_and_cancels_and_both_are_written_down_once(world: World) -> None:
    booking_id = booked(make_front(world))
    moved = move_appointment(world.hub, world.business, booking_id, TWO, visit=VISIT)
    assert moved is not None
    assert find_appointment(world.hub, world.business, booking_id).start == TWO
    assert cancel_appointment(world.hub, world.business, booking_id, visit=VISIT) is State.CANCELLED
    assert cancel_appointment(world.hub, world.business, booking_id, visit=VISIT) is State.CANCELLED
    assert sorted(events(world)) == ["cancelled", "moved"]


def test_a_second_click_on_the_same_time_is_one_move(world: World) -> None:
    booking_id = booked(make_front(world))
    move_appointment(world.hub, world.business, booking_id, TWO, visit=VISIT)
    before = effects(world)
    assert move_appointment(world.hub, world.business, booking_id, TWO, visit=VISIT) is None
    assert effects(world) == before
    assert events(world) == ["moved"]


def test_within_the_notice_nothing_can_be_changed_by_the_customer(world: World) -> None:
    front = make_front(world)
    booking_id = booked(front)
    front.change(cancel_notice=HOUR)
    world.clock.now = TEN - HOUR - 1
    assert find_appointment(world.hub, world.business, booking_id).may_cancel(world.clock())
    world.clock.now += 1
    found = find_appointment(world.hub, world.business, booking_id)
    assert not found.may_move(world.clock())
    assert not found.may_cancel(world.clock())
    for change in (
        lambda: move_appointment(world.hub, world.business, booking_id, TWO, visit=VISIT),
        lambda: cancel_appointment(world.hub, world.business, booking_id, visit=VISIT),
    ):
        with pytest.raises(StateError, match="call"):
            change()
    assert find_appointment(world.hub, world.business, booking_id).start == TEN
    assert events(world) == []


def test_a_move_to_a_taken_time_changes_nothing(world: World) -> None:
    front = make_front(world)
    booking_id = booked(front)
    world.calendars.busy[front.staff[0]].append(Busy(TWO, TWO + HOUR))
    with pytest.raises(Taken):
        move_appointment(world.hub, world.business, booking_id, TWO, visit=VISIT)
    assert find_appointment(world.hub, world.business, booking_id).start == TEN


def test_what_is_requested_can_be_cancelled_and_not_moved(world: World) -> None:
    front = make_front(world)
    held = hold(world.hub, world.business, front.service, TEN, zone="Europe/Berlin").booking_id
    world.calendars.fail = down("hub_free_busy")
    book(world.hub, world.business, held, ADA)
    found = find_appointment(world.hub, world.business, held)
    assert found.state is State.REQUESTED
    assert not found.may_move(world.clock())
    assert found.may_cancel(world.clock())
    with pytest.raises(StateError):
        move_appointment(world.hub, world.business, held, TEN + 30 * MINUTE, visit=VISIT)
    assert cancel_appointment(world.hub, world.business, held, visit=VISIT) is State.CANCELLED


def test_another_business_finds_no_appointment(world: World, strangers: dict[str, str]) -> None:
    booking_id = booked(make_front(world))
    with pytest.raises(UnknownId):
        find_appointment(world.hub, strangers["ben"], booking_id)
    with pytest.raises(UnknownId):
        cancel_appointment(world.hub, strangers["ben"], booking_id, visit=VISIT)
