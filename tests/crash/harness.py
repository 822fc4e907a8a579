"""The crash harness: kill a real process at a named point, bring the work to its end, then check what must hold.

A test is three lines::

    run_until_killed("book", CrashPoint.BOOK_AFTER_COMMIT, data_dir=tmp_path, database_url=database_url)
    recover(hub, EFFECTS)
    assert ...  # the invariants

The scenario is a name that ``tests.crash.scenarios`` (or the ``module`` given) understands as its only argument; it
takes its settings from the environment with `load_settings`.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from hub.actions.effect import Effect
from hub.jobs.perform import LEASE, drain
from hub.parts import Hub
from hub.store.crash import CrashPoint
from hub.store.outbox import RUNNING, WAITING, Entry, entries
from tests.crash.victim import LAST_WORDS, tell_last_words
from tests.fork import Forked

ROOT = Path(__file__).parent.parent.parent
HORIZON = 86_400
"""Seconds that `recover` lets pass: longer than every back-off together."""


def run_until_killed(
    scenario: str,
    point: CrashPoint,
    count: int = 1,
    *,
    data_dir: Path,
    database_url: str,
    module: str = "tests.crash.scenarios",
    environment: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> None:
    """Run a scenario in a process of its own that dies when it passes the point for the count-th time.

    Raises AssertionError with what the process said if it ended in any other way: earlier, later, by an exception,
    or by a kill that was not this point's.
    """
    env = scenario_environment(data_dir, database_url, environment)
    env["HUB_CRASH_AT"] = f"{point}:{count}"
    with tempfile.TemporaryFile() as output:
        victim = Forked(module, [scenario], env, output=output.fileno(), before=tell_last_words)
        try:
            code = victim.wait(timeout)
        finally:
            victim.kill()
        output.seek(0)
        words = output.read().decode()
    said = f"{scenario!r} was to be killed at {point} ({count}), but ended with {code}:\n{words}"
    assert code == -signal.SIGKILL, said
    assert words.rstrip().endswith(f"{LAST_WORDS}{point}"), said


def scenario_environment(data_dir: Path, database_url: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment in which a scenario's process runs, without crash point."""
    # A loaded machine reads calendars late, which is not what these tests try.
    given = {"HUB_DATA_DIR": str(data_dir), "HUB_DATABASE_URL": database_url, "HUB_REFRESH_BUDGET": "30"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return {**kept, **given, **(more or {})}


def recover(hub: Hub, effects: Mapping[str, Effect], *, horizon: int = HORIZON) -> list[Entry]:
    """Do what the clock and the workers do after a restart, until nothing is left to do, and return what is left.

    Time passes as fast as it can: first the dead process's claims lapse, then each back-off. What is due later than
    ``horizon`` seconds from now stays and is returned.
    """
    began = hub.clock()
    passed = LEASE + 1
    while True:
        drain(replace(hub, clock=_stopped_at(began + passed)), effects)
        with hub.database.reading() as conn:
            left = entries(conn, (WAITING, RUNNING))
        soonest = min((entry.due_at for entry in left), default=began + horizon + 1) - began
        if soonest > horizon:
            return left
        passed = max(soonest, passed + LEASE + 1)


def _stopped_at(instant: int) -> Callable[[], int]:
    return lambda: instant
