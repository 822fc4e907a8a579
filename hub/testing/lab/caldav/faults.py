"""The faults of a CalDAV server, in the words that all stand-ins share."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from hub.testing import faulty
from hub.testing.lab.switches import Fault

_MEANT: Mapping[Fault, faulty.Fault] = {
    Fault.UNAUTHORIZED: faulty.Fault.UNAUTHORIZED,
    Fault.FORBIDDEN: faulty.Fault.FORBIDDEN,
    Fault.GONE: faulty.Fault.TOKEN_403,
    Fault.CHANGED: faulty.Fault.CHANGED,
    Fault.TOO_MANY: faulty.Fault.TOO_MANY,
    Fault.DOWN: faulty.Fault.UNAVAILABLE,
    Fault.BROKEN: faulty.Fault.DOWN,
    Fault.SLOW: faulty.Fault.SLOW,
    Fault.WRITE_THEN_SILENCE: faulty.Fault.WRITE_THEN_DOWN,
    Fault.WRITE_THEN_DOWN: faulty.Fault.WRITE_THEN_500,
    Fault.ELSEWHERE: faulty.Fault.ELSEWHERE,
    Fault.HTML: faulty.Fault.HTML,
    Fault.HUGE: faulty.Fault.HUGE,
    Fault.LYING: faulty.Fault.GARBAGE,
}


@dataclass(frozen=True, slots=True)
class CaldavFaults:
    """The switches of a front before a CalDAV server."""

    front: faulty.Front

    @property
    def known(self) -> Set[Fault]:
        """What a CalDAV server can suffer from; quota, claims and notifications it does not know."""
        return _MEANT.keys()

    def turn(
        self, fault: Fault | None, *, path: str = "", methods: frozenset[str] = frozenset(), times: int | None = None
    ) -> None:
        """Break the front in that way. It cannot tell paths apart."""
        assert not path, "a CalDAV server has one kind of address"
        self.front.break_with(None if fault is None else _MEANT[fault], *methods, times=times)
