"""Checks of what is read: every busy time is seen as busy, and free time as free."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from hub.testing import foreign
from hub.testing.checks.check import Check, expect, expect_times
from hub.testing.checks.meaning import clock_change
from hub.testing.subject import DAY, Subject

HOUR = 3600
_BERLIN = ZoneInfo("Europe/Berlin")


def lists_the_calendar(subject: Subject) -> None:
    """The scratch calendar is among the calendars, and writable."""
    calendars = subject.ask("hub_list_calendars")
    mine = [one for one in calendars if one.ref == subject.calendar.ref]
    expect(len(mine) == 1, f"{len(mine)} of {len(calendars)} listed calendars are the scratch calendar")
    expect(mine[0].writable, "the calendar is listed as read-only")


def free_time_is_free(subject: Subject) -> None:
    """A day without events has no busy time, next to a day with one."""
    day = subject.day()
    subject.foreign(lambda uid: foreign.event(uid, day + 9 * HOUR, day + 10 * HOUR))
    expect_times(subject.busy(day + 12 * HOUR, day + 20 * HOUR), [], "an empty afternoon")


def sees_an_event(subject: Subject) -> None:
    """An event of another program is busy at its very times."""
    day = subject.day()
    subject.foreign(lambda uid: foreign.event(uid, day + 9 * HOUR, day + 10 * HOUR))
    expect_times(subject.busy(day, day + DAY), [(day + 9 * HOUR, day + 10 * HOUR)], "one event")


def sees_an_event_that_began_before(subject: Subject) -> None:
    """An event that began long before the asked hour and still runs is seen."""
    day = subject.day()
    span = (day - 20 * HOUR, day + 20 * HOUR)
    subject.foreign(lambda uid: foreign.event(uid, *span))
    expect(len(subject.busy(day + HOUR, day + 2 * HOUR)) == 1, "an event that began the day before is not seen")


def sees_a_series(subject: Subject) -> None:
    """A daily series is busy on each day, but for one left out and one moved."""
    first = subject.day() + 9 * HOUR
    moved = first + 3 * DAY + 2 * HOUR

    def text(uid: str) -> str:
        series = foreign.component(
            uid,
            f"DTSTART:{foreign.utc(first)}",
            f"DTEND:{foreign.utc(first + HOUR)}",
            "RRULE:FREQ=DAILY;COUNT=4",
            f"EXDATE:{foreign.utc(first + DAY)}",
        )
        exception = foreign.component(
            uid,
            f"RECURRENCE-ID:{foreign.utc(first + 3 * DAY)}",
            f"DTSTART:{foreign.utc(moved)}",
            f"DTEND:{foreign.utc(moved + HOUR)}",
        )
        return foreign.calendar(series, exception)

    subject.foreign(text)
    subject.day()  # the series reaches into the next check's days
    expected = [(start, start + HOUR) for start in (first, first + 2 * DAY, moved)]
    expect_times(subject.busy(first - HOUR, first + 5 * DAY), expected, "a series with an exception")


def sees_a_series_from_long_ago(subject: Subject) -> None:
    """A weekly series that began years ago and has no end is still busy."""
    start = subject.day() + 9 * HOUR
    began = start - 7 * DAY * 150

    def text(uid: str) -> str:
        times = (f"DTSTART:{foreign.utc(began)}", f"DTEND:{foreign.utc(began + HOUR)}")
        return foreign.calendar(foreign.component(uid, *times, "RRULE:FREQ=WEEKLY;UNTIL=" + foreign.utc(start)))

    subject.foreign(text)
    expect_times(subject.busy(start - HOUR, start + 2 * HOUR), [(start, start + HOUR)], "an old weekly series")


def sees_a_series_across_a_clock_change(subject: Subject) -> None:
    """A series at nine o'clock in Berlin stays at nine o'clock when the clocks change."""
    change = clock_change(subject.start)
    first = change.replace(hour=9) - timedelta(days=1)
    starts = [int((first + timedelta(days=n)).replace(tzinfo=_BERLIN).timestamp()) for n in range(3)]

    def text(uid: str) -> str:
        times = (
            f"DTSTART;TZID=Europe/Berlin:{foreign.wall(first)}",
            f"DTEND;TZID=Europe/Berlin:{foreign.wall(first + timedelta(hours=1))}",
        )
        daily = foreign.component(uid, *times, "RRULE:FREQ=DAILY;COUNT=3")
        return foreign.calendar(foreign.BERLIN, daily)

    uid = subject.foreign(text)
    seen = [one for one in subject.busy(starts[0] - HOUR, starts[2] + 2 * HOUR) if one.uid in (uid, "")]
    expect_times(seen, [(start, start + HOUR) for start in starts], "a series across a change of clocks")


def sees_an_all_day_event(subject: Subject) -> None:
    """A whole day is busy, in whatever zone the calendar is."""
    day = subject.day()

    def text(uid: str) -> str:
        dates = (f"DTSTART;VALUE=DATE:{foreign.date(day)}", f"DTEND;VALUE=DATE:{foreign.date(day + DAY)}")
        return foreign.calendar(foreign.component(uid, *dates))

    subject.foreign(text)
    busy = subject.busy(day - DAY, day + 2 * DAY)
    covered = sum(max(0, min(one.end, day + DAY) - max(one.start, day)) for one in busy)
    expect(covered >= 10 * HOUR, f"an all-day event is busy for {covered // HOUR} of its hours")


def a_transparent_event_is_free(subject: Subject) -> None:
    """An event marked as free takes no time."""
    day = subject.day()
    subject.foreign(lambda uid: foreign.event(uid, day + 9 * HOUR, day + 10 * HOUR, "TRANSP:TRANSPARENT"))
    expect_times(subject.busy(day, day + DAY), [], "an event marked as free")


def a_cancelled_event_is_free(subject: Subject) -> None:
    """A cancelled event takes no time."""
    day = subject.day()
    subject.foreign(lambda uid: foreign.event(uid, day + 9 * HOUR, day + 10 * HOUR, "STATUS:CANCELLED"))
    expect_times(subject.busy(day, day + DAY), [], "a cancelled event")


READING = (
    Check(
        "lists_the_calendar",
        "Lists the calendar as writable",
        "Without it no calendar can be chosen.",
        lists_the_calendar,
    ),
    Check("sees_an_event", "Sees an event as busy", "Booked times would be offered again.", sees_an_event),
    Check(
        "sees_an_event_that_began_before",
        "Sees an event that is under way",
        "Times inside long events would be offered.",
        sees_an_event_that_began_before,
    ),
    Check("free_time_is_free", "Sees free time as free", "Nothing could be offered.", free_time_is_free),
    Check("sees_a_series", "Sees a series and its exceptions", "Recurring events would be booked over.", sees_a_series),
    Check(
        "sees_a_series_from_long_ago",
        "Sees a series that began years ago",
        "Old recurring events would be booked over.",
        sees_a_series_from_long_ago,
    ),
    Check(
        "sees_a_series_across_a_clock_change",
        "Keeps a series right across a clock change",
        "Twice a year events would be an hour off.",
        sees_a_series_across_a_clock_change,
    ),
    Check("sees_an_all_day_event", "Sees an all-day event", "Days off would be offered.", sees_an_all_day_event),
    Check(
        "a_transparent_event_is_free",
        "Takes events marked as free for free",
        "Fewer times than there are would be offered.",
        a_transparent_event_is_free,
        needed=False,
    ),
    Check(
        "a_cancelled_event_is_free",
        "Takes cancelled events for free",
        "Fewer times than there are would be offered.",
        a_cancelled_event_is_free,
        needed=False,
    ),
)
