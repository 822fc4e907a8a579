"""Staff and resources: what is set up is what was said, and only in one's own business."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, update

from hub.actions.book import book
from hub.actions.hold import hold
from hub.actions.holders import HolderKind, add_resource, add_staff, change_holder, get_holder, list_holders
from hub.actions.hours import (
    add_time_off,
    every_weekday,
    list_overrides,
    list_time_off,
    remove_time_off,
    set_holidays,
    set_hours,
    set_override,
)
from hub.actions.offer import offer
from hub.actions.services import add_service
from hub.core.calendar import Window
from hub.core.errors import InputError, StateError, Tampered, UnknownId
from hub.core.hours import DayWindow, WeeklyHours
from hub.core.service import Service
from hub.store.holder import Holder, WorkingHours
from tests.tables import nothing_changed, rows_of
from tests.world import ADA, DAY, HOUR, MINUTE, MONDAY, World

BERLIN = every_weekday("Europe/Berlin", (9 * 60, 17 * 60))
MONDAY_DATE = date(2027, 3, 15)
PLAIN = Service("new", 30 * MINUTE, 15 * MINUTE, 60 * DAY)
TOO_LONG = "x" * 201


def test_staff_have_their_hours_and_a_room_without_hours_is_always_open(world: World) -> None:
    split = WeeklyHours("America/New_York", (DayWindow(0, 540, 720), DayWindow(0, 780, 1440), DayWindow(1, 0, 60)))
    ada = add_staff(world.hub, world.business, "  Ada   Lovelace ", split)
    room = add_resource(world.hub, world.business, "Room 1")
    chair = add_resource(world.hub, world.business, "Chair", BERLIN)
    found = {row.id: row for row in rows_of(world.hub, world.business, Holder)}
    assert (found[ada].name, found[ada].kind, found[ada].zone) == ("Ada Lovelace", "staff", "America/New_York")
    assert (found[room].kind, found[room].zone, found[room].always_open) == ("resource", "Europe/Berlin", True)
    assert not found[chair].always_open
    hours = sorted(
        (row.weekday, row.starts, row.ends)
        for row in rows_of(world.hub, world.business, WorkingHours)
        if row.holder_id == ada
    )
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


def listed(world: World, **options: Any) -> list[str]:
    return [one.name for one in list_holders(world.hub, world.business, **options).items]


def test_holders_are_listed_by_name_with_their_hours_and_kind(world: World, strangers: dict[str, str]) -> None:
    ada = add_staff(world.hub, world.business, "ada", BERLIN, email="Ada@Example.com")
    add_staff(world.hub, world.business, "Zoe", WeeklyHours("UTC"))
    room = add_resource(world.hub, world.business, "Room 1")
    assert listed(world) == ["ada", "Room 1", "Zoe"]
    assert listed(world, kind=HolderKind.STAFF) == ["ada", "Zoe"]
    assert listed(world, kind=HolderKind.RESOURCE, search="ROOM") == ["Room 1"]
    assert listed(world, search="ben") == []
    first = list_holders(world.hub, world.business).items[0]
    assert first == get_holder(world.hub, world.business, ada)
    assert (first.kind, first.zone, first.hours, first.active) == (HolderKind.STAFF, "Europe/Berlin", BERLIN, True)
    assert get_holder(world.hub, world.business, room).always_open


def test_an_e_mail_address_is_sealed_and_opened_only_where_it_is_asked_for(world: World) -> None:
    ada = add_staff(world.hub, world.business, "Ada", BERLIN, email=" Ada@Example.com ")
    assert b"example" not in rows_of(world.hub, world.business, Holder)[0].email
    shown = get_holder(world.hub, world.business, ada)
    assert (shown.email, shown.has_email) == ("", True)
    opened = get_holder(world.hub, world.business, ada, with_email=True)
    assert opened.email == "ada@example.com"
    assert "ada@example.com" not in repr(opened)
    (listed,) = list_holders(world.hub, world.business, with_email=True).items
    assert listed.email == "ada@example.com"
    with nothing_changed(world.hub):
        change_holder(world.hub, world.business, ada, 1, {"email": "ada@example.com"})
    change_holder(world.hub, world.business, ada, 1, {"email": ""})
    assert not get_holder(world.hub, world.business, ada, with_email=True).has_email


def test_an_address_moved_to_another_holder_does_not_open(world: World) -> None:
    ada, ben = (add_staff(world.hub, world.business, name, BERLIN, email=f"{name}@example.com") for name in ("a", "b"))
    with world.hub.database.writing() as conn:
        (sealed,) = [row.email for row in rows_of(world.hub, world.business, Holder) if row.id == ada]
        conn.execute(update(Holder).where(Holder.business_id == world.business, Holder.id == ben).values(email=sealed))
    with pytest.raises(Tampered):
        get_holder(world.hub, world.business, ben, with_email=True)


def test_a_holder_is_changed_as_it_was_said_and_counted(world: World) -> None:
    ada = add_staff(world.hub, world.business, "Ada", BERLIN)
    changes = {"name": " Ada  L. ", "zone": "America/New_York", "always_open": True, "email": "a@example.com"}
    found = change_holder(world.hub, world.business, ada, 1, changes)
    assert (found.name, found.zone, found.always_open, found.version) == ("Ada L.", "America/New_York", True, 2)
    assert found.hours.windows == BERLIN.windows
    with nothing_changed(world.hub), pytest.raises(StateError, match="changed this staff member") as caught:
        change_holder(world.hub, world.business, ada, 1, {"name": "Other"})
    assert caught.value.code == "changed"
    with nothing_changed(world.hub):
        assert change_holder(world.hub, world.business, ada, 1, changes).version == 2


def test_who_is_switched_off_is_offered_no_more_and_the_bookings_stay_and_are_counted(world: World) -> None:
    ada, room = world.staff(), add_resource(world.hub, world.business, "Room 1")
    service = world.service(ada, resources=((room,),))
    for start in (MONDAY + 2 * HOUR, MONDAY + DAY + 2 * HOUR):
        held = hold(world.hub, world.business, service, start, zone="UTC")
        book(world.hub, world.business, held.booking_id, ADA)
    hold(world.hub, world.business, service, MONDAY + 4 * HOUR, zone="UTC")  # a hold is no booking yet
    assert [one.coming_bookings for one in list_holders(world.hub, world.business).items] == [2, 2]
    world.clock.now = MONDAY + 3 * HOUR  # the first one is over
    found = change_holder(world.hub, world.business, ada, 1, {"active": False})
    assert (found.active, found.coming_bookings) == (False, 1)
    window = Window(world.clock.now, world.clock.now + 2 * DAY)
    assert not offer(world.hub, world.business, service, window).starts


REFUSED_CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": " "}, "staff.name"),
    "a name too long": ({"name": TOO_LONG}, "staff.name"),
    "no zone": ({"zone": "Mars/Olympus"}, "zone"),
    "no flag": ({"active": 0}, "staff.active"),
    "no address": ({"email": "ada"}, "email"),
    "an address with a second line": ({"email": "a@example.com\r\nBcc: b@example.com"}, "email"),
    "its business": ({"business_id": "x" * 26}, "staff.other"),
    "its kind": ({"kind": "resource"}, "staff.other"),
    "its hours": ({"hours": []}, "staff.other"),
}


@pytest.mark.parametrize(("changes", "field"), REFUSED_CHANGES.values(), ids=REFUSED_CHANGES)
def test_a_change_that_breaks_a_rule_is_refused_as_a_whole(world: World, changes: dict[str, Any], field: str) -> None:
    ada = add_staff(world.hub, world.business, "Ada", BERLIN)
    with nothing_changed(world.hub), pytest.raises(InputError) as caught:
        change_holder(world.hub, world.business, ada, 1, {"always_open": True, **changes})
    assert caught.value.field == field


def test_long_lists_come_in_pages_and_cost_the_same_queries(world: World) -> None:
    made = [add_staff(world.hub, world.business, "Ada", BERLIN, email="a@example.com") for _ in range(9)]
    sent = list[str]()
    event.listen(world.hub.database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    seen, after, counts = list[str](), "", list[int]()
    while not counts or after:
        sent.clear()
        page = list_holders(world.hub, world.business, after=after, limit=4)
        counts.append(len(sent))
        seen += [one.id for one in page.items]
        after = page.next
    assert (len(seen), set(seen), len(counts), len(set(counts))) == (9, set(made), 3, 1)


def test_the_holders_of_another_business_can_be_neither_read_nor_changed(
    world: World, strangers: dict[str, str]
) -> None:
    said: dict[str, set[str]] = {"his": set(), "nobody": set()}
    for whose, messages in said.items():
        calls: tuple[Callable[[str], object], ...] = (
            lambda one: get_holder(world.hub, world.business, one, with_email=True),
            lambda one: change_holder(world.hub, world.business, one, 1, {"name": "Mine"}),
            lambda one: list_overrides(world.hub, world.business, one),
            lambda one: list_time_off(world.hub, world.business, one),
            lambda one: remove_time_off(world.hub, world.business, one, "x" * 26),
            lambda one: set_hours(world.hub, world.business, one, BERLIN, version=1),
        )
        for call in calls:
            with nothing_changed(world.hub), pytest.raises(UnknownId) as caught:
                call(strangers[whose])
            messages.add(caught.value.message.replace(strangers[whose], "…"))
    assert said["his"] == said["nobody"]
    assert len(said["his"]) == 1


def test_ids_that_no_database_takes_are_unknown(world: World) -> None:
    for one in ("", "\0", "\ud800", "agency"):
        with pytest.raises(UnknownId):
            get_holder(world.hub, world.business, one)
        with pytest.raises(UnknownId):
            list_holders(world.hub, one)
