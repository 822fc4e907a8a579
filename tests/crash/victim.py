"""Run a module as a program that tells its last moment: ``python -m tests.crash.victim MODULE SCENARIO``.

A process that dies by SIGKILL cannot say why. This one writes the name of the crash point at which it kills itself,
so that the harness takes no other death for it.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from typing import Any

LAST_WORDS = "killed at "


def _tell_and_kill(pid: int, number: int, kill: Any = os.kill) -> None:
    caller = sys._getframe(1)
    if number == signal.SIGKILL and pid == os.getpid() and caller.f_code.co_name == "crash_point":
        os.write(2, f"\n{LAST_WORDS}{caller.f_locals['point']}\n".encode())
    kill(pid, number)


if __name__ == "__main__":
    os.kill = _tell_and_kill
    _, module, *arguments = sys.argv
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
