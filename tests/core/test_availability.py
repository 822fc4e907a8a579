from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings

from hub.core.availability import Holder, bookable, offer, reach
from hub.core.calendar import Window
from hub.core.hours import DayWindow, WeeklyHours, always_open, open_spans
from hub.core.interval import Span, clip
from hub.core.reason import Reason
from hub.core.service import Anchor, Service, StaffRule
from tests.core.oracle import Person, naive_offer
from tests.core.situations import Situation, situations

DAY = 1_812_931_200  # 2027-06-14T00:00Z, a Monday
HOURS = WeeklyHours("UTC", tuple(DayWindow(weekday, 540, 720) for weekday in range(7)))
WINDOW = Window(DAY, DAY + 86_400)
VISIT = Service(id="visit", duration=1800, step=1800, horizon=30 * 86_400, staff=("ada",))


def at(text: str) -> int:
    hour, minute = text.split(":")
    return DAY + int(hour) * 3600 + int(minute) * 60


def span(text: str) -> Span:
    start, end = text.split("-")
    return at(start), at(end)


def member(name: str, *busy: str, hours: WeeklyHours = HOURS, withheld: Reason | None = None) -> Holder:
    return Holder(name, open_spans(hours, WINDOW), tuple(map(span, busy)), withheld=withheld)


def room(name: str, *busy: str) -> Holder:
    return Holder(name, always_open(), tuple(map(span, busy)))


def clock(starts: list[int]) -> list[str]:
    return [f"{(start - DAY) // 3600:02}:{(start - DAY) % 3600 // 60:02}" for start in starts]


def found(service: Service, *holders: Holder, now: int = DAY) -> list[str]:
    return clock(offer(service, holders, WINDOW, now).starts)


def test_a_free_morning_is_offered_step_by_step_to_its_end() -> None:
    assert found(VISIT, member("ada")) == ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]


def test_busy_times_take_what_they_overlap_and_nothing_that_they_touch() -> None:
    assert found(VISIT, member("ada", "09:30-10:00", "10:45-10:46")) == ["09:00", "10:00", "11:00", "11:30"]


def test_buffers_need_free_time_but_may_stick_out_of_the_hours() -> None:
    buffered = replace(VISIT, before=1800, after=900)
    assert found(buffered, member("ada")) == ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]
    assert found(buffered, member("ada", "10:30-11:00")) == ["09:00", "09:30", "11:30"]
    assert found(buffered, member("ada", "08:00-08:40", "12:10-13:00")) == ["09:30", "10:00", "10:30", "11:00"]


def test_own_appointments_block_with_the_buffers_they_came_with() -> None:
    ada = replace(member("ada", "09:10-09:20"), claimed=(span("10:15-11:05"),))
    assert found(VISIT, ada) == ["09:30", "11:30"]


def test_notice_is_kept_to_the_second_and_the_horizon_ends_before_its_last() -> None:
    service = replace(VISIT, notice=3600, horizon=3 * 3600)
    assert found(service, member("ada"), now=at("8:30")) == ["09:30", "10:00", "10:30", "11:00"]
    assert found(service, member("ada"), now=at("8:30") + 1) == ["10:00", "10:30", "11:00", "11:30"]


def test_marks_on_the_clock_count_from_local_midnight() -> None:
    hours = WeeklyHours("Asia/Kathmandu", (DayWindow(0, 540, 720),))  # +05:45
    service = replace(VISIT, step=3600)
    assert found(service, member("ada", hours=hours)) == ["03:15", "04:15", "05:15"]
    uneven = WeeklyHours("UTC", (DayWindow(0, 560, 720),))
    assert found(replace(VISIT, step=1500), member("ada", hours=uneven)) == [
        "09:35",
        "10:00",
        "10:25",
        "10:50",
        "11:15",
    ]


