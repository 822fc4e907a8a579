"""Checks of what events mean: exceptions of a series, whole days, clock changes, answers to invitations, odd zones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hub.core.calendar import BusyKind
from hub.testing import foreign
from hub.testing.checks.check import Check, Limit, Need, expect, expect_times
from hub.testing.subject import DAY, Subject

HOUR = 3600
_BERLIN = ZoneInfo("Europe/Berlin")
_OFFICE = "ORGANIZER:mailto:office@example.com"


def keeps_the_exceptions_of_a_zoned_series(subject: Subject) -> None:
    """In a series of wall clock times, one date left out, one moved and one cancelled are seen as that."""
    first = _berlin(subject.day()).replace(hour=9)
    days = [first + timedelta(days=n) for n in range(5)]

    def text(uid: str) -> str:
        series = foreign.component(
            uid, *_zoned(first, first + timedelta(hours=1)), "RRULE:FREQ=DAILY;COUNT=5", f"EXDATE{_at(days[1])}"
        )
        later = days[2] + timedelta(hours=3)
        moved = foreign.component(uid, f"RECURRENCE-ID{_at(days[2])}", *_zoned(later, later + timedelta(hours=2)))
        dropped = foreign.component(
            uid, f"RECURRENCE-ID{_at(days[3])}", *_zoned(days[3], days[3] + timedelta(hours=1)), "STATUS:CANCELLED"
        )
        return foreign.calendar(foreign.BERLIN, series, moved, dropped)

    subject.foreign(text)
    subject.day()
    expected = [_span(days[0]), _span(days[2] + timedelta(hours=3), 2), _span(days[4])]
    seen = subject.busy(_utc(first) - HOUR, _utc(days[4]) + 2 * HOUR)
    expect_times(seen, expected, "a series with one date left out, one moved and one cancelled")


def keeps_a_whole_day_in_the_calendars_zone(subject: Subject) -> None:
    """An all-day event is busy from midnight to midnight where the calendar is; where that is unknown, no less."""
    day, zone = subject.day(), subject.calendar.zone

    def text(uid: str) -> str:
        dates = (f"DTSTART;VALUE=DATE:{foreign.date(day)}", f"DTEND;VALUE=DATE:{foreign.date(day + DAY)}")
        return foreign.calendar(foreign.component(uid, *dates))

    subject.foreign(text)
    here = _midnight(day, ZoneInfo(zone) if zone else ZoneInfo("UTC"))
    until = here + DAY
    seen = subject.busy(day - DAY, day + 2 * DAY)
    expect(any(one.start <= here and one.end >= until for one in seen), "a part of the whole day is free")
    exact = not zone or [(one.start, one.end) for one in seen] == [(here, until)]
    if not exact:
        raise Limit("a whole day takes more than the day where the calendar is")


def sees_a_time_that_the_clock_skips(subject: Subject) -> None:
    """An event at half past two in the night without that hour has the offset from before (RFC 5545 3.3.5)."""
    day = clock_change(subject.start, forward=True)
    begin = int(datetime(day.year, day.month, day.day, 2, 30, tzinfo=_BERLIN).timestamp())
    _expect_in_the_night(subject, day, (begin, begin + HOUR), "an event in the hour that the clock skips")


def sees_a_time_that_comes_twice(subject: Subject) -> None:
    """An event at half past two on the day when that hour comes twice begins with the first (RFC 5545 3.3.5)."""
    day = clock_change(subject.start, forward=False)
    begin = int(datetime(day.year, day.month, day.day, 2, 30, tzinfo=_BERLIN).timestamp())
    _expect_in_the_night(subject, day, (begin, begin + 3 * HOUR), "an event in the hour that comes twice")


def sees_an_unknown_zone_as_busy(subject: Subject) -> None:
    """An event in a zone that nobody knows is busy whenever it could be."""
    day = subject.day()
    wall = foreign.wall(datetime.fromtimestamp(day + 9 * HOUR, ZoneInfo("UTC")))
    until = foreign.wall(datetime.fromtimestamp(day + 10 * HOUR, ZoneInfo("UTC")))
    zone = "TZID=Olympus Mons Summer Time"
    subject.foreign(
        lambda uid: foreign.calendar(foreign.component(uid, f"DTSTART;{zone}:{wall}", f"DTEND;{zone}:{until}"))
    )
    seen = subject.busy(day - DAY, day + 2 * DAY)
    sure = any(one.start <= day + 9 * HOUR and one.end >= day + 10 * HOUR for one in seen)
    expect(sure, "an event in a zone that nobody knows leaves its time free")


def tells_a_tentative_event(subject: Subject) -> None:
    """An event marked as tentative is busy, and of that kind."""
    _expect_kind(subject, BusyKind.TENTATIVE, "STATUS:TENTATIVE")


def tells_an_unanswered_invitation(subject: Subject) -> None:
    """An invitation that the calendar's owner has not answered is busy, and of that kind."""
    _expect_kind(subject, BusyKind.UNANSWERED, *_invited(subject, "NEEDS-ACTION"))


def tells_a_tentative_answer(subject: Subject) -> None:
    """An invitation that the owner may come to is busy, and of that kind."""
    _expect_kind(subject, BusyKind.TENTATIVE, *_invited(subject, "TENTATIVE"))


