"""Staff and resources: what is set up is what was said, and only in one's own business."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from hub.actions.holders import add_resource, add_staff
from hub.actions.hours import add_time_off, every_weekday, set_holidays, set_hours, set_override
from hub.actions.services import add_service
from hub.core.errors import InputError, UnknownId
from hub.core.hours import DayWindow, WeeklyHours
from hub.core.service import Service
from hub.store.holder import Holder, WorkingHours
from tests.tables import nothing_changed
from tests.world import DAY, HOUR, MINUTE, MONDAY, World

BERLIN = every_weekday("Europe/Berlin", (9 * 60, 17 * 60))
MONDAY_DATE = date(2027, 3, 15)
PLAIN = Service("new", 30 * MINUTE, 15 * MINUTE, 60 * DAY)
TOO_LONG = "x" * 201


def rows(world: World, table: Any) -> list[Any]:
    with world.hub.database.reading() as conn:
        return list(conn.execute(select(table.__table__).where(table.business_id == world.business)).all())


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


REFUSED: dict[str, tuple[Callable[[World, str], object], str]] = {
    "staff without a name": (lambda w, h: add_staff(w.hub, w.business, "", BERLIN), "staff.name"),
    "staff with a name too long": (lambda w, h: add_staff(w.hub, w.business, TOO_LONG, BERLIN), "staff.name"),
    "a room without a name": (lambda w, h: add_resource(w.hub, w.business, ""), "resource.name"),
}


def test_what_breaks_a_rule_is_refused_under_its_name_and_nothing_is_different(world: World) -> None:
    ada = world.staff(connected=False)
    for case, (call, field) in REFUSED.items():
        with nothing_changed(world.hub), pytest.raises(InputError) as caught:
            call(world, ada)
        assert caught.value.field == field, case
        assert TOO_LONG not in caught.value.message, case


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
