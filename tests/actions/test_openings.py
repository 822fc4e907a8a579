"""The coming days of a holder as they will be: week, other days, holidays, time off, and clocks that change."""

from __future__ import annotations

from datetime import date

import pytest

from hub.actions.holders import add_resource
from hub.actions.hours import add_time_off, set_holidays, set_override
from hub.actions.openings import coming_days, next_absences
from hub.core.errors import UnknownId
from hub.core.hours import DayWindow, WeeklyHours
from tests.world import DAY, HOUR, MONDAY, World


def test_days_are_as_the_week_is_unless_something_differs(world: World) -> None:
    staff = world.staff(connected=False)
    set_holidays(world.hub, world.business, [(date(2027, 3, 16), "Founders"), (date(2027, 3, 17), "Fair")])
    set_override(world.hub, world.business, staff, date(2027, 3, 17), [(600, 660)])
    set_override(world.hub, world.business, staff, date(2027, 3, 18), [])
    add_time_off(world.hub, world.business, staff, MONDAY + 4 * DAY + 4 * HOUR, MONDAY + 4 * DAY + 20 * HOUR)
    days = coming_days(world.hub, world.business, staff, 7)
    assert [str(one.day) for one in days] == [f"2027-03-{number}" for number in range(15, 22)]
    assert days[0].openings == ((MONDAY + HOUR, MONDAY + 9 * HOUR),)
    assert (days[1].openings, days[1].holiday) == ((), "Founders")
    assert (len(days[2].openings), days[2].holiday, days[2].other) == (1, "", True)
    assert (days[3].openings, days[3].other) == ((), True)
    assert (days[4].openings, days[4].away) == (((MONDAY + 4 * DAY + HOUR, MONDAY + 4 * DAY + 4 * HOUR),), True)
    assert [one.openings for one in days[5:]] == [(), ()]


def test_a_day_on_which_the_clock_changes_has_its_true_length(world: World) -> None:
    staff = world.staff(WeeklyHours("Europe/Berlin", (DayWindow(6, 0, 1440),)), connected=False)
    days = coming_days(world.hub, world.business, staff, 14)
    (opening,) = next(one.openings for one in days if one.day == date(2027, 3, 28))
    assert opening[1] - opening[0] == 23 * HOUR


def test_what_is_always_open_has_no_days_and_a_stranger_is_unknown(world: World, strangers: dict[str, str]) -> None:
    room = add_resource(world.hub, world.business, "Room")
    assert coming_days(world.hub, world.business, room) == ()
    for one in (strangers["his"], strangers["nobody"], ""):
        with pytest.raises(UnknownId):
            coming_days(world.hub, world.business, one)


def test_the_absence_that_comes_next_is_told_for_each_holder(world: World, strangers: dict[str, str]) -> None:
    hub, business = world.hub, world.business
    first, second = world.staff(connected=False), world.staff(connected=False)
    add_time_off(hub, business, first, MONDAY - DAY, MONDAY)  # over
    add_time_off(hub, business, first, MONDAY + 5 * DAY, MONDAY + 6 * DAY)
    add_time_off(hub, business, first, MONDAY + 2 * DAY, MONDAY + 3 * DAY)
    add_time_off(hub, strangers["ben"], strangers["his"], MONDAY + DAY, MONDAY + 2 * DAY)
    found = next_absences(hub, business, [first, second, strangers["his"]])
    assert found == {first: (MONDAY + 2 * DAY, MONDAY + 3 * DAY)}
    assert next_absences(hub, business, []) == {}
