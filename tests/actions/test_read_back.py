"""Reading events back where no look shows them: often enough, not too often, and with the same rules."""

from __future__ import annotations

from typing import Any

import pytest

from hub.actions.effects import EFFECTS
from hub.actions.read_back import SOON, read_back_events
from hub.core.booking import State
from hub.jobs.perform import drain
from hub.plugin import Busy
from tests.actions.test_book import row
from tests.actions.test_outside_look import changes, look, move, remove, times
from tests.post import booked
from tests.world import DAY, HOUR, MINUTE, MONDAY, Calendars, World

TEN = MONDAY + 2 * HOUR


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the provider tell busy times and nothing else, as one that shares free and busy alone."""

    def all_times(self: Calendars, ref: str) -> list[Busy]:
        own = [Busy(event.start, event.end) for event in self.events[ref].values()]
        return [*self.busy[ref], *own]

    monkeypatch.setattr(Calendars, "all", all_times)


def written(world: World, start: int) -> tuple[str, str]:
    ada = world.staff()
    booking = booked(world, world.service(ada), start)
    drain(world.hub, EFFECTS)
    look(world)
    return ada, booking


def read_back(world: World, seconds: int) -> int:
    world.clock.now += seconds
    count = read_back_events(world.hub)
    for _ in range(2):
        drain(world.hub, EFFECTS)
        world.clock.now += MINUTE
    return count


def test_an_event_that_no_look_shows_is_read_once_a_day(world: World, nameless: Any) -> None:
    written(world, TEN + 7 * DAY)
    assert read_back(world, DAY - HOUR) == 0
    assert read_back(world, HOUR) == 1
    assert read_back(world, HOUR) == 0
    assert read_back(world, DAY) == 1


def test_one_that_begins_soon_is_read_more_often(world: World, nameless: Any) -> None:
    written(world, TEN + DAY)
    assert read_back(world, SOON) == 1
    assert read_back(world, SOON) == 1


def test_what_a_look_shows_is_not_read_by_itself(world: World) -> None:
    written(world, TEN + 7 * DAY)
    assert read_back(world, 2 * DAY) == 0


def test_an_event_that_was_deleted_is_found_by_it_and_looked_at_twice(world: World, nameless: Any) -> None:
    ada, booking = written(world, TEN + 7 * DAY)
    remove(world, ada)
    read_back(world, DAY)
    assert (row(world, booking).state, changes(world)) == (State.CANCELLED, ["cancelled"])


def test_an_event_that_was_moved_is_followed_though_it_shows_as_a_busy_time_without_a_name(
    world: World, nameless: Any
) -> None:
    ada, booking = written(world, TEN + 7 * DAY)
    move(world, ada, HOUR)
    read_back(world, DAY)
    assert (times(world, booking)[0], changes(world)) == (TEN + 7 * DAY + HOUR, ["followed"])
