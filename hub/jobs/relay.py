"""The relay: hands due outbox rows to the queue, again and again until they are taken. The truth is the table.

Businesses take turns, and each has a share of the queue that it cannot go beyond: whoever has a thousand mails to send
holds up nobody who has one.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from rq import Queue

from hub.actions.effect import Effect
from hub.core.errors import Unavailable
from hub.jobs.perform import free_lapsed
from hub.jobs.queue import length, not_handed, push
from hub.parts import Hub
from hub.store.crash import CrashPoint, crash_point
from hub.store.turns import due_in_turn

SHORT = 200
"""The queue is kept this short: what waits longer waits in the table, where a lost server cannot lose it."""

SHARE = 8
"""Rows of one business that may wait in the queue or run at once; twice the workers, where that is more."""

_log = logging.getLogger(__name__)


class Relay:
    """Remembers whether the queue answered, so that an outage is logged once."""

    def __init__(self, hub: Hub, effects: Mapping[str, Effect], queue: Queue) -> None:
        self._hub, self._effects, self._queue = hub, effects, queue
        self._down = False

    def tick(self) -> int:
        """Free what dead workers left, hand over what is due, and return how many rows were handed over.

        A queue that is down is no error: everything waits in the table. Raises Unavailable when that is out of reach.
        """
        free_lapsed(self._hub, self._effects)
        with self._hub.database.reading() as conn:
            rows = due_in_turn(conn, self._hub.clock(), SHORT, max(SHARE, 2 * self._hub.settings.workers))
        try:
            count = self._hand_over(rows) if rows else 0
        except Unavailable as error:
            if not self._down:
                _log.warning("%s", error.message)
            self._down = True
            return 0
        if self._down and rows:
            _log.warning("The queue answers again.")
            self._down = False
        return count

    def _hand_over(self, rows: list[tuple[str, int]]) -> int:
        room = SHORT - length(self._queue)
        count = 0
        for identifier, attempts in not_handed(self._queue, rows)[: max(room, 0)]:
            crash_point(CrashPoint.RELAY_BEFORE_PUSH)
            count += push(self._queue, identifier, attempts)
            crash_point(CrashPoint.RELAY_AFTER_PUSH)
        return count
