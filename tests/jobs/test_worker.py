"""The worker as a process of its own, on a real Valkey."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rq import Queue

from hub.jobs.perform import LEASE
from hub.jobs.queue import length
from hub.jobs.relay import Relay
from hub.parts import Hub
from hub.run.valkey import valkey_running
from hub.settings import load_settings
from hub.store.crash import CrashPoint
from hub.store.outbox import DONE, RUNNING, UNKNOWN, entries
from tests.crash.outbox import EFFECTS, SHIFT, add, happened
from tests.jobs.conftest import Clock, Start

Eventually = Callable[..., None]


def states(hub: Hub, state: str) -> list[str]:
    with hub.database.reading() as conn:
        return [entry.id for entry in entries(conn, (state,))]


def test_what_the_relay_hands_over_happens(hub: Hub, queue: Queue, start: Start, eventually: Eventually) -> None:
    start("worker")
    rows = [add(hub, "safe", key=str(n)) for n in range(8)]
    Relay(hub, EFFECTS, queue).tick()
    eventually(lambda: states(hub, DONE) == rows)
    assert sorted(happened(hub)) == rows


def test_two_workers_do_each_row_once(hub: Hub, queue: Queue, start: Start, eventually: Eventually) -> None:
    rows = [add(hub, "never", key=str(n)) for n in range(60)]
    relay = Relay(hub, EFFECTS, queue)
    start("worker")
    start("worker")

    def all_done() -> bool:
        relay.tick()  # a business has a few rows in hand at a time
        return states(hub, DONE) == rows

    eventually(all_done, 30)
    assert sorted(happened(hub)) == rows


def test_a_job_is_gone_from_the_queue_when_it_ended(
    hub: Hub, queue: Queue, start: Start, eventually: Eventually
) -> None:
    start("worker")
    add(hub, "safe")
    Relay(hub, EFFECTS, queue).tick()
    eventually(lambda: bool(states(hub, DONE)))
    eventually(lambda: not queue.connection.keys("rq:job:*"))
    assert queue.connection.llen(queue.intermediate_queue_key) == 0


def test_a_write_to_the_queue_is_not_the_execution_of_code(
    hub: Hub, queue: Queue, start: Start, eventually: Eventually, tmp_path: Path
) -> None:
    row = add(hub, "safe")
    for n, name in enumerate(("f" * 26 + "-0", "strange", f"{row}-0")):
        queue.enqueue_call("os.mkdir", args=[str(tmp_path / f"made{n}")], job_id=name, ttl=30)
    start("worker")
    eventually(lambda: length(queue) == 0 and states(hub, DONE) == [row])
    assert not list(tmp_path.glob("made*"))


def test_pickled_data_in_the_queue_is_not_read(
    hub: Hub, queue: Queue, start: Start, eventually: Eventually, tmp_path: Path
) -> None:
    # Protocol 0 of pickle: call os.mkdir when loaded.
    evil = f"cos\nmkdir\n(V{tmp_path / 'made'}\ntR.".encode()
    queue.enqueue_call("outbox", job_id="f" * 26 + "-0", ttl=30)
    queue.connection.hset("rq:job:" + "f" * 26 + "-0", mapping={"data": evil, "success_callback_name": "os.abort"})
    row = add(hub, "safe")
    Relay(hub, EFFECTS, queue).tick()
    start("worker")
    eventually(lambda: states(hub, DONE) == [row])
    assert not (tmp_path / "made").exists()


@pytest.mark.crash
@pytest.mark.parametrize("point", [CrashPoint.EFFECT_CLAIMED, CrashPoint.EFFECT_PERFORMED])
@pytest.mark.parametrize("kind", ["safe", "ask", "never"])
def test_a_worker_that_is_killed_leaves_its_row_to_the_next(
    hub: Hub, queue: Queue, clock: Clock, start: Start, eventually: Eventually, point: CrashPoint, kind: str
) -> None:
    row = add(hub, kind)
    relay = Relay(hub, EFFECTS, queue)
    relay.tick()
    dead = start("worker", wait=False, HUB_CRASH_AT=point)
    assert dead.wait(20) == -signal.SIGKILL
    assert states(hub, RUNNING) == [row]
    clock.now += LEASE + 60  # the dead worker's clock was the real one, a little ahead of ours
    relay.tick()
    start("worker", **{SHIFT: str(LEASE + 120)})
    eventually(lambda: not states(hub, RUNNING) and states(hub, UNKNOWN if kind == "never" else DONE) == [row])
    reached = [] if kind == "never" and point == CrashPoint.EFFECT_CLAIMED else [row]
    assert happened(hub) == reached


def test_a_worker_outlives_its_valkey_and_an_emptied_one_loses_nothing(
    hub: Hub, start: Start, eventually: Eventually, tmp_path: Path
) -> None:
    from hub.jobs.queue import open_queue

    own = load_settings({}, data_dir=tmp_path / "own")
    first = add(hub, "safe", key="1")
    relay = Relay(hub, EFFECTS, open_queue(own.queue))
    with valkey_running(own) as valkey:
        worker = start("worker", HUB_QUEUE_URL=own.queue)
        relay.tick()
        eventually(lambda: states(hub, DONE) == [first])
        assert valkey.pid is not None
        os.kill(valkey.pid, signal.SIGKILL)
    second = add(hub, "safe", key="2")
    assert relay.tick() == 0
    for file in (tmp_path / "own" / "valkey" / "appendonlydir").iterdir():
        file.unlink()
    with valkey_running(own):
        eventually(lambda: relay.tick() >= 0 and states(hub, DONE) == [first, second])
        assert worker.poll() is None


def test_a_worker_waits_for_a_queue_that_is_not_there_yet(
    hub: Hub, start: Start, eventually: Eventually, tmp_path: Path
) -> None:
    own = load_settings({}, data_dir=tmp_path / "own")
    worker = start("worker", wait=False, HUB_QUEUE_URL=own.queue)
    time.sleep(1.5)
    assert worker.poll() is None
    worker.terminate()
    assert worker.wait(5) in (0, -signal.SIGTERM)


def test_a_worker_that_is_asked_to_stop_ends_the_effect_in_hand_first(
    hub: Hub, queue: Queue, start: Start, eventually: Eventually
) -> None:
    worker = start("worker")
    row, later = add(hub, "slow", key="1", seconds=1.5), add(hub, "slow", key="2", seconds=0)
    Relay(hub, EFFECTS, queue).tick()
    eventually(lambda: states(hub, RUNNING) == [row])
    worker.terminate()
    assert worker.wait(10) == 0
    assert states(hub, DONE) == [row]
    assert happened(hub) == [row]
    assert later != row


def test_an_idle_worker_stops_at_once(hub: Hub, queue: Queue, start: Start) -> None:
    worker = start("worker")
    time.sleep(0.5)
    began = time.monotonic()
    worker.send_signal(signal.SIGINT)
    assert worker.wait(5) == 0
    assert time.monotonic() - began < 2
