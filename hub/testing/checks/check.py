"""One check: what is tried, why it matters, and whether booking would be unsafe without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hub.core.calendar import Busy
from hub.testing.subject import Subject


class Failed(AssertionError):
    """The check did not hold; the text says what was seen instead."""


@dataclass(frozen=True, slots=True)
class Check:
    """``run`` raises Failed, or whatever the plugin raises, when it does not hold.

    ``why`` says for a person what would go wrong. Without ``needed`` a failing check is a limit, not a danger.
    """

    name: str
    title: str
    why: str
    run: Callable[[Subject], None]
    needed: bool = True


def expect(holds: bool, seen: str) -> None:
    """Raise Failed with what was seen, unless it holds."""
    if not holds:
        raise Failed(seen)


def expect_times(busy: Iterable[Busy], expected: Iterable[tuple[int, int]], what: str) -> None:
    """Raise Failed unless the busy intervals are exactly these."""
    seen, wanted = sorted((one.start, one.end) for one in busy), sorted(expected)
    expect(seen == wanted, f"{what}: {len(seen)} busy times where {len(wanted)} were expected, or at other hours")