def test_marks_follow_the_wall_clock_over_a_change() -> None:
    hours = WeeklyHours("Australia/Lord_Howe", (DayWindow(6, 0, 360),))  # 02:00 becomes 02:30
    day = 1_822_485_600  # 2027-10-02T14:00Z: 00:30 of that Sunday
    window = Window(day - 3600, day + 6 * 3600)
    ada = Holder("ada", open_spans(hours, window))
    starts = offer(replace(VISIT, step=3600), [ada], window, day - 86_400).starts
    assert [(start - day) // 60 for start in starts] == [-30, 30, 120, 180, 240]


def test_a_gap_anchor_starts_where_a_gap_starts_rounded_up_to_five_minutes() -> None:
    gaps = replace(VISIT, anchor=Anchor.GAP)
    assert found(gaps, member("ada", "09:37-10:12")) == ["09:00", "10:15", "10:45", "11:15"]
    assert found(replace(gaps, before=600), member("ada", "09:37-10:12")) == ["09:00", "10:25", "10:55", "11:25"]


def test_a_gap_is_counted_from_its_own_start_however_late_the_search_begins() -> None:
    gaps, ada = replace(VISIT, anchor=Anchor.GAP), member("ada", "09:00-09:20")
    late = offer(gaps, [ada], Window(at("10:00"), at("12:00")), DAY)
    assert clock(late.starts) == ["10:20", "10:50", "11:20"]
    assert found(replace(gaps, notice=3600), ada, now=at("9:00")) == ["10:20", "10:50", "11:20"]


def test_any_of_the_staff_is_enough_and_the_offer_knows_who() -> None:
    service = replace(VISIT, staff=("ada", "ben"))
    result = offer(service, [member("ben", "09:30-12:00"), member("ada", "09:00-11:00")], WINDOW, DAY)
    assert clock(result.starts) == ["09:00", "11:00", "11:30"]
    assert result.staff_at(at("9:00")) == ("ben",)
    assert result.staff_at(at("9:30")) == ()
    assert result.pairs() == [(at("11:00"), "ada"), (at("11:30"), "ada"), (at("9:00"), "ben")]


def test_all_of_the_staff_must_be_free_together_on_the_clock_of_the_first() -> None:
    together = replace(VISIT, staff=("ada", "ben"), staff_rule=StaffRule.ALL, step=3600)
    abroad = WeeklyHours("Asia/Kathmandu", (DayWindow(0, 885, 1065),))
    assert found(together, member("ada", "09:00-09:30"), member("ben", hours=abroad)) == ["10:00", "11:00"]
    assert found(together, member("ada")) == []


def test_all_of_the_staff_share_their_gaps() -> None:
    together = replace(VISIT, staff=("ada", "ben"), staff_rule=StaffRule.ALL, anchor=Anchor.GAP)
    assert found(together, member("ada", "09:00-09:10"), member("ben", "10:00-10:20")) == [
        "09:10",
        "10:20",
        "10:50",
        "11:20",
    ]


def test_who_is_withheld_or_missing_is_offered_nothing() -> None:
    service = replace(VISIT, staff=("ada", "ben"))
    assert found(service, member("ada", withheld=Reason.CALENDAR_STALE)) == []
    assert found(replace(VISIT, staff=()), member("ada")) == []


def test_a_resource_of_each_group_must_be_free_for_the_buffers_too() -> None:
    service = replace(VISIT, before=1800, resources=(("attic", "cellar"), ("van",)))
    holders = [member("ada"), room("attic", "09:00-10:00"), room("cellar", "09:30-12:00"), room("van", "11:00-11:10")]
    assert found(service, *holders) == ["09:00", "10:30"]
    assert found(service, *holders[:3]) == []


def test_groups_that_share_resources_need_one_each() -> None:
    service = replace(VISIT, resources=(("attic", "cellar"), ("attic",)))
    assert found(service, member("ada"), room("attic"), room("cellar", "09:00-11:00")) == ["11:00", "11:30"]


def test_a_slot_may_run_over_midnight_where_hours_do() -> None:
    hours = WeeklyHours("UTC", (DayWindow(0, 1380, 1440), DayWindow(1, 0, 60)))
    ada = Holder("ada", open_spans(hours, WINDOW))
    assert found(replace(VISIT, duration=3600), ada) == ["23:00", "23:30"]


def test_nothing_is_bookable_where_notice_and_horizon_leave_nothing() -> None:
    assert bookable(replace(VISIT, notice=86_400), WINDOW, DAY) is None
    assert offer(VISIT, [member("ada")], WINDOW, DAY - 31 * 86_400).starts == []


@settings(max_examples=120, deadline=None)
@given(situations())
def test_an_offer_is_what_asking_every_five_minutes_finds(case: Situation) -> None:
    assert engine(case, case.people) == naive_offer(case.service, case.people, case.window, case.now)


@pytest.mark.parametrize(("before", "block", "start"), [(0, "09:00-09:20", "10:20"), (600, "08:30-08:55", "10:05")])
def test_the_reach_holds_what_the_gap_is_counted_from(before: int, block: str, start: str) -> None:
    gaps, window = replace(VISIT, anchor=Anchor.GAP, before=before), Window(at("10:00"), at("10:30"))
    frame = reach(gaps, window)
    ada = Holder("ada", open_spans(HOURS, window), clip([span(block)], frame.start, frame.end))
    assert clock(offer(gaps, [ada], window, DAY).starts) == [start]


@settings(max_examples=60, deadline=None)
@given(situations(seconds=7))
def test_blocked_times_beyond_the_reach_change_nothing(case: Situation) -> None:
    frame = reach(case.service, case.window)

    def near(spans: tuple[Span, ...]) -> tuple[Span, ...]:
        return tuple(span for span in spans if span[0] < frame.end and span[1] > frame.start)

    trimmed = {one: replace(who, busy=near(who.busy), claimed=near(who.claimed)) for one, who in case.people.items()}
    assert engine(case, trimmed) == engine(case, case.people)


def engine(case: Situation, people: Mapping[str, Person]) -> list[int]:
    holders = [person.holder(case.window) for person in people.values()]
    return offer(case.service, holders, case.window, case.now).starts


@pytest.mark.parametrize(
    ("zone", "start", "end", "slots", "hours"),
    [
        ("Europe/Berlin", "2027-03-27T23:00Z", "2027-03-28T04:00Z", 19, (0, 6)),
        ("Europe/Berlin", "2027-10-30T22:00Z", "2027-10-31T05:00Z", 27, (0, 6)),
        ("Europe/Berlin", "2027-03-28T01:00Z", "2027-03-28T03:00Z", 7, (2, 5)),
        ("America/New_York", "2027-03-14T05:00Z", "2027-03-14T10:00Z", 19, (0, 6)),
        ("America/New_York", "2027-11-07T04:00Z", "2027-11-07T11:00Z", 27, (0, 6)),
        ("America/New_York", "2027-03-14T18:00Z", "2027-03-14T22:00Z", 15, (14, 18)),
        ("Europe/Berlin", "2027-03-28T08:00Z", "2027-03-28T14:00Z", 23, (10, 16)),
        ("Europe/Berlin", "2027-10-31T11:00Z", "2027-10-31T17:00Z", 23, (12, 18)),
        ("Asia/Kolkata", "2027-03-28T03:30Z", "2027-03-28T06:30Z", 11, (9, 12)),
    ],
)
def test_days_when_clocks_change_lose_and_gain_real_slots(
    zone: str, start: str, end: str, slots: int, hours: tuple[int, int], utc: Callable[[str], int]
) -> None:
    weekly = WeeklyHours(zone, (DayWindow(6, hours[0] * 60, hours[1] * 60),))
    window = Window(utc(start) - 3 * 3600, utc(end) + 3 * 3600)
    quarter = replace(VISIT, step=900)
    starts = offer(quarter, [Holder("ada", open_spans(weekly, window))], window, window.start - 86_400).starts
    assert starts == list(range(utc(start), utc(end) - 1800 + 1, 900))
    assert len(starts) == slots
