"""The budgets: a call that would be one too many for its provider waits here, before the provider says so.

Counted in the transaction that lets a call through, in the database that all processes share. What polls and watches
may use is less than the whole, so that a customer's booking finds room; one business has its share of what all have
together. Where a provider itself asked to wait, it is not called in the name of that account until then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from hub.core.budget import is_over, is_unfair, room_of
from hub.core.errors import Refused
from hub.core.provider import Budget, Provider
from hub.store.budget import add_call, calls_by_business, calls_of, count_businesses, pause_calls, paused_until
from hub.store.database import Database
from hub.vault.border import Answer, Handle
from hub.vault.retry_after import retry_after

QUOTA = "quota"
WAIT = 30
"""Seconds after which a call that was one too many may be tried again."""

_REMEMBERED, _BLIND = 1.0, 50
"""For so many seconds, and one in so many calls, a process goes by what it saw of a common budget, up to half of it."""


class OverBudget(Refused):
    """The call waits. ``after`` are the seconds until it may be tried again."""

    def __init__(self, after: int) -> None:
        super().__init__(QUOTA, "So many calls were made that this one waits.")
        self.after = after


@dataclass(slots=True)
class _Common:
    """What a process knows of a common budget: how much was used when it looked, and what it let through since."""

    looked: float
    used: int
    since: int = 0


class Budgets:
    """Lets calls through as their providers' budgets allow. One for each broker process."""

    def __init__(self, provider: Callable[[str], Provider], database: Database, clock: Callable[[], int]) -> None:
        self._provider = provider
        self._database = database
        self._clock = clock
        self._common: dict[str, _Common] = {}
        self._lock = threading.Lock()

    def admit(self, conn: sa.Connection, handle: Handle, provider: str) -> None:
        """Count a call, in the transaction that lets it through. Raises OverBudget when it must wait."""
        now, declared = self._clock(), self._provider(provider)
        until = paused_until(conn, handle.business, handle.connection)
        if until > now:
            raise OverBudget(until - now)
        own, common = declared.account_budget, declared.budget
        if own is None and common is None:
            return
        # Counted first: the row is locked, so another process sees it before it counts its own. What waits is undone.
        add_call(conn, handle.business, handle.connection, provider, now)
        if own is not None:
            used = calls_of(conn, handle.business, handle.connection, now - own.seconds + 1)
            if is_over(own, handle.hook, used - 1):
                raise OverBudget(WAIT)
        if common is not None and not self._is_far(provider, common, handle.hook):
            self._share(conn, handle, provider, common, now)

    def heard(self, handle: Handle, answer: Answer) -> None:
        """Let an account rest for as long as its provider asks with 429 (RFC 6585, section 4)."""
        wait = retry_after(answer) if answer.status == 429 else None
        if wait is not None:
            with self._database.writing() as conn:
                pause_calls(conn, handle.business, handle.connection, self._clock() + round(wait))

    def _is_far(self, provider: str, budget: Budget, hook: str) -> bool:
        """Tell whether the common budget was less than half used a moment ago; then nobody need look."""
        with self._lock:
            known = self._common.get(provider)
            if known is None or time.monotonic() - known.looked > _REMEMBERED:
                return False
            known.since += 1
            room = room_of(budget, hook)
            return known.since <= room // _BLIND and known.used + known.since < room // 2

    def _share(self, conn: sa.Connection, handle: Handle, provider: str, budget: Budget, now: int) -> None:
        used = calls_by_business(conn, provider, now - budget.seconds + 1)
        mine, total = used[handle.business] - 1, sum(used.values()) - 1
        with self._lock:
            self._common[provider] = _Common(time.monotonic(), total + 1)
        if total < room_of(budget, handle.hook) // 2:
            return
        businesses = count_businesses(conn, provider)
        if is_unfair(budget, handle.hook, mine, total, businesses):
            raise OverBudget(WAIT)
