"""The contract catches plugins that are wrong: each fault here makes the check that names it fail."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from hub.core.calendar import Busy, Calendar, Changes, Event, Found, ItemChange, Window, Written
from hub.core.errors import Conflict, HubError, NotFound, Refused
from hub.ical.read import busy_from_ical, event_from_ical
from hub.ical.write import event_to_ical
from hub.testing.checks.catalogue import CHECKS
from hub.testing.checks.check import Failed
from hub.testing.subject import DAY, Subject

REF = "memory"
OWNER = "ada@example.com"
START = 1_800_000_000 // DAY * DAY


class Memory:
    """A calendar in memory, as plugin and as stranger. A test replaces one hook by a wrong one."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[int, str]] = {}
        self.version = 0
        self.log: list[str] = []

    def ask(self, hook: str, **arguments: Any) -> Any:
        return getattr(self, hook)(**arguments)

    def hub_list_calendars(self) -> list[Calendar]:
        return [Calendar(REF, "Memory")]

    def hub_free_busy(self, calendars: list[Calendar], window: Window) -> dict[str, list[Busy]]:
        texts = [text for _version, text in self.objects.values()]
        return {REF: [one for each in busy_from_ical(texts, window, zone="UTC", owner={OWNER}) for one in each]}

    def hub_changes(self, calendar: Calendar, cursor: str | None, window: Window) -> Changes:
        known = int(cursor) if cursor is not None and int(cursor) <= len(self.log) else 0
        complete = cursor is None or int(cursor) > len(self.log)
        names = list(self.objects) if complete else sorted(set(self.log[known:]))
        items = tuple(ItemChange(name, self._busy(name, window)) for name in names)
        return Changes(items, str(len(self.log)), complete)

    def _busy(self, name: str, window: Window) -> tuple[Busy, ...] | None:
        there = self.objects.get(name)
        return tuple(busy_from_ical([there[1]], window, zone="UTC")[0]) if there else None

    def hub_create_event(self, calendar: Calendar, event: Event) -> Written:
        if event.uid not in self.objects:
            self.write(REF, event.uid, event_to_ical(event, now=0).decode())
        return Written(event.uid, event.uid, str(self.objects[event.uid][0]))

    def hub_update_event(self, calendar: Calendar, written: Written, event: Event) -> Written:
        found = self.hub_read_event(calendar, written)
        if found is None:
            raise NotFound("It is gone.")
        if found.start != event.start:
            if written.etag and found.written.etag != written.etag:
                raise Conflict("It was changed.")
            self.write(REF, event.uid, event_to_ical(event, now=0).decode())
        return Written(event.uid, event.uid, str(self.objects[event.uid][0]))

    def hub_cancel_event(self, calendar: Calendar, written: Written) -> None:
        self.remove(REF, written.uid)

    def hub_read_event(self, calendar: Calendar, written: Written) -> Found | None:
        version, text = self.objects.get(written.uid, (0, ""))
        times = event_from_ical(text, written.uid) if text else None
        if times is None:
            return None
        return Found(Written(written.uid, written.uid, str(version)), times.start, times.end, times.sequence)

    def make_calendar(self, name: str) -> str:
        raise Refused("no_scratch_calendar")

    def remove_calendar(self, ref: str) -> None: ...

    def write(self, calendar: str, uid: str, text: str) -> None:
        self.version += 1
        self.objects[uid] = (self.version, text)
        self.log.append(uid)

    def read(self, calendar: str, uid: str) -> str:
        return self.objects.get(uid, (0, ""))[1]

    def remove(self, calendar: str, uid: str) -> None:
        if self.objects.pop(uid, None):
            self.log.append(uid)

    def is_empty(self, calendar: str) -> bool:
        return not self.objects

    def close(self) -> None: ...


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def failing(memory: Memory) -> Callable[[], set[str]]:
    """Run all checks and return the names of those that fail."""

    def failing() -> set[str]:
        names = set()
        for check in CHECKS:
            subject = Subject(memory.ask, Calendar(REF, "Memory", "UTC"), memory, START, owner=OWNER)
            if check.missing(subject):
                continue
            try:
                check.run(subject)
            except (Failed, HubError, ValueError):
                names.add(check.name)
            finally:
                subject.clean()
        return names

    return failing


def test_a_plugin_that_is_right_passes(failing: Callable[[], set[str]]) -> None:
    assert failing() <= {"old_cursors_lead_to_a_full_read"}  # cursors here are numbers: one cannot be spoilt


def test_what_was_written_is_cleaned_up(failing: Callable[[], set[str]], memory: Memory) -> None:
    failing()
    assert memory.objects == {}


def _nothing(memory: Memory) -> None:
    memory.hub_free_busy = lambda calendars, window: {REF: []}  # type: ignore[method-assign]


def _titles_only(memory: Memory) -> None:
    plain = memory.hub_free_busy
    memory.hub_free_busy = lambda **a: {  # type: ignore[method-assign]
        REF: [dataclasses.replace(one, uid="") for one in plain(**a)[REF]]
    }


def _read_only(memory: Memory) -> None:
    memory.hub_list_calendars = lambda: [Calendar(REF, "", writable=False)]  # type: ignore[method-assign]


def _writes_twice(memory: Memory) -> None:
    def create(calendar: Calendar, event: Event) -> Written:
        name = f"{event.uid}-{memory.version}"
        memory.write(REF, name, event_to_ical(event, now=0).decode())
        return Written(event.uid, name)

    memory.hub_create_event = create  # type: ignore[method-assign]
    memory.is_empty = lambda calendar: True  # type: ignore[method-assign]


def _overwrites(memory: Memory) -> None:
    def update(calendar: Calendar, written: Written, event: Event) -> Written:
        memory.write(REF, event.uid, event_to_ical(event, now=0).decode())
        return Written(event.uid, event.uid)

    memory.hub_update_event = update  # type: ignore[method-assign]


def _never_deletes(memory: Memory) -> None:
    memory.hub_cancel_event = lambda calendar, written: None  # type: ignore[method-assign]


def _forgets_deletions(memory: Memory) -> None:
    plain = memory.hub_changes

    def changes(**arguments: Any) -> Changes:
        answer = plain(**arguments)
        return dataclasses.replace(answer, items=tuple(one for one in answer.items if one.busy is not None))

    memory.hub_changes = changes  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("spoil", "caught"),
    [
        (_nothing, {"sees_an_event", "sees_a_series", "sees_an_all_day_event", "sees_an_event_that_began_before"}),
        (_titles_only, {"knows_its_own_events"}),
        (_read_only, {"lists_the_calendar"}),
        (_writes_twice, {"writing_twice_makes_one_event", "writing_at_once_makes_one_event"}),
        (_overwrites, {"notices_a_change_from_outside", "notices_a_deletion_from_outside"}),
        (_never_deletes, {"cancels_an_event"}),
        (_forgets_deletions, {"reports_what_changed"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_plugin_that_is_wrong_is_caught(
    failing: Callable[[], set[str]], memory: Memory, spoil: Callable[[Memory], None], caught: set[str]
) -> None:
    spoil(memory)
    assert caught <= failing()


def test_every_check_has_a_name_of_its_own_and_says_why() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(check.title and check.why.endswith(".") and check.run.__doc__ for check in CHECKS)
