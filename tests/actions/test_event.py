"""The event: what the calendar shows is what was booked, whatever happened to it in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select

from hub.actions.book import book
from hub.actions.cancel import cancel
from hub.actions.effects import EFFECTS
from hub.actions.event import UNWANTED
from hub.actions.hold import hold
from hub.actions.people import Customer
from hub.actions.reschedule import reschedule
from hub.core.booking import CalendarState
from hub.core.errors import HubError
from hub.core.service import StaffRule
from hub.jobs.perform import drain
from hub.plugin import Conflict, Found, NotFound, Refused, Retry, Written
from hub.store.booking import BookingEvent
from hub.store.outbox import DEAD, entries, replay
from tests.actions.test_book import booked, row, settle
from tests.actions.test_cancel import told
from tests.world import DAY, HOUR, MINUTE, MONDAY, World, down

TEN = MONDAY + 2 * HOUR
NOON = MONDAY + 4 * HOUR
HALF = 30 * MINUTE
Answer = Callable[[str, Callable[[], Any]], Any]


def written(world: World, *staff: str, **rules: Any) -> str:
    done = booked(world, world.service(*staff, **rules))
    settle(world)
    assert state(world, done.booking_id) == CalendarState.WRITTEN
    return done.booking_id


def state(world: World, booking_id: str) -> str:
    return row(world, booking_id).calendar_state


def event_row(world: World) -> Any:
    with world.hub.database.reading() as conn:
        return conn.execute(select(BookingEvent.__table__).where(BookingEvent.business_id == world.business)).one()


@pytest.fixture
def answering(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], None]:
    """Let a function answer the hooks; it is given the hook and what answers as always."""
    ask = world.hub.registry.ask

    def answering(answer: Answer) -> None:
        def asked(provider: str, hook: str, **arguments: Any) -> Any:
            return answer(hook, lambda: ask(provider, hook, **arguments))

        monkeypatch.setattr(world.hub.registry, "ask", asked)

    return answering


# Writing


def test_the_event_says_who_comes_and_nothing_that_was_not_given(world: World) -> None:
    ada = world.staff()
    written(world, ada)
    (found,) = world.calendars.events[ada].values()
    assert (found.summary, found.description) == ("Check-up: Ada Lovelace", "Ada Lovelace\nada@example.com")
    assert (found.start, found.end, found.zone) == (TEN, TEN + HALF, "Europe/Berlin")


def test_a_number_in_an_event_can_be_read_and_dialled_from_anywhere(world: World) -> None:
    service = world.service(world.staff())
    booking_id = hold(world.hub, world.business, service, TEN, zone="Europe/Berlin").booking_id
    book(world.hub, world.business, booking_id, Customer("Cyd Charisse", phone="+12025550143"))
    drain(world.hub, EFFECTS)
    (found,) = [one for events in world.calendars.events.values() for one in events.values()]
    assert found.description == "Cyd Charisse\n+1 202-555-0143"


def test_the_event_has_its_id_before_it_is_written_and_its_place_afterwards(world: World) -> None:
    ada = world.staff()
    booked(world, world.service(ada))
    before = event_row(world)
    assert before.uid.startswith("frontdesk-")
    assert (before.ref, before.etag, before.shown) == ("", "", 0)
    settle(world)
    after = event_row(world)
    assert (after.uid, after.shown) == (before.uid, after.wanted)
    assert list(world.calendars.events[ada]) == [before.uid]
    assert after.ref
    assert after.etag


def test_with_two_staff_each_has_an_event_of_its_own_and_the_booking_waits_for_both(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    service = world.service(ada, ben, staff_rule=StaffRule.ALL)
    failing = [Retry("down")]
    world.calendars.fail = lambda hook: failing.pop() if failing and hook == "hub_create_event" else None
    done = booked(world, service)
    settle(world)
    assert sorted(map(len, (world.calendars.events[ada], world.calendars.events[ben]))) == [0, 1]
    assert state(world, done.booking_id) == CalendarState.PENDING
    world.clock.now += HOUR
    settle(world)
    assert state(world, done.booking_id) == CalendarState.WRITTEN
    assert set(world.calendars.events[ada]) & set(world.calendars.events[ben]) == set()


def test_what_is_read_back_decides_and_not_what_was_answered(world: World, answering: Callable[[Answer], None]) -> None:
    """A server that says "created" and shows nothing, or something else, has not written it."""
    ada = world.staff()
    shown: list[Found | None] = [
        None,
        Found(Written("x", "/x"), TEN, TEN + HOUR),
        Found(Written("x", "/x"), TEN, TEN + HALF, cancelled=True),
    ]
    answering(lambda hook, go_on: shown.pop() if hook == "hub_read_event" and shown else go_on())
    done = booked(world, world.service(ada))
    for left in (2, 1, 0):
        settle(world)
        assert len(shown) == left
        assert state(world, done.booking_id) == CalendarState.PENDING
        world.clock.now += HOUR
    settle(world)
    assert state(world, done.booking_id) == CalendarState.WRITTEN
    assert world.calendars.event_times(ada) == [(TEN, TEN + HALF)]


def test_an_answer_that_makes_no_sense_is_given_up_and_shown_as_failed(
    world: World, answering: Callable[[Answer], None]
) -> None:
    answering(lambda hook, go_on: None if hook == "hub_create_event" else go_on())
    done = booked(world, world.service(world.staff()))
    settle(world)
    assert state(world, done.booking_id) == CalendarState.FAILED


# Changing


def test_an_event_that_was_changed_outside_is_overwritten_with_what_was_agreed(
    world: World, answering: Callable[[Answer], None]
) -> None:
    """The first update meets a newer version; ours wins, on what is there now."""
    ada = world.staff()
    booking_id = written(world, ada)
    etag, used = event_row(world).etag, []

    def conflict_once(hook: str, go_on: Callable[[], Any]) -> Any:
        if hook == "hub_update_event":
            used.append(hook)
            if len(used) == 1:
                raise Conflict("It changed since it was read.")
        return go_on()

    (uid,) = world.calendars.events[ada]
    world.calendars.events[ada][uid] = replace(world.calendars.events[ada][uid], start=TEN + MINUTE)
    answering(conflict_once)
    reschedule(world.hub, world.business, booking_id, NOON)
    settle(world)
    assert len(used) == 2
    assert world.calendars.event_times(ada) == [(NOON, NOON + HALF)]
    assert state(world, booking_id) == CalendarState.WRITTEN
    assert event_row(world).etag != etag


def test_a_conflict_that_does_not_end_is_given_up_and_shown(world: World, answering: Callable[[Answer], None]) -> None:
    booking_id = written(world, world.staff())

    def conflict(hook: str, go_on: Callable[[], Any]) -> Any:
        if hook == "hub_update_event":
            raise Conflict("It changed since it was read.")
        return go_on()

    answering(conflict)
    reschedule(world.hub, world.business, booking_id, NOON)
    settle(world)
    assert state(world, booking_id) == CalendarState.FAILED


def test_an_event_that_was_deleted_outside_is_written_anew_under_its_id(world: World) -> None:
    ada = world.staff()
    booking_id = written(world, ada)
    (uid,) = world.calendars.events[ada]
    world.calendars.events[ada].clear()
    reschedule(world.hub, world.business, booking_id, NOON)
    settle(world)
    assert list(world.calendars.events[ada]) == [uid]
    assert world.calendars.calls.count("hub_create_event") == 2
    assert state(world, booking_id) == CalendarState.WRITTEN


def test_an_event_that_was_deleted_outside_is_cancelled_without_complaint(world: World) -> None:
    ada = world.staff()
    booking_id = written(world, ada)
    world.calendars.events[ada].clear()
    cancel(world.hub, world.business, booking_id)
    settle(world)
    assert state(world, booking_id) == CalendarState.NONE
    assert (event_row(world).wanted, event_row(world).shown) == (UNWANTED, UNWANTED)


def test_moves_that_come_faster_than_the_calendar_end_at_the_last_one_and_are_written_once(world: World) -> None:
    ada = world.staff()
    booking_id = written(world, ada)
    writes = world.calendars.writes
    for hours in (1, 2, 3):
        reschedule(world.hub, world.business, booking_id, NOON + hours * HOUR)
    settle(world)
    assert world.calendars.event_times(ada) == [(NOON + 3 * HOUR, NOON + 3 * HOUR + HALF)]
    assert world.calendars.writes == writes + 1


def test_the_number_of_an_event_grows_with_each_change(world: World) -> None:
    """RFC 5545 3.8.7.4: other programs drop a change whose number did not grow."""
    ada = world.staff()
    booking_id = written(world, ada)
    seen = []
    for hours in (1, 2):
        reschedule(world.hub, world.business, booking_id, NOON + hours * HOUR)
        settle(world)
        seen += [one.sequence for one in world.calendars.events[ada].values()]
    assert seen == sorted(set(seen))


# Giving up, and trying again


def test_what_was_given_up_becomes_written_when_it_is_tried_again(world: World) -> None:
    ada = world.staff()
    world.calendars.fail = lambda hook: Refused("forbidden") if hook == "hub_create_event" else None
    done = booked(world, world.service(ada))
    settle(world)
    assert state(world, done.booking_id) == CalendarState.FAILED
    world.calendars.fail = lambda hook: None
    with world.hub.database.writing() as conn:
        (dead,) = entries(conn, (DEAD,))
        assert dead.problem == "Refused: forbidden"
        assert replay(conn, world.clock()) == 1
    settle(world)
    assert state(world, done.booking_id) == CalendarState.WRITTEN
    assert world.calendars.event_times(ada) == [(TEN, TEN + HALF)]
    assert [one for _, one in told(world, done.booking_id)] == ["pending", "failed", "written"]


def test_a_calendar_that_is_down_for_too_long_is_given_up_in_the_end(world: World) -> None:
    world.calendars.fail = down("hub_create_event")
    done = booked(world, world.service(world.staff()))
    for _ in range(25):
        settle(world)
        world.clock.now += HOUR
    assert state(world, done.booking_id) == CalendarState.FAILED
    assert world.calendars.calls.count("hub_create_event") == 20


def test_trying_an_old_failure_again_after_the_booking_moved_changes_nothing_more(world: World) -> None:
    """The row of the first version would write the booking as it is now: that stands there already."""
    ada = world.staff()
    world.calendars.fail = lambda hook: Refused("forbidden") if hook == "hub_create_event" else None
    done = booked(world, world.service(ada))
    settle(world)
    world.calendars.fail = lambda hook: None
    reschedule(world.hub, world.business, done.booking_id, NOON)
    settle(world)
    writes = world.calendars.writes
    with world.hub.database.writing() as conn:
        replay(conn, world.clock())
    settle(world)
    assert world.calendars.writes == writes
    assert world.calendars.event_times(ada) == [(NOON, NOON + HALF)]
    assert state(world, done.booking_id) == CalendarState.WRITTEN


def test_after_a_disconnect_the_event_is_given_up_and_the_booking_stands(world: World) -> None:
    from hub.store.connection import Connection, end_connection

    done = booked(world, world.service(world.staff()))
    with world.hub.database.writing() as conn:
        connection = conn.execute(select(Connection.id).where(Connection.business_id == world.business)).scalar_one()
        end_connection(conn, world.business, connection, world.clock())
    settle(world)
    assert (row(world, done.booking_id).state, state(world, done.booking_id)) == ("confirmed", "failed")
    assert world.calendars.writes == 0


def test_an_event_that_is_not_found_when_it_is_made_is_given_up(world: World) -> None:
    """The calendar itself is gone."""
    world.calendars.fail = lambda hook: NotFound("no such calendar") if hook == "hub_create_event" else None
    done = booked(world, world.service(world.staff()))
    settle(world)
    assert state(world, done.booking_id) == CalendarState.FAILED


def test_a_customer_who_cancels_while_the_write_is_noted_does_not_deadlock_with_it(world: World) -> None:
    """Both change the booking and its event: in the same order, or PostgreSQL ends one of them."""
    ada = world.staff()
    done = booked(world, world.service(ada))
    problems: list[str] = []

    def interfere() -> None:
        try:
            cancel(world.hub, world.business, done.booking_id)
        except HubError as error:
            problems.append(error.message)

    customer = threading.Thread(target=interfere)

    def between(_conn: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if sql.startswith("UPDATE booking SET calendar_state") and customer.ident is None:
            customer.start()
            time.sleep(0.4)

    event.listen(world.hub.database.engine, "before_cursor_execute", between)
    drain(world.hub, EFFECTS)
    customer.join(30)
    assert customer.ident is not None
    assert problems == []
    world.clock.now += DAY
    settle(world)
    assert state(world, done.booking_id) == CalendarState.NONE
    assert world.calendars.events[ada] == {}
