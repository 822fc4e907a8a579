"""Scenarios on the outbox itself, and the hub, effects and processes with which the job tests try it.

The effects append a line to ``happened.txt`` in the data folder, as a provider would keep what reached it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, cast

from hub.actions.effect import Effect, Repeat, Work
from hub.core.errors import Refused, Retry
from hub.jobs.clock import run_clock
from hub.jobs.perform import drain
from hub.jobs.queue import open_queue
from hub.jobs.relay import Relay
from hub.jobs.schedule import Periodic
from hub.jobs.worker import run_worker
from hub.parts import Hub
from hub.run.parent import tell_ready
from hub.run.termination import termination
from hub.settings import Settings, load_settings
from hub.store.database import open_database
from hub.store.outbox import add_effect

BUSINESS = "b" * 26
SHIFT = "TEST_CLOCK_SHIFT"


def shifted_clock() -> int:
    """The time, as far ahead as the environment says: leases that lapse without waiting for them."""
    return int(time.time()) + int(os.environ.get(SHIFT, "0"))


def plain_hub(settings: Settings, clock: Callable[[], int] = shifted_clock) -> Hub:
    """A hub with databases and settings only: what the jobs room needs."""
    database, keystore = open_database(settings.database), open_database(settings.keystore)
    nothing = cast(Any, None)
    return Hub(settings, nothing, database, keystore, nothing, nothing, clock)


def add(hub: Hub, kind: str, *, key: str = "k", due_at: int | None = None, **payload: Any) -> str:
    """Put an effect into the outbox, due now unless said. Ids of rows added one after another sort in that order."""
    time.sleep(0.002)
    now = hub.clock()
    with hub.database.writing() as conn:
        return add_effect(
            conn,
            business_id=BUSINESS,
            kind=kind,
            key=key,
            payload=payload,
            due_at=now if due_at is None else due_at,
            now=now,
        )


def happened(hub: Hub) -> list[str]:
    """The ids of rows whose effect reached the provider, in that order."""
    file = hub.settings.data_dir / "happened.txt"
    return file.read_text().split() if file.exists() else []


def _append(hub: Hub, work: Work) -> None:
    hub.settings.data_dir.mkdir(exist_ok=True)
    with (hub.settings.data_dir / "happened.txt").open("a") as file:
        file.write(f"{work.id}\n")


def _did(hub: Hub, work: Work) -> bool:
    return work.id in happened(hub)


def _append_once(hub: Hub, work: Work) -> None:
    if not _did(hub, work):  # as a provider does that knows our id
        _append(hub, work)


def _fail(hub: Hub, work: Work) -> None:
    raise Refused("no_such_number", "+49 151 23456789 is what Ada typed")


def _stumble(hub: Hub, work: Work) -> None:
    raise KeyError("+49 151 23456789")


def _slow_down(hub: Hub, work: Work) -> None:
    raise Retry("Too many calls.", after=700)


def _slowly(hub: Hub, work: Work) -> None:
    time.sleep(float(work.payload["seconds"]))
    _append(hub, work)


EFFECTS = {
    effect.name: effect
    for effect in (
        Effect("safe", Repeat.SAFE, _append_once),
        Effect("ask", Repeat.ASK, _append, ask=_did),
        Effect("never", Repeat.NEVER, _append),
        Effect("refused", Repeat.SAFE, _fail, gave_up=_append),
        Effect("mistake", Repeat.SAFE, _stumble, gave_up=_append),
        Effect("never_mistake", Repeat.NEVER, _stumble),
        Effect("busy", Repeat.NEVER, _slow_down),
        Effect("slow", Repeat.SAFE, _slowly),
    )
}


def _perform(hub: Hub) -> None:
    drain(hub, EFFECTS)


def _relay(hub: Hub) -> None:
    Relay(hub, EFFECTS, open_queue(hub.settings.queue)).tick()


def _worker(hub: Hub) -> None:
    run_worker(hub, EFFECTS, ready=tell_ready)


def _clock(hub: Hub) -> None:
    def note(hub: Hub) -> None:
        with (hub.settings.data_dir / "ticks.txt").open("a") as file:
            file.write(f"{os.getpid()}\n")

    tasks = [Periodic("hang", 1, lambda hub: time.sleep(60)), Periodic("note", 1, note)]
    with termination() as stopped:
        run_clock(hub, EFFECTS, tasks, stopped=stopped, ready=tell_ready)


def _nothing(hub: Hub) -> None:
    """Never pass a point."""


def _broken(hub: Hub) -> None:
    raise KeyError("broken on purpose")


def _murdered(hub: Hub) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


SCENARIOS = {
    "perform": _perform,
    "relay": _relay,
    "worker": _worker,
    "clock": _clock,
    "nothing": _nothing,
    "broken": _broken,
    "murdered": _murdered,
}

if __name__ == "__main__":
    SCENARIOS[sys.argv[1]](plain_hub(load_settings()))
