from __future__ import annotations

from datetime import date

from hub.actions.free_days import free_days, month_window, next_free_start
from hub.actions.hold import hold
from hub.core.calendar import Window
from hub.core.zones import local_to_utc
from hub.plugin import Busy
from tests.world import DAY, HOUR, MONDAY, World, down

MARCH = date(2027, 3, 1).toordinal()
APRIL = date(2027, 4, 1).toordinal()


def march(world: World, service: str, zone: str = "Europe/Berlin", **wish: str) -> dict[int, tuple[int, ...]]:
    window = month_window(zone, MARCH, APRIL, world.clock())
    return dict(free_days(world.hub, world.business, service, window, zone=zone, **wish).days)


def test_days_are_those_of_the_visitor(world: World) -> None:
    service = world.service(world.staff())
    berlin = march(world, service)
    assert min(berlin) == date(2027, 3, 15).toordinal()
    assert berlin[min(berlin)][0] == MONDAY + HOUR
    auckland = march(world, service, "Pacific/Auckland")
    tuesday = date(2027, 3, 16).toordinal()
    assert auckland[tuesday][0] == local_to_utc("Pacific/Auckland", date(2027, 3, 16), 0)
    assert {start for day in berlin.values() for start in day} >= set(auckland[tuesday])


def test_one_of_the_staff_may_be_asked_for(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    world.calendars.busy[ada].append(Busy(MONDAY, MONDAY + DAY))
    service = world.service(ada, ben)
    monday = date(2027, 3, 15).toordinal()
    assert monday not in march(world, service, staff=ada)
    assert monday in march(world, service, staff=ben)
    assert monday in march(world, service)


def test_the_own_hold_counts_as_free(world: World) -> None:
    service = world.service(world.staff())
    held = hold(world.hub, world.business, service, MONDAY + HOUR, zone="Europe/Berlin").booking_id
    monday = date(2027, 3, 15).toordinal()
    assert MONDAY + HOUR not in march(world, service)[monday]
    assert MONDAY + HOUR in march(world, service, moving=held)[monday]


def test_a_calendar_that_cannot_be_read_withholds_and_does_not_pass_for_a_full_one(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    world.calendars.busy[ada].append(Busy(MONDAY, MONDAY + 100 * DAY))
    window = month_window("Europe/Berlin", MARCH, APRIL, world.clock())
    found = free_days(world.hub, world.business, service, window, zone="Europe/Berlin")
    assert (found.days, found.withheld) == ({}, False)
    world.clock.now += HOUR
    world.calendars.fail = down()
    found = free_days(world.hub, world.business, service, window, zone="Europe/Berlin")
    assert (found.days, found.withheld) == ({}, True)
    assert next_free_start(world.hub, world.business, service, window.end, window.end + 9 * DAY) is None


def test_one_calendar_that_cannot_be_read_does_not_hide_the_times_of_others(world: World) -> None:
    ada, ben = world.staff(), world.staff(connected=False)
    service = world.service(ada, ben)
    world.clock.now += HOUR
    world.calendars.fail = down()
    window = month_window("Europe/Berlin", MARCH, APRIL, world.clock())
    assert not free_days(world.hub, world.business, service, window, zone="Europe/Berlin").withheld
    assert free_days(world.hub, world.business, service, window, zone="Europe/Berlin", staff=ada).withheld


def test_the_next_free_time_is_found_months_away(world: World) -> None:
    ada = world.staff()
    service = world.service(ada, horizon=300 * DAY)
    world.calendars.busy[ada].append(Busy(MONDAY, MONDAY + 200 * DAY))
    found = next_free_start(world.hub, world.business, service, MONDAY, MONDAY + 300 * DAY)
    assert found is not None
    assert MONDAY + 200 * DAY <= found < MONDAY + 204 * DAY
    assert next_free_start(world.hub, world.business, service, MONDAY, MONDAY + 100 * DAY) is None
    assert next_free_start(world.hub, world.business, service, MONDAY, MONDAY) is None


def test_no_provider_is_called_while_calendars_are_fresh(world: World) -> None:
    service = world.service(world.staff())
    march(world, service)
    world.calendars.calls.clear()
    march(world, service)
    assert world.calendars.calls == []


def test_a_month_begins_now_and_ends_with_its_last_day_in_the_zone() -> None:
    assert month_window("Europe/Berlin", MARCH, APRIL, MONDAY) == Window(
        MONDAY, local_to_utc("Europe/Berlin", date(2027, 4, 1), 0)
    )
    # Samoa went over the date line: 30 December 2011 did not happen there.
    skipped = month_window("Pacific/Apia", date(2011, 12, 30).toordinal(), date(2011, 12, 31).toordinal() + 1, 0)
    assert skipped.end - skipped.start == DAY
