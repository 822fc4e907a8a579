from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.core.calendar import Window
from hub.core.errors import InputError
from hub.ical.budget import BUDGET, Budget
from hub.ical.expand import busy_in, event_in

BusyTimes = Callable[..., list[str]]
Wrap = Callable[..., bytes]


def test_busy_times_carry_the_event_id_and_nothing_else_of_it(march: Window, wrap: Wrap) -> None:
    text = wrap("UID:a\nSUMMARY:secret\nDTSTART:20260310T110000Z\nDTEND:20260310T120000Z")

    (found,) = busy_in(text, march, "", frozenset(), BUDGET)

    assert found.uid == "a"
    assert "secret" not in repr(found)


def test_a_very_long_id_is_cut(march: Window, wrap: Wrap) -> None:
    text = wrap("UID:" + "a" * 10_000 + "\nDTSTART:20260310T110000Z\nDURATION:PT1H")

    assert len(busy_in(text, march, "", frozenset(), BUDGET)[0].uid) == 255


def test_only_what_touches_the_window_counts(busy: BusyTimes, instant: Callable[[str], int]) -> None:
    window = Window(instant("2026-03-10T10:00"), instant("2026-03-10T11:00"))
    events = "\n".join(
        f"BEGIN:VEVENT\nUID:{start}\nDTSTART:20260310T{start}Z\nDTEND:20260310T{end}Z\nEND:VEVENT"
        for start, end in (("080000", "100000"), ("090000", "101500"), ("103000", "120000"), ("110000", "113000"))
    )

    assert busy(events, "", window=window) == ["03-10 09:00 - 03-10 10:15", "03-10 10:30 - 03-10 12:00"]


def test_several_events_and_calendars_in_one_text_all_count(march: Window, wrap: Wrap) -> None:
    one, two = (wrap(f"UID:{n}\nDTSTART:2026031{n}T110000Z\nDURATION:PT1H") for n in (1, 2))

    assert [found.uid for found in busy_in(one + two, march, "", frozenset(), BUDGET)] == ["1", "2"]


def test_two_events_with_one_uid_both_count(busy: BusyTimes) -> None:
    events = """BEGIN:VEVENT
        UID:a
        SEQUENCE:1
        DTSTART:20260310T110000Z
        DURATION:PT1H
        END:VEVENT
        BEGIN:VEVENT
        UID:a
        SEQUENCE:2
        DTSTART:20260311T110000Z
        DURATION:PT1H
        END:VEVENT"""

    assert busy(events, "") == ["03-10 11:00 - 03-10 12:00", "03-11 11:00 - 03-11 12:00"]


def test_events_without_a_uid_do_not_belong_together(busy: BusyTimes) -> None:
    events = """BEGIN:VEVENT
        DTSTART:20260310T110000Z
        DURATION:PT1H
        END:VEVENT
        BEGIN:VEVENT
        RECURRENCE-ID:20260310T110000Z
        DTSTART:20260311T110000Z
        DURATION:PT1H
        END:VEVENT"""

    assert busy(events, "") == ["03-10 11:00 - 03-10 12:00", "03-11 11:00 - 03-11 12:00"]


@pytest.mark.parametrize("component", ["VTODO", "VJOURNAL", "VALARM", "X-THING"])
def test_other_components_leave_the_time_free(busy: BusyTimes, component: str) -> None:
    assert busy("UID:a\nDTSTART:20260310T110000Z\nDURATION:PT1H", component) == []


def test_an_alarm_inside_does_not_change_its_event(busy: BusyTimes) -> None:
    lines = """DTSTART:20260310T110000Z
        BEGIN:VALARM
        DTSTART:20260301T000000Z
        DURATION:PT9H
        ATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.org
        END:VALARM
        DURATION:PT1H"""

    assert busy(lines, owner=frozenset({"ada@example.org"})) == ["03-10 11:00 - 03-10 12:00"]


def test_an_empty_calendar_is_free(busy: BusyTimes) -> None:
    assert busy("X-EMPTY:yes", "") == []


