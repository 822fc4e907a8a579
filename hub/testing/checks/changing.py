"""Checks of keeping in step: what changed since a cursor, merged as the hub merges it, is what is there."""

from __future__ import annotations

from collections.abc import Mapping

from hub.core.calendar import Busy, Changes
from hub.core.errors import Gone
from hub.testing import foreign
from hub.testing.checks.check import Check, expect
from hub.testing.subject import DAY, Subject

HOUR = 3600
_Known = Mapping[str, tuple[Busy, ...]]


def reports_what_changed(subject: Subject) -> None:
    """A new, a moved and a deleted event each arrive with the next cursor."""
    day = subject.day()
    first = subject.changes(None)
    expect(first.complete, "reading without a cursor is not called complete")
    known = merged({}, first)

    uid = subject.foreign(lambda uid: foreign.event(uid, day + 9 * HOUR, day + 10 * HOUR))
    second = subject.changes(first.cursor)
    known = merged(known, second)
    holds(known, day, [(day + 9 * HOUR, day + 10 * HOUR)], "a new event")

    subject.stranger.write(subject.calendar.ref, uid, foreign.event(uid, day + 14 * HOUR, day + 15 * HOUR))
    third = subject.changes(second.cursor)
    known = merged(known, third)
    holds(known, day, [(day + 14 * HOUR, day + 15 * HOUR)], "a moved event")

    subject.stranger.remove(subject.calendar.ref, uid)
    fourth = subject.changes(third.cursor)
    holds(merged(known, fourth), day, [], "a deleted event")


def forgets_the_dates_that_a_series_lost(subject: Subject) -> None:
    """When a series gets shorter and later, only its new dates are left after the next look."""
    first = subject.day() + 9 * HOUR

    def text(uid: str, start: int, count: int) -> str:
        times = (f"DTSTART:{foreign.utc(start)}", f"DTEND:{foreign.utc(start + HOUR)}")
        return foreign.calendar(foreign.component(uid, *times, f"RRULE:FREQ=DAILY;COUNT={count}"))

    uid = subject.foreign(lambda uid: text(uid, first, 3))
    subject.day()
    before = subject.changes(None)
    later = first + 2 * HOUR
    subject.stranger.write(subject.calendar.ref, uid, text(uid, later, 2))
    known = merged(merged({}, before), subject.changes(before.cursor))
    for number, expected in enumerate([[(later, later + HOUR)], [(later + DAY, later + DAY + HOUR)], []]):
        holds(known, first // DAY * DAY + number * DAY, expected, f"day {number + 1} of a series that was changed")


def names_our_events_among_the_changes(subject: Subject) -> None:
    """An event of ours comes with its uid, so that it is known for what it is."""
    event = subject.event(subject.day() + 9 * HOUR)
    cursor = subject.changes(None).cursor
    subject.create(event)
    busy = [one for change in subject.changes(cursor).items for one in change.busy or () if one.start == event.start]
    expect([one.uid for one in busy] == [event.uid], "our own event comes among the changes without its uid")


def reports_nothing_when_nothing_changed(subject: Subject) -> None:
    """Asking again at once names no change."""
    cursor = subject.changes(None).cursor
    again = subject.changes(cursor)
    expect(not again.items or again.complete, f"{len(again.items)} changes are reported although nothing changed")
    expect(not again.items, "everything is read again each time")


def old_cursors_lead_to_a_full_read(subject: Subject) -> None:
    """A cursor that the server does not know leads to Gone or to a complete answer; nothing deleted lives on."""
    day = subject.day()
    uid = subject.foreign(lambda uid: foreign.event(uid, day + 9 * HOUR, day + 10 * HOUR))
    first = subject.changes(None)
    subject.stranger.remove(subject.calendar.ref, uid)
    try:
        answer = subject.changes(first.cursor[:-6] + "000000")
    except Gone:
        answer = subject.changes(None)
    holds(merged(merged({}, first), answer), day, [], "an event deleted before the cursor was lost")


def merged(known: _Known, changes: Changes) -> _Known:
    """Return what is known after an answer, as the hub keeps it."""
    now = {} if changes.complete else dict(known)
    for change in changes.items:
        now.pop(change.item, None)
        if change.busy is not None:
            now[change.item] = change.busy
    return now


def holds(known: _Known, day: int, expected: list[tuple[int, int]], what: str) -> None:
    """Raise Failed unless these are the busy times of that day, as the hub keeps them."""
    seen = sorted({(one.start, one.end) for busy in known.values() for one in busy if day <= one.start < day + DAY})
    expect(seen == expected, f"{what} is not seen as it is after asking for changes")


CHANGING = (
    Check(
        "reports_what_changed",
        "Tells what changed since last time",
        "The hub would work with old times.",
        reports_what_changed,
    ),
    Check(
        "forgets_the_dates_that_a_series_lost",
        "Forgets the dates that a series lost",
        "Times that are free again would stay blocked.",
        forgets_the_dates_that_a_series_lost,
    ),
    Check(
        "names_our_events_among_the_changes",
        "Tells its own events from others among the changes",
        "Bookings would be reported as conflicts with themselves.",
        names_our_events_among_the_changes,
        needed=False,
    ),
    Check(
        "old_cursors_lead_to_a_full_read",
        "Reads everything again when the server forgot",
        "Deleted and new events would go unnoticed.",
        old_cursors_lead_to_a_full_read,
    ),
    Check(
        "reports_nothing_when_nothing_changed",
        "Tells cheaply that nothing changed",
        "Each look reads more than it needs to: slow, but right.",
        reports_nothing_when_nothing_changed,
        needed=False,
    ),
)
