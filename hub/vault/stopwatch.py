"""Milliseconds, for the one thing that is measured finer than in seconds: when the last call started."""

from __future__ import annotations

import time
from collections.abc import Callable


def milliseconds(clock: Callable[[], int]) -> int:
    """Return now in UTC milliseconds, as fine as it is honest.

    With another clock than the machine's own it is that clock's whole second.
    """
    now, fine = clock(), time.time_ns() // 1_000_000
    return fine if 0 <= fine // 1000 - now <= 1 else now * 1000
