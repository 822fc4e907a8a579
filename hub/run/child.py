"""One process under the supervisor: started, watched until it is ready, started again when it ends, and stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hub.core.errors import HubError
from hub.run.environment import clean
from hub.run.parent import READY_FD, die_with_parent

FIRST_DELAY, LONGEST_DELAY = 0.2, 5.0
"""Seconds before a process that ended is started again; doubled each time."""

HEALTHY = 30.0
"""Seconds after which a process counts as healthy, and the delay is short again."""

START_SECONDS = 60.0
"""Seconds in which a process must become ready."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. Programs of a lower ``stage`` are stopped first, each within ``stop_seconds``.

    ``answers`` tells whether it is ready; without it the program says so itself (`hub.run.parent.tell_ready`).
    ``mend`` is called once if the program ends before it was ever ready.
    """

    name: str
    arguments: tuple[str, ...]
    stage: int
    stop_seconds: float
    environment: Mapping[str, str] = field(default_factory=dict)
    files: tuple[int, ...] = ()
    answers: Callable[[], bool] | None = None
    mend: Callable[[], None] | None = None


class Child:
    """A program and its present process."""

    def __init__(self, program: Program, say: Callable[[str], None]) -> None:
        self.program = program
        self.ready = False
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe = -1
        self._was_ready = self._mended = False
        self._delay = FIRST_DELAY
        self._started = self._starts_at = 0.0

    @property
    def pid(self) -> int | None:
        """The id of the process, if one runs."""
        return self._process.pid if self._process else None

    def step(self) -> None:
        """Do what is due: start the process, notice that it is ready, notice that it ended.

        Raises HubError if it cannot be started the first time; later it is tried for ever.
        """
        now = time.monotonic()
        if self._process is None:
            if now >= self._starts_at:
                self._start(now)
        elif self._process.poll() is not None:
            self._ended(now, self._process.returncode)
        elif not self.ready:
            self._look(now)
        elif now - self._started > HEALTHY:
            self._delay = FIRST_DELAY

    def ask_to_stop(self) -> None:
        """Send SIGTERM, if it runs."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)

    def stopped_by(self, deadline: float) -> None:
        """Wait for the end of the process until a moment of `time.monotonic`, then kill it and all it started."""
        if self._process is None:
            return
        try:
            self._process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            self._say(f"{self.program.name} does not stop and is killed")
        self._bury()

    def _start(self, now: float) -> None:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        supervisor = os.getpid()

        def prepare() -> None:
            die_with_parent()
            if os.getppid() != supervisor:  # it died while this process was made
                os._exit(1)

        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own programs
                self.program.arguments,
                env={**clean(os.environ), **self.program.environment, READY_FD: str(writing)},
                stdin=subprocess.DEVNULL,
                pass_fds=(writing, *self.program.files),
                process_group=0,
                preexec_fn=prepare,
            )
        finally:
            os.close(writing)
        self._pipe, self._started, self.ready = reading, now, False

    def _look(self, now: float) -> None:
        if self.program.answers is not None:
            self.ready = self.program.answers()
        else:
            with contextlib.suppress(BlockingIOError):
                self.ready = os.read(self._pipe, 1) == b"."
        if self.ready:
            self._was_ready = True
            self._say(f"{self.program.name} is ready (process {self.pid})")
        elif now - self._started > START_SECONDS:
            self._say(f"{self.program.name} does not become ready and is killed")
            self._kill()

    def _ended(self, now: float, code: int) -> None:
        self._bury()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        if not self._was_ready:
            if self.program.mend is None or self._mended:
                problem = f"{self.program.name} could not be started ({how}); what it says stands above."
                raise HubError(problem, code="start")
            self._mended = True
            self.program.mend()
        self._say(f"{self.program.name} ended ({how}); it is started again")
        self._starts_at = now + self._delay
        self._delay = min(self._delay * 2, LONGEST_DELAY)

    def _bury(self) -> None:
        """Kill what is left of the process and its own children, and forget it."""
        self._kill()
        assert self._process is not None
        self._process.wait()
        os.close(self._pipe)
        self._process, self._pipe, self.ready = None, -1, False

    def _kill(self) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


def hub_program(name: str, *arguments: str, stage: int, stop_seconds: float, files: tuple[int, ...] = ()) -> Program:
    """Return a program that runs `hub` with these arguments in a Python of its own."""
    return Program(name, (sys.executable, "-m", "hub.cli", *arguments), stage, stop_seconds, files=files)
