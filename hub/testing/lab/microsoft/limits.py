"""What Graph lets one application ask of one mailbox (page: Microsoft Graph service-specific limits, Outlook)."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable

from hub.testing.lab.microsoft.failures import throttled

AT_ONCE = 4
"""Requests that may be under way."""

MOST, SECONDS = 10_000, 600
"""Requests in a time."""

_Key = tuple[str, str]


class Limits:
    """Counts requests by application and mailbox."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._under_way: dict[_Key, int] = {}
        self._begun: dict[_Key, deque[float]] = {}
        self._counting = threading.Lock()

    def enter(self, key: _Key) -> None:
        """Count a request that begins, or raise the Problem that it is one too many."""
        now = self._clock()
        with self._counting:
            number, begun = self._under_way.get(key, 0), self._begun.setdefault(key, deque())
            if number >= AT_ONCE:
                raise throttled(1)
            while begun and begun[0] <= now - SECONDS:
                begun.popleft()
            if len(begun) >= MOST:
                raise throttled(math.ceil(begun[0] + SECONDS - now), "in ten minutes")
            self._under_way[key] = number + 1
            begun.append(now)

    def leave(self, key: _Key) -> None:
        """Count it as done."""
        with self._counting:
            self._under_way[key] -= 1
