"""What events mean: free only where it is said so, and busy for all of the window where nothing can be read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.plugin import Busy, BusyKind, Window
from hub_microsoft.meaning import busy_of, instant

NINE = 1_793_610_000  # 2026-11-02T09:00:00Z
HOUR, DAY = 3600, 86_400
MIDNIGHT = NINE - 9 * HOUR
WINDOW = Window(MIDNIGHT - DAY, MIDNIGHT + 2 * DAY)
BERLIN, PACIFIC = "W. Europe Standard Time", "Pacific Standard Time"


def event(**more: Any) -> dict[str, Any]:
    times = {"start": at("2026-11-02T09:00:00.0000000"), "end": at("2026-11-02T10:00:00.0000000")}
    return {"id": "x", "showAs": "busy", "isAllDay": False, "isCancelled": False, **times, **more}


def at(wall: str, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": wall, "timeZone": zone}


def kind(**more: Any) -> BusyKind | None:
    busy = busy_of(event(**more), WINDOW, "Europe/Berlin")
    return busy.kind if busy else None


def answered(word: str) -> dict[str, str]:
    return {"response": word, "time": "0001-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("shown", "answer", "expected"),
    [
        ("busy", "organizer", BusyKind.BUSY),
        ("busy", "none", BusyKind.BUSY),
        ("busy", "accepted", BusyKind.BUSY),
        ("busy", "tentativelyAccepted", BusyKind.TENTATIVE),
        ("busy", "notResponded", BusyKind.UNANSWERED),
        ("tentative", "notResponded", BusyKind.UNANSWERED),
        ("tentative", "organizer", BusyKind.TENTATIVE),
        ("oof", "notResponded", BusyKind.BUSY),
        ("workingElsewhere", "organizer", BusyKind.TENTATIVE),
        ("unknown", "organizer", BusyKind.UNREADABLE),
        ("sleeping", "organizer", BusyKind.UNREADABLE),
        (None, "organizer", BusyKind.UNREADABLE),
        ("busy", "perhaps", BusyKind.UNREADABLE),
        ("free", "accepted", None),
        ("busy", "declined", None),
    ],
)
def test_an_event_is_as_certain_as_it_is_shown_and_answered(
    shown: str | None, answer: str, expected: BusyKind | None
) -> None:
    assert kind(showAs=shown, responseStatus=answered(answer)) is expected


def test_a_cancelled_event_is_free_and_one_that_may_be_is_not() -> None:
    assert kind(isCancelled=True) is None
    assert kind(isCancelled="yes") is BusyKind.UNREADABLE


def test_an_event_without_an_answer_is_taken_as_shown() -> None:
    assert kind(responseStatus=None) is BusyKind.BUSY
    assert kind(responseStatus="declined") is BusyKind.UNREADABLE


@pytest.mark.parametrize(
    "broken",
    [
        {"start": None},
        {"start": {}},
        {"start": at("2026-13-45T99:99:99")},
        {"start": at("tomorrow")},
        {"start": at("2026-11-02T09:00:00+05:00")},
        {"start": at("2026-11-02")},
        {"start": at("2026-11-02T09:00:00", "Olympus Mons")},
        {"start": at("2026-11-02T11:00:00")},
        {"end": "2026-11-02T10:00:00"},
        {"isAllDay": "yes"},
        {"isAllDay": True, "start": at("9999-12-31T00:00:00"), "end": at("9999-12-31T00:00:00", "x")},
    ],
)
def test_a_time_that_cannot_be_read_is_busy_for_all_of_the_window(broken: dict[str, Any]) -> None:
    assert busy_of(event(**broken), WINDOW, "") == Busy(WINDOW.start, WINDOW.end, BusyKind.UNREADABLE)


def test_a_zone_that_was_not_asked_for_is_taken_if_it_is_known() -> None:
    assert instant(at("2026-11-02T10:00:00", BERLIN)) == NINE
    assert instant(at("2026-11-02T10:00:00", "Europe/Berlin")) == NINE


@pytest.mark.parametrize(
    ("zone", "made", "start", "end"),
    [
        ("Europe/Berlin", BERLIN, -HOUR, DAY - HOUR),
        ("Europe/Berlin", "", -HOUR, DAY - HOUR),
        ("", BERLIN, -HOUR, DAY - HOUR),
        ("", PACIFIC, 8 * HOUR, DAY + 8 * HOUR),
        ("Europe/Berlin", PACIFIC, -HOUR, DAY + 8 * HOUR),
        ("", "tzone://Microsoft/Custom", -14 * HOUR, DAY + 12 * HOUR),
        ("", "", -14 * HOUR, DAY + 12 * HOUR),
    ],
)
def test_a_whole_day_is_busy_where_the_calendar_is_and_where_it_was_made(
    zone: str, made: str, start: int, end: int
) -> None:
    day = {"start": at("2026-11-02T00:00:00"), "end": at("2026-11-03T00:00:00"), "isAllDay": True}
    busy = busy_of(event(**day, originalStartTimeZone=made), WINDOW, zone)
    assert busy is not None
    assert (busy.start - MIDNIGHT, busy.end - MIDNIGHT) == (start, end)


def test_what_lies_beside_the_window_or_takes_no_time_is_not_in_it() -> None:
    assert busy_of(event(), Window(NINE + HOUR, NINE + 2 * HOUR), "") is None
    assert busy_of(event(end=at("2026-11-02T09:00:00")), WINDOW, "") is None


def test_an_event_of_ours_comes_with_its_uid() -> None:
    busy = busy_of(event(transactionId="ours"), WINDOW, "")
    assert busy == Busy(NINE, NINE + HOUR, BusyKind.BUSY, "ours")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["dateTime", "timeZone", "response"]), inner)
    ),
    max_leaves=4,
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(["start", "end", "isAllDay", "originalStartTimeZone", "responseStatus"]), _JSON))
def test_nonsense_never_makes_a_busy_event_free(more: dict[str, Any]) -> None:
    """Whatever else is said of it: an event that is shown as busy, neither cancelled nor declined, is seen."""
    start, end = more.get("start"), more.get("end")
    busy = busy_of(event(**more), WINDOW, "Europe/Berlin")
    beside = isinstance(start, dict) and isinstance(end, dict)  # it may say that it takes place at another time
    assert busy is not None or beside or start == end
