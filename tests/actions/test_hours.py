"""Hours: what breaks a rule is named and refused, and not one row is different afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from hub.actions.holders import add_resource, add_staff
from hub.actions.hours import add_time_off, every_weekday, set_holidays, set_hours, set_override
from hub.core.errors import InputError
from hub.core.hours import DayWindow, WeeklyHours
from hub.core.service import Service
from hub.store import holder
from hub.store.holder import DayOverride, Holder, Holiday, TimeOff, WorkingHours
from tests.tables import nothing_changed
from tests.world import DAY, HOUR, MINUTE, MONDAY, World

BERLIN = every_weekday("Europe/Berlin", (9 * 60, 17 * 60))
MONDAY_DATE = date(2027, 3, 15)
PLAIN = Service("new", 30 * MINUTE, 15 * MINUTE, 60 * DAY)
TOO_LONG = "x" * 201


def rows(world: World, table: Any) -> list[Any]:
    with world.hub.database.reading() as conn:
        return list(conn.execute(select(table.__table__).where(table.business_id == world.business)).all())


def test_new_hours_replace_the_old_ones_and_end_being_always_open(world: World) -> None:
    room = add_resource(world.hub, world.business, "Room 1")
    set_hours(world.hub, world.business, room, BERLIN)
    set_hours(world.hub, world.business, room, every_weekday("UTC", (60, 120)))
    (found,) = [row for row in rows(world, Holder) if row.id == room]
    assert (found.always_open, found.zone) == (False, "UTC")
    assert {(row.starts, row.ends) for row in rows(world, WorkingHours)} == {(60, 120)}


def test_staff_without_any_hours_can_be_added_and_work_never(world: World) -> None:
    add_staff(world.hub, world.business, "Ada", WeeklyHours("Europe/Berlin"))
    assert rows(world, WorkingHours) == []


def test_a_day_has_one_exception_the_last_one_and_can_be_as_usual_again(world: World) -> None:
    ada = world.staff(connected=False)
    for windows in ([(540, 600), (660, 720)], [], [(0, 1440)]):
        set_override(world.hub, world.business, ada, MONDAY_DATE, windows)
        (found,) = rows(world, DayOverride)
        assert [tuple(window) for window in found.windows] == windows
    set_override(world.hub, world.business, ada, MONDAY_DATE, None)
    assert rows(world, DayOverride) == []


def test_holidays_are_replaced_as_a_whole(world: World) -> None:
    set_holidays(world.hub, world.business, [(MONDAY_DATE, "One"), (date(2027, 12, 25), "Two")])
    set_holidays(world.hub, world.business, iter([(MONDAY_DATE, " Founders'  day ")]))
    assert [(row.day, row.name) for row in rows(world, Holiday)] == [(MONDAY_DATE, "Founders' day")]
    set_holidays(world.hub, world.business, [])
    assert rows(world, Holiday) == []


BAD_HOURS: dict[str, tuple[Callable[[], object], str]] = {
    "a weekday that there is not": (lambda: DayWindow(7, 0, 60), "hours.weekday"),
    "an end before its start": (lambda: DayWindow(0, 600, 540), "Monday"),
    "no length": (lambda: DayWindow(0, 600, 600), "Monday"),
    "a minute below the day": (lambda: DayWindow(0, -1, 60), "Monday"),
    "a minute beyond the day": (lambda: DayWindow(0, 0, 1441), "Monday"),
    "windows that overlap": (lambda: every_weekday("UTC", (540, 720), (700, 800)), "Monday"),
    "a zone that there is not": (lambda: every_weekday("Mars/Olympus", (540, 720)), "zone"),
    "an abbreviation for a zone": (lambda: every_weekday("CEST", (540, 720)), "zone"),
    "a path for a zone": (lambda: every_weekday("../../etc/passwd", (540, 720)), "zone"),
    "no zone": (lambda: every_weekday("", (540, 720)), "zone"),
}


@pytest.mark.parametrize(("make", "named"), BAD_HOURS.values(), ids=BAD_HOURS)
def test_hours_that_make_no_sense_are_never_made(make: Callable[[], object], named: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert named in caught.value.message


REFUSED: dict[str, tuple[Callable[[World, str], object], str]] = {
    "an absence that ends before it starts": (lambda w, h: add_time_off(w.hub, w.business, h, 60, 0), "time_off.end"),
    "an absence without length": (lambda w, h: add_time_off(w.hub, w.business, h, 60, 60), "time_off.end"),
    "an absence beyond all calendars": (lambda w, h: add_time_off(w.hub, w.business, h, 0, 2**70), "time_off"),
    "an absence before all calendars": (lambda w, h: add_time_off(w.hub, w.business, h, -1, 60), "time_off"),
    "a day with windows that overlap": (
        lambda w, h: set_override(w.hub, w.business, h, MONDAY_DATE, [(0, 60), (30, 90)]),
        "hours",
    ),
    "a day with a window beyond it": (
        lambda w, h: set_override(w.hub, w.business, h, MONDAY_DATE, [(0, 1500)]),
        "hours",
    ),
    "a holiday named twice": (
        lambda w, h: set_holidays(w.hub, w.business, [(MONDAY_DATE, "One"), (MONDAY_DATE, "Two")]),
        "holidays",
    ),
    "a holiday without a name": (lambda w, h: set_holidays(w.hub, w.business, [(MONDAY_DATE, "")]), "holiday.name"),
}


def test_what_breaks_a_rule_is_refused_under_its_name_and_nothing_is_different(world: World) -> None:
    ada = world.staff(connected=False)
    set_holidays(world.hub, world.business, [(date(2027, 12, 25), "Christmas")])
    set_override(world.hub, world.business, ada, MONDAY_DATE, [(540, 600)])
    for case, (call, field) in REFUSED.items():
        with nothing_changed(world.hub), pytest.raises(InputError) as caught:
            call(world, ada)
        assert caught.value.field == field, case
        assert TOO_LONG not in caught.value.message, case


def test_the_hours_and_holidays_of_another_business_stay_as_they_are(world: World, strangers: dict[str, str]) -> None:
    set_holidays(world.hub, strangers["ben"], [(MONDAY_DATE, "His own")])
    set_hours(world.hub, world.business, world.staff(connected=False), every_weekday("UTC", (0, 60)))
    set_holidays(world.hub, world.business, [])
    with world.hub.database.reading() as conn:
        for table, wanted in ((holder.Holiday, 1), (holder.WorkingHours, 5)):
            mine = table.business_id == strangers["ben"]
            assert len(conn.execute(select(table.__table__).where(mine)).all()) == wanted


def test_an_absence_has_an_id_and_may_overlap_another_one(world: World) -> None:
    ada = world.staff(connected=False)
    made = {add_time_off(world.hub, world.business, ada, MONDAY, MONDAY + hours * HOUR) for hours in (1, 2)}
    assert {row.id for row in rows(world, TimeOff)} == made
