"""Where things stand in a drawn week: by the wall clock, also on the days on which it changes."""

from __future__ import annotations

from datetime import date

import pytest

from hub.actions.holders import add_resource
from hub.actions.week import week
from hub.web.console.week_grid import HOUR, _hour, draw
from tests.world import World


def test_the_usual_day_shows_8_to_18_and_goes_as_far_as_somebody_works(world: World) -> None:
    staff = world.staff(connected=False)
    grid = draw(week(world.hub, world.business, [staff], date(2027, 3, 15), "Europe/Berlin"))
    assert (grid.height, grid.hours[0], grid.hours[-1][1]) == (10 * HOUR, (0, "08:00"), "17:00")
    (opened,) = [one for one in grid.columns[0].shapes if one.kind == "open"]
    assert (opened.x, opened.width, opened.y, opened.height) == (0, 100, HOUR, 8 * HOUR)
    assert grid.now == (date(2027, 3, 15), 0)


def test_who_stands_side_by_side_shares_the_column(world: World) -> None:
    both = [world.staff(connected=False), world.staff(connected=False)]
    grid = draw(week(world.hub, world.business, both, date(2027, 3, 15), "Europe/Berlin"))
    assert [(one.x, one.width) for one in grid.columns[0].shapes] == [(0, 50), (50, 50)]


def test_an_hour_that_comes_twice_is_told_apart_and_one_that_is_skipped_is_not_there(world: World) -> None:
    room = add_resource(world.hub, world.business, "Room")  # open at any time, so the whole day shows
    autumn = draw(week(world.hub, world.business, [room], date(2027, 10, 25), "Europe/Berlin"))
    sunday = autumn.columns[6]
    assert len(sunday.slots) == 50
    assert len({one.label for one in sunday.slots}) == 50
    assert [one.label for one in sunday.slots if one.label.startswith("02:00")] == ["02:00", "02:00 (UTC+1)"]
    spring = draw(week(world.hub, world.business, [room], date(2027, 3, 22), "Europe/Berlin")).columns[6]
    assert len(spring.slots) == 46
    assert not any(one.label.startswith("02:") for one in spring.slots)
    (whole,) = [one for one in spring.shapes if one.kind == "open"]
    assert (whole.y, whole.height) == (0, 24 * HOUR)


@pytest.mark.parametrize(
    ("zone", "label"), [("Europe/Berlin", "09:00"), ("America/New_York", "9 am"), ("UTC", "09:00")]
)
def test_full_hours_beside_the_days_are_short(zone: str, label: str) -> None:
    assert _hour(9, zone) == label
