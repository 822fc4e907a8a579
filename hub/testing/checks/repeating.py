"""Checks of what is done twice or blindly: after a lost answer there is one event, or none, as it was meant."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import requests

from hub.core.calendar import Event, Written
from hub.core.errors import ProviderError
from hub.testing import foreign
from hub.testing.checks.check import Check, expect, expect_times
from hub.testing.lab.switches import Fault
from hub.testing.subject import DAY, Subject

HOUR = 3600
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_FAILURES = (ProviderError, requests.RequestException)


@contextmanager
def fault(
    subject: Subject, one: Fault, *, methods: frozenset[str] = frozenset(), times: int | None = None
) -> Iterator[None]:
    """Switch a fault on for a while."""
    assert subject.faults is not None, "the check says that it needs faults"
    subject.faults.turn(one, methods=methods, times=times)
    try:
        yield
    finally:
        subject.faults.turn(None)


def a_write_without_an_answer_leaves_one_event(subject: Subject) -> None:
    """An event that was written without an answer is there once after the repeat, and found before it."""
    _written_blindly(subject, Fault.WRITE_THEN_SILENCE)


def a_write_called_a_failure_leaves_one_event(subject: Subject) -> None:
    """The same, where the server does the write and answers with an error."""
    _written_blindly(subject, Fault.WRITE_THEN_DOWN)


def a_move_without_an_answer_can_be_repeated(subject: Subject) -> None:
    """A move that was done without an answer succeeds when it is repeated, and is no conflict with itself."""
    event = subject.event(subject.day() + 9 * HOUR)
    written, moved = subject.create(event), later(event)
    with fault(subject, Fault.WRITE_THEN_SILENCE, methods=_WRITING, times=1), suppress(*_FAILURES):
        subject.update(written, moved)
    subject.update(written, moved)
    _is_one(subject, moved)


def a_removal_without_an_answer_can_be_repeated(subject: Subject) -> None:
    """A removal that was done without an answer succeeds when it is repeated."""
    event = subject.event(subject.day() + 9 * HOUR)
    written = subject.create(event)
    with fault(subject, Fault.WRITE_THEN_SILENCE, methods=_WRITING, times=1), suppress(*_FAILURES):
        subject.cancel(written)
    subject.cancel(written)
    _is_none(subject, event)


def cancels_by_the_uid_alone(subject: Subject) -> None:
    """An event whose place is not known, because no answer came, is removed by its uid."""
    event = subject.event(subject.day() + 9 * HOUR)
    subject.create(event)
    subject.cancel(Written(event.uid, ""))
    expect(subject.read(Written(event.uid, "")) is None, "the event is still there")
    _is_none(subject, event)


def cancelling_what_was_never_written_is_a_success(subject: Subject) -> None:
    """Removing an event that never came to be touches nothing."""
    other = subject.day() + 9 * HOUR
    subject.foreign(lambda uid: foreign.event(uid, other, other + HOUR))
    subject.cancel(Written(subject.event(other).uid, ""))
    expect_times(subject.busy(other - HOUR, other + 2 * HOUR), [(other, other + HOUR)], "another's event")


def a_move_without_a_version_replaces(subject: Subject) -> None:
    """Without an etag a move wins over what somebody else changed: the booking is what was agreed."""
    event = subject.event(subject.day() + 9 * HOUR)
    written, moved = subject.create(event), later(event)
    theirs = (event.start + 5 * HOUR, event.end + 5 * HOUR)
    subject.stranger.write(subject.calendar.ref, event.uid, foreign.event(event.uid, *theirs))
    subject.update(dataclasses.replace(written, etag=""), moved)
    _is_one(subject, moved)


def later(event: Event) -> Event:
    """Return the event two hours later, as the next version."""
    return dataclasses.replace(event, start=event.start + 2 * HOUR, end=event.end + 2 * HOUR, sequence=1)


def _written_blindly(subject: Subject, how: Fault) -> None:
    event = subject.event(subject.day() + 9 * HOUR)
    with fault(subject, how, methods=_WRITING, times=1), suppress(*_FAILURES):
        subject.create(event)
    found = subject.read(Written(event.uid, ""))
    expect(found is not None and found.start == event.start, "the event was written and is not found by its uid")
    subject.create(event)
    _is_one(subject, event)


def _is_one(subject: Subject, event: Event) -> None:
    seen = subject.busy(event.start - DAY // 4, event.end + DAY // 4)
    expect_times(seen, [(event.start, event.end)], "an event that was written, perhaps more than once")


def _is_none(subject: Subject, event: Event) -> None:
    expect_times(subject.busy(event.start - HOUR, event.end + HOUR), [], "an event that was removed")


def _check(run: Callable[[Subject], None], title: str, why: str, *faults: Fault, needed: bool = True) -> Check:
    return Check(run.__name__, title, why, run, needed, faults=frozenset(faults))


REPEATING = (
    _check(cancels_by_the_uid_alone, "Removes an event by its uid", "A lost answer would leave an event behind."),
    _check(
        cancelling_what_was_never_written_is_a_success,
        "Removes nothing that is not there",
        "A booking that never reached the calendar could not be ended.",
    ),
    _check(
        a_move_without_a_version_replaces,
        "Puts an event where the booking is",
        "A changed event would stay where nobody agreed on.",
    ),
    _check(
        a_write_without_an_answer_leaves_one_event,
        "Leaves one event after a lost answer",
        "A lost answer would leave two events.",
        Fault.WRITE_THEN_SILENCE,
    ),
    _check(
        a_write_called_a_failure_leaves_one_event,
        "Leaves one event after a false error",
        "A false error would leave two events.",
        Fault.WRITE_THEN_DOWN,
    ),
    _check(
        a_move_without_an_answer_can_be_repeated,
        "Moves once after a lost answer",
        "A lost answer would look like another's change.",
        Fault.WRITE_THEN_SILENCE,
    ),
    _check(
        a_removal_without_an_answer_can_be_repeated,
        "Removes once after a lost answer",
        "Cancelled times would stay blocked.",
        Fault.WRITE_THEN_SILENCE,
    ),
)
