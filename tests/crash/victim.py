"""The last moment of a process that kills itself: it says where.

A process that dies by SIGKILL cannot say why. This one writes the name of the crash point at which it kills itself,
so that the harness takes no other death for it.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

LAST_WORDS = "killed at "


def _tell_and_kill(pid: int, number: int, kill: Any = os.kill) -> None:
    caller = sys._getframe(1)
    if number == signal.SIGKILL and pid == os.getpid() and caller.f_code.co_name == "crash_point":
        os.write(2, f"\n{LAST_WORDS}{caller.f_locals['point']}\n".encode())
    kill(pid, number)


def tell_last_words() -> None:
    """Let this process write where it kills itself."""
    os.kill = _tell_and_kill
