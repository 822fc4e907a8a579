from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from hub.core.calendar import Busy, BusyKind, Window
from hub.ical.budget import Budget
from hub.ical.child import Expander
from hub.ical.read import FoundTimes, busy_from_ical, event_from_ical

Wrap = Callable[..., bytes]

LUNCH = "UID:lunch\nDTSTART:20260310T110000Z\nDTEND:20260310T120000Z"


def unreadable(window: Window) -> list[Busy]:
    return [Busy(window.start, window.end, BusyKind.UNREADABLE)]


def test_each_object_gets_its_own_list_of_busy_times(
    expander: Expander, march: Window, wrap: Wrap, instant: Callable[[str], int]
) -> None:
    early = wrap("UID:early\nDTSTART:20260310T060000Z\nDURATION:PT30M")

    found = busy_from_ical([wrap(LUNCH), early.decode()], march, zone="UTC", expander=expander)

    assert found == [
        [Busy(instant("2026-03-10T11:00"), instant("2026-03-10T12:00"), BusyKind.BUSY, "lunch")],
        [Busy(instant("2026-03-10T06:00"), instant("2026-03-10T06:30"), BusyKind.BUSY, "early")],
    ]


def test_without_an_expander_the_one_of_the_process_is_used(march: Window, wrap: Wrap) -> None:
    assert [busy.uid for busy in busy_from_ical([wrap(LUNCH)], march, zone="UTC")[0]] == ["lunch"]


def test_the_owner_may_be_given_as_people_write_addresses(expander: Expander, march: Window, wrap: Wrap) -> None:
    text = wrap(LUNCH + "\nATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.org")

    assert busy_from_ical([text], march, zone="", owner={"MAILTO:Ada@Example.org "}, expander=expander) == [[]]


# Bombs: each must be busy, in a bounded time, and must not spoil the object after it.

MANY_DATES = ",".join(
    f"2026{month:02}{day:02}T{hour:02}{minute:02}00Z"
    for month in range(1, 13)
    for day in range(1, 29)
    for hour in range(24)
    for minute in range(0, 60, 4)
)
BY_ALL = (
    "RRULE:FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR="
    + ",".join(map(str, range(24)))
    + ";BYMINUTE="
    + ",".join(map(str, range(60)))
    + ";BYSECOND="
    + ",".join(map(str, range(60)))
)
SMALL = Budget(steps=20_000, cpu_seconds=1)
OLD = "UID:bomb\nDTSTART:19700101T000000Z\nDURATION:PT1M\n"

