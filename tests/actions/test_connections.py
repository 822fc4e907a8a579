"""What people see of connections: how they are, why, and how old what the hub knows is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event

from hub.actions.calendars import choose_calendars
from hub.actions.connections import get_connection, list_connections, try_connection
from hub.actions.disconnect import disconnect
from hub.actions.poll import poll_calendars
from hub.actions.sync import sync_calendar
from hub.core.errors import NeedsReconnect, UnknownId
from hub.core.security import OPERATOR
from hub.core.trouble import sentence
from hub.registry import Registry
from hub.store.connection import set_user
from tests.actions.test_calendars import account, calendars_of
from tests.post import settle
from tests.tables import nothing_changed
from tests.world import MONDAY, World, connection_named, down


def queries(world: World) -> list[str]:
    """Collect the statements that are sent from now on."""
    sent: list[str] = []
    event.listen(world.hub.database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    return sent


def test_a_connection_shows_what_it_is_whose_it_is_and_what_its_calendars_stand_for(world: World) -> None:
    ada = world.staff(connected=False)
    connection_id = account(world, "a", "b", owner=ada)
    a, _ = calendars_of(world, connection_id)
    choose_calendars(world.hub, world.business, connection_id, {a.id: (ada, True, True)})
    (shown,) = list_connections(world.hub, world.business, ada)
    assert (shown.id, shown.provider, shown.title, shown.level_title) == (connection_id, "fake", "Fake", "All")
    assert (shown.account_name, shown.health, shown.sentence, shown.keeps) == ("a", "ok", "", "nothing")
    assert (shown.holder_id, shown.holder, shown.made_at) == (ada, "Staff 1", MONDAY)
    assert (shown.looked_at, shown.age, shown.revoking, shown.broken) == (None, None, False, "")
    assert [(one.name, one.holder, one.checked, one.written, one.looked_at) for one in shown.calendars] == [
        ("a", "Staff 1", True, True, None),
        ("b", "", False, False, None),
    ]
    assert get_connection(world.hub, world.business, connection_id, holder_id=ada) == shown


def test_names_of_accounts_and_calendars_are_masked_but_for_who_connected_them(world: World) -> None:
    ada, hub = world.staff(connected=False), world.hub
    hers, ours = account(world, "ada@gmail.com", "Secret club", owner=ada), account(world, "team@example.com")
    with hub.database.writing() as conn:
        set_user(conn, world.business, ours, "u")
        set_user(conn, world.business, hers, "u")
    for user_id in ("", "v", "u"):
        shown = {one.id: one for one in list_connections(hub, world.business, user_id=user_id)}
        assert (shown[hers].masked, shown[hers].account_name) == (True, "a•••@g•••")
        assert [one.name for one in shown[hers].calendars] == ["Calendar 1", "Calendar 2"]
        assert shown[ours].masked is (user_id != "u")
        assert shown[ours].account_name == ("team@example.com" if user_id == "u" else "t•••@e•••")
        assert "gmail" not in repr(shown)
        assert "club" not in repr(shown)
    (own,) = list_connections(hub, world.business, ada)
    assert (own.masked, own.account_name) == (False, "ada@gmail.com")
    assert [one.name for one in own.calendars] == ["Secret club", "ada@gmail.com"]


def test_it_tells_the_last_look_and_the_age_of_the_oldest_data(world: World) -> None:
    ada, ben = world.staff(connected=False), world.staff(connected=False)
    connection_id = account(world, "a", "b", "c")
    a, b, _ = calendars_of(world, connection_id)
    choose_calendars(world.hub, world.business, connection_id, {a.id: (ada, True, False), b.id: (ben, True, False)})
    sync_calendar(world.hub, world.business, a.id)
    world.clock.now += 60
    sync_calendar(world.hub, world.business, b.id)
    world.clock.now += 5
    shown = get_connection(world.hub, world.business, connection_id)
    assert (shown.looked_at, shown.age) == (MONDAY + 60, 65)
    assert {one.age for one in shown.calendars} == {65, 5, None}


def test_what_is_wrong_is_said_in_a_sentence(world: World) -> None:
    ada = world.staff()
    connection_id = connection_named(world, ada)
    world.calendars.fail = down()
    sync_calendar(world.hub, world.business, calendars_of(world, connection_id)[0].id)
    shown = get_connection(world.hub, world.business, connection_id)
    assert (shown.health, shown.reason, shown.sentence) == ("failing", "unreachable", sentence("unreachable"))
    assert shown.calendars[0].sentence == sentence("unreachable")


def test_a_connection_whose_plugin_is_gone_is_listed_with_the_reason(world: World) -> None:
    world.staff()
    without = replace(world.hub, registry=Registry([world.calendars.candidate()], off=["fake"]))
    (shown,) = list_connections(without, world.business)
    assert shown.title == "fake"
    assert "off" in shown.broken
    assert (shown.level_title, shown.keeps) == ("all", "")


def test_a_disconnected_one_is_listed_as_such(world: World) -> None:
    connection_id = connection_named(world, world.staff())
    disconnect(world.hub, OPERATOR, world.business, connection_id)
    (shown,) = list_connections(world.hub, world.business)
    assert (shown.health, shown.sentence, shown.revoking) == ("disconnected", "It was disconnected.", False)
    assert (shown.looked_at, shown.age) == (None, None)


def test_a_staff_member_sees_their_own_alone(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    mine = account(world, "mine", owner=ada)
    assert [one.id for one in list_connections(world.hub, world.business, ada)] == [mine]
    assert list_connections(world.hub, world.business, ben) == ()
    for other in (connection_named(world, ada), mine):
        for action in (get_connection, try_connection):
            with nothing_changed(world.hub), pytest.raises(UnknownId):
                action(world.hub, world.business, other, holder_id=ben)


def test_the_connections_of_another_business_are_unknown(world: World, strangers: dict[str, str]) -> None:
    connection_id = connection_named(world, world.staff())
    assert list_connections(world.hub, strangers["ben"]) == ()
    asked = len(world.calendars.calls)
    with nothing_changed(world.hub):
        with pytest.raises(UnknownId):
            list_connections(world.hub, strangers["nobody"])
        for business, connection in ((strangers["ben"], connection_id), (world.business, strangers["nobody"])):
            for action in (get_connection, try_connection):
                with pytest.raises(UnknownId, match=f"no connection '{connection}' in this business"):
                    action(world.hub, business, connection)
    assert len(world.calendars.calls) == asked


def test_a_test_asks_now_and_what_it_finds_is_the_health(world: World) -> None:
    connection_id = connection_named(world, world.staff())
    tested = try_connection(world.hub, world.business, connection_id)
    assert (tested.ok, tested.sentence, tested.calendars) == (True, "It works: the account shows 1 calendar.", 1)
    for error, health, reason in (
        (down()("hub_list_calendars"), "failing", "unreachable"),
        (None, "ok", ""),
        (NeedsReconnect("401"), "needs_reconnect", "needs_reconnect"),
    ):
        world.calendars.fail = lambda hook, error=error: error  # type: ignore[misc]
        tested = try_connection(world.hub, world.business, connection_id)
        assert (tested.ok, tested.reason) == (error is None, reason)
        assert tested.sentence == (sentence(reason) or "It works: the account shows 1 calendar.")
        assert get_connection(world.hub, world.business, connection_id).health == health


def test_an_account_that_is_to_be_connected_again_is_so_also_when_it_still_answers(world: World) -> None:
    """A token may outlive the permission that it was made of."""
    connection_id = connection_named(world, world.staff())
    world.calendars.fail = lambda hook: NeedsReconnect("over", code="revoked")
    try_connection(world.hub, world.business, connection_id)
    world.calendars.fail = lambda hook: None
    tested = try_connection(world.hub, world.business, connection_id)
    assert (tested.ok, tested.reason, tested.sentence) == (False, "revoked", sentence("revoked"))
    assert get_connection(world.hub, world.business, connection_id).health == "needs_reconnect"


def test_a_password_that_is_taken_again_ends_it_once_all_calendars_were_looked_at(world: World) -> None:
    """A server that answers 401 for a while must not need somebody who types the password once more."""
    connection_id = connection_named(world, world.staff())
    world.calendars.fail = lambda hook: NeedsReconnect("401")
    world.clock.now += 600
    poll_calendars(world.hub)
    settle(world)
    assert get_connection(world.hub, world.business, connection_id).health == "needs_reconnect"
    world.calendars.fail = lambda hook: None
    world.clock.now += 600
    assert poll_calendars(world.hub) == 0  # a server locks accounts that are tried too often
    assert try_connection(world.hub, world.business, connection_id).ok
    assert poll_calendars(world.hub) == 1
    settle(world)
    assert get_connection(world.hub, world.business, connection_id).health == "ok"


def test_a_password_that_was_not_taken_is_tried_once_an_hour(world: World) -> None:
    connection_id = connection_named(world, world.staff())
    world.calendars.fail = lambda hook: NeedsReconnect("401")
    world.clock.now += 600
    poll_calendars(world.hub)
    settle(world)
    world.calendars.fail = lambda hook: None
    world.clock.now += 3700
    poll_calendars(world.hub)
    settle(world)
    assert get_connection(world.hub, world.business, connection_id).health == "ok"


def test_testing_a_disconnected_account_asks_nobody_and_leaves_it_so(world: World) -> None:
    connection_id = connection_named(world, world.staff())
    disconnect(world.hub, OPERATOR, world.business, connection_id)
    asked = len(world.calendars.calls)
    with nothing_changed(world.hub, but=("call_refusal",)):
        tested = try_connection(world.hub, world.business, connection_id)
    assert (tested.ok, tested.sentence) == (False, "It was disconnected.")
    assert len(world.calendars.calls) == asked


def test_the_number_of_queries_does_not_grow_with_the_connections(world: World) -> None:
    world.staff()
    sent = queries(world)
    list_connections(world.hub, world.business)
    few = len(sent)
    for _ in range(5):
        world.staff()
    sent.clear()
    assert len(list_connections(world.hub, world.business)) == 6
    assert len(sent) == few
