"""Setting up: what breaks a rule is named and refused, and not one row is different afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from hub.actions.set_up import (
    add_resource,
    add_service,
    add_staff,
    add_time_off,
    create_business,
    every_weekday,
    set_holidays,
    set_hours,
    set_override,
)
from hub.core.errors import InputError, UnknownId
from hub.core.hours import DayWindow, WeeklyHours
from hub.core.service import Anchor, Service, StaffRule
from hub.store import holder, service
from hub.store.business import find_business
from hub.store.holder import DayOverride, Holder, Holiday, TimeOff, WorkingHours
from hub.store.service import ServiceHolder
from tests.tables import nothing_changed
from tests.world import DAY, HOUR, MINUTE, MONDAY, World

BERLIN = every_weekday("Europe/Berlin", (9 * 60, 17 * 60))
MONDAY_DATE = date(2027, 3, 15)
PLAIN = Service("new", 30 * MINUTE, 15 * MINUTE, 60 * DAY)
TOO_LONG = "x" * 201


def rows(world: World, table: Any) -> list[Any]:
    with world.hub.database.reading() as conn:
        return list(conn.execute(select(table.__table__).where(table.business_id == world.business)).all())


@pytest.fixture
def strangers(world: World) -> dict[str, str]:
    """What there is in another business, and ids that are nobody's."""
    ben = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    return {"ben": ben, "his": add_staff(world.hub, ben, "Ben", BERLIN), "nobody": "x" * 26}


# What is set up is what was said


def test_a_business_has_a_key_of_its_own_from_the_first_moment(world: World) -> None:
    with world.hub.database.reading() as conn:
        assert world.hub.keyring.business_key(conn, world.business).version == 1
        assert find_business(conn, world.business).name == "Ada's Practice"


def test_staff_have_their_hours_and_a_room_without_hours_is_always_open(world: World) -> None:
    split = WeeklyHours("America/New_York", (DayWindow(0, 540, 720), DayWindow(0, 780, 1440), DayWindow(1, 0, 60)))
    ada = add_staff(world.hub, world.business, "  Ada   Lovelace ", split)
    room = add_resource(world.hub, world.business, "Room 1")
    chair = add_resource(world.hub, world.business, "Chair", BERLIN)
    found = {row.id: row for row in rows(world, Holder)}
    assert (found[ada].name, found[ada].kind, found[ada].zone) == ("Ada Lovelace", "staff", "America/New_York")
    assert (found[room].kind, found[room].zone, found[room].always_open) == ("resource", "Europe/Berlin", True)
    assert not found[chair].always_open
    hours = sorted((row.weekday, row.starts, row.ends) for row in rows(world, WorkingHours) if row.holder_id == ada)
    assert hours == [(0, 540, 720), (0, 780, 1440), (1, 0, 60)]


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


def test_a_service_is_kept_with_every_rule_and_its_people_in_their_order(world: World) -> None:
    staff = [world.staff(connected=False) for _ in range(3)][::-1]
    rooms = [add_resource(world.hub, world.business, f"Room {n}") for n in range(3)]
    rules = Service(
        "ignored",
        duration=HOUR,
        step=5 * MINUTE,
        horizon=DAY,
        before=5 * MINUTE,
        after=10 * MINUTE,
        notice=HOUR,
        anchor=Anchor.GAP,
        staff_rule=StaffRule.ROUND_ROBIN,
        staff=tuple(staff),
        resources=((rooms[0], rooms[1]), (rooms[2],)),
    )
    service_id = add_service(world.hub, world.business, "Check-up", rules)
    (found,) = rows(world, service.Service)
    assert found.id == service_id != "ignored"
    for name in ("duration", "step", "horizon", "before", "after", "notice", "anchor", "staff_rule"):
        assert getattr(found, name) == getattr(rules, name)
    members = {(row.group_no, row.rank): row.holder_id for row in rows(world, ServiceHolder)}
    assert [members[0, rank] for rank in range(3)] == staff
    assert [members[1, 0], members[1, 1], members[2, 0]] == rooms


