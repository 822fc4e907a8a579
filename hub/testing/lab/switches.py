"""What can go wrong with a provider, to be switched on one at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong with the provider. Each server says in its own words, and its own errors, what that looks like."""

    UNAUTHORIZED = "unauthorized"  # 401: the token is not taken any more
    CLAIMS = "claims"  # 401 with a claims challenge
    QUOTA = "quota"  # the account's quota is used up, in the words of a provider that has one
    FORBIDDEN = "forbidden"  # 403: the permission does not reach so far
    GONE = "gone"  # 410: every cursor is too old
    CHANGED = "changed"  # 412: every condition fails
    TOO_MANY = "too_many"  # 429 with Retry-After
    DOWN = "down"  # 503
    BROKEN = "broken"  # the connection is closed without an answer
    SLOW = "slow"  # it answers after `Switches.seconds`, or when the fault is switched off
    WRITE_THEN_SILENCE = "write_then_silence"  # the write is done, and no answer comes
    WRITE_THEN_DOWN = "write_then_down"  # the write is done, and the answer is 500
    ELSEWHERE = "elsewhere"  # 302 to another host
    HTML = "html"  # a page with status 200
    HUGE = "huge"  # ten megabytes
    LYING = "lying"  # well-formed nonsense: wrong types, impossible times, a page that leads to itself
    PUSH_DROPPED = "push_dropped"  # no notification is sent
    PUSH_TWICE = "push_twice"  # each one is sent twice
    GRANT_REVOKED = "grant_revoked"  # a refresh answers invalid_grant
    REVOKE_DOWN = "revoke_down"  # ending a grant answers 503
    REVOKE_LIES = "revoke_lies"  # ending a grant answers 200, and it goes on working


@dataclass(slots=True)
class Switches:
    """One fault at a time. It holds for requests whose path contains ``path`` (all, if empty), ``times`` times.

    ``times`` None is for ever. ``seconds`` is how long SLOW takes at most, ``after`` what Retry-After says.
    """

    fault: Fault | None = None
    path: str = ""
    methods: frozenset[str] = frozenset()
    times: int | None = None
    seconds: float = 30.0
    after: int = 7
    _turned: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def turn(
        self, fault: Fault | None, *, path: str = "", methods: frozenset[str] = frozenset(), times: int | None = None
    ) -> None:
        """Switch a fault on in place of the one there was; None switches it off."""
        with self._turned:
            self.fault, self.path, self.methods, self.times = fault, path, methods, times
            self._turned.notify_all()

    def takes(self, method: str, path: str, *faults: Fault) -> Fault | None:
        """Return the fault that holds for this request if it is one of these, and count it."""
        with self._turned:
            meant = self.path in path and (not self.methods or method in self.methods)
            if self.fault not in faults or not meant or self.times == 0:
                return None
            if self.times is not None:
                self.times -= 1
            return self.fault

    def linger(self) -> None:
        """Wait as long as SLOW takes."""
        with self._turned:
            self._turned.wait_for(lambda: self.fault is not Fault.SLOW, self.seconds)

    @contextmanager
    def on(
        self, fault: Fault, *, path: str = "", methods: frozenset[str] = frozenset(), times: int | None = None
    ) -> Iterator[None]:
        """Switch a fault on for a while."""
        self.turn(fault, path=path, methods=methods, times=times)
        try:
            yield
        finally:
            self.turn(None)
