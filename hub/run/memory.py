"""What other programs may see of a process that opens keys: nothing of its memory."""

from __future__ import annotations

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4


def close_memory() -> None:
    """Let this process and those that it forks leave no core dump, and no program of the same user read their memory.

    Where the kernel hands cores to a program (core(5), ``core_pattern`` with a pipe) it does not ask for the limit;
    there the second step counts (Linux; prctl(2), PR_SET_DUMPABLE). What is executed afterwards keeps the limit alone.
    Root may still read everything.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
