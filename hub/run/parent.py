"""What a process of the hub does towards the supervisor that started it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys

READY_FD = "HUB_READY_FD"
"""The environment variable that numbers the pipe on which a process says that it is ready."""

_PR_SET_PDEATHSIG = 1


def tell_ready() -> None:
    """Tell the supervisor that this process does its work now; without a supervisor, nothing happens."""
    number = os.environ.get(READY_FD, "")
    if number.isdecimal():
        with contextlib.suppress(OSError):  # told before, or the supervisor no longer listens
            os.write(int(number), b".")


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent dies, however that happens (Linux; prctl(2)).

    Must be called before anything else that matters: a parent that is gone already cannot be noticed by it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
