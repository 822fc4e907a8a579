"""What the clock does from time to time, each task isolated from the others."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hub.core.errors import HubError
from hub.parts import Hub

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task for the clock; what it returns is not used.

    ``run`` must bear being run twice at a time: a clock that lost its lease may still be in the middle of it.
    """

    name: str
    every_seconds: int
    run: Callable[[Hub], object]

    def __post_init__(self) -> None:
        if self.every_seconds < 1:
            raise HubError(f"Task {self.name!r} must wait at least a second between two runs.", code="schedule")


class Schedule:
    """Which tasks are due. A task's time starts when it ended; all are due at first."""

    def __init__(self, hub: Hub, tasks: Iterable[Periodic]) -> None:
        self._hub = hub
        self._next = dict.fromkeys(tasks, 0)

    def run_due(self, go_on: Callable[[], bool] = lambda: True) -> int:
        """Run what is due, one after another while ``go_on``, and return how many ran. A failing one is logged."""
        count = 0
        for task, due_at in self._next.items():
            if due_at > self._hub.clock() or not go_on():
                continue
            count += 1
            try:
                task.run(self._hub)
            except Exception as error:
                # Its message may hold what a customer wrote, so only its type and place are logged.
                place = traceback.extract_tb(error.__traceback__)[-1]
                _log.error("task %s: %s at %s:%s", task.name, type(error).__name__, place.filename, place.lineno)
            self._next[task] = self._hub.clock() + task.every_seconds
        return count
