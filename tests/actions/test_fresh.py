"""Fresh or withheld: what is known of a calendar is offered from only while it is true, and nobody waits for long."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from hub.actions.fresh import is_fresh, is_worth_reading, reasons_against, refresh
from hub.actions.offer import explain_start, offer
from hub.core.calendar import Window
from hub.core.reason import Reason
from hub.plugin import Refused, Retry
from hub.store.calendar import Calendar
from tests.world import DAY, HOUR, MONDAY, World

TEN = MONDAY + 2 * HOUR
TODAY = Window(MONDAY, MONDAY + DAY)


def row(world: World, **changes: Any) -> Any:
    """The row of the only calendar, after these changes to it."""
    mine = Calendar.business_id == world.business
    with world.hub.database.writing() as conn:
        if changes:
            conn.execute(update(Calendar).where(mine).values(**changes))
        return conn.execute(select(Calendar.__table__).where(mine)).one()


def test_a_calendar_is_fresh_while_it_was_read_lately_without_a_problem_and_far_enough(world: World) -> None:
    world.staff()
    now, age = world.clock.now, world.hub.settings.calendar_max_age
    good = {"read_at": now, "read_until": TEN, "problem": ""}
    for changes, fresh in (
        ({}, True),
        ({"read_at": now - age}, True),
        ({"read_at": now - age - 1}, False),
        ({"read_until": TEN - 1}, False),
        ({"problem": "unreachable"}, False),
    ):
        assert is_fresh(world.hub, row(world, **good | changes), TEN, now) is fresh, changes


def test_one_that_failed_a_moment_ago_is_left_alone_for_a_while(world: World) -> None:
    world.staff()
    now = world.clock.now
    failed = row(world, problem="unreachable", tried_at=now)
    assert not is_worth_reading(world.hub, failed, TEN, now + 14)
    assert is_worth_reading(world.hub, failed, TEN, now + 15)
    waited = row(world, problem="", read_at=now - 400, tried_at=now)  # there were too many calls
    assert not is_worth_reading(world.hub, waited, TEN, now + 14)
    assert is_worth_reading(world.hub, row(world, read_at=0, tried_at=0), TEN, now)


def test_one_whose_provider_tells_of_changes_is_fresh_for_longer_but_not_before_what_was_told_is_read(
    world: World,
) -> None:
    world.staff()
    now, age = world.clock.now, world.hub.settings.push_max_age
    good = {"read_at": now - age, "read_until": TEN, "problem": "", "pushed_until": now + 1, "announced": 3, "known": 3}
    for changes, fresh in (
        ({}, True),
        ({"read_at": now - age - 1}, False),
        ({"pushed_until": now}, False),
        ({"announced": 4}, False),
        ({"announced": 4, "read_at": now}, False),
        ({"problem": "unreachable"}, False),
    ):
        assert is_fresh(world.hub, row(world, **good | changes), TEN, now) is fresh, changes


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        ("", Reason.CALENDAR_STALE),
        ("unreachable", Reason.CALENDAR_UNREACHABLE),
        ("needs_reconnect", Reason.CALENDAR_UNREACHABLE),
        ("plugin_error", Reason.CALENDAR_UNREADABLE),
        ("too_large", Reason.CALENDAR_UNREADABLE),
        ("a word that is new", Reason.CALENDAR_UNREACHABLE),
    ],
)
def test_each_problem_is_a_reason_why_nothing_is_offered(world: World, problem: str, reason: Reason) -> None:
    ada = world.staff()
    assert reasons_against(world.hub, [row(world, problem=problem, read_at=0)], TEN, world.clock.now) == {ada: reason}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Retry("down", code="unreachable"), Reason.CALENDAR_UNREACHABLE),
        (Refused("too_large"), Reason.CALENDAR_UNREADABLE),
        (ZeroDivisionError(), Reason.CALENDAR_UNREADABLE),
    ],
)
def test_what_goes_wrong_in_a_search_is_the_reason_that_people_are_given(
    world: World, error: Exception, reason: Reason
) -> None:
    service = world.service(world.staff())
    world.calendars.fail = lambda hook: error
    assert offer(world.hub, world.business, service, TODAY).starts == []
    assert explain_start(world.hub, world.business, service, TEN).reasons == (reason,)


@pytest.mark.parametrize("nonsense", [None, (), {"items": ()}, "changes"], ids=str)
def test_a_plugin_that_answers_nonsense_withholds_its_times_and_the_search_goes_on(
    world: World, nonsense: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = world.service(world.staff(), world.staff(connected=False))
    monkeypatch.setattr(world.hub.registry, "ask", lambda *given, **more: nonsense)
    assert len(offer(world.hub, world.business, service, TODAY).starts) > 0
    assert row(world).problem == "plugin_error"


def test_a_search_waits_for_a_slow_calendar_no_longer_than_its_budget(world: World) -> None:
    world.staff()
    go_on = threading.Event()

    def wait(hook: str) -> None:
        go_on.wait(20)

    world.calendars.fail = wait  # type: ignore[assignment]
    hasty = replace(world.hub, settings=world.hub.settings.model_copy(update={"refresh_budget": 0.2}))
    began = time.monotonic()
    refresh(hasty, world.business, [row(world)], TEN)
    assert time.monotonic() - began < 3
    assert row(world).read_at == 0
    go_on.set()
    deadline = time.monotonic() + 10
    while row(world).read_at != world.clock.now:  # it goes on, and helps the next search
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_calendar_that_only_its_owner_can_mend_is_not_asked_for_by_searches(world: World) -> None:
    world.staff()
    lost = row(world, problem="revoked", read_at=0, tried_at=0)
    assert not is_worth_reading(world.hub, lost, TEN, world.clock.now)
    assert not is_fresh(world.hub, row(world, problem="revoked"), TEN, world.clock.now)
