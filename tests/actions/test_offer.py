"""Offering: only what is truly free, without asking anybody while the calendars are fresh."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import event, update

from hub.actions.holders import add_resource
from hub.actions.hours import add_time_off, every_weekday, set_holidays, set_hours, set_override
from hub.actions.offer import LONGEST, explain_start, offer
from hub.core.calendar import Window
from hub.core.errors import InputError, UnknownId
from hub.core.reason import Reason
from hub.plugin import Busy, BusyKind
from hub.store.business import Business
from tests.actions.test_book import booked, settle
from tests.world import DAY, HOUR, MINUTE, MONDAY, World, down

NINE, TEN, FIVE = MONDAY + HOUR, MONDAY + 2 * HOUR, MONDAY + 9 * HOUR
TODAY = Window(MONDAY - 8 * HOUR, MONDAY + 16 * HOUR)


def starts(world: World, service: str, window: Window = TODAY) -> list[int]:
    return offer(world.hub, world.business, service, window).starts


def reasons(world: World, service: str, start: int) -> tuple[Reason, ...]:
    return explain_start(world.hub, world.business, service, start).reasons


def test_the_working_day_is_offered_around_what_the_calendar_holds(world: World) -> None:
    ada = world.staff()
    service = world.service(ada, step=30 * MINUTE)
    world.calendars.busy[ada].append(Busy(TEN, TEN + 5 * HOUR))
    assert starts(world, service) == [NINE, NINE + 30 * MINUTE, *range(TEN + 5 * HOUR, FIVE, 30 * MINUTE)]
    assert reasons(world, service, TEN) == (Reason.BUSY,)


def test_no_provider_is_asked_while_the_calendars_are_fresh(world: World) -> None:
    service = world.service(world.staff(), world.staff())
    starts(world, service)
    asked = len(world.calendars.calls)
    starts(world, service)
    reasons(world, service, TEN)
    assert len(world.calendars.calls) == asked
    world.clock.now += 6 * MINUTE
    starts(world, service)
    assert len(world.calendars.calls) == asked + 2


def test_a_calendar_that_cannot_be_read_is_withheld_with_a_reason_and_never_free(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    service = world.service(ada, ben, step=HOUR)
    world.calendars.busy[ben].append(Busy(TEN, FIVE))
    starts(world, service)
    world.clock.now += 6 * MINUTE
    world.calendars.fail = down()
    assert starts(world, service) == []
    told = explain_start(world.hub, world.business, service, TEN)
    assert all(Reason.CALENDAR_UNREACHABLE in against for against in told.staff.values())
    assert set(told.staff) == {ada, ben}


def test_a_server_that_is_down_is_not_asked_again_by_every_visitor(world: World) -> None:
    service = world.service(world.staff())
    world.calendars.fail = down()
    starts(world, service)
    asked = len(world.calendars.calls)
    starts(world, service)
    assert len(world.calendars.calls) == asked
    world.clock.now += 20
    starts(world, service)
    assert len(world.calendars.calls) > asked


def test_the_business_says_whether_tentative_times_block(world: World) -> None:
    ada = world.staff()
    service = world.service(ada, step=30 * MINUTE)
    world.calendars.busy[ada].append(Busy(NINE, FIVE, BusyKind.TENTATIVE))
    assert starts(world, service) == []
    with world.hub.database.writing() as conn:
        conn.execute(update(Business).where(Business.id == world.business).values(tentative_is_busy=False))
    assert len(starts(world, service)) == 16


def test_holidays_overrides_and_time_off_are_kept(world: World) -> None:
    hub, ada, ben = world.hub, world.staff(), world.staff()
    service = world.service(ada, step=HOUR, duration=HOUR)
    day = date(2027, 3, 15)
    add_time_off(hub, world.business, ada, TEN, TEN + 2 * HOUR)
    assert starts(world, service) == [NINE, *range(TEN + 2 * HOUR, FIVE, HOUR)]
    assert reasons(world, service, TEN) == (Reason.TIME_OFF,)
    set_override(hub, world.business, ada, day, [(17 * 60, 19 * 60)])
    assert starts(world, service) == [FIVE, FIVE + HOUR]
    set_override(hub, world.business, ada, day, [])
    assert reasons(world, service, TEN)[0] == Reason.CLOSED_DAY
    set_override(hub, world.business, ada, day, None)
    set_holidays(hub, world.business, [(day, "Founders' day")])
    assert reasons(world, world.service(ben, step=HOUR), NINE) == (Reason.HOLIDAY,)
    set_override(hub, world.business, ada, day, [(9 * 60, 10 * 60)])
    assert starts(world, service) == [NINE]


def test_a_room_without_hours_is_open_also_on_holidays_but_not_when_it_is_away(world: World) -> None:
    room = add_resource(world.hub, world.business, "Room 1")
    service = world.service(world.staff(), step=HOUR, duration=HOUR, resources=((room,),))
    assert len(starts(world, service)) == 8
    add_time_off(world.hub, world.business, room, NINE, FIVE - HOUR)
    assert starts(world, service) == [FIVE - HOUR]
    assert reasons(world, service, NINE) == (Reason.RESOURCE_TAKEN,)


def test_new_hours_count_from_the_next_search_on(world: World) -> None:
    ada = world.staff()
    service = world.service(ada, step=HOUR, duration=HOUR)
    set_hours(world.hub, world.business, ada, every_weekday("America/New_York", (4 * 60, 5 * 60)))
    assert starts(world, service) == [MONDAY + HOUR]


def test_the_number_of_queries_does_not_grow_with_the_staff(world: World) -> None:
    queries: list[str] = []

    def searched(service: str) -> int:
        starts(world, service)
        queries.clear()
        starts(world, service)
        return len(queries)

    event.listen(world.hub.database.engine, "before_cursor_execute", lambda *a: queries.append(a[2]))
    one = searched(world.service(world.staff()))
    many = searched(world.service(*(world.staff() for _ in range(6))))
    assert one == many


def test_a_window_that_is_too_long_is_refused(world: World) -> None:
    service = world.service(world.staff())
    with pytest.raises(InputError, match="100 days"):
        offer(world.hub, world.business, service, Window(MONDAY, MONDAY + LONGEST + 1))


def test_an_unknown_service_is_unknown(world: World) -> None:
    with pytest.raises(UnknownId, match="no service 'x'"):
        offer(world.hub, world.business, "x", Window(MONDAY, MONDAY + DAY))


def test_a_booked_time_has_one_reason_though_its_event_was_read_back(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    booked(world, service)  # at ten
    settle(world)
    world.clock.now += 6 * MINUTE
    starts(world, service)  # the calendar is read anew, with our event in it
    assert reasons(world, service, TEN) == (Reason.BOOKED,)
    assert TEN not in starts(world, service)
    (uid,) = world.calendars.events[ada]
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))  # somebody else's, over it
    world.calendars.busy[ada].append(Busy(TEN + 3 * HOUR, TEN + 4 * HOUR, uid=uid))  # ours, where it was moved outside
    world.clock.now += 6 * MINUTE
    assert reasons(world, service, TEN) == (Reason.BUSY, Reason.BOOKED)
    assert reasons(world, service, TEN + 3 * HOUR) == (Reason.BUSY,)
