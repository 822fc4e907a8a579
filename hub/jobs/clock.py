"""The clock: the one process that relays and keeps the schedule, under a lease in the database."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from hub.actions.effect import Effect
from hub.core.errors import Unavailable
from hub.jobs.lease import Lease
from hub.jobs.queue import open_queue
from hub.jobs.relay import Relay
from hub.jobs.schedule import Periodic, Schedule
from hub.parts import Hub

NAME = "clock"
TICK = 0.25
"""Seconds between two looks at the outbox: what an effect waits at most before it is handed over."""

_LAST_TASK = 2.0  # seconds that tasks in hand get when the clock stops

_log = logging.getLogger(__name__)


def run_clock(
    hub: Hub,
    effects: Mapping[str, Effect],
    tasks: Iterable[Periodic],
    *,
    stopped: Callable[[], bool],
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Relay and keep the schedule while this process has the lease, until ``stopped``.

    A second clock waits and takes over when the first gives the lease back or lets it lapse. Each task has a thread
    of its own, so that a slow one holds up neither the relay nor the others.
    """
    lease = Lease(hub, NAME)
    relay = Relay(hub, effects, open_queue(hub.settings.queue, timeout=2.0))

    def may_run() -> bool:
        return lease.held and not stopped()

    keepers = [
        threading.Thread(target=_keep, args=(Schedule(hub, [task]), may_run, stopped), name=task.name, daemon=True)
        for task in tasks
    ]
    for keeper in keepers:
        keeper.start()
    ready()
    reachable = True
    while not stopped():
        try:
            if lease.hold():
                relay.tick()
            reachable = True
        except Unavailable as error:
            if reachable:
                _log.warning("%s", error.message)
            reachable = False
        time.sleep(TICK)
    last = time.monotonic() + _LAST_TASK
    for keeper in keepers:
        keeper.join(max(last - time.monotonic(), 0))
    lease.release()


def _keep(schedule: Schedule, may_run: Callable[[], bool], stopped: Callable[[], bool]) -> None:
    while not stopped():
        if may_run():
            schedule.run_due(may_run)
        time.sleep(TICK)
