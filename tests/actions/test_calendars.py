"""Choosing what the calendars of a connection stand for: all of it or nothing, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from hub.actions import calendars as room
from hub.actions.calendars import Choice, choices_version, choose_calendars, unchoose
from hub.actions.connect import list_calendars
from hub.actions.disconnect import disconnect
from hub.actions.holders import add_resource
from hub.actions.sync import sync_calendar
from hub.core.booking import CalendarState
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.purpose import Purpose
from hub.core.security import OPERATOR
from hub.plugin import CALENDAR_PURPOSES, Busy
from hub.store.calendar import BusyTime, Calendar
from hub.store.connection import Granted, add_connection, set_owner
from hub.store.ids import new_id
from hub.vault.names import name_account, seal_calendar
from tests.actions.test_book import booked, row, settle
from tests.tables import nothing_changed
from tests.world import HOUR, MONDAY, World, connection_named, consent_to, with_names

TEN = MONDAY + 2 * HOUR


def calendars_of(world: World, connection_id: str) -> list[Any]:
    with world.hub.database.reading() as conn:
        mine = Calendar.business_id == world.business, Calendar.connection_id == connection_id
        rows = conn.execute(select(Calendar.__table__).where(*mine)).all()
    return list(with_names(world.hub, rows))


def account(world: World, *names: str, owner: str = "") -> str:
    """Connect an account with these calendars, none of them chosen."""
    connection_id = new_id()
    with world.hub.database.writing() as conn:
        granted = Granted("all", (), sorted(CALENDAR_PURPOSES))
        add_connection(conn, world.business, connection_id, "fake", granted, world.clock())
        name_account(conn, world.hub.keyring, world.business, connection_id, names[0], {})
        consent_to(world.hub, conn, world.business, connection_id)
        if owner:
            set_owner(conn, world.business, connection_id, owner)
        for name in names[1:]:
            state = {"read_from": 0, "read_until": 0, "read_at": 0, "tried_at": 0, "problem": ""}
            ids = {"id": new_id(), "business_id": world.business, "connection_id": connection_id}
            values = seal_calendar(conn, world.hub.keyring, world.business, ids["id"], name, name)
            values |= {"zone": "UTC", "writable": True, "checked": False, "written": False}
            conn.execute(Calendar.__table__.insert().values(**ids, **values, **state))  # type: ignore[attr-defined]
    list_calendars(world.hub, world.business, connection_id)
    return connection_id


def chosen(world: World, connection_id: str) -> list[tuple[str, str | None, bool, bool]]:
    rows = calendars_of(world, connection_id)
    return [(one.name, one.holder_id, one.checked, one.written) for one in rows]


def busy_times(world: World) -> int:
    with world.hub.database.reading() as conn:
        return len(
            conn.execute(
                select(BusyTime.item)
                .where(BusyTime.business_id == world.business)
                .execution_options(purpose=Purpose.PROTECT)
            ).all()
        )


def test_several_calendars_are_chosen_at_once_for_several_people_and_the_rest_stays(world: World) -> None:
    ada, ben = world.staff(connected=False), world.staff(connected=False)
    connection_id = account(world, "a", "b", "c")
    a, b, _ = (one.id for one in calendars_of(world, connection_id))
    choose_calendars(world.hub, world.business, connection_id, {a: (ada, True, True), b: Choice(ben)})
    expected = [("a", ada, True, True), ("b", ben, True, False), ("c", None, False, False)]
    assert chosen(world, connection_id) == expected


def test_the_calendar_that_is_written_to_is_one_a_holder_over_all_connections(world: World) -> None:
    ada = world.staff()
    other = account(world, "new")
    (new,) = calendars_of(world, other)
    choose_calendars(world.hub, world.business, other, {new.id: (ada, True, True)})
    assert chosen(world, connection_named(world, ada)) == [(ada, ada, True, False)]
    assert chosen(world, other) == [("new", ada, True, True)]


def test_one_wrong_choice_among_good_ones_changes_nothing(world: World, strangers: dict[str, str]) -> None:
    ada = world.staff()
    connection_id, other = account(world, "a", "b"), account(world, "elsewhere")
    a, b = (one.id for one in calendars_of(world, connection_id))
    (elsewhere,) = (one.id for one in calendars_of(world, other))
    good = {a: (ada, True, True)}
    with world.hub.database.writing() as conn:
        conn.execute(
            Calendar.__table__.update()  # type: ignore[attr-defined]
            .where(Calendar.business_id == world.business, Calendar.id == b)
            .values(writable=False)
        )
    for wrong, error, match in (
        ({b: (ada, True, True)}, InputError, "read only"),
        ({b: (strangers["his"], True, False)}, UnknownId, "staff member or resource"),
        ({elsewhere: (ada, True, False)}, UnknownId, "calendar"),
        ({strangers["nobody"]: ("", False, False)}, UnknownId, "calendar"),
    ):
        with nothing_changed(world.hub), pytest.raises(error, match=match):
            choose_calendars(world.hub, world.business, connection_id, good | wrong)


def test_two_calendars_to_write_to_for_one_staff_member_are_refused(world: World) -> None:
    ada = world.staff(connected=False)
    connection_id = account(world, "a", "b")
    both = {one.id: (ada, True, True) for one in calendars_of(world, connection_id)}
    with nothing_changed(world.hub), pytest.raises(InputError, match="choose one of them"):
        choose_calendars(world.hub, world.business, connection_id, both)


def test_another_business_cannot_choose_and_learns_nothing(world: World, strangers: dict[str, str]) -> None:
    world.staff()
    connection_id = account(world, "a")
    (a,) = calendars_of(world, connection_id)
    with nothing_changed(world.hub):
        for business, connection, what in (
            (strangers["ben"], connection_id, "connection"),
            (world.business, strangers["nobody"], "connection"),
        ):
            with pytest.raises(UnknownId) as caught:
                choose_calendars(world.hub, business, connection, {a.id: (strangers["his"], True, False)})
            assert caught.value.kind == what
            with pytest.raises(UnknownId):
                unchoose(world.hub, business, connection, [a.id])


def test_a_staff_member_chooses_for_themself_and_in_their_own_account_alone(world: World) -> None:
    ada, ben = world.staff(connected=False), world.staff(connected=False)
    mine, businesss = account(world, "a", owner=ada), account(world, "b")
    (a,), (b,) = calendars_of(world, mine), calendars_of(world, businesss)
    with nothing_changed(world.hub):
        for connection, choices in ((businesss, {b.id: (ada, True, False)}), (mine, {a.id: (ben, True, False)})):
            with pytest.raises(UnknownId):
                choose_calendars(world.hub, world.business, connection, choices, holder_id=ada)
        with pytest.raises(UnknownId):
            unchoose(world.hub, world.business, businesss, [b.id], holder_id=ada)
    choose_calendars(world.hub, world.business, mine, {a.id: (ada, True, True)}, holder_id=ada)
    assert chosen(world, mine) == [("a", ada, True, True)]


def test_a_calendar_that_stands_for_nobody_any_more_is_forgotten_and_its_conflicts_end(world: World) -> None:
    ada = world.staff()
    done = booked(world, world.service(ada))
    settle(world)
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    connection_id = connection_named(world, ada)
    (calendar,) = calendars_of(world, connection_id)
    assert sync_calendar(world.hub, world.business, calendar.id)
    assert row(world, done.booking_id).calendar_state == CalendarState.CONFLICT
    unchoose(world.hub, world.business, connection_id, [calendar.id])
    (after,) = calendars_of(world, connection_id)
    assert (after.holder_id, after.checked, after.written, after.cursor, after.read_at) == (None, False, False, None, 0)
    assert busy_times(world) == 0
    assert row(world, done.booking_id).calendar_state == CalendarState.WRITTEN


def test_what_is_read_while_a_calendar_is_let_go_is_not_kept(world: World) -> None:
    """The provider was asked before, and answers after: the first look at a calendar, and a later one."""
    ada = world.staff()
    connection_id = connection_named(world, ada)
    (calendar,) = calendars_of(world, connection_id)
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    for _ in range(2):

        def let_go(hook: str) -> None:
            if hook == "hub_changes":
                unchoose(world.hub, world.business, connection_id, [calendar.id])

        world.calendars.fail = let_go
        assert not sync_calendar(world.hub, world.business, calendar.id)
        assert busy_times(world) == 0
        world.calendars.fail = lambda hook: None
        choose_calendars(world.hub, world.business, connection_id, {calendar.id: (ada, True, True)})
        assert sync_calendar(world.hub, world.business, calendar.id)
        assert busy_times(world) == 1


def test_the_calendars_of_a_connection_that_ended_are_not_chosen(world: World) -> None:
    ada = world.staff()
    connection_id = connection_named(world, ada)
    (calendar,) = calendars_of(world, connection_id)
    disconnect(world.hub, OPERATOR, world.business, connection_id)
    with nothing_changed(world.hub), pytest.raises(StateError, match="connect it again"):
        choose_calendars(world.hub, world.business, connection_id, {calendar.id: (ada, True, False)})


def test_a_calendar_that_goes_from_one_to_another_is_the_others_from_then_on(world: World) -> None:
    ada = world.staff()
    room = add_resource(world.hub, world.business, "Room 1")
    connection_id = connection_named(world, ada)
    (calendar,) = calendars_of(world, connection_id)
    choose_calendars(world.hub, world.business, connection_id, {calendar.id: (room, True, False)})
    assert chosen(world, connection_id) == [(ada, room, True, False)]


def test_only_so_many_calendars_are_checked_for_one_holder_over_all_accounts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_CALENDARS", 3)
    ada = world.staff(connected=False)
    first, second = account(world, "one", "a", "b"), account(world, "two", "c")
    choices = {one.id: Choice(ada) for one in calendars_of(world, first)}
    choose_calendars(world.hub, world.business, first, choices)
    more = {one.id: Choice(ada) for one in calendars_of(world, second)}
    with nothing_changed(world.hub), pytest.raises(InputError, match="3 calendars at most are checked"):
        choose_calendars(world.hub, world.business, second, more)
    unchoose(world.hub, world.business, first, list(choices)[:2])
    choose_calendars(world.hub, world.business, second, more)


def test_a_choice_is_made_of_what_was_looked_at_or_not_at_all(world: World) -> None:
    ada = world.staff(connected=False)
    connection = account(world, "one", "a")
    seen = choices_version(calendars_of(world, connection))
    one = calendars_of(world, connection)[0].id
    choose_calendars(world.hub, world.business, connection, {one: Choice(ada)}, version=seen)
    with nothing_changed(world.hub), pytest.raises(StateError, match="Somebody else") as caught:
        choose_calendars(world.hub, world.business, connection, {one: Choice("", checked=False)}, version=seen)
    assert caught.value.code == "changed"
    now = choices_version(calendars_of(world, connection))
    choose_calendars(world.hub, world.business, connection, {one: Choice("", checked=False)}, version=now)
