"""One check: what is tried, why it matters, and whether booking would be unsafe without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from hub.core.calendar import Busy
from hub.core.provider import Revocation
from hub.testing.lab.switches import Fault
from hub.testing.subject import Subject


class Failed(AssertionError):
    """The check did not hold; the text says what was seen instead."""


class Limit(Failed):
    """The check did not hold, and booking is safe all the same."""


class Need(StrEnum):
    """What a check needs besides the hooks and a stranger; the sentence is said where it is not there."""

    OWNER = "the subject names no address of the calendar's owner"
    DECLARATION = "the subject has no declaration of the provider"
    TRAFFIC = "the subject does not let the session be watched"
    SERVER = "the subject does not tell what arrived at the server"
    PUSH = "the subject receives no notifications"
    SECRETS = "the subject names no credential to look for"
    KEYS = "the subject connects no account"
    REFRESH = "the plugin renews no grant"
    REVOCATION = "the plugin declares that no grant can be ended at the provider"


@dataclass(frozen=True, slots=True)
class Check:
    """``run`` raises Failed, or whatever the plugin raises, when it does not hold.

    ``why`` says for a person what would go wrong. Without ``needed`` a failing check is a limit, not a danger.
    ``needs`` and ``faults`` are what must be there for it to be run.
    """

    name: str
    title: str
    why: str
    run: Callable[[Subject], None]
    needed: bool = True
    needs: frozenset[Need] = frozenset()
    faults: frozenset[Fault] = frozenset()

    def missing(self, subject: Subject) -> str:
        """Return why it cannot be run on the subject, or an empty text."""
        there = {
            Need.OWNER: bool(subject.owner),
            Need.DECLARATION: subject.provider is not None,
            Need.TRAFFIC: subject.traffic is not None,
            Need.SERVER: subject.seen is not None,
            Need.PUSH: subject.receive is not None,
            Need.SECRETS: bool(subject.secrets),
            Need.KEYS: subject.keys is not None,
            Need.REFRESH: subject.keys is None or hasattr(subject.keys.hooks, "hub_refresh"),
            Need.REVOCATION: subject.provider is None or subject.provider.revocation is not Revocation.NONE,
        }
        lacking = [str(need) for need in Need if need in self.needs and not there[need]]
        known = subject.faults.known if subject.faults is not None else frozenset()
        known = known | {Fault.GONE} if subject.own_cursor else known
        lacking += [f"the server has no fault '{fault}'" for fault in sorted(self.faults - known)]
        return "; ".join(lacking)


def expect(holds: bool, seen: str) -> None:
    """Raise Failed with what was seen, unless it holds."""
    if not holds:
        raise Failed(seen)


def expect_times(busy: Iterable[Busy], expected: Iterable[tuple[int, int]], what: str) -> None:
    """Raise Failed unless the busy intervals are exactly these."""
    seen, wanted = sorted((one.start, one.end) for one in busy), sorted(expected)
    expect(seen == wanted, f"{what}: {len(seen)} busy times where {len(wanted)} were expected, or at other hours")
