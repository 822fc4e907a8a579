"""How much one iCalendar object may cost, and the meter that counts it."""

from __future__ import annotations

from dataclasses import dataclass

from hub.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Budget:
    """The price limits of reading. What passes one of them is UNREADABLE: busy, never free.

    Per object: ``input_bytes``, ``steps`` (times that its rules make, whether in the window or not),
    ``occurrences`` (busy times inside the window), ``cpu_seconds`` (whole seconds, held by the kernel) and
    ``object_seconds`` (wall clock, held by killing the child). ``call_seconds`` is the wall clock of one call
    with all its objects; those it does not reach are UNREADABLE.
    """

    input_bytes: int = 4 * 1024 * 1024
    steps: int = 100_000
    occurrences: int = 10_000
    cpu_seconds: int = 3
    object_seconds: float = 8.0
    call_seconds: float = 20.0


BUDGET = Budget()
"""The limits that hold where the caller names none: ten times what the largest honest calendars needed."""


class Meter:
    """Counts down; at nothing left it raises InputError with the code ``over_budget``."""

    __slots__ = ("_left", "_name")

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._left = limit

    def spend(self) -> None:
        """Take one."""
        self._left -= 1
        if self._left < 0:
            raise InputError(self._name, "The object asks for more than its budget.", code="over_budget")