def test_free_busy_answers_are_read_with_their_types(busy: BusyTimes) -> None:
    lines = """DTSTART:20260301T000000Z
        DTEND:20260401T000000Z
        FREEBUSY:20260310T080000Z/20260310T090000Z,20260311T080000Z/PT30M
        FREEBUSY;FBTYPE=BUSY:20260312T080000Z/PT1H
        FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260313T080000Z/PT1H
        FREEBUSY;FBTYPE=busy-tentative:20260314T080000Z/PT1H
        FREEBUSY;FBTYPE=X-NEW:20260315T080000Z/PT1H
        FREEBUSY;FBTYPE=FREE:20260316T080000Z/PT1H
        FREEBUSY:20260501T080000Z/PT1H"""

    assert busy(lines, "VFREEBUSY") == [
        "03-10 08:00 - 03-10 09:00",
        "03-11 08:00 - 03-11 08:30",
        "03-12 08:00 - 03-12 09:00",
        "03-13 08:00 - 03-13 09:00",
        "03-14 08:00 - 03-14 09:00 tentative",
        "03-15 08:00 - 03-15 09:00",
    ]


def test_a_free_busy_answer_that_names_no_period_is_refused(busy: BusyTimes) -> None:
    with pytest.raises(InputError):
        busy("FREEBUSY:20260310T080000Z", "VFREEBUSY")


def test_an_event_that_leaves_the_time_free_need_not_be_readable(busy: BusyTimes) -> None:
    assert busy("TRANSP:TRANSPARENT\nDTSTART:nonsense") == []


def test_the_same_time_twice_is_told_once_and_charged_once(busy: BusyTimes) -> None:
    lines = "DTSTART:20260310T110000Z\nDURATION:PT1H\nRDATE:20260310T110000Z,20260310T110000Z"

    assert busy(lines, budget=Budget(occurrences=1)) == ["03-10 11:00 - 03-10 12:00"]


def test_too_many_times_are_over_the_budget(busy: BusyTimes) -> None:
    lines = "DTSTART:20260310T110000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3"

    assert len(busy(lines, budget=Budget(occurrences=3))) == 3
    with pytest.raises(InputError) as caught:
        busy(lines, budget=Budget(occurrences=2))
    assert caught.value.code == "over_budget"


def test_our_event_is_found_among_others_by_its_id(wrap: Wrap, instant: Callable[[str], int]) -> None:
    text = wrap(
        """BEGIN:VEVENT
        UID:other
        DTSTART:20260309T110000Z
        DURATION:PT1H
        END:VEVENT
        BEGIN:VEVENT
        UID:ours
        RECURRENCE-ID:20260311T110000Z
        DTSTART:20260312T110000Z
        END:VEVENT
        BEGIN:VEVENT
        UID:ours
        DTSTART;TZID=Europe/Berlin:20260310T110000
        DTEND:20260310T103000Z
        SEQUENCE:7
        END:VEVENT""",
        "",
    )

    assert event_in(text, "ours", "") == (instant("2026-03-10T10:00"), instant("2026-03-10T10:30"), 7, False)
    assert event_in(text, "none", "") is None


def test_our_event_in_an_unknown_zone_is_not_told_as_if_its_time_were_known(wrap: Wrap) -> None:
    assert event_in(wrap("UID:ours\nDTSTART;TZID=Nowhere:20260310T110000\nDURATION:PT1H"), "ours", "") is None


@pytest.mark.parametrize("sequence", ["SEQUENCE:x", "SEQUENCE:-1", "SEQUENCE:" + "9" * 5000, "X-NONE:1"])
def test_our_event_without_a_readable_sequence_counts_as_its_first_version(wrap: Wrap, sequence: str) -> None:
    found = event_in(wrap(f"UID:ours\nDTSTART:20260310T110000Z\nDURATION:PT1H\n{sequence}"), "ours", "")

    assert found is not None
    assert found[2] == 0
