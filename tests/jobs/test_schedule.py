from __future__ import annotations

from typing import Any, cast

import pytest

from hub.core.errors import HubError
from hub.jobs.schedule import Periodic, Schedule
from hub.parts import Hub
from tests.jobs.conftest import Clock


@pytest.fixture
def hub(clock: Clock) -> Hub:
    """A hub of which a schedule uses only the clock."""
    nothing = cast(Any, None)
    return Hub(nothing, nothing, nothing, nothing, nothing, nothing, clock)


def test_a_task_runs_at_once_and_then_in_its_own_time(hub: Hub, clock: Clock) -> None:
    ran = []
    schedule = Schedule(hub, [Periodic("sweep", 10, lambda hub: ran.append(clock.now))])
    began = clock.now
    for _ in range(31):
        schedule.run_due()
        clock.now += 1
    assert ran == [began, began + 10, began + 20, began + 30]


def test_a_failing_task_is_logged_without_its_message_and_the_others_run(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    ran = []

    def stumble(hub: Hub) -> None:
        raise KeyError("+49 151 23456789")

    tasks = [Periodic("stumble", 10, stumble), Periodic("sweep", 10, lambda hub: ran.append(1))]
    assert Schedule(hub, tasks).run_due() == 2
    assert ran == [1]
    assert "task stumble: KeyError" in caplog.text
    assert "23456789" not in caplog.text


def test_a_failing_task_runs_again_in_its_time_and_not_at_once(hub: Hub, clock: Clock) -> None:
    ran = []

    def stumble(hub: Hub) -> None:
        ran.append(clock.now)
        raise KeyError

    schedule = Schedule(hub, [Periodic("stumble", 10, stumble)])
    for _ in range(11):
        schedule.run_due()
        clock.now += 1
    assert len(ran) == 2


def test_no_further_task_begins_when_it_shall_not_go_on(hub: Hub) -> None:
    ran: list[str] = []
    tasks = [Periodic(name, 10, lambda hub, name=name: ran.append(name)) for name in "abc"]
    schedule = Schedule(hub, tasks)
    assert schedule.run_due(lambda: not ran) == 1
    assert ran == ["a"]


def test_a_task_without_a_pause_is_refused(hub: Hub) -> None:
    with pytest.raises(HubError, match="at least a second"):
        Periodic("busy", 0, lambda hub: None)
