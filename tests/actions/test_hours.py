"""Hours: what breaks a rule is named and refused, and not one row is different afterwards."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import select

from hub.actions import hours
from hub.actions.holders import add_resource, add_staff
from hub.actions.hours import (
    add_time_off,
    day_version,
    every_weekday,
    list_holidays,
    list_overrides,
    list_time_off,
    remove_time_off,
    set_holidays,
    set_hours,
    set_override,
)
from hub.actions.offer import offer
from hub.core.calendar import Window
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.hours import DayWindow, Override, WeeklyHours
from hub.core.time_off import time_off_from_local
from hub.store import holder
from hub.store.holder import DayOverride, Holder, Holiday, TimeOff, WorkingHours
from tests.tables import nothing_changed, rows_of
from tests.world import DAY, HOUR, MONDAY, World

BERLIN = every_weekday("Europe/Berlin", (9 * 60, 17 * 60))
MONDAY_DATE = date(2027, 3, 15)
TOO_LONG = "x" * 201


def test_new_hours_replace_the_old_ones_and_end_being_always_open(world: World) -> None:
    room = add_resource(world.hub, world.business, "Room 1")
    set_hours(world.hub, world.business, room, BERLIN)
    set_hours(world.hub, world.business, room, every_weekday("UTC", (60, 120)))
    (found,) = [row for row in rows_of(world.hub, world.business, Holder) if row.id == room]
    assert (found.always_open, found.zone) == (False, "UTC")
    assert {(row.starts, row.ends) for row in rows_of(world.hub, world.business, WorkingHours)} == {(60, 120)}


def test_staff_without_any_hours_can_be_added_and_work_never(world: World) -> None:
    add_staff(world.hub, world.business, "Ada", WeeklyHours("Europe/Berlin"))
    assert rows_of(world.hub, world.business, WorkingHours) == []


def test_a_day_has_one_exception_the_last_one_and_can_be_as_usual_again(world: World) -> None:
    ada = world.staff(connected=False)
    for windows in ([(540, 600), (660, 720)], [], [(0, 1440)]):
        set_override(world.hub, world.business, ada, MONDAY_DATE, windows)
        (found,) = rows_of(world.hub, world.business, DayOverride)
        assert [tuple(window) for window in found.windows] == windows
    set_override(world.hub, world.business, ada, MONDAY_DATE, None)
    assert rows_of(world.hub, world.business, DayOverride) == []


def test_holidays_are_replaced_as_a_whole(world: World) -> None:
    set_holidays(world.hub, world.business, [(MONDAY_DATE, "One"), (date(2027, 12, 25), "Two")])
    set_holidays(world.hub, world.business, iter([(MONDAY_DATE, " Founders'  day ")]))
    assert [(row.day, row.name) for row in rows_of(world.hub, world.business, Holiday)] == [
        (MONDAY_DATE, "Founders' day")
    ]
    set_holidays(world.hub, world.business, [])
    assert rows_of(world.hub, world.business, Holiday) == []


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
    assert {row.id for row in rows_of(world.hub, world.business, TimeOff)} == made


def test_two_who_change_one_week_are_told_and_the_second_changes_nothing(world: World) -> None:
    ada = world.staff(connected=False)
    assert set_hours(world.hub, world.business, ada, every_weekday("UTC", (60, 120)), version=1) == 2
    with nothing_changed(world.hub), pytest.raises(StateError) as caught:
        set_hours(world.hub, world.business, ada, BERLIN, version=1)
    assert caught.value.code == "changed"
    assert set_hours(world.hub, world.business, ada, BERLIN) == 3


def test_two_who_change_the_holidays_are_told_and_the_second_changes_nothing(world: World) -> None:
    assert set_holidays(world.hub, world.business, [(MONDAY_DATE, "One")], version=1) == 2
    with nothing_changed(world.hub), pytest.raises(StateError) as caught:
        set_holidays(world.hub, world.business, [], version=1)
    assert caught.value.code == "changed"
    assert list_holidays(world.hub, world.business) == (hours.Holiday(MONDAY_DATE, "One"),)
    assert list_holidays(world.hub, world.business, since=date(2027, 3, 16)) == ()


def test_overrides_are_listed_in_order_from_a_day_on(world: World) -> None:
    ada, ben = world.staff(connected=False), world.staff(connected=False)
    for day in (17, 15, 16):
        set_override(world.hub, world.business, ada, date(2027, 3, day), [(540, 600)] if day > 15 else [])
    set_override(world.hub, world.business, ben, MONDAY_DATE, [])
    assert list_overrides(world.hub, world.business, ada, since=date(2027, 3, 16)) == (
        Override(date(2027, 3, 16), ((540, 600),)),
        Override(date(2027, 3, 17), ((540, 600),)),
    )
    assert list_overrides(world.hub, world.business, ada)[0] == Override(MONDAY_DATE)


def test_one_day_set_by_many_at_once_is_set_once(world: World) -> None:
    ada = world.staff(connected=False)
    with ThreadPoolExecutor(6) as pool:
        spans = [(minute, minute + 60) for minute in range(0, 360, 60)]
        list(pool.map(lambda span: set_override(world.hub, world.business, ada, MONDAY_DATE, [span]), spans))
    (found,) = list_overrides(world.hub, world.business, ada)
    assert found.windows[0] in spans


def test_absences_are_listed_from_now_on_in_pages_and_can_be_taken_back(world: World) -> None:
    ada, ben = world.staff(connected=False), world.staff(connected=False)
    past = add_time_off(world.hub, world.business, ada, MONDAY - DAY, MONDAY)
    made = [add_time_off(world.hub, world.business, ada, MONDAY + n * HOUR, MONDAY + DAY) for n in (2, 1, 1, 3, 0)]
    add_time_off(world.hub, world.business, ben, MONDAY, MONDAY + DAY)
    seen, after = list[hours.TimeOff](), ""
    while not seen or after:
        page = list_time_off(world.hub, world.business, ada, since=MONDAY, after=after, limit=2)
        seen, after = [*seen, *page.items], page.next
    assert sorted(one.id for one in seen) == sorted(made)
    assert [one.start for one in seen] == sorted(one.start for one in seen)
    assert list_time_off(world.hub, world.business, ada).items[0] == hours.TimeOff(past, MONDAY - DAY, MONDAY)
    remove_time_off(world.hub, world.business, ada, past)
    assert past not in {one.id for one in list_time_off(world.hub, world.business, ada).items}
    for holder_id, one in ((ada, past), (ben, made[0]), (ada, "\0")):
        with nothing_changed(world.hub), pytest.raises(UnknownId, match="no absence"):
            remove_time_off(world.hub, world.business, holder_id, one)


def test_an_absence_written_in_local_time_is_away_for_the_whole_day(world: World) -> None:
    ada = world.staff()
    service = world.service(ada)
    window = Window(MONDAY - HOUR, MONDAY + 2 * DAY)
    assert offer(world.hub, world.business, service, window).starts[0] < MONDAY + DAY
    start, end = time_off_from_local("Europe/Berlin", MONDAY_DATE, 0, MONDAY_DATE, 1440)
    add_time_off(world.hub, world.business, ada, start, end)
    assert offer(world.hub, world.business, service, window).starts[0] == MONDAY + DAY + HOUR


def test_what_is_far_too_much_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many a door lets through: searches read all of them."""
    ada = world.staff(connected=False)
    minutes = [(2 * n, 2 * n + 1) for n in range(21)]
    week = WeeklyHours("UTC", tuple(DayWindow(day, start, end) for day in range(7) for start, end in minutes))
    monkeypatch.setattr(hours, "MOST_DAYS", 3)
    for n in range(3):
        set_override(world.hub, world.business, ada, date(2027, 1, 1 + n), [])
        add_time_off(world.hub, world.business, ada, MONDAY, MONDAY + 1 + n)
    set_override(world.hub, world.business, ada, date(2027, 1, 1), [(0, 60)])  # one that is there may be set anew
    calls: dict[str, Callable[[], object]] = {
        "hours": lambda: set_hours(world.hub, world.business, ada, week),
        "hours ": lambda: add_staff(world.hub, world.business, "Ada", week),
        "hours  ": lambda: add_resource(world.hub, world.business, "Room", week),
        "hours   ": lambda: set_override(world.hub, world.business, ada, MONDAY_DATE, minutes),
        "override": lambda: set_override(world.hub, world.business, ada, MONDAY_DATE, []),
        "time_off": lambda: add_time_off(world.hub, world.business, ada, MONDAY, MONDAY + DAY),
        "holidays": lambda: set_holidays(world.hub, world.business, [(date(2027, 1, 1 + n), "Day") for n in range(4)]),
    }
    for field, call in calls.items():
        with nothing_changed(world.hub), pytest.raises(InputError) as caught:
            call()
        assert caught.value.field == field.strip()


def test_a_day_is_set_on_what_was_looked_at_or_not_at_all(world: World) -> None:
    ada = world.staff(connected=False)
    usual = day_version(None)
    set_override(world.hub, world.business, ada, MONDAY_DATE, [(540, 600)], version=usual)
    set_override(world.hub, world.business, ada, MONDAY_DATE, [(540, 600)], version=usual)  # the same, sent twice
    with nothing_changed(world.hub), pytest.raises(StateError, match="Somebody else changed this day") as caught:
        set_override(world.hub, world.business, ada, MONDAY_DATE, [], version=usual)
    assert caught.value.code == "changed"
    (now,) = list_overrides(world.hub, world.business, ada)
    set_override(world.hub, world.business, ada, MONDAY_DATE, None, version=day_version(now))
    assert list_overrides(world.hub, world.business, ada) == ()
