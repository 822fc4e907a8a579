"""Processes that start in a hundredth of the time: each is forked from one that has imported the hub already.

They are as real as others: with a pid, an environment and standard streams of their own, and can be killed.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

from hub.store import crash

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        *("tests.fork", "tests.bench.race", "hub_caldav.plugin", "hub_smtp.plugin"),
        *("hub.app", "hub.actions.effects", "hub.jobs.clock", "hub.jobs.worker"),
    ]
)


class Forked:
    """A module that runs as a program, with what tests use of `subprocess.Popen`."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        output: int = 2,
        passed: Mapping[str, int] | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        """Start it. ``passed`` are open files by the variable that names each; ``before`` is done first, over there."""
        streams = {name: Connection(os.dup(fd)) for name, fd in (passed or {}).items()}
        told = Connection(os.dup(output))
        target = (module, list(arguments), dict(environment), told, streams, before)
        self._process: Any = CONTEXT.Process(target=_run, args=target)
        self._process.start()
        for one in (told, *streams.values()):
            one.close()
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """Return how it ended; None while it runs."""
        code: int | None = self._process.exitcode
        return code

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended, when it has: a status, or a signal below zero."""
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(str(self._process), timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def _run(
    module: str,
    arguments: list[str],
    environment: dict[str, str],
    output: Connection,
    streams: dict[str, Connection],
    before: Callable[[], None] | None,
) -> None:
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment | {name: str(one.fileno()) for name, one in streams.items()})
    random.seed()
    crash._POINT, crash._COUNT = crash._armed()  # what a process does that imports it
    crash._passed = iter(range(1, crash._COUNT + 1))
    if before is not None:
        before()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
