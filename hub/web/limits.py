"""How often somebody came: counted in the queue's server for all processes, in memory while that is away."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

from limits import parse
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

_AWAY = 30.0
"""Seconds for which a server that did not answer is not asked again."""

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a rate is left: ``most`` hits in ``window`` seconds, ``left`` of them for ``seconds`` more."""

    most: int
    window: int
    left: int
    seconds: int


class Limiter:
    """Counts hits. ``address`` is the queue's; empty counts in this process alone."""

    def __init__(self, address: str) -> None:
        self._memory = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared: SlidingWindowCounterRateLimiter | None = None
        self._address = address
        self._away_until = 0.0

    def hit(self, rate: str, *who: str) -> bool:
        """Count a hit of ``who`` against a rate such as ``20/minute``; False if that was one too many."""
        if not rate:
            return True
        item = parse(rate)
        return self._ask(lambda counter: counter.hit(item, *who))

    def room(self, rate: str, *who: str) -> Room:
        """Return how much of a rate such as ``20/minute`` is left for ``who``, without counting."""
        item = parse(rate)
        found = self._ask(lambda counter: counter.get_window_stats(item, *who))
        seconds = max(0, ceil(found.reset_time - time.time()))
        return Room(item.amount, item.get_expiry(), max(0, found.remaining), seconds)

    def forget(self, rate: str, *who: str) -> None:
        """Count ``who`` anew against a rate: what was counted were no wrong tries after all."""
        item = parse(rate)
        self._ask(lambda counter: counter.clear(item, *who))

    def _ask(self, question: Callable[[SlidingWindowCounterRateLimiter], _T]) -> _T:
        if self._address and time.monotonic() >= self._away_until:
            try:
                if self._shared is None:
                    self._shared = SlidingWindowCounterRateLimiter(_storage(self._address))
                return question(self._shared)
            except (RedisError, OSError) as error:
                _log.warning("rates are counted in this process alone (%s)", type(error).__name__)
                self._shared, self._away_until = None, time.monotonic() + _AWAY
        return question(self._memory)


def network_of(address: str) -> str:
    """Return the network that an address counts for: itself, or the /64 of an IPv6 address, which one person owns."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _storage(address: str) -> Storage:
    scheme, _, rest = address.partition("://")
    return RedisStorage(f"redis+{scheme}://{rest}" if scheme == "unix" else address, key_prefix="hub-rate")
