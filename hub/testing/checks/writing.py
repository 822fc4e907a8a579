"""Checks of what is written: one event a booking, moved and removed as told, whatever is repeated."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

from hub.core.calendar import Event, Written
from hub.core.errors import Conflict, NotFound, ProviderError
from hub.testing import foreign
from hub.testing.checks.check import Check, Failed, expect, expect_times
from hub.testing.subject import DAY, Subject

HOUR = 3600
_HOSTILE = 'Müller; "Zahn", \\ 🦷\r\nATTENDEE:mailto:cyd@example.com\r\nATTACH:file:///etc/passwd'


def writes_an_event(subject: Subject) -> None:
    """A new event reads back as it was written, and its time is busy."""
    event = subject.event(subject.day() + 9 * HOUR)
    written = subject.create(event)
    found = subject.read(written)
    expect(found is not None, "the event is not there after it was written")
    expect(found is None or (found.start, found.end) == (event.start, event.end), "it reads back at other times")
    expect(found is None or not found.cancelled, "it reads back as cancelled")
    expect_times(subject.busy(event.start - HOUR, event.end + HOUR), [(event.start, event.end)], "the event of ours")


def knows_its_own_events(subject: Subject) -> None:
    """An event of ours comes back among the busy times with its uid."""
    event = subject.event(subject.day() + 9 * HOUR)
    subject.create(event)
    uids = [one.uid for one in subject.busy(event.start - HOUR, event.end + HOUR)]
    expect(uids == [event.uid], "the busy time of our own event does not carry its uid")


def writing_twice_makes_one_event(subject: Subject) -> None:
    """Repeating a write after an unknown outcome leaves one event."""
    event = subject.event(subject.day() + 9 * HOUR)
    first, second = subject.create(event), subject.create(event)
    expect(first.ref == second.ref, "the second write went to another place")
    _is_one(subject, event)


def writing_at_once_makes_one_event(subject: Subject) -> None:
    """Several workers that write the same event at the same time leave one."""
    event = subject.event(subject.day() + 9 * HOUR)

    def write(_n: int) -> Written | ProviderError:
        try:
            return subject.create(event)
        except ProviderError as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(write, range(4)))
    expect(any(isinstance(one, Written) for one in outcomes), "none of four writes at once succeeded")
    _is_one(subject, event)


def keeps_hostile_text_as_text(subject: Subject) -> None:
    """What a customer typed cannot become a property of the event."""
    event = subject.event(subject.day() + 9 * HOUR, summary=_HOSTILE, description=_HOSTILE, location=_HOSTILE)
    written = subject.create(event)
    found = subject.read(written)
    expect(found is not None and found.start == event.start, "the event is lost or moved by its text")
    text = subject.stranger.read(subject.calendar.ref, event.uid).replace("\r\n ", "").replace("\n ", "")
    names = {line.partition(":")[0].partition(";")[0].upper() for line in text.splitlines()}
    expect("BEGIN" in names, "the event cannot be read back as text")
    expect(not names & {"ATTENDEE", "ATTACH", "ORGANIZER"}, "a text became a property of the event")


def moves_an_event(subject: Subject) -> None:
    """A moved event is busy at the new time and free at the old one."""
    event = subject.event(subject.day() + 9 * HOUR)
    moved = _later(event)
    subject.update(subject.create(event), moved)
    seen = subject.busy(event.start - HOUR, moved.end + HOUR)
    expect_times(seen, [(moved.start, moved.end)], "a moved event")


def moving_twice_is_harmless(subject: Subject) -> None:
    """Repeating a move after an unknown outcome succeeds."""
    event = subject.event(subject.day() + 9 * HOUR)
    written, moved = subject.create(event), _later(event)
    subject.update(written, moved)
    subject.update(written, moved)
    _is_one(subject, moved)


def notices_a_change_from_outside(subject: Subject) -> None:
    """An event that somebody moved in the meantime is not overwritten: Conflict."""
    event = subject.event(subject.day() + 9 * HOUR)
    written = subject.create(event)
    theirs = (event.start + 5 * HOUR, event.end + 5 * HOUR)
    subject.stranger.write(subject.calendar.ref, event.uid, foreign.event(event.uid, *theirs))
    try:
        subject.update(written, _later(event))
    except Conflict:
        found = subject.read(written)
        expect(found is not None and (found.start, found.end) == theirs, "the other's change was overwritten")
        return
    raise Failed("the event was overwritten although somebody had moved it")


def notices_a_deletion_from_outside(subject: Subject) -> None:
    """An event that somebody deleted reads back as None, and moving it is NotFound."""
    event = subject.event(subject.day() + 9 * HOUR)
    written = subject.create(event)
    subject.stranger.remove(subject.calendar.ref, event.uid)
    expect(subject.read(written) is None, "a deleted event still reads back")
    try:
        subject.update(written, _later(event))
    except NotFound:
        return
    raise Failed("moving a deleted event did not say that it is gone")


def cancels_an_event(subject: Subject) -> None:
    """A cancelled event of ours is gone, and cancelling it again is a success."""
    event = subject.event(subject.day() + 9 * HOUR)
    written = subject.create(event)
    subject.cancel(written)
    expect(subject.read(written) is None, "the event is still there")
    expect_times(subject.busy(event.start - HOUR, event.end + HOUR), [], "a removed event")
    subject.cancel(written)


def finds_an_event_without_its_place(subject: Subject) -> None:
    """After an unknown outcome the event is found by its uid alone."""
    event = subject.event(subject.day() + 9 * HOUR)
    subject.create(event)
    found = subject.read(Written(event.uid, ""))
    expect(found is not None and found.start == event.start, "the event is not found by its uid")


def _later(event: Event) -> Event:
    return dataclasses.replace(event, start=event.start + 2 * HOUR, end=event.end + 2 * HOUR, sequence=1)


def _is_one(subject: Subject, event: Event) -> None:
    seen = subject.busy(event.start - DAY // 4, event.end + DAY // 4)
    expect_times(seen, [(event.start, event.end)], "an event written more than once")


WRITING = (
    Check("writes_an_event", "Writes an event and reads it back", "Bookings would not be seen.", writes_an_event),
    Check(
        "writing_twice_makes_one_event",
        "Repeating a write leaves one event",
        "A lost answer would leave two events.",
        writing_twice_makes_one_event,
    ),
    Check(
        "writing_at_once_makes_one_event",
        "Writing at the same time leaves one event",
        "Two workers would leave two events.",
        writing_at_once_makes_one_event,
    ),
    Check(
        "finds_an_event_without_its_place",
        "Finds an event by its uid",
        "The outcome of a broken-off write could not be told.",
        finds_an_event_without_its_place,
    ),
    Check(
        "knows_its_own_events",
        "Tells its own events from others",
        "Bookings would be reported as conflicts with themselves.",
        knows_its_own_events,
        needed=False,
    ),
    Check(
        "keeps_hostile_text_as_text",
        "Keeps odd texts as they are",
        "A customer's text could invite people.",
        keeps_hostile_text_as_text,
    ),
    Check("moves_an_event", "Moves an event", "Rescheduled times would stay blocked.", moves_an_event),
    Check(
        "moving_twice_is_harmless",
        "Repeating a move is harmless",
        "A lost answer would look like a conflict.",
        moving_twice_is_harmless,
    ),
    Check(
        "notices_a_change_from_outside",
        "Does not overwrite another's change",
        "What staff change in their calendar would be lost.",
        notices_a_change_from_outside,
        needed=False,
    ),
    Check(
        "notices_a_deletion_from_outside",
        "Notices that an event was deleted",
        "Bookings that staff deleted would go unnoticed.",
        notices_a_deletion_from_outside,
    ),
    Check("cancels_an_event", "Removes an event, and again", "Cancelled times would stay blocked.", cancels_an_event),
)
