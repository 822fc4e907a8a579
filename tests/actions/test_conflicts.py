"""Conflicts: what has come to stand over a booking is shown and told once, and taken back when it is gone."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from hub.actions.book import book
from hub.actions.businesses import create_business
from hub.actions.cancel import cancel
from hub.actions.conflicts import find_conflicts
from hub.actions.hold import hold
from hub.actions.reschedule import reschedule
from hub.core.booking import CalendarState
from hub.core.purpose import CALENDAR_PURPOSES
from hub.core.service import StaffRule
from hub.plugin import Busy, BusyKind
from hub.store.business import Business
from hub.store.calendar import BusyTime, Calendar
from tests.actions.test_book import booked, row, settle
from tests.actions.test_cancel import told
from tests.world import ADA, DAY, HOUR, MINUTE, MONDAY, World

TEN = MONDAY + 2 * HOUR
END = TEN + 30 * MINUTE


def calendar_of(world: World, holder: str) -> str:
    with world.hub.database.reading() as conn:
        mine = Calendar.business_id == world.business, Calendar.holder_id == holder
        return conn.execute(select(Calendar.id).where(*mine)).scalar_one()


def stand(world: World, holder: str, start: int, end: int, kind: BusyKind = BusyKind.BUSY, **more: object) -> None:
    """Let a busy time stand in the hub's copy of the holder's calendar."""
    values = {"calendar_id": calendar_of(world, holder), "business_id": world.business, "n": 0, "booking_id": None}
    item = {"item": f"{start}-{end}-{kind}", "starts_at": start, "ends_at": end, "kind": kind}
    with world.hub.database.writing() as conn:
        mine = Calendar.business_id == world.business, Calendar.id == values["calendar_id"]
        conn.execute(update(Calendar).where(*mine).values(taken_for=sorted(CALENDAR_PURPOSES)))
        conn.execute(insert(BusyTime).values(**{**values, **item, **more}))


def clear(world: World) -> None:
    with world.hub.database.writing() as conn:
        conn.execute(BusyTime.__table__.delete().where(BusyTime.business_id == world.business))  # type: ignore[attr-defined]


def look(world: World, holder: str, business: str = "") -> list[str]:
    with world.hub.database.writing() as conn:
        return find_conflicts(conn, business or world.business, holder, world.clock())


def written(world: World, ada: str) -> str:
    done = booked(world, world.service(ada, after=15 * MINUTE))
    settle(world)
    clear(world)
    return done.booking_id


def state(world: World, booking_id: str) -> str:
    return row(world, booking_id).calendar_state


def test_what_stands_over_a_booking_is_a_conflict_until_it_is_gone_and_is_told_once_each_time(world: World) -> None:
    ada = world.staff()
    booking_id = written(world, ada)
    stand(world, ada, TEN, END)
    assert look(world, ada) == look(world, ada) == [booking_id]
    assert state(world, booking_id) == CalendarState.CONFLICT
    clear(world)
    assert look(world, ada) == look(world, ada) == []
    assert state(world, booking_id) == CalendarState.WRITTEN
    assert [one for _, one in told(world, booking_id)][-2:] == ["conflict", "written"]


@pytest.mark.parametrize(
    ("start", "end", "conflict"),
    [
        (TEN - HOUR, TEN, False),
        (TEN - HOUR, TEN + 1, True),
        (END - 1, END + HOUR, True),
        (END, END + 15 * MINUTE, False),  # only the buffer
        (TEN - DAY, TEN + DAY, True),
        (TEN + MINUTE, TEN + 2 * MINUTE, True),
    ],
)
def test_only_the_appointment_itself_is_guarded_not_its_buffers(
    world: World, start: int, end: int, conflict: bool
) -> None:
    ada = world.staff()
    booking_id = written(world, ada)
    stand(world, ada, start, end)
    assert look(world, ada) == ([booking_id] if conflict else [])


def test_the_bookings_own_event_is_none_and_the_event_of_another_booking_is(world: World) -> None:
    ada = world.staff()
    booking_id = written(world, ada)
    stand(world, ada, TEN, END, booking_id=booking_id)
    assert look(world, ada) == []
    stand(world, ada, TEN, END + 1, booking_id="another")
    assert look(world, ada) == [booking_id]


@pytest.mark.parametrize("kind", [BusyKind.TENTATIVE, BusyKind.UNANSWERED])
def test_uncertain_times_are_conflicts_as_far_as_the_business_says(world: World, kind: BusyKind) -> None:
    ada = world.staff()
    booking_id = written(world, ada)
    stand(world, ada, TEN, END, kind)
    assert look(world, ada) == [booking_id]
    with world.hub.database.writing() as conn:
        relaxed = {"tentative_is_busy": False, "unanswered_is_busy": False}
        conn.execute(update(Business).where(Business.id == world.business).values(**relaxed))
    assert look(world, ada) == []
    assert state(world, booking_id) == CalendarState.WRITTEN


def test_what_could_not_be_read_is_no_conflict(world: World) -> None:
    ada = world.staff()
    written(world, ada)
    stand(world, ada, TEN - DAY, TEN + DAY, BusyKind.UNREADABLE)
    assert look(world, ada) == []


def test_a_booking_that_is_over_or_cancelled_or_only_held_has_none(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    gone = booked(world, service).booking_id
    cancel(world.hub, world.business, gone)
    settle(world)
    over = booked(world, service, TEN + HOUR).booking_id
    settle(world)
    clear(world)
    hold(world.hub, world.business, service, TEN + 2 * HOUR, zone="UTC")
    stand(world, ada, TEN, TEN + 3 * HOUR)
    world.clock.now = TEN + HOUR + 30 * MINUTE
    assert look(world, ada) == []
    assert (state(world, gone), state(world, over)) == (CalendarState.NONE, CalendarState.WRITTEN)


def test_a_calendar_that_is_no_longer_checked_raises_none_and_ends_the_ones_there_were(world: World) -> None:
    ada = world.staff()
    booking_id = written(world, ada)
    stand(world, ada, TEN, END)
    look(world, ada)
    with world.hub.database.writing() as conn:
        conn.execute(update(Calendar).where(Calendar.business_id == world.business).values(checked=False))
    assert look(world, ada) == []
    assert state(world, booking_id) == CalendarState.WRITTEN


def test_a_booking_whose_event_is_still_to_be_written_is_not_marked_before(world: World) -> None:
    """Marked too early, the mark would be overwritten when the event is written."""
    ada = world.staff()
    booking_id = written(world, ada)
    reschedule(world.hub, world.business, booking_id, TEN + HOUR)
    clear(world)
    stand(world, ada, TEN + HOUR, TEN + 2 * HOUR)
    assert look(world, ada) == [booking_id]
    assert state(world, booking_id) == CalendarState.PENDING
    settle(world)
    look(world, ada)
    assert state(world, booking_id) == CalendarState.CONFLICT


def test_a_booking_without_an_event_has_none_again_after_a_conflict(world: World) -> None:
    """It was moved from one whose calendar is written to, to one whose calendar is only checked."""
    ada, ben = world.staff(), world.staff()
    with world.hub.database.writing() as conn:
        bens = Calendar.business_id == world.business, Calendar.holder_id == ben
        conn.execute(update(Calendar).where(*bens).values(written=False))
    booking_id = hold(world.hub, world.business, world.service(ada, ben), TEN, zone="UTC", staff=ada).booking_id
    book(world.hub, world.business, booking_id, ADA)
    settle(world)
    world.calendars.busy[ada].append(Busy(TEN + HOUR, TEN + 2 * HOUR))
    world.clock.now += 6 * MINUTE
    assert reschedule(world.hub, world.business, booking_id, TEN + HOUR).staff == (ben,)
    settle(world)
    clear(world)
    stand(world, ben, TEN + HOUR, TEN + 2 * HOUR)
    look(world, ben)
    assert state(world, booking_id) == CalendarState.CONFLICT
    clear(world)
    look(world, ben)
    assert state(world, booking_id) == CalendarState.NONE


def test_with_two_staff_a_conflict_of_one_is_not_cleared_by_a_look_at_the_other(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    done = booked(world, world.service(ada, ben, staff_rule=StaffRule.ALL))
    settle(world)
    clear(world)
    stand(world, ben, TEN, END)
    for holder in (ben, ada, ben, ada):
        assert look(world, holder) == [done.booking_id]
        assert state(world, done.booking_id) == CalendarState.CONFLICT
    assert [one for _, one in told(world, done.booking_id)].count("conflict") == 1
    clear(world)
    assert look(world, ada) == []
    assert state(world, done.booking_id) == CalendarState.WRITTEN


def test_another_business_raises_and_clears_nothing(world: World) -> None:
    ada = world.staff()
    booking_id = written(world, ada)
    stand(world, ada, TEN, END)
    other = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    assert look(world, ada, other) == []
    look(world, ada)
    clear(world)
    assert look(world, ada, other) == []
    assert state(world, booking_id) == CalendarState.CONFLICT


def test_a_booking_that_is_cancelled_while_somebody_looks_is_not_marked_afterwards(world: World) -> None:
    ada = world.staff()
    with world.hub.database.writing() as conn:
        conn.execute(update(Calendar).where(Calendar.business_id == world.business).values(written=False))
    done = booked(world, world.service(ada))
    assert done.calendar_state == CalendarState.NONE
    stand(world, ada, TEN, END)
    customer = threading.Thread(target=cancel, args=(world.hub, world.business, done.booking_id))

    def between(_conn: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if sql.startswith("UPDATE booking SET calendar_state") and customer.ident is None:
            customer.start()
            customer.join(0.5)

    event.listen(world.hub.database.engine, "before_cursor_execute", between)
    look(world, ada)
    customer.join(30)
    found = row(world, done.booking_id)
    assert (found.state, found.calendar_state) == ("cancelled", CalendarState.NONE)
    assert told(world, done.booking_id)[-1] == ("cancelled", "none")
