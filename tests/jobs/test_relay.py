from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import pytest
from rq import Queue
from sqlalchemy import Connection

from hub.jobs import relay as room
from hub.jobs.perform import LEASE, perform
from hub.jobs.queue import length, open_queue, row_of
from hub.jobs.relay import Relay
from hub.parts import Hub
from hub.store import outbox
from hub.store.crash import CrashPoint
from tests.crash.harness import recover, run_until_killed
from tests.crash.outbox import EFFECTS, add, happened
from tests.jobs.conftest import Clock


def jobs(queue: Queue) -> list[str]:
    return [str(identifier) for identifier in queue.job_ids]


def test_due_rows_are_handed_over_once(hub: Hub, queue: Queue) -> None:
    rows = [add(hub, "safe", key=str(n)) for n in range(3)]
    relay = Relay(hub, EFFECTS, queue)
    assert relay.tick() == 3
    assert relay.tick() == 0
    assert sorted(jobs(queue)) == [f"{row}-0" for row in rows]


def test_a_row_that_is_not_due_or_not_its_turn_stays(hub: Hub, queue: Queue, clock: Clock) -> None:
    first = add(hub, "safe")
    add(hub, "safe")
    add(hub, "safe", key="later", due_at=clock.now + 1)
    Relay(hub, EFFECTS, queue).tick()
    assert jobs(queue) == [f"{first}-0"]


def test_what_an_emptied_queue_lost_is_handed_over_again(hub: Hub, queue: Queue) -> None:
    row = add(hub, "safe")
    relay = Relay(hub, EFFECTS, queue)
    relay.tick()
    queue.connection.flushall()
    assert relay.tick() == 1
    assert jobs(queue) == [f"{row}-0"]


def test_what_a_dead_worker_left_is_handed_over_again_as_the_next_attempt(hub: Hub, queue: Queue, clock: Clock) -> None:
    row = add(hub, "safe")
    relay = Relay(hub, EFFECTS, queue)
    with hub.database.writing() as conn:
        outbox.claim(conn, row, 0, now=clock.now, lease_until=clock.now + LEASE)
    assert relay.tick() == 0
    clock.now += LEASE + 1
    assert relay.tick() == 1
    assert jobs(queue) == [f"{row}-1"]


def test_the_queue_is_kept_short(hub: Hub, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "SHORT", 3)
    for n in range(5):
        add(hub, "safe", key=str(n))
    relay = Relay(hub, EFFECTS, queue)
    for _ in range(3):
        relay.tick()
    assert length(queue) == 3


def test_a_backlog_of_one_business_holds_up_another_no_longer_than_its_share(
    hub: Hub, queue: Queue, clock: Clock
) -> None:
    noisy, quiet = "n" * 26, "q" * 26
    with hub.database.writing() as conn:
        backlog(conn, noisy, 500, clock.now - 60)
    relay, done = Relay(hub, EFFECTS, queue), []
    relay.tick()
    assert length(queue) == room.SHARE
    with hub.database.writing() as conn:
        mine = backlog(conn, quiet, 3, clock.now)
    for _ in range(2 * room.SHARE):  # one worker, which takes one after another while the relay goes on
        relay.tick()
        job = queue.job_ids[0]
        queue.connection.lpop(queue.key)
        done.append(row_of(job)[0])  # type: ignore[index]  # it is ours
        assert perform(hub, EFFECTS, *row_of(job))  # type: ignore[misc]
    places = [done.index(one) for one in mine]
    assert max(places) < room.SHARE + 2 * len(mine)  # what waited already, then in turn
    assert done[-1] not in mine  # and the other goes on too


def test_whoever_is_alone_gets_on_with_it(hub: Hub, queue: Queue, clock: Clock) -> None:
    with hub.database.writing() as conn:
        backlog(conn, "n" * 26, 3 * room.SHARE, clock.now)
    relay, count = Relay(hub, EFFECTS, queue), 0
    while relay.tick():
        while queue.job_ids:
            job = queue.job_ids[0]
            queue.connection.lpop(queue.key)
            count += perform(hub, EFFECTS, *row_of(job))  # type: ignore[misc]
    assert count == 3 * room.SHARE


def backlog(conn: Connection, business: str, count: int, due_at: int) -> list[str]:
    """Write effects of a business, each of a key of its own."""
    return [
        outbox.add_effect(conn, business_id=business, kind="safe", key=f"k{n}", payload={}, due_at=due_at, now=due_at)
        for n in range(count)
    ]


def test_an_outage_of_the_queue_is_logged_once_and_nothing_is_lost(
    hub: Hub, queue: Queue, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add(hub, "safe")
    relay = Relay(hub, EFFECTS, open_queue(f"unix://{tmp_path}/nobody.sock"))
    with caplog.at_level(logging.INFO):
        assert [relay.tick() for _ in range(3)] == [0, 0, 0]
        assert caplog.text.count("The queue cannot be used") == 1
        relay._queue = queue  # it came back
        assert relay.tick() == 1
    assert caplog.text.count("answers again") == 1


@pytest.mark.crash
@pytest.mark.parametrize("point", [CrashPoint.RELAY_BEFORE_PUSH, CrashPoint.RELAY_AFTER_PUSH])
def test_a_relay_that_is_killed_loses_and_doubles_nothing(hub: Hub, queue: Queue, point: CrashPoint) -> None:
    rows = [add(hub, "ask", key=str(n)) for n in range(3)]
    settings = hub.settings
    run_until_killed(
        "relay",
        point,
        2,
        data_dir=settings.data_dir,
        database_url=settings.database,
        module="tests.crash.outbox",
        environment={"HUB_QUEUE_URL": settings.queue},
    )
    handed = 1 if point == CrashPoint.RELAY_BEFORE_PUSH else 2
    assert length(queue) == handed
    assert Relay(hub, EFFECTS, queue).tick() == 3 - handed
    assert sorted(jobs(queue)) == [f"{row}-0" for row in rows]
    assert recover(dataclasses.replace(hub), EFFECTS) == []
    assert sorted(happened(hub)) == rows