def an_accepted_invitation_is_busy(subject: Subject) -> None:
    """An invitation that the owner accepted is busy for certain."""
    _expect_kind(subject, BusyKind.BUSY, *_invited(subject, "ACCEPTED"))


def a_declined_invitation_is_free(subject: Subject) -> None:
    """An invitation that the owner declined takes no time."""
    day = subject.day()
    lines = _invited(subject, "DECLINED")
    subject.foreign(lambda uid: foreign.event(uid, day + 9 * HOUR, day + 10 * HOUR, *lines))
    expect_times(subject.busy(day, day + DAY), [], "a declined invitation")


def clock_change(start: int, *, forward: bool | None = None) -> datetime:
    """Return the next midnight in Berlin, a day or more after ``start``, on whose day the clocks change that way."""
    day = _berlin(start) + timedelta(days=1)
    while True:
        change = _offset(day + timedelta(days=1)) - _offset(day)
        if change and forward in (None, change > timedelta()):
            return day
        day += timedelta(days=1)


def _expect_kind(subject: Subject, kind: BusyKind, *lines: str) -> None:
    """Raise Failed if such an event leaves its time free, Limit if it is only of another kind."""
    day = subject.day()
    subject.foreign(lambda uid: foreign.event(uid, day + 9 * HOUR, day + 10 * HOUR, *lines))
    seen = subject.busy(day, day + DAY)
    expect_times(seen, [(day + 9 * HOUR, day + 10 * HOUR)], f"an event of the kind {kind}")
    if [one.kind for one in seen] != [kind]:
        raise Limit(f"an event of the kind {kind} is taken for {seen[0].kind}")


def _invited(subject: Subject, answer: str) -> tuple[str, ...]:
    return _OFFICE, f"ATTENDEE;PARTSTAT={answer}:mailto:{subject.owner}"


def _expect_in_the_night(subject: Subject, day: datetime, span: tuple[int, int], what: str) -> None:
    """Write an event from half past two to half past four; other checks may have written into the same day.

    Servers differ about such hours. An event that is not seen is a danger, one that is seen beside its time a limit.
    """
    wall = _zoned(day + timedelta(hours=2.5), day + timedelta(hours=4.5))
    uid = subject.foreign(lambda uid: foreign.calendar(foreign.BERLIN, foreign.component(uid, *wall)))
    seen = [one for one in subject.busy(span[0] - HOUR, span[1] + HOUR) if one.uid in (uid, "")]
    expect(bool(seen), f"{what} is not seen")
    if [(one.start, one.end) for one in seen] != [span]:
        raise Limit(f"{what} is seen at another time")


def _zoned(start: datetime, end: datetime) -> tuple[str, str]:
    return f"DTSTART{_at(start)}", f"DTEND{_at(end)}"


def _at(wall: datetime) -> str:
    return f";TZID=Europe/Berlin:{foreign.wall(wall)}"


def _berlin(seconds: int) -> datetime:
    """Return the midnight in Berlin of the day of an instant, as a wall clock."""
    return datetime.fromtimestamp(seconds, _BERLIN).replace(hour=0, minute=0, second=0, tzinfo=None)


def _midnight(day: int, zone: ZoneInfo) -> int:
    date = datetime.fromtimestamp(day, ZoneInfo("UTC"))
    return int(datetime(date.year, date.month, date.day, tzinfo=zone).timestamp())


def _utc(wall: datetime) -> int:
    return int(wall.replace(tzinfo=_BERLIN).timestamp())


def _span(wall: datetime, hours: int = 1) -> tuple[int, int]:
    return _utc(wall), _utc(wall) + hours * HOUR


def _offset(day: datetime) -> timedelta:
    return day.replace(tzinfo=_BERLIN).utcoffset() or timedelta()


def _check(run: Callable[[Subject], None], title: str, why: str, *needs: Need, needed: bool = True) -> Check:
    return Check(run.__name__, title, why, run, needed, frozenset(needs))


MEANING = (
    _check(
        keeps_the_exceptions_of_a_zoned_series,
        "Keeps the exceptions of a series in its zone",
        "A moved date would be offered, and a cancelled one blocked.",
    ),
    _check(
        keeps_a_whole_day_in_the_calendars_zone,
        "Takes a whole day from midnight to midnight",
        "The edges of a day off would be offered.",
    ),
    _check(
        sees_a_time_that_the_clock_skips,
        "Sees an event in the hour that the clock skips",
        "It would be booked over.",
    ),
    _check(sees_a_time_that_comes_twice, "Sees an event in the hour that comes twice", "It would be booked over."),
    _check(sees_an_unknown_zone_as_busy, "Takes an unknown zone for busy", "Its events would be booked over."),
    _check(tells_a_tentative_event, "Tells a tentative event", "Tentative events would be treated like certain ones."),
    _check(
        tells_an_unanswered_invitation,
        "Tells an unanswered invitation",
        "Open invitations would be treated like certain ones.",
        Need.OWNER,
    ),
    _check(
        tells_a_tentative_answer,
        "Tells an invitation that may be kept",
        "Those would be treated like certain ones.",
        Need.OWNER,
    ),
    _check(
        an_accepted_invitation_is_busy,
        "Sees an accepted invitation as busy",
        "Accepted invitations would be booked over.",
        Need.OWNER,
    ),
    _check(
        a_declined_invitation_is_free,
        "Takes a declined invitation for free",
        "Fewer times than there are would be offered.",
        Need.OWNER,
        needed=False,
    ),
)
