"""The clock as a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from rq import Queue

from hub.jobs.queue import length
from hub.parts import Hub
from tests.crash.outbox import add
from tests.jobs.conftest import Start

Eventually = Callable[..., None]


def ticks(hub: Hub) -> list[int]:
    file = hub.settings.data_dir / "ticks.txt"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def test_it_relays_and_keeps_the_schedule_whatever_one_task_does(
    hub: Hub, queue: Queue, start: Start, eventually: Eventually
) -> None:
    clock = start("clock")
    add(hub, "safe")
    eventually(lambda: length(queue) == 1)
    eventually(lambda: len(ticks(hub)) >= 2)
    assert set(ticks(hub)) == {clock.pid}


@pytest.mark.crash
def test_a_second_clock_waits_and_takes_over_from_one_that_was_killed(
    hub: Hub, queue: Queue, start: Start, eventually: Eventually
) -> None:
    first = start("clock")
    eventually(lambda: bool(ticks(hub)))
    second = start("clock")
    time.sleep(1.5)
    assert second.pid not in ticks(hub)
    first.kill()
    add(hub, "safe")
    eventually(lambda: second.pid in ticks(hub), 20)
    eventually(lambda: length(queue) == 1)


def test_a_clock_that_is_asked_to_stop_does_so_at_once_and_hands_over_at_once(
    hub: Hub, queue: Queue, start: Start, eventually: Eventually
) -> None:
    first = start("clock")
    eventually(lambda: bool(ticks(hub)))
    second = start("clock")
    began = time.monotonic()
    first.terminate()
    assert first.wait(5) == 0
    assert time.monotonic() - began < 4  # one of its tasks hangs, and gets two seconds
    eventually(lambda: second.pid in ticks(hub), 4)


def test_it_goes_on_without_a_queue(hub: Hub, start: Start, eventually: Eventually) -> None:
    add(hub, "safe")
    clock = start("clock", HUB_QUEUE_URL=f"unix://{hub.settings.data_dir}/nobody.sock")
    eventually(lambda: len(ticks(hub)) >= 3)
    assert clock.poll() is None
