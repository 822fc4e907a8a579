"""A process that opens a watch is killed at every point: in the end one is open, and no other is believed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hub.actions.announced import take_notices
from hub.actions.effects import EFFECTS
from hub.registry import Registry
from hub.store.crash import CrashPoint
from tests.crash.harness import recover, run_until_killed
from tests.crash.watching import lasting
from tests.pushing import PUBLIC, calendar_row, reachable, watches
from tests.world import World

pytestmark = pytest.mark.crash

MADE = {CrashPoint.WATCH_BEFORE_CALL: 1, CrashPoint.WATCH_AFTER_CALL: 2, CrashPoint.EFFECT_PERFORMED: 1}
"""At which point how many channels the provider has in the end: one of which nobody knew is made a second time."""


@pytest.mark.parametrize("point", MADE)
def test_a_watch_whose_opening_was_killed_is_opened_once_more_and_one_is_believed(
    world: World, database_url: str, tmp_path: Path, point: CrashPoint
) -> None:
    reachable(world)
    ada = world.staff()
    environment = {"HUB_PUBLIC_URL": PUBLIC}
    module = "tests.crash.watching"
    run_until_killed(
        "open", point, data_dir=tmp_path, database_url=database_url, module=module, environment=environment
    )
    calendars = lasting(tmp_path)
    hub = replace(world.hub, registry=Registry([calendars.candidate()]))
    assert recover(hub, EFFECTS) == []
    live = [one for one in watches(world) if one.state == "live"]
    assert (len(live), len(calendars.watches)) == (1, MADE[point])
    assert live[0].ref in calendars.watches
    assert calendar_row(world).known == calendar_row(world).announced == 1
    for channel, notice in calendars.notices(ada):
        take_notices(world.hub, "fake", channel, [notice])
        assert (calendar_row(world).announced == 2) == (channel == live[0].id)
        recover(hub, EFFECTS)
