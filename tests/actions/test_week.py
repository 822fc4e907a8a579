"""The week of staff as one looks at it: what is open, busy, booked and off, in days that are as long as they are."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, update

from hub.actions.book import book
from hub.actions.businesses import create_business
from hub.actions.cancel import cancel
from hub.actions.holders import add_resource, add_staff
from hub.actions.hours import add_time_off, set_holidays, set_override
from hub.actions.people import Customer
from hub.actions.sync import sync_calendar
from hub.actions.week import DayView, HolderWeek, Week, week
from hub.core.errors import InputError, UnknownId
from hub.core.hours import DayWindow, WeeklyHours
from hub.core.reason import Reason
from hub.plugin import Busy, BusyKind
from hub.store.business import Business
from hub.store.calendar import Calendar
from hub.store.holder import Holder
from tests.actions.test_book import booked, held, settle
from tests.actions.test_calendars import calendars_of
from tests.tables import nothing_changed
from tests.world import ADA, DAY, HOUR, MINUTE, MONDAY, World, connection_named, down

TEN = MONDAY + 2 * HOUR
FIRST = date(2027, 3, 15)
MIDNIGHT = MONDAY - 8 * HOUR
EVERY_HOUR = WeeklyHours("Europe/Berlin", tuple(DayWindow(day, 0, 1440) for day in range(7)))


def look(world: World, *holders: str, monday: date = FIRST, zone: str = "Europe/Berlin") -> Week:
    return week(world.hub, world.business, holders, monday, zone)


def of_one(world: World, holder: str, **given: Any) -> HolderWeek:
    (found,) = look(world, holder, **given).holders
    return found


def monday(world: World, holder: str, **given: Any) -> DayView:
    return of_one(world, holder, **given).days[0]


def read(world: World, holder: str) -> None:
    (calendar,) = calendars_of(world, connection_named(world, holder))
    assert sync_calendar(world.hub, world.business, calendar.id)


def test_a_day_shows_hours_busy_times_bookings_and_time_off(world: World) -> None:
    ada = world.staff()
    world.calendars.busy[ada].append(Busy(TEN + 2 * HOUR, TEN + 3 * HOUR, BusyKind.TENTATIVE, "somebody's"))
    add_time_off(world.hub, world.business, ada, TEN + 5 * HOUR, TEN + 2 * DAY)
    done = booked(world, world.service(ada, before=10 * MINUTE, after=5 * MINUTE))
    settle(world)
    read(world, ada)
    shown = of_one(world, ada)
    assert (shown.name, shown.kind, shown.withheld, shown.looked_at) == ("Staff 1", "staff", None, MONDAY)
    first, second = shown.days[:2]
    assert (first.day, first.start, first.end) == (FIRST, MIDNIGHT, MIDNIGHT + DAY)
    assert first.openings == ((MONDAY + HOUR, TEN + 5 * HOUR),)
    assert [(one.start, one.end, one.kind, one.blocks) for one in first.busy] == [
        (TEN + 2 * HOUR, TEN + 3 * HOUR, BusyKind.TENTATIVE, True)
    ]
    assert first.off == ((TEN + 5 * HOUR, MIDNIGHT + DAY),)
    assert second.off == ((MIDNIGHT + DAY, MIDNIGHT + 2 * DAY),)
    assert second.openings == ()
    (one,) = first.appointments
    assert (one.booking.id, one.booking.customer, one.booking.service) == (done.booking_id, "Ada Lovelace", "Check-up")
    assert (one.from_at, one.until_at) == (TEN - 10 * MINUTE, TEN + 35 * MINUTE)
    assert second.appointments == ()


def test_a_live_hold_is_shown_and_what_is_over_is_not(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    hold, gone = held(world, service), held(world, service, TEN + HOUR)
    cancel(world.hub, world.business, gone)
    assert [(one.booking.id, one.booking.customer) for one in monday(world, ada).appointments] == [(hold, "")]
    world.clock.now += world.hub.settings.hold_seconds
    assert monday(world, ada).appointments == ()


def test_an_event_of_ours_that_was_moved_outside_is_busy_where_it_stands_now(world: World) -> None:
    ada = world.staff()
    booked(world, world.service(ada))
    settle(world)
    (uid,) = world.calendars.events[ada]
    world.calendars.busy[ada].append(Busy(TEN + 2 * HOUR, TEN + 3 * HOUR, uid=uid))
    read(world, ada)
    assert [(one.start, one.end) for one in monday(world, ada).busy] == [(TEN + 2 * HOUR, TEN + 3 * HOUR)]


def test_a_busy_time_that_the_business_lets_pass_is_shown_as_such(world: World) -> None:
    ada = world.staff()
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR, BusyKind.TENTATIVE))
    read(world, ada)
    with world.hub.database.writing() as conn:
        conn.execute(update(Business).where(Business.id == world.business).values(tentative_is_busy=False))
    assert [one.blocks for one in monday(world, ada).busy] == [False]


def test_what_crosses_midnight_is_cut_there_and_an_appointment_stands_in_both_days(world: World) -> None:
    ada = add_staff(world.hub, world.business, "Night nurse", EVERY_HOUR)
    world.connect(ada)
    last = MIDNIGHT + DAY - 15 * MINUTE
    booked(world, world.service(ada), last)
    world.calendars.busy[ada].append(Busy(MIDNIGHT + DAY - 6 * HOUR, MIDNIGHT + DAY + HOUR))
    read(world, ada)
    first, second = of_one(world, ada).days[:2]
    assert (first.busy[0].end, second.busy[0].start) == (MIDNIGHT + DAY, MIDNIGHT + DAY)
    assert first.appointments == second.appointments
    assert (first.appointments[0].from_at, first.appointments[0].until_at) == (last, last + 30 * MINUTE)


@pytest.mark.parametrize(("first", "hours"), [(date(2027, 3, 22), 23), (date(2027, 10, 25), 25)])
def test_the_sunday_on_which_the_clock_changes_is_as_long_as_it_is(world: World, first: date, hours: int) -> None:
    ada = add_staff(world.hub, world.business, "Night nurse", EVERY_HOUR)
    sunday = of_one(world, ada, monday=first).days[6]
    assert sunday.end - sunday.start == hours * HOUR
    assert sunday.openings == ((sunday.start, sunday.end),)


def test_a_week_is_cut_in_the_zone_in_which_it_is_looked_at(world: World) -> None:
    ada = world.staff()
    shown = monday(world, ada, zone="America/New_York")
    assert shown.start == MIDNIGHT + 5 * HOUR
    assert shown.openings == ((MONDAY + HOUR, MONDAY + 9 * HOUR),)
    assert of_one(world, ada, zone="America/New_York").zone == "Europe/Berlin"


def test_closed_days_and_holidays_say_why(world: World) -> None:
    ada = world.staff()
    set_override(world.hub, world.business, ada, FIRST, [])
    set_holidays(world.hub, world.business, [(date(2027, 3, 16), "Carnival")])
    first, second, third = of_one(world, ada).days[:3]
    assert (first.openings, [one[2] for one in first.closed]) == ((), [Reason.CLOSED_DAY])
    assert (second.openings, [one[2] for one in second.closed]) == ((), [Reason.HOLIDAY])
    assert third.closed == ()


def test_why_nothing_is_offered_is_said_and_no_provider_is_asked(world: World) -> None:
    ada, ben = world.staff(), world.staff(connected=False)
    asked = len(world.calendars.calls)
    assert (of_one(world, ada).withheld, of_one(world, ben).withheld) == (Reason.CALENDAR_STALE, None)
    read(world, ada)
    asked += 1
    assert of_one(world, ada).withheld is None
    assert of_one(world, ada, monday=date(2029, 1, 1)).withheld is Reason.CALENDAR_STALE  # nobody read so far
    world.clock.now += DAY
    assert of_one(world, ada).withheld is Reason.CALENDAR_STALE
    assert of_one(world, ada, monday=date(2027, 3, 8)).withheld is None  # it is over: nothing would be offered
    with world.hub.database.writing() as conn:
        conn.execute(update(Calendar).where(Calendar.business_id == world.business).values(problem="unreachable"))
        mine = Holder.business_id == world.business, Holder.id == ben
        conn.execute(update(Holder).where(*mine).values(active=False))
    world.calendars.fail = down()
    assert of_one(world, ada).withheld is Reason.CALENDAR_UNREACHABLE
    assert of_one(world, ben).withheld is Reason.INACTIVE
    assert len(world.calendars.calls) == asked


def test_a_room_without_hours_is_open_all_day_and_shows_what_it_is_taken_for(world: World) -> None:
    ada, room = world.staff(), add_resource(world.hub, world.business, "Room 1")
    done = booked(world, world.service(ada, resources=((room,),)))
    shown = monday(world, room)
    assert shown.openings == ((MIDNIGHT, MIDNIGHT + DAY),)
    assert [one.booking.id for one in shown.appointments] == [done.booking_id]


def test_without_names_it_is_the_active_staff_and_with_names_their_order(world: World) -> None:
    ada, ben, room = world.staff(), world.staff(), add_resource(world.hub, world.business, "Room 1")
    assert [one.id for one in look(world).holders] == [ada, ben]
    assert [one.id for one in look(world, room, ben, ada, ben).holders] == [room, ben, ada]


def test_holders_of_another_business_are_unknown_and_their_week_is_theirs(
    world: World, strangers: dict[str, str]
) -> None:
    ada = world.staff()
    booked(world, world.service(ada))
    with nothing_changed(world.hub):
        for holder in (strangers["his"], strangers["nobody"], "\x00"):
            with pytest.raises(UnknownId, match="staff member or resource"):
                look(world, ada, holder)
        with pytest.raises(UnknownId):
            week(world.hub, strangers["ben"], [ada], FIRST, "UTC")
        with pytest.raises(UnknownId):
            week(world.hub, strangers["nobody"], [], FIRST, "UTC")
    (his,) = week(world.hub, strangers["ben"], [], FIRST, "UTC").holders
    assert his.days[0].appointments == ()


def test_an_empty_business_has_an_empty_week(world: World) -> None:
    assert look(world).holders == ()
    other = create_business(world.hub, "Nobody's", "UTC")
    assert week(world.hub, other, (), FIRST, "UTC").holders == ()


def test_a_day_that_is_no_monday_and_a_zone_that_is_none_are_refused(world: World) -> None:
    for given in ({"monday": date(2027, 3, 16)}, {"zone": "Europe/Nowhere"}, {"monday": date(9999, 12, 27)}):
        with pytest.raises(InputError):
            look(world, **given)  # type: ignore[arg-type]


def test_the_number_of_queries_does_not_grow_with_staff_and_bookings(world: World) -> None:
    ada = world.staff()
    book(world.hub, world.business, held(world, world.service(ada)), ADA)
    sent: list[str] = []
    for database in (world.hub.database, world.hub.keystore):
        event.listen(database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    look(world)
    few = len(sent)
    for n in range(5):
        service = world.service(world.staff())
        customer = Customer(f"Number {n}", email=f"n{n}@example.com")
        book(world.hub, world.business, held(world, service, TEN + n * HOUR), customer)
    sent.clear()
    assert sum(len(one.days[0].appointments) for one in look(world).holders) == 6
    assert len(sent) == few
