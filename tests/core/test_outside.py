"""What becomes of an event that somebody moved or deleted: pure rules."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.calendar import Found, Written
from hub.core.outside import ASKS, Seen, Verdict, are_many, can_be_claimed, judge

NOW = 1_800_000_000
START, END = NOW + 3600, NOW + 5400
THERE = Found(Written("u", "r"), START, END)
SEEN = Seen(START, END, THERE)


def moved(start: int, end: int) -> Seen:
    return replace(SEEN, found=replace(THERE, start=start, end=end))


GONE = replace(SEEN, found=None)


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (SEEN, Verdict.BACK),
        (moved(START + 300, END + 300), Verdict.FOLLOWED),
        (moved(START, END + 900), Verdict.FOLLOWED),
        (replace(moved(START + 300, END + 300), follows=False), Verdict.TOLD),
        (moved(START + 60, END + 60), Verdict.UNCLAIMABLE),
        (moved(NOW - 600, NOW + 1200), Verdict.UNCLAIMABLE),
        (moved(END, END), Verdict.UNCLAIMABLE),
        (moved(START, START + 5400), Verdict.FOLLOWED),
        (moved(START, START + 5700), Verdict.UNCLAIMABLE),  # much longer than was agreed
        (moved(NOW, NOW + 86_400), Verdict.UNCLAIMABLE),
        (moved(START + 365 * 86_400, END + 365 * 86_400), Verdict.FOLLOWED),
        (moved(START + 366 * 86_400, END + 366 * 86_400), Verdict.UNCLAIMABLE),
        (GONE, Verdict.CANCELLED),
        (replace(SEEN, found=replace(THERE, cancelled=True)), Verdict.CANCELLED),
        (replace(GONE, follows=False), Verdict.TOLD),
        (replace(GONE, elsewhere=True), Verdict.ELSEWHERE),
        (replace(GONE, vanished=2, coming=2), Verdict.CANCELLED),
        (replace(GONE, vanished=3, coming=6), Verdict.MANY),
        (replace(GONE, vanished=3, coming=7), Verdict.CANCELLED),
        (replace(GONE, vanished=10, coming=500), Verdict.MANY),
    ],
)
def test_what_was_done_leads_to(seen: Seen, verdict: Verdict) -> None:
    assert judge(seen, NOW) is verdict


@given(st.builds(Seen, st.integers(0, NOW), st.integers(), st.sampled_from([None, THERE])))
def test_an_appointment_that_has_begun_is_not_changed_whatever_is_done(seen: Seen) -> None:
    assert judge(seen, NOW) is Verdict.PAST


@given(st.integers(NOW - 10**6, NOW + 10**6), st.integers(-(10**5), 10**5), st.booleans())
def test_a_booking_follows_only_to_whole_cells_to_come(start: int, length: int, follows: bool) -> None:
    verdict = judge(replace(moved(start, start + length), follows=follows), NOW)
    if verdict is Verdict.FOLLOWED:
        assert follows
        assert can_be_claimed(start, start + length, END - START, NOW)
    else:
        assert verdict in {*ASKS, Verdict.BACK}


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_more_deletions_never_look_less_like_an_accident(vanished: int, coming: int) -> None:
    assert are_many(vanished, coming) <= are_many(vanished + 1, coming)
