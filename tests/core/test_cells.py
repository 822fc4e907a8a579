from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.cells import CELL, cells, round_up
from hub.core.errors import InputError


@given(st.integers(0, 10**7), st.integers(1, 288))
def test_the_cells_of_a_span_cover_it_without_a_gap(first: int, count: int) -> None:
    numbers = cells(first * CELL, (first + count) * CELL)
    assert list(numbers) == list(range(first, first + count))


@given(st.integers(0, 1000), st.integers(1, 20), st.integers(0, 1000), st.integers(1, 20))
def test_two_spans_share_a_cell_exactly_when_they_overlap(a: int, m: int, b: int, n: int) -> None:
    shared = set(cells(a * CELL, (a + m) * CELL)) & set(cells(b * CELL, (b + n) * CELL))
    assert bool(shared) == (a < b + n and b < a + m)


@pytest.mark.parametrize(("start", "end"), [(1, 300), (0, 301), (299, 600)])
def test_times_off_the_grid_are_refused(start: int, end: int) -> None:
    with pytest.raises(InputError, match="five-minute grid"):
        cells(start, end)


@pytest.mark.parametrize(("start", "end"), [(300, 300), (600, 300)])
def test_spans_that_end_before_they_begin_are_refused(start: int, end: int) -> None:
    with pytest.raises(InputError, match="must come after"):
        cells(start, end)


@given(st.integers(-(10**10), 10**10))
def test_rounding_up_gives_the_nearest_grid_point_that_is_not_earlier(instant: int) -> None:
    rounded = round_up(instant)
    assert rounded % CELL == 0
    assert 0 <= rounded - instant < CELL
