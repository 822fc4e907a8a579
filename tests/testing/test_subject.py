"""Cleaning up after the checks: everything that can be removed is, and what cannot is said."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from hub.core.calendar import Calendar
from hub.core.errors import ProviderError, Refused, Retry
from hub.testing.subject import DAY, Subject

START = 1_800_000_000 // DAY * DAY


class Other:
    """A stranger that keeps names, and raises what a test says for one of them."""

    def __init__(self) -> None:
        self.there: list[str] = []
        self.asked: list[str] = []
        self.problems: dict[str, ProviderError] = {}

    def write(self, calendar: str, uid: str, text: str) -> None:
        self.there.append(uid)

    def remove(self, calendar: str, uid: str) -> None:
        self.asked.append(uid)
        if uid in self.problems:
            raise self.problems[uid]
        self.there.remove(uid)


def subject(other: Any) -> Subject:
    return Subject(lambda *_asked: None, Calendar("memory", "Memory"), other, START)


def test_one_refusal_does_not_keep_the_rest() -> None:
    other = Other()
    made = subject(other)
    _first, stuck, _last = (made.foreign(str) for _n in range(3))
    other.problems[stuck] = Refused("http_403", "No.")
    with pytest.raises(Refused):
        made.clean()
    assert other.there == [stuck]
    other.problems.clear()
    made.clean()
    assert other.there == []


def test_where_nobody_answers_it_is_not_asked_again_for_each() -> None:
    other = Other()
    made = subject(other)
    _first, last = (made.foreign(str) for _n in range(2))
    other.problems[last] = Retry("Down.", after=0)
    with pytest.raises(Retry):
        made.clean()
    assert other.asked == [last]
    other.problems.clear()
    made.clean()
    assert other.there == []


def test_days_are_given_out_once_and_never_near_a_change_of_clocks() -> None:
    made = subject(Other())
    days = [made.day() for _n in range(100)]
    assert all(later - earlier >= 3 * DAY for earlier, later in itertools.pairwise(days))
    changes = [1_806_195_600, 1_824_944_400]  # 28 March and 31 October 2027, 01:00 UTC
    assert all(abs(day - change) > 2 * DAY for day in days for change in changes)
