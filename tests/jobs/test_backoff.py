from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.jobs.backoff import LONGEST_ASKED, wait


def test_the_waits_are_those_of_the_table() -> None:
    assert [wait(n) for n in range(1, 13)] == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1800, 1800]


def test_twenty_attempts_span_five_to_six_hours() -> None:
    assert 5 * 3600 < sum(wait(n, jitter=0.5) for n in range(1, 20)) < 6 * 3600


@given(st.integers(1, 10_000), st.floats(0, LONGEST_ASKED), st.floats(0, 1))
def test_it_is_never_earlier_than_asked(attempts: int, asked: float, jitter: float) -> None:
    assert wait(attempts, asked=asked, jitter=jitter) >= round(asked)


@given(st.integers(1, 10_000), st.floats(0), st.floats(0, 1))
def test_it_is_never_later_than_six_hours_and_a_quarter(attempts: int, asked: float, jitter: float) -> None:
    assert wait(attempts, asked=asked, jitter=jitter) <= LONGEST_ASKED * 1.25
