"""A calendar that is let go is watched no more: here at once, then there; after a disconnect only here."""

from __future__ import annotations

from hub.actions.calendars import unchoose
from hub.actions.connect import choose_calendar
from hub.actions.connections import list_connections
from hub.actions.disconnect import disconnect
from hub.actions.residue import residue
from hub.core.errors import Refused
from hub.core.security import OPERATOR
from tests.pushing import announce, calendar_row, settle, states, watched, watches
from tests.world import DAY, MINUTE, World, down


def let_go(world: World) -> None:
    row = calendar_row(world)
    unchoose(world.hub, world.business, row.connection_id, [row.id])


def test_a_calendar_that_is_let_go_is_believed_no_more_and_its_watch_ended(world: World) -> None:
    ada = watched(world)
    let_go(world)
    announced = calendar_row(world).announced
    announce(world, ada)
    assert (states(world), calendar_row(world).announced) == (["ending"], announced)
    settle(world)
    assert (states(world), world.calendars.watches) == ([], {})


def test_one_that_is_gone_there_already_is_a_success(world: World) -> None:
    watched(world)
    world.calendars.watches.clear()
    let_go(world)
    settle(world)
    assert states(world) == []


def test_while_the_provider_is_down_it_is_tried_again_and_the_next_watch_does_not_wait(world: World) -> None:
    ada = watched(world)
    let_go(world)
    world.calendars.fail = down("hub_unwatch")
    choose_calendar(world.hub, world.business, calendar_row(world).id, ada, checked=True)
    settle(world)
    assert states(world) == ["ending", "live"]
    world.calendars.fail = lambda hook: None
    world.clock.now += MINUTE
    settle(world)
    assert (states(world), len(world.calendars.watches)) == (["live"], 1)


def test_what_the_provider_refuses_to_end_runs_out_by_itself(world: World) -> None:
    watched(world)
    let_go(world)
    world.calendars.fail = lambda hook: Refused("no")
    settle(world)
    assert states(world) == ["ended"]
    world.clock.now += DAY
    settle(world)
    assert states(world) == []


def test_a_disconnect_ends_the_watches_at_once_and_calls_nobody(world: World) -> None:
    """The provider may go on sending: that stands in the list of what stays, until when it runs out there."""
    ada = watched(world)
    (one,) = list_connections(world.hub, world.business)
    until = watches(world)[0].until
    before = residue(world.hub, world.business, one.id)
    disconnect(world.hub, OPERATOR, world.business, one.id)
    settle(world)
    assert (states(world), calendar_row(world).pushed_until) == (["ended"], 0)
    assert "hub_unwatch" not in world.calendars.calls
    after = residue(world.hub, world.business, one.id)
    assert [(kept.count, kept.until) for kept in after if kept.what == "watches"] == [(1, until)]
    assert {kept for kept in before if kept.what == "watches"} <= set(after)
    announced = calendar_row(world).announced
    announce(world, ada)
    assert calendar_row(world).announced == announced
    world.clock.now = until
    settle(world)
    assert "watches" not in {kept.what for kept in residue(world.hub, world.business, one.id)}
