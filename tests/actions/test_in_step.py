"""How a calendar is kept in step: told or asked, how often, for how long that counts, and why it is not told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event, update

from hub.actions.connections import list_connections
from hub.actions.disconnect import disconnect
from hub.actions.in_step import InStep, Way
from hub.actions.poll import poll_calendars
from hub.core.errors import NeedsReconnect, Refused
from hub.core.push import NoticeKind
from hub.core.security import OPERATOR
from hub.core.trouble import sentence
from hub.registry import Registry
from hub.store.connection import Connection
from tests.pushing import announce, reachable, settle, watched, watches
from tests.world import DAY, HOUR, MINUTE, World, down


def look(world: World) -> None:
    """Let the clock and the workers look at what is due."""
    poll_calendars(world.hub)
    settle(world)


def step(world: World) -> InStep:
    """Return how the one calendar of the world is kept in step."""
    (connection,) = list_connections(world.hub, world.business)
    (calendar,) = connection.calendars
    assert calendar.in_step is not None
    return calendar.in_step


def test_a_pushed_calendar_says_until_when_it_is_told_of(world: World) -> None:
    watched(world)
    until = watches(world)[0].until
    assert step(world) == InStep(Way.PUSHED, 15 * MINUTE, 20 * MINUTE, fresh=True, watch_until=until)
    world.clock.now += 20 * MINUTE + 1
    assert not step(world).fresh
    assert step(world).way is Way.PUSHED


def test_what_was_announced_and_not_read_does_not_count(world: World) -> None:
    ada = watched(world)
    announce(world, ada)
    assert not step(world).fresh
    world.clock.now += MINUTE
    settle(world)
    assert step(world).fresh


def test_a_polled_calendar_says_how_often_it_is_asked_and_for_how_long_that_counts(world: World) -> None:
    world.staff()
    look(world)
    found = step(world)
    assert (found.way, found.every, found.fresh_for, found.fresh) == (Way.POLLED, 150, 5 * MINUTE, True)
    world.clock.now += 5 * MINUTE + 1
    assert not step(world).fresh
    world.calendars.fail = down()
    look(world)
    assert (step(world).every, step(world).fresh) == (MINUTE, False)


def test_a_provider_that_could_tell_and_does_not_has_a_reason_and_no_blame(world: World) -> None:
    world.staff()
    reasons = [step(world).problem]
    reachable(world)
    reasons.append(step(world).problem)
    reachable(world, push=False)
    reasons.append(step(world).problem)
    assert reasons == ["no_address", "opening", "off"]
    assert not step(world).in_trouble


def test_a_provider_that_never_tells_needs_no_reason(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.staff()
    monkeypatch.setattr(world.hub.registry, "offers", lambda _provider, hook: hook != "hub_watch")
    found = step(world)
    assert (found.way, found.problem, found.sentence) == (Way.POLLED, "", "")


def test_a_watch_that_cannot_be_opened_says_why(world: World) -> None:
    world.calendars.fail = down("hub_watch")
    watched(world)
    found = step(world)
    assert (found.way, found.problem, found.in_trouble) == (Way.POLLED, "not_opened", True)
    assert found.sentence.endswith(sentence("unreachable"))


def test_a_provider_that_refuses_to_tell_is_said_to(world: World) -> None:
    world.calendars.fail = lambda hook: Refused("no") if hook == "hub_watch" else None
    watched(world)
    found = step(world)
    assert (found.way, found.problem, found.in_trouble) == (Way.POLLED, "refused", True)


def test_a_renewal_that_fails_is_told_while_the_watch_lives_and_after_it_ran_out(world: World) -> None:
    watched(world)
    world.calendars.fail = down("hub_watch")
    world.clock.now += DAY * 2 // 3
    settle(world)
    found = step(world)
    assert (found.way, found.problem, found.in_trouble) == (Way.PUSHED, "not_renewed", True)
    assert found.sentence.endswith(sentence("unreachable"))
    world.clock.now += DAY // 3
    found = step(world)
    assert (found.way, found.problem, found.watch_until) == (Way.POLLED, "lapsed", None)


def test_a_renewal_that_nobody_asked_for_in_time_is_told_as_well(world: World) -> None:
    """No clock runs: nothing was tried, so nothing has failed."""
    watched(world)
    world.clock.now = watches(world)[0].renew_at + 9 * MINUTE
    assert step(world).problem == ""
    world.clock.now += MINUTE
    assert step(world).problem == "not_renewed"


def test_a_watch_that_the_provider_ended_is_being_opened_again(world: World) -> None:
    ada = watched(world)
    announce(world, ada, NoticeKind.ENDED)
    found = step(world)
    assert (found.way, found.problem) == (Way.POLLED, "opening")


def test_an_account_that_only_its_owner_can_mend_is_not_asked_whatever_was_agreed(world: World) -> None:
    watched(world)
    world.calendars.fail = lambda hook: NeedsReconnect("no", code="revoked")
    world.clock.now += HOUR
    look(world)
    found = step(world)
    assert (found.way, found.every, found.fresh, found.watch_until) == (Way.PAUSED, None, False, None)


def test_one_whose_server_only_did_not_take_a_password_is_asked_once_an_hour(world: World) -> None:
    watched(world)
    with world.hub.database.writing() as conn:
        lost = {"health": "needs_reconnect", "health_reason": "needs_reconnect"}
        conn.execute(update(Connection).where(Connection.business_id == world.business).values(**lost))
    assert (step(world).way, step(world).every) == (Way.POLLED, HOUR)


def test_a_calendar_that_is_not_looked_at_is_kept_in_step_with_nothing(world: World) -> None:
    watched(world)
    without = replace(world.hub, registry=Registry([world.calendars.candidate()], off=["fake"]))
    (broken,) = list_connections(without, world.business)
    assert [one.in_step for one in broken.calendars] == [None]
    disconnect(world.hub, OPERATOR, world.business, broken.id)
    (ended,) = list_connections(world.hub, world.business)
    assert [one.in_step for one in ended.calendars] == [None]


def test_many_calendars_take_as_many_questions_as_one(world: World) -> None:
    sent: list[str] = []
    watched(world)
    event.listen(world.hub.database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    list_connections(world.hub, world.business)
    one = len(sent)
    for _ in range(3):
        world.staff()
    settle(world)
    sent.clear()
    list_connections(world.hub, world.business)
    assert len(sent) == one
