from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.availability import Holder, offer
from hub.core.calendar import Window
from hub.core.explain import explain
from hub.core.hours import DayWindow, Override, WeeklyHours, always_open, open_spans
from hub.core.reason import Reason
from hub.core.service import Anchor, Service, StaffRule
from tests.core.situations import Situation, situations

DAY = 1_812_931_200  # 2027-06-14T00:00Z, a Monday
WINDOW = Window(DAY, DAY + 4 * 86_400)
HOURS = WeeklyHours("UTC", tuple(DayWindow(weekday, 540, 720) for weekday in range(7)))
TEN = DAY + 10 * 3600
VISIT = Service(
    id="visit", duration=1800, step=900, horizon=3 * 86_400, before=600, after=300, notice=3600, staff=("ada",)
)
ADA = Holder(
    "ada",
    open_spans(
        HOURS,
        WINDOW,
        overrides=[Override(date(2027, 6, 15))],
        holidays=[date(2027, 6, 16)],
        time_off=[(TEN + 3600, TEN + 5400)],
    ),
)


@settings(max_examples=100, deadline=None)
@given(situations(seconds=7), st.integers(1, 299))
def test_a_start_is_offered_exactly_where_there_is_no_reason_against_it(case: Situation, odd: int) -> None:
    holders = [person.holder(case.window) for person in case.people.values()]
    starts = set(offer(case.service, holders, case.window, case.now).starts)
    first = -(-case.window.start // 300) * 300
    for instant in (*range(first, case.window.end, 300), *range(first + odd, case.window.end, 5400)):
        explained = explain(case.service, holders, instant, case.now)
        assert explained.offered == (instant in starts), explained


@settings(max_examples=40, deadline=None)
@given(situations())
def test_an_offered_start_names_staff_without_reasons_as_free(case: Situation) -> None:
    holders = [person.holder(case.window) for person in case.people.values()]
    result = offer(case.service, holders, case.window, case.now)
    for instant in result.starts:
        explained = explain(case.service, holders, instant, case.now)
        assert result.staff_at(instant) == tuple(one for one, against in explained.staff.items() if not against)


@pytest.mark.parametrize(
    ("minutes", "reasons"),
    [
        (0, ()),
        (5, (Reason.OFF_STEP,)),
        (-60, ()),
        (-75, (Reason.OUTSIDE_HOURS,)),
        (45, (Reason.TIME_OFF,)),
        (90, ()),
        (105, (Reason.OUTSIDE_HOURS,)),
        (13 * 60 + 30, (Reason.OUTSIDE_HOURS,)),
        (24 * 60, (Reason.CLOSED_DAY,)),
        (48 * 60, (Reason.HOLIDAY,)),
        (72 * 60, (Reason.TOO_FAR,)),
    ],
)
def test_hours_and_their_exceptions_say_why(minutes: int, reasons: tuple[Reason, ...]) -> None:
    assert explain(VISIT, [ADA], TEN + minutes * 60, DAY).reasons == reasons


def test_notice_counts_to_the_second() -> None:
    assert explain(VISIT, [ADA], TEN, TEN - 3600).reasons == ()
    assert explain(VISIT, [ADA], TEN, TEN - 3599).reasons == (Reason.TOO_SOON,)


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (0, 1800, Reason.BUSY),
        (1799, 1800, Reason.BUSY),
        (1800, 1900, Reason.BUFFER),
        (-700, -599, Reason.BUFFER),
        (-700, -600, None),
        (2100, 2200, None),
    ],
)
def test_a_busy_calendar_is_told_from_a_clash_of_buffers(start: int, end: int, reason: Reason | None) -> None:
    ada = replace(ADA, busy=((TEN + start, TEN + end),))
    assert explain(VISIT, [ada], TEN, DAY).staff["ada"] == (() if reason is None else (reason,))


def test_an_appointment_is_told_from_its_buffer() -> None:
    ada = replace(ADA, claimed=((TEN + 1500, TEN + 3600),), booked=((TEN + 1800, TEN + 3600),))
    assert explain(VISIT, [ada], TEN, DAY).reasons == (Reason.BUFFER,)
    assert explain(VISIT, [ada], TEN + 900, DAY).reasons == (Reason.BOOKED,)


@pytest.mark.parametrize(
    "reason", [Reason.CALENDAR_STALE, Reason.CALENDAR_UNREACHABLE, Reason.CALENDAR_UNREADABLE, Reason.INACTIVE]
)
def test_a_withheld_holder_gives_the_reason_for_it(reason: Reason) -> None:
    explained = explain(VISIT, [replace(ADA, withheld=reason)], TEN, DAY)
    assert explained.reasons == (reason,)
    assert not explained.offered


def test_a_service_without_staff_says_so_and_missing_staff_count_as_inactive() -> None:
    assert explain(replace(VISIT, staff=()), [], TEN, DAY).reasons == (Reason.NO_STAFF,)
    assert explain(VISIT, [], TEN, DAY).reasons == (Reason.INACTIVE,)


def test_somebody_busy_is_no_reason_while_somebody_else_is_free() -> None:
    busy = replace(ADA, id="ben", busy=((TEN, TEN + 60),))
    anyone = replace(VISIT, staff=("ada", "ben"))
    explained = explain(anyone, [ADA, busy], TEN, DAY)
    assert (explained.reasons, explained.staff) == ((), {"ada": (), "ben": (Reason.BUSY,)})
    assert explain(replace(anyone, staff_rule=StaffRule.ALL), [ADA, busy], TEN, DAY).reasons == (Reason.BUSY,)


def test_taken_resources_are_one_reason_with_each_resource_named() -> None:
    service = replace(VISIT, resources=(("attic", "cellar"), ("attic",)))
    rooms = [Holder("attic", always_open()), Holder("cellar", always_open(), ((TEN, TEN + 60),))]
    explained = explain(service, [ADA, *rooms], TEN, DAY)
    assert explained.reasons == (Reason.RESOURCE_TAKEN,)
    assert explained.resources == {"attic": (), "cellar": (Reason.BUSY,)}


def test_a_gap_anchor_knows_its_own_steps() -> None:
    gaps = replace(VISIT, anchor=Anchor.GAP)
    ada = replace(ADA, busy=((TEN - 3600, TEN - 1800),))
    assert explain(gaps, [ada], TEN - 1200, DAY).reasons == ()
    assert explain(gaps, [ada], TEN - 600, DAY).reasons == (Reason.OFF_STEP,)