def test_a_resource_may_be_in_two_groups_of_a_service(world: World) -> None:
    room, spare = (add_resource(world.hub, world.business, name) for name in ("Room", "Spare"))
    groups = ((room, spare), (spare, room))
    rules = Service("new", HOUR, HOUR, DAY, staff=(world.staff(connected=False),), resources=groups)
    add_service(world.hub, world.business, "Check-up", rules)
    assert len(rows(world, ServiceHolder)) == 5


# What is refused

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
    "a business without a name": (lambda w, h: create_business(w.hub, " \n", "UTC"), "business.name"),
    "a business with a name too long": (lambda w, h: create_business(w.hub, TOO_LONG, "UTC"), "business.name"),
    "a business with a name of control characters": (
        lambda w, h: create_business(w.hub, "A\0", "UTC"),
        "business.name",
    ),
    "a business in no zone": (lambda w, h: create_business(w.hub, "Ada", "Mars/Olympus"), "zone"),
    "staff without a name": (lambda w, h: add_staff(w.hub, w.business, "", BERLIN), "staff.name"),
    "staff with a name too long": (lambda w, h: add_staff(w.hub, w.business, TOO_LONG, BERLIN), "staff.name"),
    "a room without a name": (lambda w, h: add_resource(w.hub, w.business, ""), "resource.name"),
    "a service without a name": (lambda w, h: add_service(w.hub, w.business, " ", PLAIN), "service.name"),
    "a service with a name that no database takes": (
        lambda w, h: add_service(w.hub, w.business, "A\ud800", PLAIN),
        "service.name",
    ),
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


@pytest.mark.parametrize(
    "rules",
    [
        {"duration": 31 * MINUTE},
        {"step": 0},
        {"horizon": 0},
        {"notice": -1},
        {"notice": 61 * DAY},
        {"after": 25 * HOUR},
        {"staff": ("a", "a")},
        {"resources": ((),)},
        {"resources": (("a", "a"),)},
        {"staff": ("a",), "resources": (("a",),)},
    ],
    ids=str,
)
def test_a_service_that_cannot_be_booked_is_never_made(rules: dict[str, Any]) -> None:
    given = {"id": "new", "duration": HOUR, "step": HOUR, "horizon": 60 * DAY} | rules
    with pytest.raises(InputError, match="service"):
        Service(**given)


def test_what_belongs_to_another_business_answers_as_what_is_not_there(world: World, strangers: dict[str, str]) -> None:
    ada = world.staff(connected=False)
    said: dict[str, set[str]] = {"his": set(), "nobody": set()}
    for whose, messages in said.items():
        calls: tuple[Callable[[str], object], ...] = (
            lambda one: set_hours(world.hub, world.business, one, BERLIN),
            lambda one: set_override(world.hub, world.business, one, MONDAY_DATE, []),
            lambda one: set_override(world.hub, world.business, one, MONDAY_DATE, None),
            lambda one: add_time_off(world.hub, world.business, one, MONDAY, MONDAY + HOUR),
            lambda one: add_service(world.hub, world.business, "X", Service("n", HOUR, HOUR, DAY, staff=(ada, one))),
            lambda one: add_service(
                world.hub, world.business, "X", Service("n", HOUR, HOUR, DAY, staff=(ada,), resources=((one,),))
            ),
        )
        for call in calls:
            with nothing_changed(world.hub), pytest.raises(UnknownId) as caught:
                call(strangers[whose])
            messages.add(caught.value.message.replace(strangers[whose], "…"))
    assert said["his"] == said["nobody"]
    assert len(said["his"]) == 1


def test_nothing_is_set_up_in_a_business_that_is_not_there(world: World) -> None:
    for call in (
        lambda: add_staff(world.hub, "x" * 26, "Ada", BERLIN),
        lambda: add_resource(world.hub, "x" * 26, "Room"),
        lambda: add_resource(world.hub, "x" * 26, "Room", BERLIN),
        lambda: add_service(world.hub, "x" * 26, "Check-up", PLAIN),
        lambda: set_holidays(world.hub, "x" * 26, []),
    ):
        with nothing_changed(world.hub), pytest.raises(UnknownId, match="no business"):
            call()


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
