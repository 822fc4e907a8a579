"""A child process that reads iCalendar and can be killed.

Rules of a calendar are a small program written by a stranger: some never end, some eat the memory. They run
in a process of their own that holds no secret, with the kernel's limits on processor time and memory, and it is killed
when it does not answer in time. Starting one costs about 0.2 s, so it is kept and used again, one object at a time.

It ends with its parent: at the end of file on its socket, or when it sees that its parent is another one.
PR_SET_PDEATHSIG is not used: the kernel sends it when the *thread* that made the child ends, and a web server's
threads come and go.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hub.core.errors import Unavailable
from hub.ical.budget import Budget
from hub.ical.inside import receive, send

_TRIES = 2
_START_SECONDS = 60.0
_KEPT = ("PATH", "PYTHONPATH", "PYTHONTZPATH", "LD_LIBRARY_PATH")


class Expander:
    """Asks a child process about iCalendar objects; starts it, kills it and starts it again as needed.

    Safe to share between threads: they take turns, object by object. After a fork the new process starts a child of
    its own. ``memory_bytes`` is the child's whole address space.
    """

    def __init__(self, *, memory_bytes: int = 256 * 1024 * 1024) -> None:
        self._memory = memory_bytes
        self._turn = threading.Lock()
        self._child: _Child | None = None
        os.register_at_fork(after_in_child=functools.partial(_leave_to_parent, weakref.ref(self)))

    def ask(self, head: dict[str, Any], body: bytes, budget: Budget, deadline: float) -> dict[str, Any] | None:
        """Return the child's answer about one object, or None if the object passed its budget.

        ``deadline`` is in seconds of `time.monotonic`. Raises Unavailable if no child can be started.
        """
        head = {**head, "budget": asdict(budget)}
        for _ in range(_TRIES):
            left = deadline - time.monotonic()
            if left <= 0 or not self._turn.acquire(timeout=left):
                return None
            try:
                child = self._child = self._child or _Child(self._memory)
                until = min(time.monotonic() + budget.object_seconds, deadline)
                try:
                    return child.exchange(head, body, until)
                except TimeoutError:
                    self._drop()
                    return None
                except (OSError, EOFError, ValueError):
                    # It died. If the processor limit killed it the object is to blame; if somebody else did,
                    # say the kernel short of memory, the object deserves a second child.
                    if self._drop() == -signal.SIGXCPU:
                        return None
            finally:
                self._turn.release()
        return None

    def close(self) -> None:
        """End the child. The next question starts a new one."""
        with self._turn:
            self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _drop(self) -> int | None:
        child, self._child = self._child, None
        return child.end() if child else None

    def _leave_to_parent(self) -> None:
        child, self._child = self._child, None
        self._turn = threading.Lock()
        if child:
            child.leave()


@functools.cache
def shared_expander() -> Expander:
    """Return the one expander of this process, made when it is first needed.

    The one thing in the hub that lives as long as the process and is not handed in: plugins read calendars through
    plain functions and have no hub at hand, and a child for each call would cost more than all the reading.
    """
    expander = Expander()
    atexit.register(expander.close)
    return expander


class _Child:
    """One started child process."""

    def __init__(self, memory: int) -> None:
        self._door, theirs = socket.socketpair()
        root = str(Path(__file__).parents[2])
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH"))))
        try:
            with theirs:
                self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - our own module, no text of others
                    [sys.executable, "-P", "-m", "hub.ical.inside", str(os.getpid()), str(memory)],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=kept,
                    cwd="/",
                )
        except OSError as problem:
            self._door.close()
            raise Unavailable(f"The process that reads calendars cannot be started: {problem.strerror}.") from None
        try:
            self._door.settimeout(_START_SECONDS)
            receive(self._door)
        except (OSError, EOFError, ValueError):
            code = self.end()
            raise Unavailable(f"The process that reads calendars ended at its start with {code}.") from None

    def exchange(self, head: dict[str, Any], body: bytes, until: float) -> dict[str, Any]:
        """Return the answer. Raises TimeoutError at the deadline, OSError, EOFError or ValueError if it died."""
        self._door.settimeout(max(until - time.monotonic(), 0.001))
        send(self._door, head, body)
        # An answer comes in one piece from a process that has it ready, so this is the time until its first byte.
        self._door.settimeout(max(until - time.monotonic(), 0.001))
        return receive(self._door)[0]

    def end(self) -> int:
        """Kill it unless it is ending by itself, and return its exit code (negative: the signal)."""
        self._door.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout=0.05)
        self._process.kill()
        return self._process.wait()

    def leave(self) -> None:
        """Forget it in a forked process: it belongs to the parent, which goes on using it."""
        self._door.close()
        self._process.returncode = 0


def _leave_to_parent(reference: weakref.ref[Expander]) -> None:
    expander = reference()
    if expander is not None:
        expander._leave_to_parent()