BOMBS = {
    "a count of a billion minutes": OLD + "RRULE:FREQ=MINUTELY;COUNT=1000000000",
    "every second, for ever": OLD + "RRULE:FREQ=SECONDLY",
    "every minute, for ever": OLD + "RRULE:FREQ=MINUTELY",
    "every year by everything": OLD + BY_ALL,
    "every second that there never is": OLD + "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    "lower case keys": OLD + "rrule:freq=secondly;bymonth=2;bymonthday=30",
    "a place in a set that is never filled": OLD + "RRULE:FREQ=SECONDLY;BYSETPOS=200;BYSECOND=1",
    "an interval of nothing": OLD + "RRULE:FREQ=DAILY;INTERVAL=0",
    "an interval without end": OLD + "RRULE:FREQ=DAILY;INTERVAL=" + "9" * 400,
    "a hundred thousand dates": "UID:bomb\nDTSTART:20260101T000000Z\nDURATION:PT1M\nRDATE:" + MANY_DATES,
    "a duration longer than time": "UID:bomb\nDTSTART:20260310T000000Z\nDURATION:P99999999W",
    "the year ten thousand": "UID:bomb\nDTSTART:100000101T000000Z",
    "no start": "UID:bomb\nDTEND:20260310T120000Z",
    "a rule in another calendar": OLD + "RRULE:RSCALE=HEBREW;FREQ=YEARLY",
    "NUL in a time": "UID:bomb\nDTSTART:20260310\0T120000Z",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_busy_in_bounded_time_and_harms_no_other(
    bomb: str, expander: Expander, march: Window, wrap: Wrap
) -> None:
    begun = time.monotonic()

    found = busy_from_ical([wrap(bomb), wrap(LUNCH)], march, zone="UTC", budget=SMALL, expander=expander)

    assert found[0] == unreadable(march)
    assert [busy.uid for busy in found[1]] == ["lunch"]
    assert time.monotonic() - begun < 15


HOSTILE = {
    "nothing": b"",
    "spaces": b"  \r\n\r\n",
    "a web page": b"<!DOCTYPE html><html><body>BEGIN:VCALENDAR</body></html>",
    "zeros": b"\0" * 100_000,
    "cut short": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTART:20260310T1",
    "an event without a calendar": b"BEGIN:VEVENT\r\nUID:x\r\nDTSTART:20260310T110000Z\r\nEND:VEVENT\r\n",
    "another encoding": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".encode("utf-16"),
    "nested": b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 50_000 + b"END:VEVENT\r\n" * 50_000 + b"END:VCALENDAR\r\n",
    "ten megabytes": b"BEGIN:VCALENDAR\r\nX-A:" + b"a" * 10_000_000 + b"\r\nEND:VCALENDAR\r\n",
    "not Gregorian": b"BEGIN:VCALENDAR\r\nCALSCALE:HEBREW\r\nEND:VCALENDAR\r\n",
    "a path": b"/etc/passwd",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_calendar_is_busy(text: bytes, expander: Expander, march: Window) -> None:
    begun = time.monotonic()

    assert busy_from_ical([text], march, zone="UTC", expander=expander) == [unreadable(march)]
    assert time.monotonic() - begun < 10


FAT = {
    "folded lines": b"SUMMARY:" + b"\r\n a" * 1_000_000 + b"\r\n",
    "empty lines": b"\r\n" * 1_500_000,
    "a long line of quotes": b'ATTENDEE;CN="' + b'"' * 2_000_000 + b":mailto:x\r\n",
    "many parameters": b"ATTENDEE" + b";X=1" * 300_000 + b":mailto:x\r\n",
    "spaces around nothing": b"ATTENDEE;" + b" ;" * 500_000 + b":x\r\n",
}


@pytest.mark.parametrize("fat", FAT.values(), ids=FAT.keys())
def test_fat_text_costs_bounded_time_and_never_frees_the_event_in_it(
    fat: bytes, expander: Expander, march: Window, wrap: Wrap
) -> None:
    text = wrap(LUNCH).replace(b"END:VEVENT", fat + b"END:VEVENT")
    begun = time.monotonic()

    found = busy_from_ical([text, wrap(LUNCH)], march, zone="UTC", owner={"ada@example.org"}, expander=expander)

    assert found[0] in (found[1], unreadable(march))
    assert [busy.uid for busy in found[1]] == ["lunch"]
    assert time.monotonic() - begun < 15


HARMLESS = {
    "every day since 1970": "DTSTART:19700101T110000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY",
    "every half hour since 1970, for two hours": (
        "DTSTART:19700101T000000Z\nDURATION:PT1H\nRRULE:FREQ=MINUTELY;INTERVAL=30;BYHOUR=11;BYMINUTE=0"
    ),
    "a billion days": "DTSTART:19700101T110000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=1000000000",
    "until the year 9999": "DTSTART:19700101T110000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=99991231T235959Z",
    "an EXRULE that takes all away is not obeyed": (
        "DTSTART:20200101T110000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\nEXRULE:FREQ=DAILY"
    ),
    "lower case": "dtstart:20200101t110000z\nduration:pt1h\nrrule:freq=daily",
}


@pytest.mark.parametrize("lines", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_only_looks_like_a_bomb_is_read_right(
    lines: str, expander: Expander, march: Window, wrap: Wrap, instant: Callable[[str], int]
) -> None:
    found = busy_from_ical([wrap("UID:daily\n" + lines)], march, zone="UTC", expander=expander)[0]

    eleven = instant("2026-03-01T11:00")
    assert found == [
        Busy(eleven + day * 86400, eleven + day * 86400 + 3600, BusyKind.BUSY, "daily") for day in range(31)
    ]


def test_a_call_ends_at_its_deadline_and_what_it_did_not_reach_is_busy(
    expander: Expander, march: Window, wrap: Wrap
) -> None:
    bomb = wrap(BOMBS["every second that there never is"])
    begun = time.monotonic()

    found = busy_from_ical(
        [bomb] * 50 + [wrap(LUNCH)], march, zone="UTC", budget=Budget(call_seconds=1.5), expander=expander
    )

    assert found == [unreadable(march)] * 51
    assert time.monotonic() - begun < 5


def test_more_busy_times_than_the_budget_allows_are_busy_throughout(
    expander: Expander, march: Window, wrap: Wrap
) -> None:
    hourly = wrap("UID:x\nDTSTART:20260301T000000Z\nDURATION:PT1M\nRRULE:FREQ=HOURLY")

    found = busy_from_ical([hourly], march, zone="UTC", budget=Budget(occurrences=100), expander=expander)

    assert found == [unreadable(march)]


def test_five_hundred_simple_events_are_read_quickly(expander: Expander, march: Window, wrap: Wrap) -> None:
    texts = [
        wrap(f"UID:{n}\nDTSTART;TZID=Europe/Berlin:20260310T100000\nDTEND;TZID=Europe/Berlin:20260310T110000")
        for n in range(500)
    ]
    busy_from_ical(texts[:1], march, zone="UTC", expander=expander)
    begun = time.monotonic()

    found = busy_from_ical(texts, march, zone="UTC", expander=expander)

    assert time.monotonic() - begun < 2.0  # 0.2 s on an idle machine
    assert [busy.uid for each in found for busy in each] == [str(n) for n in range(500)]


def test_an_event_of_ours_is_read_back_as_a_server_rewrote_it(
    expander: Expander, wrap: Wrap, instant: Callable[[str], int]
) -> None:
    text = wrap(
        """UID:ours
        DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20260310T100000
        DURATION:PT45M
        SEQUENCE:4
        STATUS:CANCELLED
        TRANSP:TRANSPARENT
        X-SERVER:added"""
    )

    assert event_from_ical(text, "ours", expander=expander) == FoundTimes(
        instant("2026-03-10T09:00"), instant("2026-03-10T09:45"), 4, True
    )


@pytest.mark.parametrize("text", [b"", b"<html>", b"x" * 10_000_000], ids=["empty", "html", "large"])
def test_an_event_that_cannot_be_read_is_not_found(text: bytes, expander: Expander) -> None:
    assert event_from_ical(text, "ours", expander=expander) is None


def test_another_event_is_not_ours(expander: Expander, wrap: Wrap) -> None:
    assert event_from_ical(wrap(LUNCH), "ours", expander=expander) is None
